//! When a call is to be made again and again, as a process says it.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CronLine, Described, Limits, Time, fields};

/// When a scheduled call is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum When {
    /// Again and again after the same time.
    Every {
        /// The time from one tick to the next, whatever a call takes.
        interval: Duration,
        /// Ticks are by the calendar: at whole multiples of the interval since the beginning of 1970, and so much later. If
        /// there is none they are counted from the start, and whoever sets the clock changes nothing.
        phase: Option<Duration>,
    },
    /// At these times, each later than the one before.
    At(#[serde(deserialize_with = "fields::instants")] Vec<Time>),
    /// When a line of cron says.
    Cron {
        /// The line: minute, hour, day of the month, month, day of the week.
        #[serde(deserialize_with = "fields::kept_name")]
        line: String,
        /// The name of the time zone, such as `Europe/Kyiv`.
        #[serde(deserialize_with = "fields::kept_name")]
        zone: String,
    },
}

/// What becomes of a tick while the call of an earlier one has not ended.
///
/// ```
/// use std::time::Duration;
///
/// use daffi::{Overlap, Period};
///
/// let every = || Period::every(Duration::from_secs(60));
/// let backup = every();                                           // `Skip`: one at a time, what is due meanwhile is left out
/// let report = every().overlap(Overlap::BufferOne);               // one more waits
/// let bookings = every().overlap(Overlap::BufferAll);             // all wait, none is left out
/// let preview = every().overlap(Overlap::CancelOther);            // the newest counts
/// let probes = every().overlap(Overlap::AllowAll);                // side by side
/// assert_eq!(backup, every().overlap(Overlap::default()));
/// # let _ = (report, bookings, preview, probes);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Overlap {
    /// It is left out.
    #[default]
    Skip,
    /// It waits for that call, and those after it are left out until it has begun.
    BufferOne,
    /// It waits, as do those after it, up to a thousand.
    BufferAll,
    /// The other call is cancelled, and this one begins when that has ended.
    CancelOther,
    /// Its call is made beside the other one, up to a thousand at the same time.
    AllowAll,
}

/// When a call is to be made, and the structure of its arguments and result, as whoever asks for it knows it: what comes before the
/// arguments.
pub type Planned = (Plan, Option<Described>);

/// All that is said of a scheduled call beside the call itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// A name: there is one schedule of a name.
    #[serde(deserialize_with = "fields::kept_optional_name")]
    pub name: Option<String>,
    /// When.
    pub when: When,
    /// What becomes of a tick while another one runs.
    pub overlap: Overlap,
    /// A tick that could not be made in time is made as long after it.
    pub catch_up: Duration,
    /// Each tick is made up to so much later, by chance.
    pub jitter: Duration,
    /// There are no ticks before.
    pub start: Option<Time>,
    /// There are no ticks after.
    pub end: Option<Time>,
    /// It ends when so many calls were made.
    pub limit: Option<u64>,
    /// It is paused when a call fails.
    pub pause_on_failure: bool,
    /// It ends when the process that made it leaves.
    pub while_connected: bool,
    /// It is made only where it is kept over a restart of the controller.
    pub durable: bool,
}

impl Plan {
    /// How long a tick that could not be made in time is made after it, unless something else is said.
    pub const CATCH_UP: Duration = Duration::from_secs(60);
    /// The shortest interval.
    pub const SHORTEST: Duration = Duration::from_millis(1);

    /// A plan of which nothing but the times is said.
    #[must_use]
    pub const fn new(when: When) -> Self {
        Self {
            name: None,
            when,
            overlap: Overlap::Skip,
            catch_up: Self::CATCH_UP,
            jitter: Duration::ZERO,
            start: None,
            end: None,
            limit: None,
            pause_on_failure: false,
            while_connected: false,
            durable: false,
        }
    }

    /// Why there can be no such plan, whatever time it is, and what to write instead.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.fault_of_times().or_else(|| self.fault_of_bounds())
    }

    fn fault_of_times(&self) -> Option<String> {
        match &self.when {
            When::Every { interval, .. } if interval.is_zero() => Some(
                "an interval of nothing: say how long it is from one call to the next, at least a millisecond"
                    .to_owned(),
            ),
            When::Every { interval, .. } if *interval < Self::SHORTEST => Some(format!(
                "an interval of {interval:?}, and the shortest is a millisecond: what comes more often is better sent as a stream"
            )),
            When::Every {
                interval,
                phase: Some(phase),
            } if phase >= interval => Some(format!(
                "a phase of {phase:?} in an interval of {interval:?}: it is the time after the beginning of each interval, so it is shorter"
            )),
            When::At(instants) if instants.is_empty() => {
                Some("no instants: name one at least".to_owned())
            }
            When::At(instants) if instants.len() > Limits::INSTANTS => Some(format!(
                "{} instants, and a schedule has at most {}: make several, or use an interval or a line of cron",
                instants.len(),
                Limits::INSTANTS
            )),
            When::Cron { line, .. } if line.len() > Limits::NAME_BYTES => Some(format!(
                "a line of cron of {} bytes, and it has at most {}: give it with fewer commas, or make several schedules",
                line.len(),
                Limits::NAME_BYTES
            )),
            When::Cron { zone, .. } if zone.len() > Limits::NAME_BYTES => Some(format!(
                "a time zone with a name of {} bytes: name one as the IANA has it, such as Europe/Kyiv",
                zone.len()
            )),
            When::Cron { line, .. } => CronLine::read(line).err(),
            When::At(instants) if !instants.is_sorted_by(|one, next| one < next) => {
                Some("instants that are not in their order, each once".to_owned())
            }
            _ => None,
        }
    }

    fn fault_of_bounds(&self) -> Option<String> {
        if let Some(name) = &self.name
            && !(1..=Limits::NAME_BYTES).contains(&name.len())
        {
            return Some(format!(
                "a name of {} bytes: leave it out, or give one of 1 to {}",
                name.len(),
                Limits::NAME_BYTES
            ));
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end < start
        {
            return Some("an end before its start: nothing would ever be called".to_owned());
        }
        if self.durable && self.while_connected {
            return Some(
                "durable() and while_connected(): no connection outlives the controller, so leave one of them out"
                    .to_owned(),
            );
        }
        if self.limit == Some(0) {
            return Some("a limit of no calls: leave it out, or say at least 1".to_owned());
        }
        match &self.when {
            When::Every { interval, .. } if self.jitter > *interval => Some(format!(
                "a jitter of {:?}, longer than the interval of {interval:?}: it is at most as long",
                self.jitter
            )),
            _ => None,
        }
    }
}
