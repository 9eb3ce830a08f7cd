//! Schedules after a restart.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{EncodeError, Missed, TaskId, TaskState, TickOutcome};

use super::changes::{Changes, What};
use super::end::Act;
use super::history::History;
use super::now::Now;
use super::record::{self, Begun, Change, Kept, Progress};
use super::rule::Rule;
use super::schedules::Schedules;
use super::task::{Context, Task};

/// Something that was kept cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("schedule {task}: {fault}")]
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
                Kept::Nothing if self.tasks.contains_key(task) => continue,
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
        let (draft, maker, progress) =
            record::read(asked, progress).map_err(|error| unreadable(error.to_string()))?;
        let rule = Rule::kept(&draft.plan, (progress.start, progress.first), now, &self.zones);
        let rule = rule.map_err(|refused| unreadable(refused.to_string()))?;
        let basis = rule.basis;
        let of_wall = |time| now.of_wall(time, basis);
        let next = progress.next.map(of_wall);
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
        self.enter(task);
        let running: Vec<Begun> = progress.running;
        self.with(id, now, acts, |task, cx| {
            // What has ended long ago is not over again.
            task.is_over = is_over && running.is_empty() && task.waiting.is_empty();
            task.take_up(&running, cx);
        });
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
                self.waiting.push_front(due);
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
