//! The streams of calls and callbacks: the session's, under the node's lock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::handle::{Node, Out};
use super::session::{End, Unsent};
use crate::proto::{Batch, CallId, Credit, Failed, RunId, Taken, Window};
use crate::registry::FlowHost;

impl Node {
    /// What may be sent of a stream; `None` if nobody reads it any more.
    pub(crate) fn poll_credit(&self, end: End, index: u32, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        let credit = self.shared().session.credit(end, index, || cx.waker().clone());
        credit.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when nobody reads a stream any more.
    pub(crate) fn poll_ended(&self, end: End, index: u32, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared().session.has_ended(end, index, || cx.waker().clone()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Sends items of a stream, at once if `full`.
    pub(crate) fn send_items(
        &self,
        end: End,
        index: u32,
        batch: &Batch,
        full: bool,
    ) -> Result<(), Option<Failed>> {
        let outbox = {
            let mut shared = self.shared();
            let (session, mut out) = shared.parts();
            session
                .send(end, index, batch, &mut out)
                .map_err(|unsent| match unsent {
                    Unsent::Closed => None,
                    Unsent::TooLarge { size, limit } => Some(Failed::TooLarge {
                        size: size as u64,
                        limit: limit as u64,
                        may_have_run: true,
                    }),
                })?;
            shared.outbox.clone()
        };
        if let Some(outbox) = outbox {
            if full {
                outbox.flush();
            } else {
                outbox.kick();
            }
        }
        Ok(())
    }

    /// Ends an argument stream of a call.
    pub(crate) fn close_argument(&self, call: CallId, index: u32, end: Result<(), Failed>) {
        self.with_session(|session, out| session.close_argument(call, index, end, out));
    }

    /// Lets a callback send more of the stream that it returned.
    pub(crate) fn grant(&self, call: CallId, index: u32, window: Window) {
        self.with_session(|session, out| session.grant(call, index, window, out));
    }

    fn with_session(&self, work: impl FnOnce(&mut super::handle::NodeSession, &mut Out<'_>)) {
        let outbox = {
            let mut shared = self.shared();
            let (session, mut out) = shared.parts();
            work(session, &mut out);
            shared.outbox.clone()
        };
        if let Some(outbox) = outbox {
            outbox.kick();
        }
    }
}

impl FlowHost for Node {
    fn open(&self, run: RunId) {
        self.with_session(|session, out| session.open(run, out));
    }

    fn poll_credit(&self, run: RunId, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        Self::poll_credit(self, End::Run(run), 0, cx)
    }

    fn poll_ended(&self, run: RunId, cx: &mut Context<'_>) -> Poll<()> {
        Self::poll_ended(self, End::Run(run), 0, cx)
    }

    fn send(&self, run: RunId, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.send_items(End::Run(run), 0, batch, full)
    }

    fn accept(&self, run: RunId, index: u32, window: Window) {
        self.with_session(|session, out| session.accept(run, index, window, out));
    }

    fn poll_taken(&self, run: RunId, index: u32, cx: &mut Context<'_>) -> Poll<Taken> {
        let taken = self.shared().session.take(run, index, || cx.waker().clone());
        taken.map_or(Poll::Pending, Poll::Ready)
    }

    fn stop(&self, run: RunId, index: u32) {
        self.with_session(|session, out| session.stop(run, index, out));
    }

    fn spawn(&self, task: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.spawn_task(task);
    }
}
