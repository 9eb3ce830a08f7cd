//! Questions that wait for something to appear.

use std::collections::{BTreeSet, HashMap};

use daffi_core::proto::CallId;

use super::ids::{FIRST, LAST, PeerId};

/// Who asked, and under what number.
pub(super) type Asker = (PeerId, CallId);

/// What waits, by what it waits for and by who asked.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    processes: HashMap<Box<str>, BTreeSet<Asker>>,
    functions: HashMap<Box<str>, BTreeSet<Asker>>,
    asked: HashMap<Asker, Awaited>,
}

#[derive(Clone, Debug)]
enum Awaited {
    Process(Box<str>),
    Function(Box<str>),
}

impl Waiting {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.functions.is_empty() && self.asked.is_empty()
    }

    pub(super) fn for_process(&mut self, name: &str, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        self.processes.entry(name.into()).or_default().insert(asker);
        self.asked.insert(asker, Awaited::Process(name.into()));
    }

    pub(super) fn for_function(&mut self, name: &str, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        self.functions.entry(name.into()).or_default().insert(asker);
        self.asked.insert(asker, Awaited::Function(name.into()));
    }

    /// One who waited for a process.
    pub(super) fn next_for_process(&mut self, name: &str) -> Option<Asker> {
        let (peer, call) = *self.processes.get(name)?.first()?;
        self.forget(peer, call);
        Some((peer, call))
    }

    /// One who waited for a callback; its provider itself waits for another one.
    pub(super) fn next_for_function(&mut self, name: &str, provider: PeerId) -> Option<Asker> {
        use std::ops::Bound::{Excluded, Unbounded};
        let askers = self.functions.get(name)?;
        let beyond = (Excluded((provider, LAST)), Unbounded);
        let mut others = askers.range(..(provider, FIRST)).chain(askers.range(beyond));
        let (peer, call) = *others.next()?;
        self.forget(peer, call);
        Some((peer, call))
    }

    pub(super) fn forget(&mut self, peer: PeerId, call: CallId) {
        let asker = (peer, call);
        let Some(awaited) = self.asked.remove(&asker) else {
            return;
        };
        let (askers, name) = match awaited {
            Awaited::Process(name) => (&mut self.processes, name),
            Awaited::Function(name) => (&mut self.functions, name),
        };
        if let Some(waiting) = askers.get_mut(&name) {
            waiting.remove(&asker);
            if waiting.is_empty() {
                askers.remove(&name);
            }
        }
    }
}
