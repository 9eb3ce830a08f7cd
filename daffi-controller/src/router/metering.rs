//! Quotas: each frame is counted for whoever sent it, and a call for which there is no room is refused before anything is done for it.
//!
//! What cannot be refused goes on credit, and its sender is read again when it owes nothing.

use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    CallId, Exceeded, Failed, Header, Large, Measure, Moment, PieceOf, Refusal, StreamId,
};

use super::account::Brings;
use super::calling::metadata_bytes;
use super::ids::{Caller, PeerId};
use super::outlet::{Fault, Outlet};
use super::permission::{Denial, DenialKind};
use super::request::Request;
use super::state::Router;
use super::status::words;
use super::work::Turn;
use crate::access::Allowed;

/// So many bytes a frame is counted with, beside its payload and its words.
const FRAME: usize = 32;

/// What a frame takes of the quotas of its sender.
#[derive(Debug)]
struct Takes {
    asks: Asks,
    bytes: usize,
    /// So many more follow in pieces, whether the call is refused or not.
    to_come: u64,
}

/// A part of what answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Result,
    Stream,
}

/// Whether a frame asks for something.
#[derive(Debug)]
enum Asks {
    /// It makes a call, which can be refused.
    Call(CallId),
    /// It asks for something else that is answered.
    Answer,
    /// It is a part of the answer to a call.
    Answers(CallId, Part),
    Nothing,
}

impl Takes {
    fn of(request: &Request<'_>, payload: &Bytes) -> Self {
        let (asks, words) = match request {
            Request::Offer { .. } | Request::Withdraw { .. } => (Asks::Answer, 0),
            Request::Frame(header) => match header {
                Header::Query { .. } => (Asks::Answer, 0),
                Header::Schedule { call, .. } => (Asks::Answer, call.name.len() + metadata_bytes(call)),
                Header::Call(call)
                | Header::Large {
                    frame: Large::Call(call),
                    ..
                } => (Asks::Call(call.call), call.name.len() + metadata_bytes(call)),
                Header::CallTo { call, processes }
                | Header::Large {
                    frame: Large::CallTo { call, processes },
                    ..
                } => {
                    let names: usize = processes.iter().map(|name| name.len()).sum();
                    (
                        Asks::Call(call.call),
                        call.name.len() + metadata_bytes(call) + names,
                    )
                }
                Header::Reply { call, status }
                | Header::EarlyReply { call, status }
                | Header::Large {
                    frame: Large::Reply { call, status },
                    ..
                } => (Asks::Answers(*call, Part::Result), words(status)),
                Header::Piece {
                    call,
                    of: PieceOf::Result(_),
                } => (Asks::Answers(*call, Part::Result), 0),
                Header::Items {
                    call,
                    stream: StreamId::Result(_),
                    ..
                } => (Asks::Answers(*call, Part::Stream), 0),
                Header::Close { status, .. } => (Asks::Nothing, words(status)),
                _ => (Asks::Nothing, 0),
            },
        };
        // What is declared is looked at, and counted as it comes: whoever declares much and sends nothing takes nothing, and whoever
        // sends what was refused has it counted as all else.
        let to_come = match (request, &asks) {
            (Request::Frame(Header::Large { bytes, .. }), Asks::Call(_)) => *bytes,
            _ => 0,
        };
        Self {
            asks,
            bytes: FRAME + payload.len() + words,
            to_come,
        }
    }
}

impl Router {
    /// Whether an identity may have a connection more, which would be read soon.
    ///
    /// # Errors
    ///
    /// The refusal to answer.
    pub fn check_connection(&mut self, allowed: &Allowed, now: Moment) -> Result<(), Refusal> {
        let checked = self.peers.check_connection(allowed, now);
        checked.map_err(Refusal::OverQuota)
    }

    /// From now on a process may have so much, or all, if nothing is said. What it has already goes on.
    pub fn allow(&mut self, peer: PeerId, allowed: Option<&Allowed>, now: Moment) {
        let callbacks = self.directory.count_of(peer);
        self.peers.allow(peer, allowed, callbacks, now);
    }

    /// Counts a frame that is not for the router, with a payload of so many bytes.
    pub fn count(&mut self, from: PeerId, payload: usize, turn: &Turn) {
        if let Some((mut peer, holders)) = self.peers.metered_mut(from) {
            peer.charge(holders, 0, payload.saturating_add(FRAME) as u64, turn.now());
        }
    }

    /// How long a process is not read, as it has sent more than it may.
    #[must_use]
    pub fn owes(&mut self, peer: PeerId, turn: &Turn) -> Option<Duration> {
        self.peers.owes(peer, turn.now())
    }

    /// Counts a frame; `false` if it is answered already, since there is no room for what it asks for.
    #[inline(never)]
    pub(super) fn meter(
        &mut self,
        from: PeerId,
        request: &Request<'_>,
        payload: &Bytes,
        turn: &Turn,
        out: &mut impl Outlet,
    ) -> Result<bool, Fault> {
        let now = turn.now();
        let takes = Takes::of(request, payload);
        let bytes = takes.bytes as u64;
        if let Asks::Answers(call, part) = takes.asks
            && let Some(caller) = self.who_asked(from, call, part)
        {
            if let Some((mut caller, holders)) = self.peers.metered_mut(caller) {
                caller.charge_answer(holders, bytes, now);
            }
            return Ok(true);
        }
        let Some((mut peer, holders)) = self.peers.metered_mut(from) else {
            return Ok(true);
        };
        if let Some(exceeded) = peer.abused() {
            // By what waited, or by a part of a call.
            return Err(Fault::Abuse(exceeded));
        }
        let call = match takes.asks {
            Asks::Call(call) => call,
            Asks::Answer => {
                peer.charge(holders, 1, bytes, now);
                return Ok(true);
            }
            Asks::Answers(..) | Asks::Nothing => {
                peer.charge(holders, 0, bytes, now);
                return Ok(true);
            }
        };
        let brings = Brings {
            here: bytes,
            to_come: takes.to_come,
        };
        let Err(exceeded) = peer.check_call(holders, brings, now) else {
            peer.begin(holders, brings, now);
            return Ok(true);
        };
        self.claim_call(from, call)?;
        if let Some(exceeded) = self.peers.refused(from, exceeded, bytes, now) {
            return Err(Fault::Abuse(exceeded));
        }
        self.tell_exceeded(from, exceeded, now);
        self.refuse(from, call, Failed::OverQuota(exceeded), out);
        Ok(false)
    }

    /// Who has asked for what `from` answers: they made the call, and a stream has as much as they let it have. Of one that nobody reads
    /// any more a provider can send as much as it likes, so that is its own; and so is what follows when the caller has been told.
    fn who_asked(&self, from: PeerId, call: CallId, part: Part) -> Option<PeerId> {
        let call = self.calls.get(call).filter(|call| call.provider == from)?;
        let is_read = matches!(call.caller, Caller::Call(..) | Caller::Part(_));
        (is_read || part == Part::Result && !call.told_early).then_some(call.by)
    }

    /// Whether one more is asked by a call to many, the first of them apart, which was counted with the call.
    pub(super) fn check_one_more(&mut self, from: PeerId, is_first: bool, now: Moment) -> Result<(), Failed> {
        if !self.peers.has_metered() {
            return Ok(());
        }
        let checked = if is_first {
            self.peers.check_more(from, Measure::Calls)
        } else {
            self.peers.check_call(from, now)
        };
        if let Err(exceeded) = checked {
            let _ = self.peers.refused(from, exceeded, 0, now);
            self.tell_exceeded(from, exceeded, now);
            return Err(Failed::OverQuota(exceeded));
        }
        if !is_first {
            self.peers.charge_call(from, now);
        }
        Ok(())
    }

    /// Whether one call more may run with streams.
    pub(super) fn check_streams(&mut self, from: PeerId, now: Moment) -> Result<(), Failed> {
        let Err(exceeded) = self.peers.check_more(from, Measure::Streams) else {
            return Ok(());
        };
        let _ = self.peers.refused(from, exceeded, 0, now);
        self.tell_exceeded(from, exceeded, now);
        Err(Failed::OverQuota(exceeded))
    }

    /// Why a process may not offer one callback more.
    pub(super) fn over_callbacks(&mut self, peer: PeerId, now: Moment) -> Option<String> {
        let exceeded = self.peers.check_more(peer, Measure::Callbacks).err()?;
        self.tell_exceeded(peer, exceeded, now);
        Some(format!(
            "the controller takes no more than {exceeded}; whoever runs it can raise that, by `{}` of `quotas.{}` in its configuration",
            exceeded.measure, exceeded.of
        ))
    }

    /// What a process offers has changed.
    pub(super) fn count_callbacks(&mut self, peer: PeerId) {
        if self.peers.has_metered() {
            let callbacks = self.directory.count_of(peer);
            self.peers.count_callbacks(peer, callbacks);
        }
    }

    fn tell_exceeded(&mut self, peer: PeerId, exceeded: Exceeded, now: Moment) {
        if self.peers.is_told(peer, now) {
            self.keep_for_log(Denial {
                peer,
                reason: format!("{exceeded} (`{}` of `quotas.{}`)", exceeded.measure, exceeded.of),
                kind: DenialKind::OverQuota,
            });
        }
    }
}
