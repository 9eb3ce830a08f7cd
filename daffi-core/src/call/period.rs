//! When a call is made again and again.

use std::time::{Duration, SystemTime};

use crate::proto::{Overlap, Plan, Time, When};

/// When a call is made again and again, and what becomes of a tick for which there is no room: what [`Call::period`](crate::Call::period) takes.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use daffi::{Overlap, Period};
///
/// const HOUR: Duration = Duration::from_secs(3600);
///
/// let nightly = Period::every(24 * HOUR)
///     .named("nightly report")                   // there is one of this name
///     .phase(3 * HOUR)                           // by the calendar: at three o'clock (UTC)
///     .jitter(Duration::from_secs(60))           // not all at once
///     .overlap(Overlap::BufferOne)               // where one takes longer than a day
///     .catch_up(HOUR)                            // one that was missed is made up to an hour later
///     .pause_on_failure()
///     .durable();                                // goes on after a restart of the controller
///
/// let soon = SystemTime::now() + HOUR;
/// let twice = Period::at([soon, soon + HOUR]).while_connected();
/// let for_a_week = Period::every(HOUR).starting(soon).ending(soon + 7 * 24 * HOUR).limit(100);
/// # let _ = (nightly, twice, for_a_week);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a period does nothing until a call is given it"]
pub struct Period {
    pub(super) plan: Plan,
    /// A phase was given to what is no interval.
    pub(super) has_no_phase: bool,
}

impl Period {
    /// Every `interval`, whatever a call takes: the first call is made one interval after the schedule is. At least a
    /// millisecond. Whoever sets the controller's clock changes nothing of it.
    pub const fn every(interval: Duration) -> Self {
        Self::new(When::Every {
            interval,
            phase: None,
        })
    }

    /// At these times by the controller's clock, in whatever order they are given, each once: 1,000 at most, all of them yet to come.
    pub fn at(instants: impl IntoIterator<Item = SystemTime>) -> Self {
        let mut instants: Vec<_> = instants.into_iter().map(time).collect();
        instants.sort_unstable();
        instants.dedup();
        Self::new(When::At(instants))
    }

    /// When a line of cron says, by the clock of a time zone: minute, hour, day of the month, month and day of the week. A day is one that fits both of
    /// the fields for days if one of them begins with `*`, else one that fits either. `L` is the last day of a month; `@daily` and the
    /// like are known. The zone is named as the IANA has it, such as `Europe/Kyiv` or `UTC`.
    ///
    /// Where the clock is put forward over a time that the line names, the call is made as soon as it was; where it is put back, the
    /// call is made the first time. Lines whose minute or hour begins with `*` go by what the clock shows: they leave out what it leaves out,
    /// and call twice at what it shows twice.
    ///
    /// ```
    /// let nightly = daffi::Period::cron("0 3 * * *", "Europe/Kyiv");
    /// ```
    ///
    /// The controller needs its feature `cron`, which the program `daffi-controller` has, and a program with a controller of its own with the
    /// feature `cron` of `daffi`.
    pub fn cron(line: impl Into<String>, zone: impl Into<String>) -> Self {
        Self::new(When::Cron {
            line: line.into(),
            zone: zone.into(),
        })
    }

    const fn new(when: When) -> Self {
        Self {
            plan: Plan::new(when),
            has_no_phase: false,
        }
    }

    /// There is one schedule of this name, whoever is started how often: making it again with the same call and period leaves it as it is,
    /// with others replaces it. A schedule of that name which another identity has made is not touched, and this one not made. 1 to 255 bytes.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.plan.name = Some(name.into());
        self
    }

    /// Ticks of an interval are by the calendar, at its whole multiples since the beginning of 1970 (UTC), and so much later; they follow
    /// the controller's clock when that is set.
    pub fn phase(mut self, phase: Duration) -> Self {
        if let When::Every { phase: set, .. } = &mut self.plan.when {
            *set = Some(phase);
        } else {
            self.has_no_phase = true;
        }
        self
    }

    /// Each call is made up to so much later, by chance, so that many schedules are not all due at once. For an interval at most as long
    /// as that.
    pub const fn jitter(mut self, jitter: Duration) -> Self {
        self.plan.jitter = jitter;
        self
    }

    /// What becomes of a tick while the call of an earlier one has not ended. [`Overlap::Skip`] if nothing is said.
    pub const fn overlap(mut self, overlap: Overlap) -> Self {
        self.plan.overlap = overlap;
        self
    }

    /// There are no ticks before. Those of an interval are counted from then on, the first one being at that time, or, if it is over, at
    /// the next one of those.
    pub fn starting(mut self, start: SystemTime) -> Self {
        self.plan.start = Some(time(start));
        self
    }

    /// There are no ticks after.
    pub fn ending(mut self, end: SystemTime) -> Self {
        self.plan.end = Some(time(end));
        self
    }

    /// It ends when so many calls were made. A tick that found nobody to call is none of them.
    pub const fn limit(mut self, calls: u64) -> Self {
        self.plan.limit = Some(calls);
        self
    }

    /// A tick that could not be made in time, as nobody offered the callback, the clock was set or the controller could not write to its disk, is made as long after it, and said to be
    /// missed then. 60 seconds if nothing is said; less than a second counts as one.
    pub const fn catch_up(mut self, window: Duration) -> Self {
        self.plan.catch_up = window;
        self
    }

    /// It is paused when a call fails, until somebody resumes it.
    pub const fn pause_on_failure(mut self) -> Self {
        self.plan.pause_on_failure = true;
        self
    }

    /// It is made only where it goes on after a restart of the controller: one without a
    /// [data directory](crate::GlobalBuilder::data_dir) refuses it. Where there is one, all schedules go on that are not
    /// [`while_connected`](Self::while_connected), whether they say this or not.
    pub const fn durable(mut self) -> Self {
        self.plan.durable = true;
        self
    }

    /// It ends when the process that made it leaves, or its connection is lost. Otherwise it goes on without it.
    pub const fn while_connected(mut self) -> Self {
        self.plan.while_connected = true;
        self
    }
}

/// A time by the calendar.
fn time(time: SystemTime) -> Time {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    Time::default().plus(since.unwrap_or_default())
}
