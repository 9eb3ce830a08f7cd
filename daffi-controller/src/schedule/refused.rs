//! Why a schedule is not made, or nothing can be done with it.

use daffi_core::proto::TaskId;

/// Why a schedule is not made, or nothing can be done with it. It says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There can be no such schedule.
    #[error("a schedule cannot have {0}")]
    Impossible(String),
    /// There is another one of its name.
    #[error(
        "there is another schedule named {name:?} already, {task}, which process {process:?} made: choose another name, or have that one cancelled"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The process that made it.
        process: String,
        /// Its number.
        task: TaskId,
    },
    /// There are as many as there may be, or they hold as much as they may.
    #[error(
        "the controller has {has} schedules with {bytes} bytes of arguments, and no room for this one: cancel some that are not needed"
    )]
    Full {
        /// How many there are.
        has: usize,
        /// How many bytes they hold.
        bytes: usize,
    },
    /// There is none of the number.
    #[error(
        "there is no schedule {0}: it was cancelled or has ended long ago, its controller was restarted without a data directory, or this is another controller: one that stands by has none of them"
    )]
    Unknown(TaskId),
    /// It has ended.
    #[error("the schedule {0} has ended: make a new one")]
    Ended(TaskId),
}
