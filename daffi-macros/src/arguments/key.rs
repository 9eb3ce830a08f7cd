//! The arguments that there are, of whatever attribute.

/// An argument of some attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Alias,
    AutoInit,
    Balance,
    Bg,
    Broadcast,
    Client,
    Concurrency,
    ConcurrencyPerCaller,
    Cron,
    Each,
    Every,
    Idempotent,
    Inline,
    Lagging,
    Local,
    Prefix,
    Queue,
    Retry,
    Timeout,
    To,
    ToWhere,
    Tz,
    Untraced,
    Wait,
}

impl Key {
    pub(super) const ALL: [Self; 24] = [
        Self::Alias,
        Self::AutoInit,
        Self::Balance,
        Self::Bg,
        Self::Broadcast,
        Self::Client,
        Self::Concurrency,
        Self::ConcurrencyPerCaller,
        Self::Cron,
        Self::Each,
        Self::Every,
        Self::Idempotent,
        Self::Inline,
        Self::Lagging,
        Self::Local,
        Self::Prefix,
        Self::Queue,
        Self::Retry,
        Self::Timeout,
        Self::To,
        Self::ToWhere,
        Self::Tz,
        Self::Untraced,
        Self::Wait,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::AutoInit => "auto_init",
            Self::Balance => "balance",
            Self::Bg => "bg",
            Self::Broadcast => "broadcast",
            Self::Client => "client",
            Self::Concurrency => "concurrency",
            Self::ConcurrencyPerCaller => "concurrency_per_caller",
            Self::Cron => "cron",
            Self::Each => "each",
            Self::Every => "every",
            Self::Idempotent => "idempotent",
            Self::Inline => "inline",
            Self::Lagging => "lagging",
            Self::Local => "local",
            Self::Prefix => "prefix",
            Self::Queue => "queue",
            Self::Retry => "retry",
            Self::Timeout => "timeout",
            Self::To => "to",
            Self::ToWhere => "to_where",
            Self::Tz => "tz",
            Self::Untraced => "untraced",
            Self::Wait => "wait",
        }
    }

    /// How it is written.
    pub(super) fn form(self) -> &'static str {
        match self {
            Self::Alias => "alias = \"name\"",
            Self::Balance => "balance = \"round_robin\"",
            Self::Client => "client = \"Name\"",
            Self::Concurrency => "concurrency = 8",
            Self::ConcurrencyPerCaller => "concurrency_per_caller = 1",
            Self::Cron => "cron = \"0 3 * * *\"",
            Self::Every => "every = \"5s\"",
            Self::Lagging => "lagging = \"drop_slow\"",
            Self::Prefix => "prefix = \"shop.\"",
            Self::Queue => "queue = 200",
            Self::Retry => "retry = 2",
            Self::Timeout => "timeout = \"30s\"",
            Self::To => "to = \"process name\"",
            Self::ToWhere => "to_where(\"kind\", \"resizer\")",
            Self::Tz => "tz = \"Europe/Kyiv\"",
            Self::Wait => "wait = \"5s\"",
            Self::AutoInit
            | Self::Bg
            | Self::Broadcast
            | Self::Each
            | Self::Idempotent
            | Self::Inline
            | Self::Local
            | Self::Untraced => self.name(),
        }
    }

    /// Whether it may be given more than once.
    pub(super) fn is_repeatable(self) -> bool {
        self == Self::ToWhere
    }

    /// Whether it has no value.
    pub(super) fn is_flag(self) -> bool {
        self.form() == self.name()
    }
}

/// The argument that goes by this name elsewhere: as the method of a call, or in other libraries.
pub(super) fn meant(name: &str) -> Option<Key> {
    Some(match name {
        "wait_for_provider" | "wait_for_ready" => Key::Wait,
        "name" | "rename" => Key::Alias,
        "process" | "process_name" | "receiver" => Key::To,
        "to_each" | "to_all" => Key::Broadcast,
        "where_" | "having" | "attribute" | "attributes" => Key::ToWhere,
        "background" => Key::Bg,
        "interval" | "period" => Key::Every,
        "timezone" | "time_zone" | "zone" => Key::Tz,
        "call_timeout" | "deadline" => Key::Timeout,
        "limit" | "max_concurrency" => Key::Concurrency,
        "per_caller" | "limit_per_caller" | "concurrency_by_caller" => Key::ConcurrencyPerCaller,
        "retries" => Key::Retry,
        "drop_slow" => Key::Lagging,
        _ => return None,
    })
}

/// The argument that may have been meant.
pub(super) fn similar(name: &str, takes: &[Key]) -> Option<Key> {
    takes
        .iter()
        .map(|key| (distance(name, key.name()), *key))
        .filter(|(distance, key)| *distance <= ((key.name().len() + 1) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// How many letters have to be added, taken away or exchanged for others.
pub(super) fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, from) in from.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, to) in to.iter().enumerate() {
            let exchanged = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
