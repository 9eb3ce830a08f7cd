//! What became of the ticks of a schedule, and how it stands, as a controller tells those who ask.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Failed, Failure, Time, When, Who, fields};

/// The number of a schedule. A controller does not use it twice.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("refresh", || async { 7_u64 }).await?;
/// use std::time::Duration;
///
/// let task = g.call::<u64>("refresh", ()).period(daffi::Period::every(Duration::from_secs(5))).await?;
/// let id = task.id();
/// println!("schedule {id}");
///
/// // Another process that knows the number ends it.
/// shop.cancel_scheduled_task(id).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(pub u64);

/// How a tick ended, or several one after the other that ended alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// When it was due; the first of them if they are several.
    pub due: Time,
    /// How many they are.
    pub count: u64,
    /// Whether somebody asked for it, beside those that are planned.
    pub triggered: bool,
    /// How it ended.
    pub outcome: TickOutcome,
}

impl Tick {
    /// How many bytes the words of its error have.
    #[must_use]
    pub fn words_bytes(&self) -> usize {
        match &self.outcome {
            TickOutcome::Failed { error, .. } => error.words_bytes(),
            _ => 0,
        }
    }
}

/// How a tick ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TickOutcome {
    /// The call was made and gave a value.
    Ok {
        /// How long after the tick was due it ended.
        took: Duration,
    },
    /// The call gave an error.
    Failed {
        /// Which.
        error: TickError,
        /// How long after the tick was due it ended.
        took: Duration,
    },
    /// No call was made, as the schedule says.
    Skipped(Skipped),
    /// No call could be made in time.
    Missed(Missed),
    /// The call was made, and the controller ended before it was answered. It may have run, and is not made again.
    Unknown,
}

/// The error of a call that was made for a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TickError {
    /// The callback's own, in words.
    App(#[serde(deserialize_with = "fields::kept_words")] String),
    /// Its types are others than those with which the schedule was made.
    SignatureMismatch,
    /// Anything else.
    Failed(Failed),
    /// A broadcast failed at some of the processes that were asked.
    Parts {
        /// At so many.
        failed: u32,
        /// Of so many.
        of: u32,
        /// The first of them.
        process: String,
        /// Its error.
        error: Box<TickError>,
    },
}

impl TickError {
    /// What a call ended with that gave no value.
    #[must_use]
    pub fn of(failure: Failure) -> Self {
        match failure {
            Failure::App { remote, .. } => Self::App(remote.message().to_owned()),
            Failure::Failed(Failed::SignatureMismatch { .. }) => Self::SignatureMismatch,
            Failure::Failed(failed) => Self::Failed(failed),
            // Whoever tells of errors has told it apart.
            Failure::Explained(_) => Self::Failed(Failed::Invalid {
                reason: "it gave a value".to_owned(),
            }),
        }
    }

    /// How many bytes its words have.
    #[must_use]
    pub fn words_bytes(&self) -> usize {
        match self {
            Self::App(words) => words.len(),
            Self::SignatureMismatch => 0,
            Self::Failed(failed) => failed.words().map_or(0, str::len),
            Self::Parts { process, error, .. } => process.len() + error.words_bytes(),
        }
    }

    /// Its words, if it has any.
    pub fn words_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::App(words) => Some(words),
            Self::SignatureMismatch => None,
            Self::Failed(failed) => failed.words_mut(),
            Self::Parts { error, .. } => error.words_mut(),
        }
    }

    /// Whether the callback may have run.
    #[must_use]
    pub fn may_have_run(&self) -> bool {
        match self {
            Self::App(_) | Self::Parts { .. } => true,
            Self::SignatureMismatch => false,
            Self::Failed(failed) => failed.may_have_run(),
        }
    }
}

/// What is done with a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaskChange {
    /// It makes no more calls. What runs goes on.
    Cancel,
    /// It makes no calls until it is resumed.
    Pause,
    /// It makes calls again.
    Resume,
    /// It makes a call now, beside those that are planned.
    Trigger,
}

/// Why no call was made.
///
/// ```
/// use daffi::Skipped;
///
/// /// What to do where calls are left out.
/// fn advice(skipped: Skipped) -> &'static str {
///     match skipped {
///         Skipped::Overlap | Skipped::Full => "calls take longer than the interval: make it longer, or add providers",
///         Skipped::Superseded => "as the schedule says: the newest call counts",
///         Skipped::Paused => "resume it",
///         Skipped::Ended => "nothing",
///         _ => "see its description",
///     }
/// }
/// println!("{}: {}", Skipped::Paused, advice(Skipped::Paused));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Skipped {
    /// The call of an earlier tick had not ended.
    Overlap,
    /// As many waited, or ran, as may: a thousand of a schedule, and a bound for all.
    Full,
    /// A later tick took its place, as the schedule cancels what it finds.
    Superseded,
    /// The schedule was paused.
    Paused,
    /// The schedule had ended before its turn came.
    Ended,
}

/// Why no call could be made in time.
///
/// ```
/// use daffi::Missed;
///
/// /// Whose fault it was.
/// fn fault(missed: Missed) -> &'static str {
///     match missed {
///         Missed::Down => "the controller's, which was not running",
///         Missed::Late => "the machine's: its clock was set, or it was held up",
///         Missed::NoProvider => "the providers', of which none was there",
///         Missed::NotKept => "the disk's, which cannot be written",
///         _ => "unknown",
///     }
/// }
/// println!("{}: {}", Missed::NoProvider, fault(Missed::NoProvider));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Missed {
    /// The controller was not running.
    Down,
    /// The clock was set forwards, or the controller was held up.
    Late,
    /// No process offered the callback.
    NoProvider,
    /// The controller keeps its schedules on a disk, and could not write there that it would make the call.
    NotKept,
}

/// How a schedule stands.
///
/// ```
/// use daffi::TaskState;
///
/// fn shown(state: TaskState) -> &'static str {
///     match state {
///         TaskState::Active => "runs",
///         TaskState::Paused { by_failure: true } => "has failed: mend it, and resume it",
///         TaskState::Paused { by_failure: false } => "was paused by somebody",
///         TaskState::Ended => "is over",
///         _ => "?",
///     }
/// }
/// # assert_eq!(shown(TaskState::Active), "runs");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TaskState {
    /// It makes calls.
    Active,
    /// It makes none until it is resumed.
    Paused {
        /// Whether it paused itself, as a call had failed.
        by_failure: bool,
    },
    /// It makes no more.
    Ended,
}

/// How many ticks ended how.
///
/// ```
/// use daffi::TickCounts;
///
/// fn health(counts: &TickCounts) -> f64 {
///     let all = counts.ok + counts.failed + counts.skipped + counts.missed + counts.unknown;
///     if all == 0 { 1.0 } else { counts.ok as f64 / all as f64 }
/// }
/// assert_eq!(health(&TickCounts { ok: 3, failed: 1, ..TickCounts::default() }), 0.75);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickCounts {
    /// Calls that gave a value.
    pub ok: u64,
    /// Calls that gave an error.
    pub failed: u64,
    /// Ticks of which no call was made, as the schedule says.
    pub skipped: u64,
    /// Ticks of which no call could be made in time.
    pub missed: u64,
    /// Calls of which it is not known how they ended.
    pub unknown: u64,
}

/// A schedule, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEntry {
    /// Its number.
    pub id: TaskId,
    /// Its name.
    pub name: Option<String>,
    /// The callback's remote name.
    pub callback: String,
    /// The process that made it.
    pub process: String,
    /// Who that is, as the controller has it proven.
    pub identity: Who<String>,
    /// When its ticks are.
    pub when: When,
    /// How it stands.
    pub state: TaskState,
    /// Its next tick.
    pub next: Option<Time>,
    /// How many calls are made and not answered.
    pub running: u64,
    /// How many ticks ended how.
    pub counts: TickCounts,
}

/// Some of the schedules that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskPage {
    /// By number.
    pub entries: Vec<TaskEntry>,
    /// From which number on there may be more.
    pub next: Option<TaskId>,
}

/// A schedule, as it is described.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDescription {
    /// As it is listed.
    pub entry: TaskEntry,
    /// Its next ticks, ten at most.
    pub next: Vec<Time>,
    /// How its last ticks ended, twenty at most, the last one last.
    pub last: Vec<Tick>,
}

impl core::fmt::Display for TaskId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

impl core::fmt::Display for Skipped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Overlap => "the call of an earlier tick had not ended",
            Self::Full => {
                "as many of its calls as may, or of all that its maker has made, waited or ran already"
            }
            Self::Superseded => "a later one took its place",
            Self::Paused => "the schedule was paused",
            Self::Ended => "the schedule had ended",
        })
    }
}

impl core::fmt::Display for Missed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Down => "the controller was not running",
            Self::Late => "the clock was set forwards, or the controller was held up",
            Self::NoProvider => "nobody offered the callback",
            Self::NotKept => "the controller could not write to its data directory",
        })
    }
}
