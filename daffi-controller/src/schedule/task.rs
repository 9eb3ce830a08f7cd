//! One schedule: when its next tick is, which of its calls run, which wait, and how they ended.
//!
//! Times in here are by the schedule's own clock; what is told is by the calendar.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{Missed, Plan, Skipped, TaskId, TaskState, Tick, TickOutcome, Time, When};

use super::end::{Act, Run};
use super::history::History;
use super::now::{Basis, Now};
use super::order::{Connection, Draft, Maker, Order};
use super::rule::Rule;
use super::shares::{Room, Share};
use super::terms::Terms;
use daffi_core::mixing::mixed;

/// So many calls of a schedule run at the same time, and so many ticks wait.
pub(super) const AT_ONCE: usize = 1000;

/// No timer is exact: what is late by no more than this is in time.
const IN_TIME: Duration = Duration::from_secs(1);

/// A call that runs and a tick that waits count towards nothing: each schedule may have them.
pub(super) const ITS_OWN: usize = 2;

/// A schedule.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) plan: Plan,
    pub(super) order: Arc<Order>,
    pub(super) maker: Maker,
    /// The maker's identity, in words.
    pub(super) owner: Arc<str>,
    /// As the how manieth it was made.
    pub(super) made: u64,
    /// The connection with which it ends.
    pub(super) ends_with: Option<Connection>,
    pub(super) history: History,
    pub(super) rule: Rule,
    pub(super) state: TaskState,
    pub(super) next: Option<Next>,
    /// How many calls were begun, of those that the plan limits.
    pub(super) begun: u64,
    /// The number of the next call.
    pub(super) number: u64,
    pub(super) running: Vec<Running>,
    /// Only while something runs.
    pub(super) waiting: VecDeque<Due>,
    pub(super) is_over: bool,
    /// It is over, and nothing but what can be told of it is left.
    pub(super) is_past: bool,
    pub(super) terms: Terms,
}

/// A tick that is to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    pub(super) due: Time,
    /// When it is made, which may be a little later.
    pub(super) at: Time,
}

/// A tick that has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) time: Time,
    pub(super) triggered: bool,
    /// The number of its call, once that is begun.
    pub(super) number: Option<u64>,
}

impl Due {
    /// One that the plan has.
    pub(super) const fn planned(time: Time) -> Self {
        Self {
            time,
            triggered: false,
            number: None,
        }
    }
}

/// A call that has not ended.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) number: u64,
    pub(super) due: Due,
    pub(super) stage: Stage,
    /// How often it may still be made in other terms.
    pub(super) again: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is made.
    Called,
    /// It is made, and is to be cancelled.
    Stopping,
    /// It could not be made, for this reason: nobody offers the callback, or it could not be kept that it would be. It is made if that is over
    /// before this time.
    Absent { until: Time, why: Missed },
}

/// What everything that happens to a schedule goes with.
pub(super) struct Context<'a> {
    pub(super) now: Now,
    /// When the controller began.
    pub(super) since: Now,
    /// What its identity may have more.
    pub(super) room: Room,
    pub(super) acts: &'a mut Vec<Act>,
}

/// How many bytes a schedule takes that others may not have meanwhile: its call, and its instants.
pub(super) fn bytes(plan: &Plan, order: &Order) -> usize {
    let instants = match &plan.when {
        When::At(instants) => instants.len(),
        _ => 0,
    };
    order.bytes() + instants * size_of::<Time>()
}

impl Task {
    /// What it has of what there may be.
    pub(super) fn share(&self) -> Share {
        Share {
            schedules: 1,
            bytes: bytes(&self.plan, &self.order),
            ticks: self.held().saturating_sub(ITS_OWN),
            words: self.history.words(),
        }
    }

    /// How many ticks run or wait.
    pub(super) fn held(&self) -> usize {
        self.running.len() + self.waiting.len()
    }

    /// It is over: what it would call is of no use any more.
    pub(super) fn become_past(&mut self) {
        self.is_past = true;
        self.order = Arc::new(self.order.name());
    }

    pub(super) fn new((id, made): (TaskId, u64), draft: Draft, rule: Rule, maker: Maker) -> Self {
        let mut task = Self {
            id,
            ends_with: draft.ends_with(),
            plan: draft.plan,
            order: Arc::new(draft.order),
            owner: maker.owner(),
            maker,
            made,
            history: History::default(),
            rule,
            state: TaskState::Active,
            next: None,
            begun: 0,
            number: 0,
            running: Vec::new(),
            waiting: VecDeque::new(),
            is_over: false,
            is_past: false,
            terms: Terms::default(),
        };
        task.next = task.planned(task.rule.first());
        task
    }

    pub(super) const fn basis(&self) -> Basis {
        self.rule.basis
    }

    /// When it is to be told the time.
    pub(super) fn timeout(&self) -> Option<Time> {
        let until = self.running.iter().filter_map(|running| match running.stage {
            Stage::Absent { until, .. } => Some(until),
            Stage::Called | Stage::Stopping => None,
        });
        until.chain(self.next.map(|next| next.at)).min()
    }

    /// The next ticks by the calendar, so many at most.
    pub(super) fn next_ticks(&self, most: usize, now: Now) -> Vec<Time> {
        let left = self.plan.limit.map(|limit| limit.saturating_sub(self.begun));
        let left = left.map_or(most, |left| usize::try_from(left).unwrap_or(most).min(most));
        let (mut ticks, mut next) = (Vec::new(), self.next.map(|next| next.due));
        while let Some(due) = next.filter(|_| ticks.len() < left) {
            ticks.push(now.to_wall(due, self.basis()));
            next = if ticks.len() < left {
                self.rule.after(due)
            } else {
                None
            };
        }
        ticks
    }

    pub(super) const fn running(&self) -> usize {
        self.running.len()
    }

    /// What was made of its calls that run is of no interest any more: nothing is left of it.
    pub(super) const fn is_over(&self) -> bool {
        self.is_over
    }

    pub(super) fn time(&self, cx: &Context<'_>) -> Time {
        cx.now.by(self.basis())
    }

    pub(super) fn run(&self, number: u64) -> Run {
        Run {
            task: self.id,
            number,
        }
    }

    pub(super) fn catch_up(&self) -> Duration {
        self.plan.catch_up.max(IN_TIME)
    }

    /// How long a tick may wait for somebody who offers the callback.
    pub(super) fn until(&self, due: Due) -> Time {
        let jitter = if due.triggered {
            Duration::ZERO
        } else {
            self.jitter(due.time)
        };
        due.time.plus(jitter).plus(self.catch_up())
    }

    pub(super) fn planned(&self, due: Option<Time>) -> Option<Next> {
        let due = due?;
        let at = due.plus(self.jitter(due));
        Some(Next { due, at })
    }

    /// By how much a tick is made later: by chance, but always the same for the same tick.
    pub(super) fn jitter(&self, due: Time) -> Duration {
        let most = Time(0).plus(self.plan.jitter).0;
        Duration::from_micros(mixed(self.id.0 ^ mixed(due.0)) % most.saturating_add(1).max(1))
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.plan.limit.is_some_and(|limit| self.begun >= limit)
    }

    pub(super) fn skip(&mut self, due: Due, why: Skipped, cx: &mut Context<'_>) {
        self.record(due, 1, TickOutcome::Skipped(why), cx);
    }

    pub(super) fn record(&mut self, due: Due, count: u64, outcome: TickOutcome, cx: &mut Context<'_>) {
        let tick = Tick {
            due: cx.now.to_wall(due.time, self.basis()),
            count,
            triggered: due.triggered,
            outcome,
        };
        cx.acts.push(Act::Told {
            task: self.id,
            number: due.number,
            tick: self.history.add(tick, cx.room.has_words),
        });
    }
}
