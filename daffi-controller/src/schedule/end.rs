//! What is to be done, and what became of it.

use daffi_core::proto::{Failed, TaskId, Tick, TickError};

use super::terms::Other;

/// A call of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run {
    /// Whose.
    pub task: TaskId,
    /// Which of its ticks.
    pub number: u64,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The call is to be made. How it ends is to be told by [`Schedules::ended`](super::Schedules::ended).
    Start(Run),
    /// The call is to be cancelled. It ends all the same.
    Stop(Run),
    /// One of the processes that a broadcast asks is to be called by itself.
    Part {
        /// The broadcast.
        run: Run,
        /// Its place among those that are asked.
        part: u32,
        /// In which terms.
        terms: Other,
    },
    /// [`Schedules::provider_came`](super::Schedules::provider_came) is to be said once somebody offers what the schedule calls.
    Await(TaskId),
    /// That need not be said any more.
    Forget(TaskId),
    /// A tick has ended, or several of which no call was made. Whoever wants to know is to be told.
    Told {
        /// Whose.
        task: TaskId,
        /// The number of its call, if one was begun.
        number: Option<u64>,
        /// How.
        tick: Tick,
    },
    /// Nothing more comes of the schedule.
    Over(TaskId),
}

impl Act {
    /// Of which schedule it is.
    #[must_use]
    pub const fn task(&self) -> Option<TaskId> {
        match self {
            Self::Start(run) | Self::Stop(run) | Self::Part { run, .. } => Some(run.task),
            Self::Await(task) | Self::Forget(task) | Self::Over(task) | Self::Told { task, .. } => {
                Some(*task)
            }
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With a value.
    Ok,
    /// With an error.
    Failed(TickError),
    /// It was not made, as nobody offers the callback.
    NoProvider,
    /// It was not made, as it could not be kept that it would be.
    NotKept,
}

impl End {
    /// That of a call which ended with this error, if with any.
    #[must_use]
    pub fn of(error: Option<TickError>) -> Self {
        match error {
            None => Self::Ok,
            Some(TickError::Failed(Failed::NoProvider(_))) => Self::NoProvider,
            Some(error) => Self::Failed(error),
        }
    }

    /// That of a call which gave a stream.
    #[must_use]
    pub fn streamed() -> Self {
        let reason = "the callback gives a stream, which nobody reads where a schedule calls it: schedule one that gives a value";
        Self::Failed(TickError::Failed(Failed::Invalid {
            reason: reason.to_owned(),
        }))
    }
}
