//! The streams of calls and callbacks: the session's, under the node's lock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::Node;
use super::doings::Doings;
use super::door::Write;
use crate::proto::{Batch, CallId, Credit, Failed, Outcome, RunId, Taken, Window};
use crate::registry::FlowHost;
use crate::session::{End, Unsent};

impl Node {
    /// What may be sent of an argument stream; `None` if nobody reads it any more.
    pub(crate) fn poll_argument_credit(
        &self,
        call: CallId,
        index: u32,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Credit>> {
        let mut waiter = Some(cx.waker().clone());
        let credit = self.drive(|session, _, _| session.credit(End::Call(call), index, &mut waiter));
        credit.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when nobody reads an argument stream any more.
    pub(crate) fn poll_argument_ended(&self, call: CallId, index: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiter = Some(cx.waker().clone());
        let ended = self.drive(|session, _, _| session.has_ended(End::Call(call), index, &mut waiter));
        if ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether a call has an outcome, which its caller has yet to see.
    pub(crate) fn is_answered(&self, call: CallId) -> bool {
        self.drive(|session, _, _| session.is_answered(call))
    }

    /// Sends items of an argument stream, at once if `full`.
    pub(crate) fn send_argument(
        &self,
        call: CallId,
        index: u32,
        batch: &Batch,
        full: bool,
    ) -> Result<(), Option<Failed>> {
        self.send_items(End::Call(call), index, batch, full)
    }

    fn send_items(&self, end: End, index: u32, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.visit(&mut Doings::default(), |visit| {
            if full {
                visit.write = Write::Flush;
            }
            let (session, mut out, _) = visit.parts();
            session
                .send(end, index, batch, &mut out)
                .map_err(|unsent| match unsent {
                    Unsent::Closed => None,
                    unsent => Some(unsent.failed(true).of_items()),
                })
        })
    }

    /// Ready when the connection has room, or there is none.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let outbox = self.visit(&mut Doings::default(), |visit| visit.outbox().map(Arc::clone));
        outbox.map_or(Poll::Ready(()), |outbox| outbox.poll_room(cx))
    }

    /// What may be sent of an argument stream to each of those that it goes to: `None` if one has granted nothing, which is
    /// waited for; nothing in it if it reads no more.
    #[allow(clippy::option_option, reason = "to wait and to stop are different things")]
    pub(crate) fn argument_credits(
        &self,
        ends: &[Option<End>],
        index: u32,
        cx: &mut Context<'_>,
    ) -> Vec<Option<Option<Credit>>> {
        // Those that are left are dropped when the lock is free again.
        let mut waiters: Vec<_> = ends.iter().map(|_| Some(cx.waker().clone())).collect();
        self.drive(|session, _, _| session.credits(ends, index, &mut waiters))
    }

    /// Waits to hear that those read no more; which of them do not.
    pub(crate) fn arguments_ended(
        &self,
        ends: &[Option<End>],
        index: u32,
        cx: &mut Context<'_>,
    ) -> Vec<bool> {
        let mut waiters: Vec<_> = ends.iter().map(|_| Some(cx.waker().clone())).collect();
        self.drive(|session, _, _| session.have_ended(ends, index, &mut waiters))
    }

    /// Sends items to each of those, at once if `full`. What is given beside an end comes back where it reads no more.
    pub(crate) fn send_to_each<'b, T>(
        &self,
        index: u32,
        batches: impl Iterator<Item = (T, Option<End>, &'b Batch)>,
        full: bool,
    ) -> Result<Vec<T>, Failed> {
        self.visit(&mut Doings::default(), |visit| {
            if full {
                visit.write = Write::Flush;
            }
            let (session, mut out, _) = visit.parts();
            let closed = batches.filter_map(|(which, end, batch)| {
                let sent = end.map(|end| session.send(end, index, batch, &mut out));
                match sent.unwrap_or(Err(Unsent::Closed)) {
                    Ok(()) => None,
                    Err(Unsent::Closed) => Some(Ok(which)),
                    Err(unsent) => Some(Err(unsent.failed(true).of_items())),
                }
            });
            closed.collect()
        })
    }

    /// Wants no more of one part of a call to many.
    pub(crate) fn abandon_part(&self, call: CallId, part: u32) {
        self.drive(|session, out, events| session.abandon_part(call, part, out, events));
    }

    /// Ends an argument stream of calls at each of those.
    pub(crate) fn close_arguments(
        &self,
        ends: impl IntoIterator<Item = End>,
        index: u32,
        how: &Result<(), Failed>,
    ) {
        self.drive(|session, out, events| {
            for end in ends {
                session.close_argument(end, index, how.clone(), out, events);
            }
        });
    }

    /// Lets a callback send more of the stream that it returned: at first so much, then as much as was taken of it. What was
    /// granted; or why there is nothing left for it.
    pub(crate) fn grant(&self, call: CallId, index: u32, window: Window) -> Result<Window, Failed> {
        self.drive(|session, out, _| session.grant(call, index, window, out))
    }

    /// The window of a stream that a callback has returned, of which its caller wished for this one.
    pub(crate) fn window_of(&self, call: CallId, wish: Window) -> Window {
        let bytes = self.drive(|session, _, _| session.window_of(call, 0));
        Window {
            bytes: bytes.unwrap_or(wish.bytes),
            ..wish
        }
    }

    /// Says for how many items of its stream a callback is done.
    pub(super) fn tell_done(&self, run: RunId, items: u64) {
        self.drive(|session, out, _| session.tell_done(run, items, out));
    }

    /// Tells the caller of a run that has not ended yet how its call has.
    pub(super) fn tell_early(&self, run: RunId, outcome: &Outcome) {
        self.drive(|session, out, _| session.tell_early(run, outcome, out));
    }
}

impl FlowHost for Node {
    fn open(&self, run: RunId, front: &Bytes) {
        if let Some(node) = self.me.upgrade() {
            node.opens(run);
        }
        self.drive(|session, out, _| session.open(run, front, out));
    }

    fn poll_credit(&self, run: RunId, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        let mut waiter = Some(cx.waker().clone());
        let credit = self.drive(|session, _, _| session.credit(End::Run(run), 0, &mut waiter));
        credit.map_or(Poll::Pending, Poll::Ready)
    }

    fn poll_ended(&self, run: RunId, cx: &mut Context<'_>) -> Poll<()> {
        let mut waiter = Some(cx.waker().clone());
        if self.drive(|session, _, _| session.has_ended(End::Run(run), 0, &mut waiter)) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn send(&self, run: RunId, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.send_items(End::Run(run), 0, batch, full)
    }

    fn accept(&self, run: RunId, index: u32, window: Window) -> Window {
        self.drive(|session, out, _| session.accept(run, index, window, out))
    }

    fn poll_taken(&self, run: RunId, index: u32, cx: &mut Context<'_>) -> Poll<Taken> {
        let mut waiter = Some(cx.waker().clone());
        let taken = self.drive(|session, _, _| session.take(run, index, &mut waiter));
        taken.map_or(Poll::Pending, Poll::Ready)
    }

    fn stop(&self, run: RunId, index: u32) {
        self.drive(|session, out, events| session.stop(run, index, out, events));
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<Sleep>> {
        let _runtime = self.runtime().enter();
        Box::pin(sleep(duration))
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.spawn_task(task);
    }
}
