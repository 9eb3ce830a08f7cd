//! A process as a caller: calls that are sent, and their answers.

use bytes::Bytes;

use super::answers::{Item, Next};
use super::calls::Added;
use super::streams::End;
use super::transmit::{Transmit, Unsent};
use super::{Due, Event, Fault, Session};
use crate::proto::{
    Absence, CallHeader, CallId, Failed, Header, Limits, Mode, Moment, Outcome, Query, TraceContext,
};

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

impl<W, C: Clone> Session<W, C> {
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

    /// Tells the call that has a number now from others that had it before.
    #[must_use]
    pub fn generation(&self, call: CallId) -> Option<u64> {
        self.calls.stamp(call)
    }

    /// One of many answers has come.
    pub(super) fn add(
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
}
