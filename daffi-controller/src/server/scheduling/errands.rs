//! What processes ask about schedules.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{
    CallId, EncodeError, Failed, Planned, TaskChange, TaskEntry, TaskId, TaskPage, Who, decode_next, encode,
};
use daffi_core::transport::Outbox;
use tokio::task::yield_now;

use super::super::hub::{Hub, State};
use super::books::{Answer, Books, connection, invalid};
use crate::router::{Asked, Asks, Errand, Listed, PeerId};
use crate::schedule::{Draft, Maker, Order, Refused};

/// So many schedules are looked at at a time.
const LISTED: usize = 64;

/// A page of a list has so many bytes, about, and so many are looked at for one.
const PAGE: usize = 256 * 1024;
const LOOKED_AT: usize = 4096;

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
                Asks::List(listed) => self.list((peer, &maker), listed).await,
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
        let planned = decode_next::<Planned>(&asked.payload, true);
        let ((plan, described), used) = planned.map_err(|error| Failed::Decode {
            message: format!("the plan of a schedule: {error}"),
        })?;
        let ends_with_it = plan.while_connected;
        let draft = Draft {
            plan,
            order: Order::new(&asked.header(), described, &asked.payload.slice(used..)),
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

    /// Some of the schedules that a process may know of.
    async fn list(&self, (peer, asker): (PeerId, &Maker), listed: Listed) -> Result<Bytes, Failed> {
        let most = PAGE.min(self.limits().frame_bytes / 4);
        let (mut entries, mut bytes, mut looked_at) = (Vec::new(), 0, 0);
        let mut next = Some(listed.from);
        while let Some(from) = next
            && bytes < most
            && looked_at < LOOKED_AT
        {
            let some: Vec<TaskEntry> = {
                let (books, now) = self.scheduling.open();
                books.schedules.list(from, now).take(LISTED).collect()
            };
            let rights = self.state().router.rights(peer);
            looked_at += some.len();
            next = if some.len() == LISTED {
                some.last().and_then(|last| last.id.0.checked_add(1))
            } else {
                None
            }
            .map(TaskId);
            for entry in some {
                let may_know = || {
                    is_same(&entry.identity, &asker.identity)
                        || rights
                            .as_ref()
                            .is_none_or(|rights| rights.know_schedules_of(&entry.callback))
                };
                if !listed.has(&entry) || !may_know() {
                    continue;
                }
                if bytes >= most {
                    next = Some(entry.id);
                    break;
                }
                bytes += encode(&entry).map_err(|error| unencodable(&error))?.len();
                entries.push(entry);
            }
            yield_now().await;
        }
        encode(&TaskPage { entries, next }).map_err(|error| unencodable(&error))
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

impl Listed {
    fn has(&self, entry: &TaskEntry) -> bool {
        let is = |wanted: &Option<Box<str>>, is: &str| wanted.as_ref().is_none_or(|wanted| **wanted == *is);
        is(&self.process, &entry.process) && is(&self.callback, &entry.callback)
    }
}

fn unencodable(error: &EncodeError) -> Failed {
    Failed::Encode {
        message: error.to_string(),
    }
}
