//! How calls end: a provider answers, its place is free, and the caller is told.

use bytes::Bytes;
use daffi_core::proto::{CallId, Failed, Header, Status};

use super::calls::Outstanding;
use super::ids::{Caller, PeerId};
use super::outlet::{Fault, Outlet};
use super::state::Router;
use super::status::tell;
use super::work::Turn;

impl Router {
    /// Takes a call off the lists that a provider was given: it has answered, or is gone.
    pub(super) fn take_off(&mut self, call: CallId, provider: PeerId) -> Option<Outstanding> {
        let given = self.calls.get(call).filter(|call| call.provider == provider);
        let ended = *given?;
        let peer = self.peers.get_mut(provider)?;
        self.calls.remove(call, &mut peer.runs);
        self.free_place(&ended);
        self.stop_passing(ended.passing);
        self.peers.ended(ended.by, ended.streams);
        Some(ended)
    }

    /// A callback has ended: it takes nothing of its provider any more.
    pub(super) fn free_place(&mut self, call: &Outstanding) {
        if call.has_ended {
            // As its result began to come.
            return;
        }
        if let Some(peer) = self.peers.get_mut(call.provider) {
            peer.load.end(call.by, call.bytes);
        }
        self.directory.end(call.via, call.by);
    }

    /// A provider has answered.
    pub(super) fn reply(
        &mut self,
        from: PeerId,
        call: CallId,
        status: Status<'_>,
        payload: &Bytes,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let ended = self.take_off(call, from);
        let ended = ended.ok_or(Fault::Unexpected("a reply to a call that it was not given"))?;
        self.end(&ended, status, payload, out);
        self.serve(ended.via, turn, out);
        Ok(())
    }

    /// A provider has answered, and its callback has not stopped: its place is taken until it has.
    pub(super) fn reply_early(
        &mut self,
        from: PeerId,
        call: CallId,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) -> Result<(), Fault> {
        let given = self.calls.get_mut(call).filter(|call| call.provider == from);
        let given = given.ok_or(Fault::Unexpected("a reply to a call that it was not given"))?;
        if given.has_ended || given.told_early {
            return Err(Fault::Unexpected("two replies to a call"));
        }
        given.is_told();
        let ended = *given;
        given.caller = Caller::Nobody;
        self.end(&ended, status, payload, out);
        Ok(())
    }

    /// Tells the caller, if it is still there, how its call ended.
    pub(super) fn end(
        &mut self,
        call: &Outstanding,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        match call.caller {
            Caller::Call(caller, number) => self.answer(caller, number, status, payload, out),
            Caller::Part(part) => self.end_part(part, status, payload, out),
            Caller::HandedOver(_) | Caller::Nobody => {}
        }
    }

    /// Answers what a process sent under `call`.
    pub(super) fn answer(
        &mut self,
        to: PeerId,
        call: CallId,
        status: Status<'_>,
        payload: &Bytes,
        out: &mut impl Outlet,
    ) {
        if let Some(peer) = self.peers.get_mut(to) {
            peer.answered(call);
        }
        let needed = self.needed_room(payload.len());
        tell(
            to,
            |status| Header::Reply { call, status },
            status,
            (payload, needed),
            out,
        );
    }

    /// Answers what a process sent under `call` with a failure.
    pub(super) fn refuse(&mut self, to: PeerId, call: CallId, failed: Failed, out: &mut impl Outlet) {
        self.answer(to, call, Status::Failed(failed), &Bytes::new(), out);
    }
}
