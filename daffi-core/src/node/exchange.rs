//! One message on its way to its reply.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::Node;
use super::doings::Doings;
use super::door::Write;
use super::in_process;
use crate::proto::{CallId, Failed, Failure, Outcome, TimeLimit};
use crate::session::{Item, Message, Next};

/// One message on its way to its reply. Dropping it withdraws what was sent.
#[derive(Debug)]
pub(crate) struct Exchange {
    node: Arc<Node>,
    call: Option<CallId>,
    /// Its deadline is that of the call during which it is made.
    inherited: bool,
}

impl Exchange {
    /// A message of `node`'s that is yet to be sent.
    pub(crate) const fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            call: None,
            inherited: false,
        }
    }

    /// The same, with the deadline of the call during which it is made, if it is `inherited`.
    pub(crate) const fn inheriting(mut self, inherited: bool) -> Self {
        self.inherited = inherited;
        self
    }

    /// The outcome, which says whose deadline it was that has passed.
    pub(crate) fn told(&self, mut outcome: Outcome) -> Outcome {
        if let Err(Failure::Failed(Failed::Timeout { limit, .. })) = &mut outcome
            && *limit == TimeLimit::Call
            && self.inherited
        {
            *limit = TimeLimit::Inherited;
        }
        outcome
    }

    /// The node whose message it is.
    pub(crate) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// It ends here: whether what was sent may have had its effect. What was not sent has none, and is not sent any more.
    pub(crate) fn give_up(&self) -> bool {
        self.call.is_some_and(|call| {
            self.node.drive(|session, out, events| {
                let may_have_run = session.may_have_run(call);
                if !may_have_run {
                    session.abandon(call, out, events);
                }
                may_have_run
            })
        })
    }

    /// For how many items of its stream the callback is known to be done, as long as there is no outcome.
    pub(crate) fn done(&self) -> u64 {
        self.call
            .map_or(0, |call| self.node.drive(|session, _, _| session.done(call)))
    }

    /// The call, which nobody was there to answer, waits no longer. `false` if it was sent again meanwhile.
    pub(crate) fn leave_absent(&mut self) -> bool {
        let left = self.call.is_some_and(|call| {
            self.node
                .drive(|session, out, events| session.leave_absent(call, out, events))
        });
        if left {
            self.call = None;
        }
        left
    }

    /// What was sent is not wanted any more. `true` if its outcome says soon whether it had its effect; it is to be waited for then.
    pub(crate) fn cancel(&self) -> bool {
        let now = self.node.now();
        self.call.is_some_and(|call| {
            self.node
                .drive(|session, out, events| session.cancel(now, call, out, events))
        })
    }

    /// The call, until its outcome was seen.
    pub(crate) const fn sent(&self) -> Option<CallId> {
        self.call
    }

    /// Hands the message to the session, which sends it as soon as that is possible, then waits for its reply. After it is
    /// ready, it may be polled again with another message.
    pub(crate) fn poll<'a>(
        &mut self,
        cx: &mut Context<'_>,
        message: impl FnOnce() -> Message<'a>,
    ) -> Poll<Outcome> {
        let mut waiter = Some(cx.waker().clone());
        let Some(call) = self.call else {
            let outcome = self.submit(waiter, &message());
            return outcome.map_or(Poll::Pending, |outcome| Poll::Ready(self.told(outcome)));
        };
        let outcome = self.node.drive(|session, _, _| session.poll(call, &mut waiter));
        if outcome.is_some() {
            self.call = None;
        } else if let Some(outcome) = self.left_behind() {
            return Poll::Ready(outcome);
        }
        outcome.map_or(Poll::Pending, |outcome| Poll::Ready(self.told(outcome)))
    }

    /// What a forked process is told that awaits what its parent has sent: the outcome comes to that.
    fn left_behind(&self) -> Option<Outcome> {
        let is_forked = self.node.is_forked(self.node.now());
        is_forked.then(|| Err(Failed::Disconnected { may_have_run: true }.into()))
    }

    /// As [`poll`](Self::poll), for a message with many answers, which end with its outcome.
    pub(crate) fn poll_next<'a>(
        &mut self,
        cx: &mut Context<'_>,
        message: impl FnOnce() -> Message<'a>,
    ) -> Poll<Next> {
        let mut waiter = Some(cx.waker().clone());
        let Some(call) = self.call else {
            let outcome = self.submit(waiter, &message());
            return outcome.map_or(Poll::Pending, |outcome| {
                Poll::Ready(Next::End(self.told(outcome)))
            });
        };
        let next = self
            .node
            .drive(|session, _, _| session.poll_next(call, &mut waiter));
        if next.is_none()
            && let Some(outcome) = self.left_behind()
        {
            return Poll::Ready(Next::End(outcome));
        }
        let next = next.map(|next| match next {
            Next::End(outcome) => {
                self.call = None;
                Next::End(self.told(outcome))
            }
            Next::Item(Item::Part(index, outcome)) => Next::Item(Item::Part(index, self.told(outcome))),
            other @ Next::Item(_) => other,
        });
        next.map_or(Poll::Pending, Poll::Ready)
    }

    /// Gives the outcome if there is one already.
    fn submit(&mut self, mut waiter: Option<Waker>, message: &Message<'_>) -> Option<Outcome> {
        let now = self.node.now();
        if self.node.is_forked(now) {
            let reason = in_process::FORKED.to_owned();
            return Some(Err(Failed::Invalid { reason }.into()));
        }
        let submitted = self.node.visit(&mut Doings::default(), |visit| {
            let (session, mut out, _) = visit.parts();
            let call = session.submit(now, message, &mut waiter, &mut out)?;
            // A single call gains nothing from waiting for others; many are written together.
            if session.single_calls() <= 1 {
                visit.write = Write::Flush;
            }
            Ok(call)
        });
        match submitted {
            Ok(call) => {
                self.call = Some(call);
                None
            }
            Err(failed) => Some(Err(Failed::into(failed))),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            self.node
                .drive(|session, out, events| session.abandon(call, out, events));
        }
    }
}

impl Node {
    /// Sends a message and waits for its reply. Dropping the future withdraws it.
    pub(crate) async fn exchange<'a>(self: &Arc<Self>, message: impl Fn() -> Message<'a>) -> Outcome {
        let mut exchange = Exchange::new(Arc::clone(self));
        std::future::poll_fn(|cx| exchange.poll(cx, &message)).await
    }
}
