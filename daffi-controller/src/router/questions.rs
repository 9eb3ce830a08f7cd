//! Questions that wait for something to appear.

use std::collections::{BTreeSet, HashMap};

use daffi_core::proto::CallId;

use super::ids::{FIRST, LAST, PeerId};
use super::numbers::shrink;

/// Who asked, and under what number.
pub(super) type Asker = (PeerId, CallId);

/// What waits, by what it waits for and by who asked.
#[derive(Debug, Default)]
pub(super) struct Questions {
    processes: HashMap<Box<str>, BTreeSet<Asker>>,
    functions: HashMap<Box<str>, Askers>,
    asked: HashMap<Asker, Awaited>,
}

/// Those who wait for a callback.
#[derive(Debug, Default)]
struct Askers {
    /// For one of any other process's.
    of_others: BTreeSet<Asker>,
    /// For that of a process.
    of_one: HashMap<Box<str>, BTreeSet<Asker>>,
}

impl Askers {
    fn is_empty(&self) -> bool {
        self.of_others.is_empty() && self.of_one.is_empty()
    }
}

/// What somebody waits for.
#[derive(Clone, Debug)]
pub(super) enum Awaited {
    Process(Box<str>),
    Function {
        name: Box<str>,
        process: Option<Box<str>>,
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

    pub(super) fn for_function(&mut self, name: &str, process: Option<&str>, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        let askers = self.functions.entry(name.into()).or_default();
        match process {
            None => &mut askers.of_others,
            Some(process) => askers.of_one.entry(process.into()).or_default(),
        }
        .insert(asker);
        let awaited = Awaited::Function {
            name: name.into(),
            process: process.map(Into::into),
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

    /// One who waited for a callback that this provider, of that name, offers. Itself it waits for another one, unless it
    /// says that it is its own that it waits for.
    pub(super) fn next_for_function(&mut self, name: &str, provider: PeerId, process: &str) -> Option<Asker> {
        use std::ops::Bound::{Excluded, Unbounded};
        let askers = self.functions.get(name)?;
        let beyond = (Excluded((provider, LAST)), Unbounded);
        let of_others = &askers.of_others;
        let mut others = of_others
            .range(..(provider, FIRST))
            .chain(of_others.range(beyond));
        let of_one = || askers.of_one.get(process)?.first();
        let (peer, call) = *others.next().or_else(of_one)?;
        self.forget(peer, call);
        Some((peer, call))
    }

    pub(super) fn forget(&mut self, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        let awaited = self.asked.remove(&asker);
        shrink(&mut self.asked);
        match awaited {
            None => {}
            Some(Awaited::Process(name)) => leave(&mut self.processes, &name, asker),
            Some(Awaited::Function { name, process }) => {
                let Some(askers) = self.functions.get_mut(&name) else {
                    return;
                };
                match process {
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

/// Takes one away from those who wait under a name.
fn leave(waiting: &mut HashMap<Box<str>, BTreeSet<Asker>>, name: &str, asker: Asker) {
    if let Some(askers) = waiting.get_mut(name) {
        askers.remove(&asker);
        if askers.is_empty() {
            waiting.remove(name);
            shrink(waiting);
        }
    }
}
