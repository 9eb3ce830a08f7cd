//! A callback, a process that offers it, and all that a process offers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use daffi_core::proto::{Attributes, Balance, CallbackId, Described};

use super::callers::PerCaller;
use super::having::{Having, Pairs};
use super::ids::{FunctionKey, PeerId, ProviderKey};
use daffi_core::mixing::Table;

/// A process that offers a callback.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) peer: PeerId,
    pub(super) callback: CallbackId,
    pub(super) function: FunctionKey,
    /// Its name. Once it is offered no more, the function's place may be another's.
    pub(super) name: Arc<str>,
    /// What it takes and gives; shared with those before it that say the same. Nothing once it is taken back.
    pub(super) signature: Option<Arc<Described>>,
    /// The [number of the version](Described::version) of that.
    pub(super) version: u64,
    pub(super) docs: Box<str>,
    pub(super) concurrency: Option<u32>,
    /// How many of them may be one process's, and how many are.
    pub(super) per_caller: Option<Box<PerCaller>>,
    /// How many calls may wait for it.
    pub(super) queue: u32,
    pub(super) balance: Balance,
    /// How many calls it was given and has not answered.
    pub(super) running: u32,
    /// When it was last given a call, as the count of all calls.
    pub(super) last: u64,
    /// A number for the process, the same whenever it comes: of its name.
    pub(super) identity: u64,
    /// How much it takes to keep it, about.
    pub(super) bytes: usize,
    /// Its place among those that are shown, and among those of them that could be given a call.
    pub(super) shown: Option<usize>,
    pub(super) free: Option<usize>,
    /// What its process says of itself, and the groups that it is in by that.
    pub(super) attributes: Arc<Attributes>,
    pub(super) groups: Vec<InGroup>,
    /// The offer that brought it counts: it may be given calls.
    pub(super) live: bool,
    /// It is offered no more, and goes when its calls have ended.
    pub(super) withdrawn: bool,
}

/// The places of a provider in a group.
#[derive(Debug)]
pub(super) struct InGroup {
    pub(super) group: FunctionKey,
    pub(super) shown: usize,
    pub(super) free: Option<usize>,
}

impl Provider {
    /// Whether its process has these attributes.
    pub(super) fn has(&self, having: &Pairs<'_>) -> bool {
        self.attributes.have(having.iter().copied())
    }

    fn in_group(&mut self, group: FunctionKey) -> Option<&mut InGroup> {
        self.groups.iter_mut().find(|place| place.group == group)
    }

    /// Its place among those that are shown is another one.
    pub(super) fn put_shown(&mut self, function: FunctionKey, place: usize) {
        if function == self.function {
            self.shown = Some(place);
        } else if let Some(of) = self.in_group(function) {
            of.shown = place;
        }
    }

    /// Its place among those that could be given a call, in a callback or a group.
    pub(super) fn free_in(&mut self, function: FunctionKey) -> Option<&mut Option<usize>> {
        if function == self.function {
            Some(&mut self.free)
        } else {
            self.in_group(function).map(|of| &mut of.free)
        }
    }

    /// Whether it runs as many calls as it may.
    pub(super) fn is_full(&self) -> bool {
        self.concurrency.is_some_and(|limit| self.running >= limit)
    }

    /// Whether it runs as many calls of a process as it may of one.
    pub(super) fn is_full_for(&self, caller: PeerId) -> bool {
        let per_caller = self.per_caller.as_ref();
        per_caller.is_some_and(|per_caller| per_caller.is_full_for(caller))
    }

    /// Whether a signature of that number may call it.
    pub(super) fn accepts(&self, number: u64) -> bool {
        let signature = self.signature.as_ref();
        signature.is_some_and(|signature| signature.accepts(number))
    }

    /// Whether it takes or gives streams.
    pub(super) fn streams(&self) -> bool {
        self.signature.as_ref().is_some_and(|signature| signature.streams)
    }

    /// The numbers of signatures that may call it.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> + use<> {
        let signature = self.signature.as_ref();
        signature
            .map(|signature| signature.numbers())
            .into_iter()
            .flatten()
    }
}

/// What makes those who offer a callback a group.
#[derive(Debug)]
pub(super) struct Group {
    /// The callback.
    pub(super) of: FunctionKey,
    pub(super) having: Arc<Having>,
    /// A number of these.
    pub(super) number: u64,
    /// When it was last asked for, as the count of all times that one was.
    pub(super) asked: u64,
}

/// A callback that somebody offers; or those of its providers that have some attributes.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Arc<str>,
    /// Those that can be called, in any order.
    pub(super) shown: Vec<ProviderKey>,
    /// Those of them that run less than they may.
    pub(super) free: Vec<ProviderKey>,
    /// The free ones by when they were last given a call, where each has its turn.
    pub(super) turns: BTreeSet<(u64, ProviderKey)>,
    /// Which of the shown ones accept a signature of that number.
    pub(super) accepted: Table<u64, Accepting>,
    /// What the shown ones say, each once: in the order of its number.
    pub(super) versions: Vec<Version>,
    /// When that was another one, as the count of all times that one changed.
    pub(super) changed: u64,
    /// How many calls may wait, as the shown ones say, and how many say so; in that order.
    pub(super) queues: Vec<(u32, u32)>,
    /// How many of the shown ones take or give streams.
    pub(super) streaming: usize,
    /// How many are not shown.
    pub(super) hidden: usize,
    /// Those of its providers that have some attributes, by a number of these.
    pub(super) groups: Table<u64, FunctionKey>,
    /// It is one of these itself.
    pub(super) group: Option<Box<Group>>,
}

impl Function {
    pub(super) fn shown(&self) -> &[ProviderKey] {
        &self.shown
    }

    pub(super) fn free(&self) -> &[ProviderKey] {
        &self.free
    }

    /// The free ones, the one that has waited longest first.
    pub(super) fn turns(&self) -> impl Iterator<Item = ProviderKey> {
        self.turns.iter().map(|(_, provider)| *provider)
    }

    /// How many accept a signature of that number; 0 matches any.
    pub(super) fn accepting(&self, number: u64) -> usize {
        match number {
            0 => self.shown.len(),
            number => self.accepted.get(&number).map_or(0, |accepting| accepting.count),
        }
    }

    /// The one that accepts a signature of that number, if there is but one.
    pub(super) fn only_accepting(&self, number: u64) -> Option<ProviderKey> {
        match (number, &*self.shown) {
            (0, [only]) => Some(*only),
            (0, _) => None,
            (number, _) => self.accepted.get(&number)?.only(),
        }
    }

    pub(super) fn version(&self, number: u64) -> Option<&Version> {
        self.version_at(number).ok().map(|place| &self.versions[place])
    }

    pub(super) fn version_mut(&mut self, number: u64) -> Option<&mut Version> {
        let place = self.version_at(number).ok()?;
        Some(&mut self.versions[place])
    }

    /// Those that are of a version.
    pub(super) fn of_version(&self, number: u64) -> Option<&Accepting> {
        self.version(number).map(|version| &version.providers)
    }

    fn version_at(&self, version: u64) -> Result<usize, usize> {
        self.versions.binary_search_by_key(&version, |known| known.number)
    }

    /// How many calls may wait for any of them.
    pub(super) fn queue(&self) -> u32 {
        self.queues.last().map_or(0, |(queue, _)| *queue)
    }

    /// One that is shown, or is in the group; whether it is the first of its version.
    pub(super) fn add(&mut self, key: ProviderKey, provider: &Provider) -> bool {
        self.shown.push(key);
        for number in provider.numbers() {
            self.accepted.entry(number).or_default().add(key);
        }
        self.count(provider);
        let (Some(signature), number) = (&provider.signature, provider.version) else {
            return false;
        };
        let (place, is_new) = match self.version_at(number) {
            Ok(place) => (place, false),
            Err(place) => {
                let version = Version {
                    number,
                    signature: Arc::clone(signature),
                    providers: Accepting::default(),
                    is_open: false,
                };
                self.versions.insert(place, version);
                (place, true)
            }
        };
        self.versions[place].providers.add(key);
        is_new
    }

    /// The callback that it is, or is a group of.
    pub(super) fn base(&self, key: FunctionKey) -> FunctionKey {
        self.group.as_ref().map_or(key, |group| group.of)
    }

    /// One that is shown.
    fn count(&mut self, provider: &Provider) {
        self.streaming += usize::from(provider.streams());
        let queue = provider.queue;
        match self.queues.binary_search_by_key(&queue, |(queue, _)| *queue) {
            Ok(place) => self.queues[place].1 += 1,
            Err(place) => self.queues.insert(place, (queue, 1)),
        }
    }

    /// Undoes [`add`](Self::add), but for its place; whether it was the last of its version.
    pub(super) fn subtract(&mut self, key: ProviderKey, provider: &Provider) -> bool {
        self.turns.remove(&(provider.last, key));
        for number in provider.numbers() {
            if let Some(accepting) = self.accepted.get_mut(&number)
                && !accepting.remove(key)
            {
                self.accepted.remove(&number);
            }
        }
        self.uncount(provider);
        let Ok(place) = self.version_at(provider.version) else {
            return false;
        };
        let was_last = !self.versions[place].providers.remove(key);
        if was_last {
            self.versions.remove(place);
        }
        was_last
    }

    /// One that is shown no more.
    fn uncount(&mut self, provider: &Provider) {
        self.streaming -= usize::from(provider.streams());
        let queue = provider.queue;
        if let Ok(place) = self.queues.binary_search_by_key(&queue, |(queue, _)| *queue) {
            self.queues[place].1 -= 1;
            if self.queues[place].1 == 0 {
                self.queues.remove(place);
            }
        }
    }
}

/// What some of a callback's providers say, to the last byte.
#[derive(Debug)]
pub(super) struct Version {
    /// Its [number](Described::version).
    pub(super) number: u64,
    pub(super) signature: Arc<Described>,
    pub(super) providers: Accepting,
    /// All calls that wait for others and may go to it wait for it, too.
    pub(super) is_open: bool,
}

/// Those that accept a signature: how many, and if it is one, which.
#[derive(Debug, Default)]
pub(super) struct Accepting {
    count: usize,
    /// All their numbers, one upon the other: what is left when the others have gone is the last one's.
    sum: u32,
}

impl Accepting {
    pub(super) const fn add(&mut self, key: ProviderKey) {
        self.count += 1;
        self.sum ^= key.0;
    }

    /// Whether others are left.
    pub(super) const fn remove(&mut self, key: ProviderKey) -> bool {
        self.count -= 1;
        self.sum ^= key.0;
        self.count > 0
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    pub(super) fn only(&self) -> Option<ProviderKey> {
        (self.count == 1).then_some(ProviderKey(self.sum))
    }
}

/// What a process offers.
#[derive(Debug, Default)]
pub(super) struct OfProcess {
    pub(super) by_number: HashMap<CallbackId, ProviderKey>,
    pub(super) by_function: HashMap<FunctionKey, ProviderKey>,
    /// What cannot be called yet.
    pub(super) hidden: BTreeMap<CallbackId, ProviderKey>,
    pub(super) bytes: usize,
}
