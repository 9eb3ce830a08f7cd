//! What those who may do with a schedule.

use std::sync::Arc;

use daffi_core::proto::{Skipped, TaskState};

use super::end::Act;
use super::now::Now;
use super::order::Draft;
use super::rule::Rule;
use super::task::{Context, Running, Stage, Task};
use super::terms::Terms;

impl Task {
    /// Makes no calls until it is resumed. What runs goes on, what waits is left out.
    pub(super) fn pause(&mut self, by_failure: bool, cx: &mut Context<'_>) {
        if self.state != TaskState::Ended {
            self.state = TaskState::Paused { by_failure };
            self.drop_waiting(Skipped::Paused, cx);
            self.drop_absent(Skipped::Paused, cx);
            self.go_on(cx);
        }
    }

    /// Makes calls again, from the next tick on.
    pub(super) fn resume(&mut self) {
        if matches!(self.state, TaskState::Paused { .. }) {
            self.state = TaskState::Active;
        }
    }

    /// Makes a call now, beside those that are planned, as the plan allows while others run.
    pub(super) fn trigger(&mut self, cx: &mut Context<'_>) {
        let time = self.time(cx);
        self.admit(time, true, cx);
        self.settle(cx);
    }

    /// Makes no more calls. What runs goes on.
    pub(super) fn cancel(&mut self, cx: &mut Context<'_>) {
        self.state = TaskState::Ended;
        self.next = None;
        self.drop_waiting(Skipped::Ended, cx);
        self.drop_absent(Skipped::Ended, cx);
        self.settle(cx);
    }

    /// Goes by another plan, with another call. What runs goes on; what waits is left out. Calls are counted anew.
    pub(super) fn update(&mut self, draft: Draft, rule: Rule, cx: &mut Context<'_>) {
        self.drop_waiting(Skipped::Superseded, cx);
        self.drop_absent(Skipped::Superseded, cx);
        self.ends_with = draft.ends_with();
        (self.plan, self.order, self.rule) = (draft.plan, Arc::new(draft.order), rule);
        // What runs is another call, which is not made again.
        self.running.iter_mut().for_each(|running| running.again = 0);
        self.terms = Terms::default();
        self.begun = 0;
        self.next = self.planned(self.rule.first());
        self.settle(cx);
    }

    /// The calendar was set far back: its next tick is by the new time.
    pub(super) fn rewind(&mut self, now: Now) {
        self.rule.rewind(&self.plan, now);
        if self.next.is_some() && self.rule.repeats() {
            self.next = self.planned(self.rule.after(now.by(self.basis())));
        }
    }

    pub(super) fn drop_waiting(&mut self, why: Skipped, cx: &mut Context<'_>) {
        while let Some(due) = self.waiting.pop_front() {
            self.skip(due, why, cx);
        }
    }

    /// What waits for somebody who offers the callback is left out.
    pub(super) fn drop_absent(&mut self, why: Skipped, cx: &mut Context<'_>) {
        let is_absent = |running: &mut Running| matches!(running.stage, Stage::Absent { .. });
        let absent: Vec<_> = self.running.extract_if(.., is_absent).collect();
        if absent.is_empty() {
            return;
        }
        self.give_back(absent.len() as u64, cx);
        for running in absent {
            self.skip(running.due, why, cx);
        }
        cx.acts.push(Act::Forget(self.id));
    }
}
