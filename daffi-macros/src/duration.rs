//! Durations as people write them: `"500ms"`, `"1m24s"`, `"1.2 minutes"`.

use std::fmt;
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

/// The longest duration, ten years of 365 days: beyond it something other than a duration was meant.
pub(crate) const LIMIT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The units, the largest first, by every name they have.
const UNITS: [(&[&str], u128); 8] = [
    (&["w", "wk", "wks", "week", "weeks"], 7 * 24 * 3_600 * SECOND),
    (&["d", "day", "days"], 24 * 3_600 * SECOND),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600 * SECOND),
    (&["m", "min", "mins", "minute", "minutes"], 60 * SECOND),
    (&["s", "sec", "secs", "second", "seconds"], SECOND),
    (
        &[
            "ms",
            "msec",
            "msecs",
            "milli",
            "millis",
            "millisecond",
            "milliseconds",
        ],
        1_000_000,
    ),
    (
        &[
            "us",
            "µs",
            "μs",
            "usec",
            "usecs",
            "micro",
            "micros",
            "microsecond",
            "microseconds",
        ],
        1_000,
    ),
    (
        &[
            "ns",
            "nsec",
            "nsecs",
            "nano",
            "nanos",
            "nanosecond",
            "nanoseconds",
        ],
        1,
    ),
];

const SECOND: u128 = 1_000_000_000;

/// More digits than any duration within the limit has.
const MOST_DIGITS: usize = 20;

/// What is wrong with a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DurationError {
    Empty,
    NotANumber(String),
    NoUnit(String),
    UnknownUnit(String),
    Order(String),
    TooFine,
    Zero,
    TooLong,
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("this duration is empty"),
            Self::NotANumber(found) => write!(f, "a number is expected in this duration, not `{found}`"),
            Self::NoUnit(number) => write!(
                f,
                "`{number}` needs a unit in this duration: `{number}s`, `{number}ms`"
            ),
            Self::UnknownUnit(unit) => write!(f, "`{unit}` is no unit of time in this duration"),
            Self::Order(unit) => write!(
                f,
                "units go from large to small, each once, as in `1m24s`, and `{unit}` does not"
            ),
            Self::TooFine => {
                f.write_str("this duration is finer than a nanosecond: leave the last digits out")
            }
            Self::Zero => f.write_str("this duration is zero: it has to be longer"),
            Self::TooLong => {
                f.write_str("this duration is longer than ten years: write a shorter one, or leave it out")
            }
        }?;
        f.write_str(
            "\na duration is written as \"500ms\", \"5s\", \"1m24s\", \"1.2 minutes\", \"2h 30m\" or \"1 day\", in units \
             from ns to weeks",
        )
    }
}

/// Reads a duration: numbers with units, the larger first.
pub(crate) fn parse(text: &str) -> Result<Duration, DurationError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(DurationError::Empty);
    }
    let mut total = 0;
    let mut units = UNITS.as_slice();
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        if number.is_empty() {
            return Err(DurationError::NotANumber(first_word(rest)));
        }
        let (unit, after) = split(after.trim_start(), char::is_alphabetic);
        if unit.is_empty() {
            return Err(DurationError::NoUnit(number.to_owned()));
        }
        let nanoseconds = match units.iter().position(|(names, _)| is_one_of(unit, names)) {
            Some(index) => {
                let (_, nanoseconds) = units[index];
                units = &units[index + 1..];
                nanoseconds
            }
            None if UNITS.iter().any(|(names, _)| is_one_of(unit, names)) => {
                return Err(DurationError::Order(unit.to_owned()));
            }
            None => return Err(DurationError::UnknownUnit(unit.to_owned())),
        };
        total += times(number, nanoseconds)?;
        rest = after.trim_start();
    }
    bounded(total)
}

fn bounded(nanoseconds: u128) -> Result<Duration, DurationError> {
    if nanoseconds == 0 {
        return Err(DurationError::Zero);
    }
    if nanoseconds > LIMIT.as_nanos() {
        return Err(DurationError::TooLong);
    }
    let seconds = u64::try_from(nanoseconds / SECOND).expect("ten years of seconds fit");
    let rest = u32::try_from(nanoseconds % SECOND).expect("less than a second of nanoseconds fits");
    Ok(Duration::new(seconds, rest))
}

/// A decimal number of units, exactly.
fn times(number: &str, nanoseconds: u128) -> Result<u128, DurationError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || (fraction.is_empty() && number.contains('.')) {
        return Err(DurationError::NotANumber(number.to_owned()));
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > MOST_DIGITS {
        return Err(DurationError::TooLong);
    }
    if fraction.len() > MOST_DIGITS {
        return Err(DurationError::TooFine);
    }
    let digits = |digits: &str| {
        digits
            .bytes()
            .fold(0, |value, digit| value * 10 + u128::from(digit - b'0'))
    };
    // Twenty digits of weeks, and twenty of a fraction's numerator, stay below 2^128.
    let scale = 10_u128.pow(u32::try_from(fraction.len()).expect("at most twenty digits"));
    let part = digits(fraction) * nanoseconds;
    if !part.is_multiple_of(scale) {
        return Err(DurationError::TooFine);
    }
    Ok(digits(whole) * nanoseconds + part / scale)
}

/// The duration as an expression.
pub(crate) fn tokens(duration: Duration) -> TokenStream {
    let seconds = duration.as_secs();
    let nanoseconds = duration.subsec_nanos();
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

fn is_one_of(unit: &str, names: &[&str]) -> bool {
    names.contains(&unit.to_lowercase().as_str())
}

fn split(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Duration) {
        assert_eq!(parse(text), Ok(expected), "{text:?}");
    }

    fn check_error(text: &str, expected: DurationError) {
        assert_eq!(parse(text), Err(expected), "{text:?}");
    }

    #[test]
    fn short_and_long_units_mean_the_same() {
        for (names, nanoseconds) in UNITS {
            for name in names {
                check(&format!("3{name}"), bounded(3 * nanoseconds).unwrap());
                check(
                    &format!("3 {}", name.to_uppercase()),
                    bounded(3 * nanoseconds).unwrap(),
                );
            }
        }
    }

    #[test]
    fn numbers_with_units_add_up() {
        check("1m24s", Duration::from_secs(84));
        check("2h 30m", Duration::from_secs(9_000));
        check(" 1 day 1 second ", Duration::from_secs(86_401));
        check("1w2d3h4m5s6ms7us8ns", Duration::new(788_645, 6_007_008));
    }

    #[test]
    fn decimals_are_exact() {
        check("1.2 minutes", Duration::from_secs(72));
        check("0.5s", Duration::from_millis(500));
        check("1.50s", Duration::from_millis(1_500));
        check("0.1ms", Duration::from_micros(100));
        check("1.000000001s", Duration::new(1, 1));
        check_error("1.0000000001s", DurationError::TooFine);
        check_error("0.5ns", DurationError::TooFine);
        check_error("0.1000000000000000000000000001s", DurationError::TooFine);
    }

    #[test]
    fn units_go_from_large_to_small_each_once() {
        check_error("24s1m", DurationError::Order("m".to_owned()));
        check_error("1s 1s", DurationError::Order("s".to_owned()));
    }

    #[test]
    fn what_is_not_a_duration_is_named() {
        check_error("", DurationError::Empty);
        check_error("  ", DurationError::Empty);
        check_error("soon", DurationError::NotANumber("soon".to_owned()));
        check_error("-1s", DurationError::NotANumber("-1s".to_owned()));
        check_error("1.2.3s", DurationError::NotANumber("1.2.3".to_owned()));
        check_error(".5s", DurationError::NotANumber(".5".to_owned()));
        check_error("5.s", DurationError::NotANumber("5.".to_owned()));
        check_error("1m, 24s", DurationError::NotANumber(",".to_owned()));
        check_error("5", DurationError::NoUnit("5".to_owned()));
        check_error("1m 5", DurationError::NoUnit("5".to_owned()));
        check_error(
            "5 fortnights",
            DurationError::UnknownUnit("fortnights".to_owned()),
        );
        check_error("1s€", DurationError::NotANumber("€".to_owned()));
    }

    #[test]
    fn a_duration_is_positive_and_at_most_ten_years() {
        check_error("0s", DurationError::Zero);
        check_error("0h 0.000ms", DurationError::Zero);
        check("3650 days", LIMIT);
        check_error("3650 days 1ns", DurationError::TooLong);
        check_error("99999999999999999999 weeks", DurationError::TooLong);
        check_error(
            "100000000000000000000000000000000000000000000 ns",
            DurationError::TooLong,
        );
        check(
            "00000000000000000000000000000000000000001s",
            Duration::from_secs(1),
        );
    }
}
