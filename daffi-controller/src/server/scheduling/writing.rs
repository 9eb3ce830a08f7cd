//! What has changed of schedules is kept, before anything is done for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{Failed, TaskId};
use tokio::task::yield_now;
use tokio::time::Instant;
use tracing::{error, info};

use super::super::hub::Hub;
use super::books::{Answer, Books};
use super::store::{Fault, Store};
use crate::schedule::{Act, Change, Changes, End};

/// After a fault of the disk it is tried again so much later.
const AGAIN: Duration = Duration::from_secs(1);

/// So many bytes are written down at a time under the lock, and so many things looked at (P15).
const BYTES: usize = 128 * 1024;
const AT_A_TIME: usize = 256;

/// What is done at a time.
#[derive(Debug, Default)]
pub(super) struct Turn {
    pub(super) acts: Vec<Act>,
    pub(super) answers: Vec<Answer>,
    pub(super) changes: Changes,
}

/// The disk is at fault.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) words: String,
    /// It is not tried again before.
    pub(super) until: Instant,
}

impl Turn {
    pub(super) fn is_empty(&self) -> bool {
        self.acts.is_empty() && self.answers.is_empty() && self.changes.is_empty()
    }
}

impl Answer {
    /// What is answered when it could not be kept.
    pub(super) fn not_kept(&self, fault: &str) -> Failed {
        let what = if self.made {
            "the schedule is not made"
        } else {
            "the change holds until the controller ends, and is written as soon as that is possible"
        };
        Failed::Invalid {
            reason: format!("the controller could not write to its data directory ({fault}): {what}"),
        }
    }
}

impl Hub {
    /// Keeps what has changed. Gives the fault of the disk, if there is one: nothing is left of the turn then that would have to be kept.
    pub(super) async fn keep_changes(&self, turn: &mut Turn, fault: Option<Faulty>) -> Option<Faulty> {
        let fault = match (&self.scheduling.store, fault) {
            (None, _) => return None,
            (Some(_), Some(fault)) if Instant::now() < fault.until => fault,
            (Some(store), was) => match self.write(store, turn).await {
                Ok(()) => {
                    if was.is_some() && self.scheduling.faults.may_say().is_some() {
                        info!("schedules are kept on the disk again");
                    }
                    return None;
                }
                Err(fault) => {
                    if was.is_none()
                        && let Some(unsaid) = self.scheduling.faults.may_say()
                    {
                        error!(%fault, unsaid, "what becomes of schedules cannot be written: no call of theirs is made until it can");
                    }
                    Faulty {
                        words: fault.to_string(),
                        until: Instant::now() + AGAIN,
                    }
                }
            },
        };
        self.do_without(turn).await;
        Some(fault)
    }

    /// Writes what has changed. If that cannot be, what was made is left out: it may be what there is no room for.
    async fn write(&self, store: &Arc<Store>, turn: &mut Turn) -> Result<(), Fault> {
        let changes = self.written(std::mem::take(&mut turn.changes)).await;
        if changes.is_empty() {
            return Ok(());
        }
        let Err(fault) = store.keep(Arc::clone(&changes)).await else {
            return Ok(());
        };
        self.put_back(&changes).await;
        let made: BTreeSet<TaskId> = turn
            .answers
            .iter()
            .filter(|answer| answer.made)
            .map(|answer| answer.task)
            .collect();
        if made.is_empty() || fault.is_lasting() {
            return Err(fault);
        }
        let again = {
            let (mut books, _) = self.scheduling.open();
            let Books {
                schedules, answers, ..
            } = &mut *books;
            for id in &made {
                schedules.unmake(*id);
            }
            // Whoever was told of it meanwhile hears the same.
            for answer in turn
                .answers
                .iter_mut()
                .chain(answers)
                .filter(|answer| made.contains(&answer.task))
            {
                answer.refused = Some(fault.to_string());
                answer.made = true;
            }
            schedules.take_changes()
        };
        turn.acts
            .retain(|act| act.task().is_none_or(|task| !made.contains(&task)));
        turn.acts.extend(made.into_iter().map(Act::Over));
        let changes = self.written(again).await;
        let written = store.keep(Arc::clone(&changes)).await;
        if written.is_err() {
            self.put_back(&changes).await;
        }
        written
    }

    /// What has changed, as it is written, some at a time. Whatever is changed meanwhile is written anew.
    async fn written(&self, mut changes: Changes) -> Arc<[Change]> {
        let mut all = Vec::new();
        while !changes.is_empty() {
            let some = {
                let (books, now) = self.scheduling.open();
                books.schedules.write(&mut changes, BYTES, now)
            };
            match some {
                Ok(some) => all.extend(some),
                Err(error) => {
                    error!(%error, "a change of a schedule cannot be written as bytes, and is not kept");
                }
            }
            yield_now().await;
        }
        all.into()
    }

    async fn put_back(&self, changes: &[Change]) {
        for some in changes.chunks(AT_A_TIME) {
            self.scheduling.open().0.schedules.put_back(some);
            yield_now().await;
        }
    }

    /// Nothing of what has changed is on the disk: no call is made that would have to be.
    async fn do_without(&self, turn: &mut Turn) {
        let mut left = Vec::new();
        for some in turn.acts.chunks(AT_A_TIME) {
            {
                let (mut books, now) = self.scheduling.open();
                let Books { schedules, acts, .. } = &mut *books;
                for act in some {
                    match act {
                        Act::Start(run) if schedules.is_kept(run.task) => {
                            schedules.ended(*run, End::NotKept, now, acts);
                        }
                        other => left.push(other.clone()),
                    }
                }
            }
            yield_now().await;
        }
        turn.acts = left;
        let (mut books, _) = self.scheduling.open();
        for answer in turn.answers.iter().filter(|answer| answer.made) {
            books.schedules.unmake(answer.task);
        }
    }
}
