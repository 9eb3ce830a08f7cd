//! What is held back on a connection whose controller is about to stop.

use crate::proto::Moment;

/// Nothing begins any more on this connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    /// When the connection has ended, at the latest.
    pub(super) until: Moment,
    /// Messages up to this one were there before, and are sent.
    stamp: u64,
    /// The controller knows that all is sent.
    is_told: bool,
}

impl Held {
    /// What comes after the message `stamp` is held back, for a connection that has ended by then.
    pub(super) const fn new(until: Moment, stamp: u64) -> Self {
        Self {
            until,
            stamp,
            is_told: false,
        }
    }

    /// Whether a message may still be sent: one that was there before, unless it comes back when the controller was told that all is sent.
    pub(super) const fn sends(&self, stamp: u64) -> bool {
        stamp <= self.stamp && !self.is_told
    }

    /// All is sent: whether the controller is to be told.
    pub(super) const fn is_to_be_told(&mut self) -> bool {
        !std::mem::replace(&mut self.is_told, true)
    }
}
