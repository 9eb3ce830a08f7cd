//! Schedules after a restart.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{EncodeError, Missed, Skipped, TaskId, TaskState, TickOutcome};

use super::changes::{Changes, What};
use super::end::Act;
use super::history::History;
use super::now::{Basis, Now};
use super::record::{self, Begun, Change, Kept, Progress, Read};
use super::rule::Rule;
use super::schedules::{SET_BACK, Schedules};
use super::task::{Context, Task};
use super::terms::Terms;

/// What it costs to write anything.
const FEW: usize = 256;

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
    /// Which schedules have changed since this was asked for last. What is done for them is to be done once they are kept.
    pub fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changes)
    }

    /// Some of those that have changed as they stand now, to be kept, so that [`restore`](Self::restore) can go on with them: of so many bytes at
    /// most, about.
    ///
    /// # Errors
    ///
    /// When one cannot be written as bytes, which is left out then.
    pub fn write(&self, changes: &mut Changes, most: usize, now: Now) -> Result<Vec<Change>, EncodeError> {
        let (mut written, mut bytes) = (Vec::new(), 0);
        while bytes < most
            && let Some((task, what)) = changes.take_one()
        {
            let kept = match self.tasks.get(&task) {
                None => Kept::Nothing,
                Some(_) if what == What::Gone => Kept::Nothing,
                Some(kept) if what == What::Progress => Kept::Progress(record::progress(kept, now)?),
                Some(kept) => Kept::Whole(record::asked(kept)?, record::progress(kept, now)?),
            };
            bytes += FEW + kept.bytes();
            written.push(Change { task, kept });
        }
        Ok(written)
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

    /// One that was just made is not, as it could not be kept: it is to be forgotten where it may be kept all the same.
    pub fn unmake(&mut self, id: TaskId, may_be_kept: bool) {
        self.leave(id);
        if !may_be_kept {
            self.changes.forget(id);
        }
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
        let Read {
            plan,
            order,
            maker,
            made,
            progress,
        } = record::read(asked, progress)
            .map_err(|error| unreadable(format!("what it has of schedule {id} cannot be read ({error})")))?;
        let rule = Rule::kept(&plan, (progress.start, progress.first), now, &self.zones);
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
            plan,
            order: Arc::new(order),
            owner: maker.owner(),
            maker,
            made,
            ends_with: None,
            history: History::kept(&progress),
            rule,
            state: progress.state,
            next: None,
            begun: progress.begun,
            number: progress.number,
            running: Vec::new(),
            waiting: progress.waiting.iter().map(|begun| begun.due(of_wall)).collect(),
            is_over: false,
            is_past: false,
            terms: Terms::default(),
        };
        self.made = self.made.max(made);
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
        self.settle(id);
        Ok(())
    }
}

impl Task {
    /// What ran when the controller ended may have run. What waited goes on, if there is time.
    fn take_up(&mut self, running: &[Begun], cx: &mut Context<'_>) {
        let (now, basis) = (cx.now, self.basis());
        let mut absent = Vec::new();
        for begun in running {
            let due = begun.due(|time| now.of_wall(time, basis));
            if begun.is_absent {
                self.give_back(1, cx);
                if matches!(self.state, TaskState::Paused { .. }) {
                    self.skip(due, Skipped::Paused, cx);
                } else {
                    absent.push(due);
                }
            } else {
                self.record(due, 1, TickOutcome::Unknown, cx);
            }
        }
        // They came before what waits.
        absent
            .into_iter()
            .rev()
            .for_each(|due| self.waiting.push_front(due));
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
