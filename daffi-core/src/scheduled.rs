//! Calls that the controller makes by itself, as a program sees them.

use core::fmt;
use std::time::{Duration, SystemTime};

use crate::identity::Identity;
pub use crate::proto::{Missed, Overlap, Skipped, TaskId, TaskState, TickCounts};

/// A schedule, as it is listed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("refresh", || async { 7_u64 }).await?;
/// use std::time::Duration;
///
/// use daffi::{Period, TaskState};
///
/// let every = Period::every(Duration::from_secs(5)).named("refreshing");
/// let task = g.call::<u64>("refresh", ()).period(every).await?;
/// tokio::time::sleep(Duration::from_secs(11)).await;
/// # // In a paused clock, hours pass at once.
/// for info in g.scheduled_tasks().await? {
///     assert_eq!(info.id, task.id());
///     assert_eq!(info.name.as_deref(), Some("refreshing"));
///     assert_eq!((info.callback.as_str(), info.period.as_str()), ("refresh", "every 5s"));
///     assert_eq!((info.state, info.running), (TaskState::Active, 0));
///     assert_eq!((info.counts.ok, info.counts.failed), (2, 0));
///     println!("{} made it, next at {:?}", info.process, info.next);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduledTaskInfo {
    /// Its number.
    pub id: TaskId,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// The callback's remote name.
    pub callback: String,
    /// The process that made it.
    pub process: String,
    /// Who that is, as the controller has it proven; `None` if nothing was.
    pub identity: Option<Identity>,
    /// When its ticks are, in words: `every 5s`, `at 3 instants`.
    pub period: String,
    /// How it stands.
    pub state: TaskState,
    /// When its next tick is, by the controller's clock.
    pub next: Option<SystemTime>,
    /// How many of its calls run.
    pub running: u64,
    /// How many of its ticks ended how, since it was made.
    pub counts: TickCounts,
}

/// All that is known of a schedule.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("refresh", || async { 7_u64 }).await?;
/// use std::time::Duration;
///
/// use daffi::Period;
///
/// let task = g.call::<u64>("refresh", ()).period(Period::every(Duration::from_secs(5))).await?;
/// tokio::time::sleep(Duration::from_secs(11)).await;
/// let described = task.describe().await?;
/// assert_eq!(described.info.callback, "refresh");
/// assert_eq!(described.next.len(), 10);
/// for tick in &described.last {
///     println!("due {:?}: {}", tick.due, tick.outcome);   // due SystemTime { … }: took 1.2ms
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScheduledTaskDescription {
    /// As it is listed.
    pub info: ScheduledTaskInfo,
    /// Its next ticks, ten at most, by the controller's clock.
    pub next: Vec<SystemTime>,
    /// How its last ticks ended, twenty at most, the last one last.
    pub last: Vec<Tick>,
}

/// How a tick of a schedule ended; or several one after the other of which no call was made, for the same reason.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("refresh", || async { 7_u64 }).await?;
/// use std::time::Duration;
///
/// use daffi::{Period, TickOutcome};
///
/// let task = g.call::<u64>("refresh", ()).period(Period::every(Duration::from_secs(5))).await?;
/// let mut ticks = task.ticks();
/// let tick = ticks.next().await.expect("it goes on")?;
/// assert_eq!((tick.count, tick.triggered), (1, false));
/// assert!(matches!(tick.outcome, TickOutcome::Ok { .. }));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tick {
    /// When it was due, by the controller's clock; the first of them if they are several.
    pub due: SystemTime,
    /// How many they are.
    pub count: u64,
    /// Whether it was asked for by [`ScheduledTask::trigger`](crate::ScheduledTask::trigger).
    pub triggered: bool,
    /// How it ended.
    pub outcome: TickOutcome,
}

/// How a tick ended.
///
/// ```
/// use daffi::{Missed, Skipped, TickOutcome};
///
/// fn is_alarming(outcome: &TickOutcome) -> bool {
///     match outcome {
///         TickOutcome::Ok { took } => took.as_secs() > 60,
///         TickOutcome::Failed { error, may_have_run, .. } => {
///             println!("{error}; {}", if *may_have_run { "it may have run" } else { "it did not run" });
///             true
///         }
///         TickOutcome::Skipped(why) => matches!(why, Skipped::Full),
///         TickOutcome::Missed(why) => !matches!(why, Missed::Down),
///         TickOutcome::Unknown => true,   // it may have run, and nobody knows
///         _ => false,
///     }
/// }
/// # assert!(is_alarming(&TickOutcome::Unknown) && !is_alarming(&TickOutcome::Skipped(Skipped::Paused)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TickOutcome {
    /// The call was made and gave a value, so long after the tick was due.
    Ok {
        /// How long after.
        took: Duration,
    },
    /// The call gave an error.
    Failed {
        /// Which, in words; no more of them than 512 bytes.
        error: String,
        /// Whether the callback may have run.
        may_have_run: bool,
        /// How long after the tick was due that was known.
        took: Duration,
    },
    /// No call was made, as the schedule says.
    Skipped(Skipped),
    /// No call could be made in time.
    Missed(Missed),
    /// The call was made, and the controller ended before it was answered. It may have run, and is not made again.
    Unknown,
}

impl fmt::Display for TickOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok { took } => write!(f, "it ran, and was done after {took:.1?}"),
            Self::Failed { error, .. } => write!(f, "it failed: {error}"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
            Self::Missed(why) => write!(f, "missed: {why}"),
            Self::Unknown => f.write_str("not known: the controller ended while it ran"),
        }
    }
}

#[cfg(feature = "runtime")]
mod told {
    use std::time::{Duration, SystemTime};

    use super::{Identity, ScheduledTaskDescription, ScheduledTaskInfo, Tick, TickOutcome};
    use crate::error::{CallError, RemoteError};
    use crate::proto::{self, Failed, TaskDescription, TaskEntry, TickError, Time, When};

    impl ScheduledTaskInfo {
        /// As the controller tells of it.
        pub(crate) fn told(entry: TaskEntry) -> Self {
            Self {
                id: entry.id,
                name: entry.name,
                period: period(&entry.when),
                callback: entry.callback,
                process: entry.process,
                identity: Identity::told(&entry.identity),
                state: entry.state,
                next: entry.next.map(system),
                running: entry.running,
                counts: entry.counts,
            }
        }
    }

    impl ScheduledTaskDescription {
        /// As the controller tells of it.
        pub(crate) fn told(described: TaskDescription) -> Self {
            let callback = described.entry.callback.clone();
            let last = described.last.into_iter();
            Self {
                next: described.next.into_iter().map(system).collect(),
                last: last.map(|tick| Tick::told(tick, &callback)).collect(),
                info: ScheduledTaskInfo::told(described.entry),
            }
        }
    }

    impl Tick {
        /// As the controller tells of a call of `callback`.
        pub(crate) fn told(tick: proto::Tick, callback: &str) -> Self {
            Self {
                due: system(tick.due),
                count: tick.count,
                triggered: tick.triggered,
                outcome: match tick.outcome {
                    proto::TickOutcome::Ok { took } => TickOutcome::Ok { took },
                    proto::TickOutcome::Failed { error, took } => TickOutcome::Failed {
                        may_have_run: error.may_have_run(),
                        error: words(error, callback),
                        took,
                    },
                    proto::TickOutcome::Skipped(why) => TickOutcome::Skipped(why),
                    proto::TickOutcome::Missed(why) => TickOutcome::Missed(why),
                    proto::TickOutcome::Unknown => TickOutcome::Unknown,
                },
            }
        }
    }

    fn words(error: TickError, callback: &str) -> String {
        let failed = |failed: Failed| CallError::<RemoteError>::from_failed(failed, callback, None, None);
        match error {
            TickError::App(words) => words,
            TickError::SignatureMismatch => format!(
                "the types of {callback} are not those any more with which the schedule was made: make it again with a program that has the new ones"
            ),
            TickError::Failed(error) => failed(error).to_string(),
            TickError::Parts {
                failed,
                of,
                process,
                error,
            } => format!(
                "at {failed} of {of} processes; at the first of them, {process}: {}",
                words(*error, callback)
            ),
        }
    }

    /// A time of the controller's clock.
    fn system(time: Time) -> SystemTime {
        let since = Duration::from_micros(time.0);
        SystemTime::UNIX_EPOCH
            .checked_add(since)
            .unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// When ticks are, in words.
    fn period(when: &When) -> String {
        match when {
            When::Every { interval, phase } => match phase {
                Some(phase) if !phase.is_zero() => format!("every {interval:?}, {phase:?} after"),
                Some(_) => format!("every {interval:?} by the calendar"),
                None => format!("every {interval:?}"),
            },
            When::At(instants) if instants.len() == 1 => "at 1 instant".to_owned(),
            When::At(instants) => format!("at {} instants", instants.len()),
            When::Cron { line, zone } => format!("cron {line} {zone}"),
        }
    }
}
