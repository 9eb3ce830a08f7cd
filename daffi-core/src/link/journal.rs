//! What was sent and may not have arrived: the bytes of frames as they were written, until the peer says that it has them.
//!
//! Positions are counts of bytes, of all numbered frames since the session began. What the peer acknowledges ends with a frame, as it
//! counts whole ones only, so nobody here needs to know where a frame ends; nor does it matter in which records or packets they went.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::BadAcknowledgement;

/// Small pieces are laid side by side in buffers of so many bytes.
const CHUNK_BYTES: usize = 16 * 1024;

/// The written frames of one direction of a session.
#[derive(Debug)]
pub struct Journal {
    /// In their order; those of `small` come after them.
    chunks: VecDeque<Bytes>,
    small: BytesMut,
    /// How many bytes came before the first that is held.
    first: u64,
    /// How many bytes were written.
    end: u64,
    limit: usize,
    /// It held too much, and holds nothing more.
    is_given_up: bool,
}

/// What the peer claims to have cannot be gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotGoOn {
    /// It was never sent, or was acknowledged before.
    #[error("it claims to have received {received} bytes, of {first} to {end}")]
    Impossible {
        /// How many it claims to have.
        received: u64,
        /// How many it is known to have.
        first: u64,
        /// How many were sent.
        end: u64,
    },
    /// More was under way than is kept.
    #[error("more was under way than is kept")]
    GivenUp,
}

impl Journal {
    /// An empty one that is [full](Self::is_full) with `limit` bytes: whoever writes asks before.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            small: BytesMut::new(),
            first: 0,
            end: 0,
            limit,
            is_given_up: false,
        }
    }

    /// How many bytes were written since the session began.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.end
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        // It was written on this machine and is held there.
        usize::try_from(self.end - self.first).unwrap_or(usize::MAX)
    }

    /// Whether it holds as much as it may: nothing more is written before some of that is acknowledged, or it is given up.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.held() >= self.limit && !self.is_given_up
    }

    /// Whether it holds nothing any more, so that nobody can go on from what the peer has.
    #[must_use]
    pub const fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// These bytes are written next; they are copied.
    pub fn push(&mut self, bytes: &[u8]) {
        self.end += bytes.len() as u64;
        if self.is_given_up {
            self.first = self.end;
            return;
        }
        if self.small.capacity() - self.small.len() < bytes.len() {
            self.seal();
            self.small.reserve(bytes.len().max(CHUNK_BYTES));
        }
        self.small.extend_from_slice(bytes);
    }

    /// These bytes are written next; they are shared.
    pub fn push_shared(&mut self, bytes: &Bytes) {
        self.end += bytes.len() as u64;
        if self.is_given_up {
            self.first = self.end;
            return;
        }
        self.seal();
        self.chunks.push_back(bytes.clone());
    }

    /// The peer acknowledges nothing: all is given up. Answers how many bytes it held.
    pub fn give_up(&mut self) -> usize {
        let held = self.held();
        self.chunks = VecDeque::new();
        self.small = BytesMut::new();
        self.first = self.end;
        self.is_given_up = true;
        held
    }

    /// The peer has so many bytes; answers how many of them were held until now.
    ///
    /// # Errors
    ///
    /// When they were never written.
    pub fn acknowledge(&mut self, received: u64) -> Result<usize, BadAcknowledgement> {
        BadAcknowledgement::check(received, self.end)?;
        Ok(self.let_go(received))
    }

    fn let_go(&mut self, received: u64) -> usize {
        // One that was on its way for long says less than what is known.
        let mut known = usize::try_from(received.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let let_go = known;
        self.first = self.first.max(received);
        while known > 0
            && let Some(chunk) = self.chunks.front_mut()
        {
            if chunk.len() > known {
                chunk.advance(known);
                return let_go;
            }
            known -= chunk.len();
            self.chunks.pop_front();
        }
        if known >= self.small.len() {
            // Nothing is held of an idle connection.
            self.small = BytesMut::new();
        } else {
            self.small.advance(known);
        }
        let_go
    }

    /// What a peer that has `received` bytes has not, in its order. It has acknowledged the rest thereby.
    ///
    /// # Errors
    ///
    /// When it cannot be gone on from there.
    pub fn since(&mut self, received: u64) -> Result<impl Iterator<Item = Bytes> + '_, CannotGoOn> {
        self.check(received)?;
        self.let_go(received);
        self.seal();
        Ok(self.chunks.iter().cloned())
    }

    /// Whether a peer that has `received` bytes can be sent what it has not.
    ///
    /// # Errors
    ///
    /// Why not.
    pub const fn check(&self, received: u64) -> Result<(), CannotGoOn> {
        if self.is_given_up {
            return Err(CannotGoOn::GivenUp);
        }
        if self.first <= received && received <= self.end {
            return Ok(());
        }
        Err(CannotGoOn::Impossible {
            received,
            first: self.first,
            end: self.end,
        })
    }

    /// What is small is complete.
    fn seal(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push_back(self.small.split().freeze());
        }
    }
}
