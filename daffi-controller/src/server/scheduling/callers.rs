//! Callers inside of the controller: in whose name they call, under which numbers, and what they are told.

use std::collections::HashMap;

use daffi_core::proto::{CallId, Failed, Slots, TaskId, TickError, decode_guarded};

use super::inside::{Told, What};
use crate::router::PeerId;
use crate::schedule::{Act, End, Maker, Now, Run, Schedules};

/// All callers inside of the controller, one for each who has made schedules that run.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub(super) makers: HashMap<Maker, PeerId>,
    pub(super) peers: HashMap<PeerId, Caller>,
    runs: HashMap<Run, (PeerId, CallId)>,
    waits: HashMap<TaskId, (PeerId, CallId)>,
    /// Those with nothing to do.
    pub(super) idle: Vec<PeerId>,
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
        self.runs.get(&run).copied()
    }

    /// That of a question.
    pub(super) fn of_wait(&mut self, task: TaskId) -> Option<(PeerId, CallId)> {
        self.waits.remove(&task)
    }

    pub(super) fn ask(&mut self, peer: PeerId, asked: Asked) -> Option<CallId> {
        let caller = self.peers.get_mut(&peer)?;
        let place = match &asked {
            Asked::Call(run, _) => Ok(*run),
            Asked::Wait(task) => Err(*task),
        };
        let call = caller.asked.insert(asked);
        match place {
            Ok(run) => drop(self.runs.insert(run, (peer, call))),
            Err(task) => drop(self.waits.insert(task, (peer, call))),
        }
        Some(call)
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
            (Asked::Call(_, parts), What::Part(index, Some(ended))) => {
                parts.failed += 1;
                parts.first.get_or_insert((index, ended.error));
            }
            (Asked::Call(run, parts), What::Opened) => {
                parts.streamed = true;
                // It is cancelled, and ends with that.
                acts.push(Act::Stop(*run));
            }
            (asked, What::Ended(ended)) => {
                let end = match asked {
                    Asked::Call(_, parts) => Some(parts.end(ended.map(|ended| ended.error))),
                    Asked::Wait(_) => None,
                };
                let Some(asked) = caller.asked.remove(call) else {
                    return;
                };
                if caller.asked.is_empty() {
                    self.idle.push(peer);
                }
                match asked {
                    Asked::Call(run, _) => {
                        self.runs.remove(&run);
                        schedules.ended(run, end.unwrap_or(End::Ok), now, acts);
                    }
                    Asked::Wait(task) => {
                        // If it was not given up meanwhile.
                        if self.waits.remove(&task).is_some() {
                            schedules.provider_came(task, now, acts);
                        }
                    }
                }
            }
            _ => {}
        }
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
