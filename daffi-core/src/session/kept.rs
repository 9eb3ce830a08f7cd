//! Messages that wait to be sent, and hold what they consist of.

use core::time::Duration;

use bytes::Bytes;

use super::message::{Message, Request, Scheduling, borrowed};
use crate::proto::{Moment, Query, TaskId};

/// A message that nobody else holds.
#[derive(Debug)]
pub(super) enum Kept {
    Call(Box<KeptCall>),
    WaitProcess(Box<str>, Option<Moment>),
    WaitFunction(Box<KeptWait>, Option<Moment>),
    Describe(Box<str>, Option<Moment>),
    Ask(Query<'static>, Option<Moment>),
    Tasks(Option<Box<str>>, Option<Box<str>>, TaskId, Option<Moment>),
    Schedule(Box<KeptCall>, Option<Duration>, Option<TaskId>),
    Announce(Bytes, bool),
    Withdraw(Bytes),
}

/// Somebody who is waited for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeptWait {
    name: Box<str>,
    process: Option<Box<str>>,
    having: Box<[(String, String)]>,
}

#[derive(Debug)]
pub(super) struct KeptCall {
    name: Box<str>,
    to: Option<Box<str>>,
    having: Box<[(String, String)]>,
    processes: Box<[String]>,
    metadata: Box<[(String, String)]>,
    versions: Box<[u64]>,
    /// What is not borrowed.
    rest: Request<'static>,
    payload: Bytes,
}

impl KeptCall {
    fn new(request: &Request<'_>, payload: &Bytes) -> Self {
        Self {
            name: request.name.into(),
            to: request.to.map(Into::into),
            having: request.having.into(),
            processes: request.processes.into(),
            metadata: request.metadata.into(),
            versions: request.versions.into(),
            rest: Request {
                name: "",
                to: None,
                having: &[],
                processes: &[],
                metadata: &[],
                versions: &[],
                ..request.clone()
            },
            payload: Bytes::clone(payload),
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            name: &self.name,
            to: self.to.as_deref(),
            having: &self.having,
            processes: &self.processes,
            metadata: &self.metadata,
            versions: &self.versions,
            ..self.rest.clone()
        }
    }
}

impl KeptWait {
    /// Whoever offers the callback, has that name, if there is one, and these attributes.
    #[must_use]
    pub fn new(callback: &str, process: Option<&str>, having: &[(String, String)]) -> Self {
        Self {
            name: callback.into(),
            process: process.map(Into::into),
            having: having.into(),
        }
    }

    /// The question whether there is somebody.
    #[must_use]
    pub fn query(&self) -> Query<'_> {
        Query::WaitFunction {
            name: &self.name,
            process: self.process.as_deref(),
            having: borrowed(&self.having),
        }
    }
}

impl Kept {
    /// The message by itself, for as long as it cannot be sent.
    pub(super) fn of(message: &Message<'_>) -> Self {
        match message {
            Message::Call(request, payload) => Self::Call(Box::new(KeptCall::new(request, payload))),
            Message::Schedule(scheduling, payload) => Self::Schedule(
                Box::new(KeptCall::new(&scheduling.request, payload)),
                scheduling.timeout,
                scheduling.instead_of,
            ),
            Message::Ask(query, until) => match query {
                Query::WaitProcess(name) => Self::WaitProcess((*name).into(), *until),
                Query::WaitFunction {
                    name,
                    process,
                    having,
                } => {
                    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
                    Self::WaitFunction(
                        Box::new(KeptWait {
                            name: (*name).into(),
                            process: process.map(Into::into),
                            having: having.iter().map(owned).collect(),
                        }),
                        *until,
                    )
                }
                Query::Describe(name) => Self::Describe((*name).into(), *until),
                Query::Processes => Self::Ask(Query::Processes, *until),
                Query::Callbacks => Self::Ask(Query::Callbacks, *until),
                Query::Presence => Self::Ask(Query::Presence, *until),
                Query::Tasks {
                    process,
                    callback,
                    from,
                } => Self::Tasks(process.map(Into::into), callback.map(Into::into), *from, *until),
                Query::Task(task) => Self::Ask(Query::Task(*task), *until),
                Query::ChangeTask(task, change) => Self::Ask(Query::ChangeTask(*task, *change), *until),
                Query::Ticks(task) => Self::Ask(Query::Ticks(*task), *until),
            },
            Message::Announce { payload, ready, .. } => Self::Announce(Bytes::clone(payload), *ready),
            Message::Withdraw(payload) => Self::Withdraw(Bytes::clone(payload)),
        }
    }

    /// For whom it waits, if it is a call.
    pub(super) fn awaited(&self) -> Option<KeptWait> {
        match self {
            Self::Call(call) => Some(KeptWait {
                name: call.name.clone(),
                process: call.to.clone(),
                having: call.having.clone(),
            }),
            _ => None,
        }
    }

    /// The same, which is not kept again.
    pub(super) fn once(mut self) -> Self {
        if let Self::Call(call) = &mut self {
            call.rest.lasting = false;
        }
        self
    }

    pub(super) fn message(&self) -> Message<'_> {
        match self {
            Self::Call(call) => Message::Call(call.request(), &call.payload),
            Self::Schedule(call, timeout, instead_of) => {
                let scheduling = Scheduling {
                    request: call.request(),
                    timeout: *timeout,
                    instead_of: *instead_of,
                };
                Message::Schedule(scheduling, &call.payload)
            }
            Self::Tasks(process, callback, from, until) => {
                let query = Query::Tasks {
                    process: process.as_deref(),
                    callback: callback.as_deref(),
                    from: *from,
                };
                Message::Ask(query, *until)
            }
            Self::WaitProcess(name, until) => Message::Ask(Query::WaitProcess(name), *until),
            Self::Describe(name, until) => Message::Ask(Query::Describe(name), *until),
            Self::WaitFunction(wait, until) => Message::Ask(wait.query(), *until),
            Self::Ask(query, until) => Message::Ask(query.clone(), *until),
            Self::Announce(payload, ready) => Message::Announce {
                payload,
                ready: *ready,
                first: false,
            },
            Self::Withdraw(payload) => Message::Withdraw(payload),
        }
    }
}
