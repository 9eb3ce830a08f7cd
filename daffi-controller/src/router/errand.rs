//! What processes ask of the controller that the router does not answer itself.

use bytes::Bytes;
use daffi_core::proto::{CallHeader, CallId, TaskChange, TaskId};

use super::ids::PeerId;
use super::made::Made;

/// Something that a process asks, and that [`Router::end_errand`](super::Router::end_errand) answers.
#[derive(Debug)]
pub struct Errand {
    /// Which process.
    pub peer: PeerId,
    /// Under which number.
    pub call: CallId,
    /// What.
    pub asks: Asks,
}

/// What is asked.
#[derive(Debug)]
pub enum Asks {
    /// A schedule.
    Make(Asked),
    /// Which schedules there are.
    List(Listed),
    /// All that is known of one.
    Describe(TaskId),
    /// Something is to be done with one.
    Change(TaskId, TaskChange),
    /// To be told how its ticks end.
    Ticks(TaskId),
}

/// Which schedules are asked for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Those of this process.
    pub process: Option<Box<str>>,
    /// Those that call this.
    pub callback: Option<Box<str>>,
    /// Those from this number on.
    pub from: TaskId,
}

/// A schedule that is asked for.
#[derive(Debug)]
pub struct Asked {
    pub(super) made: Made,
    pub(super) to: Option<Box<str>>,
    /// What was planned and the arguments, encoded.
    pub payload: Bytes,
    /// The schedule that is to be this one.
    pub instead_of: Option<TaskId>,
}

impl Asked {
    /// The header of the call.
    #[must_use]
    pub fn header(&self) -> CallHeader<'_> {
        CallHeader {
            to: self.to.as_deref(),
            ..self.made.header()
        }
    }
}
