//! Calls that are given up while they may be waiting at the controller: it is asked whether they ran, but not for long.

use std::time::Duration;

use bytes::Bytes;

use super::calls::Asking;
use super::slot::{Asked, GivenUp};
use super::streams::End;
use super::transmit::Transmit;
use super::{Due, Event, Fault, Session};
use crate::proto::{CallId, Header, Moment};

/// How long the controller may take to say whether a call ran that is given up.
const ANSWER: Duration = Duration::from_millis(100);

impl<W, C: Clone> Session<W, C> {
    /// The controller says that a call waits for a provider.
    pub(super) fn waits(&mut self, call: CallId) -> Result<(), Fault> {
        let is_known = self.calls.waits(call);
        is_known
            .then_some(())
            .ok_or(Fault::Unexpected("that a call waits which is none"))
    }

    /// The time of a call is over. One that has waited at the controller may still be there: then the answer to its `Cancel` says that
    /// nobody has run it, and is waited for.
    pub(super) fn call_is_over_time(
        &mut self,
        now: Moment,
        call: CallId,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        // One that was asked before may have had its time.
        if self.ask_for(now, call, GivenUp::Late, out, events) == Some(Asking::Now) {
            return;
        }
        let Some(expired) = self.calls.expire(now, call) else {
            return;
        };
        events.extend(expired.waiter.map(Event::Wake));
        if !expired.was_asked {
            self.cancel_call(call, out, events);
        }
    }

    /// The caller of a call has cancelled it, and waits for what comes of that: whether it ran, which is said soon. `false` if there is nothing to
    /// wait for.
    pub fn cancel(
        &mut self,
        now: Moment,
        call: CallId,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> bool {
        self.ask_for(now, call, GivenUp::Cancelled, out, events).is_some()
    }

    fn ask_for(
        &mut self,
        now: Moment,
        call: CallId,
        since: GivenUp,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Option<Asking> {
        if !self.connected {
            return None;
        }
        let until = now + ANSWER;
        let asking = self.calls.ask(call, Asked { since, until })?;
        if asking == Asking::Now {
            self.add_deadline(until, Due::Call(call));
            self.cancel_call(call, out, events);
        }
        Some(asking)
    }

    /// Nobody waits for what a call would be answered.
    fn cancel_call(&mut self, call: CallId, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        if self.connected {
            let _ = out.send(&Header::Cancel { call }, &Bytes::new());
        }
        self.results.drop_of(call);
        self.end_streams(End::Call(call), events);
    }
}
