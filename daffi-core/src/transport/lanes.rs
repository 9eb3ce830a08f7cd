//! What waits to be written, in two lanes: items of streams and pieces of large payloads, of which there may be much, and
//! everything else, which does not wait for them.
//!
//! **Invariant:** the frames of one call stay in their order, and so do calls among each other. So whatever belongs to a
//! call with frames in the slow lane takes the slow lane, too; and nothing in the slow lane is written before what was in the
//! fast one when it came. A call begins in the fast lane, since its number has never been another's, but for those behind a
//! large one to many: whom that asks is known, and so in which order they are asked, only when all of it has come.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;

use super::batch::WriteBatch;
use crate::proto::{CallId, FrameError, Framing, Header, Large, Party, PieceOf};

/// The slow lane is written in pieces of about so many bytes, between which the fast one has its turn.
pub(super) const PIECE_BYTES: usize = 128 * 1024;

/// A payload that has more bytes is sent in pieces. It is a little more than one, so that whatever limit the payload fits, a
/// piece and its header do, too.
const LARGE_BYTES: usize = PIECE_BYTES + 1024;

/// Frames that wait.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    fast: WriteBatch,
    /// The calls that begin in it.
    begin: Vec<CallId>,
    slow: VecDeque<Piece>,
    /// How many frames of a call are in the slow lane.
    held: HashMap<Party, u32>,
    /// How many are there which calls that come later do not overtake.
    in_order: u32,
    /// The fast lane has had its turn.
    slow_is_next: bool,
    /// So many pieces were complete at that turn: whatever they may follow is written.
    sealed: usize,
}

#[derive(Debug, Default)]
struct Piece {
    batch: WriteBatch,
    bytes: usize,
    of: Vec<Party>,
    /// Calls that begin in it, or of whose arguments some are in it.
    calls: Vec<CallId>,
    in_order: u32,
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
        if payload.len() > LARGE_BYTES
            && let Some(frame) = header.large()
        {
            return self.push_large(frame, payload, framing);
        }
        self.push_one(header, payload, framing, false)
    }

    /// Adds a frame whose payload goes in pieces.
    fn push_large(
        &mut self,
        frame: Large<'_>,
        payload: &Bytes,
        framing: Framing,
    ) -> Result<usize, FrameError> {
        let (piece, asks_many) = (frame.piece(), frame.asks_many());
        let bytes = payload.len() as u64;
        // Either this does not fit, or all does.
        let mut pushed = self.push_one(&Header::Large { bytes, frame }, &Bytes::new(), framing, false)?;
        let mut rest = payload.clone();
        while !rest.is_empty() {
            let next = rest.split_to(rest.len().min(PIECE_BYTES));
            pushed += self.push_one(&piece, &next, framing, asks_many)?;
        }
        Ok(pushed)
    }

    /// Adds a frame as it is: `in_order`, if calls that come later do not overtake it in the slow lane.
    fn push_one(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
        in_order: bool,
    ) -> Result<usize, FrameError> {
        // Most connections have no streams, and nothing large.
        if self.slow.is_empty() && !matches!(header, Header::Items { .. } | Header::Piece { .. }) {
            return self.push_fast(header, payload, framing);
        }
        match header.party().filter(|party| self.is_slow(header, *party)) {
            None => self.push_fast(header, payload, framing),
            Some(party) => self.push_slow(header, payload, framing, (party, in_order || is_call(header))),
        }
    }

    fn push_fast(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
    ) -> Result<usize, FrameError> {
        let pushed = self.fast.push(header, payload, framing)?;
        self.begin.extend(needed_by(header));
        Ok(pushed)
    }

    /// The calls that nobody can have run if nothing more is written: they are not begun, or not all of their arguments are written.
    pub(super) fn unsent(&self) -> impl Iterator<Item = CallId> {
        let slow = self.slow.iter().flat_map(|piece| &piece.calls);
        self.begin.iter().chain(slow).copied()
    }

    fn is_slow(&self, header: &Header<'_>, party: Party) -> bool {
        match header {
            Header::Items { .. } | Header::Piece { .. } => true,
            // They belong to the other end's stream, and may come early, but not before the call itself.
            Header::Credit { .. } if self.in_order > 0 => self.held.contains_key(&party),
            Header::Credit { .. } | Header::Stop { .. } => false,
            _ => self.held.contains_key(&party) || self.in_order > 0 && is_call(header),
        }
    }

    fn push_slow(
        &mut self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
        (party, in_order): (Party, bool),
    ) -> Result<usize, FrameError> {
        let takes_more = |last: &Piece| last.bytes < PIECE_BYTES;
        let open = self.slow.len() > self.sealed && self.slow.back().is_some_and(takes_more);
        let last = if open { self.slow.pop_back() } else { None };
        let mut piece = last.unwrap_or_default();
        let pushed = piece.batch.push(header, payload, framing);
        if let Ok(bytes) = pushed {
            piece.bytes += bytes;
            piece.of.push(party);
            piece.calls.extend(needed_by(header));
            *self.held.entry(party).or_default() += 1;
            piece.in_order += u32::from(in_order);
            self.in_order += u32::from(in_order);
        }
        if !piece.of.is_empty() {
            self.slow.push_back(piece);
        }
        pushed
    }

    /// Takes what is to be written next; `spare` is used again.
    pub(super) fn pop(&mut self, spare: &mut WriteBatch) -> Option<WriteBatch> {
        let turn = std::mem::take(&mut self.slow_is_next) && self.sealed > 0;
        if (turn || self.fast.is_empty())
            && let Some(piece) = self.slow.pop_front()
        {
            self.sealed = self.sealed.saturating_sub(1);
            self.in_order -= piece.in_order;
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
        self.begin.clear();
        self.slow_is_next = true;
        self.sealed = self.slow.len();
        Some(std::mem::replace(&mut self.fast, std::mem::take(spare)))
    }
}

/// The call of its sender's that nobody can run without a frame.
const fn needed_by(header: &Header<'_>) -> Option<CallId> {
    match header {
        Header::Call(call) | Header::CallTo { call, .. } => Some(call.call),
        Header::Piece {
            call,
            of: PieceOf::Arguments,
        } => Some(*call),
        _ => None,
    }
}

/// Whether a frame begins a call of its sender's.
const fn is_call(header: &Header<'_>) -> bool {
    matches!(
        header,
        Header::Call(_)
            | Header::CallTo { .. }
            | Header::Large {
                frame: Large::Call(_) | Large::CallTo { .. },
                ..
            }
    )
}
