//! A process as a provider: calls that are answered.

use std::sync::Arc;

use bytes::Bytes;

use super::arriving::{Arguments, HeldRun};
use super::start::{Terms, Times};
use super::streams::End;
use super::transmit::{Transmit, Unsent};
use super::{Due, Event, Fault, Session};
use crate::proto::{CallId, CallbackId, Failed, Failure, Header, Moment, Outcome, RunHeader, RunId, Status};

impl<W, C: Clone> Session<W, C> {
    /// Offers a callback; the answer is its number.
    pub fn offer(&mut self, callback: C, terms: Terms) -> CallbackId {
        self.runs.offer(callback, terms)
    }

    /// Runs a callback no more, and gives it back. Calls that are running go on.
    pub fn retract(&mut self, callback: CallbackId) -> Option<C> {
        self.runs.retract(callback)
    }

    /// Runs none of its callbacks any more, and gives them back. Calls that are running go on.
    pub fn retract_all(&mut self) -> Vec<C> {
        self.runs.retract_all()
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

    /// What waits until a run has begun waits no longer.
    pub fn let_pass(&mut self, run: RunId, events: &mut Vec<Event<W, C>>) {
        self.runs.is_known(run);
        self.go_on_without(run, events);
    }

    /// A run that was [begun next](Self::begin_held) was started, which says nothing of its callback.
    pub fn was_started(&mut self, run: RunId, events: &mut Vec<Event<W, C>>) {
        self.go_on_without(run, events);
    }

    fn go_on_without(&mut self, run: RunId, events: &mut Vec<Event<W, C>>) {
        if self.arriving.is_empty() {
            return;
        }
        if let Some(caller) = self.runs.caller_of(run)
            && self.arriving.has_begun(run, &caller)
        {
            events.push(Event::GoOn(caller));
        }
    }

    /// Begins the next of what a caller has sent. If there is one, it is to be said that it [was started](Self::was_started) as soon as it
    /// was; not before, as others may come meanwhile that are to begin after it.
    pub fn begin_held(
        &mut self,
        now: Moment,
        caller: &str,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Option<RunId> {
        let held = self.next_held(now, caller, out, events)?;
        let (run, caller) = (held.start.run, Arc::clone(&held.start.caller));
        self.let_begin(now, held, events);
        let says_so_itself = self.arriving.begins(run);
        self.arriving.begin(run, &caller);
        (!says_so_itself).then_some(run)
    }

    /// Whether a run has not ended, wanted or not.
    #[must_use]
    pub fn is_running(&self, run: RunId) -> bool {
        self.runs.is_running(run)
    }

    /// A run has ended, wanted or not. Must come once for every [`Event::Start`].
    pub fn finish(
        &mut self,
        run: RunId,
        outcome: &Outcome,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        self.end_streams(End::Run(run), events);
        self.go_on_without(run, events);
        match self.runs.finish(run) {
            Some((call, None)) => reply(call, outcome, out),
            Some((call, Some(failed))) => reply(call, &Err(failed.into()), out),
            None => {}
        }
    }

    /// Tells the caller of a run that has not ended yet how its call has, whatever the run will end with.
    pub fn tell_early(&mut self, run: RunId, outcome: &Outcome, out: &mut impl Transmit) {
        if let Some(call) = self.runs.unwanted(run, Failed::Cancelled { may_have_run: true }) {
            early_reply(call, outcome, out);
        }
    }

    /// Begins a run, or answers why not. One whose arguments are yet to come, or before which others of its caller's are to
    /// begin, waits for that.
    pub(super) fn run(
        &mut self,
        now: Moment,
        run: &RunHeader<'_>,
        times: Times,
        arguments: Arguments,
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
        let caller = self.callers.caller(run.caller, run.identity);
        let stamp = self.next_stamp();
        match self.runs.start(now, stamp, run, times, caller, arguments.bytes()) {
            Ok((start, own)) => {
                let held = HeldRun {
                    start,
                    own,
                    arguments,
                };
                if self.arriving.takes(&held) {
                    if let Some(at) = held.start.deadline {
                        self.add_deadline(at, Due::Run(held.start.run));
                    }
                    self.arriving.add(held);
                } else {
                    self.let_begin(now, held, events);
                }
            }
            Err(failed) => reply(run.call, &Err(failed.into()), out),
        }
        Ok(())
    }

    /// Begins a run whose arguments are there.
    pub(super) fn let_begin(&mut self, now: Moment, held: HeldRun<C>, events: &mut Vec<Event<W, C>>) {
        let HeldRun {
            mut start,
            own,
            arguments,
        } = held;
        if let Arguments::Whole(payload) = arguments {
            start.payload = payload;
        }
        self.runs.keep_time(now, &mut start, own);
        if let Some(at) = start.deadline {
            self.add_deadline(at, Due::Run(start.run));
        }
        if start.times == Times::Once && self.runs.is_new(start.run) {
            start.is_first = true;
            self.arriving.begin(start.run, &start.caller);
        }
        events.push(Event::Start(start));
    }

    /// Stops all runs, and tells their callers if they can be reached.
    pub(super) fn cancel_runs(&mut self, tell: bool, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        let tell_of = |call| {
            if tell {
                reply(call, &Err(Failed::Cancelled { may_have_run: false }.into()), out);
            }
        };
        self.forget_arriving(tell_of, events);
        self.runs.abandon_all(|call, run, was_wanted| {
            if tell {
                reply(call, &Err(Failed::Cancelled { may_have_run: true }.into()), out);
            }
            events.extend(was_wanted.then_some(Event::Abort(run)));
        });
    }

    /// The caller does not want the answer to a call any more.
    pub(super) fn cancelled(
        &mut self,
        now: Moment,
        call: CallId,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        // One that is not found has been answered already.
        let Some(run) = self.runs.run_of(call) else { return };
        let failed = |may_have_run| Failed::Cancelled { may_have_run };
        if let Some(caller) = self.give_up_arriving(run, failed(false), out, events) {
            self.begin_next(now, &caller, out, events);
        } else {
            let run = self.runs.cancel(call);
            self.stop_run(run, events);
        }
    }

    /// The time of a run is over.
    pub(super) fn run_is_over_time(
        &mut self,
        run: RunId,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        if let Some(caller) = self.give_up_arriving(run, Failed::timeout(false), out, events) {
            // What comes meanwhile is to begin after what it was sent behind.
            if self.arriving.has_of(&caller) {
                events.push(Event::GoOn(caller));
            }
        } else if let Some(told) = self.runs.give_up(run) {
            if let Some((call, failed)) = told {
                early_reply(call, &Err(failed.into()), out);
            }
            self.stop_run(Some(run), events);
        }
    }

    /// The connection is lost: nobody waits for any run.
    pub(super) fn abandon_runs(&mut self, events: &mut Vec<Event<W, C>>) {
        self.forget_arriving(drop, events);
        self.runs
            .abandon_all(|_, run, was_wanted| events.extend(was_wanted.then_some(Event::Abort(run))));
    }

    /// Stops a run that nobody waits for any more.
    pub(super) fn stop_run(&mut self, run: Option<RunId>, events: &mut Vec<Event<W, C>>) {
        let Some(run) = run else { return };
        self.end_streams(End::Run(run), events);
        self.go_on_without(run, events);
        events.push(Event::Abort(run));
    }
}

/// How many bytes of a frame, at most, are no words of an error: on the way to the caller the header becomes another.
pub(super) const HEADER_BYTES: usize = 1024;

/// Answers a call. A value over the frame limit becomes an error that says so; of an error's words there are fewer then.
pub(super) fn reply(call: CallId, outcome: &Outcome, out: &mut impl Transmit) {
    answer(|call, status| Header::Reply { call, status }, call, outcome, out);
}

/// Tells a caller how its call has ended, while its callback has not stopped.
fn early_reply(call: CallId, outcome: &Outcome, out: &mut impl Transmit) {
    answer(
        |call, status| Header::EarlyReply { call, status },
        call,
        outcome,
        out,
    );
}

fn answer(
    header: for<'a> fn(CallId, Status<'a>) -> Header<'a>,
    call: CallId,
    outcome: &Outcome,
    out: &mut impl Transmit,
) {
    let long = match outcome {
        Ok(value) => !value.is_empty(),
        Err(Failure::App { .. } | Failure::Explained(_)) => true,
        Err(failure) => failure.long_bytes() > HEADER_BYTES,
    };
    let full = Err(Failed::Overloaded { may_have_run: true }.into());
    // To a peer that does not read, small answers go (P6).
    let outcome = if long && out.room() == 0 { &full } else { outcome };
    let fitting = match outcome {
        Err(failure) if long => failure.fitting(out.frame_limit().saturating_sub(HEADER_BYTES)),
        _ => None,
    };
    let fitting = fitting.map(Err);
    let outcome = fitting.as_ref().unwrap_or(outcome);
    let (status, payload) = Status::of(outcome);
    let sent = out.send(&header(call, status), payload);
    if let Err(Unsent::TooLarge { size, limit }) = sent {
        let failed = Failed::TooLarge {
            size: size as u64,
            limit: limit as u64,
            may_have_run: true,
        };
        // Small, so only a lost connection can refuse it.
        let _ = out.send(&header(call, Status::Failed(failed)), &Bytes::new());
    }
}
