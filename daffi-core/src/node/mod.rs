//! The runtime inside a process: its connection, its callbacks, its outstanding calls.
//!
//! [`session`](crate::session) decides; this module owns the lock, the timer, the sockets and the tasks around it, and
//! knows no user type: arguments and results are bytes here.

mod accepted;
mod act;
mod ask_for;
mod attempts;
mod awaited;
mod away;
mod backoff;
mod budget;
mod caught;
mod closing;
mod connect;
mod doings;
mod door;
mod each;
mod exchange;
mod first;
mod forked;
mod heard;
pub(crate) mod in_process;
mod join;
mod lend;
mod not_joined;
mod offers;
mod own;
mod pool;
mod received;
mod refusing;
mod report;
mod resume;
mod run;
mod serve;
mod stopping;
mod streams;
mod task;
#[cfg(test)]
pub(crate) mod tests;
mod traces;
mod turn;
mod wakers;

use std::any::Any;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;

use self::accepted::Accepted;
pub(crate) use self::accepted::{Called, NoTime, Terms};
pub(crate) use self::awaited::Asked;
use self::awaited::Awaited;
use self::away::Away;
pub use self::away::Disconnect;
pub(crate) use self::away::Refused;
pub(crate) use self::backoff::Backoff;
use self::budget::RetryBudget;
pub(crate) use self::connect::{Hooks, Supervisor};
use self::doings::Doings;
pub(crate) use self::door::Phase;
use self::door::{Door, NodeEvent, NodeSession, Out, Visit, Write};
pub(crate) use self::exchange::Exchange;
use self::forked::Lineage;
pub(crate) use self::join::Route;
pub(crate) use self::lend::Waits;
use self::own::OwnCalls;
pub(crate) use self::own::{OwnCall, Stage};
use self::pool::Pool;
pub(crate) use self::received::{Reader, Received};
pub(crate) use self::stopping::StopAfter;
pub(crate) use self::traces::Traces;
#[cfg(test)]
pub(crate) use self::turn::clock;
pub(crate) use self::turn::{Rounds, StreamTurn, give_way};
use crate::auth::Proving;
use crate::context::NodeKey;
use crate::error::Refusal;
use crate::link::handshake::Trust;
use crate::proto::{Attributes, Limits, Moment, RunId};
use crate::random;
use crate::registry::Effort;
use crate::seldom::Seldom;
pub use crate::session::Lagging;
pub(crate) use crate::session::{End, Fan, Item, Message, Next, Pace, Request, Scheduling};
use crate::session::{Session, Transmit as _};
pub(crate) use crate::threads::For;

/// Longer than any program runs, and short enough to be added to a clock's time.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// How a node shall behave.
#[derive(Clone, Debug)]
pub(crate) struct NodeOptions {
    pub(crate) process_name: Arc<str>,
    /// What the process says of itself.
    pub(crate) attributes: Attributes,
    /// Whether it takes its name over from an older process, when it starts.
    pub(crate) replaces: bool,
    /// How often it would have each side of a connection say something.
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) limits: Limits,
    /// How long a call waits for a lost connection to come back.
    pub(crate) reconnect_wait: Duration,
    /// How long calls last that say nothing of it.
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) traces: Traces,
    /// On how many threads callbacks may block.
    pub(crate) blocking_threads: usize,
    /// How many bytes the streams may hold that come to it.
    pub(crate) stream_bytes: u64,
    /// Whom it joins.
    pub(crate) trust: Trust,
    /// With what it proves who it is.
    pub(crate) proving: Option<Proving>,
}

/// The runtime of one process.
#[derive(Debug)]
pub(crate) struct Node {
    options: NodeOptions,
    /// Tells it from the others of the process.
    key: NodeKey,
    /// Tells this start of the process from any other.
    instance: u128,
    origin: Instant,
    door: Door,
    pool: Pool,
    /// The node, for what is started by itself.
    me: Weak<Self>,
    /// The earliest deadline has changed.
    timer: Notify,
    /// Something waits for room on the connection.
    room: Notify,
    /// A run has ended, or the phase has changed; while it stops, anything.
    changed: Arc<Notify>,
    own: OwnCalls,
    lineage: Lineage,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: Handle,
    /// Signatures that were found to be compatible, though their numbers differ.
    accepted: Accepted,
    /// What is spent on looking into structures of others.
    effort: Effort,
    /// What the log is told of calls that cannot be read.
    unread: Seldom,
    retries: Mutex<RetryBudget>,
    /// What the log is told of connections that are lost and made again.
    flapping: Seldom,
    awaited: Awaited,
    /// Until when those who offer callbacks may be on their way back, as this process was: nanoseconds since the origin.
    returning: AtomicU64,
    /// Runs that wait for the node's stop, which waits for no run of these.
    asking: Mutex<Vec<RunId>>,
    /// Why the controller ended the last connection, or does not let this process in again, if it has said so.
    last_refusal: Mutex<Option<Refusal>>,
    /// When it was last without a controller, and why.
    pub(crate) away: Away,
    /// What it is a part of, for callbacks that ask.
    owner: OnceLock<Weak<dyn Any + Send + Sync>>,
}

impl Node {
    /// A node that is not connected. Its tasks run on `runtime`.
    pub(crate) fn new(options: NodeOptions, runtime: Handle) -> Arc<Self> {
        let session = Session::new(&options.limits, options.reconnect_wait, random::number());
        let session = session.bounding_streams(options.stream_bytes);
        let pool = Pool::new(options.blocking_threads);
        let changed = Arc::new(Notify::new());
        Arc::new_cyclic(|me| Self {
            options,
            key: NodeKey::next(),
            instance: u128::from(random::number()) << 64 | u128::from(random::number()),
            origin: Instant::now(),
            door: Door::new(session),
            pool,
            me: Weak::clone(me),
            timer: Notify::new(),
            room: Notify::new(),
            own: OwnCalls::new(&changed),
            lineage: Lineage::here(),
            changed,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            runtime,
            accepted: Accepted::default(),
            effort: Effort::default(),
            unread: Seldom::default(),
            retries: Mutex::new(RetryBudget::new()),
            flapping: Seldom::default(),
            awaited: Awaited::default(),
            returning: AtomicU64::new(0),
            asking: Mutex::default(),
            last_refusal: Mutex::default(),
            away: Away::default(),
            owner: OnceLock::new(),
        })
    }

    /// A connection has ended, or there is none; why, if that is known.
    fn connection_ended(&self, why: Option<Refusal>) {
        let mut last = self.last_refusal.lock().unwrap_or_else(PoisonError::into_inner);
        *last = why;
    }

    /// Why the last connection ended, if the controller has said so.
    pub(crate) fn last_refusal(&self) -> Option<Refusal> {
        let last = self.last_refusal.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    /// Which of the nodes of the process it is.
    pub(crate) const fn key(&self) -> NodeKey {
        self.key
    }

    /// Says what it is a part of, once.
    pub(crate) fn is_part_of(&self, owner: Weak<dyn Any + Send + Sync>) {
        let _ = self.owner.set(owner);
    }

    fn owner(&self) -> Option<Weak<dyn Any + Send + Sync>> {
        self.owner.get().cloned()
    }

    pub(crate) fn process_name(&self) -> &Arc<str> {
        &self.options.process_name
    }

    pub(crate) const fn traces(&self) -> &Traces {
        &self.options.traces
    }

    pub(crate) const fn call_timeout(&self) -> Option<Duration> {
        self.options.call_timeout
    }

    /// What the session holds, and how many bytes are queued, in words; nothing if there is nothing.
    #[cfg(feature = "simulation")]
    pub(crate) fn left(&self) -> Option<String> {
        self.visit(&mut Doings::default(), |visit| {
            let queued = visit.outbox().map_or(0, |outbox| outbox.queued());
            let left = visit.session().left();
            (left != Default::default() || queued > 0).then(|| format!("{left:?}, {queued} bytes are queued"))
        })
    }

    /// Whether there is a connection to a controller.
    pub(crate) fn is_connected(&self) -> bool {
        self.drive(|session, out, _| session.is_connected() && out.is_connected())
    }

    pub(crate) fn phase(&self) -> Phase {
        self.door.phase()
    }

    /// Whether it has stopped, so that no call is made or answered any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.drive(|session, _, _| session.is_closed())
    }

    fn now(&self) -> Moment {
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

    /// Whether this is another process than the one that it was started in.
    fn is_forked(&self, now: Moment) -> bool {
        self.lineage.is_left(now, std::process::id)
    }

    /// Has the session do something: the one way to it. What follows from that is done here, when the session is free
    /// again: callbacks run, wakers are woken, what ended is answered, and what was queued is written.
    fn drive<T>(&self, work: impl FnOnce(&mut NodeSession, &mut Out<'_>, &mut Vec<NodeEvent>) -> T) -> T {
        self.visit(&mut Doings::default(), |visit| {
            let (session, mut out, events) = visit.parts();
            work(session, &mut out, events)
        })
    }

    /// As [`drive`](Self::drive), for those who need more than the session.
    fn visit<T>(&self, doings: &mut Doings, work: impl FnOnce(&mut Visit<'_>) -> T) -> T {
        let (given, after) = self.door.visit(&mut doings.events, work);
        if after.timer {
            self.timer.notify_one();
        }
        if after.room {
            self.room.notify_one();
        }
        self.act(doings, after.write);
        if self.door.phase() == Phase::Stopping {
            self.changed.notify_waiters();
        }
        match (after.queued, after.write) {
            // The socket is that of the parent.
            (Some(_), Write::Flush) if self.is_forked(self.now()) => {}
            (Some(outbox), Write::Flush) => outbox.flush(),
            (Some(outbox), Write::Kick) => outbox.kick(),
            (Some(_), Write::Later) | (None, _) => {}
        }
        given
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

    /// A call of the process, until this is dropped.
    pub(crate) fn own_call(&self, stage: Stage) -> OwnCall {
        self.own.begin(stage)
    }

    /// Ready when the node stops.
    pub(crate) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    /// What may be spent on calls that are made again.
    pub(crate) fn retries(&self) -> MutexGuard<'_, RetryBudget> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection is lost, unless it ends because the process does.
    fn is_lost(&self, reason: &str, since: Instant) {
        if self.phase() == Phase::Running {
            self.away.lost(reason, since);
        }
    }

    /// The connection was lost, and there is another one: others may not have one yet.
    fn came_back(&self) {
        self.away.is_over();
        self.connection_ended(None);
        let until = self
            .now()
            .since_origin()
            .saturating_add(self.options.reconnect_wait);
        let until = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX);
        self.returning.store(until, Ordering::Release);
    }

    /// Until when a callback that nobody offers may be one whose provider has lost its connection, too.
    pub(crate) fn others_return_until(&self) -> Moment {
        Moment::new(Duration::from_nanos(self.returning.load(Ordering::Acquire)))
    }

    /// Signatures that were found to be compatible, though their numbers differ.
    pub(crate) const fn accepted(&self) -> &Accepted {
        &self.accepted
    }
}
