//! What waits to be written, in two lanes: items of streams, of which there may be much, and everything else, which does
//! not wait for them.
//!
//! **Invariant:** the frames of one call stay in their order, and so do calls among each other. So whatever belongs to a
//! call with frames in the slow lane takes the slow lane, too; and nothing in the slow lane is written before what was in the
//! fast one when it came. No call begins in the slow lane, since its number has never been another's.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::batch::Batch;
use crate::proto::{FrameError, Framing, Header, Party};

/// The slow lane is written in pieces of about so many bytes, between which the fast one has its turn.
pub(super) const PIECE_BYTES: usize = 128 * 1024;

/// Frames that wait.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    fast: Batch,
    slow: VecDeque<Piece>,
    /// How many frames of a call are in the slow lane.
    held: HashMap<Party, u32>,
    /// The fast lane has had its turn.
    slow_is_next: bool,
    /// So many pieces were complete at that turn: whatever they may follow is written.
    sealed: usize,
}

#[derive(Debug, Default)]
struct Piece {
    batch: Batch,
    bytes: usize,
    of: Vec<Party>,
}

impl Lanes {
    pub(super) fn is_empty(&self) -> bool {
        self.fast.is_empty() && self.slow.is_empty()
    }

    /// Adds a frame; answers how many bytes it takes.
    pub(super) fn push(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
    ) -> Result<usize, FrameError> {
        // Most connections have no streams.
        if self.slow.is_empty() && !matches!(header, Header::Items { .. }) {
            return self.fast.push(header, payload, framing);
        }
        match header.party().filter(|party| self.is_slow(header, *party)) {
            None => self.fast.push(header, payload, framing),
            Some(party) => self.push_slow(header, payload, framing, party),
        }
    }

    fn is_slow(&self, header: &Header<'_>, party: Party) -> bool {
        match header {
            Header::Items { .. } => true,
            // They belong to the other end's stream, and may come early.
            Header::Credit { .. } | Header::Stop { .. } => false,
            _ => self.held.contains_key(&party),
        }
    }

    fn push_slow(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
        party: Party,
    ) -> Result<usize, FrameError> {
        let takes_more = |last: &Piece| last.bytes < PIECE_BYTES;
        let open = self.slow.len() > self.sealed && self.slow.back().is_some_and(takes_more);
        let last = if open { self.slow.pop_back() } else { None };
        let mut piece = last.unwrap_or_default();
        let pushed = piece.batch.push(header, payload, framing);
        if let Ok(bytes) = pushed {
            piece.bytes += bytes;
            piece.of.push(party);
            *self.held.entry(party).or_default() += 1;
        }
        if !piece.of.is_empty() {
            self.slow.push_back(piece);
        }
        pushed
    }

    /// Takes what is to be written next; `spare` is used again.
    pub(super) fn pop(&mut self, spare: &mut Batch) -> Option<Batch> {
        let turn = std::mem::take(&mut self.slow_is_next) && self.sealed > 0;
        if (turn || self.fast.is_empty())
            && let Some(piece) = self.slow.pop_front()
        {
            self.sealed = self.sealed.saturating_sub(1);
            for party in piece.of {
                if let Some(count) = self.held.get_mut(&party) {
                    *count -= 1;
                    if *count == 0 {
                        self.held.remove(&party);
                    }
                }
            }
            return Some(piece.batch);
        }
        if self.fast.is_empty() {
            return None;
        }
        self.slow_is_next = true;
        self.sealed = self.slow.len();
        Some(std::mem::replace(&mut self.fast, std::mem::take(spare)))
    }
}
