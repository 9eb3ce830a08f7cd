//! A process as a caller: calls that are sent, or wait to be, and their answers.

use bytes::Bytes;

use super::answers::{Item, Next};
use super::flow::send_credit;
use super::kept::Kept;
use super::loans::Bounded;
use super::many::Added;
use super::message::Message;
use super::slot::Parked;
use super::streams::End;
use super::transmit::Transmit;
use super::{Due, Event, Fault, Session};
use crate::proto::{CallId, Failed, Header, Moment, Outcome, StreamId};

impl<W, C: Clone> Session<W, C> {
    /// Sends a message, or keeps it until it can be sent: after those that were kept before it, and before any that come
    /// later (P5). `waiter` is woken when there is something to look at with [`poll_next`](Self::poll_next).
    ///
    /// It cannot be sent without a connection, before the process has announced what it offers, and while the connection
    /// has no room. It waits for no longer than the session's patience, unless it waits for something to appear.
    ///
    /// # Errors
    ///
    /// Why it will not be sent; then nothing ran, and `waiter` is left where it is.
    pub fn submit(
        &mut self,
        now: Moment,
        message: &Message<'_>,
        waiter: &mut Option<W>,
        out: &mut impl Transmit,
    ) -> Result<CallId, Failed> {
        message.check(now)?;
        if self.closed {
            return Err(Failed::Disconnected { may_have_run: false });
        }
        let call = if self.may_send(message, out) {
            match self.send_new(now, message, waiter, out) {
                // The connection was closed just now: it waits for the next.
                Err(Failed::Disconnected { .. }) if !message.is_first() => {
                    self.park(now, message, waiter, out.is_connected())
                }
                sent => sent,
            }
        } else if message.is_first() {
            Err(Failed::Disconnected { may_have_run: false })
        } else {
            self.park(now, message, waiter, out.is_connected())
        }?;
        if message.streams() > 0 {
            let feeds = self.calls.flow(call);
            if message.asks_many() {
                // Each process receives them by itself, and it is yet to be known who they are.
                feeds.into_iter().for_each(|feeds| *feeds = message.streams());
                return Ok(call);
            }
            (0..message.streams()).for_each(|index| self.streams.open(End::Call(call), index));
        }
        Ok(call)
    }

    fn may_send(&self, message: &Message<'_>, out: &impl Transmit) -> bool {
        self.connected
            && (message.is_first()
                || self.announced
                    && self.next_parked().is_none()
                    && out.room() > 0
                    && out.is_connected()
                    && !self.holds(message))
    }

    fn send_new(
        &mut self,
        now: Moment,
        message: &Message<'_>,
        waiter: &mut Option<W>,
        out: &mut impl Transmit,
    ) -> Result<CallId, Failed> {
        let stamp = self.next_stamp();
        let call = self
            .calls
            .open(stamp, message.is_call(), waiter)
            .ok_or(Failed::Overloaded { may_have_run: false })?;
        let written = self.write(call, now, message, out);
        if let Err(failed) = written {
            *waiter = self.calls.forget(call);
            return Err(failed);
        }
        if message.is_lasting() {
            self.calls.last(call, Kept::of(message));
        }
        Ok(call)
    }

    /// Queues a message under a number.
    fn write(
        &mut self,
        call: CallId,
        now: Moment,
        message: &Message<'_>,
        out: &mut impl Transmit,
    ) -> Result<(), Failed> {
        // A run that nobody waits for any more is no link of a chain.
        let within = message.within().and_then(|run| self.runs.call_of(run));
        let window = message.window();
        // Before it is sent: what is answered with a stream for which nothing is left is not made.
        if window.is_some() || message.asks_many() {
            let party = message.within().and_then(|run| self.runs.caller_of(run));
            self.calls.hold_for(call, party);
        }
        let bounded = Bounded {
            limit: self.stream_bytes,
            others: self.streams.loans(),
        };
        let window = window.map(|wish| {
            let granted = self.calls.grant(call, 0, wish, &bounded);
            granted.ok_or(bounded.full(false))
        });
        let window = window.transpose()?;
        out.send(&message.header(now, call, within), message.payload())
            .map_err(|unsent| unsent.failed(false))?;
        if let Some(at) = message.deadline() {
            self.add_deadline(at, Due::Call(call));
        }
        if message.runs_for_each() {
            self.calls.count(call);
        }
        if let Some(window) = window
            && self.connected
        {
            send_credit(call, StreamId::Result(0), window, out);
        }
        Ok(())
    }

    /// Keeps a message that cannot be sent now.
    fn park(
        &mut self,
        now: Moment,
        message: &Message<'_>,
        waiter: &mut Option<W>,
        is_connected: bool,
    ) -> Result<CallId, Failed> {
        let give_up = self.held_until(now) + self.patience;
        let (until, otherwise) = match message.deadline() {
            // Whoever waits for others waits for the controller, too.
            deadline if message.waits() => (deadline, Failed::timeout(false)),
            Some(deadline) if deadline <= give_up => (Some(deadline), Failed::timeout(false)),
            _ if self.announced && is_connected && self.held.is_none() => {
                (Some(give_up), Failed::Overloaded { may_have_run: false })
            }
            _ => (Some(give_up), Failed::Disconnected { may_have_run: false }),
        };
        let stamp = self.next_stamp();
        let parked = Parked {
            message: Kept::of(message),
            otherwise,
            until,
        };
        let call = self
            .calls
            .park(stamp, parked, waiter)
            .ok_or(Failed::Overloaded { may_have_run: false })?;
        self.parked.insert(stamp, call);
        if let Some(at) = until {
            self.add_deadline(at, Due::Parked { call, stamp });
        }
        Ok(call)
    }

    /// What the process offers is announced: what waited for that is sent.
    pub fn announced(&mut self, now: Moment, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        self.announced = self.connected;
        self.send_parked(now, out, events);
    }

    /// Whether a message waits for room on the connection.
    #[must_use]
    pub fn waits_for_room(&self) -> bool {
        self.announced && self.next_parked().is_some()
    }

    /// Sends what is kept, in the order in which it came, for as long as there is room.
    pub fn send_parked(&mut self, now: Moment, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        while self.announced
            && out.room() > 0
            && out.is_connected()
            && let Some((stamp, call)) = self.next_parked()
        {
            self.parked.remove(&stamp);
            let Some(kept) = self.calls.unpark(call) else {
                continue;
            };
            match self.write(call, now, &kept.message.message(), out) {
                Ok(()) if kept.message.message().is_lasting() => self.calls.last(call, kept.message),
                Ok(()) => {}
                // It waits for the next connection.
                Err(Failed::Disconnected { .. }) => {
                    self.calls.park_again(call, kept);
                    self.parked.insert(stamp, call);
                    return;
                }
                Err(failed) => {
                    events.extend(self.calls.end(call, failed.into()).map(Event::Wake));
                    self.end_streams(End::Call(call), events);
                }
            }
        }
        self.tell_that_all_is_sent(out);
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

    /// The outcome of a call, once it has one; the call's place is then gone. Otherwise `waiter` is kept, and the one from
    /// before is in its place.
    pub fn poll(&mut self, call: CallId, waiter: &mut Option<W>) -> Option<Outcome> {
        self.calls.poll(call, waiter)
    }

    /// As [`poll`](Self::poll), for a call with many answers: a broadcast, or the question what happens.
    pub fn poll_next(&mut self, call: CallId, waiter: &mut Option<W>) -> Option<Next> {
        self.calls.poll_next(call, waiter)
    }

    /// Whether a call may have run whose outcome was not looked at: not while it waits to be sent, nor if it ended with the
    /// promise that it did not.
    #[must_use]
    pub fn may_have_run(&self, call: CallId) -> bool {
        self.calls.may_have_run(call)
    }

    /// Whether a call has an outcome that was not looked at.
    #[must_use]
    pub fn is_answered(&self, call: CallId) -> bool {
        self.calls.is_answered(call)
    }

    /// How many calls of the process's own have no outcome, and somebody may be waiting for it: those that are sent, and those
    /// that wait to be. What the process asks the controller is none.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.calls.unanswered().count()
    }

    /// Whether there are such calls.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        self.calls.unanswered().next().is_some()
    }

    /// The caller no longer wants the outcome. If the call is on its way, it is cancelled (P4).
    pub fn abandon(&mut self, call: CallId, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        // Whoever sends its argument streams is given up with it.
        self.streams
            .end_all_of(End::Call(call), |waiter| events.push(Event::Drop(waiter)));
        if let Some(stamp) = self.calls.stamp(call)
            && self.parked.remove(&stamp).is_none()
        {
            self.forget_absent(call, stamp);
        }
        self.results.drop_of(call);
        let (on_its_way, waiter) = self.calls.abandon(call);
        events.extend(waiter.map(Event::Drop));
        if on_its_way && self.connected {
            // A connection that is gone cancels by itself.
            let _ = out.send(&Header::Cancel { call }, &Bytes::new());
        }
    }

    /// The caller no longer wants one part of a call to many: it is cancelled where it runs (P4), and sent no more.
    pub fn abandon_part(
        &mut self,
        call: CallId,
        part: u32,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        self.streams
            .end_all_of(End::Part(call, part), |waiter| events.push(Event::Drop(waiter)));
        self.calls.drop_part(call, part);
        let dropped = self.results.drop_part(call, part);
        self.calls.release(call, dropped);
        if self.calls.is_sent(call) && self.connected {
            let _ = out.send(&Header::CancelPart { call, index: part }, &Bytes::new());
        }
    }

    /// It is known who is asked: the streams of the call may be sent to each of them once there is credit.
    pub(super) fn open_parts(&mut self, call: CallId, parts: usize) {
        let streams = self.calls.flow(call).map_or(0, std::mem::take);
        for part in (0..).take(parts) {
            (0..streams).for_each(|index| self.streams.open(End::Part(call, part), index));
        }
    }

    /// One of many answers has come.
    pub(super) fn add(
        &mut self,
        call: CallId,
        item: Item,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        let bounded = Bounded {
            limit: self.stream_bytes,
            others: self.streams.loans(),
        };
        let added = self.calls.add(call, item, self.item_bytes, &bounded);
        match added.ok_or(Fault::Unexpected("an answer to no call"))? {
            Added::Waiter(waiter) => events.extend(waiter.map(Event::Wake)),
            Added::Cut(waiter, part) => {
                events.extend(waiter.map(Event::Wake));
                self.end_streams(End::Part(call, part), events);
                if self.connected {
                    let _ = out.send(&Header::CancelPart { call, index: part }, &Bytes::new());
                }
            }
            Added::TooMany(failed) => self.overflow(call, failed, out, events),
        }
        Ok(())
    }

    /// Nobody looks at the answers to a call, and there are too many of them.
    pub(super) fn overflow(
        &mut self,
        call: CallId,
        failed: Failed,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        events.extend(self.calls.overflow(call, failed).map(Event::Wake));
        self.results.drop_of(call);
        self.end_streams(End::Call(call), events);
        if self.connected {
            let _ = out.send(&Header::Cancel { call }, &Bytes::new());
        }
    }
}
