//! The runtime inside a process: its connection, its callbacks, its outstanding calls.
//!
//! [`session`](crate::session) decides; this module owns the lock, the timer, the sockets and the tasks around it, and
//! knows no user type: arguments and results are bytes here.

mod accepted;
mod backoff;
mod budget;
mod caught;
mod connect;
mod each;
mod exchange;
pub(crate) mod in_process;
mod join;
mod offers;
mod received;
mod run;
mod serve;
mod streams;
mod task;
mod traces;
mod turn;
mod wakers;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;

use self::accepted::Accepted;
pub(crate) use self::backoff::Backoff;
use self::budget::RetryBudget;
pub(crate) use self::connect::{Hooks, Supervisor};
pub(crate) use self::exchange::{Exchange, Message, SentCall};
pub(crate) use self::join::Route;
pub(crate) use self::received::Received;
use self::task::Task;
pub(crate) use self::traces::Traces;
#[cfg(test)]
pub(crate) use self::turn::clock;
pub(crate) use self::turn::{Rounds, Turn, give_way};
use crate::proto::{FrameError, Header, Limits, Moment, RunId};
use crate::random;
use crate::registry::Callback;
use crate::session::{Event, Session, Transmit, Unsent};
pub(crate) use crate::session::{Item, Next, Request};
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
    /// How long calls last that say nothing of it.
    pub(crate) call_timeout: Option<Duration>,
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
    options: NodeOptions,
    /// Tells this start of the process from any other.
    instance: u128,
    origin: Instant,
    shared: Mutex<Shared>,
    /// The earliest deadline has changed.
    timer: Notify,
    /// A run has ended, or the phase has changed.
    changed: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
    runtime: Handle,
    /// Signatures that were found to be compatible, though their numbers differ.
    accepted: Accepted,
    retries: Mutex<RetryBudget>,
}

type NodeSession = Session<Waker, Arc<Callback>>;
type NodeEvent = Event<Waker, Arc<Callback>>;

/// What the lock guards.
#[derive(Debug)]
struct Shared {
    session: NodeSession,
    outbox: Option<Arc<Outbox>>,
    phase: Phase,
    /// Callbacks that did not end where they began.
    tasks: HashMap<RunId, Task>,
    /// When the timer task wakes up.
    armed: Option<Moment>,
    /// What the process offers is announced on this connection.
    announced: bool,
}

/// The way out of a session.
struct Out<'a>(Option<&'a Outbox>);

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
    fn parts(&mut self) -> (&mut NodeSession, Out<'_>) {
        (&mut self.session, Out(self.outbox.as_deref()))
    }
}

impl Node {
    /// A node that is not connected. Its tasks run on `runtime`.
    pub(crate) fn new(options: NodeOptions, runtime: Handle) -> Arc<Self> {
        let shared = Shared {
            session: Session::new(&options.limits),
            outbox: None,
            phase: Phase::Running,
            tasks: HashMap::new(),
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
            accepted: Accepted::default(),
            retries: Mutex::new(RetryBudget::new()),
        })
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

    pub(crate) fn phase(&self) -> Phase {
        self.shared().phase
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

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the timer task if a deadline comes before the one that it waits for.
    fn arm(&self, shared: &Shared) {
        if let Some(next) = shared.session.next_timeout()
            && shared.armed.is_none_or(|armed| next < armed)
        {
            self.timer.notify_one();
        }
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

    /// Signatures that were found to be compatible, though their numbers differ.
    pub(crate) const fn accepted(&self) -> &Accepted {
        &self.accepted
    }
}
