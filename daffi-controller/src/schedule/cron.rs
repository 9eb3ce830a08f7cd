//! Lines of cron, in time zones whose clocks are put forward and back.
//!
//! A line is read by the clock on the wall. Where that is put forward, a call of a certain time that there is not is made as soon as the clock
//! was; where it is put back, a call of a certain time is made the first time the clock shows it. Lines that say `*` of the minute or the
//! hour are made whenever the clock shows such a time: not at those that are left out, and twice at those that come twice.

use std::fmt;

use daffi_core::proto::{CronLine, Time};
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::refused::Refused;

/// Within so many years there is each day that there ever is: a 29 February on a Monday comes every 28 years, and 2100 has none.
const YEARS: i16 = 40;

/// The time zones that there are, by their names.
#[derive(Clone, Copy, Debug)]
pub struct Zones(fn() -> &'static TimeZoneDatabase);

impl Zones {
    /// Those of the machine, or as this program was built with them where it has none. They are looked for when one is asked for.
    #[must_use]
    pub fn of_the_machine() -> Self {
        Self(jiff::tz::db)
    }

    /// Those that this program was built with.
    #[cfg(test)]
    pub(super) fn bundled() -> Self {
        static BUNDLED: std::sync::LazyLock<TimeZoneDatabase> =
            std::sync::LazyLock::new(TimeZoneDatabase::bundled);
        Self(|| &BUNDLED)
    }
}

/// A line of cron in a time zone.
pub(super) struct Line {
    line: CronLine,
    zone: TimeZone,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("line", &self.line)
            .field("zone", &self.zone.iana_name())
            .finish()
    }
}

impl Line {
    pub(super) fn new(line: &str, zone: &str, zones: &Zones) -> Result<Self, Refused> {
        let line = CronLine::read(line).map_err(Refused::Impossible)?;
        let zone = (zones.0)().get(zone).map_err(|_| {
            Refused::Impossible(format!(
                "the time zone {zone:?}, which the controller does not know: name one as the IANA has it, such as \"Europe/Kyiv\" or \"UTC\""
            ))
        })?;
        Ok(Self { line, zone })
    }

    /// The first of its times that is not before this one.
    pub(super) fn at_or_after(&self, time: Time) -> Option<Time> {
        let after = i64::try_from(time.0).ok()?.checked_sub(1)?;
        let after = Timestamp::from_microsecond(after).ok()?;
        let next = if self.line.is_of_certain_times() {
            self.next_certain(after)
        } else {
            self.next_shown(after)
        }?;
        Some(Time(u64::try_from(next.as_microsecond()).ok()?))
    }

    /// The next time of a line that names its times.
    fn next_certain(&self, after: Timestamp) -> Option<Timestamp> {
        let mut shown = self.zone.to_datetime(after);
        loop {
            shown = self.next_match(shown)?;
            let next = match self.zone.to_ambiguous_timestamp(shown).offset() {
                AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok()?,
                AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok()?,
                // The clock was put forward over it: the time at which it was.
                AmbiguousOffset::Gap { before, .. } => {
                    let late = before.to_timestamp(shown).ok()?;
                    let later = late.checked_add(SignedDuration::from_micros(1)).ok()?;
                    self.zone.preceding(later).next()?.timestamp()
                }
            };
            if next > after {
                return Some(next);
            }
        }
    }

    /// The next time at which the clock shows one of its times.
    fn next_shown(&self, after: Timestamp) -> Option<Timestamp> {
        let (mut offset, mut shown) = (self.zone.to_offset(after), self.zone.to_datetime(after));
        let mut changes = self.zone.following(after);
        loop {
            // As if it were never put forward or back again.
            let next = offset.to_timestamp(self.next_match(shown)?).ok()?;
            let Some(change) = changes.next().filter(|change| change.timestamp() <= next) else {
                return Some(next);
            };
            offset = change.offset();
            let before = change
                .timestamp()
                .checked_sub(SignedDuration::from_micros(1))
                .ok()?;
            shown = offset.to_datetime(before);
        }
    }

    /// The next of its times after one, as a clock shows them.
    fn next_match(&self, shown: DateTime) -> Option<DateTime> {
        let from = shown.checked_add(1.minute()).ok()?;
        let (mut hour, mut minute) = (unsigned(from.hour()), unsigned(from.minute()));
        let mut date = from.date();
        let last = date.checked_add(i64::from(YEARS).years()).ok()?;
        while date <= last {
            if !self.line.has_month(unsigned(date.month())) {
                date = date.last_of_month();
            } else if self.has_day(date)
                && let Some((hour, minute)) = self.line.time(hour, minute)
            {
                return Some(date.at(signed(hour), signed(minute), 0, 0));
            }
            date = date.tomorrow().ok()?;
            (hour, minute) = (0, 0);
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let weekday = unsigned(date.weekday().to_sunday_zero_offset());
        let last = unsigned(date.days_in_month());
        self.line.has_day(unsigned(date.day()), last, weekday)
    }
}

/// A part of a date or time: none of those is negative.
const fn unsigned(part: i8) -> u8 {
    part.unsigned_abs()
}

const fn signed(part: u8) -> i8 {
    part.cast_signed()
}
