//! Callers inside of the controller: in whose name they call, under which numbers, and what they are told.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use daffi_core::proto::{CallId, Failed, Slots, TaskId, TickError, TimeLimit, decode_guarded};
use tokio::time::Instant;

use super::inside::{Told, What};
use crate::router::PeerId;
use crate::schedule::{Act, End, Maker, Now, Run, Schedules};

/// All callers inside of the controller, one for each who has made schedules that run.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub(super) makers: HashMap<Maker, PeerId>,
    pub(super) peers: HashMap<PeerId, Caller>,
    runs: HashMap<Run, Running>,
    waits: HashMap<TaskId, (PeerId, CallId)>,
    /// When the time of which call is over.
    deadlines: BTreeSet<(Instant, Run)>,
    /// Those for whom nobody could be waited for, as too much is waited for already.
    pub(super) refused: BTreeSet<TaskId>,
    /// Those with nothing to do.
    pub(super) idle: Vec<PeerId>,
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
pub(super) struct Caller {
    pub(super) maker: Maker,
    pub(super) asked: Slots<Asked>,
}

#[derive(Debug)]
pub(super) enum Asked {
    Call(Run, Parts),
    /// To be told when somebody offers what it calls.
    Wait(TaskId),
}

/// How a broadcast ended at those that were asked.
#[derive(Debug, Default)]
pub(super) struct Parts {
    names: Vec<String>,
    failed: u32,
    first: Option<(u32, TickError)>,
    /// It gave a stream.
    streamed: bool,
}

impl Callers {
    /// The number of a call that runs.
    pub(super) fn of_run(&self, run: Run) -> Option<(PeerId, CallId)> {
        self.runs.get(&run).map(|running| running.place)
    }

    /// That of a question.
    pub(super) fn of_wait(&mut self, task: TaskId) -> Option<(PeerId, CallId)> {
        self.waits.remove(&task)
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

    /// It is about to be asked for somebody who offers what a schedule calls.
    pub(super) fn wait(&mut self, peer: PeerId, task: TaskId) -> Option<CallId> {
        let call = self.peers.get_mut(&peer)?.asked.insert(Asked::Wait(task));
        self.waits.insert(task, (peer, call));
        Some(call)
    }

    /// Calls whose time is over. They are to be cancelled.
    pub(super) fn late(&mut self, now: Instant) -> Vec<Run> {
        let mut late = Vec::new();
        while let Some((_, run)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now) {
            let run = *run;
            self.deadlines.pop_first();
            if let Some(running) = self.runs.get_mut(&run) {
                running.is_late = true;
                late.push(run);
            }
        }
        late
    }

    /// When the time of the next call is over.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// What was asked for was not taken, and is never answered.
    pub(super) fn take_back(&mut self, peer: PeerId, call: CallId) {
        match self.take_away(peer, call) {
            Some(Asked::Call(run, _)) => drop(self.end(run)),
            Some(Asked::Wait(task)) => self.end_wait(task, (peer, call)),
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

    /// Somebody else may be waited for by now.
    fn end_wait(&mut self, task: TaskId, place: (PeerId, CallId)) {
        if self.waits.get(&task) == Some(&place) {
            self.waits.remove(&task);
            self.refused.insert(task);
        }
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
                parts.names = decode_guarded(&names).unwrap_or_default();
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
            (Asked::Wait(task), What::Ended(error)) => {
                let task = *task;
                self.take_away(peer, call);
                if error.is_some() {
                    self.end_wait(task, (peer, call));
                } else if self.waits.get(&task) == Some(&(peer, call)) {
                    self.waits.remove(&task);
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
                Some((index, error)) => End::Failed(TickError::Parts {
                    failed: self.failed,
                    of: u32::try_from(self.names.len()).unwrap_or(u32::MAX),
                    process: self
                        .names
                        .get(index as usize)
                        .map_or_else(String::new, ToOwned::to_owned),
                    error: Box::new(error),
                }),
                None => End::Ok,
            },
        }
    }
}
