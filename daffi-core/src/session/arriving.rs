//! Runs whose arguments have not all come or that begin elsewhere, and those that wait for them: the calls of one caller begin in the
//! order in which they were sent (P5), those of others pass.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::start::Start;
use crate::proto::{Pieces, RunId};

/// The arguments of a run.
#[derive(Debug)]
pub(super) enum Arguments {
    /// All of them.
    Whole(Bytes),
    /// As far as they have come.
    Coming(Pieces),
}

impl Arguments {
    /// How many bytes they have in the end.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Coming(pieces) => pieces.to_come().bytes(),
        }
    }
}

/// A run that has its place, and has not begun.
#[derive(Debug)]
pub(super) struct HeldRun<C> {
    pub(super) start: Start<C>,
    /// How long its callback may take, once it begins.
    pub(super) own: Option<Duration>,
    pub(super) arguments: Arguments,
}

impl<C> HeldRun<C> {
    const fn is_whole(&self) -> bool {
        matches!(self.arguments, Arguments::Whole(_))
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Arriving<C> {
    /// By the stamps of the runs, which are in the order in which these came.
    held: BTreeMap<u64, HeldRun<C>>,
    /// Those that begin where it is not seen: nothing of their callers begins before they have.
    begin: HashSet<u64>,
    /// Both, by callers.
    of: HashMap<Arc<str>, BTreeSet<u64>>,
}

impl<C> Arriving<C> {
    pub(super) fn new() -> Self {
        Self {
            held: BTreeMap::new(),
            begin: HashSet::new(),
            of: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Whether something of a caller's waits or begins.
    pub(super) fn has_of(&self, caller: &str) -> bool {
        self.of.contains_key(caller)
    }

    /// Whether a run is to wait.
    pub(super) fn takes(&self, held: &HeldRun<C>) -> bool {
        !held.is_whole() || !self.is_empty() && self.of.contains_key(&held.start.caller)
    }

    pub(super) fn add(&mut self, held: HeldRun<C>) {
        let stamp = held.start.run.stamp;
        let own = self.of.entry(Arc::clone(&held.start.caller)).or_default();
        own.insert(stamp);
        self.held.insert(stamp, held);
    }

    /// The arguments of a run that has not begun.
    pub(super) fn arguments(&mut self, run: RunId) -> Option<&mut Arguments> {
        Some(&mut self.held.get_mut(&run.stamp)?.arguments)
    }

    /// A run does not wait any more.
    pub(super) fn remove(&mut self, run: RunId) -> Option<HeldRun<C>> {
        let held = self.held.remove(&run.stamp)?;
        self.forget(run, &held.start.caller);
        Some(held)
    }

    /// Whether others of its caller's are left.
    fn forget(&mut self, run: RunId, caller: &str) -> bool {
        let Some(own) = self.of.get_mut(caller) else {
            return false;
        };
        own.remove(&run.stamp);
        let left = !own.is_empty();
        if !left {
            self.of.remove(caller);
        }
        left
    }

    /// A run begins, and what its caller sends from now on waits for that.
    pub(super) fn begin(&mut self, run: RunId, caller: &Arc<str>) {
        self.begin.insert(run.stamp);
        self.of.entry(Arc::clone(caller)).or_default().insert(run.stamp);
    }

    /// Whether it is to be said of a run that it has begun.
    pub(super) fn begins(&self, run: RunId) -> bool {
        self.begin.contains(&run.stamp)
    }

    /// It has begun, or never will. Whether others wait for it; not if that is known already.
    pub(super) fn has_begun(&mut self, run: RunId, caller: &str) -> bool {
        self.begin.remove(&run.stamp) && self.forget(run, caller)
    }

    /// Nothing waits for any that begins.
    pub(super) fn clear(&mut self) {
        self.begin.clear();
        self.of.clear();
        self.held.clear();
    }

    /// The next run of a caller, if it may begin.
    pub(super) fn next_of(&mut self, caller: &str) -> Option<HeldRun<C>> {
        let first = *self.of.get(caller)?.first()?;
        let run = self.held.get(&first).filter(|held| held.is_whole())?.start.run;
        self.remove(run)
    }

    /// Any of them, the oldest first.
    pub(super) fn pop(&mut self) -> Option<HeldRun<C>> {
        let run = self.held.values().next()?.start.run;
        self.remove(run)
    }
}
