//! One stream to many: read once, and sent to each as far as each has granted. The slowest sets the pace.

use std::cell::RefCell;
use std::task::{Context, Poll, ready};

use super::pump::{Feeds, Port};
use crate::node::Node;
use crate::proto::{Batch, CallId, Credit, Failed};

/// Those who receive the argument streams of a call to many.
#[derive(Debug, Default)]
pub(super) struct Receivers {
    /// Of each stream, those that still read it, by their places on the roster.
    reading: Vec<Vec<u32>>,
}

impl Receivers {
    /// So many streams to so many processes.
    pub(super) fn new(streams: u32, processes: usize) -> Self {
        let all: Vec<_> = (0..).take(processes).collect();
        Self {
            reading: (0..streams).map(|_| all.clone()).collect(),
        }
    }

    /// One of them gets no more, and the others do not wait for it.
    pub(super) fn leave(&mut self, node: &Node, call: CallId, part: u32) {
        let end = Err(Failed::Cancelled { may_have_run: true });
        for (index, reading) in (0..).zip(&mut self.reading) {
            if let Some(place) = reading.iter().position(|reads| *reads == part) {
                reading.remove(place);
                node.close_parts(call, index, &[part], &end);
            }
        }
    }

    /// Sends what there is, as far as it may be sent to all.
    pub(super) fn feed(&mut self, feeds: &mut Feeds, node: &Node, call: CallId, cx: &mut Context<'_>) {
        for (index, reading) in (0..).zip(&mut self.reading) {
            let port = Spread {
                node,
                call,
                index,
                reading: RefCell::new(reading),
            };
            let Poll::Ready(end) = feeds.poll_one(index, &port, cx) else {
                continue;
            };
            node.close_parts(call, index, reading, &end);
            reading.clear();
        }
    }
}

/// The way of one stream to many.
struct Spread<'a> {
    node: &'a Node,
    call: CallId,
    index: u32,
    reading: RefCell<&'a mut Vec<u32>>,
}

/// What may be sent to all, from what may be sent to each that still reads: nothing is, to anybody, that not all have
/// granted. `None` if nobody reads any more.
fn pace(credits: impl Iterator<Item = Option<Credit>>) -> Poll<Option<Credit>> {
    let mut least: Option<Credit> = None;
    for credit in credits {
        let Some(credit) = credit else {
            return Poll::Pending;
        };
        least = Some(least.map_or(credit, |least| Credit {
            items: least.items.min(credit.items),
            bytes: least.bytes.min(credit.bytes),
        }));
    }
    Poll::Ready(least)
}

impl Port for Spread<'_> {
    fn poll_credit(&self, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        // What all have granted together may be more than the connection's queue has room for.
        ready!(self.node.poll_room(cx));
        let mut reading = self.reading.borrow_mut();
        let mut credits = self.node.part_credits(self.call, self.index, &reading, cx);
        let mut looked = credits.iter();
        reading.retain(|_| looked.next() != Some(&Some(None)));
        credits.retain(|credit| *credit != Some(None));
        pace(credits.into_iter().map(Option::flatten))
    }

    fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut reading = self.reading.borrow_mut();
        let ended = self.node.parts_ended(self.call, self.index, &reading, cx);
        let mut ended = ended.into_iter();
        reading.retain(|_| ended.next() == Some(false));
        if reading.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn send(&self, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        let mut reading = self.reading.borrow_mut();
        let closed = self
            .node
            .send_to_parts(self.call, self.index, &reading, batch, full);
        let closed = closed.map_err(Some)?;
        let mut closed = closed.into_iter();
        reading.retain(|_| closed.next() == Some(false));
        if reading.is_empty() { Err(None) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credit(items: u64, bytes: i64) -> Option<Credit> {
        Some(Credit { items, bytes })
    }

    #[test]
    fn no_more_is_sent_to_anybody_than_all_have_granted() {
        let all = [credit(5, 10), credit(3, 40), credit(9, 20)];
        assert_eq!(pace(all.into_iter()), Poll::Ready(credit(3, 10)));
    }

    #[test]
    fn nothing_is_sent_before_all_have_granted() {
        let all = [credit(5, 10), None, credit(9, 20)];
        assert_eq!(pace(all.into_iter()), Poll::Pending);
    }

    #[test]
    fn a_stream_that_nobody_reads_has_ended() {
        assert_eq!(pace(std::iter::empty()), Poll::Ready(None));
    }
}
