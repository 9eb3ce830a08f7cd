//! Bytes on their way out, in as few pieces as pays.
//!
//! Small frames are laid side by side in one buffer: copying a hundred bytes costs less than another entry of a
//! vectored write (measured on a relay of small frames). Larger payloads stay what they are, a shared piece.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use bytes::Bytes;

use super::inlet::LARGEST_BUFFER;
use crate::link::Journal;
use crate::proto::{FrameError, Framing, Header, append};

/// Payloads of at least this many bytes are written from where they are.
const SHARED_BYTES: usize = 4 * 1024;

/// How many pieces one write takes.
const PIECES: usize = 64;

/// A buffer that grew beyond this is given back after use.
const KEPT_BYTES: usize = 256 * 1024;

/// A payload that came with others keeps as much as was read with it. Where what waits is so many times as long, it may wait for
/// long, and is copied.
const WAITING: usize = 64;

/// A payload as it is queued behind so many bytes, those included that are kept until they are acknowledged, if not as it is.
pub(super) fn detached(payload: &Bytes, queued: usize) -> Option<Bytes> {
    let shares = (SHARED_BYTES..LARGEST_BUFFER / 2).contains(&payload.len());
    (shares && queued / WAITING > payload.len()).then(|| Bytes::copy_from_slice(payload))
}

#[derive(Debug)]
enum Slice {
    /// The next so many bytes of the buffer.
    Buffered(usize),
    /// A payload of its own.
    Shared(Bytes),
}

impl Slice {
    fn len(&self) -> usize {
        match self {
            Self::Buffered(len) => *len,
            Self::Shared(bytes) => bytes.len(),
        }
    }
}

/// Frames as they will be written.
#[derive(Debug, Default)]
pub(super) struct WriteBatch {
    buffer: Vec<u8>,
    /// Where in `buffer` the first buffered piece begins.
    start: usize,
    pieces: VecDeque<Slice>,
    /// How much of the first piece is written.
    written: usize,
    /// How many bytes were added.
    bytes: usize,
}

impl WriteBatch {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds a frame; answers how many bytes it takes.
    pub(super) fn push(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
    ) -> Result<usize, FrameError> {
        let before = self.buffer.len();
        append(&mut self.buffer, header, payload.len(), framing)?;
        let shared = payload.len() >= SHARED_BYTES;
        if !shared {
            self.buffer.extend_from_slice(payload);
        }
        let buffered = self.buffer.len() - before;
        self.bytes += buffered + if shared { payload.len() } else { 0 };
        match self.pieces.back_mut() {
            Some(Slice::Buffered(len)) => *len += buffered,
            _ => self.pieces.push_back(Slice::Buffered(buffered)),
        }
        if shared {
            self.pieces.push_back(Slice::Shared(payload.clone()));
            return Ok(buffered + payload.len());
        }
        Ok(buffered)
    }

    /// What is to be written once more.
    pub(super) fn of(pieces: impl Iterator<Item = Bytes>) -> Self {
        Self {
            pieces: pieces.map(Slice::Shared).collect(),
            ..Self::default()
        }
    }

    /// How many bytes its frames have.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many bytes are yet to be written.
    pub(super) fn left(&self) -> usize {
        self.pieces.iter().map(Slice::len).sum::<usize>() - self.written
    }

    /// Has a journal keep what it has, of which nothing is written yet.
    pub(super) fn keep_in(&self, journal: &mut Journal) {
        let mut start = self.start;
        for piece in &self.pieces {
            match piece {
                Slice::Buffered(len) => {
                    journal.push(&self.buffer[start..start + len]);
                    start += len;
                }
                Slice::Shared(bytes) => journal.push_shared(bytes),
            }
        }
    }

    /// Writes with `write` until all is written (`true`) or it would block (`false`); tells `progress` what went.
    pub(super) fn write(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
        mut progress: impl FnMut(usize),
    ) -> io::Result<bool> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let count = self.slices(&mut slices);
            match write(&slices[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.advance(written);
                    progress(written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.give_back();
                    return Ok(false);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BYTES);
        self.start = 0;
        self.bytes = 0;
        Ok(true)
    }

    /// Gives back what is written, where that is most of much: as much is queued again by then, and a peer may read the rest
    /// slowly.
    fn give_back(&mut self) {
        let first = match self.pieces.front_mut() {
            Some(Slice::Buffered(len)) => len,
            _ => return,
        };
        let done = self.start + self.written;
        if done < KEPT_BYTES || done < self.buffer.len() / 2 {
            return;
        }
        *first -= self.written;
        (self.start, self.written) = (0, 0);
        self.buffer.drain(..done);
        self.buffer.shrink_to(KEPT_BYTES);
    }

    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }

    fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; PIECES]) -> usize {
        let mut skip = self.written;
        let mut start = self.start;
        let mut count = 0;
        for (slot, piece) in slices.iter_mut().zip(&self.pieces) {
            *slot = match piece {
                Slice::Buffered(len) => {
                    let slice = &self.buffer[start + skip..start + len];
                    start += len;
                    IoSlice::new(slice)
                }
                Slice::Shared(bytes) => IoSlice::new(&bytes[skip..]),
            };
            skip = 0;
            count += 1;
        }
        count
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(piece) = self.pieces.front() {
            let left = piece.len() - self.written;
            if written < left {
                self.written += written;
                return;
            }
            written -= left;
            if let Slice::Buffered(len) = piece {
                self.start += len;
            }
            self.pieces.pop_front();
            self.written = 0;
        }
    }
}
