//! Where frames go, and what is at fault when they do not.

use bytes::Bytes;
use daffi_core::proto::{DecodeError, Exceeded, FrameError, Header, PieceError};

use super::ids::PeerId;

/// The way out to every process.
pub trait Outlet {
    /// Queues a frame for a process.
    ///
    /// # Errors
    ///
    /// When the frame is over the limit of its connection. A process without one takes everything; the router will be told.
    fn send(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError>;

    /// How many more bytes the queue to a process takes.
    fn room(&self, to: PeerId) -> usize;
}

impl<O: Outlet + ?Sized> Outlet for &mut O {
    fn send(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError> {
        (**self).send(to, header, payload)
    }

    fn room(&self, to: PeerId) -> usize {
        (**self).room(to)
    }
}

/// A peer sent something that no node sends. Its connection is to be closed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It does not decode.
    #[error("a frame does not decode: {0}")]
    Decode(#[from] DecodeError),
    /// A payload in pieces is not as it was declared.
    #[error("{0}")]
    Piece(#[from] PieceError),
    /// It has no place here.
    #[error("{0}")]
    Unexpected(&'static str),
    /// It goes on and on beyond a quota. It is to be told so.
    #[error("it goes on and on beyond its quota: {0}")]
    Abuse(Exceeded),
}
