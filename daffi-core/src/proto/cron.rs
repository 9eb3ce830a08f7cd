//! Lines of cron.
//!
//! They can be read while a program is compiled, so nothing in here needs more than a compiler has then.

mod fault;
#[cfg(test)]
mod tests;

pub use self::fault::{CronFault, CronField};

/// A line of cron: at which minutes, hours, days of the month, months and days of the week something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CronLine {
    minutes: u64,
    hours: u64,
    /// The bit of 0 says the last day of a month.
    days: u64,
    months: u64,
    /// From Sunday on.
    weekdays: u64,
    /// A day is one of both kinds, since one of these fields begins with `*`; else it is one of either.
    both_days: bool,
    /// Neither its minute nor its hour begins with `*`.
    is_of_certain_times: bool,
}

/// `?`, which cannot be used while a program is compiled.
macro_rules! attempt {
    ($outcome:expr) => {
        match $outcome {
            Ok(value) => value,
            Err(fault) => return Err(fault),
        }
    };
}

const FIELDS: [CronField; 5] = [
    CronField::Minute,
    CronField::Hour,
    CronField::Day,
    CronField::Month,
    CronField::Weekday,
];

const MONTHS: &[u8] = b"JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
const WEEKDAYS: &[u8] = b"SUNMONTUEWEDTHUFRISAT";

impl CronLine {
    /// [Reads](Self::parse) a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in the words in which a schedule cannot have it.
    pub fn read(line: &str) -> Result<Self, String> {
        Self::parse(line).map_err(|fault| format!("the line {line:?} of cron: {fault}"))
    }

    /// Reads a line of five fields, or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub const fn parse(line: &str) -> Result<Self, CronFault> {
        let line = attempt!(spelled_out(line.as_bytes()));
        let (mut sets, mut stars) = ([0_u64; FIELDS.len()], [false; FIELDS.len()]);
        let (mut at, mut fields) = (0, 0);
        loop {
            at = skip(line, at, true);
            if at == line.len() {
                break;
            }
            let end = skip(line, at, false);
            if fields == FIELDS.len() {
                return Err(CronFault::Fields);
            }
            sets[fields] = attempt!(set(line, at, end, FIELDS[fields]));
            stars[fields] = line[at] == b'*';
            fields += 1;
            at = end;
        }
        if fields != FIELDS.len() {
            return Err(CronFault::Fields);
        }
        let [minutes, hours, days, months, weekdays] = sets;
        let line = Self {
            minutes,
            hours,
            days,
            months,
            // Sunday is the first and the last of them.
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            both_days: stars[2] || stars[4],
            is_of_certain_times: !stars[0] && !stars[1],
        };
        if line.comes() {
            Ok(line)
        } else {
            Err(CronFault::Never)
        }
    }

    /// Whether any of its months has one of its days.
    const fn comes(&self) -> bool {
        const LONGEST: [u32; 13] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        if !self.both_days || self.days & 1 != 0 {
            return true;
        }
        let mut month = 1;
        while month < LONGEST.len() {
            if self.months >> month & 1 != 0 && self.days.trailing_zeros() <= LONGEST[month] {
                return true;
            }
            month += 1;
        }
        false
    }

    /// Whether its times are named: neither the minute nor the hour begins with `*`.
    #[must_use]
    pub const fn is_of_certain_times(&self) -> bool {
        self.is_of_certain_times
    }

    /// Whether something is done in a month, 1 to 12.
    #[must_use]
    pub const fn has_month(&self, month: u8) -> bool {
        is_in(self.months, month)
    }

    /// Whether something is done at a day of one of its months: the day of the month, the last one that it has, and the day of the week,
    /// which is 0 for Sunday.
    #[must_use]
    pub const fn has_day(&self, day: u8, last: u8, weekday: u8) -> bool {
        let of_month = is_in(self.days, day) || day == last && is_in(self.days, 0);
        let of_week = is_in(self.weekdays, weekday);
        if self.both_days {
            of_month && of_week
        } else {
            of_month || of_week
        }
    }

    /// The first of its times of a day, as an hour and a minute, that is not before this one.
    #[must_use]
    pub const fn time(&self, hour: u8, minute: u8) -> Option<(u8, u8)> {
        if is_in(self.hours, hour)
            && let Some(minute) = first(self.minutes, minute)
        {
            return Some((hour, minute));
        }
        match (first(self.hours, hour + 1), first(self.minutes, 0)) {
            (Some(hour), Some(minute)) => Some((hour, minute)),
            _ => None,
        }
    }
}

const fn is_in(set: u64, number: u8) -> bool {
    number < 64 && set >> number & 1 != 0
}

/// The first number of a set that is not below this one.
const fn first(set: u64, from: u8) -> Option<u8> {
    let mut number = from;
    while number < 64 {
        if is_in(set, number) {
            return Some(number);
        }
        number += 1;
    }
    None
}

/// A line of five fields for one that is a word.
const fn spelled_out(line: &[u8]) -> Result<&[u8], CronFault> {
    const WORDS: [(&[u8], &[u8]); 7] = [
        (b"@HOURLY", b"0 * * * *"),
        (b"@DAILY", b"0 0 * * *"),
        (b"@MIDNIGHT", b"0 0 * * *"),
        (b"@WEEKLY", b"0 0 * * 0"),
        (b"@MONTHLY", b"0 0 1 * *"),
        (b"@YEARLY", b"0 0 1 1 *"),
        (b"@ANNUALLY", b"0 0 1 1 *"),
    ];
    let line = line.trim_ascii();
    if line.is_empty() || line[0] != b'@' {
        return Ok(line);
    }
    let mut word = 0;
    while word < WORDS.len() {
        if line.eq_ignore_ascii_case(WORDS[word].0) {
            return Ok(WORDS[word].1);
        }
        word += 1;
    }
    Err(CronFault::Word)
}

/// The first place that is not white, or that is.
const fn skip(line: &[u8], mut at: usize, white: bool) -> usize {
    while at < line.len() && line[at].is_ascii_whitespace() == white {
        at += 1;
    }
    at
}

/// The numbers of a field: several of what [`part`] reads, with commas.
const fn set(line: &[u8], start: usize, end: usize, field: CronField) -> Result<u64, CronFault> {
    let (mut set, mut from) = (0, start);
    loop {
        let to = find(line, from, end, b',');
        set |= attempt!(part(line, from, to, field));
        if to == end {
            return Ok(set);
        }
        from = to + 1;
    }
}

/// `*`, a number, or a range of them, and perhaps a step.
const fn part(line: &[u8], start: usize, end: usize, field: CronField) -> Result<u64, CronFault> {
    let (least, most) = field.range();
    let range_end = find(line, start, end, b'/');
    let step = if range_end < end {
        match number(line, range_end + 1, end) {
            Some(0) => return Err(CronFault::Step(field)),
            Some(step) => step,
            None => return Err(CronFault::Syntax(field)),
        }
    } else {
        1
    };
    if matches!(field, CronField::Day) && end == start + 1 && line[start].eq_ignore_ascii_case(&b'L') {
        return Ok(1);
    }
    let dash = find(line, start, range_end, b'-');
    let (from, to) = if range_end == start + 1 && line[start] == b'*' {
        // Sunday is one day, whatever it is called.
        (
            least,
            if matches!(field, CronField::Weekday) {
                6
            } else {
                most
            },
        )
    } else if dash < range_end {
        (
            attempt!(value(line, start, dash, field)),
            attempt!(value(line, dash + 1, range_end, field)),
        )
    } else {
        let one = attempt!(value(line, start, range_end, field));
        (one, if range_end < end { most } else { one })
    };
    if from > to {
        return Err(CronFault::Order(field));
    }
    let (mut set, mut next) = (0, from);
    while next <= to {
        set |= 1 << next;
        next = next.saturating_add(step);
    }
    Ok(set)
}

/// A number of a field, or a name.
const fn value(line: &[u8], start: usize, end: usize, field: CronField) -> Result<u32, CronFault> {
    let (least, most) = field.range();
    if let Some(value) = number(line, start, end) {
        return if least <= value && value <= most {
            Ok(value)
        } else {
            Err(CronFault::Range(field))
        };
    }
    let (names, first) = match field {
        CronField::Month => (MONTHS, 1),
        CronField::Weekday => (WEEKDAYS, 0),
        _ => return Err(CronFault::Syntax(field)),
    };
    let mut name = 0;
    while end == start + 3 && name < names.len() {
        if line[start].eq_ignore_ascii_case(&names[name])
            && line[start + 1].eq_ignore_ascii_case(&names[name + 1])
            && line[start + 2].eq_ignore_ascii_case(&names[name + 2])
        {
            #[expect(clippy::cast_possible_truncation, reason = "there are twelve at most")]
            return Ok(first + (name / 3) as u32);
        }
        name += 3;
    }
    Err(CronFault::Syntax(field))
}

/// A number of one to three digits.
const fn number(line: &[u8], start: usize, end: usize) -> Option<u32> {
    if end <= start || end - start > 3 {
        return None;
    }
    let (mut number, mut at) = (0, start);
    while at < end {
        if !line[at].is_ascii_digit() {
            return None;
        }
        number = number * 10 + (line[at] - b'0') as u32;
        at += 1;
    }
    Some(number)
}

/// Where a letter is, or the end.
const fn find(line: &[u8], mut at: usize, end: usize, letter: u8) -> usize {
    while at < end && line[at] != letter {
        at += 1;
    }
    at
}
