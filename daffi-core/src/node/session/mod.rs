//! The calls of one process, made and answered, as a plain state machine.
//!
//! Decides outstanding calls, deadlines, cancellation, what to run and what to answer. Frames and `now` come in;
//! frames go out through a [`Transmit`], and what the driver shall do comes out as [`Event`]s.
//!
//! **Invariant:** no socket, clock, task or lock. Every call has one slot from the moment it is sent until its reply
//! has come, whoever has lost interest meanwhile; that is why a call ends once (P1) and a number is never ambiguous.
//!
//! `W` is whatever wakes a caller, `C` whatever runs a callback; the session only keeps them.

mod calls;
mod deadlines;
mod runs;
mod streams;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::calls::{Added, Calls};
pub use self::calls::{Item, Next};
use self::deadlines::Deadlines;
use self::runs::{Runs, Unwanted};
pub use self::runs::{Start, Times};
pub use self::streams::End;
use self::streams::Streams;
use crate::proto::{
    Absence, Batch, CallHeader, CallId, CallbackId, Credit, DecodeError, Failed, Failure, Header, Limits,
    Mode, Moment, Outcome, Query, RunHeader, RunId, Status, StreamId, Taken, TraceContext, Window,
    decode_guarded,
};

/// Where frames go.
pub trait Transmit {
    /// Queues a frame.
    ///
    /// # Errors
    ///
    /// When it cannot be queued; nothing of it was.
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent>;

    /// How many more bytes may be queued. At zero the peer does not keep up.
    fn room(&self) -> usize;

    /// How many bytes a frame may have.
    fn frame_limit(&self) -> usize;

    /// An item of a stream that has more bytes is sent in parts of so many, between which other frames have their turn.
    fn part_bytes(&self) -> usize;
}

/// Why a frame was not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The connection is gone; the session will be told.
    Closed,
    /// The frame is over the limit. Sizes are in bytes.
    TooLarge {
        /// The frame's size.
        size: usize,
        /// The limit.
        limit: usize,
    },
}

/// What the driver shall do.
#[derive(Debug)]
pub enum Event<W, C> {
    /// Wake a caller: its call has ended, or it is worth trying to send it again.
    Wake(W),
    /// Run a callback.
    Start(Start<C>),
    /// Stop a callback, whose answer nobody wants any more.
    Abort(RunId),
    /// The controller is about to stop.
    ControllerStopping,
}

/// The peer sent something that no controller sends.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It does not decode.
    #[error("a frame from the controller cannot be decoded: {0}")]
    Decode(#[from] DecodeError),
    /// It has no place here.
    #[error("an unexpected frame from the controller: {0}")]
    Unexpected(&'static str),
}

/// A call to be sent.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The callback's remote name.
    pub name: &'a str,
    /// The number of the caller's signature.
    pub signature: u64,
    /// The process that shall run it.
    pub to: Option<&'a str>,
    /// When it ends.
    pub deadline: Option<Moment>,
    /// The trace that it belongs to.
    pub trace: Option<TraceContext>,
    /// Keys and values for the callback.
    pub metadata: &'a [(String, String)],
    /// Calls with the same number go to the same provider.
    pub key: Option<u64>,
    /// What becomes of the outcome.
    pub mode: Mode,
    /// How many of its arguments are streams.
    pub streams: u32,
}

/// Whose end a deadline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Call { index: u32, stamp: u64 },
    Run(RunId),
}

/// The calls of one process.
#[derive(Debug)]
pub struct Session<W, C> {
    calls: Calls<W>,
    runs: Runs<C>,
    streams: Streams<W>,
    deadlines: Deadlines<Due>,
    connected: bool,
    /// How many bytes an item of a stream may have that comes.
    item_bytes: usize,
    /// Distinguishes successive users of the same slot.
    stamp: u64,
    /// Names of callers, so that each is kept once.
    callers: HashMap<Box<str>, Arc<str>>,
}

/// How many callers' names are kept.
const CALLERS: usize = 1024;

impl<W, C: Clone> Session<W, C> {
    /// A process that has made and answered no calls, and is not connected.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            calls: Calls::new(limits.calls),
            runs: Runs::new(limits.calls, limits.queue_bytes),
            streams: Streams::new(),
            deadlines: Deadlines::new(),
            connected: false,
            item_bytes: limits.frame_bytes,
            stamp: 0,
            callers: HashMap::new(),
        }
    }

    /// The connection is made: frames may be sent, of which the controller allows `frame_bytes`.
    pub fn connected(&mut self, frame_bytes: usize, events: &mut Vec<Event<W, C>>) {
        self.connected = true;
        self.item_bytes = frame_bytes;
        self.wake_parked(events);
    }

    /// It is worth trying again to send what could not be sent.
    pub fn wake_parked(&mut self, events: &mut Vec<Event<W, C>>) {
        self.calls.wake_parked(|waiter| events.push(Event::Wake(waiter)));
    }

    /// The connection is lost. Calls that were sent end; callbacks that run are stopped, for their callers cannot be
    /// reached. Parked calls wait on.
    pub fn disconnected(&mut self, events: &mut Vec<Event<W, C>>) {
        self.connected = false;
        self.calls
            .fail_sent(&Failed::Disconnected { may_have_run: true }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        self.streams.end_all(|waiter| events.push(Event::Wake(waiter)));
        self.runs.abandon_all(|run| events.push(Event::Abort(run)));
    }

    /// The node stops for good: every call that is left ends as cancelled.
    ///
    /// The connection may stay until what is queued is written: replies are still expected on it, runs are refused.
    pub fn close(&mut self, events: &mut Vec<Event<W, C>>) {
        self.connected = false;
        self.calls
            .give_up_sent(&Failed::Cancelled { may_have_run: true }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        self.calls
            .fail_parked(&Failed::Disconnected { may_have_run: false }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        self.streams.end_all(|waiter| events.push(Event::Wake(waiter)));
        self.runs.abandon_all(|run| events.push(Event::Abort(run)));
    }

    /// Whether frames may be sent.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// How many calls have been sent and not answered.
    #[must_use]
    pub fn calls_outstanding(&self) -> usize {
        self.calls.len()
    }

    /// How many of them have one answer, and nothing that flows before it.
    #[must_use]
    pub fn single_calls(&self) -> usize {
        self.calls.single()
    }

    /// How many callbacks run that neither take nor return streams.
    #[must_use]
    pub fn single_runs(&self) -> usize {
        self.runs.single()
    }

    /// How many callbacks run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.runs.len()
    }

    // ------------------------------------------------------------------ as a caller

    /// Sends a call.
    ///
    /// # Errors
    ///
    /// Why it could not be sent; then it did not run.
    pub fn call(
        &mut self,
        now: Moment,
        request: &Request<'_>,
        payload: &Bytes,
        out: &mut impl Transmit,
    ) -> Result<CallId, Failed> {
        // A controller takes longer names for garbage, and nobody can have one.
        if request.name.len() > Limits::NAME_BYTES {
            return Err(Failed::NoProvider(Absence::Nobody));
        }
        if request.to.is_some_and(|to| to.len() > Limits::NAME_BYTES) {
            return Err(Failed::NoProvider(Absence::ProcessUnknown));
        }
        if request.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Failed::Timeout { may_have_run: false });
        }
        let metadata = request
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let mut header = CallHeader {
            call: CallId(0),
            name: request.name,
            signature: request.signature,
            to: request.to,
            deadline: request.deadline.map(|deadline| deadline.since(now)),
            trace: request.trace,
            metadata,
            key: request.key,
            mode: request.mode,
        };
        let call = self.request(request.deadline, payload, out, |call| {
            header.call = call;
            Header::Call(header)
        })?;
        if request.streams > 0 {
            self.calls.flow(call);
        }
        (0..request.streams).for_each(|index| self.streams.open(End::Call(call), index));
        Ok(call)
    }

    /// Asks the controller something.
    ///
    /// # Errors
    ///
    /// Why it could not be asked.
    pub fn ask(
        &mut self,
        query: Query<'_>,
        deadline: Option<Moment>,
        out: &mut impl Transmit,
    ) -> Result<CallId, Failed> {
        if let Query::WaitProcess(name) | Query::WaitFunction(name) = query
            && name.len() > Limits::NAME_BYTES
        {
            let reason = format!("a name has 1 to {} bytes", Limits::NAME_BYTES);
            return Err(Failed::Denied { reason });
        }
        self.request(deadline, &Bytes::new(), out, |call| Header::Query { call, query })
    }

    /// Announces callbacks, encoded in `payload`.
    ///
    /// # Errors
    ///
    /// Why they could not be announced.
    pub fn announce(
        &mut self,
        payload: &Bytes,
        ready: bool,
        out: &mut impl Transmit,
    ) -> Result<CallId, Failed> {
        self.request(None, payload, out, |call| Header::Offer { call, ready })
    }

    /// Takes callbacks back, whose numbers are encoded in `payload`.
    ///
    /// # Errors
    ///
    /// Why they could not be taken back.
    pub fn withdraw(&mut self, payload: &Bytes, out: &mut impl Transmit) -> Result<CallId, Failed> {
        self.request(None, payload, out, |call| Header::Withdraw { call })
    }

    fn request<'a>(
        &mut self,
        deadline: Option<Moment>,
        payload: &Bytes,
        out: &mut impl Transmit,
        header: impl FnOnce(CallId) -> Header<'a>,
    ) -> Result<CallId, Failed> {
        if !self.connected {
            return Err(Failed::Disconnected { may_have_run: false });
        }
        let stamp = self.next_stamp();
        let call = self
            .calls
            .open(stamp)
            .ok_or(Failed::Overloaded { may_have_run: false })?;
        if let Err(unsent) = out.send(&header(call), payload) {
            self.calls.forget(call);
            return Err(match unsent {
                Unsent::Closed => Failed::Disconnected { may_have_run: false },
                Unsent::TooLarge { size, limit } => Failed::TooLarge {
                    size: size as u64,
                    limit: limit as u64,
                    may_have_run: false,
                },
            });
        }
        if let Some(at) = deadline {
            self.add_deadline(at, Due::Call { index: call.0, stamp });
        }
        Ok(call)
    }

    /// Keeps a place for a call that cannot be sent now: it is woken when it can be, and ends at `until`, with
    /// `otherwise`.
    ///
    /// # Errors
    ///
    /// When too many calls are outstanding.
    pub fn park(&mut self, until: Option<Moment>, otherwise: Failed, waiter: W) -> Result<CallId, Failed> {
        let stamp = self.next_stamp();
        let call = self
            .calls
            .park(stamp, otherwise, waiter)
            .ok_or(Failed::Overloaded { may_have_run: false })?;
        if let Some(at) = until {
            self.add_deadline(at, Due::Call { index: call.0, stamp });
        }
        Ok(call)
    }

    /// The outcome of a call, once it has one; the call's place is then gone. Otherwise `waiter` is kept.
    pub fn poll(&mut self, call: CallId, waiter: impl FnOnce() -> W) -> Option<Outcome> {
        self.calls.poll(call, waiter)
    }

    /// As [`poll`](Self::poll), for a call with many answers: a broadcast, or the question what happens.
    pub fn poll_next(&mut self, call: CallId, waiter: impl FnOnce() -> W) -> Option<Next> {
        self.calls.poll_next(call, waiter)
    }

    /// The caller no longer wants the outcome. If the call is on its way, it is cancelled (P4).
    pub fn abandon(&mut self, call: CallId, out: &mut impl Transmit) {
        // Whoever sends its argument streams is given up with it.
        self.streams.end_all_of(End::Call(call), drop);
        if self.calls.abandon(call) && self.connected {
            // A connection that is gone cancels by itself.
            let _ = out.send(&Header::Cancel { call }, &Bytes::new());
        }
    }

    // ------------------------------------------------------------------ streams

    /// Tells the call that has a number now from others that had it before.
    #[must_use]
    pub fn generation(&self, call: CallId) -> Option<u64> {
        self.calls.stamp(call)
    }

    /// Lets the callback send more of the stream that it returned: to a broadcast, that of the process with that place on
    /// the roster.
    pub fn grant(&mut self, call: CallId, index: u32, window: Window, out: &mut impl Transmit) {
        if self.calls.grant(call, index, window) && self.connected {
            send_credit(call, StreamId::Result(index), window, out);
        }
    }

    /// Reads an argument stream of a run, or lets its caller send more of it.
    pub fn accept(&mut self, run: RunId, index: u32, window: Window, out: &mut impl Transmit) {
        if let Some(call) = self.runs.call_of(run) {
            self.streams.accept(run, index, window);
            self.runs.flow(run);
            send_credit(call, StreamId::Argument(index), window, out);
        }
    }

    /// The next of an argument stream; otherwise `waiter` is kept.
    pub fn take(&mut self, run: RunId, index: u32, waiter: impl FnOnce() -> W) -> Option<Taken> {
        self.streams.take(run, index, waiter)
    }

    /// Reads no more of an argument stream.
    pub fn stop(&mut self, run: RunId, index: u32, out: &mut impl Transmit) {
        if self.streams.stop(run, index)
            && let Some(call) = self.runs.call_of(run)
        {
            let stream = StreamId::Argument(index);
            let _ = out.send(&Header::Stop { call, stream }, &Bytes::new());
        }
    }

    /// Says that a callback has returned a stream, which may be sent once there is credit.
    pub fn open(&mut self, run: RunId, out: &mut impl Transmit) {
        if let Some(call) = self.runs.call_of(run) {
            self.streams.open(End::Run(run), 0);
            self.runs.flow(run);
            let _ = out.send(&Header::Opened { call, index: 0 }, &Bytes::new());
        }
    }

    /// What may be sent of a stream; nothing, for ever, if nobody reads it. Otherwise `waiter` is kept.
    #[allow(clippy::option_option, reason = "to wait and to stop are different things")]
    pub fn credit(&mut self, end: End, index: u32, waiter: impl FnOnce() -> W) -> Option<Option<Credit>> {
        self.streams.credit(end, index, waiter)
    }

    /// Whether nobody reads a stream any more; otherwise `waiter` hears of it.
    pub fn has_ended(&mut self, end: End, index: u32, waiter: impl FnOnce() -> W) -> bool {
        self.streams.has_ended(end, index, waiter)
    }

    /// Sends items of a stream.
    ///
    /// # Errors
    ///
    /// When the stream has ended or has no credit, or the items do not fit a frame.
    pub fn send(
        &mut self,
        end: End,
        index: u32,
        batch: &Batch,
        out: &mut impl Transmit,
    ) -> Result<(), Unsent> {
        let (call, stream) = match end {
            End::Call(call) => (call, StreamId::Argument(index)),
            End::Run(run) => (self.runs.call_of(run).ok_or(Unsent::Closed)?, StreamId::Result(0)),
        };
        let (size, limit) = (batch.bytes.len(), out.frame_limit());
        if size > limit {
            return Err(Unsent::TooLarge { size, limit });
        }
        if !self.streams.spend(end, index, batch.items, size) {
            return Err(Unsent::Closed);
        }
        let mut rest = batch.bytes.clone();
        while batch.items == 1 && rest.len() > out.part_bytes() {
            let part = rest.split_to(out.part_bytes());
            out.send(
                &Header::Items {
                    call,
                    stream,
                    items: 0,
                },
                &part,
            )?;
        }
        let items = batch.items;
        out.send(&Header::Items { call, stream, items }, &rest)
    }

    /// Ends an argument stream of a call.
    pub fn close_argument(
        &mut self,
        call: CallId,
        index: u32,
        end: Result<(), Failed>,
        out: &mut impl Transmit,
    ) {
        if self.streams.close(End::Call(call), index).is_some() {
            let stream = StreamId::Argument(index);
            let status = end.map_or_else(Status::Failed, |()| Status::Value);
            let _ = out.send(&Header::Close { call, stream, status }, &Bytes::new());
        }
    }

    // ------------------------------------------------------------------ as a provider

    /// Offers a callback; the answer is its number.
    pub fn offer(&mut self, callback: C, terms: Terms) -> CallbackId {
        self.runs.offer(callback, terms)
    }

    /// Runs a callback no more. Calls that are running go on.
    pub fn retract(&mut self, callback: CallbackId) {
        self.runs.retract(callback);
    }

    /// The callbacks that are offered, by number.
    pub fn offered(&self) -> impl Iterator<Item = (CallbackId, &C)> {
        self.runs.offered()
    }

    /// Whether the answer of a run is still wanted.
    #[must_use]
    pub fn is_wanted(&self, run: RunId) -> bool {
        self.runs.is_wanted(run)
    }

    /// A run has ended, wanted or not; whom to wake of those that wait for its streams. Must come once for every
    /// [`Event::Start`].
    pub fn finish(&mut self, run: RunId, outcome: &Outcome, out: &mut impl Transmit) -> Vec<W> {
        let mut waiters = Vec::new();
        self.streams
            .end_all_of(End::Run(run), |waiter| waiters.push(waiter));
        match self.runs.finish(run) {
            Some((call, true)) => reply(call, outcome, out),
            Some((call, false)) => {
                reply(call, &Err(Failed::Cancelled { may_have_run: true }.into()), out);
            }
            None => {}
        }
        waiters
    }

    /// Answers a run that has not ended yet, whatever it will end with.
    pub fn answer(&mut self, run: RunId, outcome: &Outcome, out: &mut impl Transmit) {
        if let Some(call) = self.runs.release(run) {
            reply(call, outcome, out);
        }
    }

    // ------------------------------------------------------------------ driven by time and frames

    /// When [`on_timeout`](Self::on_timeout) wants to be called.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        self.deadlines.next()
    }

    /// Ends what is due.
    pub fn on_timeout(&mut self, now: Moment, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        while let Some(due) = self.deadlines.due(now) {
            match due {
                Due::Call { index, stamp } => {
                    let call = CallId(index);
                    if let Some((on_its_way, waiter)) = self.calls.expire(call, stamp) {
                        if on_its_way && self.connected {
                            let _ = out.send(&Header::Cancel { call }, &Bytes::new());
                        }
                        events.extend(waiter.map(Event::Wake));
                        self.end_streams(End::Call(call), events);
                    }
                }
                Due::Run(run) => {
                    let unwanted = self.runs.give_up(run);
                    self.stop_run(unwanted, Failed::Timeout { may_have_run: true }, out, events);
                }
            }
        }
    }

    /// A frame has arrived.
    ///
    /// # Errors
    ///
    /// When no controller would send it; the connection is then of no use.
    pub fn receive(
        &mut self,
        now: Moment,
        header: Header<'_>,
        payload: Bytes,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        match header {
            Header::Reply { call, status } => {
                let waiter = self
                    .calls
                    .reply(call, outcome(status, payload))
                    .ok_or(Fault::Unexpected("a reply to no call"))?;
                events.extend(waiter.map(Event::Wake));
                self.end_streams(End::Call(call), events);
            }
            Header::Roster { call } => {
                self.add(call, Item::Roster(decode_guarded(&payload)?), out, events)?;
            }
            Header::Part { call, index, status } => {
                self.add(call, Item::Part(index, outcome(status, payload)), out, events)?;
            }
            Header::Happened { call } => {
                self.add(call, Item::Happened(decode_guarded(&payload)?), out, events)?;
            }
            Header::Run(run) => self.run(now, &run, Times::Once, payload, out, events)?,
            Header::RunEach(run) => self.run(now, &run, Times::Each, payload, out, events)?,
            Header::Cancel { call } => {
                // One that is not found has been answered already.
                let unwanted = self.runs.cancel(call);
                self.stop_run(unwanted, Failed::Cancelled { may_have_run: true }, out, events);
            }
            Header::Opened { call, index } => self.add(call, Item::Opened(index), out, events)?,
            Header::Items { call, stream, items } => {
                let batch = Batch {
                    items,
                    bytes: payload,
                };
                match stream {
                    StreamId::Result(index) => self.add(call, Item::Batch(index, batch), out, events)?,
                    StreamId::Argument(index) => self.arrive(call, index, batch, out, events),
                }
            }
            Header::Close {
                call,
                stream: StreamId::Argument(index),
                status,
            } => {
                let end = match status {
                    Status::Failed(failed) => Err(failed),
                    Status::Value | Status::App { .. } => Ok(()),
                };
                // One that is not found has been answered already.
                let run = self.runs.run_of(call);
                let waiter = run.and_then(|run| self.streams.end(run, index, end));
                events.extend(waiter.map(Event::Wake));
            }
            Header::Credit {
                call,
                stream,
                items,
                bytes,
            } => {
                let waiter = match stream {
                    StreamId::Argument(index) => self.streams.grant(End::Call(call), index, items, bytes),
                    StreamId::Result(_) => self.runs.run_of(call).and_then(|run| {
                        // It may come before the callback has returned its stream.
                        self.streams.open(End::Run(run), 0);
                        self.streams.grant(End::Run(run), 0, items, bytes)
                    }),
                };
                events.extend(waiter.map(Event::Wake));
            }
            Header::Stop {
                call,
                stream: StreamId::Argument(index),
            } => {
                let waiter = self.streams.close(End::Call(call), index).flatten();
                events.extend(waiter.map(Event::Wake));
            }
            Header::Goodbye => events.push(Event::ControllerStopping),
            Header::Heartbeat { .. } => {}
            Header::Hello(_)
            | Header::Welcome(_)
            | Header::Refused(_)
            | Header::Call(_)
            | Header::Offer { .. }
            | Header::Withdraw { .. }
            | Header::Query { .. }
            | Header::Close { .. }
            | Header::Stop { .. } => {
                return Err(Fault::Unexpected("it has no place after the handshake"));
            }
        }
        Ok(())
    }

    /// Begins a run, or answers why not.
    fn run(
        &mut self,
        now: Moment,
        run: &RunHeader<'_>,
        times: Times,
        payload: Bytes,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        if self.runs.is_open(run.call) {
            // An answer to it would be taken for one to the call that has the number.
            return Err(Fault::Unexpected("a call whose number is in use"));
        }
        if !self.connected {
            reply(
                run.call,
                &Err(Failed::Cancelled { may_have_run: false }.into()),
                out,
            );
            return Ok(());
        }
        let caller = self.caller(run.caller);
        let stamp = self.next_stamp();
        match self.runs.start(now, stamp, run, times, caller, payload) {
            Ok((start, deadline)) => {
                if let Some(at) = deadline {
                    self.add_deadline(at, Due::Run(start.run));
                }
                events.push(Event::Start(start));
            }
            Err(failed) => reply(run.call, &Err(failed.into()), out),
        }
        Ok(())
    }

    /// Stops a run that nobody waits for any more.
    fn stop_run(
        &mut self,
        unwanted: Option<Unwanted>,
        answer: Failed,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        let run = match unwanted {
            Some(Unwanted::Answer(call, run)) => {
                reply(call, &Err(answer.into()), out);
                run
            }
            Some(Unwanted::AnswerLater(run)) => run,
            None => return,
        };
        self.end_streams(End::Run(run), events);
        events.push(Event::Abort(run));
    }

    /// Items of an argument stream have come. A sender that does not keep to its credit is told to stop.
    fn arrive(
        &mut self,
        call: CallId,
        index: u32,
        batch: Batch,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        // One that is not found has been answered, or is not read any more.
        let run = self.runs.run_of(call);
        let Some((waiter, allowed)) =
            run.and_then(|run| self.streams.add(run, index, batch, self.item_bytes))
        else {
            return;
        };
        if !allowed {
            let stream = StreamId::Argument(index);
            let _ = out.send(&Header::Stop { call, stream }, &Bytes::new());
        }
        events.extend(waiter.map(Event::Wake));
    }

    fn end_streams(&mut self, end: End, events: &mut Vec<Event<W, C>>) {
        self.streams
            .end_all_of(end, |waiter| events.push(Event::Wake(waiter)));
    }

    /// One of many answers has come.
    fn add(
        &mut self,
        call: CallId,
        item: Item,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        let waiter = match self
            .calls
            .add(call, item, self.item_bytes)
            .ok_or(Fault::Unexpected("an answer to no call"))?
        {
            Added::Waiter(waiter) => waiter,
            Added::TooMany(waiter) => {
                self.calls.overflow(call);
                self.end_streams(End::Call(call), events);
                if self.connected {
                    let _ = out.send(&Header::Cancel { call }, &Bytes::new());
                }
                waiter
            }
        };
        events.extend(waiter.map(Event::Wake));
        Ok(())
    }

    fn next_stamp(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }

    fn add_deadline(&mut self, at: Moment, due: Due) {
        let (calls, runs) = (&self.calls, &self.runs);
        self.deadlines.add(at, due, |due| match *due {
            Due::Call { index, stamp } => calls.is_waiting(CallId(index), stamp),
            Due::Run(run) => runs.is_wanted(run),
        });
    }

    fn caller(&mut self, name: &str) -> Arc<str> {
        if let Some(caller) = self.callers.get(name) {
            return Arc::clone(caller);
        }
        if self.callers.len() >= CALLERS {
            self.callers.clear();
        }
        let caller: Arc<str> = name.into();
        self.callers.insert(name.into(), Arc::clone(&caller));
        caller
    }
}

/// On what terms a callback is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// How many calls run at the same time.
    pub concurrency: Option<u32>,
    /// How long one call may run.
    pub timeout: Option<Duration>,
    /// It cannot be stopped while it runs.
    pub blocking: bool,
}

/// Lets the sender of a stream send more of it. A connection that is gone ends the stream by itself.
fn send_credit(call: CallId, stream: StreamId, window: Window, out: &mut impl Transmit) {
    let Window { items, bytes } = window;
    let credit = Header::Credit {
        call,
        stream,
        items,
        bytes,
    };
    let _ = out.send(&credit, &Bytes::new());
}

/// What a status and its payload mean.
fn outcome(status: Status<'_>, payload: Bytes) -> Outcome {
    match status {
        Status::Value => Ok(payload),
        other => Failure::from_status(other, payload).map_or_else(|| Ok(Bytes::new()), Err),
    }
}

/// Answers a call. An answer over the frame limit becomes an error that says so.
fn reply(call: CallId, outcome: &Outcome, out: &mut impl Transmit) {
    let long = match outcome {
        Ok(value) => !value.is_empty(),
        Err(failure) => matches!(failure, Failure::App { .. }),
    };
    let full = Err(Failed::Overloaded { may_have_run: true }.into());
    // To a peer that does not read, small answers go (P6).
    let outcome = if long && out.room() == 0 { &full } else { outcome };
    let (status, payload) = Status::of(outcome);
    let sent = out.send(&Header::Reply { call, status }, payload);
    if let Err(Unsent::TooLarge { size, limit }) = sent {
        let failed = Failed::TooLarge {
            size: size as u64,
            limit: limit as u64,
            may_have_run: true,
        };
        // Small, so only a lost connection can refuse it.
        let _ = out.send(
            &Header::Reply {
                call,
                status: Status::Failed(failed),
            },
            &Bytes::new(),
        );
    }
}
