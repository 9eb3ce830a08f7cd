//! The state of one connection between a node and a controller: numbering, acknowledgement, heartbeats.
//!
//! **Invariant:** a plain state machine. Its driver counts bytes and tells it, at every tick, how many were sent and
//! received since the session began; the link decides whether to send a heartbeat and whether the peer is gone.
//! Nothing happens per frame, so the hot path pays two counters for all of it.
//!
//! The bytes of numbered frames (all but heartbeats), with their lengths, are counted in each direction. The transport keeps order, so
//! numbers are implied and not sent; a heartbeat carries how many bytes have arrived, of whole frames, which acknowledges them. What is
//! not acknowledged waits in the [`Journal`], so that a session can go on ([`resume`]) when its connection is lost.

mod channel;
pub mod greeting;
pub mod handshake;
mod journal;
mod pace;
pub mod resume;
#[cfg(test)]
mod tests;

use core::time::Duration;

pub use channel::{Channel, Reach, Stranger, User};
pub use journal::{CannotGoOn, Journal};
pub use pace::{HEARTBEAT, MISSED_HEARTBEATS, Pace, RESUME_GRACE, granted};

use crate::proto::Moment;

/// What went each way since the session began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes of numbered frames taken to be written.
    pub sent: u64,
    /// Bytes of numbered frames received.
    pub received: u64,
    /// Signs of life, of which any shows that the peer is there: bytes that have arrived, whatever they are part of, so that a
    /// large frame on its way is not silence.
    pub signs: u64,
}

/// What the driver shall do after a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Nothing but tick again in time.
    Idle,
    /// Send a heartbeat with this count.
    Heartbeat {
        /// How many bytes of numbered frames have been received.
        received: u64,
    },
    /// The peer has been silent for too long, and is [waited for](Link::waiting).
    Missed {
        /// For how long nothing was heard.
        silence: Duration,
    },
    /// The peer that was missed is heard again.
    Back,
    /// The peer has been silent for too long: the connection is lost.
    Lost {
        /// For how long nothing was heard.
        silence: Duration,
    },
}

/// A peer claims to have received what was never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer acknowledged {acknowledged} bytes of {sent} that were sent")]
pub struct BadAcknowledgement {
    acknowledged: u64,
    sent: u64,
}

impl BadAcknowledgement {
    /// Whether so much was sent.
    ///
    /// # Errors
    ///
    /// When it was not.
    pub const fn check(acknowledged: u64, sent: u64) -> Result<(), Self> {
        if acknowledged > sent {
            Err(Self { acknowledged, sent })
        } else {
            Ok(())
        }
    }
}

/// The state of one connection.
#[derive(Debug)]
pub struct Link {
    says: Duration,
    expects: Duration,
    next_tick: Moment,
    next_word: Moment,
    last_heard: Moment,
    /// How long the peer is waited for on this connection once it is missed.
    grace: Duration,
    misses: bool,
    /// What there was when something was to be said last.
    told: Traffic,
    seen: Traffic,
}

impl Link {
    /// A connection that was made at `now`, on which this end says something as often as it `says`, and `expects` to hear of the other.
    #[must_use]
    pub fn new(now: Moment, says: Duration, expects: Duration) -> Self {
        Self {
            says,
            expects,
            next_tick: now + says.min(expects),
            next_word: now + says,
            last_heard: now,
            grace: Duration::ZERO,
            misses: false,
            told: Traffic::default(),
            seen: Traffic::default(),
        }
    }

    /// The same, where the peer is waited for so long once it is missed: it lives as long as the connection does, and what is sent waits
    /// there for it.
    #[must_use]
    pub const fn waiting(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether a peer that is missed is waited for on this connection.
    #[must_use]
    pub const fn waits(&self) -> bool {
        !self.grace.is_zero()
    }

    /// How often this end expects to hear of the other.
    #[must_use]
    pub const fn expects(&self) -> Duration {
        self.expects
    }

    /// When [`tick`](Self::tick) wants to be called next.
    #[must_use]
    pub const fn next_tick(&self) -> Moment {
        self.next_tick
    }

    /// Some time has passed. Bytes that arrive are a sign of life, before their frame is whole; what was said takes the place of a
    /// heartbeat.
    ///
    /// A frozen peer is noticed three of the intervals after its last sign in which something is expected of it, or up to one later.
    pub fn tick(&mut self, now: Moment, traffic: Traffic) -> Tick {
        if now < self.next_tick {
            return Tick::Idle;
        }
        // A driver that was held up itself (a suspended machine) must not blame the peer for it: at most one
        // interval of silence is counted per tick.
        let held_up = now.since(self.next_tick);
        self.last_heard = self.last_heard + held_up;
        self.next_tick = now + self.says.min(self.expects);

        let heard = (traffic.received, traffic.signs) != (self.seen.received, self.seen.signs);
        self.seen = traffic;
        if heard {
            self.last_heard = now;
        }
        let silence = now.since(self.last_heard);
        let patience = self.expects.saturating_mul(MISSED_HEARTBEATS);
        let longest = patience.saturating_add(self.grace);
        if silence >= longest {
            return Tick::Lost { silence };
        }
        let misses = silence >= patience;
        if misses {
            self.next_tick = self.next_tick.min(self.last_heard + longest);
        }
        if std::mem::replace(&mut self.misses, misses) != misses {
            // It may be time to say something as well.
            self.next_tick = now;
            return if misses {
                Tick::Missed { silence }
            } else {
                Tick::Back
            };
        }
        if now < self.next_word {
            return Tick::Idle;
        }
        self.next_word = now + self.says;
        let spoke = traffic.sent != self.told.sent;
        let news = traffic.received != self.told.received;
        self.told = traffic;
        if spoke && !news {
            return Tick::Idle;
        }
        Tick::Heartbeat {
            received: traffic.received,
        }
    }
}
