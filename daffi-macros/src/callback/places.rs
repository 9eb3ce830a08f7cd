//! What `#[callback]` takes, wherever it stands.

use crate::arguments::{Key, Place};

pub(crate) const FUNCTION: Place = Place {
    name: "`#[callback]` on a function",
    takes: &[
        Key::Alias,
        Key::Concurrency,
        Key::ConcurrencyPerCaller,
        Key::Queue,
        Key::Timeout,
        Key::Balance,
        Key::Inline,
        Key::Untraced,
    ],
    elsewhere: &[
        (Key::AutoInit, "the `impl` block of a service"),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Cron, EVERY),
        (Key::Each, EACH),
        (Key::Every, EVERY),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Idempotent, RETRY),
        (Key::Lagging, LAGGING),
        (
            Key::Local,
            "a method of a service; a function without `#[callback]` is local",
        ),
        (Key::Prefix, "the `impl` block of a service"),
        (Key::Retry, RETRY),
        (Key::To, TO),
        (Key::ToWhere, TO),
        (Key::Tz, EVERY),
        (Key::Wait, WAIT),
    ],
};

pub(crate) const BLOCK: Place = Place {
    name: "`#[callback]` on an `impl` block",
    takes: &[Key::Prefix, Key::AutoInit],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (
            Key::Balance,
            "a method: every method shares its calls in its own way",
        ),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Cron, EVERY),
        (Key::Each, EACH),
        (Key::Every, EVERY),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Concurrency, "a method: every method has its own limit"),
        (
            Key::ConcurrencyPerCaller,
            "a method: every method has its own limit",
        ),
        (Key::Idempotent, RETRY),
        (Key::Lagging, LAGGING),
        (Key::Inline, "a method"),
        (Key::Local, "a method"),
        (Key::Queue, "a method, beside `concurrency`"),
        (Key::Retry, RETRY),
        (Key::Timeout, "a method: every method has its own limit"),
        (Key::To, TO),
        (Key::ToWhere, TO),
        (Key::Tz, EVERY),
        (Key::Wait, WAIT),
        (Key::Untraced, UNTRACED),
    ],
};

pub(crate) const METHOD: Place = Place {
    name: "`#[callback]` on a method",
    takes: &[
        Key::Alias,
        Key::Concurrency,
        Key::ConcurrencyPerCaller,
        Key::Queue,
        Key::Timeout,
        Key::Balance,
        Key::Inline,
        Key::Local,
        Key::Untraced,
    ],
    elsewhere: &[
        (Key::AutoInit, "the `impl` block"),
        (Key::Bg, BG),
        (Key::Broadcast, BROADCAST),
        (Key::Cron, EVERY),
        (Key::Each, EACH),
        (Key::Every, EVERY),
        (Key::Client, "`#[fetcher]` on a trait"),
        (Key::Idempotent, RETRY),
        (Key::Lagging, LAGGING),
        (Key::Prefix, "the `impl` block"),
        (Key::Retry, RETRY),
        (Key::To, TO),
        (Key::ToWhere, TO),
        (Key::Tz, EVERY),
        (Key::Wait, WAIT),
    ],
};

const BG: &str = "`#[fetcher]`: it is the caller who does not wait";
const EVERY: &str = "`#[fetcher]`: it is the caller who says when the controller makes calls by itself";
const EACH: &str = "`#[fetcher]`, because the caller has the stream for whose items the callback runs";
const BROADCAST: &str = "`#[fetcher]`: it is the caller who asks everybody";
const LAGGING: &str = "`#[fetcher]`: it is the caller who sends a stream to many";
const RETRY: &str = "`#[fetcher]`: it is the caller who makes calls again";
const TO: &str = "`#[fetcher]`: it is the caller who chooses";
const UNTRACED: &str = "a method: every method has its own types";
const WAIT: &str = "`#[fetcher]`: it is the caller who waits for a process that offers it";
