//! A payload that comes in pieces, put together.

use bytes::Bytes;

/// What does not keep to what was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PieceError {
    /// It would take no end.
    #[error("a piece without bytes")]
    Empty,
    /// More comes than was said.
    #[error("more bytes than were declared")]
    TooMany,
    /// So much is not allowed, or nothing was declared.
    #[error("a payload in pieces of a size that is not allowed")]
    Size,
}

/// How many bytes of a payload are to come.
///
/// Whoever passes the pieces on needs no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToCome(u32);

impl ToCome {
    /// Of a payload of so many bytes, if that is allowed.
    ///
    /// # Errors
    ///
    /// When it has no bytes, or more than the limit.
    pub fn declared(bytes: u64, limit: usize) -> Result<Self, PieceError> {
        let fits = bytes > 0 && bytes <= limit as u64;
        let bytes = u32::try_from(bytes).map_err(|_| PieceError::Size)?;
        if fits {
            Ok(Self(bytes))
        } else {
            Err(PieceError::Size)
        }
    }

    /// So many are to come.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }

    /// Whether all have come.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// A piece has come.
    ///
    /// # Errors
    ///
    /// When it does not keep to what was declared.
    pub fn take(&mut self, piece: &Bytes) -> Result<(), PieceError> {
        if piece.is_empty() {
            return Err(PieceError::Empty);
        }
        let bytes = u32::try_from(piece.len()).map_err(|_| PieceError::TooMany)?;
        self.0 = self.0.checked_sub(bytes).ok_or(PieceError::TooMany)?;
        Ok(())
    }
}

/// A payload that is put together.
#[derive(Debug)]
pub struct Pieces {
    bytes: Vec<u8>,
    to_come: ToCome,
    at_once: usize,
}

impl Pieces {
    /// Nothing has come yet. When something has, memory is taken for all, if that is no more than so many bytes `at_once`;
    /// otherwise for as many, and then for at most twice of what has come.
    #[must_use]
    pub const fn new(to_come: ToCome, at_once: usize) -> Self {
        Self {
            bytes: Vec::new(),
            to_come,
            at_once,
        }
    }

    /// So many bytes are to come.
    #[must_use]
    pub const fn to_come(&self) -> ToCome {
        self.to_come
    }

    /// Adds a piece; the whole, if it was the last.
    ///
    /// # Errors
    ///
    /// When it does not keep to what was declared.
    pub fn add(&mut self, piece: &Bytes) -> Result<Option<Bytes>, PieceError> {
        let before = self.to_come.bytes();
        self.to_come.take(piece)?;
        let free = self.bytes.capacity() - self.bytes.len();
        if free < piece.len() {
            // What was declared may never come.
            let more = piece.len().max(self.bytes.len()).max(self.at_once);
            self.bytes.reserve_exact(more.min(before));
        }
        self.bytes.extend_from_slice(piece);
        Ok(self
            .to_come
            .is_nothing()
            .then(|| std::mem::take(&mut self.bytes).into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_ONCE: usize = 5000;

    fn declared(bytes: u64) -> Pieces {
        Pieces::new(
            ToCome::declared(bytes, 1 << 20).expect("it is within the limit"),
            AT_ONCE,
        )
    }

    #[test]
    fn pieces_are_put_together_in_their_order() {
        let mut pieces = declared(7);
        assert_eq!(pieces.add(&Bytes::from_static(b"abc")), Ok(None));
        assert_eq!(pieces.add(&Bytes::from_static(b"de")), Ok(None));
        assert_eq!(pieces.to_come().bytes(), 2);
        assert_eq!(
            pieces.add(&Bytes::from_static(b"fg")),
            Ok(Some(Bytes::from_static(b"abcdefg")))
        );
    }

    #[test]
    fn no_more_comes_than_was_declared() {
        let mut pieces = declared(3);
        assert_eq!(pieces.add(&Bytes::from_static(b"ab")), Ok(None));
        assert_eq!(pieces.add(&Bytes::from_static(b"cd")), Err(PieceError::TooMany));
        let mut whole = declared(1);
        assert!(
            whole
                .add(&Bytes::from_static(b"a"))
                .is_ok_and(|whole| whole.is_some())
        );
        assert_eq!(whole.add(&Bytes::from_static(b"a")), Err(PieceError::TooMany));
    }

    #[test]
    fn a_piece_has_bytes() {
        assert_eq!(declared(3).add(&Bytes::new()), Err(PieceError::Empty));
    }

    #[test]
    fn a_size_is_within_the_limit() {
        assert_eq!(ToCome::declared(0, 10), Err(PieceError::Size));
        assert_eq!(ToCome::declared(11, 10), Err(PieceError::Size));
        assert_eq!(ToCome::declared(u64::MAX, usize::MAX), Err(PieceError::Size));
        assert_eq!(ToCome::declared(10, 10).map(ToCome::bytes), Ok(10));
    }

    #[test]
    fn memory_is_taken_for_what_has_come() {
        let mut pieces = declared(1 << 20);
        assert_eq!(pieces.bytes.capacity(), 0);
        let piece = Bytes::from(vec![7; 1000]);
        let mut come = 0;
        while pieces.to_come().bytes() > piece.len() {
            assert_eq!(pieces.add(&piece), Ok(None));
            come += piece.len();
            let most = AT_ONCE.max(2 * come);
            assert!(pieces.bytes.capacity() <= most, "{}", pieces.bytes.capacity());
        }
        let rest = Bytes::from(vec![7; pieces.to_come().bytes()]);
        assert!(pieces.bytes.capacity() <= 1 << 20);
        assert!(pieces.add(&rest).is_ok_and(|whole| whole.is_some()));
    }
}
