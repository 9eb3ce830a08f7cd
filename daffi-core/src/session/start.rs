//! A callback that is to be run: on what terms it is offered, and what it is run with.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::identity::Identity;
use crate::proto::{Moment, RunId, TraceContext, Waiting};

/// How often a run calls its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Once, with the arguments in the payload.
    Once,
    /// Once for each item of its first argument stream, whose items are encoded arguments.
    Each,
}

/// On what terms a callback is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How many calls run at the same time.
    pub concurrency: Option<u32>,
    /// How long one call may run.
    pub timeout: Option<Duration>,
    /// It cannot be stopped while it runs.
    pub blocking: bool,
    /// Nothing is known of how long it keeps the thread that begins it, so that it begins where it holds up nobody: until the first
    /// call has begun, what its caller has sent behind it waits for that (P5).
    pub is_new: bool,
}

/// A callback to be run.
#[derive(Debug)]
pub struct Start<C> {
    /// Which run.
    pub run: RunId,
    /// What to run.
    pub callback: C,
    /// How often.
    pub times: Times,
    /// Others wait until it [has begun](super::Session::let_pass), which is to be said.
    pub is_first: bool,
    /// The process that called.
    pub caller: Arc<str>,
    /// Who the controller says that it is.
    pub identity: Option<Arc<Identity>>,
    /// When its time is over.
    pub deadline: Option<Moment>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// Keys and values from the caller.
    pub metadata: Box<[(Box<str>, Box<str>)]>,
    /// The calls that wait for it, as far as this process is part of them.
    pub ancestors: Box<[Waiting]>,
    /// The arguments have their structure in front of them, and so shall have what answers them.
    pub described: bool,
    /// The encoded arguments.
    pub payload: Bytes,
}
