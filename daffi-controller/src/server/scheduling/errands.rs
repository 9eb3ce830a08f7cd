//! What processes ask about schedules.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{
    CallId, EncodeError, Failed, Plan, TaskChange, TaskEntry, TaskId, Who, decode_next, encode,
};
use daffi_core::transport::Outbox;
use tokio::task::yield_now;

use super::super::hub::{Hub, State};
use super::books::{Answer, Books, connection, invalid};
use crate::router::{Asked, Asks, Errand, PeerId};
use crate::schedule::{Draft, Maker, Order, Refused};

/// So many schedules are looked at at a time.
const LISTED: usize = 64;

/// The most bytes of a list of schedules, about: what a frame takes of the smallest controller is more.
const ENTRY_BYTES: usize = 256;

impl Hub {
    /// Does what was asked, and answers it.
    pub(crate) async fn run_errands(&self, errands: Vec<Errand>, outboxes: &mut Vec<Arc<Outbox>>) {
        for Errand { peer, call, asks } in errands {
            let Some(maker) = self.maker(peer) else { continue };
            let outcome = match asks {
                Asks::Make(asked) => match self.make((peer, call), maker, &asked) {
                    Ok(()) => continue,
                    Err(failed) => Err(failed),
                },
                Asks::List(process, callback) => {
                    self.list((peer, &maker), (process.as_deref(), callback.as_deref()))
                        .await
                }
                Asks::Describe(task) => self.may_know((peer, &maker), task).and_then(|()| {
                    let (books, now) = self.scheduling.open();
                    let described = books
                        .schedules
                        .describe(task, now)
                        .map_err(|refused| invalid(&refused))?;
                    drop(books);
                    encode(&described).map_err(|error| unencodable(&error))
                }),
                Asks::Change(task, change) => match self
                    .may_change((peer, &maker), task)
                    .and_then(|()| self.change((peer, call), task, change))
                {
                    Ok(()) => continue,
                    Err(failed) => Err(failed),
                },
                Asks::Ticks(task) => match self.may_know((peer, &maker), task).and_then(|()| {
                    let are_there = |watchers: &mut Vec<_>| {
                        let state = self.state();
                        watchers.retain(|(peer, call)| state.router.is_asked(*peer, *call));
                    };
                    self.scheduling.watch(task, (peer, call), are_there)
                }) {
                    Ok(true) => continue,
                    Ok(false) => Ok(Bytes::new()),
                    Err(failed) => Err(failed),
                },
            };
            self.answer_errand((peer, call), outcome, outboxes);
        }
    }

    pub(super) fn answer_errand(
        &self,
        (peer, call): (PeerId, CallId),
        outcome: Result<Bytes, Failed>,
        outboxes: &mut Vec<Arc<Outbox>>,
    ) {
        let denials = {
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            router.end_errand(peer, call, outcome, queues);
            queues.take_touched(outboxes);
            router.take_denials()
        };
        self.tell(denials);
    }

    /// A process, as it makes a schedule.
    fn maker(&self, peer: PeerId) -> Option<Maker> {
        let state = self.state();
        Some(Maker {
            process: state.router.process_name(peer)?.into(),
            identity: state.router.identity(peer)?.clone(),
            is_own: state.queues.get(peer)?.standing.is_own(),
        })
    }

    /// Makes a schedule. It is answered once it is kept.
    fn make(&self, (peer, call): (PeerId, CallId), maker: Maker, asked: &Asked) -> Result<(), Failed> {
        let (plan, used) = decode_next::<Plan>(&asked.payload, true).map_err(|error| Failed::Decode {
            message: format!("the plan of a schedule: {error}"),
        })?;
        let ends_with_it = plan.while_connected;
        let draft = Draft {
            plan,
            order: Order::new(&asked.header(), &asked.payload.slice(used..)),
            connection: connection(peer),
        };
        if draft.plan.durable && self.scheduling.store.is_none() {
            let reason = "this controller keeps nothing over a restart: start it with --data-dir (or .data_dir(…) in a program with init_controller(true)), or leave \
                          durable() out";
            return Err(Failed::Invalid {
                reason: reason.to_owned(),
            });
        }
        if let Some(task) = asked.instead_of {
            self.may_change((peer, &maker), task)?;
        }
        {
            let (mut books, now) = self.scheduling.open();
            let Books {
                schedules,
                acts,
                answers,
                ..
            } = &mut *books;
            let (task, made) = match asked.instead_of {
                Some(task) => schedules
                    .update(task, draft, maker, now, acts)
                    .map(|()| (task, false)),
                None => schedules.make(draft, maker, now, acts),
            }
            .map_err(|refused| invalid(&refused))?;
            answers.push(Answer {
                to: (peer, call),
                task,
                payload: encode(&task).map_err(|error| unencodable(&error))?,
                made,
                refused: None,
            });
        }
        // It may have left meanwhile.
        if ends_with_it && self.state().router.process_name(peer).is_none() {
            self.scheduling.left(peer);
        }
        self.scheduling.wake.notify_one();
        Ok(())
    }

    /// Changes a schedule. It is answered once that is kept.
    fn change(&self, to: (PeerId, CallId), task: TaskId, change: TaskChange) -> Result<(), Failed> {
        let (mut books, now) = self.scheduling.open();
        let Books {
            schedules,
            acts,
            answers,
            ..
        } = &mut *books;
        match change {
            TaskChange::Cancel => schedules.cancel(task, now, acts),
            TaskChange::Pause => schedules.pause(task, now, acts),
            TaskChange::Resume => schedules.resume(task, now, acts),
            TaskChange::Trigger => schedules.trigger(task, now, acts),
            _ => {
                let reason =
                    "a change that this controller does not know: it is older than who asks".to_owned();
                return Err(Failed::Invalid { reason });
            }
        }
        .map_err(|refused| invalid(&refused))?;
        answers.push(Answer {
            to,
            task,
            payload: Bytes::new(),
            made: false,
            refused: None,
        });
        drop(books);
        self.scheduling.wake.notify_one();
        Ok(())
    }

    /// The schedules that a process may know of, some at a time.
    async fn list(
        &self,
        (peer, asker): (PeerId, &Maker),
        (process, callback): (Option<&str>, Option<&str>),
    ) -> Result<Bytes, Failed> {
        let mut entries = Vec::new();
        let mut next = Some(TaskId(0));
        let limit = self.limits().frame_bytes;
        while let Some(from) = next {
            let some: Vec<TaskEntry> = {
                let (books, now) = self.scheduling.open();
                books.schedules.list(from, now).take(LISTED).collect()
            };
            next = some.last().and_then(|last| last.id.0.checked_add(1)).map(TaskId);
            let is_asked = |entry: &TaskEntry| {
                process.is_none_or(|process| entry.process == process)
                    && callback.is_none_or(|callback| entry.callback == callback)
            };
            self.keep_known((peer, asker), some.into_iter().filter(is_asked), &mut entries);
            if entries.len() * ENTRY_BYTES > limit {
                return Err(Failed::TooLarge {
                    size: (entries.len() * ENTRY_BYTES) as u64,
                    limit: limit as u64,
                    may_have_run: false,
                });
            }
            yield_now().await;
        }
        encode(&entries).map_err(|error| unencodable(&error))
    }

    /// Those of which a process may know.
    fn keep_known(
        &self,
        (peer, asker): (PeerId, &Maker),
        some: impl Iterator<Item = TaskEntry>,
        entries: &mut Vec<TaskEntry>,
    ) {
        let mut state = self.state();
        entries.extend(some.filter(|entry| {
            is_same(&entry.identity, &asker.identity) || state.router.may_schedule(peer, &entry.callback)
        }));
    }

    /// Whether a process may know of a schedule: it made it, or may have the controller call the same.
    fn may_know(&self, asker: (PeerId, &Maker), task: TaskId) -> Result<(), Failed> {
        self.may(asker, task, false)
    }

    fn may_change(&self, asker: (PeerId, &Maker), task: TaskId) -> Result<(), Failed> {
        self.may(asker, task, true)
    }

    fn may(&self, (peer, asker): (PeerId, &Maker), task: TaskId, changes: bool) -> Result<(), Failed> {
        let (callback, is_own) = {
            let (books, _) = self.scheduling.open();
            let order = books.schedules.order(task).ok_or(Refused::Unknown(task));
            let (order, maker) = order.map_err(|refused| invalid(&refused))?;
            (
                order.callback().to_owned(),
                maker.identity == asker.identity && maker.identity != Who::Nobody,
            )
        };
        if is_own {
            return Ok(());
        }
        let mut turn = self.router_turn();
        let (checked, denials) = {
            let mut state = self.state();
            let router = &mut state.router;
            let checked = if !changes && router.may_schedule(peer, &callback) {
                Ok(())
            } else {
                router.check_schedule(peer, &callback, &mut turn)
            };
            (checked, router.take_denials())
        };
        self.tell(denials);
        checked
    }
}

pub(super) fn is_same<N: AsRef<str>>(one: &Who<N>, other: &Who<Arc<str>>) -> bool {
    *other != Who::Nobody && one.borrowed() == other.borrowed()
}

fn unencodable(error: &EncodeError) -> Failed {
    Failed::Encode {
        message: error.to_string(),
    }
}
