//! Sizes and times as people write them, with their units.

use std::ops::RangeInclusive;

const KIBI: u64 = 1024;
const KILO: u64 = 1000;

/// What a size may be given in.
const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", KILO),
    ("MB", KILO * KILO),
    ("GB", KILO * KILO * KILO),
    ("KiB", KIBI),
    ("MiB", KIBI * KIBI),
    ("GiB", KIBI * KIBI * KIBI),
];

/// What a time may be given in, in milliseconds.
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

/// A size in bytes: a number of `plain` bytes each, or one with a unit, as `16MiB`.
///
/// # Errors
///
/// What may be written, in words.
pub fn size(text: &str, plain: u64, within: RangeInclusive<u64>) -> Result<u64, String> {
    let of = if plain == 1 { "bytes" } else { "megabytes (MiB)" };
    let expected = format!("a number of {of} is expected, or one with a unit, as \"16MiB\" or \"16MB\"");
    let amount = amount(text, plain, &SIZES).ok_or(expected)?;
    if within.contains(&amount) {
        return Ok(amount);
    }
    let (least, most) = (within.start() / plain, within.end() / plain);
    Err(format!("{text} is not in {least}..={most} {of}"))
}

/// A time in milliseconds: a number of these, or one with a unit, as `2s`.
///
/// # Errors
///
/// What may be written, in words.
pub fn time(text: &str, within: RangeInclusive<u64>) -> Result<u64, String> {
    let expected = "a number of milliseconds is expected, or one with a unit, as \"500ms\" or \"2s\"";
    let amount = amount(text, 1, &TIMES).ok_or(expected)?;
    if within.contains(&amount) {
        return Ok(amount);
    }
    Err(format!(
        "{text} is not in {}..={} milliseconds",
        within.start(),
        within.end()
    ))
}

/// A whole number, and what it is a number of. Capital letters or small ones mean the same.
fn amount(text: &str, plain: u64, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|digit: char| !digit.is_ascii_digit() && digit != '_')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.replace('_', "").parse().ok()?;
    let unit = unit.trim_start();
    let of = match unit {
        "" => plain,
        unit => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    number.checked_mul(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_of_bytes_or_has_a_unit() {
        let all = 0..=u64::MAX;
        for (text, expected) in [
            ("65536", 65_536),
            ("65_536", 65_536),
            ("7B", 7),
            ("16MiB", 16 << 20),
            ("16 mib", 16 << 20),
            ("2KB", 2000),
            ("3kib", 3072),
            ("50MB", 50_000_000),
            ("1GB", 1_000_000_000),
            ("1GiB", 1 << 30),
        ] {
            assert_eq!(size(text, 1, all.clone()), Ok(expected), "{text}");
        }
        assert_eq!(size("3", KIBI * KIBI, all.clone()), Ok(3 << 20));
        assert_eq!(size("3KiB", KIBI * KIBI, all.clone()), Ok(3 << 10));
        for text in [
            "",
            "MiB",
            "x",
            "-1",
            "1.5MiB",
            "16M",
            "16 Mi B",
            "99999999999GiB",
            "_",
        ] {
            let error = size(text, 1, all.clone()).unwrap_err();
            assert!(error.contains("as \"16MiB\""), "{text}: {error}");
        }
        let error = size("100", 1, 65_536..=1 << 30).unwrap_err();
        assert_eq!(error, "100 is not in 65536..=1073741824 bytes");
    }

    #[test]
    fn a_time_is_a_number_of_milliseconds_or_has_a_unit() {
        for (text, expected) in [
            ("500", 500),
            ("500ms", 500),
            ("2s", 2000),
            ("1m", 60_000),
            ("1 h", 3_600_000),
        ] {
            assert_eq!(time(text, 0..=u64::MAX), Ok(expected), "{text}");
        }
        for text in ["", "s", "2 seconds", "1.5s"] {
            assert!(
                time(text, 0..=u64::MAX).unwrap_err().contains("as \"500ms\""),
                "{text}"
            );
        }
        let error = time("5", 10..=3_600_000).unwrap_err();
        assert_eq!(error, "5 is not in 10..=3600000 milliseconds");
    }
}
