//! What `#[fetcher]` takes, wherever it stands.

use crate::arguments::{Key, Place};

pub(crate) const FUNCTION: Place = Place {
    name: "`#[fetcher]` on a function",
    takes: &[
        Key::Alias,
        Key::Timeout,
        Key::To,
        Key::ToWhere,
        Key::Wait,
        Key::Retry,
        Key::Idempotent,
        Key::Bg,
        Key::Broadcast,
        Key::Lagging,
        Key::Each,
        Key::Every,
        Key::Cron,
        Key::Tz,
        Key::Untraced,
    ],
    elsewhere: &[
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Client, "a trait"),
        (Key::Concurrency, CONCURRENCY),
        (Key::ConcurrencyPerCaller, CONCURRENCY),
        (Key::Inline, INLINE),
        (Key::Local, "a method; a function without `#[fetcher]` is local"),
        (
            Key::Prefix,
            "an `impl` block or a trait; write the whole name as the `alias` here",
        ),
        (Key::Queue, CONCURRENCY),
    ],
};

pub(crate) const BLOCK: Place = Place {
    name: "`#[fetcher]` on an `impl` block",
    takes: &[Key::Prefix, Key::Timeout, Key::To, Key::ToWhere, Key::Wait],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Bg, RETURNS),
        (Key::Broadcast, RETURNS),
        (Key::Client, "a trait; here the type of the block is the client"),
        (Key::Concurrency, CONCURRENCY),
        (Key::ConcurrencyPerCaller, CONCURRENCY),
        (Key::Cron, RETURNS),
        (Key::Each, EACH),
        (Key::Every, RETURNS),
        (Key::Idempotent, IDEMPOTENT),
        (Key::Inline, INLINE),
        (Key::Lagging, LAGGING),
        (Key::Local, "a method"),
        (Key::Queue, CONCURRENCY),
        (Key::Retry, RETRY),
        (Key::Tz, RETURNS),
        (Key::Untraced, UNTRACED),
    ],
};

pub(crate) const TRAIT: Place = Place {
    name: "`#[fetcher]` on a trait",
    takes: &[
        Key::Client,
        Key::Prefix,
        Key::Timeout,
        Key::To,
        Key::ToWhere,
        Key::Wait,
    ],
    elsewhere: &[
        (Key::Alias, "a method: every method has its own name"),
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Bg, RETURNS),
        (Key::Broadcast, RETURNS),
        (Key::Concurrency, CONCURRENCY),
        (Key::ConcurrencyPerCaller, CONCURRENCY),
        (Key::Cron, RETURNS),
        (Key::Each, EACH),
        (Key::Every, RETURNS),
        (Key::Idempotent, IDEMPOTENT),
        (Key::Inline, INLINE),
        (Key::Lagging, LAGGING),
        (Key::Local, "a method"),
        (Key::Queue, CONCURRENCY),
        (Key::Retry, RETRY),
        (Key::Tz, RETURNS),
        (Key::Untraced, UNTRACED),
    ],
};

pub(crate) const METHOD: Place = Place {
    name: "`#[fetcher]` on a method",
    takes: &[
        Key::Alias,
        Key::Timeout,
        Key::To,
        Key::ToWhere,
        Key::Wait,
        Key::Retry,
        Key::Idempotent,
        Key::Bg,
        Key::Broadcast,
        Key::Lagging,
        Key::Each,
        Key::Every,
        Key::Cron,
        Key::Tz,
        Key::Local,
        Key::Untraced,
    ],
    elsewhere: &[
        (Key::AutoInit, AUTO_INIT),
        (Key::Balance, BALANCE),
        (Key::Client, "the trait"),
        (Key::Concurrency, CONCURRENCY),
        (Key::ConcurrencyPerCaller, CONCURRENCY),
        (Key::Inline, INLINE),
        (Key::Prefix, "the `impl` block or trait"),
        (Key::Queue, CONCURRENCY),
    ],
};

const AUTO_INIT: &str = "`#[callback]` on an `impl` block";
const BALANCE: &str = "`#[callback]`, because all callers share the providers in one way";
const CONCURRENCY: &str = "`#[callback]`, because it is the provider that is to be spared";
const EACH: &str = "a method: it is one that sends a stream";
const INLINE: &str = "`#[callback]`, because it is about where the function runs";
const LAGGING: &str = "a method that sends a stream, beside `broadcast`";
const RETURNS: &str = "a method: every method has its own result";
const IDEMPOTENT: &str = "a method: of every method it is another question whether it may run twice";
const RETRY: &str = "a method, beside `idempotent`";
const UNTRACED: &str = "a method: every method has its own types";
