//! Callers inside of the controller: in whose name they call, under which numbers, and what they are told.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Slots, TaskId, TickError, TimeLimit, decode_guarded};
use tokio::time::Instant;

use super::inside::{Told, What};
use super::waits::Waits;
use crate::router::PeerId;
use crate::schedule::{Act, End, Maker, Now, Run, Schedules};

/// All callers inside of the controller, one for each who has made schedules that run.
#[derive(Debug, Default)]
pub(super) struct Callers {
    makers: HashMap<Maker, PeerId>,
    peers: HashMap<PeerId, Caller>,
    runs: HashMap<Run, Running>,
    waits: Waits,
    /// When the time of which call is over.
    deadlines: BTreeSet<(Instant, Run)>,
    /// Those with nothing to do.
    idle: Vec<PeerId>,
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
struct Running {
    place: (PeerId, CallId),
    deadline: Option<Instant>,
    /// Its time is over, and it is cancelled for that.
    is_late: bool,
}

#[derive(Debug)]
struct Caller {
    maker: Maker,
    asked: Slots<Asked>,
}

#[derive(Debug)]
enum Asked {
    Call(Run, Parts),
    /// To be told when somebody offers what it calls.
    Wait(TaskId),
}

/// How a broadcast ended at those that were asked.
#[derive(Debug, Default)]
struct Parts {
    /// The names of those, encoded.
    names: Bytes,
    failed: u32,
    first: Option<(u32, TickError)>,
    /// It gave a stream.
    streamed: bool,
}

impl Callers {
    /// The caller of a maker, if there is one.
    pub(super) fn of_maker(&self, maker: &Maker) -> Option<PeerId> {
        self.makers.get(maker).copied()
    }

    pub(super) fn enter(&mut self, peer: PeerId, maker: &Maker) {
        self.makers.insert(maker.clone(), peer);
        let caller = Caller {
            maker: maker.clone(),
            asked: Slots::new(),
        };
        self.peers.insert(peer, caller);
    }

    /// The number of a call that runs.
    pub(super) fn of_run(&self, run: Run) -> Option<(PeerId, CallId)> {
        self.runs.get(&run).map(|running| running.place)
    }

    /// Nobody is waited for any more. Gives the number of the question.
    pub(super) fn forget(&mut self, task: TaskId) -> Option<(PeerId, CallId)> {
        self.waits.forget(task)
    }

    /// A call is about to be made, which may take so long.
    pub(super) fn call(&mut self, peer: PeerId, run: Run, timeout: Option<Duration>) -> Option<CallId> {
        let caller = self.peers.get_mut(&peer)?;
        let call = caller.asked.insert(Asked::Call(run, Parts::default()));
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.deadlines.extend(deadline.map(|deadline| (deadline, run)));
        let running = Running {
            place: (peer, call),
            deadline,
            is_late: false,
        };
        self.runs.insert(run, running);
        Some(call)
    }

    /// It is about to be asked for somebody who offers what a schedule calls, unless that is asked already.
    pub(super) fn wait(&mut self, peer: PeerId, task: TaskId) -> Option<CallId> {
        if self.waits.has(task) {
            return None;
        }
        let call = self.peers.get_mut(&peer)?.asked.insert(Asked::Wait(task));
        self.waits.begin(task, (peer, call));
        Some(call)
    }

    /// Calls whose time is over, so many at most. They are to be cancelled.
    pub(super) fn late(&mut self, now: Instant, most: usize) -> Vec<Run> {
        let mut late = Vec::new();
        while late.len() < most
            && let Some((_, run)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now)
        {
            let run = *run;
            self.deadlines.pop_first();
            if let Some(running) = self.runs.get_mut(&run) {
                running.is_late = true;
                late.push(run);
            }
        }
        late
    }

    /// Those for whom somebody is to be waited for again, so many at most.
    pub(super) fn again(&mut self, now: Instant, most: usize) -> Vec<TaskId> {
        self.waits.again(now, most)
    }

    /// When there is something to do: the time of a call is over, or somebody is to be waited for again.
    pub(super) fn next_timeout(&self, now: Instant) -> Option<Instant> {
        let deadline = self.deadlines.first().map(|(deadline, _)| *deadline);
        deadline.into_iter().chain(self.waits.next_timeout(now)).min()
    }

    /// Callers with nothing to do, so many at most, who are none any more.
    pub(super) fn dismiss(&mut self, most: usize) -> Vec<PeerId> {
        let some: Vec<_> = self.idle.drain(..most.min(self.idle.len())).collect();
        let mut dismissed = Vec::new();
        for peer in some {
            if let Entry::Occupied(caller) = self.peers.entry(peer)
                && caller.get().asked.is_empty()
            {
                self.makers.remove(&caller.remove().maker);
                dismissed.push(peer);
            }
        }
        dismissed
    }

    /// What was asked for was not taken, and is never answered.
    pub(super) fn take_back(&mut self, peer: PeerId, call: CallId) {
        match self.take_away(peer, call) {
            Some(Asked::Call(run, _)) => drop(self.end(run)),
            Some(Asked::Wait(task)) => self.waits.refuse(task, (peer, call)),
            None => {}
        }
    }

    fn end(&mut self, run: Run) -> Option<Running> {
        let running = self.runs.remove(&run)?;
        if let Some(deadline) = running.deadline {
            self.deadlines.remove(&(deadline, run));
        }
        Some(running)
    }

    /// One of them was told something.
    pub(super) fn hear(&mut self, told: Told, schedules: &mut Schedules, now: Now, acts: &mut Vec<Act>) {
        let Told { peer, call, what } = told;
        let Some(caller) = self.peers.get_mut(&peer) else {
            return;
        };
        let Some(asked) = caller.asked.get_mut(call) else {
            return;
        };
        match (asked, what) {
            (Asked::Call(_, parts), What::Roster(names)) => {
                parts.names = names;
            }
            (Asked::Call(_, parts), What::Part(index, Some(error))) => {
                parts.failed += 1;
                parts.first.get_or_insert((index, error));
            }
            (Asked::Call(run, parts), What::Opened) => {
                parts.streamed = true;
                // It is cancelled, and ends with that.
                acts.push(Act::Stop(*run));
            }
            (Asked::Call(run, parts), What::Ended(error)) => {
                let (run, mut parts) = (*run, std::mem::take(parts));
                self.take_away(peer, call);
                let is_late = self.end(run).is_some_and(|running| running.is_late);
                let error = if is_late { error.map(too_late) } else { error };
                schedules.ended(run, parts.end(error), now, acts);
            }
            (Asked::Call(run, _), What::Mismatched(offered)) => {
                let run = *run;
                self.take_away(peer, call);
                self.end(run);
                schedules.mismatched(run, &offered, now, acts);
            }
            (Asked::Wait(task), What::Ended(error)) => {
                let task = *task;
                self.take_away(peer, call);
                if error.is_some() {
                    self.waits.refuse(task, (peer, call));
                } else if self.waits.answered(task, (peer, call)) {
                    schedules.provider_came(task, now, acts);
                }
            }
            _ => {}
        }
    }

    /// What was asked for under a number, which is free then.
    fn take_away(&mut self, peer: PeerId, call: CallId) -> Option<Asked> {
        let caller = self.peers.get_mut(&peer)?;
        let asked = caller.asked.remove(call);
        if caller.asked.is_empty() {
            self.idle.push(peer);
        }
        asked
    }
}

/// What a call ended with that was cancelled because its time was over.
fn too_late(error: TickError) -> TickError {
    match error {
        TickError::Failed(Failed::Cancelled { may_have_run }) => TickError::Failed(Failed::Timeout {
            limit: TimeLimit::Call,
            may_have_run,
        }),
        other => other,
    }
}

impl Parts {
    /// How the call ended.
    fn end(&mut self, error: Option<TickError>) -> End {
        if self.streamed {
            let reason =
                "the callback gives a stream, which nobody reads where a schedule calls it: schedule one that gives a value"
                    .to_owned();
            return End::Failed(TickError::Failed(Failed::Invalid { reason }));
        }
        match error {
            Some(TickError::Failed(Failed::NoProvider(_))) => End::NoProvider,
            Some(error) => End::Failed(error),
            None => match self.first.take() {
                Some((index, error)) => {
                    let mut names: Vec<String> = decode_guarded(&self.names).unwrap_or_default();
                    let of = u32::try_from(names.len()).unwrap_or(u32::MAX);
                    let process = names.get_mut(index as usize).map(std::mem::take);
                    End::Failed(TickError::Parts {
                        failed: self.failed,
                        of,
                        process: process.unwrap_or_default(),
                        error: Box::new(error),
                    })
                }
                None => End::Ok,
            },
        }
    }
}
