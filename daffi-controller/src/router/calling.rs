//! Calls: whom to ask, and what becomes of them.
//!
//! Every call gets exactly one reply on each of its two sides (P1): its entry stays until the provider has replied or is
//! gone, even when its caller has cancelled it or left.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{Absence, CallHeader, CallId, Failed, Header, Large, Mode, RunHeader, Status, Who};

use super::calls::Outstanding;
use super::ids::{Caller, PeerId, ProviderKey, Routed, Sent};
use super::made::Made;
use super::outlet::{Fault, Outlet};
use super::payload::Arguments;
use super::pick::{OVERLOADED, Unrouted};
use super::provider::Provider;
use super::queueing::Wait;
use super::rest::Passing;
use super::state::Router;
use super::status::{refused, words};
use super::work::{Task, Turn};

impl Router {
    /// How many calls are on their way.
    #[must_use]
    pub fn calls_outstanding(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn call(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        payload: Arguments<'_>,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<Option<Task>, Fault> {
        self.claim_call(from, header.call)?;
        turn.spend_words(metadata_bytes(header));
        let caller = match header.mode {
            Mode::Answered | Mode::Each => Caller::Call(from, header.call),
            Mode::HandedOver => Caller::HandedOver(from),
            Mode::Broadcast | Mode::HandedToAll => {
                return Ok(self.broadcast(from, header, payload, turn, out));
            }
            _ => return Err(Fault::Unexpected("an unknown way to call")),
        };
        let size = weight(header, payload);
        let picked = self
            .check_call(from, header, turn)
            .and_then(|()| self.check_share(from))
            .and_then(|()| self.named(from, header, turn));
        if picked.is_ok() {
            self.tell_versions(from, header, turn, out);
        }
        let wants = picked == Ok(None) && !header.having.is_empty();
        let gave_up_groups = wants && self.find_group(header, turn);
        let routed =
            match picked.map(|named| (named, self.pick(from, header, (named, size, false), turn, out))) {
                Ok((_, Ok(via))) => self
                    .run(from, (header, payload), via, caller, turn, out)
                    .map(Routed::Run),
                Ok((named, Err(Unrouted::Busy { unsure, .. }))) => {
                    let queued = if self.is_recursive(from, header, named, turn) {
                        Err(Failed::Recursive)
                    } else {
                        let wait = Wait {
                            by: from,
                            caller,
                            named,
                            made: Arc::new(Made::new(header)),
                            payload,
                            size,
                            unsure,
                        };
                        self.park(wait, turn, out)
                    };
                    match queued {
                        Ok(id) => Ok(Routed::Queued(id)),
                        Err(failed) => match self.pick_away(from, header, (named, size), turn, out) {
                            Some(via) => self
                                .run(from, (header, payload), via, caller, turn, out)
                                .map(Routed::Run),
                            None => Err(failed),
                        },
                    }
                }
                Ok((_, Err(Unrouted::Failed(failed)))) | Err(failed) => Err(failed),
            };
        match routed {
            Ok(Routed::Run(_)) if caller == Caller::HandedOver(from) && payload.to_come() == 0 => {
                self.answer(from, header.call, Status::Value, &Bytes::new(), out);
            }
            Ok(routed) => self.note(from, header.call, Sent::Routed(routed)),
            Err(mut failed) => {
                if let Failed::NoProvider(absence @ Absence::Nobody { .. }) = &mut failed {
                    *absence = self.absent(from, header.name, turn);
                }
                let status = Status::Failed(failed);
                turn.spend_words(words(&status));
                self.answer(from, header.call, status, &Bytes::new(), out);
            }
        }
        Ok(if gave_up_groups { self.rerouting() } else { None })
    }

    /// The process that a call names.
    fn named(
        &mut self,
        from: PeerId,
        header: &CallHeader<'_>,
        turn: &mut Turn,
    ) -> Result<Option<PeerId>, Failed> {
        let Some(name) = header.to else { return Ok(None) };
        let peer = self.peers.present(name);
        let peer = peer.ok_or(Failed::NoProvider(Absence::ProcessUnknown))?;
        self.check_named(from, peer, header, turn)?;
        Ok(Some(peer))
    }

    /// Whether a caller may make one more call.
    pub(super) fn check_share(&self, from: PeerId) -> Result<(), Failed> {
        let own = self.peers.get(from).map_or(0, |peer| peer.made);
        if self.calls.takes(own, self.lines.len()) {
            Ok(())
        } else {
            Err(OVERLOADED)
        }
    }

    /// How much room a queue must have for a payload of so many bytes. One that holds nothing takes any frame, however
    /// small its budget; a frame without payload takes room, too.
    pub(super) fn needed_room(&self, size: usize) -> usize {
        size.clamp(1, (self.limits.queue_bytes / 2).max(1))
    }

    /// Hands a call to its provider that came before: since then, what it was allowed may have been taken away, and a provider
    /// with streams may have come.
    pub(super) fn run_later(
        &mut self,
        from: PeerId,
        (header, payload): (&CallHeader<'_>, Arguments<'_>),
        via: ProviderKey,
        caller: Caller,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<CallId, Failed> {
        if self.peers.has_restricted() {
            let provider = self.directory.provider(via);
            let streams = header.mode == Mode::Each || provider.is_some_and(Provider::streams);
            self.check_needs(from, header, streams, turn)?;
        }
        self.run(from, (header, payload), via, caller, turn, out)
    }

    /// Hands a call to its provider, which was just picked.
    fn run(
        &mut self,
        from: PeerId,
        (header, payload): (&CallHeader<'_>, Arguments<'_>),
        via: ProviderKey,
        caller: Caller,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<CallId, Failed> {
        let nobody = || Failed::NoProvider(Absence::nobody());
        let provider = self.directory.provider(via).ok_or_else(nobody)?;
        let (to, callback) = (provider.peer, provider.callback);
        let streams = header.mode == Mode::Each || provider.streams();
        if streams {
            self.check_streams(from, turn.now())?;
        }
        let (name, identity) = match self.peers.get(from) {
            Some(peer) => (&*peer.name, peer.identity.borrowed()),
            None => ("", Who::Nobody),
        };
        let within = match caller {
            // Who hands it over waits until a provider has it, and no longer.
            Caller::HandedOver(_) => None,
            _ => self.calls.within(from, header.within),
        };
        let run = RunHeader {
            call: self.calls.next(),
            callback,
            caller: name,
            identity,
            deadline: header.deadline,
            trace: header.trace,
            metadata: header.metadata.clone(),
            ancestors: self.ancestors(within, to, turn),
            described: header.is_described(),
        };
        let number = run.call;
        let sent = match payload {
            Arguments::Whole(payload) => {
                let run = match header.mode {
                    Mode::Each => Header::RunEach(run),
                    _ => Header::Run(run),
                };
                out.send(to, &run, payload)
            }
            Arguments::Pieces(come) => {
                let (bytes, frame) = (come.bytes() as u64, Large::Run(run));
                out.send(to, &Header::Large { bytes, frame }, &Bytes::new())
            }
        };
        sent.map_err(|error| refused(&error, false))?;
        let bytes = weight(header, payload);
        let mut call = Outstanding::new(caller, from, to, via, bytes);
        call.within = within;
        call.streams = streams;
        if let Arguments::Pieces(come) = payload {
            turn.spend_frames(come.send(to, number, out));
            if !come.to_come().is_nothing() {
                call.passing = Passing::Arguments(self.begin_passing(to, come.to_come(), out));
                if caller == Caller::HandedOver(from) {
                    // Until its provider has all of it, its caller is told how it ends.
                    call.hands_over = true;
                    call.caller = Caller::Call(from, header.call);
                }
            }
        }
        let peer = self.peers.get_mut(to).ok_or_else(nobody)?;
        peer.load.begin(from, bytes);
        let number = self.calls.insert(call, &mut peer.runs);
        self.directory.begin(via, from);
        self.peers.begun(from, streams);
        Ok(number)
    }

    pub(super) fn cancel(&mut self, from: PeerId, call: CallId, out: &mut impl Outlet) -> Option<Task> {
        // Where there is nothing, the answer is on its way already.
        match *self.peers.get(from)?.sent.get(&call)? {
            // The provider's reply ends it; until then its number is in use.
            Sent::Routed(Routed::Run(run)) => {
                let outstanding = self.calls.get_mut(run)?;
                if outstanding.has_ended {
                    // What has not come of its result is not passed on.
                    self.break_off(run, Failed::Cancelled { may_have_run: true }, out);
                } else {
                    outstanding.cancel(run, out);
                }
                return None;
            }
            Sent::Routed(Routed::Queued(id)) => {
                self.cancel_parked(id, out);
                return None;
            }
            Sent::Broadcast(id) => return self.cancel_broadcast(id),
            Sent::Gathering => {
                if let Some(peer) = self.peers.get_mut(from) {
                    peer.gathering = None;
                }
            }
            Sent::Question => self.watchers.forget_question(from, call),
            Sent::Presence => self.watchers.forget_subscriber(from, call),
            // Whoever is at it finds nobody who wants the answer.
            Sent::Errand => {
                self.refuse(from, call, Failed::Cancelled { may_have_run: true }, out);
                return None;
            }
        }
        self.refuse(from, call, Failed::Cancelled { may_have_run: false }, out);
        None
    }
}

/// How many bytes a call brings to whoever runs it: its arguments and metadata, with two for the lengths of each entry.
pub(super) fn weight(header: &CallHeader<'_>, payload: Arguments<'_>) -> usize {
    payload.bytes() + metadata_bytes(header)
}

/// How many of these are metadata.
pub(super) fn metadata_bytes(header: &CallHeader<'_>) -> usize {
    let metadata = header.metadata.iter();
    metadata.map(|(key, value)| key.len() + value.len() + 2).sum()
}
