//! The threads that callbacks block: who has one, who waits for one, and who waits for one in vain.
//!
//! A callback that blocks may wait for another that needs a thread of the same process, directly or through others: where all
//! threads are held so, nobody goes on. Which calls wait for one is known ([`Waiting`]), and whoever blocks its thread in a call
//! says so, so that this is seen for certain: each thread is held by one that waits, and below each there is one that waits for a
//! thread. Then, and only then, one of those is refused, so that whoever waits for it goes on.
//!
//! It is told what happens and says what is to be done; it knows no thread and no clock.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::proto::{RunId, Waiting};

/// How long a thread may be on its way before there is taken to be none, where nobody goes on without it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The same where that was found out before.
const AGAIN: Duration = Duration::from_millis(20);

/// What one waits for that holds a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// The answer of a call that it has made.
    Answer,
    /// Items of a stream that a callback has returned to it.
    Items,
    /// Whoever called it: to read its stream, or to send one. One that holds no thread may always do so.
    Caller,
}

/// A thread that one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Thread(u64);

/// What is to be done next.
#[derive(Debug)]
pub(crate) struct Next<J> {
    /// So many more threads are to be had.
    pub(crate) threads: usize,
    /// These never get one.
    pub(crate) refused: Vec<J>,
    /// Nobody goes on unless a thread comes that was asked for.
    pub(crate) stalled: Option<Stalled>,
}

/// Nobody goes on unless a thread comes. If there is none after `patience`, the runtime has no more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stalled {
    pub(crate) patience: Duration,
    /// As of when.
    changes: u64,
}

/// The threads of a process, and what runs have to do there, which are `J`s.
#[derive(Debug)]
pub(crate) struct Threads<J> {
    limit: usize,
    /// So many were asked for and are not there yet.
    asked: usize,
    held: BTreeMap<Thread, Holder>,
    /// How many of those wait for nothing.
    going: usize,
    waiting: BTreeMap<u64, Waiter<J>>,
    /// Those that are ready and have somebody above them who holds a thread. They go first, as that one goes on then.
    nested: BTreeSet<u64>,
    /// The others that are ready.
    fresh: BTreeSet<u64>,
    /// What waits for a thread below a run.
    below: HashMap<RunId, BTreeSet<u64>>,
    places: HashMap<RunId, Place>,
    stamp: u64,
    /// So often has one come, ended or gone on.
    changes: u64,
    /// The runtime has no more than this, as far as is known.
    found: Option<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Held(Thread),
    Waiting(u64),
}

#[derive(Debug)]
struct Holder {
    run: RunId,
    /// The run that has called it, if that is one of this process.
    caller: Option<RunId>,
    waits: Option<For>,
    /// It has returned a stream.
    opened: bool,
}

#[derive(Debug)]
struct Waiter<J> {
    run: RunId,
    caller: Option<RunId>,
    /// The runs of this process that wait for it.
    ancestors: Box<[RunId]>,
    job: J,
}

impl<J> Threads<J> {
    /// At most `limit` of them.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            asked: 0,
            held: BTreeMap::new(),
            going: 0,
            waiting: BTreeMap::new(),
            nested: BTreeSet::new(),
            fresh: BTreeSet::new(),
            below: HashMap::new(),
            places: HashMap::new(),
            stamp: 0,
            changes: 0,
            found: None,
        }
    }

    /// How many may be held.
    pub(crate) fn limit(&self) -> usize {
        self.found.map_or(self.limit, |found| found.min(self.limit))
    }

    // ------------------------------------------------------------------ who waits

    /// A run has something to do on a thread.
    pub(crate) fn want(&mut self, run: RunId, ancestors: &[Waiting], job: J) {
        let stamp = self.add(run, ancestors, job);
        self.line_up(stamp);
    }

    /// A run will, when it has what it waits for first: until it [leaves](Self::leave), and wants one.
    pub(crate) fn will_want(&mut self, run: RunId, ancestors: &[Waiting], job: J) {
        self.add(run, ancestors, job);
    }

    /// A run wants no thread any more; what it had to do, if it has not begun.
    pub(crate) fn leave(&mut self, run: RunId) -> Option<J> {
        let Some(&Place::Waiting(stamp)) = self.places.get(&run) else {
            return None;
        };
        Some(self.take(stamp)?.job)
    }

    fn add(&mut self, run: RunId, ancestors: &[Waiting], job: J) -> u64 {
        self.stamp += 1;
        let here = |ancestor: &Waiting| match ancestor {
            Waiting::Here(run) => Some(*run),
            Waiting::At(_) => None,
        };
        let waiter = Waiter {
            run,
            caller: ancestors.first().and_then(here),
            ancestors: ancestors.iter().filter_map(here).collect(),
            job,
        };
        for ancestor in &waiter.ancestors {
            self.below.entry(*ancestor).or_default().insert(self.stamp);
        }
        self.waiting.insert(self.stamp, waiter);
        self.places.insert(run, Place::Waiting(self.stamp));
        self.stamp
    }

    fn line_up(&mut self, stamp: u64) {
        let ancestors = self.waiting.get(&stamp).map(|waiter| &*waiter.ancestors);
        let holds = |run: &RunId| matches!(self.places.get(run), Some(Place::Held(_)));
        if ancestors.unwrap_or_default().iter().any(holds) {
            self.nested.insert(stamp);
        } else {
            self.fresh.insert(stamp);
        }
    }

    fn take(&mut self, stamp: u64) -> Option<Waiter<J>> {
        let waiter = self.waiting.remove(&stamp)?;
        self.nested.remove(&stamp);
        self.fresh.remove(&stamp);
        self.places.remove(&waiter.run);
        for ancestor in &waiter.ancestors {
            if let Some(below) = self.below.get_mut(ancestor) {
                below.remove(&stamp);
                if below.is_empty() {
                    self.below.remove(ancestor);
                }
            }
        }
        Some(waiter)
    }

    // ------------------------------------------------------------------ who has one

    /// A thread has come that was asked for. What is to be done there; it is held until that has ended.
    pub(crate) fn come(&mut self) -> Option<(Thread, J)> {
        self.asked -= 1;
        self.changes += 1;
        let stamp = *self.nested.first().or_else(|| self.fresh.first())?;
        let Waiter { run, caller, job, .. } = self.take(stamp)?;
        let thread = Thread(stamp);
        let holder = Holder {
            run,
            caller,
            waits: None,
            opened: false,
        };
        self.held.insert(thread, holder);
        self.going += 1;
        self.places.insert(run, Place::Held(thread));
        if self.found.is_some_and(|found| self.held.len() > found) {
            self.found = None;
        }
        Some((thread, job))
    }

    /// A thread will not come that was asked for, and none will any more: what was to be done.
    pub(crate) fn lose(&mut self) -> Vec<J> {
        self.asked -= 1;
        let ready: Vec<_> = self.nested.iter().chain(&self.fresh).copied().collect();
        let taken = ready.into_iter().filter_map(|stamp| self.take(stamp));
        taken.map(|waiter| waiter.job).collect()
    }

    /// What was done there has ended.
    pub(crate) fn end(&mut self, thread: Thread) {
        if let Some(holder) = self.held.remove(&thread) {
            self.going -= usize::from(holder.waits.is_none());
            self.places.remove(&holder.run);
            self.changes += 1;
        }
    }

    /// Whoever has the thread waits now, or goes on; what it did before.
    pub(crate) fn wait(&mut self, thread: Thread, waits: Option<For>) -> Option<For> {
        let holder = self.held.get_mut(&thread)?;
        let before = std::mem::replace(&mut holder.waits, waits);
        self.going += usize::from(waits.is_none());
        self.going -= usize::from(before.is_none());
        if waits.is_none() {
            self.changes += 1;
        }
        before
    }

    /// A run has returned a stream.
    pub(crate) fn open(&mut self, run: RunId) {
        if let Some(Place::Held(thread)) = self.places.get(&run)
            && let Some(holder) = self.held.get_mut(thread)
        {
            holder.opened = true;
        }
    }

    // ------------------------------------------------------------------ what follows

    /// What is to be done after something has happened.
    pub(crate) fn next(&mut self) -> Next<J> {
        let ready = self.nested.len() + self.fresh.len();
        let room = self.limit.saturating_sub(self.asked + self.held.len());
        let threads = ready.saturating_sub(self.asked).min(room);
        self.asked += threads;
        let mut refused = Vec::new();
        while self.held.len() >= self.limit && self.none_goes_on() {
            let Some(job) = self.refuse() else { break };
            refused.push(job);
        }
        Next {
            threads,
            refused,
            stalled: self.stalled(),
        }
    }

    /// Whether nobody goes on unless a thread comes that was asked for.
    pub(crate) fn stalled(&self) -> Option<Stalled> {
        let patience = match self.found {
            Some(found) if self.held.len() >= found => AGAIN,
            _ => PATIENCE,
        };
        let changes = self.changes;
        (self.asked > 0 && self.none_goes_on()).then_some(Stalled { patience, changes })
    }

    /// No thread has come for as long as one may be on its way: what never gets one. Nothing if that is not so.
    pub(crate) fn overdue(&mut self, stalled: Stalled) -> Vec<J> {
        let mut refused = Vec::new();
        if stalled.changes != self.changes {
            return refused;
        }
        while self.asked > 0 && self.none_goes_on() {
            self.found = Some(self.held.len());
            let Some(job) = self.refuse() else { break };
            refused.push(job);
        }
        refused
    }

    /// One of those that wait below whoever has the least below it, so that this one goes on.
    fn refuse(&mut self) -> Option<J> {
        let fewest = self.held.values().filter_map(|holder| {
            let below = self.below.get(&holder.run)?;
            (holder.waits == Some(For::Answer)).then_some(below)
        });
        // Of equal ones the one that has waited the least.
        let below = fewest.min_by_key(|below| (below.len(), Reverse(below.last())))?;
        let stamp = *below.last()?;
        Some(self.take(stamp)?.job)
    }

    /// Whether all that have a thread wait, in the end, for one that waits for a thread.
    fn none_goes_on(&self) -> bool {
        if self.going > 0 || self.held.is_empty() {
            return false;
        }
        let is_below =
            |holder: &Holder| holder.waits == Some(For::Answer) && self.below.contains_key(&holder.run);
        self.held.values().all(is_below) || self.none_goes_on_with_streams()
    }

    /// The same where some wait at streams, for whoever sends or reads them, which may itself be stuck; and others for those.
    /// Between such nobody is looked at that holds no thread.
    fn none_goes_on_with_streams(&self) -> bool {
        let waits_at_streams = |holder: &Holder| matches!(holder.waits, Some(For::Items | For::Caller));
        if !self.held.values().any(waits_at_streams) {
            return false;
        }
        let holder_of = |run: &RunId| match self.places.get(run) {
            Some(Place::Held(thread)) => Some(*thread),
            _ => None,
        };
        let mut called: BTreeMap<Thread, Vec<Thread>> = BTreeMap::new();
        for (thread, holder) in &self.held {
            if let Some(caller) = holder.caller.as_ref().and_then(holder_of) {
                called.entry(caller).or_default().push(*thread);
            }
        }
        let called = |thread| called.get(&thread).map(Vec::as_slice).unwrap_or_default();
        let senders = |reader| called(reader).iter().filter(|sender| self.held[sender].opened);
        let mut stuck = BTreeSet::new();
        let below = self
            .held
            .iter()
            .filter(|(_, holder)| holder.waits == Some(For::Answer) && self.below.contains_key(&holder.run));
        let mut found: Vec<_> = below.map(|(thread, _)| *thread).collect();
        // How many of those that send to a thread may go on.
        let mut left: BTreeMap<Thread, usize> = BTreeMap::new();
        while let Some(thread) = found.pop() {
            if !stuck.insert(thread) {
                continue;
            }
            let waits_for_caller = |called: &&Thread| self.held[called].waits == Some(For::Caller);
            found.extend(called(thread).iter().filter(waits_for_caller));
            let holder = &self.held[&thread];
            let Some(caller) = holder.caller.as_ref().and_then(holder_of) else {
                continue;
            };
            match self.held[&caller].waits {
                Some(For::Answer) if !holder.opened => found.push(caller),
                Some(For::Items) if holder.opened => {
                    let left = left.entry(caller).or_insert_with(|| senders(caller).count());
                    *left -= 1;
                    if *left == 0 {
                        found.push(caller);
                    }
                }
                _ => {}
            }
        }
        stuck.len() == self.held.len()
    }
}
