//! What a process asks of the controller.

use serde::{Deserialize, Serialize};

use super::{Limits, TaskChange, TaskId, fields};

/// A question to the controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Query<'a> {
    /// Answered, with nothing, once the process is there.
    WaitProcess(#[serde(borrow, deserialize_with = "fields::name")] &'a str),
    /// Answered, with nothing, once a process offers the callback.
    WaitFunction {
        /// The callback's remote name.
        #[serde(borrow, deserialize_with = "fields::name")]
        name: &'a str,
        /// That one has to; any other than the asking one if there is none.
        #[serde(borrow, deserialize_with = "fields::optional_name")]
        process: Option<&'a str>,
        /// Attributes that the process has, each with its value: all of them, in ascending order, each once.
        #[serde(borrow, deserialize_with = "fields::having")]
        having: Vec<(&'a str, &'a str)>,
    },
    /// Answered with a list of [`ProcessEntry`](super::ProcessEntry), by name.
    Processes,
    /// Answered with a list of [`CallbackEntry`](super::CallbackEntry), by name.
    Callbacks,
    /// Told of what happens, by [`Header::Happened`](super::Header::Happened), until it is cancelled or the asker does not keep up. What is there
    /// already comes first.
    Presence,
    /// Answered with a [`TaskPage`](super::TaskPage): some of the schedules that the asker may know of, by number.
    Tasks {
        /// Those that this process has made; all if there is none.
        #[serde(borrow, deserialize_with = "fields::optional_name")]
        process: Option<&'a str>,
        /// Those that call this; all if there is none.
        #[serde(borrow, deserialize_with = "fields::optional_name")]
        callback: Option<&'a str>,
        /// Those from this number on.
        from: TaskId,
    },
    /// Answered with a [`TaskDescription`](super::TaskDescription).
    Task(TaskId),
    /// Answered, with nothing, when it is done.
    ChangeTask(TaskId, TaskChange),
    /// Told how each tick of a schedule ends from now on, by [`Header::Ticked`](super::Header::Ticked), until it is cancelled or the asker does not keep up. Answered, with nothing, when the schedule has ended.
    Ticks(TaskId),
    /// Answered with a [`CallbackOffers`](super::CallbackOffers): how a callback of this name is offered.
    Describe(#[serde(borrow, deserialize_with = "fields::name")] &'a str),
}

impl Query<'_> {
    /// Whether its answer may have to wait for something to appear.
    #[must_use]
    pub const fn waits(&self) -> bool {
        matches!(self, Self::WaitProcess(_) | Self::WaitFunction { .. })
    }

    /// Whether it is about schedules.
    #[must_use]
    pub const fn is_of_schedules(&self) -> bool {
        matches!(
            self,
            Self::Tasks { .. } | Self::Task(_) | Self::ChangeTask(..) | Self::Ticks(_)
        )
    }

    /// Why it asks for what cannot be there, if it does.
    #[must_use]
    pub fn impossible(&self) -> Option<String> {
        let names = match self {
            Self::WaitProcess(name) | Self::Describe(name) => [Some(*name), None],
            Self::WaitFunction { name, process, .. } => [Some(*name), *process],
            Self::Tasks {
                process, callback, ..
            } => [*process, *callback],
            Self::Processes
            | Self::Callbacks
            | Self::Presence
            | Self::Task(_)
            | Self::ChangeTask(..)
            | Self::Ticks(_) => [None, None],
        };
        let mut bytes = names.into_iter().flatten().map(str::len);
        let wrong = bytes.find(|bytes| !(1..=Limits::NAME_BYTES).contains(bytes))?;
        Some(format!(
            "nobody can have a name of {wrong} bytes: check it, names have 1 to {}",
            Limits::NAME_BYTES
        ))
    }
}
