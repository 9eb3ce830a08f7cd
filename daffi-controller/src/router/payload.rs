//! Arguments, whole or as far as they have come.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use daffi_core::proto::{CallId, Header, PieceError, PieceOf, ToCome};

use super::ids::PeerId;
use super::outlet::Outlet;

/// A payload that is shorter may have come with others, and keeps as much as was read with it. One that waits does not.
const SHARED_BYTES: usize = 128 * 1024;

/// The arguments of a call that is to be given to somebody.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arguments<'a> {
    Whole(&'a Bytes),
    Pieces(&'a SoFar),
}

impl Arguments<'_> {
    /// How many bytes they have in the end.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Pieces(come) => come.bytes(),
        }
    }

    /// How many of them are to come.
    pub(super) fn to_come(self) -> usize {
        match self {
            Self::Whole(_) => 0,
            Self::Pieces(come) => come.to_come.bytes(),
        }
    }

    /// The same, to be given to several.
    pub(super) fn share(self) -> Payload {
        match self {
            Self::Whole(bytes) => Payload::Whole(bytes.clone()),
            Self::Pieces(come) => Payload::Pieces(come.clone()),
        }
    }

    /// The same, kept for as long as the call waits.
    pub(super) fn keep(self) -> Payload {
        match self {
            Self::Whole(bytes) if bytes.len() < SHARED_BYTES => Payload::Whole(Bytes::copy_from_slice(bytes)),
            other => other.share(),
        }
    }
}

/// Arguments that are kept.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    Whole(Bytes),
    Pieces(SoFar),
}

impl Payload {
    pub(super) const fn arguments(&self) -> Arguments<'_> {
        match self {
            Self::Whole(bytes) => Arguments::Whole(bytes),
            Self::Pieces(come) => Arguments::Pieces(come),
        }
    }

    /// A piece has come.
    pub(super) fn add(&mut self, piece: &Bytes) -> Result<(), PieceError> {
        match self {
            Self::Whole(_) => Err(PieceError::TooMany),
            Self::Pieces(come) => come.add(piece),
        }
    }
}

/// What has come of arguments: pieces as they came, but that short ones are put together. They are shared by all who are given
/// them.
#[derive(Clone, Debug)]
pub(super) struct SoFar {
    pieces: Arc<Vec<Bytes>>,
    /// The last bytes.
    rest: BytesMut,
    come: usize,
    to_come: ToCome,
}

impl SoFar {
    pub(super) fn nothing_of(to_come: ToCome) -> Self {
        Self {
            pieces: Arc::default(),
            rest: BytesMut::new(),
            come: 0,
            to_come,
        }
    }

    /// How many bytes there are in the end.
    pub(super) const fn bytes(&self) -> usize {
        self.come + self.to_come.bytes()
    }

    pub(super) const fn to_come(&self) -> ToCome {
        self.to_come
    }

    /// A piece has come.
    pub(super) fn add(&mut self, piece: &Bytes) -> Result<(), PieceError> {
        self.to_come.take(piece)?;
        self.come += piece.len();
        let is_long = piece.len() >= SHARED_BYTES;
        if !is_long {
            self.rest.extend_from_slice(piece);
        }
        if is_long || self.rest.len() >= SHARED_BYTES || self.to_come.is_nothing() {
            let pieces = Arc::make_mut(&mut self.pieces);
            if !self.rest.is_empty() {
                pieces.push(self.rest.split().freeze());
            }
            if is_long {
                pieces.push(piece.clone());
            }
        }
        Ok(())
    }

    /// Sends what has come to a process whose number for the call this is; says in how many frames.
    pub(super) fn send(&self, to: PeerId, call: CallId, out: &mut impl Outlet) -> usize {
        let header = Header::Piece {
            call,
            of: PieceOf::Arguments,
        };
        let rest = Bytes::copy_from_slice(&self.rest);
        let pieces = self.pieces.iter().chain((!rest.is_empty()).then_some(&rest));
        let mut sent = 0;
        for piece in pieces {
            // It has come in a frame, and fits one.
            let _ = out.send(to, &header, piece);
            sent += 1;
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn come(bytes: u64) -> SoFar {
        SoFar::nothing_of(ToCome::declared(bytes, 1 << 24).unwrap())
    }

    /// What was read with other frames is not kept for a short one among them.
    #[test]
    fn short_arguments_are_copied_while_their_call_waits() {
        for (bytes, is_copied) in [(SHARED_BYTES - 1, true), (SHARED_BYTES, false)] {
            let arguments = Bytes::from(vec![7; bytes]);
            let Payload::Whole(kept) = Arguments::Whole(&arguments).keep() else {
                panic!("it is whole");
            };
            assert_eq!(kept, arguments);
            assert_eq!(kept.as_ptr() != arguments.as_ptr(), is_copied);
        }
    }

    #[test]
    fn short_pieces_are_put_together() {
        let mut come = come(1 << 20);
        let piece = Bytes::from(vec![1; 1000]);
        for _ in 0..1000 {
            come.add(&piece).unwrap();
        }
        assert!(come.pieces.len() <= 8, "{}", come.pieces.len());
        assert_eq!(
            (come.bytes(), come.to_come().bytes()),
            (1 << 20, (1 << 20) - 1_000_000)
        );
    }

    #[test]
    fn long_pieces_are_not_copied_and_stay_in_their_place() {
        let mut come = come(SHARED_BYTES as u64 + 5);
        let long = Bytes::from(vec![7; SHARED_BYTES]);
        come.add(&Bytes::from_static(b"ab")).unwrap();
        come.add(&long).unwrap();
        come.add(&Bytes::from_static(b"cde")).unwrap();
        let lengths: Vec<_> = come.pieces.iter().map(Bytes::len).collect();
        assert_eq!(lengths, [2, SHARED_BYTES, 3]);
        assert_eq!(come.pieces[1].as_ptr(), long.as_ptr());
    }
}
