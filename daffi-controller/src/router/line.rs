//! A call that waits, the line in which it has its turn, and the queue that bounds how many do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{Moment, StreamId};

use super::fit::Fit;
use super::ids::{Caller, FunctionKey, PeerId, ProviderKey, WaitId};
use super::made::Made;
use super::payload::Payload;
use super::provider::Function;
use daffi_core::mixing::{Mixing, Table};

/// What the end of a stream takes beside its words.
pub(super) const CLOSED: usize = 64;

/// How many may wait in a queue, and how many bytes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) calls: u32,
    pub(super) bytes: usize,
}

/// Whether one more call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Granted,
    /// If this one waits no longer.
    Instead(WaitId),
    Denied,
}

/// Which calls wait together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineKey {
    /// Those for any provider of a callback, with a signature of that number.
    Any(FunctionKey, u64),
    /// Those for any provider of a callback in that version, and perhaps in others.
    Version(FunctionKey, u64),
    /// Those for one provider.
    One(ProviderKey),
}

/// Which calls are bounded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum QueueKey {
    Any(FunctionKey),
    One(ProviderKey),
}

impl LineKey {
    /// Whether they are for one of several providers.
    pub(super) const fn is_for_any(self) -> bool {
        matches!(self, Self::Any(..) | Self::Version(..))
    }

    /// Whether a call that does not name a process waits for one: others may have a place before that has, of which its line is not told.
    pub(super) const fn is_one_of_several(self, named: Option<PeerId>) -> bool {
        matches!(self, Self::One(_)) && named.is_none()
    }

    pub(super) const fn queue(self) -> QueueKey {
        match self {
            Self::Any(function, _) | Self::Version(function, _) => QueueKey::Any(function),
            Self::One(provider) => QueueKey::One(provider),
        }
    }
}

/// A call in a line for a version.
#[derive(Clone, Copy, Debug)]
pub(super) struct InVersion {
    pub(super) line: LineKey,
    pub(super) caller: PeerId,
    pub(super) call: WaitId,
}

/// The lines in which a call waits, all of one queue.
#[derive(Clone, Debug)]
pub(super) struct InLines {
    first: LineKey,
    others: Box<[LineKey]>,
}

impl InLines {
    /// That for one provider.
    pub(super) fn one(provider: ProviderKey) -> Self {
        Self {
            first: LineKey::One(provider),
            others: Box::default(),
        }
    }

    /// Those for any provider of a callback, or a group, that goes together with the call: of versions, those that somebody offers. So
    /// there are no more lines than that, whatever calls name.
    pub(super) fn any((key, function): (FunctionKey, &Function), fit: Fit<'_>) -> Option<Self> {
        let (first, others) = match fit {
            Fit::Signature(number) => (LineKey::Any(key, number), Box::default()),
            Fit::Versions(versions) => {
                let offered = versions
                    .iter()
                    .filter(|version| function.version(**version).is_some());
                let mut lines = offered.map(|version| LineKey::Version(key, *version));
                (lines.next()?, lines.collect())
            }
        };
        Some(Self { first, others })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = LineKey> {
        [self.first].into_iter().chain(self.others.iter().copied())
    }

    /// One more, if it is none of them.
    pub(super) fn add(&mut self, line: LineKey) {
        if !self.iter().any(|known| known == line) {
            let others = std::mem::take(&mut self.others);
            self.others = others.into_iter().chain([line]).collect();
        }
    }

    /// Those of them that are; all if none is (`false`).
    pub(super) fn retain(&mut self, is: impl Fn(LineKey) -> bool) -> bool {
        let mut left = self.iter().filter(|line| is(*line));
        let Some(first) = left.next() else { return false };
        let others = left.collect();
        *self = Self { first, others };
        true
    }

    pub(super) const fn queue(&self) -> QueueKey {
        self.first.queue()
    }

    /// As [`LineKey::is_one_of_several`].
    pub(super) const fn is_one_of_several(&self, named: Option<PeerId>) -> bool {
        self.first.is_one_of_several(named)
    }
}

/// A call that waits.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) lines: InLines,
    /// Whom to tell how it ended.
    pub(super) caller: Caller,
    /// Who made it.
    pub(super) by: PeerId,
    /// The process that it is for, if not for any.
    pub(super) named: Option<PeerId>,
    pub(super) made: Arc<Made>,
    pub(super) payload: Payload,
    /// How many bytes it brings to its provider.
    pub(super) size: usize,
    pub(super) since: Moment,
    /// Which of its argument streams have ended already, and how, encoded.
    pub(super) closed: Vec<(StreamId, Bytes)>,
    /// How much its caller has granted of the stream that it may be answered with.
    pub(super) granted: Granted,
}

/// What a receiver has granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Granted {
    pub(super) items: u32,
    pub(super) bytes: u32,
}

impl Granted {
    pub(super) const fn add(&mut self, items: u32, bytes: u32) {
        self.items = self.items.saturating_add(items);
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// How many bytes a call keeps of what its streams ended with.
pub(super) const CLOSED_BYTES: usize = 8 * 1024;

impl Parked {
    pub(super) fn bytes(&self) -> usize {
        let closed: usize = self.closed.iter().map(|(_, status)| status.len() + CLOSED).sum();
        self.size.saturating_add(self.made.kept()).saturating_add(closed)
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Next {
    pub(super) turn: u64,
    /// The oldest of its calls: they are begun in the order in which it made them.
    pub(super) call: WaitId,
}

/// The calls of one line.
#[derive(Debug)]
pub(super) struct Line {
    of: BTreeMap<PeerId, InLine>,
    turns: BTreeSet<(u64, PeerId)>,
}

/// The calls of one caller in a line.
#[derive(Debug)]
struct InLine {
    /// The place of the caller among the others: the smallest is next.
    turn: u64,
    calls: BTreeSet<WaitId>,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self {
            of: BTreeMap::new(),
            turns: BTreeSet::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Whether a call of a caller's waits in it.
    pub(super) fn has(&self, caller: PeerId) -> bool {
        self.of.contains_key(&caller)
    }

    /// Whether this one does.
    pub(super) fn has_call(&self, caller: PeerId, call: WaitId) -> bool {
        self.of.get(&caller).is_some_and(|own| own.calls.contains(&call))
    }

    /// The callers whose turn is that or a later one, the next first.
    pub(super) fn turns(&self, from: u64) -> impl Iterator<Item = (u64, PeerId)> {
        self.turns.range((from, PeerId::LEAST)..).copied()
    }

    /// The turn of a caller.
    pub(super) fn turn_of(&self, caller: PeerId) -> Option<u64> {
        Some(self.of.get(&caller)?.turn)
    }

    /// The calls of a caller, as a line of their own.
    pub(super) fn take_of(&mut self, caller: PeerId) -> Self {
        let mut taken = Self::new();
        if let Some(own) = self.of.remove(&caller) {
            self.turns.remove(&(own.turn, caller));
            taken.turns.insert((own.turn, caller));
            taken.of.insert(caller, own);
        }
        taken
    }

    #[cfg(test)]
    pub(super) fn calls(&self) -> impl Iterator<Item = WaitId> {
        self.of.values().flat_map(|own| own.calls.iter().copied())
    }

    /// The next call, caller by caller, of those that came until then.
    pub(super) fn call_after(
        &self,
        after: Option<(PeerId, WaitId)>,
        until: WaitId,
    ) -> Option<(PeerId, WaitId)> {
        use std::ops::Bound::{Excluded, Unbounded};
        let of_same = after.and_then(|(caller, call)| {
            let calls = &self.of.get(&caller)?.calls;
            let next = calls.range((Excluded(call), Unbounded)).next()?;
            Some((caller, *next))
        });
        let next = of_same.filter(|(_, call)| *call <= until);
        next.or_else(|| {
            let from = after.map_or(Unbounded, |(caller, _)| Excluded(caller));
            let callers = self.of.range((from, Unbounded));
            let mut first = callers.filter_map(|(caller, own)| Some((*caller, *own.calls.first()?)));
            first.find(|(_, call)| *call <= until)
        })
    }

    /// The oldest call of a caller.
    pub(super) fn first_of(&self, caller: PeerId) -> Option<WaitId> {
        self.of.get(&caller)?.calls.first().copied()
    }

    /// Whoever comes new comes after all who wait already.
    pub(super) fn insert(&mut self, caller: PeerId, call: WaitId) {
        self.insert_at(caller, call, call.0);
    }

    /// Whoever comes new has that turn.
    pub(super) fn insert_at(&mut self, caller: PeerId, call: WaitId, turn: u64) {
        let turns = &mut self.turns;
        let own = self.of.entry(caller).or_insert_with(|| {
            turns.insert((turn, caller));
            InLine {
                turn,
                calls: BTreeSet::new(),
            }
        });
        own.calls.insert(call);
    }

    pub(super) fn remove(&mut self, caller: PeerId, call: WaitId) {
        let Some(own) = self.of.get_mut(&caller) else {
            return;
        };
        own.calls.remove(&call);
        if own.calls.is_empty() {
            self.turns.remove(&(own.turn, caller));
            self.of.remove(&caller);
        }
    }

    /// A caller comes after all others.
    pub(super) fn postpone(&mut self, caller: PeerId, turn: u64) {
        if let Some(own) = self.of.get_mut(&caller) {
            self.turns.remove(&(own.turn, caller));
            own.turn = turn;
            self.turns.insert((turn, caller));
        }
    }

    /// The next call, and whose it is.
    pub(super) fn first(&self) -> Option<(PeerId, WaitId)> {
        let (_, caller) = *self.turns.first()?;
        Some((caller, self.first_of(caller)?))
    }

    /// Takes out the next call.
    pub(super) fn pop(&mut self) -> Option<WaitId> {
        let (caller, call) = self.first()?;
        self.remove(caller, call);
        Some(call)
    }
}

/// What a queue holds.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) calls: usize,
    pub(super) bytes: usize,
    of: Table<PeerId, InQueue>,
    /// Its callers by how many calls of theirs wait.
    longest: BTreeSet<(usize, PeerId)>,
}

/// What a queue holds of one caller's.
#[derive(Debug, Default)]
pub(super) struct InQueue {
    pub(super) calls: BTreeSet<WaitId>,
    pub(super) bytes: usize,
}

impl Queue {
    pub(super) fn new(mixing: Mixing) -> Self {
        Self {
            calls: 0,
            bytes: 0,
            of: Table::with_hasher(mixing),
            longest: BTreeSet::new(),
        }
    }

    /// How many calls of a caller's wait, and how many bytes they take.
    pub(super) fn share(&self, caller: PeerId) -> (usize, usize) {
        let own = self.of.get(&caller);
        own.map_or((0, 0), |own| (own.calls.len(), own.bytes))
    }

    /// The newest call of the caller with the most, if these are more than so many.
    pub(super) fn newest_of_many(&self, more_than: usize) -> Option<WaitId> {
        let (calls, holder) = self.longest.last()?;
        let held = self.of.get(holder).filter(|_| *calls > more_than)?;
        held.calls.last().copied()
    }

    /// Changes what waits for a caller.
    pub(super) fn count(&mut self, caller: PeerId, change: impl FnOnce(&mut InQueue)) {
        let own = self.of.entry(caller).or_default();
        let (calls, bytes) = (own.calls.len(), own.bytes);
        change(own);
        self.longest.remove(&(calls, caller));
        let (now, taken) = (own.calls.len(), own.bytes);
        if now == 0 {
            self.of.remove(&caller);
        } else {
            self.longest.insert((now, caller));
        }
        self.calls = self.calls - calls + now;
        self.bytes = self.bytes - bytes + taken;
    }
}
