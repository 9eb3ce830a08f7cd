//! What has changed of schedules is kept, before anything is done for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{Failed, TaskId};
use daffi_core::seldom::Unsaid;
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
    /// The disk is at fault, and what has changed was left for when it is tried again.
    pub(super) is_withheld: bool,
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

    /// What was made is not, for a fault of the disk: whoever was told of it meanwhile hears the same. It is forgotten there, if it may be kept.
    fn unmake(&mut self, books: &mut Books, fault: &str, may_be_kept: bool) {
        let made = self.answers.iter().filter(|answer| answer.made);
        let made: BTreeSet<TaskId> = made.map(|answer| answer.task).collect();
        if made.is_empty() {
            return;
        }
        for id in &made {
            books.schedules.unmake(*id, may_be_kept);
        }
        let answers = self.answers.iter_mut().chain(&mut books.answers);
        for answer in answers.filter(|answer| made.contains(&answer.task)) {
            answer.refused = Some(fault.to_owned());
            answer.made = true;
        }
        self.acts
            .retain(|act| act.task().is_none_or(|task| !made.contains(&task)));
        self.acts.extend(made.into_iter().map(Act::Over));
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
        let mut may_be_kept = false;
        let fault = match (&self.scheduling.store, fault) {
            (None, _) => return None,
            // The same that was decided when the changes were taken: without them, nothing would be written, and all taken for kept.
            (Some(_), Some(fault)) if turn.is_withheld => fault,
            (Some(store), was) => match self.write(store, turn).await {
                Ok(()) => {
                    if was.is_some() && self.scheduling.faults.may_say().is_some() {
                        info!("schedules are kept on the disk again");
                    }
                    return None;
                }
                Err(fault) => {
                    may_be_kept = fault.is_lasting();
                    if was.is_none()
                        && let Some(Unsaid(unsaid)) = self.scheduling.faults.may_say()
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
        self.do_without(turn, &fault.words, may_be_kept).await;
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
        if fault.is_lasting() || !turn.answers.iter().any(|answer| answer.made) {
            return Err(fault);
        }
        let again = {
            let (mut books, _) = self.scheduling.open();
            turn.unmake(&mut books, &fault.to_string(), false);
            books.schedules.take_changes()
        };
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
                    error!(%error, "a change of a schedule cannot be written as bytes, and is not kept: this is a bug of daffi, please report it");
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
    async fn do_without(&self, turn: &mut Turn, fault: &str, may_be_kept: bool) {
        let mut left = Vec::new();
        for some in turn.acts.chunks(AT_A_TIME) {
            {
                let (mut books, now) = self.scheduling.open();
                let Books {
                    schedules,
                    acts,
                    unkept,
                    ..
                } = &mut *books;
                for act in some {
                    match act {
                        Act::Start(run) if schedules.is_kept(run.task) => {
                            unkept.insert(run.task);
                            schedules.ended(*run, End::NotKept, now, acts);
                        }
                        other => left.push(other.clone()),
                    }
                }
            }
            yield_now().await;
        }
        turn.acts = left;
        turn.unmake(&mut self.scheduling.open().0, fault, may_be_kept);
    }
}

#[cfg(test)]
mod tests {
    use daffi_core::transport::Address;

    use super::super::Scheduling;
    use super::*;
    use crate::server::ControllerOptions;

    #[tokio::test]
    async fn what_was_withheld_is_not_taken_for_kept() {
        let folder = tempfile::tempdir().unwrap();
        let scheduling = Scheduling::new(0, Some(folder.path())).unwrap();
        let hub = Hub::new(&ControllerOptions::new(Address::Memory), None, scheduling, 0);
        let fault = || {
            Some(Faulty {
                words: "it is full".to_owned(),
                until: Instant::now(),
            })
        };
        let mut withheld = Turn {
            is_withheld: true,
            ..Turn::default()
        };
        // The time is over at which it is tried again, and nothing was taken to be written.
        assert!(hub.keep_changes(&mut withheld, fault()).await.is_some());
        assert!(hub.keep_changes(&mut Turn::default(), fault()).await.is_none());
    }
}
