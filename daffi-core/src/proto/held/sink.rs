//! Where a value is written to.

use crate::signature::form::{Marks, Print};

/// Where a value is written to.
pub(in super::super) trait Sink {
    /// The bytes so far.
    fn out(&mut self) -> &mut Vec<u8>;
}

impl Sink for Vec<u8> {
    #[inline]
    fn out(&mut self) -> &mut Vec<u8> {
        self
    }
}

/// Where a value is written to that is held to a form.
pub(in super::super) struct Watched<'f> {
    out: &'f mut Vec<u8>,
    pub(super) marks: Marks<'f>,
    pub(super) seen: Seen,
}

/// What was noticed while a value was written.
#[derive(Clone, Copy)]
pub(in super::super) struct Seen {
    /// Whether there was something that has to be looked at.
    pub(in super::super) is_odd: bool,
    /// All that was written, where it is not compared with anything.
    pub(in super::super) told: Print,
}

impl Watched<'_> {
    /// Writes what `write` writes to the end of `out`, and says what was noticed.
    #[inline]
    pub(in super::super) fn lend<T>(
        out: &mut Vec<u8>,
        marks: Marks<'_>,
        write: impl FnOnce(&mut Watched<'_>) -> T,
    ) -> (T, Seen) {
        let mut sink = Watched {
            out,
            marks,
            seen: Seen {
                is_odd: false,
                told: Print::NOTHING,
            },
        };
        (write(&mut sink), sink.seen)
    }
}

impl Sink for Watched<'_> {
    #[inline]
    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
}
