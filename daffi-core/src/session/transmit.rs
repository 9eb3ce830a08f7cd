//! The way out of a session.

use bytes::Bytes;

use crate::proto::{Failed, FrameError, Header};

/// Where frames go.
pub trait Transmit {
    /// Queues a frame.
    ///
    /// # Errors
    ///
    /// When it cannot be queued; nothing of it was.
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent>;

    /// How many more bytes may be queued. At zero the peer does not keep up.
    fn room(&self) -> usize;

    /// Whether there is a connection just now, so that a call which is sent leaves this process.
    fn is_connected(&self) -> bool {
        true
    }

    /// How many bytes a frame may have.
    fn frame_limit(&self) -> usize;

    /// An item of a stream that has more bytes is sent in parts of so many, between which other frames have their turn.
    fn part_bytes(&self) -> usize;
}

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The connection is gone; the session will be told.
    Closed,
    /// The frame is over the limit. Sizes are in bytes.
    TooLarge {
        /// The frame's size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The version that is spoken with the controller has no such frame.
    NotSpoken {
        /// The version.
        version: u16,
    },
}

impl Unsent {
    /// What a call ends with of which this was a frame.
    #[must_use]
    pub fn failed(self, may_have_run: bool) -> Failed {
        match self {
            Self::Closed => Failed::Disconnected { may_have_run },
            Self::TooLarge { size, limit } => Failed::TooLarge {
                size: size as u64,
                limit: limit as u64,
                may_have_run,
            },
            Self::NotSpoken { version } => Failed::Invalid {
                reason: FrameError::NotSpoken { version }.to_string(),
            },
        }
    }
}
