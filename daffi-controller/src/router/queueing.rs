//! Calls that wait for a provider with a free place (P14).
//!
//! A call waits where all that could run it run as many as they may. Whenever a place is free, it is filled before anything
//! else is done, so a call that comes finds either a free place or others that wait for one. What keeps a call that waits from
//! a free place (the provider does not read, or runs too much of others) ends without the router hearing of it; such lines
//! are looked at again from time to time (`rerouting`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{self, Absence, CallId, Failed, Header, Status, StreamId};

use super::ids::{Caller, PeerId, ProviderKey, Routed, Sent, WaitId};
use super::line::{Admission, Bound, Granted, InLines, LineKey, Parked};
use super::made::Made;
use super::outlet::Outlet;
use super::payload::Arguments;
use super::pick::{OVERLOADED, Wish};
use super::state::Router;
use super::work::Turn;

/// How long until calls are looked at again that wait for something that nobody tells.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// A call that is to wait.
#[derive(Debug)]
pub(super) struct Wait<'a> {
    pub(super) by: PeerId,
    pub(super) caller: Caller,
    pub(super) named: Option<PeerId>,
    pub(super) made: Arc<Made>,
    pub(super) payload: Arguments<'a>,
    pub(super) size: usize,
    /// It may wait for something other than the end of another call.
    pub(super) unsure: bool,
}

impl Router {
    /// How many calls wait for a provider.
    #[must_use]
    pub fn calls_waiting(&self) -> usize {
        self.lines.len()
    }

    // ------------------------------------------------------------------ to wait

    /// A call waits.
    pub(super) fn park(
        &mut self,
        wait: Wait<'_>,
        turn: &Turn,
        out: &mut impl Outlet,
    ) -> Result<WaitId, Failed> {
        let (lines, calls) = self
            .lines_for(wait.by, wait.named, &wait.made)
            .ok_or(Failed::NoProvider(Absence::nobody()))?;
        let bytes = self.limits.queue_bytes;
        let taken = wait.size.saturating_add(wait.made.kept());
        match self
            .lines
            .admission(lines.queue(), wait.by, taken, Bound { calls, bytes })
        {
            Admission::Granted => {}
            Admission::Instead(other) => {
                self.refuse_parked(other, OVERLOADED, out);
            }
            Admission::Denied => return Err(OVERLOADED),
        }
        // Where there is no room for that, its caller knows less.
        let told = match wait.caller {
            Caller::Call(caller, call) => Some((caller, call)),
            Caller::HandedOver(caller) => Some((caller, wait.made.number)),
            Caller::Part(_) | Caller::Nobody => None,
        };
        let stalled = (wait.unsure || lines.is_one_of_several(wait.named)).then(|| lines.clone());
        let id = self.lines.insert(Parked {
            lines,
            caller: wait.caller,
            by: wait.by,
            named: wait.named,
            made: wait.made,
            payload: wait.payload.keep(),
            size: wait.size,
            since: turn.now(),
            closed: Vec::new(),
            granted: Granted::default(),
        });
        self.peers.begun(wait.by, false);
        if let Some(lines) = stalled {
            lines.iter().for_each(|line| self.stall(line, turn));
        }
        if let Some((caller, call)) = told
            && out.room(caller) > 0
        {
            let _ = out.send(caller, &Header::Waits { call }, &Bytes::new());
        }
        Ok(id)
    }

    /// In which lines a call waits, and how many may.
    pub(super) fn lines_for(&self, by: PeerId, named: Option<PeerId>, made: &Made) -> Option<(InLines, u32)> {
        let having = made.having();
        let (function, of_all) = self.directory.function(&made.name)?;
        match named {
            None if !having.is_empty() => self.lines_having((&made.name, &having), by, made.fit()),
            None => Some((InLines::any((function, of_all), made.fit())?, of_all.queue())),
            Some(named) => {
                let (key, provider) = self.directory.offer_of(named, function)?;
                Some((InLines::one(key), provider.queue))
            }
        }
    }

    /// A call waits no longer.
    pub(super) fn unpark(&mut self, id: WaitId) -> Option<Parked> {
        let parked = self.lines.remove(id)?;
        self.peers.ended(parked.by, false);
        Some(parked)
    }

    /// Tells the caller of a call that waited why nobody has run it.
    fn end_parked(&mut self, parked: &Parked, failed: Failed, out: &mut impl Outlet) {
        let (status, nothing) = (Status::Failed(failed), Bytes::new());
        match parked.caller {
            Caller::Call(caller, call) => self.answer(caller, call, status, &nothing, out),
            Caller::HandedOver(caller) => self.answer(caller, parked.made.number, status, &nothing, out),
            Caller::Part(part) => self.end_part(part, status, &nothing, out),
            Caller::Nobody => {}
        }
    }

    /// A call waits no longer, and its caller is told why nobody has run it.
    pub(super) fn refuse_parked(&mut self, id: WaitId, failed: Failed, out: &mut impl Outlet) {
        if let Some(parked) = self.unpark(id) {
            self.end_parked(&parked, failed, out);
        }
    }

    /// Nobody wants the answer to a call that waits.
    pub(super) fn cancel_parked(&mut self, id: WaitId, out: &mut impl Outlet) {
        self.refuse_parked(id, Failed::Cancelled { may_have_run: false }, out);
    }

    /// The caller of a call that waits has ended one of its streams already.
    pub(super) fn close_early(
        &mut self,
        id: WaitId,
        stream: StreamId,
        status: &Status<'_>,
        out: &mut impl Outlet,
    ) {
        let kept = proto::encode(status).is_ok_and(|status| self.lines.keep_close(id, stream, status));
        if !kept {
            self.refuse_parked(id, OVERLOADED, out);
        }
    }

    pub(super) fn stall(&mut self, line: LineKey, turn: &Turn) {
        self.lines.stall(line, true);
        self.look_again.get_or_insert(turn.now() + PAUSE);
    }

    // ------------------------------------------------------------------ to be served

    /// What a call that waits, and was made so, wishes for.
    pub(super) fn wish<'a>(&self, parked: &Parked, made: &'a Made) -> Wish<'a> {
        Wish {
            fit: made.fit(),
            caller: parked.by,
            named: parked.named,
            key: made.key,
            size: parked.size,
            needed: self.needed_room(parked.size),
            also_away: false,
        }
    }

    /// Gives a call that waits to a provider.
    pub(super) fn begin_parked(
        &mut self,
        id: WaitId,
        via: ProviderKey,
        turn: &mut Turn,
        out: &mut impl Outlet,
    ) {
        let Some(parked) = self.unpark(id) else { return };
        if self.peers.live(parked.by).is_none() {
            // Nobody wants it any more.
            return;
        }
        let mut header = parked.made.header();
        let waited = turn.now().since(parked.since);
        // What it has waited is taken off.
        header.deadline = header.deadline.map(|deadline| deadline.saturating_sub(waited));
        if header.deadline.is_some_and(|left| left.is_zero()) {
            return self.end_parked(&parked, Failed::timeout(false), out);
        }
        let caller = if parked.made.is_handed_over() {
            Caller::HandedOver(parked.by)
        } else {
            parked.caller
        };
        let payload = parked.payload.arguments();
        let call = (&header, payload);
        let number = match self.run_later(parked.by, call, via, caller, turn, out) {
            Ok(number) => number,
            Err(failed) => return self.end_parked(&parked, failed, out),
        };
        match parked.caller {
            Caller::Call(caller, call) => {
                if let Some(caller) = self.peers.live(caller) {
                    caller.sent.insert(call, Sent::Routed(Routed::Run(number)));
                }
                self.pass_kept((caller, call), StreamId::Result(0), &parked, out);
            }
            Caller::HandedOver(caller) if payload.to_come() == 0 => {
                self.answer(caller, parked.made.number, Status::Value, &Bytes::new(), out);
            }
            Caller::HandedOver(caller) => {
                self.note(caller, parked.made.number, Sent::Routed(Routed::Run(number)));
            }
            Caller::Part(part) if parked.made.is_handed_over() => {
                self.end_part(part, Status::Value, &Bytes::new(), out);
            }
            Caller::Part(part) => {
                self.broadcasts.route(part, Routed::Run(number));
                if let Some((caller, call)) = self.broadcasts.call_of(part) {
                    self.pass_kept((caller, call), StreamId::Result(part.index), &parked, out);
                }
            }
            Caller::Nobody => {}
        }
    }

    /// Tells a provider that is given a call what its caller had said of its streams before: how much of the result is granted, and
    /// which arguments have ended.
    fn pass_kept(
        &mut self,
        (caller, call): (PeerId, CallId),
        result: StreamId,
        parked: &Parked,
        out: &mut impl Outlet,
    ) {
        let Granted { items, bytes } = parked.granted;
        if items > 0 || bytes > 0 {
            let credit = Header::Credit {
                call,
                stream: result,
                items,
                bytes,
            };
            self.pass_to_provider(caller, call, credit, result, out);
        }
        for (stream, status) in &parked.closed {
            if let Ok(status) = proto::decode_guarded(status) {
                let (call, stream) = (call, *stream);
                let close = Header::Close { call, stream, status };
                self.pass_to_provider(caller, call, close, stream, out);
            }
        }
    }
}
