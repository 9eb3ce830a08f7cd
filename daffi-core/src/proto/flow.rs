//! What flows while a call runs: items of streams, and the credit to send them.

use bytes::Bytes;

use super::Failed;

/// One run of a callback. Unlike the call's number it is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    pub(crate) stamp: u64,
    pub(crate) index: usize,
}

impl core::fmt::Display for RunId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.stamp.fmt(f)
    }
}

/// What waits for a run: a call that is answered by calling others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// A run of the same process.
    Here(RunId),
    /// One of the process of that name.
    At(Box<str>),
}

/// How much of a stream may be on its way: what the receiver has granted and not yet looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// So many items.
    pub items: u32,
    /// So many bytes of items; the last one may be over it.
    pub bytes: u32,
}

impl Window {
    /// The window of a stream unless its receiver says otherwise: 16,384 items, 2 MiB.
    pub const DEFAULT: Self = Self {
        items: 1 << 14,
        bytes: 2 << 20,
    };

    /// Nothing.
    pub const NONE: Self = Self { items: 0, bytes: 0 };

    /// So many of each, and at least one, so that something can be sent.
    #[must_use]
    pub fn of_at_least_one(items: u32, bytes: u32) -> Self {
        Self {
            items: items.max(1),
            bytes: bytes.max(1),
        }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Items as they travel: so many values, one after the other; or none, and then a part of one that goes on in the next
/// batch of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub items: u32,
    /// Whether each says itself what it is, as positions cannot carry all of them.
    pub explained: bool,
    /// Their encodings.
    pub bytes: Bytes,
}

impl Batch {
    /// So many that have positions.
    #[must_use]
    pub const fn new(items: u32, bytes: Bytes) -> Self {
        Self {
            items,
            explained: false,
            bytes,
        }
    }

    /// The same, where each says itself what it is, or does not.
    #[must_use]
    pub fn explained(self, explained: bool) -> Self {
        Self { explained, ..self }
    }
}

/// What may still be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// So many items.
    pub items: u64,
    /// So many bytes; below zero where the last item was over the credit.
    pub bytes: i64,
    /// Whether the last items say themselves what they are. Those that are written otherwise cost more.
    pub explained: bool,
}

/// So many bytes it costs more if items are written otherwise than those before them: until they are looked at, they take memory of
/// their own, however short they are.
pub(crate) const OTHERWISE_BYTES: u32 = 1024;

impl Credit {
    /// Whether an item may be sent.
    #[must_use]
    pub const fn allows(self) -> bool {
        self.items > 0 && self.bytes > 0
    }

    pub(crate) const fn grant(&mut self, items: u32, bytes: u32) {
        self.items = self.items.saturating_add(items as u64);
        self.bytes = self.bytes.saturating_add(bytes as i64);
    }

    /// `false` if so many items were not allowed. No items are never allowed: they would use up nothing.
    pub(crate) fn spend(&mut self, items: u32, bytes: usize, explained: bool) -> bool {
        let allowed = self.allows() && items > 0 && u64::from(items) <= self.items;
        self.items = self.items.saturating_sub(u64::from(items));
        let mut cost = i64::try_from(bytes).unwrap_or(i64::MAX);
        if std::mem::replace(&mut self.explained, explained) != explained {
            cost = cost.saturating_add(OTHERWISE_BYTES.into());
        }
        self.bytes = self.bytes.saturating_sub(cost);
        allowed
    }
}

/// What the sender of a stream may still send, as its receiver keeps account of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    credit: Credit,
    /// How many bytes of an item have come whose end has not.
    begun: usize,
    /// How many parts of its items were short.
    short: usize,
}

/// So many parts of a stream's items may be short: each takes memory of its own until it is looked at, however short it is.
const SHORT_PARTS: usize = 64;

/// The least that each of the others has.
const PART_BYTES: usize = 1024;

impl Budget {
    pub(crate) const fn grant(&mut self, Window { items, bytes }: Window) {
        self.credit.grant(items, bytes);
    }

    /// How many bytes have come that were not granted, as the last item may be over it.
    pub(crate) fn over(&self) -> u64 {
        let begun = i64::try_from(self.begun).unwrap_or(i64::MAX);
        u64::try_from(begun.saturating_sub(self.credit.bytes)).unwrap_or(0)
    }

    /// `false` if that was not allowed. An item has at most `most` bytes.
    pub(crate) fn take(&mut self, batch: &Batch, most: usize) -> bool {
        let bytes = self.begun.saturating_add(batch.bytes.len());
        if batch.items == 0 {
            let is_short = batch.bytes.len() < PART_BYTES;
            self.short = self.short.saturating_add(is_short.into());
            let are_few = self.short <= SHORT_PARTS;
            let allowed = !batch.bytes.is_empty() && bytes <= most && are_few && self.credit.allows();
            self.begun = bytes;
            return allowed;
        }
        let is_end = std::mem::take(&mut self.begun) > 0;
        let fits = !is_end || (batch.items == 1 && bytes <= most);
        self.credit.spend(batch.items, bytes, batch.explained) && fits
    }
}

/// The next of an argument stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// Some items.
    Batch(Batch),
    /// There are no more; or why not.
    End(Result<(), Failed>),
}
