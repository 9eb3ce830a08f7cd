//! The page of limits, held against the constants.

use std::time::Duration;

use daffi_core::link::{HEARTBEAT, MISSED_HEARTBEATS, RESUME_GRACE};
use daffi_core::proto::{Limits, Plan, Window};

use super::read;

/// The row of the page that begins with `what`.
#[track_caller]
fn check(what: &str, limit: &str) {
    let page = read("docs/guide/limits.md");
    let begin = format!("| {what}");
    let row = page
        .lines()
        .find(|line| line.starts_with(&begin))
        .unwrap_or_else(|| panic!("there is no {what:?}"));
    let said = row.split(" | ").nth(1).unwrap_or_default();
    let has = said.match_indices(limit).any(|(at, _)| {
        let digit =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit() || letter == ',');
        // Not a part of a longer number.
        !digit(said[..at].chars().next_back())
            && !said[at + limit.len()..].starts_with(|letter: char| letter.is_ascii_digit())
    });
    assert!(has, "{what}: {said:?} does not say {limit:?}");
}

/// As people write it.
fn number(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().ok().expect("it is small").to_string();
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

fn bytes(bytes: impl TryInto<u64>) -> String {
    let bytes = bytes.try_into().ok().expect("it is small");
    [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        .into_iter()
        .find(|(bits, _)| bytes >> bits > 0 && bytes.trailing_zeros() >= *bits)
        .map_or_else(
            || format!("{} bytes", number(bytes)),
            |(bits, unit)| format!("{} {unit}", bytes >> bits),
        )
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs())
}

#[test]
fn numbers_are_written_as_on_the_page() {
    assert_eq!(number(1u64), "1");
    assert_eq!(number(262_144u64), "262,144");
    assert_eq!(bytes(8192u64), "8 KiB");
    assert_eq!(bytes(1u64 << 30), "1 GiB");
    assert_eq!(bytes(255u64), "255 bytes");
}

#[test]
fn the_limits_of_the_protocol_are_those_of_the_page() {
    let limits = Limits::default();
    check("arguments of a call", &bytes(limits.frame_bytes));
    check("metadata of a call", &bytes(Limits::METADATA_BYTES));
    check("calls, offers and questions", &number(limits.calls));
    check("calls that run in one process", &number(Limits::RUNS));
    check("calls that wait for a callback", &number(Limits::QUEUE));
    check("processes that a broadcast names", &number(Limits::RECEIVERS));
    check(
        "versions of a callback that a caller hears of",
        &format!("{}, of 32 KiB in all", Limits::COMPATIBLE),
    );
    check(
        "calls that wait one for the other",
        &number(u64::try_from(Limits::ANCESTORS).expect("it is small")),
    );
    check("name of a process", &bytes(Limits::NAME_BYTES));
    check("documentation of a callback", &bytes(Limits::DOCS_BYTES));
    check(
        "ways of offering a callback",
        &number(u64::try_from(Limits::VERSIONS).expect("it is small")),
    );
    check("callbacks of a process", &number(Limits::CALLBACKS));
    check("all that they are", &bytes(Limits::OFFER_BYTES));
    check("attributes of a process", &number(Limits::ATTRIBUTES));
    check("attributes of a process", &number(Limits::ATTRIBUTE_BYTES));
    check("nesting of a value", &number(Limits::DEPTH));
    check("words of an error", &bytes(Limits::WORDS_BYTES));
    check("words of an error", &number(Limits::CAUSES));
    check("a sender ahead", &number(Window::DEFAULT.items));
    check("a sender ahead", &bytes(Window::DEFAULT.bytes));
    check("silence", &seconds(HEARTBEAT));
    assert_eq!(MISSED_HEARTBEATS, 3);
    check("silence", "three heartbeats");
    check("away, with TCP", &seconds(RESUME_GRACE));
    check("what may be sent before", &bytes(Limits::UNPROVEN_BYTES));
    check("queued towards one process", &bytes(limits.queue_bytes));
    check("what one calls with", &bytes(Limits::SCHEDULED_BYTES));
    check("times of `Period::at`", &number(Limits::INSTANTS));
    check("its name, a line of cron", &bytes(Limits::NAME_BYTES));
    check("shortest interval", &format!("{} ms", Plan::SHORTEST.as_millis()));
    check("ticks that are made late", &seconds(Plan::CATCH_UP));
}

/// Those that nobody but their file knows: as they stand there, and what the page makes of them.
#[test]
fn the_limits_of_single_files_are_those_of_the_page() {
    let global = "daffi-core/src/global/builder.rs";
    let budget = "daffi-core/src/node/budget.rs";
    let shares = "daffi-controller/src/schedule/shares.rs";
    for (file, stands, what, limit) in [
        (
            "daffi-controller/src/router/similar.rs",
            "const LOOKED_AT: usize = 256;",
            "callbacks that are looked at",
            "256",
        ),
        (
            "daffi-controller/src/router/similar.rs",
            "const LONGEST: usize = 64;",
            "callbacks that are looked at",
            "64",
        ),
        (
            global,
            "const BLOCKING_THREADS: usize = 448;",
            "threads for callbacks",
            "448",
        ),
        (
            global,
            "const STREAM_BYTES: u64 = 256 << 20;",
            "what streams hold",
            "256 MiB",
        ),
        (
            global,
            "stop_timeout: Duration::from_secs(30)",
            "how long `stop()`",
            "30 s",
        ),
        (
            global,
            "connect_timeout: Duration::from_secs(10)",
            "how long `start()`",
            "10 s",
        ),
        (
            global,
            "reconnect_wait: Duration::from_secs(10)",
            "how long calls wait",
            "10 s",
        ),
        (
            budget,
            "const MOST: u32 = 100 * COST;",
            "retries of a process",
            "100",
        ),
        (budget, "const COST: u32 = 10;", "retries of a process", "10"),
        (
            "daffi-core/src/session/answers.rs",
            "answers: 1 << 16",
            "events of `presence()`",
            "65,536",
        ),
        (
            "daffi-core/src/session/fan.rs",
            "const KEPT_BYTES: usize = 4 << 20;",
            "a process behind",
            "4 MiB",
        ),
        (
            "daffi-core/src/node/turn.rs",
            "const LONGEST: Duration = Duration::from_millis(20);",
            "a callback that is `async`",
            "20 ms",
        ),
        (
            "daffi-core/src/signature/mod.rs",
            "const SIZE_LIMIT: usize = 8192;",
            "parts of a type",
            "8,192",
        ),
        (
            "daffi-core/src/signature/names.rs",
            "const LENGTH_OF_NAMES: usize = 255;",
            "name of a field or variant",
            "255 bytes",
        ),
        (
            "daffi-core/src/signature/names.rs",
            "const NAMES: usize = 16;",
            "names of one",
            "16",
        ),
        (
            "daffi-controller/src/server/strangers.rs",
            "const GREETING: Duration = Duration::from_secs(10);",
            "a whole handshake",
            "10 s",
        ),
        (
            "daffi-controller/src/server/strangers.rs",
            "const MOST: usize = 16 * 1024;",
            "connections of which it is not known",
            "16,384",
        ),
        (
            "daffi-controller/src/server/hub.rs",
            "const WAITING: usize = 4;",
            "calls that wait at the controller",
            "a quarter",
        ),
        (
            "daffi-controller/src/server/options.rs",
            "const MOST: usize = 1024 * 1024 * 1024;",
            "queued in all",
            "1 GiB",
        ),
        (
            shares,
            "schedules: 1 << 17",
            "schedules of a controller",
            "131,072",
        ),
        (
            shares,
            "bytes: 64 * 1024 * 1024",
            "schedules of a controller",
            "64 MiB",
        ),
        (
            "daffi-controller/src/schedule/task.rs",
            "const AT_ONCE: usize = 1000;",
            "calls at the same time",
            "1,000",
        ),
        (
            "daffi-controller/src/schedule/history.rs",
            "const REMEMBERED: usize = 20;",
            "outcomes that",
            "20",
        ),
        (
            "daffi-controller/src/bin/daffi-controller/arguments.rs",
            "default_value_t = 10_000, value_parser = |text: &str| time(text, 0..=3_600_000))]\n    pub(crate) drain",
            "how long a controller",
            "10 s",
        ),
    ] {
        assert!(
            read(file).contains(stands),
            "{file} has no {stands:?}: see what the page says of {what:?}"
        );
        check(what, limit);
    }
}
