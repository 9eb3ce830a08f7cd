//! One stream to many: read once, and sent to each as far as it has granted. How far ahead of whom, [`Fan`] decides.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::pause::{Pause, pause_of_sent};
use super::pump::{Feeds, Port};
use crate::node::{End, Fan, Lagging, Node, Pace};
use crate::proto::{Batch, CallId, Credit, Failed};

/// How long those who have yet to begin are waited for, where they need not be, once somebody has begun: processes do not begin at
/// the same time, and nobody is to lose its part for that.
const BEGINNING: Duration = Duration::from_secs(1);

/// Those who receive the argument streams of a call to many.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    streams: Vec<Sending>,
    ways: Ways,
    /// Those who lag behind, of which nobody has been told, by their places on the roster.
    lagged: Vec<u32>,
    has_dropped: bool,
}

/// How the streams reach each of them.
#[derive(Debug, Default)]
struct Ways {
    /// The call to all.
    call: Option<CallId>,
    /// Those who are called again, each by a call of its own, once that was sent: their signatures have other numbers for the
    /// same.
    again: BTreeMap<u32, Option<CallId>>,
}

impl Ways {
    fn end_of(&self, part: u32) -> Option<End> {
        match self.again.get(&part) {
            Some(again) => again.map(End::Call),
            None => self.call.map(|call| End::Part(call, part)),
        }
    }

    fn ends(&self, parts: &[u32]) -> Vec<Option<End>> {
        parts.iter().map(|part| self.end_of(*part)).collect()
    }
}

/// A stream.
#[derive(Debug)]
struct Sending {
    fan: Fan,
    /// Until when those who have yet to begin are waited for, where they need not be.
    patience: Option<Pause>,
    /// How it ended, while some are still sent what is kept for them.
    end: Option<Result<(), Failed>>,
}

impl Receivers {
    /// So many streams to so many processes, which `call` asks.
    pub(super) fn new(call: Option<CallId>, streams: u32, processes: usize, lagging: Lagging) -> Self {
        Self {
            streams: (0..streams)
                .map(|_| Sending {
                    fan: Fan::new(processes, lagging),
                    patience: None,
                    end: None,
                })
                .collect(),
            ways: Ways {
                call,
                again: BTreeMap::new(),
            },
            lagged: Vec::new(),
            has_dropped: false,
        }
    }

    /// One of them is called again, and that call is sent if it has a number. It takes all there is: nothing was sent to it before
    /// it has begun to read, and what was read by then is kept for it, or it is not waited for.
    pub(super) fn called_again(&mut self, part: usize, call: Option<CallId>) {
        if let Ok(part) = u32::try_from(part) {
            self.ways.again.insert(part, call);
        }
    }

    /// One of them has an outcome.
    pub(super) fn settled(&mut self, part: usize) {
        if let Ok(part) = u32::try_from(part) {
            self.streams.iter_mut().for_each(|stream| stream.fan.leave(part));
        }
    }

    /// One of them gets no more, what it runs is cancelled, and the others do not wait for it.
    pub(super) fn leave(&mut self, node: &Node, part: usize) {
        self.settled(part);
        // A call of its own is cancelled by whoever drops it.
        if let (Ok(part), Some(call)) = (u32::try_from(part), self.ways.call)
            && !self.ways.again.contains_key(&part)
        {
            node.abandon_part(call, part);
        }
    }

    /// One who lost its part, as it was too slow; each is told once.
    pub(super) fn lagged(&mut self) -> Option<usize> {
        self.lagged.pop().map(|part| part as usize)
    }

    /// Whether some have lost their parts: what they answer is not waited for.
    pub(super) const fn has_dropped(&self) -> bool {
        self.has_dropped
    }

    /// Whether some are called by themselves, whatever comes of the call to all.
    pub(super) fn calls_again(&self) -> bool {
        !self.ways.again.is_empty()
    }

    /// Sends what there is, as far as it may be sent.
    pub(super) fn feed(&mut self, feeds: &mut Feeds, node: &Node, cx: &mut Context<'_>) {
        let mut lagged = Vec::new();
        for (index, Sending { fan, patience, end }) in (0..).zip(&mut self.streams) {
            let port = Spread {
                node,
                ways: &self.ways,
                index,
                fan: RefCell::new(fan),
                patience: RefCell::new(patience),
                broken: RefCell::default(),
                lagged: RefCell::default(),
            };
            if end.is_none()
                && let Poll::Ready(ended) = feeds.poll_one(index, &port, cx)
            {
                *end = Some(port.broken.take().map_or(ended, Err));
            }
            if let Some(end) = end {
                port.finish(end, cx);
            }
            lagged.append(&mut port.lagged.take());
        }
        for part in lagged {
            self.has_dropped = true;
            self.leave(node, part as usize);
            self.lagged.push(part);
        }
    }
}

/// The way of one stream to many.
struct Spread<'a> {
    node: &'a Node,
    ways: &'a Ways,
    index: u32,
    fan: RefCell<&'a mut Fan>,
    patience: RefCell<&'a mut Option<Pause>>,
    /// What was kept cannot be sent, for this reason.
    broken: RefCell<Option<Failed>>,
    /// Those who are too far behind.
    lagged: RefCell<Vec<u32>>,
}

impl Spread<'_> {
    /// Looks at what each has granted, and sends what was kept for it.
    fn look(&self, fan: &mut Fan, cx: &mut Context<'_>) -> Result<(), Failed> {
        let ends = self.ways.ends(&fan.parts());
        if fan.keeps() {
            // Before it is looked at, so that what is granted from then on wakes this task.
            self.node.arguments_ended(&ends, self.index, cx);
        }
        fan.look(&self.node.argument_credits(&ends, self.index, cx));
        let due = fan.due();
        if due.is_empty() {
            return Ok(());
        }
        self.send_to(fan, due.iter().map(|(part, batch)| (*part, batch)), true)
    }

    fn send_to<'b>(
        &self,
        fan: &mut Fan,
        batches: impl Iterator<Item = (u32, &'b Batch)>,
        full: bool,
    ) -> Result<(), Failed> {
        let batches = batches.map(|(part, batch)| (part, self.ways.end_of(part), batch));
        let closed = self.node.send_to_each(self.index, batches, full)?;
        for part in closed {
            fan.leave(part);
        }
        Ok(())
    }

    /// The stream has ended: those hear of it who have all of it.
    fn finish(&self, end: &Result<(), Failed>, cx: &mut Context<'_>) {
        let mut fan = self.fan.borrow_mut();
        self.close(&mut fan, end);
        if fan.is_over() {
            return;
        }
        match self.look(&mut fan, cx) {
            Ok(()) => self.close(&mut fan, end),
            Err(failed) => {
                let left = fan.parts();
                left.iter().for_each(|part| fan.leave(*part));
                self.tell(&left, &Err(failed));
            }
        }
    }

    fn close(&self, fan: &mut Fan, end: &Result<(), Failed>) {
        let finished = fan.finished();
        if !finished.is_empty() {
            self.tell(&finished, end);
        }
    }

    fn tell(&self, parts: &[u32], end: &Result<(), Failed>) {
        let ends = self.ways.ends(parts).into_iter().flatten();
        self.node.close_arguments(ends, self.index, end);
    }
}

impl Port for Spread<'_> {
    fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        // What all have granted together may be more than the connection's queue has room for.
        ready!(self.node.poll_room(cx));
        let mut fan = self.fan.borrow_mut();
        if let Err(failed) = self.look(&mut fan, cx) {
            *self.broken.borrow_mut() = Some(failed);
            return Poll::Ready(None);
        }
        if fan.waits_in_vain() {
            let mut patience = self.patience.borrow_mut();
            let patience = patience.get_or_insert_with(|| pause_of_sent(self.node, BEGINNING));
            if Pin::new(patience).poll(cx).is_ready() {
                fan.go_on_without();
            }
        }
        match fan.pace() {
            Pace::Wait => Poll::Pending,
            Pace::Read(credit) => Poll::Ready(Some(credit)),
            Pace::Over => Poll::Ready(None),
        }
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut fan = self.fan.borrow_mut();
        let parts = fan.parts();
        let ended = self.node.arguments_ended(&self.ways.ends(&parts), self.index, cx);
        for (part, _) in parts.into_iter().zip(ended).filter(|(_, ended)| *ended) {
            fan.leave(part);
        }
        if fan.is_over() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        let mut fan = self.fan.borrow_mut();
        let passed = fan.pass(batch);
        self.lagged.borrow_mut().extend(passed.dropped);
        let now = passed.now.into_iter().map(|part| (part, batch));
        self.send_to(&mut fan, now, full).map_err(Some)?;
        if fan.is_over() { Err(None) } else { Ok(()) }
    }
}
