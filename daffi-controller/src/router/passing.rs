//! Payloads that are passed on as they come, in pieces.
//!
//! Whom a call is given to is decided when its beginning comes, and everything that bounds calls counts all bytes that were
//! declared. So does the place of a call at its provider. A result frees that place when it begins.
//!
//! What is passed on takes room in a queue that was looked for at the beginning. For payloads that are to take half of a queue
//! together it is kept; what begins beyond that ends with `Overloaded` if there is none when it comes.

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Header, Large, Mode, PieceOf, Status, ToCome};

use super::calls::Outstanding;
use super::gathered::Gathering;
use super::ids::{Caller, PeerId, Routed, Sent};
use super::outlet::{Fault, Outlet};
use super::payload::{Arguments, SoFar};
use super::pick::OVERLOADED;
use super::rest::{Passing, Rest};
use super::state::Router;
use super::status::{refused, words};
use super::work::{Task, Turn};

/// This part of a queue is kept for what has begun.
const ASSURED: usize = 2;

impl Router {
    /// A frame whose payload is to follow.
    pub(super) fn large(
        &mut self,
        from: PeerId,
        (frame, bytes): (Large<'_>, u64),
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        let limit = self.peers.get(from).map_or(0, |peer| peer.frame_bytes);
        let to_come = ToCome::declared(bytes, limit)?;
        match frame {
            Large::Call(call) if call.mode.asks_many() => {
                self.gather(from, Gathering::new(&call, None, to_come), turn, out)?;
                Ok(None)
            }
            Large::CallTo { call, processes } => {
                self.gather(from, Gathering::new(&call, Some(&processes), to_come), turn, out)?;
                Ok(None)
            }
            Large::Call(call) if call.mode == Mode::Each => Err(Fault::Unexpected(
                "arguments beside those in the items of a stream",
            )),
            Large::Call(call) => {
                let come = SoFar::nothing_of(to_come);
                self.call(from, &call, Arguments::Pieces(&come), turn, out)
            }
            Large::Reply { call, status } => {
                turn.spend_words(words(&status));
                self.begin_result(from, call, status, to_come, turn, out)?;
                Ok(None)
            }
            _ => Err(Fault::Unexpected("a frame that has no place after the handshake")),
        }
    }

    /// A piece of such a payload.
    pub(super) fn piece(
        &mut self,
        from: PeerId,
        (call, of): (CallId, PieceOf),
        piece: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        match of {
            PieceOf::Arguments => match self.sent(from, call) {
                // It was answered while this was on its way.
                None => {}
                Some(Sent::Routed(Routed::Run(run))) => self.pass_arguments((from, call), run, piece, out)?,
                Some(Sent::Routed(Routed::Queued(id))) => self.lines.add(id, piece)?,
                Some(Sent::Gathering) => return self.gather_more(from, piece, turn, out),
                Some(Sent::Broadcast(_) | Sent::Question | Sent::Presence | Sent::Errand) => {
                    return Err(Fault::Unexpected("a piece of nothing that comes in pieces"));
                }
            },
            PieceOf::Result(0) => self.pass_result(from, call, piece, out)?,
            PieceOf::Result(_) => {
                return Err(Fault::Unexpected("a piece of a result from the wrong end"));
            }
        }
        Ok(None)
    }

    // ------------------------------------------------------------------ room

    /// So much is to come for a process.
    pub(super) fn begin_passing(&mut self, to: PeerId, to_come: ToCome, out: &impl Outlet) -> Rest {
        let most = out.room(to).min(self.limits.queue_bytes / ASSURED);
        let peer = self.peers.get_mut(to);
        let peer = peer.filter(|peer| peer.assured.saturating_add(to_come.bytes()) <= most);
        let assured = peer.is_some();
        if let Some(peer) = peer {
            peer.assured += to_come.bytes();
        }
        Rest { to_come, to, assured }
    }

    /// So much of what was to come for somebody has come, or never will.
    fn give_back(&mut self, rest: Rest, bytes: usize) {
        if rest.assured
            && let Some(peer) = self.peers.get_mut(rest.to)
        {
            peer.assured -= bytes;
        }
    }

    /// Nothing more of a call is passed on.
    pub(super) fn stop_passing(&mut self, passing: Passing) {
        if let Some(rest) = passing.rest() {
            self.give_back(rest, rest.to_come.bytes());
        }
    }

    /// Whether there is room for a piece.
    fn has_room(&self, rest: Rest, out: &impl Outlet) -> bool {
        let kept = match self.peers.get(rest.to) {
            Some(peer) if !rest.assured => peer.assured,
            _ => 0,
        };
        out.room(rest.to) > kept
    }

    // ------------------------------------------------------------------ arguments

    fn pass_arguments(
        &mut self,
        (from, call): (PeerId, CallId),
        run: CallId,
        piece: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let Some(outstanding) = self.calls.get_mut(run) else {
            return Ok(());
        };
        let Passing::Arguments(rest) = &mut outstanding.passing else {
            return Err(Fault::Unexpected("more arguments than were declared"));
        };
        rest.to_come.take(piece)?;
        let rest = *rest;
        if rest.to_come.is_nothing() {
            outstanding.passing = Passing::Nothing;
        }
        self.give_back(rest, piece.len());
        if !self.has_room(rest, out) {
            self.break_off(run, OVERLOADED, out);
            return Ok(());
        }
        let header = Header::Piece {
            call: run,
            of: PieceOf::Arguments,
        };
        // It has come in a frame, and fits one.
        let _ = out.send(rest.to, &header, piece);
        if rest.to_come.is_nothing()
            && let Some(outstanding) = self.calls.get_mut(run)
            && outstanding.hands_over
        {
            outstanding.caller = Caller::HandedOver(from);
            self.answer(from, call, Status::Value, &Bytes::new(), out);
        }
        Ok(())
    }

    /// Ends a call for its caller, and for its provider if that has not answered.
    pub(super) fn break_off(&mut self, run: CallId, failed: Failed, out: &mut impl Outlet) {
        let Some(outstanding) = self.calls.get_mut(run) else {
            return;
        };
        if !outstanding.has_ended {
            outstanding.cancel(run, out);
        }
        let ended = *outstanding;
        outstanding.caller = Caller::Nobody;
        match &mut outstanding.passing {
            // What is on its way of it is still counted.
            Passing::Result(rest) => rest.assured = false,
            passing => *passing = Passing::Nothing,
        }
        self.stop_passing(ended.passing);
        self.end(&ended, Status::Failed(failed), &Bytes::new(), out);
    }

    // ------------------------------------------------------------------ results

    /// A provider has answered, and its answer is to follow.
    fn begin_result(
        &mut self,
        from: PeerId,
        call: CallId,
        status: Status<'_>,
        to_come: ToCome,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let outstanding = self.calls.get(call).filter(|call| call.provider == from);
        let outstanding = *outstanding.ok_or(Fault::Unexpected("a reply to a call that it was not given"))?;
        if outstanding.passing != Passing::Nothing {
            return Err(Fault::Unexpected("an answer between the pieces of a call"));
        }
        let way = self.result_of(&outstanding);
        let begun = match way {
            None => Ok(None),
            Some((to, _)) if out.room(to) < self.needed_room(to_come.bytes()) => {
                Err(Failed::Overloaded { may_have_run: true })
            }
            Some((to, way)) => {
                let (bytes, frame) = (to_come.bytes() as u64, way.begins(status));
                let sent = out.send(to, &Header::Large { bytes, frame }, &Bytes::new());
                sent.map(|()| Some(to)).map_err(|error| refused(&error, true))
            }
        };
        let rest = match begun {
            Ok(Some(to)) => self.begin_passing(to, to_come, out),
            // Nobody has it.
            _ => Rest {
                to_come,
                to: from,
                assured: false,
            },
        };
        self.free_place(&outstanding);
        if let Some(outstanding) = self.calls.get_mut(call) {
            outstanding.has_ended = true;
            outstanding.passing = Passing::Result(rest);
        }
        if let Err(failed) = begun {
            self.break_off(call, failed, out);
        }
        self.serve(outstanding.via, turn, out);
        Ok(())
    }

    /// Who is to have the result of a call, and what it is called there.
    fn result_of(&self, call: &Outstanding) -> Option<(PeerId, ResultOf)> {
        match call.caller {
            Caller::Call(to, call) => Some((to, ResultOf { call, part: None })),
            Caller::Part(part) => {
                let (to, call) = self.broadcasts.call_of(part)?;
                let part = Some(part.index);
                Some((to, ResultOf { call, part }))
            }
            Caller::HandedOver(_) | Caller::Nobody => None,
        }
    }

    fn pass_result(
        &mut self,
        from: PeerId,
        call: CallId,
        piece: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let outstanding = self.calls.get_mut(call).filter(|call| call.provider == from);
        let Some(Outstanding {
            passing: Passing::Result(rest),
            ..
        }) = outstanding
        else {
            return Err(Fault::Unexpected("a piece of a result that has not begun"));
        };
        rest.to_come.take(piece)?;
        let rest = *rest;
        self.give_back(rest, piece.len());
        let way = self.calls.get(call).and_then(|call| self.result_of(call));
        let has_room = way.is_none() || self.has_room(rest, out);
        if let Some((to, way)) = way
            && has_room
        {
            // It has come in a frame, and fits one.
            let _ = out.send(to, &way.piece(), piece);
        } else if !has_room {
            self.break_off(call, Failed::Overloaded { may_have_run: true }, out);
        }
        if rest.to_come.is_nothing()
            && let Some(ended) = self.take_off(call, from)
        {
            match ended.caller {
                Caller::Call(to, call) => {
                    if let Some(peer) = self.peers.get_mut(to) {
                        peer.answered(call);
                    }
                }
                Caller::Part(part) => self.count_part(part, out),
                Caller::HandedOver(_) | Caller::Nobody => {}
            }
        }
        Ok(())
    }
}

/// What a result is called where it goes.
#[derive(Clone, Copy, Debug)]
struct ResultOf {
    call: CallId,
    part: Option<u32>,
}

impl ResultOf {
    fn begins(self, status: Status<'_>) -> Large<'_> {
        let call = self.call;
        match self.part {
            None => Large::Reply { call, status },
            Some(index) => Large::Part { call, index, status },
        }
    }

    const fn piece(self) -> Header<'static> {
        let of = match self.part {
            None => PieceOf::Result(0),
            Some(index) => PieceOf::Result(index),
        };
        Header::Piece { call: self.call, of }
    }
}
