//! The streams of calls and callbacks: the session's, under the node's lock.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{Node, NodeSession, Out, SentCall};
use crate::proto::{Batch, CallId, Credit, Failed, Outcome, RunId, Taken, Window};
use crate::registry::FlowHost;
use crate::session::{End, Unsent};

impl Node {
    /// What may be sent of an argument stream; `None` if nobody reads it any more.
    pub(crate) fn poll_argument_credit(
        &self,
        sent: SentCall,
        index: u32,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Credit>> {
        let mut shared = self.shared();
        if !is_current(&shared.session, sent) {
            return Poll::Ready(None);
        }
        let credit = shared
            .session
            .credit(End::Call(sent.call), index, || cx.waker().clone());
        credit.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when nobody reads an argument stream any more.
    pub(crate) fn poll_argument_ended(&self, sent: SentCall, index: u32, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = self.shared();
        let ended = !is_current(&shared.session, sent)
            || shared
                .session
                .has_ended(End::Call(sent.call), index, || cx.waker().clone());
        if ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Sends items of an argument stream, at once if `full`.
    pub(crate) fn send_argument(
        &self,
        sent: SentCall,
        index: u32,
        batch: &Batch,
        full: bool,
    ) -> Result<(), Option<Failed>> {
        self.send_items(End::Call(sent.call), Some(sent), index, batch, full)
    }

    fn send_items(
        &self,
        end: End,
        sent: Option<SentCall>,
        index: u32,
        batch: &Batch,
        full: bool,
    ) -> Result<(), Option<Failed>> {
        let outbox = {
            let mut shared = self.shared();
            if sent.is_some_and(|sent| !is_current(&shared.session, sent)) {
                return Err(None);
            }
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
    pub(crate) fn close_argument(&self, sent: SentCall, index: u32, end: Result<(), Failed>) {
        self.with_session(|session, out| {
            if is_current(session, sent) {
                session.close_argument(sent.call, index, end, out);
            }
        });
    }

    /// Lets a callback send more of the stream that it returned.
    pub(crate) fn grant(&self, call: CallId, index: u32, window: Window) {
        self.with_session(|session, out| session.grant(call, index, window, out));
    }

    /// Answers a run that has not ended yet.
    pub(super) fn answer(&self, run: RunId, outcome: &Outcome) {
        self.with_session(|session, out| session.answer(run, outcome, out));
    }

    fn with_session(&self, work: impl FnOnce(&mut NodeSession, &mut Out<'_>)) {
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

/// Whether a call still has its number.
fn is_current(session: &NodeSession, sent: SentCall) -> bool {
    session.generation(sent.call) == Some(sent.generation)
}

impl FlowHost for Node {
    fn open(&self, run: RunId) {
        self.with_session(|session, out| session.open(run, out));
    }

    fn poll_credit(&self, run: RunId, cx: &mut Context<'_>) -> Poll<Option<Credit>> {
        let credit = self
            .shared()
            .session
            .credit(End::Run(run), 0, || cx.waker().clone());
        credit.map_or(Poll::Pending, Poll::Ready)
    }

    fn poll_ended(&self, run: RunId, cx: &mut Context<'_>) -> Poll<()> {
        if self
            .shared()
            .session
            .has_ended(End::Run(run), 0, || cx.waker().clone())
        {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn send(&self, run: RunId, batch: &Batch, full: bool) -> Result<(), Option<Failed>> {
        self.send_items(End::Run(run), None, 0, batch, full)
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
