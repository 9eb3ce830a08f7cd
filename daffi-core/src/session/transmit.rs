//! The way out of a session.

use bytes::Bytes;

use crate::proto::Header;

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
}
