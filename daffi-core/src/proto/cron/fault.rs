//! What is wrong with a line of cron.

use core::fmt;

/// A field of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CronField {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31, or `L`.
    Day,
    /// 1 to 12, or `JAN` to `DEC`.
    Month,
    /// 0 to 7, or `SUN` to `SAT`.
    Weekday,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CronFault {
    /// It has not five fields.
    Fields,
    /// It begins with `@`, and the word after that is not known.
    Word,
    /// Something in a field is neither a number, a name, a range nor a step.
    Syntax(CronField),
    /// There is no such number of this.
    Range(CronField),
    /// A range that ends before it begins.
    Order(CronField),
    /// A step of nothing.
    Step(CronField),
    /// None of its months has such a day.
    Never,
}

impl CronField {
    /// The least and the greatest number of it.
    pub(super) const fn range(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }
}

impl CronFault {
    /// What is wrong, and what to write instead.
    #[must_use]
    pub const fn words(self) -> &'static str {
        use CronField::{Day, Hour, Minute, Month, Weekday};
        match self {
            Self::Fields => {
                "it has five fields, the minute, the hour, the day of the month, the month and the day of the week, as in \"0 3 * * *\": what comes more often than once a minute is an interval, and the time zone has a place of its own"
            }
            Self::Word => "the words are @hourly, @daily, @weekly, @monthly and @yearly",
            Self::Syntax(Minute) => {
                "its first field, the minute, is written as 30, 0-29, */15, or several of these with commas"
            }
            Self::Syntax(Hour) => {
                "its second field, the hour, is written as 3, 9-17, */6, or several of these with commas"
            }
            Self::Syntax(Day) => {
                "its third field, the day of the month, is written as 1, 1-7, */2, L for the last one, or several of these with commas"
            }
            Self::Syntax(Month) => {
                "its fourth field, the month, is written as 3, MAR, 6-8, */3, or several of these with commas"
            }
            Self::Syntax(Weekday) => {
                "its fifth field, the day of the week, is written as 1, MON, MON-FRI, or several of these with commas"
            }
            Self::Range(Minute) => "its first field, the minute, is 0 to 59",
            Self::Range(Hour) => "its second field, the hour, is 0 to 23",
            Self::Range(Day) => "its third field, the day of the month, is 1 to 31, or L for the last one",
            Self::Range(Month) => "its fourth field, the month, is 1 to 12, or JAN to DEC",
            Self::Range(Weekday) => {
                "its fifth field, the day of the week, is 0 to 7, from Sunday to Sunday, or SUN to SAT"
            }
            Self::Order(Minute) => "a range of minutes ends before it begins: write it as two",
            Self::Order(Hour) => "a range of hours ends before it begins: write it as two, 22-23,0-4",
            Self::Order(Day) => "a range of days ends before it begins: write it as two, 28-31,1-3",
            Self::Order(Month) => "a range of months ends before it begins: write it as two, 11-12,1-2",
            Self::Order(Weekday) => {
                "a range of days of the week ends before it begins: write it as two, FRI-SAT,SUN-MON"
            }
            Self::Step(_) => "a step after / is at least 1",
            Self::Never => "it never comes: none of its months has such a day",
        }
    }
}

impl fmt::Display for CronFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
