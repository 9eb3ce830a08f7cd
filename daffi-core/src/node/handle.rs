//! The node as its callers see it: one lock around a session, and a way out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;

use super::budget::RetryBudget;
use super::random;
use super::run::Running;
use super::session::{Event, Next, Request, Session, Transmit, Unsent};
use super::traces::Traces;
use crate::proto::{CallId, Described, Failed, FrameError, Header, Limits, Moment, Outcome, Query, RunId};
use crate::registry::Callback;
use crate::signature::Signature;
use crate::transport::{Outbox, SendError};

/// Longer than any program runs, and short enough to be added to a clock's time.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// How a node shall behave.
#[derive(Clone, Debug)]
pub(crate) struct NodeOptions {
    pub(crate) process_name: Arc<str>,
    pub(crate) limits: Limits,
    /// How long a call waits for a lost connection to come back.
    pub(crate) reconnect_wait: Duration,
    pub(crate) traces: Traces,
}

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Has a connection, or looks for one.
    Running,
    /// Takes no more calls; finishes those that run.
    Stopping,
    Stopped,
}

/// The runtime of one process.
#[derive(Debug)]
pub(crate) struct Node {
    pub(super) options: NodeOptions,
    /// Tells this start of the process from any other.
    pub(super) instance: u128,
    origin: Instant,
    shared: Mutex<Shared>,
    /// The earliest deadline has changed.
    pub(super) timer: Notify,
    /// A run has ended, or the phase has changed.
    pub(super) changed: Notify,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) runtime: Handle,
    /// Signatures that were found to be compatible, though their numbers differ.
    accepted: Mutex<HashMap<(Box<str>, u64), u64>>,
    retries: Mutex<RetryBudget>,
}

pub(super) type NodeSession = Session<Waker, Arc<Callback>>;
pub(super) type NodeEvent = Event<Waker, Arc<Callback>>;

/// What the lock guards.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) session: NodeSession,
    pub(super) outbox: Option<Arc<Outbox>>,
    pub(super) phase: Phase,
    /// Callbacks that did not end where they began.
    pub(super) running: HashMap<RunId, Running>,
    /// When the timer task wakes up.
    pub(super) armed: Option<Moment>,
    /// What the process offers is announced on this connection.
    pub(super) announced: bool,
}

/// The way out of a session.
pub(super) struct Out<'a>(pub(super) Option<&'a Outbox>);

impl Transmit for Out<'_> {
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent> {
        match self.0.map(|outbox| outbox.send(header, payload)) {
            Some(Ok(())) => Ok(()),
            Some(Err(SendError::Frame(FrameError::TooLarge { size, limit }))) => {
                Err(Unsent::TooLarge { size, limit })
            }
            Some(Err(SendError::Frame(FrameError::Encode(error)))) => {
                // Headers hold nothing whose encoding can fail.
                tracing::error!(%error, "a header could not be encoded");
                Err(Unsent::Closed)
            }
            Some(Err(SendError::Closed)) | None => Err(Unsent::Closed),
        }
    }

    fn room(&self) -> usize {
        self.0.map_or(usize::MAX, Outbox::room)
    }

    fn frame_limit(&self) -> usize {
        self.0.map_or(usize::MAX, Outbox::frame_limit)
    }

    fn part_bytes(&self) -> usize {
        self.0.map_or(usize::MAX, Outbox::part_bytes)
    }
}

impl Shared {
    /// The session and its way out, side by side.
    pub(super) fn parts(&mut self) -> (&mut NodeSession, Out<'_>) {
        (&mut self.session, Out(self.outbox.as_deref()))
    }
}

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
    /// A node that is not connected. Its tasks run on `runtime`.
    pub(crate) fn new(options: NodeOptions, runtime: Handle) -> Arc<Self> {
        let shared = Shared {
            session: Session::new(&options.limits),
            outbox: None,
            phase: Phase::Running,
            running: HashMap::new(),
            armed: None,
            announced: false,
        };
        Arc::new(Self {
            options,
            instance: u128::from(random::number()) << 64 | u128::from(random::number()),
            origin: Instant::now(),
            shared: Mutex::new(shared),
            timer: Notify::new(),
            changed: Notify::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            runtime,
            accepted: Mutex::default(),
            retries: Mutex::new(RetryBudget::new()),
        })
    }

    pub(crate) fn process_name(&self) -> &Arc<str> {
        &self.options.process_name
    }

    pub(crate) const fn traces(&self) -> &Traces {
        &self.options.traces
    }

    pub(crate) fn phase(&self) -> Phase {
        self.shared().phase
    }

    pub(super) fn now(&self) -> Moment {
        Moment::new(self.origin.elapsed())
    }

    /// A point in time as the session counts it.
    pub(crate) fn moment(&self, at: Instant) -> Moment {
        Moment::new(at.saturating_duration_since(self.origin))
    }

    /// A moment as the rest of the program counts it. One beyond all reckoning is far away.
    pub(crate) fn instant(&self, at: Moment) -> Instant {
        self.origin + at.since_origin().min(FAR)
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the timer task if a deadline comes before the one that it waits for.
    pub(super) fn arm(&self, shared: &Shared) {
        if let Some(next) = shared.session.next_timeout()
            && shared.armed.is_none_or(|armed| next < armed)
        {
            self.timer.notify_one();
        }
    }

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

    /// The runtime that the node's tasks run on.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Runs a task until it ends or the node's runtime does.
    pub(crate) fn spawn_task<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.tasks.spawn_on(future, &self.runtime)
    }

    /// Ready when the node stops.
    pub(crate) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// What may be spent on calls that are made again.
    pub(crate) fn retries(&self) -> MutexGuard<'_, RetryBudget> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The signature number to send instead of `number`, if a provider's was found to be compatible.
    pub(crate) fn accepted(&self, name: &str, number: u64) -> u64 {
        let accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        if accepted.is_empty() {
            return number;
        }
        accepted
            .get(&(Box::from(name), number))
            .copied()
            .unwrap_or(number)
    }

    /// Compares the signatures that did not match by number. If they are compatible it is worth calling again with the
    /// number that is given back; the structures are not compared again.
    pub(crate) fn accept(
        &self,
        name: &str,
        sent: u64,
        called: &Signature,
        offered: &Described,
    ) -> Option<u64> {
        let number = offered.number;
        if number == sent || !called.is_compatible_with(&offered.decode().ok()?) {
            return None;
        }
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded: call sites are few, but calls by name may have as many shapes as they have values.
        if accepted.len() >= 4096 {
            accepted.clear();
        }
        accepted.insert((name.into(), called.number()), number);
        Some(number)
    }
}
