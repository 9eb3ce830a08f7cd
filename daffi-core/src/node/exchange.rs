//! One message on its way to its reply.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::{Node, NodeSession, Out, Phase};
use crate::proto::{CallId, Failed, Moment, Outcome, Query};
use crate::session::{Next, Request};
use crate::transport::Outbox;

/// Something to be sent that ends with a reply.
#[derive(Debug)]
pub(crate) enum Message<'a> {
    /// A call, with its encoded arguments.
    Call(Request<'a>, &'a Bytes),
    /// A question to the controller, to be answered until then.
    Ask(Query<'a>, Option<Moment>),
    /// Callbacks to be offered.
    Announce {
        /// Encoded.
        payload: &'a Bytes,
        /// The process is complete with them.
        ready: bool,
        /// They are what a connection begins with.
        first: bool,
    },
    /// Numbers of callbacks that are no longer offered, encoded.
    Withdraw(&'a Bytes),
}

impl Message<'_> {
    const fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Call(request, _) => request.deadline,
            Self::Ask(_, deadline) => *deadline,
            Self::Announce { .. } | Self::Withdraw(_) => None,
        }
    }

    /// Whether it waits for something to appear.
    const fn waits(&self) -> bool {
        matches!(self, Self::Ask(Query::WaitProcess(_) | Query::WaitFunction(_), _))
    }

    /// Whether it may be sent before the process has announced its callbacks.
    const fn is_first(&self) -> bool {
        matches!(self, Self::Announce { first: true, .. })
    }

    fn send(&self, now: Moment, session: &mut NodeSession, out: &mut Out<'_>) -> Result<CallId, Failed> {
        match self {
            Self::Call(request, payload) => session.call(now, request, payload, out),
            Self::Ask(query, deadline) => session.ask(query.clone(), *deadline, out),
            Self::Announce { payload, ready, .. } => session.announce(payload, *ready, out),
            Self::Withdraw(payload) => session.withdraw(payload, out),
        }
    }
}

/// One message on its way to its reply. Dropping it withdraws what was sent.
#[derive(Debug)]
pub(crate) struct Exchange {
    node: Arc<Node>,
    place: Place,
    /// Tells the call that was sent from others of its number.
    generation: u64,
}

/// A call that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentCall {
    pub(crate) call: CallId,
    pub(super) generation: u64,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// Nothing is held in the session.
    None,
    /// Waits until it can be sent.
    Parked(CallId),
    /// Sent; the reply is to come.
    Sent(CallId),
}

impl Exchange {
    /// A message of `node`'s that is yet to be sent.
    pub(crate) const fn new(node: Arc<Node>) -> Self {
        Self {
            node,
            place: Place::None,
            generation: 0,
        }
    }

    /// The node whose message it is.
    pub(crate) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The call, once it is sent and until its outcome was seen.
    pub(crate) const fn sent(&self) -> Option<SentCall> {
        match self.place {
            Place::Sent(call) => Some(SentCall {
                call,
                generation: self.generation,
            }),
            Place::None | Place::Parked(_) => None,
        }
    }

    /// Sends the message as soon as that is possible, then waits for its reply. After it is ready, it may be polled
    /// again with another message.
    pub(crate) fn poll<'a>(
        &mut self,
        cx: &mut Context<'_>,
        message: impl FnOnce() -> Message<'a>,
    ) -> Poll<Outcome> {
        let outcome = match self.place {
            Place::Sent(call) => self.node.poll(call, cx),
            Place::None | Place::Parked(_) => self.dispatch(cx, &message()),
        };
        if outcome.is_ready() {
            self.place = Place::None;
        }
        outcome
    }

    /// As [`poll`](Self::poll), for a message with many answers, which end with its outcome.
    pub(crate) fn poll_next<'a>(
        &mut self,
        cx: &mut Context<'_>,
        message: impl FnOnce() -> Message<'a>,
    ) -> Poll<Next> {
        let next = match self.place {
            Place::Sent(call) => self
                .node
                .shared()
                .session
                .poll_next(call, || cx.waker().clone())
                .map_or(Poll::Pending, Poll::Ready),
            Place::None | Place::Parked(_) => self.dispatch(cx, &message()).map(Next::End),
        };
        if let Poll::Ready(Next::End(_)) = next {
            self.place = Place::None;
        }
        next
    }

    fn dispatch(&mut self, cx: &mut Context<'_>, message: &Message<'_>) -> Poll<Outcome> {
        let node = &self.node;
        let now = node.now();
        let mut shared = node.shared();
        if let Place::Parked(call) = self.place {
            // Its time may be over, or the node closed.
            if let Some(outcome) = shared.session.poll(call, || cx.waker().clone()) {
                return Poll::Ready(outcome);
            }
        }
        if shared.phase == Phase::Stopped {
            return Poll::Ready(Err(Failed::Disconnected { may_have_run: false }.into()));
        }
        // One that is closed stays until its tasks have ended; to callers it is as good as gone.
        // Until what the process offers is announced, nothing else goes: it would come to a process that is not complete.
        let announced = shared.announced || message.is_first();
        let usable = |outbox: &Arc<Outbox>| announced && shared.session.is_connected() && !outbox.is_closed();
        let mut outbox = shared.outbox.clone().filter(usable);
        if let Some(open) = outbox.clone().filter(|outbox| outbox.poll_room(cx).is_ready()) {
            if let Place::Parked(call) = self.place {
                shared.session.abandon(call, &mut Out(None));
                self.place = Place::None;
            }
            match message.send(now, &mut shared.session, &mut Out(Some(&open))) {
                Ok(call) => {
                    shared.session.poll(call, || cx.waker().clone());
                    self.place = Place::Sent(call);
                    self.generation = shared.session.generation(call).unwrap_or_default();
                    let alone = shared.session.single_calls() <= 1;
                    node.arm(&shared);
                    drop(shared);
                    // A single call gains nothing from waiting for others; many are written together.
                    if alone {
                        open.flush();
                    } else {
                        open.kick();
                    }
                    return Poll::Pending;
                }
                // It was closed just now: the call waits for the next connection.
                Err(Failed::Disconnected { .. }) => outbox = None,
                Err(failed) => return Poll::Ready(Err(failed.into())),
            }
        }
        if let Place::None = self.place {
            let give_up = now + node.options.reconnect_wait;
            let (until, otherwise) = match message.deadline() {
                // Whoever waits for others waits for the controller, too.
                deadline if message.waits() => (deadline, Failed::Timeout { may_have_run: false }),
                Some(deadline) if deadline <= give_up => {
                    (Some(deadline), Failed::Timeout { may_have_run: false })
                }
                _ if outbox.is_some() => (Some(give_up), Failed::Overloaded { may_have_run: false }),
                _ => (Some(give_up), Failed::Disconnected { may_have_run: false }),
            };
            match shared.session.park(until, otherwise, cx.waker().clone()) {
                Ok(call) => self.place = Place::Parked(call),
                Err(failed) => return Poll::Ready(Err(failed.into())),
            }
            node.arm(&shared);
        }
        Poll::Pending
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Place::Parked(call) | Place::Sent(call) = self.place {
            self.node.abandon(call);
        }
    }
}

impl Node {
    fn poll(&self, call: CallId, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.shared()
            .session
            .poll(call, || cx.waker().clone())
            .map_or(Poll::Pending, Poll::Ready)
    }

    /// Nobody waits for the outcome any more.
    fn abandon(&self, call: CallId) {
        let outbox = {
            let mut shared = self.shared();
            let (session, mut out) = shared.parts();
            session.abandon(call, &mut out);
            shared.outbox.clone()
        };
        if let Some(outbox) = outbox {
            outbox.kick();
        }
    }

    /// Sends a message and waits for its reply. Dropping the future withdraws it.
    pub(crate) async fn exchange<'a>(self: &Arc<Self>, message: impl Fn() -> Message<'a>) -> Outcome {
        let mut exchange = Exchange::new(Arc::clone(self));
        std::future::poll_fn(|cx| exchange.poll(cx, &message)).await
    }
}
