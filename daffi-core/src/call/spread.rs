//! One stream to many: read once, and sent to each as far as it has granted. How far ahead of whom, [`Fan`] decides.

use std::cell::RefCell;
use std::task::{Context, Poll, ready};

use super::pump::{Feeds, Port};
use crate::node::Lagging;
use crate::node::{Fan, Node, Pace};
use crate::proto::{Batch, CallId, Credit, Failed};

/// Those who receive the argument streams of a call to many.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    streams: Vec<Sending>,
    /// Those who lag behind, of which nobody has been told, by their places on the roster.
    lagged: Vec<u32>,
    has_dropped: bool,
}

/// A stream.
#[derive(Debug)]
struct Sending {
    fan: Fan,
    /// How it ended, while some are still sent what is kept for them.
    end: Option<Result<(), Failed>>,
}

impl Receivers {
    /// So many streams to so many processes.
    pub(super) fn new(streams: u32, processes: usize, lagging: Lagging) -> Self {
        Self {
            streams: (0..streams)
                .map(|_| Sending {
                    fan: Fan::new(processes, lagging),
                    end: None,
                })
                .collect(),
            lagged: Vec::new(),
            has_dropped: false,
        }
    }

    /// One of them gets no more, what it runs is cancelled, and the others do not wait for it.
    pub(super) fn leave(&mut self, node: &Node, call: CallId, part: u32) {
        for stream in &mut self.streams {
            stream.fan.leave(part);
        }
        node.abandon_part(call, part);
    }

    /// One who lost its part, as it was too slow; each is told once.
    pub(super) fn lagged(&mut self) -> Option<usize> {
        self.lagged.pop().map(|part| part as usize)
    }

    /// Whether some have lost their parts: what they answer is not waited for.
    pub(super) const fn has_dropped(&self) -> bool {
        self.has_dropped
    }

    /// Sends what there is, as far as it may be sent.
    pub(super) fn feed(&mut self, feeds: &mut Feeds, node: &Node, call: CallId, cx: &mut Context<'_>) {
        let mut lagged = Vec::new();
        for (index, Sending { fan, end }) in (0..).zip(&mut self.streams) {
            let port = Spread {
                node,
                call,
                index,
                fan: RefCell::new(fan),
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
            self.leave(node, call, part);
            self.lagged.push(part);
        }
    }
}

/// The way of one stream to many.
struct Spread<'a> {
    node: &'a Node,
    call: CallId,
    index: u32,
    fan: RefCell<&'a mut Fan>,
    /// What was kept cannot be sent, for this reason.
    broken: RefCell<Option<Failed>>,
    /// Those who are too far behind.
    lagged: RefCell<Vec<u32>>,
}

impl Spread<'_> {
    /// Looks at what each has granted, and sends what was kept for it.
    fn look(&self, fan: &mut Fan, cx: &mut Context<'_>) -> Result<(), Failed> {
        let parts = fan.parts();
        if fan.keeps() {
            // Before it is looked at, so that what is granted from then on wakes this task.
            self.node.parts_ended(self.call, self.index, &parts, cx);
        }
        fan.look(&self.node.part_credits(self.call, self.index, &parts, cx));
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
        let closed = self.node.send_to_parts(self.call, self.index, batches, full)?;
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
                self.node.close_parts(self.call, self.index, &left, &Err(failed));
            }
        }
    }

    fn close(&self, fan: &mut Fan, end: &Result<(), Failed>) {
        let finished = fan.finished();
        if !finished.is_empty() {
            self.node.close_parts(self.call, self.index, &finished, end);
        }
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
        match fan.pace() {
            Pace::Wait => Poll::Pending,
            Pace::Read(credit) => Poll::Ready(Some(credit)),
            Pace::Over => Poll::Ready(None),
        }
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut fan = self.fan.borrow_mut();
        let parts = fan.parts();
        let ended = self.node.parts_ended(self.call, self.index, &parts, cx);
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
