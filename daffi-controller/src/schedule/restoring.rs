//! Schedules after a restart.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{EncodeError, Missed, Skipped, TaskId, TaskState, TickOutcome};

use super::changes::{Changes, What};
use super::end::Act;
use super::history::History;
use super::now::{Basis, Now};
use super::record::{self, Begun, Change, Kept, Progress};
use super::rule::Rule;
use super::schedules::{SET_BACK, Schedules};
use super::task::{Context, Task};

/// Something that was kept cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{fault}: start the version of daffi that wrote it, or move the file away to begin without schedules"
)]
pub struct Unreadable {
    /// Of which schedule.
    pub task: TaskId,
    /// Why.
    pub fault: String,
}

impl Schedules {
    /// What has changed since this was asked for last, to be kept, so that [`restore`](Self::restore) can go on with it. What is done for a
    /// schedule is to be done once its change is kept.
    ///
    /// # Errors
    ///
    /// When something cannot be written as bytes.
    pub fn take_changes(&mut self, now: Now) -> Result<Vec<Change>, EncodeError> {
        let Changes(noted) = std::mem::take(&mut self.changes);
        let written = |(task, what)| {
            let kept = match self.tasks.get(&task) {
                None => Kept::Nothing,
                Some(_) if what == What::Gone => Kept::Nothing,
                Some(kept) if what == What::Progress => Kept::Progress(record::progress(kept, now)?),
                Some(kept) => Kept::Whole(record::asked(kept)?, record::progress(kept, now)?),
            };
            Ok(Change { task, kept })
        };
        noted.into_iter().map(written).collect()
    }

    /// Changes could not be kept: they are taken again.
    pub fn put_back(&mut self, changes: &[Change]) {
        for Change { task, kept } in changes {
            let what = match kept {
                Kept::Progress(_) => What::Progress,
                Kept::Whole(..) => What::Whole,
                // It is there again, and kept.
                Kept::Nothing if self.is_kept(*task) => What::Whole,
                Kept::Nothing => What::Gone,
            };
            self.changes.note(*task, what);
        }
    }

    /// One that was just made is not, as it could not be kept.
    pub fn unmake(&mut self, id: TaskId) {
        self.leave(id);
    }

    /// A schedule of before the controller began, as it was kept: what it is, and how it stands. Calls of which it is not known how they ended are
    /// not made again.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn restore(
        &mut self,
        id: TaskId,
        (asked, progress): (&Bytes, &Bytes),
        now: Now,
        acts: &mut Vec<Act>,
    ) -> Result<(), Unreadable> {
        let unreadable = |fault: String| Unreadable { task: id, fault };
        let (draft, maker, progress) = record::read(asked, progress)
            .map_err(|error| unreadable(format!("what it has of schedule {id} cannot be read ({error})")))?;
        let rule = Rule::kept(&draft.plan, (progress.start, progress.first), now, &self.zones);
        let rule =
            rule.map_err(|refused| unreadable(format!("schedule {id} cannot be kept here: {refused}")))?;
        let basis = rule.basis;
        let of_wall = |time| now.of_wall(time, basis);
        // The clock may have been set back meanwhile, which nobody saw.
        let soonest = rule.after(now.by(basis));
        let allowed = if basis == Basis::Steady {
            Duration::ZERO
        } else {
            SET_BACK
        };
        let next = progress.next.map(of_wall).map(|next| match soonest {
            Some(soonest) if rule.repeats() && next > soonest.plus(allowed) => soonest,
            _ => next,
        });
        let mut task = Task {
            id,
            plan: draft.plan,
            order: Arc::new(draft.order),
            maker,
            history: History::kept(&progress),
            rule,
            state: progress.state,
            next: None,
            begun: progress.begun,
            number: progress.number,
            running: Vec::new(),
            waiting: progress.waiting.iter().map(|begun| begun.due(of_wall)).collect(),
            is_over: false,
        };
        task.next = task.planned(next);
        let is_over = task.next.is_none() && task.state == TaskState::Ended;
        let is_idle = progress.running.is_empty() && task.waiting.is_empty();
        // What has ended long ago is not over again.
        task.is_over = is_over && is_idle;
        self.take_in(task);
        if !is_idle {
            let running: Vec<Begun> = progress.running;
            self.with(id, now, acts, |task, cx| task.take_up(&running, cx));
        }
        if self.tasks.get(&id).is_some_and(Task::is_over) && !self.over.contains(&id) {
            self.over.push_back(id);
        }
        Ok(())
    }
}

impl Task {
    /// What ran when the controller ended may have run. What waited goes on, if there is time.
    fn take_up(&mut self, running: &[Begun], cx: &mut Context<'_>) {
        let (now, basis) = (cx.now, self.basis());
        for begun in running {
            let due = begun.due(|time| now.of_wall(time, basis));
            if begun.is_absent {
                self.give_back(1, cx);
                if matches!(self.state, TaskState::Paused { .. }) {
                    self.skip(due, Skipped::Paused, cx);
                } else {
                    self.waiting.push_front(due);
                }
            } else {
                self.record(due, 1, TickOutcome::Unknown, cx);
            }
        }
        let time = self.time(cx);
        for due in std::mem::take(&mut self.waiting) {
            if self.until(due) < time {
                self.record(due, 1, TickOutcome::Missed(Missed::Down), cx);
            } else {
                self.waiting.push_back(due);
            }
        }
        self.go_on(cx);
    }
}

impl History {
    fn kept(progress: &Progress) -> Self {
        Self::of(progress.counts, &progress.last)
    }
}
