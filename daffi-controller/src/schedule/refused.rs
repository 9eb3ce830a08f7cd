//! Why a schedule is not made, or nothing can be done with it.

use daffi_core::proto::TaskId;

/// Why a schedule is not made, or nothing can be done with it. It says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There can be no such schedule.
    #[error("a schedule cannot have {0}")]
    Impossible(String),
    /// Somebody else has one of its name.
    #[error(
        "there is a schedule named {name:?} already, which another identity made with process {process:?}: choose another name, or have that one cancelled"
    )]
    NameTaken {
        /// The name.
        name: String,
        /// The process that made it.
        process: String,
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
        "there is no schedule {:#x}: it was cancelled or has ended long ago, or its controller was restarted without a data directory",
        .0.0
    )]
    Unknown(TaskId),
    /// It has ended.
    #[error("the schedule {:#x} has ended: make a new one", .0.0)]
    Ended(TaskId),
}
