//! What is heard of a controller, over all connections of a session.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::proto::Refusal;

/// What the reader of a session counts, one connection after the other.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// How many bytes of numbered frames have come.
    pub(super) received: AtomicU64,
    /// How many of them the controller was told last.
    told: AtomicU64,
    /// The reader is at work: what has come since is unread, which is not silence.
    pub(super) busy: AtomicBool,
    /// Nothing was heard for so long that the connection is given up.
    pub(super) missed: AtomicBool,
    /// Why the controller ends the connection, if it has said so.
    pub(super) refused: OnceLock<Refusal>,
    /// It has said that it stops.
    pub(super) stops: AtomicBool,
}

impl Heard {
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// What the controller is to be told now, if that is much.
    pub(super) fn untold(&self, most: u64) -> Option<u64> {
        let received = self.received();
        let is_much = received - self.told.load(Ordering::Relaxed) >= most;
        is_much.then(|| self.tell(received))
    }

    pub(super) fn tell(&self, received: u64) -> u64 {
        self.told.store(received, Ordering::Relaxed);
        received
    }
}
