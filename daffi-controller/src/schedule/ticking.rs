//! What happens to a schedule with the time, and as its calls end.

use daffi_core::proto::{Described, Missed, Overlap, Skipped, TaskState, TickError, TickOutcome, Time};

use super::end::{Act, End, Run};
use super::shares::Room;
use super::task::{AT_ONCE, Context, Due, ITS_OWN, Running, Stage, Task};
use super::terms::AGAIN;

impl Task {
    /// The time has come for one thing.
    pub(super) fn on_time(&mut self, cx: &mut Context<'_>) {
        let time = self.time(cx);
        let given_up = |(place, running): (usize, &Running)| match running.stage {
            Stage::Absent { until, why } if until <= time => Some((place, why)),
            _ => None,
        };
        if let Some((place, why)) = self.running.iter().enumerate().find_map(given_up) {
            let given_up = self.running.remove(place);
            self.give_back(1, cx);
            self.record(given_up.due, 1, TickOutcome::Missed(why), cx);
            self.forget_unless_absent(cx);
            self.go_on(cx);
        } else if let Some(next) = self.next.filter(|next| next.at <= time) {
            let in_time = time.minus(self.catch_up());
            if next.at < in_time {
                self.miss(next.due, in_time, cx);
            } else if let Some(why) = self.leaves_out(false, cx.room) {
                // As are all that have come meanwhile.
                let last = time.minus(self.plan.jitter).max(next.due);
                let (count, last) = self.rule.count(next.due, last);
                self.next = self.planned(self.rule.after(last));
                self.record(Due::planned(next.due), count, TickOutcome::Skipped(why), cx);
            } else {
                self.next = self.planned(self.rule.after(next.due));
                self.admit(next.due, false, cx);
            }
            self.settle(cx);
        }
    }

    /// Ticks from the one that was due at `first` on are too late, as far as they are `before` a time.
    pub(super) fn miss(&mut self, first: Time, before: Time, cx: &mut Context<'_>) {
        let began = cx.since.by(self.basis());
        let last = before.minus(self.plan.jitter).0.saturating_sub(1).max(first.0);
        let (last, missed) = if first < began {
            (last.min(began.0 - 1), Missed::Down)
        } else {
            (last, Missed::Late)
        };
        let outcome = match self.state {
            TaskState::Paused { .. } => TickOutcome::Skipped(Skipped::Paused),
            _ => TickOutcome::Missed(missed),
        };
        let (count, last) = self.rule.count(first, Time(last));
        self.next = self.planned(self.rule.after(last));
        self.record(Due::planned(first), count, outcome, cx);
    }

    /// Why no call is made of a tick that comes now, if none is.
    fn leaves_out(&self, triggered: bool, room: Room) -> Option<Skipped> {
        let is_full = self.running.len() >= AT_ONCE
            || self.waiting.len() >= AT_ONCE
            || self.held() >= ITS_OWN && !room.has_ticks;
        match self.plan.overlap {
            // Whoever asks for it has it all the same.
            _ if !triggered && matches!(self.state, TaskState::Paused { .. }) => Some(Skipped::Paused),
            // The last call has yet to find somebody.
            _ if self.is_exhausted() && self.is_absent() => Some(Skipped::Overlap),
            _ if self.is_exhausted() => Some(Skipped::Ended),
            _ if self.running.is_empty() => None,
            Overlap::BufferOne if self.waiting.is_empty() => None,
            Overlap::BufferAll | Overlap::AllowAll => is_full.then_some(Skipped::Full),
            Overlap::CancelOther => None,
            _ => Some(Skipped::Overlap),
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.running
            .iter()
            .any(|running| matches!(running.stage, Stage::Absent { .. }))
    }

    /// A tick has come, of which a call is made, now or later, or it is said why not.
    pub(super) fn admit(&mut self, time: Time, triggered: bool, cx: &mut Context<'_>) {
        let due = Due {
            time,
            triggered,
            number: None,
        };
        if let Some(why) = self.leaves_out(triggered, cx.room) {
            return self.skip(due, why, cx);
        }
        if self.running.is_empty() {
            return self.begin(due, cx);
        }
        match self.plan.overlap {
            Overlap::BufferOne | Overlap::BufferAll => self.waiting.push_back(due),
            Overlap::AllowAll => self.begin(due, cx),
            Overlap::CancelOther => {
                self.stop_running(cx);
                self.drop_waiting(Skipped::Superseded, cx);
                self.waiting.push_back(due);
                self.go_on(cx);
            }
            _ => self.skip(due, Skipped::Overlap, cx),
        }
    }

    pub(super) fn begin(&mut self, mut due: Due, cx: &mut Context<'_>) {
        let number = self.number;
        due.number = Some(number);
        self.number += 1;
        self.begun += 1;
        if self.is_exhausted() {
            self.next = None;
        }
        self.running.push(Running {
            number,
            due,
            stage: Stage::Called,
            again: AGAIN,
        });
        cx.acts.push(Act::Start(self.run(number)));
    }

    /// A call has ended.
    pub(super) fn ended(&mut self, number: u64, end: End, cx: &mut Context<'_>) {
        let Some(place) = self.running.iter().position(|running| running.number == number) else {
            return;
        };
        let (time, has_ended) = (self.time(cx), self.state == TaskState::Ended);
        let until = self.until(self.running[place].due);
        let running = &mut self.running[place];
        let (due, stage) = (running.due, running.stage);
        let why = match end {
            End::NoProvider => Some(Missed::NoProvider),
            End::NotKept => Some(Missed::NotKept),
            End::Ok | End::Failed(_) => None,
        };
        if let Some(why) = why
            && stage == Stage::Called
            && time < until
            && !has_ended
        {
            running.stage = Stage::Absent { until, why };
            if self.next.is_none() && self.is_exhausted() {
                // It may turn out not to have been the last.
                self.next = self.planned(self.rule.after(due.time));
            }
            let is_absent = |running: &&Running| matches!(running.stage, Stage::Absent { .. });
            if why == Missed::NoProvider && self.running.iter().filter(is_absent).count() == 1 {
                cx.acts.push(Act::Await(self.id));
            }
            return;
        }
        self.running.remove(place);
        let took = time.since(due.time);
        let outcome = match end {
            End::Ok => TickOutcome::Ok { took },
            End::Failed(error) => TickOutcome::Failed { error, took },
            End::NotKept => {
                self.give_back(1, cx);
                TickOutcome::Missed(Missed::NotKept)
            }
            End::NoProvider => {
                self.give_back(1, cx);
                match stage {
                    Stage::Stopping => TickOutcome::Skipped(Skipped::Superseded),
                    _ if has_ended => TickOutcome::Skipped(Skipped::Ended),
                    _ => TickOutcome::Missed(Missed::NoProvider),
                }
            }
        };
        let failed = matches!(outcome, TickOutcome::Failed { .. }) && stage != Stage::Stopping;
        self.record(due, 1, outcome, cx);
        if failed && self.plan.pause_on_failure && self.state == TaskState::Active {
            self.pause(true, cx);
        }
        self.go_on(cx);
    }

    /// A call was not made, as those who offer the callback have other signatures: it is made again by one of these, if it may be.
    pub(super) fn mismatched(&mut self, number: u64, offered: &[Described], cx: &mut Context<'_>) {
        let run = self.run(number);
        let running = self.running.iter_mut().find(|running| running.number == number);
        if let Some(running) = running
            && running.stage == Stage::Called
            && running.again > 0
            && self.terms.accept(&self.order, offered)
        {
            running.again -= 1;
            cx.acts.push(Act::Start(run));
        } else {
            self.ended(number, End::Failed(TickError::SignatureMismatch), cx);
        }
    }

    /// One of those whom a broadcast asks was not called, as its signature has another number: whether it is called by itself, by that one.
    pub(super) fn mismatched_at(
        &mut self,
        number: u64,
        part: u32,
        offered: &Described,
        acts: &mut Vec<Act>,
    ) -> bool {
        let is_called = |running: &Running| {
            running.number == number && running.stage == Stage::Called && running.again > 0
        };
        if !self.running.iter().any(is_called) {
            return false;
        }
        let Some(terms) = self.terms.of(&self.order, offered) else {
            return false;
        };
        let run = self.run(number);
        acts.push(Act::Part { run, part, terms });
        true
    }

    /// Somebody offers what it calls, or it can be kept again that it is called.
    pub(super) fn provider_came(&mut self, cx: &mut Context<'_>) {
        let id = self.id;
        for running in &mut self.running {
            if let Stage::Absent { .. } = running.stage {
                running.stage = Stage::Called;
                cx.acts.push(Act::Start(Run {
                    task: id,
                    number: running.number,
                }));
            }
        }
    }

    /// So many calls that were begun were not made. There may be ticks again of one that had none left.
    pub(super) fn give_back(&mut self, calls: u64, cx: &Context<'_>) {
        self.begun = self.begun.saturating_sub(calls);
        if self.next.is_none() && self.state != TaskState::Ended && !self.is_exhausted() {
            self.next = self.planned(self.rule.after(self.time(cx)));
        }
    }

    /// Begins what waits, if nothing runs any more.
    pub(super) fn go_on(&mut self, cx: &mut Context<'_>) {
        while self.running.is_empty()
            && let Some(due) = self.waiting.pop_front()
        {
            if self.is_exhausted() {
                self.skip(due, Skipped::Ended, cx);
            } else {
                self.begin(due, cx);
            }
        }
        self.settle(cx);
    }

    /// It has ended if nothing more can come.
    pub(super) fn settle(&mut self, cx: &mut Context<'_>) {
        if self.is_over || !self.running.is_empty() || !self.waiting.is_empty() {
            return;
        }
        if self.next.is_none() || self.is_exhausted() {
            self.state = TaskState::Ended;
        }
        if self.state == TaskState::Ended {
            self.next = None;
            self.is_over = true;
            cx.acts.push(Act::Over(self.id));
        }
    }

    pub(super) fn stop_running(&mut self, cx: &mut Context<'_>) {
        self.drop_absent(Skipped::Superseded, cx);
        let id = self.id;
        for running in &mut self.running {
            if running.stage == Stage::Called {
                running.stage = Stage::Stopping;
                cx.acts.push(Act::Stop(Run {
                    task: id,
                    number: running.number,
                }));
            }
        }
    }

    pub(super) fn forget_unless_absent(&self, cx: &mut Context<'_>) {
        if !self.is_absent() {
            cx.acts.push(Act::Forget(self.id));
        }
    }
}
