//! Questions that wait for something to appear.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use daffi_core::proto::CallId;

use super::LinkId;

/// Who asked, and under what number.
type Asker = (LinkId, CallId);

/// What waits, by what it waits for and by who asked.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    processes: HashMap<Box<str>, BTreeSet<Asker>>,
    functions: HashMap<Box<str>, BTreeSet<Asker>>,
    asked: BTreeMap<Asker, Awaited>,
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

    pub(super) fn for_process(&mut self, name: &str, link: LinkId, call: CallId) {
        let asker = (link, call);
        self.processes.entry(name.into()).or_default().insert(asker);
        self.asked.insert(asker, Awaited::Process(name.into()));
    }

    pub(super) fn for_function(&mut self, name: &str, link: LinkId, call: CallId) {
        let asker = (link, call);
        self.functions.entry(name.into()).or_default().insert(asker);
        self.asked.insert(asker, Awaited::Function(name.into()));
    }

    /// Those who waited for a process.
    pub(super) fn process_appeared(&mut self, name: &str) -> Vec<Asker> {
        let woken: Vec<_> = self.processes.get(name).into_iter().flatten().copied().collect();
        self.forget_all(&woken);
        woken
    }

    /// Those who waited for `name`; the provider itself waits for another one.
    pub(super) fn function_appeared(&mut self, name: &str, provider: LinkId) -> Vec<Asker> {
        let waiting = self.functions.get(name).into_iter().flatten().copied();
        let woken: Vec<_> = waiting.filter(|(link, _)| *link != provider).collect();
        self.forget_all(&woken);
        woken
    }

    pub(super) fn forget(&mut self, link: LinkId, call: CallId) {
        let asker = (link, call);
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

    pub(super) fn forget_link(&mut self, link: LinkId) {
        let all = (link, CallId(0))..=(link, CallId(u32::MAX));
        let askers: Vec<_> = self.asked.range(all).map(|(asker, _)| *asker).collect();
        self.forget_all(&askers);
    }

    fn forget_all(&mut self, askers: &[Asker]) {
        askers.iter().for_each(|(link, call)| self.forget(*link, *call));
    }
}
