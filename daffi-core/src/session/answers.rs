//! The answers to calls that have many.

use std::ops::{Add, Sub};

use bytes::Bytes;

use crate::proto::{Absence, Batch, Change, Failure, Outcome, Status, Tick};

/// How many answers of one call may wait to be looked at, and how many bytes of them. Items of streams do not count: their
/// receiver has granted them.
pub(super) const MOST: Backlog = Backlog {
    answers: 1 << 16,
    bytes: 64 << 20,
};

/// One of many answers to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The processes that a broadcast asks.
    Roster(Vec<String>),
    /// How a broadcast ended at the process with that place on the roster.
    Part(u32, Outcome),
    /// What happened, in its order.
    Happened(Vec<Change>),
    /// How ticks of a schedule ended, in their order.
    Ticked(Vec<Tick>),
    /// The callback of the process with that place on the roster, or the only one, has returned a stream; with what stands in
    /// front of its items, if they are described.
    Opened(u32, Bytes),
    /// Items of that stream.
    Batch(u32, Batch),
    /// The callback was done for so many items of the stream that was sent, as far as is known, before the call was ended from
    /// outside of it.
    Done(u64),
    /// Nobody is there to answer the call, which waits for somebody.
    Absent(Absence),
}

impl Item {
    /// The place on the roster of the process that it is from, if it is from one of many.
    pub(super) const fn part(&self) -> Option<u32> {
        match self {
            Self::Part(part, _) | Self::Opened(part, _) | Self::Batch(part, _) => Some(*part),
            Self::Roster(_) | Self::Happened(_) | Self::Ticked(_) | Self::Done(_) | Self::Absent(_) => None,
        }
    }
}

/// What waits to be looked at.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backlog {
    pub(super) answers: usize,
    pub(super) bytes: usize,
}

impl Backlog {
    pub(super) fn of(item: &Item) -> Self {
        let (answers, bytes) = match item {
            Item::Roster(names) => (1, names.iter().map(String::len).sum()),
            Item::Part(_, Ok(value)) => (1, value.len()),
            Item::Part(_, Err(failure)) => (1, failure.long_bytes()),
            Item::Opened(_, front) => (1, front.len()),
            Item::Done(_) | Item::Absent(_) => (1, 0),
            Item::Happened(events) => (events.len(), events.iter().map(name_bytes).sum()),
            Item::Ticked(ticks) => (ticks.len(), ticks.iter().map(Tick::words_bytes).sum()),
            Item::Batch(..) => (0, 0),
        };
        Self { answers, bytes }
    }

    pub(super) fn is_over(self, limit: Self) -> bool {
        self.answers > limit.answers || self.bytes > limit.bytes
    }
}

impl Add for Backlog {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            answers: self.answers + more.answers,
            bytes: self.bytes + more.bytes,
        }
    }
}

impl Sub for Backlog {
    type Output = Self;

    fn sub(self, taken: Self) -> Self {
        Self {
            answers: self.answers - taken.answers,
            bytes: self.bytes - taken.bytes,
        }
    }
}

fn name_bytes(event: &Change) -> usize {
    match event {
        Change::Joined {
            process,
            identity,
            attributes,
        } => process.len() + identity.name().map_or(0, str::len) + attributes.bytes(),
        Change::Left { process, .. } | Change::Away { process } | Change::Back { process } => process.len(),
        Change::Offered { process, callback } | Change::Withdrawn { process, callback } => {
            process.len() + callback.len()
        }
    }
}

/// The next answer to a call that has many.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// One of them.
    Item(Item),
    /// There are no more.
    End(Outcome),
}

/// What a status and its payload mean.
pub(super) fn outcome(status: Status<'_>, payload: Bytes) -> Outcome {
    match status {
        Status::Value => Ok(payload),
        other => Failure::from_status(other, payload).map_or_else(|| Ok(Bytes::new()), Err),
    }
}
