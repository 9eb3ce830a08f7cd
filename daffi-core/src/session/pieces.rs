//! Arguments and results that come in pieces.

use std::sync::Arc;

use bytes::Bytes;

use super::answers::Item;
use super::arriving::{Arguments, HeldRun};
use super::provider::reply;
use super::start::Times;
use super::streams::End;
use super::transmit::Transmit;
use super::{Event, Fault, Session};
use crate::proto::{CallId, Failed, Large, Moment, Outcome, PieceOf, Pieces, RunId, Status, ToCome, Window};

impl<W, C: Clone> Session<W, C> {
    /// A frame has come whose payload, of so many bytes, is to follow.
    pub(super) fn large(
        &mut self,
        now: Moment,
        bytes: u64,
        frame: Large<'_>,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        let to_come = ToCome::declared(bytes, self.item_bytes)?;
        match frame {
            Large::Run(run) => {
                // All that runs has a bound together, in which these bytes count as if they were there.
                let arguments = Arguments::Coming(Pieces::new(to_come, usize::MAX));
                self.run(now, &run, Times::Once, arguments, out, events)
            }
            Large::Reply { call, status } => self.begin_result((call, None), status, to_come),
            Large::Part { call, index, status } => {
                if self.calls.keeps(call, Some(index)) && !self.calls.reserve(call, to_come.bytes()) {
                    // Of that one there is no room for the answer.
                    self.calls.release(call, to_come.bytes());
                    let failed = Failed::Overloaded { may_have_run: true };
                    self.ended_part(call, index, Err(failed.into()), out, events)?;
                    self.calls.cut(call, index);
                }
                self.begin_result((call, Some(index)), status, to_come)
            }
            Large::Call(_) | Large::CallTo { .. } => {
                Err(Fault::Unexpected("it has no place after the handshake"))
            }
        }
    }

    /// A piece of such a payload has come.
    pub(super) fn piece(
        &mut self,
        now: Moment,
        (call, of): (CallId, PieceOf),
        piece: &Bytes,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        match of {
            PieceOf::Arguments => self.add_arguments(now, call, piece, out, events),
            PieceOf::Result(index) => self.add_result(call, index, piece, out, events),
        }
    }

    // ------------------------------------------------------------------ arguments

    fn add_arguments(
        &mut self,
        now: Moment,
        call: CallId,
        piece: &Bytes,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        // One that is not found has been answered.
        let Some(run) = self.runs.run_of(call) else {
            return Ok(());
        };
        let Some(Arguments::Coming(pieces)) = self.arriving.arguments(run) else {
            return Err(Fault::Unexpected("more arguments than were declared"));
        };
        if let Some(whole) = pieces.add(piece)?
            && let Some(mut held) = self.arriving.remove(run)
        {
            held.arguments = Arguments::Whole(whole);
            let caller = Arc::clone(&held.start.caller);
            self.arriving.add(held);
            self.begin_next(now, &caller, out, events);
        }
        Ok(())
    }

    /// Begins what a caller has sent, as far as it has come.
    pub(super) fn begin_next(
        &mut self,
        now: Moment,
        caller: &str,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        while let Some(held) = self.next_held(now, caller, out, events) {
            self.let_begin(now, held, events);
        }
    }

    /// The next of what a caller has sent that may begin. Those are refused whose time is over.
    pub(super) fn next_held(
        &mut self,
        now: Moment,
        caller: &str,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Option<HeldRun<C>> {
        loop {
            let held = self.arriving.next_of(caller)?;
            if held.start.deadline.is_none_or(|deadline| deadline > now) {
                return Some(held);
            }
            self.refuse(held, Failed::timeout(false), out, events);
        }
    }

    /// A stream among the arguments of a run ends, perhaps before that has begun to read it.
    pub(super) fn end_early(&mut self, run: RunId, index: u32) {
        if self.runs.may_read(run, index) && !self.streams.is_read(run, index) {
            self.accept_some(run, index, Window::NONE);
        }
    }

    /// Nobody waits any more for a run that has not begun, which is answered so. Whose it was, who may have sent more; nothing if it has begun.
    pub(super) fn give_up_arriving(
        &mut self,
        run: RunId,
        failed: Failed,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Option<Arc<str>> {
        let held = self.arriving.remove(run)?;
        let caller = Arc::clone(&held.start.caller);
        self.refuse(held, failed, out, events);
        Some(caller)
    }

    fn refuse(
        &mut self,
        held: HeldRun<C>,
        failed: Failed,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        if let Some(call) = self.dismiss(held, events) {
            reply(call, &Err(failed.into()), out);
        }
    }

    /// Nobody waits for any of them; `answer` is told the calls.
    pub(super) fn forget_arriving(&mut self, mut answer: impl FnMut(CallId), events: &mut Vec<Event<W, C>>) {
        while let Some(held) = self.arriving.pop() {
            self.dismiss(held, events).into_iter().for_each(&mut answer);
        }
        self.arriving.clear();
    }

    /// A run does not begin. Gives the call that is to be answered.
    fn dismiss(&mut self, held: HeldRun<C>, events: &mut Vec<Event<W, C>>) -> Option<CallId> {
        let run = held.start.run;
        self.end_streams(End::Run(run), events);
        events.push(Event::Dismiss(held.start.callback));
        Some(self.runs.finish(run)?.0)
    }

    // ------------------------------------------------------------------ results

    fn begin_result(
        &mut self,
        (call, part): (CallId, Option<u32>),
        status: Status<'_>,
        to_come: ToCome,
    ) -> Result<(), Fault> {
        let is_wanted = self.calls.awaits(call);
        let is_wanted =
            is_wanted.ok_or(Fault::Unexpected("a result of no call"))? && self.calls.keeps(call, part);
        if self.results.begin((call, part), status, to_come, is_wanted) {
            Ok(())
        } else {
            Err(Fault::Unexpected("a second result of a call"))
        }
    }

    fn add_result(
        &mut self,
        call: CallId,
        index: u32,
        piece: &Bytes,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        let added = self.results.add(call, index, piece);
        let Some(come) = added.ok_or(Fault::Unexpected("a piece of no result"))?? else {
            return Ok(());
        };
        if !come.is_part {
            return self.replied(call, come.outcome, events);
        }
        self.calls.release(call, come.bytes);
        self.ended_part(call, index, come.outcome, out, events)
    }

    /// A call has ended.
    pub(super) fn replied(
        &mut self,
        call: CallId,
        outcome: Outcome,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        if !self.results.is_empty() {
            // It comes instead of what had begun.
            self.results.forget(call);
        }
        let Some(outcome) = self.keep_if_absent(call, outcome, events) else {
            return Ok(());
        };
        let waiter = self.calls.reply(call, outcome);
        let waiter = waiter.ok_or(Fault::Unexpected("a reply to no call"))?;
        events.extend(waiter.map(Event::Wake));
        self.end_streams(End::Call(call), events);
        Ok(())
    }

    /// A broadcast has ended at one process.
    pub(super) fn ended_part(
        &mut self,
        call: CallId,
        index: u32,
        outcome: Outcome,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        if let Some(bytes) = self.results.forget_part(call, index) {
            // It comes instead of what had begun.
            self.calls.release(call, bytes);
        }
        self.add(call, Item::Part(index, outcome), out, events)?;
        self.end_streams(End::Part(call, index), events);
        Ok(())
    }
}
