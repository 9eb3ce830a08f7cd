//! The calls of one process, made and answered, as a plain state machine.
//!
//! Decides outstanding calls, deadlines, cancellation, what to run and what to answer. Frames and `now` come in;
//! frames go out through a [`Transmit`], and what the driver shall do comes out as [`Event`]s.
//!
//! **Invariant:** no socket, clock, task or lock. Every call has one slot from the moment it is sent until its reply
//! has come, whoever has lost interest meanwhile; that is why a call ends once (P1) and a number is never ambiguous.
//!
//! `W` is whatever wakes a caller, `C` whatever runs a callback; the session only keeps them.

mod absent;
mod answers;
mod arriving;
mod asking;
mod caller;
mod callers;
mod calls;
mod deadlines;
mod each;
mod fan;
mod flow;
mod held;
mod holding;
mod kept;
mod lasting;
mod left;
mod lent;
mod loans;
mod many;
mod message;
mod pieces;
mod provider;
mod results;
mod runs;
mod slot;
mod start;
mod streams;
#[cfg(test)]
mod tests;
mod transmit;
mod unread;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::absent::Absent;
use self::answers::outcome;
pub use self::answers::{Item, Next};
use self::arriving::{Arguments, Arriving};
use self::callers::Callers;
use self::calls::Calls;
use self::deadlines::Deadlines;
pub use self::fan::{Fan, Lagging, Pace, Passed};
use self::held::Held;
pub use self::kept::KeptWait;
pub use self::left::Left;
pub use self::message::{Message, Request, Scheduling};
use self::results::Results;
use self::runs::Runs;
pub use self::start::{Start, Terms, Times};
pub use self::streams::End;
use self::streams::Streams;
pub use self::transmit::{Transmit, Unsent};
use crate::mixing::Mixing;
use crate::proto::{
    Batch, CallId, DecodeError, Failed, Header, Limits, Moment, PieceError, Refusal, RunId, StreamId, Window,
    decode_guarded,
};

/// What the driver shall do.
#[derive(Debug)]
pub enum Event<W, C> {
    /// Wake a caller: there is something to look at.
    Wake(W),
    /// Nobody is to be woken by this any more. It is given back because dropping it may do anything.
    Drop(W),
    /// Run a callback.
    Start(Start<C>),
    /// Begin what that process has sent, one by one: see [`Session::begin_held`].
    GoOn(Arc<str>),
    /// Stop a callback, whose answer nobody wants any more.
    Abort(RunId),
    /// A callback was to be run, and is not. It is given back because dropping it may do anything.
    Dismiss(C),
    /// The controller is about to stop.
    ControllerStopping,
    /// Which versions there are of a callback: its name, and a list of [`Described`](crate::proto::Described).
    Versions(Box<str>, Bytes),
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
    /// A payload in pieces is not as it was declared.
    #[error("a payload from the controller: {0}")]
    Piece(#[from] PieceError),
    /// The controller says why it ends the connection.
    #[error("the controller ends the connection: {0}")]
    Refused(Refusal),
}

/// Whose end a deadline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Call(CallId),
    Parked { call: CallId, stamp: u64 },
    Run(RunId),
}

/// The calls of one process.
#[derive(Debug)]
pub struct Session<W, C> {
    calls: Calls<W>,
    runs: Runs<C>,
    streams: Streams<W>,
    /// Runs that have not begun, as their arguments have not all come.
    arriving: Arriving<C>,
    /// What calls ended with, as far as it has come.
    results: Results,
    deadlines: Deadlines<Due>,
    connected: bool,
    /// What the process offers is announced on this connection, so that calls may come to it.
    announced: bool,
    /// It stops for good.
    closed: bool,
    /// Messages that are not sent yet, in the order in which they came.
    parked: BTreeMap<u64, CallId>,
    /// Calls that wait for somebody to be there.
    absent: Absent,
    /// The controller is about to stop.
    held: Option<Held>,
    /// How long they may be kept.
    patience: Duration,
    /// How many bytes an item of a stream may have that comes.
    item_bytes: usize,
    /// How many bytes the streams may hold that come to it.
    stream_bytes: u64,
    /// Distinguishes successive users of the same slot.
    stamp: u64,
    callers: Callers,
}

impl<W, C: Clone> Session<W, C> {
    /// A process that has made and answered no calls, and is not connected. What cannot be sent waits for as long as its
    /// `patience`. Its tables hash what others choose by a `seed`, which they are not to know.
    #[must_use]
    pub fn new(limits: &Limits, patience: Duration, seed: u64) -> Self {
        let mixing = Mixing::new(seed);
        Self {
            calls: Calls::new(limits.calls),
            runs: Runs::new(limits.calls, limits.queue_bytes, mixing),
            streams: Streams::new(),
            arriving: Arriving::new(),
            results: Results::default(),
            deadlines: Deadlines::new(),
            connected: false,
            announced: false,
            closed: false,
            parked: BTreeMap::new(),
            absent: Absent::default(),
            held: None,
            patience,
            item_bytes: limits.frame_bytes,
            stream_bytes: u64::MAX,
            stamp: 0,
            callers: Callers::new(mixing),
        }
    }

    /// The connection is made, on which the controller allows frames of `frame_bytes`. What the process offers is to be
    /// [`announced`](Self::announced) before all else.
    pub const fn connected(&mut self, frame_bytes: usize) {
        (self.connected, self.announced, self.held) = (true, false, None);
        self.item_bytes = frame_bytes;
    }

    /// The connection is lost before these calls were written, with all of their arguments, so they end as ones that did not run.
    pub fn was_not_sent(&mut self, calls: &[CallId], events: &mut Vec<Event<W, C>>) {
        for &call in calls {
            if self.calls.is_sent(call) {
                let lost = Failed::Disconnected { may_have_run: false };
                events.extend(self.calls.end(call, lost.into()).map(Event::Wake));
                self.end_streams(End::Call(call), events);
            }
        }
    }

    /// The connection is lost. Calls that were sent end; callbacks that run are stopped, as nobody reaches their callers. Parked calls wait on.
    pub fn disconnected(&mut self, events: &mut Vec<Event<W, C>>) {
        (self.connected, self.announced, self.held) = (false, false, None);
        self.calls
            .fail_sent(&Failed::Disconnected { may_have_run: true }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        let (calls, wake) = (&self.calls, |waiter| events.push(Event::Wake(waiter)));
        self.streams.end_all(|call| calls.is_parked(call), wake);
        self.results.clear();
        self.abandon_runs(events);
    }

    /// The node stops for good: every call that is left, made here or answered here, ends as cancelled.
    ///
    /// The connection may stay until what is queued is written: replies are still expected on it, runs are refused.
    pub fn close(&mut self, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        let connected = self.connected;
        (self.connected, self.announced, self.closed) = (false, false, true);
        self.parked.clear();
        self.end_absent(events);
        self.results.drop_all();
        self.calls
            .give_up_sent(&Failed::Cancelled { may_have_run: true }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        self.calls
            .fail_parked(&Failed::Disconnected { may_have_run: false }, |waiter| {
                events.push(Event::Wake(waiter));
            });
        let calls = &self.calls;
        self.streams.end_all(
            |call| calls.is_parked(call),
            |waiter| events.push(Event::Wake(waiter)),
        );
        self.cancel_runs(connected, out, events);
    }

    /// Whether it was [closed](Self::close).
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether frames may be sent.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
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

    /// When [`on_timeout`](Self::on_timeout) wants to be called.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        self.deadlines.next()
    }

    /// Ends what is due.
    pub fn on_timeout(&mut self, now: Moment, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        while let Some(due) = self.deadlines.due(now) {
            match due {
                Due::Call(call) => self.call_is_over_time(now, call, out, events),
                Due::Parked { call, stamp } => {
                    if self.calls.is_due(now, call) && self.parked.remove(&stamp).is_some() {
                        events.extend(self.calls.expire_parked(call).map(Event::Wake));
                        self.end_streams(End::Call(call), events);
                    }
                }
                Due::Run(run) => self.run_is_over_time(run, out, events),
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
            Header::Reply { call, status } => self.replied(call, outcome(status, payload), events)?,
            Header::Roster { call } => {
                let names: Vec<String> = decode_guarded(&payload)?;
                self.open_parts(call, names.len());
                self.add(call, Item::Roster(names), out, events)?;
            }
            Header::Part { call, index, status } => {
                self.ended_part(call, index, outcome(status, payload), out, events)?;
            }
            Header::Happened { call } => {
                self.add(call, Item::Happened(decode_guarded(&payload)?), out, events)?;
            }
            Header::Ticked { call } => {
                self.add(call, Item::Ticked(decode_guarded(&payload)?), out, events)?;
            }
            Header::Run(run) => {
                self.run(now, &run, Times::Once, Arguments::Whole(payload), out, events)?;
            }
            Header::RunEach(run) => {
                self.run(now, &run, Times::Each, Arguments::Whole(payload), out, events)?;
            }
            Header::Large { bytes, frame } => self.large(now, bytes, frame, out, events)?,
            Header::Piece { call, of } => self.piece(now, (call, of), &payload, out, events)?,
            Header::Cancel { call } => self.cancelled(now, call, out, events),
            Header::Done { call, items } => {
                if !self.calls.counted(call, items) {
                    return Err(Fault::Unexpected("how far no call has come"));
                }
            }
            Header::Opened { call, index } => self.add(call, Item::Opened(index, payload), out, events)?,
            Header::Items {
                call,
                stream,
                items,
                explained,
            } => {
                let batch = Batch::new(items, payload).explained(explained);
                self.came(call, stream, batch, out, events)?;
            }
            Header::Close {
                call,
                stream: StreamId::Argument(index),
                status,
            } => self.closed(call, index, status, events),
            Header::Credit {
                call,
                stream,
                items,
                bytes,
            } => self.credited(call, stream, Window { items, bytes }, events),
            Header::Stop {
                call,
                stream: StreamId::Argument(index),
            } => self.stopped(End::Call(call), index, events),
            Header::Stop {
                call,
                stream: StreamId::ArgumentOf { part, index },
            } => self.stopped(End::Part(call, part), index, events),
            Header::Stopping { within } => self.hold(now, within, out, events),
            Header::Waits { call } => self.waits(call)?,
            Header::Versions { name } => events.push(Event::Versions(name.into(), payload)),
            Header::Goodbye => events.push(Event::ControllerStopping),
            Header::Heartbeat { .. } => {}
            Header::Refused(refusal) => return Err(Fault::Refused(refusal)),
            Header::Hello(_)
            | Header::Welcome(_)
            | Header::Challenge(_)
            | Header::Proof(_)
            | Header::Resuming(_)
            | Header::Resumes { .. }
            | Header::Finished
            | Header::Call(_)
            | Header::CallTo { .. }
            | Header::EarlyReply { .. }
            | Header::Schedule { .. }
            | Header::CancelPart { .. }
            | Header::Offer { .. }
            | Header::Withdraw { .. }
            | Header::Query { .. }
            | Header::Close { .. }
            | Header::Stop { .. } => return Err(Fault::Unexpected("it has no place after the handshake")),
        }
        Ok(())
    }

    fn end_streams(&mut self, end: End, events: &mut Vec<Event<W, C>>) {
        self.streams
            .end_all_of(end, |waiter| events.push(Event::Wake(waiter)));
    }

    fn next_stamp(&mut self) -> u64 {
        self.stamp += 1;
        self.stamp
    }

    fn add_deadline(&mut self, at: Moment, due: Due) {
        let (calls, runs, parked) = (&self.calls, &self.runs, &self.parked);
        self.deadlines.add(at, due, |due| match *due {
            Due::Call(call) => calls.is_sent(call),
            Due::Parked { stamp, .. } => parked.contains_key(&stamp),
            Due::Run(run) => runs.is_wanted(run),
        });
    }
}
