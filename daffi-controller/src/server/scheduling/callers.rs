//! Callers inside of the controller: in whose name they call, under which numbers, and what they are told.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{CallId, Described, Failed, Slots, TaskId, TickError, TimeLimit};
use tokio::time::Instant;

use super::inside::{Told, What};
use super::many::Many;
use super::waits::Waits;
use crate::router::PeerId;
use crate::schedule::{Act, End, Maker, Now, Order, Run, Schedules};

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
#[derive(Debug)]
struct Running {
    place: (PeerId, CallId),
    deadline: Option<Instant>,
    /// Its time is over, and it is cancelled for that.
    is_late: bool,
    /// It is cancelled.
    is_stopped: bool,
    /// It gave a stream.
    streamed: bool,
    /// It is a broadcast.
    many: Option<Box<Many>>,
}

#[derive(Debug)]
struct Caller {
    maker: Maker,
    asked: Slots<Asked>,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Call(Run),
    /// One of those whom it asks, by itself.
    Part(Run, u32),
    /// To be told when somebody offers what it calls.
    Wait(TaskId),
}

/// A call to one of those whom a broadcast asks.
#[derive(Debug)]
pub(super) struct PartCall {
    pub(super) place: (PeerId, CallId),
    pub(super) order: Arc<Order>,
    pub(super) process: String,
    /// What is left of its time.
    pub(super) timeout: Option<Duration>,
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

    /// A call is to be cancelled: under these numbers.
    pub(super) fn stop(&mut self, run: Run) -> Vec<(PeerId, CallId)> {
        let Some(running) = self.runs.get_mut(&run) else {
            return Vec::new();
        };
        running.is_stopped = true;
        let (peer, call) = running.place;
        match &running.many {
            None => vec![(peer, call)],
            Some(many) => {
                let whole = (!many.has_ended()).then_some(call);
                let all = whole.into_iter().chain(many.again.values().copied());
                all.map(|call| (peer, call)).collect()
            }
        }
    }

    /// Nobody is waited for any more. Gives the number of the question.
    pub(super) fn forget(&mut self, task: TaskId) -> Option<(PeerId, CallId)> {
        self.waits.forget(task)
    }

    /// A call is about to be made.
    pub(super) fn call(&mut self, peer: PeerId, run: Run, order: &Arc<Order>) -> Option<CallId> {
        let call = self.peers.get_mut(&peer)?.asked.insert(Asked::Call(run));
        let timeout = order.timeout();
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.deadlines.extend(deadline.map(|deadline| (deadline, run)));
        let running = Running {
            place: (peer, call),
            deadline,
            is_late: false,
            is_stopped: false,
            streamed: false,
            many: order.asks_many().then(|| Box::new(Many::new(Arc::clone(order)))),
        };
        self.runs.insert(run, running);
        Some(call)
    }

    /// One of those whom a broadcast asks is about to be called by itself, if that is still wanted.
    pub(super) fn call_part(&self, (run, part): (Run, u32)) -> Option<PartCall> {
        let running = self.runs.get(&run).filter(|running| !running.is_stopped)?;
        let many = running.many.as_ref()?;
        let now = Instant::now();
        Some(PartCall {
            place: (running.place.0, *many.again.get(&part)?),
            order: Arc::clone(&many.order),
            process: many.name(part)?,
            timeout: running
                .deadline
                .map(|deadline| deadline.saturating_duration_since(now)),
        })
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

    /// Whether there are callers with nothing to do.
    pub(super) const fn has_idle(&self) -> bool {
        !self.idle.is_empty()
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
            Some(Asked::Call(run)) => drop(self.end(run)),
            Some(Asked::Wait(task)) => self.waits.refuse(task, (peer, call)),
            Some(Asked::Part(..)) | None => {}
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
        let Some(asked) = self
            .peers
            .get(&peer)
            .and_then(|caller| caller.asked.get(call))
            .copied()
        else {
            return;
        };
        if let What::Ended { .. } | What::Mismatched(_) = what {
            self.take_away(peer, call);
        }
        match (asked, what) {
            (Asked::Call(run) | Asked::Part(run, _), What::Opened) => {
                if let Some(running) = self.runs.get_mut(&run) {
                    running.streamed = true;
                    // It is cancelled, and ends with that.
                    acts.push(Act::Stop(run));
                }
            }
            (Asked::Call(run), What::Mismatched(offered)) => {
                self.end(run);
                schedules.mismatched(run, &offered, now, acts);
            }
            (
                Asked::Call(run),
                What::Ended {
                    error, also_failed, ..
                },
            ) => {
                let many = self.runs.get_mut(&run).and_then(|running| running.many.as_mut());
                if let Some(many) = many {
                    many.ended(error, also_failed);
                    self.end_many(run, schedules, now, acts);
                } else if let Some(running) = self.end(run) {
                    let end = if running.streamed {
                        End::streamed()
                    } else {
                        End::of(error.map(running.seen()))
                    };
                    schedules.ended(run, end, now, acts);
                }
            }
            (Asked::Call(run), What::MismatchedAt(part, offered)) => {
                self.mismatched_at((run, part), &offered, schedules, acts);
            }
            (Asked::Call(run), what) => {
                let running = self.runs.get_mut(&run);
                match (running.and_then(|running| running.many.as_mut()), what) {
                    (Some(many), What::Roster(names)) => many.names = names,
                    (Some(many), What::Failed(part, error)) => many.fail(part, error),
                    _ => {}
                }
            }
            (Asked::Part(run, part), What::Ended { error, .. }) => {
                self.part_ended((run, part), error, schedules, now, acts);
            }
            (Asked::Part(run, part), What::Mismatched(_)) => {
                self.part_ended(
                    (run, part),
                    Some(TickError::SignatureMismatch),
                    schedules,
                    now,
                    acts,
                );
            }
            (Asked::Wait(task), What::Ended { error: Some(_), .. }) => self.waits.refuse(task, (peer, call)),
            (Asked::Wait(task), What::Ended { error: None, .. })
                if self.waits.answered(task, (peer, call)) =>
            {
                schedules.provider_came(task, now, acts);
            }
            _ => {}
        }
    }

    /// One of those whom a broadcast asks was not called: it is called by itself, if it may be.
    fn mismatched_at(
        &mut self,
        (run, part): (Run, u32),
        offered: &Described,
        schedules: &mut Schedules,
        acts: &mut Vec<Act>,
    ) {
        let Some(running) = self.runs.get_mut(&run) else {
            return;
        };
        let Some(many) = &mut running.many else { return };
        let caller = self.peers.get_mut(&running.place.0);
        match caller.filter(|_| !running.is_stopped) {
            Some(caller) if schedules.mismatched_at(run, part, offered, acts) => {
                // It has its number from now on, so that its caller stays.
                many.again
                    .insert(part, caller.asked.insert(Asked::Part(run, part)));
            }
            _ => many.fail(part, TickError::SignatureMismatch),
        }
    }

    /// One of those whom a broadcast asked is not called by itself, for this reason.
    pub(super) fn part_not_made(
        &mut self,
        (run, part): (Run, u32),
        failed: Failed,
        schedules: &mut Schedules,
        now: Now,
        acts: &mut Vec<Act>,
    ) {
        let running = self.runs.get(&run);
        let call =
            running.and_then(|running| Some((running.place.0, *running.many.as_ref()?.again.get(&part)?)));
        if let Some((peer, call)) = call {
            self.take_away(peer, call);
            self.part_ended((run, part), Some(TickError::Failed(failed)), schedules, now, acts);
        }
    }

    /// One of those whom a broadcast asked has ended that was called by itself.
    fn part_ended(
        &mut self,
        (run, part): (Run, u32),
        error: Option<TickError>,
        schedules: &mut Schedules,
        now: Now,
        acts: &mut Vec<Act>,
    ) {
        let Some(many) = self.runs.get_mut(&run).and_then(|running| running.many.as_mut()) else {
            return;
        };
        many.again.remove(&part);
        if let Some(error) = error {
            many.fail(part, error);
        }
        self.end_many(run, schedules, now, acts);
    }

    /// A broadcast may have ended.
    fn end_many(&mut self, run: Run, schedules: &mut Schedules, now: Now, acts: &mut Vec<Act>) {
        let Some(running) = self.runs.get_mut(&run) else {
            return;
        };
        let (seen, streamed) = (running.seen(), running.streamed);
        if let Some(end) = running.many.as_mut().and_then(|many| many.end(seen)) {
            self.end(run);
            let end = if streamed { End::streamed() } else { end };
            schedules.ended(run, end, now, acts);
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

impl Running {
    /// How the error is to be seen with which it ended.
    const fn seen(&self) -> impl Fn(TickError) -> TickError + Copy + use<> {
        let is_late = self.is_late;
        move |error| if is_late { too_late(error) } else { error }
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
