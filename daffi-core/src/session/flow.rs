//! Streams as a session sends and receives them, at both ends of a call.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::loans::Bounded;
use super::provider::HEADER_BYTES;
use super::streams::End;
use super::transmit::{Transmit, Unsent};
use super::{Event, Fault, Item, Session};
use crate::proto::{Batch, CallId, Credit, Failed, Failure, Header, RunId, Status, StreamId, Taken, Window};

impl<W, C: Clone> Session<W, C> {
    /// The same, where the streams that come to the process may hold so many bytes in all. Otherwise they are bounded one by one.
    #[must_use]
    pub const fn bounding_streams(mut self, bytes: u64) -> Self {
        self.stream_bytes = bytes;
        self
    }

    /// How much the streams hold that come to this process.
    #[cfg(test)]
    pub(super) fn lent(&self) -> u64 {
        (self.streams.loans().all() + self.calls.loans().all()).sum()
    }

    /// Lets the callback send more of the stream that it returned: to a broadcast, that of the process with that place on the
    /// roster. The first time, `window` is how much shall be on its way, and from then on what was taken of it. What was granted,
    /// which is the less the more other streams hold, and nothing if the call has ended.
    ///
    /// # Errors
    ///
    /// When nothing is left for it.
    pub fn grant(
        &mut self,
        call: CallId,
        index: u32,
        window: Window,
        out: &mut impl Transmit,
    ) -> Result<Window, Failed> {
        let bounded = Bounded {
            limit: self.stream_bytes,
            others: self.streams.loans(),
        };
        let granted = self.calls.grant(call, index, window, &bounded);
        let granted = granted.ok_or(bounded.full(true))?;
        if self.connected && granted != Window::NONE {
            send_credit(call, StreamId::Result(index), granted, out);
        }
        Ok(granted)
    }

    /// How many bytes of a result may be on their way.
    #[must_use]
    pub fn window_of(&self, call: CallId, index: u32) -> Option<u32> {
        self.calls.window_of(call, index)
    }

    /// Reads an argument stream of a run, or lets its caller send more of it. The first time, `window` is how much shall be on its
    /// way, and from then on what was taken of it. What was granted, which is the less the more other streams hold; nothing if
    /// nothing is left, which ends the stream.
    pub fn accept(&mut self, run: RunId, index: u32, window: Window, out: &mut impl Transmit) -> Window {
        let Some(call) = self.runs.call_of(run) else {
            return Window::NONE;
        };
        let granted = self.accept_some(run, index, window);
        self.runs.flow(run);
        let stream = StreamId::Argument(index);
        match granted {
            Some(Window::NONE) => {}
            Some(granted) => send_credit(call, stream, granted, out),
            None => {
                let _ = out.send(&Header::Stop { call, stream }, &Bytes::new());
            }
        }
        granted.unwrap_or(Window::NONE)
    }

    /// The same, of which nobody is told yet.
    pub(super) fn accept_some(&mut self, run: RunId, index: u32, window: Window) -> Option<Window> {
        let bounded = Bounded {
            limit: self.stream_bytes,
            others: self.calls.loans(),
        };
        let party = self.runs.caller_of(run);
        self.streams.accept(run, index, &party, window, &bounded)
    }

    /// The next of an argument stream; otherwise `waiter` is kept.
    pub fn take(&mut self, run: RunId, index: u32, waiter: &mut Option<W>) -> Option<Taken> {
        self.streams.take(run, index, waiter)
    }

    /// Reads no more of an argument stream.
    pub fn stop(&mut self, run: RunId, index: u32, out: &mut impl Transmit, events: &mut Vec<Event<W, C>>) {
        self.runs.stop_reading(run, index);
        let (tell, waiter) = self.streams.stop(run, index);
        events.extend(waiter.map(Event::Drop));
        if tell && let Some(call) = self.runs.call_of(run) {
            let stream = StreamId::Argument(index);
            let _ = out.send(&Header::Stop { call, stream }, &Bytes::new());
        }
    }

    /// Says that a callback has returned a stream, which may be sent once there is credit, and what stands in front of its items.
    pub fn open(&mut self, run: RunId, front: &Bytes, out: &mut impl Transmit) {
        if let Some(call) = self.runs.call_of(run) {
            self.streams.open(End::Run(run), 0);
            self.runs.flow(run);
            let _ = out.send(&Header::Opened { call, index: 0 }, front);
        }
    }

    /// What may be sent of a stream; nothing, for ever, if nobody reads it. Otherwise `waiter` is kept.
    #[allow(clippy::option_option, reason = "to wait and to stop are different things")]
    pub fn credit(&mut self, end: End, index: u32, waiter: &mut Option<W>) -> Option<Option<Credit>> {
        self.streams.credit(end, index, waiter)
    }

    /// As [`credit`](Self::credit), of each of those that one stream goes to. One that may be called again has granted nothing until that
    /// was looked at.
    #[allow(clippy::option_option, reason = "to wait and to stop are different things")]
    pub fn credits(
        &mut self,
        ends: &[Option<End>],
        index: u32,
        waiters: &mut [Option<W>],
    ) -> Vec<Option<Option<Credit>>> {
        let mut credits: Vec<_> = ends
            .iter()
            .zip(waiters)
            .map(|(end, waiter)| end.and_then(|end| self.streams.credit(end, index, waiter)))
            .collect();
        let closed = credits.iter().map(|credit| matches!(credit, Some(None)));
        for place in self.yet_to_look_at(ends, closed) {
            credits[place] = None;
        }
        credits
    }

    /// As [`has_ended`](Self::has_ended), of each of those that one stream goes to.
    pub fn have_ended(&mut self, ends: &[Option<End>], index: u32, waiters: &mut [Option<W>]) -> Vec<bool> {
        let mut ended: Vec<_> = ends
            .iter()
            .zip(waiters)
            .map(|(end, waiter)| end.is_some_and(|end| self.streams.has_ended(end, index, waiter)))
            .collect();
        for place in self.yet_to_look_at(ends, ended.iter().copied()) {
            ended[place] = false;
        }
        ended
    }

    /// Those that may be called again, which their caller has yet to see: their signatures have other numbers, or they are called again
    /// already and that call has its outcome.
    fn yet_to_look_at(&self, ends: &[Option<End>], closed: impl Iterator<Item = bool>) -> Vec<usize> {
        let mut parts: Option<BTreeSet<u32>> = None;
        let ends = ends.iter().zip(closed).enumerate();
        let unseen = ends.filter_map(|(place, (end, closed))| {
            let unseen = match end.filter(|_| closed)? {
                // It may be made again whatever it has failed with, as where nobody was there who is on the way.
                End::Call(call) => self.calls.may_be_called_again(call),
                // They are of one call, and asked for once.
                End::Part(call, part) => parts
                    .get_or_insert_with(|| self.calls.mismatched_parts(call))
                    .contains(&part),
                End::Run(_) => false,
            };
            unseen.then_some(place)
        });
        unseen.collect()
    }

    /// Whether nobody reads a stream any more; otherwise `waiter` hears of it.
    pub fn has_ended(&mut self, end: End, index: u32, waiter: &mut Option<W>) -> bool {
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
            End::Part(call, part) => (call, StreamId::ArgumentOf { part, index }),
            End::Run(run) => (self.runs.call_of(run).ok_or(Unsent::Closed)?, StreamId::Result(0)),
        };
        let (size, limit) = (batch.bytes.len(), out.frame_limit());
        if size > limit {
            return Err(Unsent::TooLarge { size, limit });
        }
        if !self.streams.spend(end, index, batch) {
            return Err(Unsent::Closed);
        }
        let header = |items| Header::Items {
            call,
            stream,
            items,
            explained: batch.explained,
        };
        let mut rest = batch.bytes.clone();
        while batch.items == 1 && rest.len() > out.part_bytes() {
            let part = rest.split_to(out.part_bytes());
            out.send(&header(0), &part)?;
        }
        out.send(&header(batch.items), &rest)
    }

    /// Ends an argument stream of a call, or of one part of a call to many.
    pub fn close_argument(
        &mut self,
        end: End,
        index: u32,
        how: Result<(), Failed>,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        let (call, stream) = match end {
            End::Call(call) => (call, StreamId::Argument(index)),
            End::Part(call, part) => (call, StreamId::ArgumentOf { part, index }),
            End::Run(_) => return,
        };
        if let Some(waiter) = self.streams.close(end, index) {
            events.extend(waiter.map(Event::Drop));
            send_close(call, stream, how, out);
        }
    }

    /// Items of a stream have come.
    pub(super) fn came(
        &mut self,
        call: CallId,
        stream: StreamId,
        batch: Batch,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> Result<(), Fault> {
        match stream {
            StreamId::Result(index) => self.add(call, Item::Batch(index, batch), out, events),
            StreamId::Argument(index) => {
                self.arrive(call, index, batch, out, events);
                Ok(())
            }
            StreamId::ArgumentOf { .. } => Err(Fault::Unexpected("items of a stream from the wrong end")),
        }
    }

    /// Items of an argument stream have come. A sender that does not keep to its credit is told to stop.
    pub(super) fn arrive(
        &mut self,
        call: CallId,
        index: u32,
        batch: Batch,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) {
        // One that is not found has been answered, or is not read any more.
        let Some(run) = self.runs.run_of(call) else { return };
        let bounded = Bounded {
            limit: self.stream_bytes,
            others: self.calls.loans(),
        };
        let added = self.streams.add(run, index, batch, self.item_bytes, &bounded);
        let Some((waiter, allowed)) = added else { return };
        if !allowed {
            let stream = StreamId::Argument(index);
            let _ = out.send(&Header::Stop { call, stream }, &Bytes::new());
        }
        events.extend(waiter.map(Event::Wake));
    }

    /// The caller has ended an argument stream.
    pub(super) fn closed(
        &mut self,
        call: CallId,
        index: u32,
        status: Status<'_>,
        events: &mut Vec<Event<W, C>>,
    ) {
        let end = match status {
            Status::Failed(failed) => Err(failed),
            Status::Value | Status::App { .. } | Status::Explained => Ok(()),
        };
        // One that is not found has been answered already.
        let Some(run) = self.runs.run_of(call) else { return };
        self.end_early(run, index);
        events.extend(self.streams.end(run, index, end).map(Event::Wake));
    }

    /// The receiver of a stream grants more of it.
    pub(super) fn credited(
        &mut self,
        call: CallId,
        stream: StreamId,
        Window { items, bytes }: Window,
        events: &mut Vec<Event<W, C>>,
    ) {
        let waiter = match stream {
            StreamId::Argument(index) => self.streams.grant(End::Call(call), index, items, bytes),
            StreamId::ArgumentOf { part, index } => {
                self.streams.grant(End::Part(call, part), index, items, bytes)
            }
            StreamId::Result(_) => self.runs.run_of(call).and_then(|run| {
                // It may come before the callback has returned its stream.
                self.streams.open(End::Run(run), 0);
                self.streams.grant(End::Run(run), 0, items, bytes)
            }),
        };
        events.extend(waiter.map(Event::Wake));
    }

    /// The receiver of an argument stream reads no more of it.
    pub(super) fn stopped(&mut self, end: End, index: u32, events: &mut Vec<Event<W, C>>) {
        let waiter = self.streams.close(end, index).flatten();
        events.extend(waiter.map(Event::Wake));
    }
}

/// Tells the receiver of an argument stream that there is no more of it. A connection that is gone ends the stream by itself.
fn send_close(call: CallId, stream: StreamId, end: Result<(), Failed>, out: &mut impl Transmit) {
    let room = out.frame_limit().saturating_sub(HEADER_BYTES);
    let end = end.map_err(|failed| match Failure::Failed(failed.clone()).fitting(room) {
        Some(Failure::Failed(shorter)) => shorter,
        _ => failed,
    });
    let status = end.map_or_else(Status::Failed, |()| Status::Value);
    let _ = out.send(&Header::Close { call, stream, status }, &Bytes::new());
}

/// Lets the sender of a stream send more of it. A connection that is gone ends the stream by itself.
pub(super) fn send_credit(call: CallId, stream: StreamId, window: Window, out: &mut impl Transmit) {
    let Window { items, bytes } = window;
    let credit = Header::Credit {
        call,
        stream,
        items,
        bytes,
    };
    let _ = out.send(&credit, &Bytes::new());
}
