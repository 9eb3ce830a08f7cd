//! What a certificate says of its owner, and when: read, never judged. That is the verifier's business.

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::EndEntityCert;

use crate::proto::{USER_PREFIX, is_unseen};

/// The longest name that is taken for one, in bytes.
const NAME_BYTES: usize = 255;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// UTF8String, PrintableString, IA5String.
const STRINGS: [u8; 3] = [0x0c, 0x13, 0x16];

/// 2.5.4.3, the attribute "common name".
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// Whose certificate it is: its first DNS name, or else its first URI, or else its common name.
pub(super) fn name(certificate: &CertificateDer<'_>) -> Option<Arc<str>> {
    let parsed = EndEntityCert::try_from(certificate).ok()?;
    let alternative = parsed.valid_dns_names().chain(parsed.valid_uri_names()).next();
    let name = alternative.or_else(|| common_name(parsed.subject()))?;
    is_name(name).then(|| name.into())
}

/// What stands in logs and decides what is allowed has an end and no unseen part, and is no user of this machine.
fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES).contains(&name.len()) && !name.chars().any(is_unseen) && !name.starts_with(USER_PREFIX)
}

/// The last one, which is the most specific.
fn common_name(mut subject: &[u8]) -> Option<&str> {
    let mut found = None;
    while !subject.is_empty() {
        let (mut set, rest) = expect(subject, SET)?;
        subject = rest;
        while !set.is_empty() {
            let (attribute, rest) = expect(set, SEQUENCE)?;
            set = rest;
            let (kind, value) = expect(attribute, OBJECT_IDENTIFIER)?;
            let (tag, text, _) = element(value)?;
            if kind == COMMON_NAME && STRINGS.contains(&tag) {
                found = std::str::from_utf8(text).ok();
            }
        }
    }
    found
}

/// From when until when it is valid, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl Validity {
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (signed, _) = expect(certificate, SEQUENCE)?;
        let (mut fields, _) = expect(signed, SEQUENCE)?;
        // The version, which may be missing; the serial number, the algorithm, the issuer.
        if let Some((0xa0, _, rest)) = element(fields) {
            fields = rest;
        }
        for _ in 0..3 {
            (_, _, fields) = element(fields)?;
        }
        let (validity, _) = expect(fields, SEQUENCE)?;
        let (tag, from, rest) = element(validity)?;
        let from = seconds(tag, from)?;
        let (tag, until, _) = element(rest)?;
        let until = seconds(tag, until)?;
        Some(Self { from, until })
    }
}

/// The content of the first element, which must have this tag, and what comes after it.
fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(bytes).and_then(|(found, content, rest)| (found == tag).then_some((content, rest)))
}

/// Tag and content of the first element, and what comes after it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn seconds(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    };
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year), rest)
        }
        _ => return None,
    };
    let [month, day, hour, minute, second] = rest.as_chunks::<2>().0 else {
        return None;
    };
    let (month, day) = (number(month), number(day));
    let time = (number(hour) * 60 + number(minute)) * 60 + number(second);
    Some(days(year, month, day) * 86400 + time)
}

/// The days from 1970-01-01 to a day of the Gregorian calendar. (H. Hinnant, "chrono-compatible low-level date algorithms".)
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A moment as `2026-11-29 10:59:10 UTC`.
pub(super) fn shown(seconds: i64) -> String {
    let (days, time) = (seconds.div_euclid(86400), seconds.rem_euclid(86400));
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let moved = (5 * of_year + 2) / 153;
    let day = of_year - (153 * moved + 2) / 5 + 1;
    let month = if moved < 10 { moved + 3 } else { moved - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// As [`shown`].
pub(super) fn shown_time(time: UnixTime) -> String {
    shown(i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_shown() {
        #[track_caller]
        fn check(tag: u8, text: &str, expected: &str) {
            assert_eq!(seconds(tag, text.as_bytes()).map(shown).unwrap(), expected);
        }
        check(UTC_TIME, "700101000000Z", "1970-01-01 00:00:00 UTC");
        check(UTC_TIME, "491231235959Z", "2049-12-31 23:59:59 UTC");
        check(UTC_TIME, "500228010203Z", "1950-02-28 01:02:03 UTC");
        check(GENERALIZED_TIME, "20000229120000Z", "2000-02-29 12:00:00 UTC");
        check(GENERALIZED_TIME, "21000301000000Z", "2100-03-01 00:00:00 UTC");
        check(GENERALIZED_TIME, "99991231235959Z", "9999-12-31 23:59:59 UTC");
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "Z",
            "7001010000Z",
            "70010100000000Z",
            "7001010000xxZ",
            "700101000000",
        ] {
            assert_eq!(seconds(UTC_TIME, text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn elements_end_where_their_bytes_do() {
        assert_eq!(element(&[0x30, 2, 1, 2, 3]), Some((0x30, &[1, 2][..], &[3][..])));
        assert_eq!(element(&[0x30, 0x81, 1, 9]), Some((0x30, &[9][..], &[][..])));
        for cut in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x82, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x84, 0, 0, 0, 1, 1],
        ] {
            assert_eq!(element(cut), None, "{cut:?}");
        }
    }

    #[test]
    fn names_that_cannot_be_shown_are_none() {
        assert!(is_name("resizer 1"));
        for bad in [
            "",
            "line\nend",
            "nul\0",
            "unseen\u{200b}",
            "uid:1000",
            &"n".repeat(256),
        ] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
