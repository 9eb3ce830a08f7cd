//! Questions that wait for something to appear.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::Arc;

use daffi_core::proto::{Attributes, CallId};

use super::having::{Having, Pairs};
use super::ids::{FIRST, LAST, PeerId};
use daffi_core::mixing::shrink;

/// Who asked, and under what number.
pub(super) type Asker = (PeerId, CallId);

/// What waits, by what it waits for and by who asked.
#[derive(Debug, Default)]
pub(super) struct Questions {
    processes: HashMap<Box<str>, BTreeSet<Asker>>,
    functions: HashMap<Box<str>, Askers>,
    asked: HashMap<Asker, Awaited>,
    numbers: RandomState,
}

/// Those who wait for a callback.
#[derive(Debug, Default)]
struct Askers {
    /// For one of any other process's.
    of_others: BTreeSet<Asker>,
    /// For that of a process.
    of_one: HashMap<Box<str>, BTreeSet<Asker>>,
    /// For one that has some attributes, by a number of these, and of the process if it has to be that one.
    having: HashMap<u64, BTreeSet<Asker>>,
}

impl Askers {
    fn is_empty(&self) -> bool {
        self.of_others.is_empty() && self.of_one.is_empty() && self.having.is_empty()
    }
}

/// Whoever offers a callback.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offering<'a> {
    pub(super) peer: PeerId,
    pub(super) process: &'a str,
    pub(super) attributes: &'a Attributes,
}

/// What somebody waits for.
#[derive(Clone, Debug)]
pub(super) enum Awaited {
    Process(Box<str>),
    Function {
        name: Box<str>,
        process: Option<Box<str>>,
        having: Arc<Having>,
    },
}

impl Questions {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.functions.is_empty() && self.asked.is_empty()
    }

    /// How many it has room for.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.processes.capacity() + self.functions.capacity() + self.asked.capacity()
    }

    pub(super) fn for_process(&mut self, name: &str, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        self.processes.entry(name.into()).or_default().insert(asker);
        self.asked.insert(asker, Awaited::Process(name.into()));
    }

    pub(super) fn for_function(
        &mut self,
        (name, having): (&str, &Pairs<'_>),
        process: Option<&str>,
        asker: Asker,
    ) {
        let askers = self.functions.entry(name.into()).or_default();
        match process {
            _ if !having.is_empty() => {
                let number = self.numbers.hash_one((process, having));
                askers.having.entry(number).or_default()
            }
            None => &mut askers.of_others,
            Some(process) => askers.of_one.entry(process.into()).or_default(),
        }
        .insert(asker);
        let awaited = Awaited::Function {
            name: name.into(),
            process: process.map(Into::into),
            having: Arc::new(Having::new(having)),
        };
        self.asked.insert(asker, awaited);
    }

    /// What a question waits for.
    pub(super) fn awaited(&self, peer: PeerId, call: CallId) -> Option<&Awaited> {
        self.asked.get(&(peer, call))
    }

    /// One who waited for a process.
    pub(super) fn next_for_process(&mut self, name: &str) -> Option<Asker> {
        let (peer, call) = *self.processes.get(name)?.first()?;
        self.forget(peer, call);
        Some((peer, call))
    }

    /// One who waited for a callback that this provider offers, and how many attributes were looked for. Itself it waits for another one, unless it
    /// says that it is its own that it waits for.
    pub(super) fn next_for_function(&mut self, name: &str, provider: Offering<'_>) -> (Option<Asker>, usize) {
        let Some(askers) = self.functions.get(name) else {
            return (None, 0);
        };
        let of_one = || askers.of_one.get(provider.process)?.first().copied();
        let next = other_than(&askers.of_others, provider.peer).or_else(of_one);
        let (next, looks) = match next {
            None if !askers.having.is_empty() => self.next_having(askers, provider),
            next => (next, 0),
        };
        if let Some((peer, call)) = next {
            self.forget(peer, call);
        }
        (next, looks)
    }

    /// One who waited for attributes that a provider has. It has few, so each choice of them is looked for.
    fn next_having(&self, askers: &Askers, provider: Offering<'_>) -> (Option<Asker>, usize) {
        let all: Vec<_> = provider.attributes.pairs().collect();
        let mut looks = 0;
        for choice in 1_u32..1 << all.len() {
            let chosen = all
                .iter()
                .enumerate()
                .filter(|(place, _)| choice >> place & 1 == 1);
            let having: Vec<_> = chosen.map(|(_, attribute)| *attribute).collect();
            looks += 1;
            for process in [None, Some(provider.process)] {
                let number = self.numbers.hash_one((process, &*having));
                let found = askers.having.get(&number).and_then(|askers| match process {
                    None => other_than(askers, provider.peer),
                    Some(_) => askers.first().copied(),
                });
                if found.is_some() {
                    return (found, looks);
                }
            }
        }
        (None, looks)
    }

    pub(super) fn forget(&mut self, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        let awaited = self.asked.remove(&asker);
        shrink(&mut self.asked);
        match awaited {
            None => {}
            Some(Awaited::Process(name)) => leave(&mut self.processes, &name, asker),
            Some(Awaited::Function {
                name,
                process,
                having,
            }) => {
                let number = self.numbers.hash_one((process.as_deref(), &*having.pairs()));
                let Some(askers) = self.functions.get_mut(&name) else {
                    return;
                };
                match process {
                    _ if !having.is_empty() => leave(&mut askers.having, &number, asker),
                    None => {
                        askers.of_others.remove(&asker);
                    }
                    Some(process) => leave(&mut askers.of_one, &process, asker),
                }
                if askers.is_empty() {
                    self.functions.remove(&name);
                    shrink(&mut self.functions);
                }
            }
        }
    }
}

/// The first of them that is not this process.
fn other_than(askers: &BTreeSet<Asker>, peer: PeerId) -> Option<Asker> {
    use std::ops::Bound::{Excluded, Unbounded};
    let beyond = (Excluded((peer, LAST)), Unbounded);
    let mut others = askers.range(..(peer, FIRST)).chain(askers.range(beyond));
    others.next().copied()
}

/// Takes one away from those who wait under a name.
fn leave<K, Q>(waiting: &mut HashMap<K, BTreeSet<Asker>>, name: &Q, asker: Asker)
where
    K: Borrow<Q> + Eq + Hash,
    Q: Eq + Hash + ?Sized,
{
    if let Some(askers) = waiting.get_mut(name) {
        askers.remove(&asker);
        if askers.is_empty() {
            waiting.remove(name);
            shrink(waiting);
        }
    }
}
