//! The router behind its lock, beside the queues that it sends to.
//!
//! The lock is held for a turn at a time, which has a bound (P15); in between, whoever else waits has theirs. What takes long
//! and needs no router is done without it.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use daffi_core::Quotas;
use daffi_core::auth::Identities;
use daffi_core::link::handshake::Demands;
use daffi_core::proto::{Frame, Header, Limits, Moment};
use daffi_core::seldom::Seldom;
use daffi_core::simulation;
use daffi_core::transport::{Outbox, Pool, own_uid};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::arrivals::Arrivals;
use super::options::ControllerOptions;
use super::queues::Queues;
use super::requests::{Arrived, decode};
use super::scheduling::{Inside, Scheduling};
use super::stopping::Stopping;
use super::strangers::Strangers;
use crate::access::Policy;
use crate::router::{Denial, Errand, Fault, Outlet as _, PeerId, Request, Router, Turn, Work};

/// As many calls are routed at the same time as there are so many bytes in the budget of all queues.
const CALL_BYTES: usize = 256;

/// This part of the budget of all queues is what calls may take that wait for a provider.
const WAITING: usize = 4;

/// What all connections of a controller share.
#[derive(Debug)]
pub(super) struct Hub {
    state: Mutex<State>,
    pub(super) process_name: Arc<str>,
    limits: Limits,
    /// What all queues together may hold.
    pub(super) pool: Arc<Pool>,
    pub(super) heartbeat: Duration,
    /// The shortest interval of all that were granted, in nanoseconds.
    pub(super) shortest: AtomicU64,
    /// How long a process may be away whose connection was lost.
    pub(super) resume_grace: Duration,
    /// What it asks of those who join.
    pub(super) demands: Demands,
    origin: Instant,
    /// The router wants to be told the time.
    alarm: Notify,
    /// A turn is over, if somebody waits for what it may have ended.
    pub(super) turned: Notify,
    /// Nobody is let in any more.
    pub(super) closing: CancellationToken,
    /// What the log is told of those that come and go.
    pub(super) coming_and_going: Seldom,
    /// What the log is told of those that are not let in.
    pub(super) turned_away: Seldom,
    /// Of whom it is not known yet who they are.
    pub(super) strangers: Arc<Strangers>,
    /// Who comes from where.
    pub(super) arrivals: Arrivals,
    /// What the log is told of what those are denied who are.
    pub(super) denied: Seldom,
    /// What it is told of those who are over a quota.
    pub(super) over_quota: Seldom,
    /// What it calls by itself.
    pub(super) scheduling: Scheduling,
}

/// What the lock guards.
#[derive(Debug)]
pub(super) struct State {
    pub(super) router: Router,
    pub(super) queues: Queues,
    /// Who may do what, if that is said.
    pub(super) policy: Option<Policy>,
    /// How much each may have.
    pub(super) quotas: Quotas,
    /// Whom it knows.
    pub(super) identities: Option<Arc<Identities>>,
    pub(super) closing: bool,
    pub(super) stopping: Option<Stopping>,
    /// It stands by for another one, which is there.
    pub(super) stands_by: bool,
}

/// What is left to be done after a turn.
#[derive(Debug)]
pub(super) struct EndOfTurn {
    pub(super) outboxes: Vec<Arc<Outbox>>,
    pub(super) denials: Vec<Denial>,
}

impl Hub {
    pub(super) fn new(
        options: &ControllerOptions,
        policy: Option<Policy>,
        scheduling: Scheduling,
        seed: u128,
    ) -> Self {
        let state = State {
            router: Router::new(
                options.limits,
                (options.queue_bytes / CALL_BYTES).max(1),
                options.queue_bytes / WAITING,
                seed,
            ),
            queues: Queues::new(Inside::waking(Arc::clone(&scheduling.wake))),
            policy,
            quotas: options.quotas,
            identities: options.identities.clone(),
            closing: false,
            stopping: None,
            stands_by: options.standby_of.is_some(),
        };
        Self {
            state: Mutex::new(state),
            process_name: Arc::clone(&options.process_name),
            limits: options.limits,
            pool: Pool::new(options.queue_bytes),
            heartbeat: options.heartbeat,
            shortest: u64::try_from(options.heartbeat.as_nanos())
                .unwrap_or(u64::MAX)
                .into(),
            resume_grace: options.resume_grace,
            demands: Demands {
                own_uid: own_uid(),
                any_user: options.any_user,
                insecure: options.insecure,
            },
            origin: Instant::now(),
            alarm: Notify::new(),
            turned: Notify::new(),
            closing: CancellationToken::new(),
            coming_and_going: Seldom::default(),
            turned_away: Seldom::default(),
            strangers: Arc::default(),
            arrivals: Arrivals::default(),
            denied: Seldom::default(),
            over_quota: Seldom::default(),
            scheduling,
        }
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn instant(&self, moment: Moment) -> Instant {
        self.origin + moment.since_origin()
    }

    pub(super) fn now(&self) -> Moment {
        Moment::new(self.origin.elapsed())
    }

    /// The beginning of a turn of the router.
    pub(crate) fn router_turn(&self) -> Turn {
        simulation::turn().map_or_else(|| Turn::new(self.now()), |things| Turn::of(self.now(), things))
    }

    /// Routes what one read brought. What is sent is written at once, but for the last of it, whose queues are added to
    /// `outboxes`. Says how long nothing more is to be read of it.
    pub(super) async fn route(
        &self,
        from: PeerId,
        frames: &[Frame],
        outboxes: &mut Vec<Arc<Outbox>>,
    ) -> Result<Option<Duration>, Fault> {
        let mut frames = frames.iter();
        let mut owes = None;
        loop {
            let (requests, decoded) = decode(&mut frames);
            let mut requests = requests.into_iter();
            let mut left = None;
            loop {
                let errands;
                (left, errands) = self.take_turn(from, left, &mut requests, outboxes, &mut owes)?;
                if !errands.is_empty() {
                    self.run_errands(errands, outboxes).await;
                }
                if left.is_none() && requests.len() == 0 {
                    break;
                }
                give_way(outboxes).await;
            }
            decoded?;
            if frames.len() == 0 {
                return Ok(owes);
            }
            give_way(outboxes).await;
        }
    }

    /// One turn of the router: goes on with what is left of a request, then with others. What is left then comes back.
    fn take_turn<'a>(
        &self,
        from: PeerId,
        mut left: Option<Work>,
        requests: &mut impl Iterator<Item = Arrived<'a>>,
        outboxes: &mut Vec<Arc<Outbox>>,
        owes: &mut Option<Duration>,
    ) -> Result<(Option<Work>, Vec<Errand>), Fault> {
        let resumes = left.is_some();
        if let Some(work) = &mut left {
            work.prepare();
        }
        let mut turn = self.router_turn();
        let mut state = self.state();
        let State {
            router,
            queues,
            stopping,
            ..
        } = &mut *state;
        let mut routed = Ok(match left {
            Some(work) => router.resume(work, &mut turn, queues),
            // It was missed, and its connection is the same. Mostly nobody was.
            None if router.is_away(from) => router.set_away(from, false, &mut turn, queues),
            None => None,
        });
        // It is not read meanwhile: what it has asked for is as good as a word of it.
        let mut received = 0;
        let mut has_finished = false;
        while let Ok(None) = routed
            && !turn.is_over()
            && let Some(arrived) = requests.next()
        {
            let Arrived {
                request,
                payload,
                bytes,
            } = arrived;
            if let Request::Frame(Header::Heartbeat { received }) = request {
                router.count(from, payload.len(), &turn);
                routed = queues.acknowledged(from, received).map(|()| None);
            } else {
                received += bytes;
                if let (Request::Frame(Header::Stopping { .. }), Some(stopping)) = (&request, &mut *stopping)
                {
                    stopping.heard(from);
                }
                has_finished |= matches!(request, Request::Frame(Header::Finished));
                routed = router.receive(from, request, &payload, &mut turn, queues);
            }
        }
        if let Some(queue) = queues.get_mut(from) {
            queue.worked_for += u64::from(resumes);
            let much = queue.receive(received);
            // Who has finished waits for no more than that.
            if let Some(received) = much.or_else(|| has_finished.then(|| queue.tell())) {
                let _ = queues.send(from, &Header::Heartbeat { received }, &Bytes::new());
            }
        }
        queues.take_touched(outboxes);
        self.set_alarm(router);
        let (denials, errands) = (router.take_denials(), router.take_errands());
        *owes = router.owes(from, &turn);
        self.turn_is_over(&state);
        drop(state);
        self.tell(denials);
        Ok((routed?, errands))
    }

    /// How long a process is not read, as it or its identity has sent more than it may. That it is not is no sign of its end.
    pub(super) fn still_owes(&self, peer: PeerId) -> Option<Duration> {
        let turn = self.router_turn();
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        if let Some(queue) = queues.get_mut(peer) {
            queue.worked_for += 1;
        }
        router.owes(peer, &turn)
    }

    /// What is left to be done after a turn, when the router is let go.
    pub(super) fn end_of_turn(&self, state: &mut State) -> EndOfTurn {
        let State { router, queues, .. } = state;
        let mut outboxes = Vec::new();
        queues.take_touched(&mut outboxes);
        self.set_alarm(router);
        EndOfTurn {
            outboxes,
            denials: router.take_denials(),
        }
    }

    fn set_alarm(&self, router: &Router) {
        if router.next_timeout().is_some() {
            self.alarm.notify_one();
        }
    }

    /// Something may have ended.
    fn turn_is_over(&self, state: &State) {
        if state.stopping.is_some() {
            self.turned.notify_waiters();
        }
    }

    /// A connection has ended.
    pub(super) async fn leave(&self, peer: PeerId) {
        let mut outboxes = Vec::new();
        let is_process;
        let left = {
            let mut state = self.state();
            let State {
                router,
                queues,
                stopping,
                ..
            } = &mut *state;
            queues.remove(peer);
            if let Some(stopping) = stopping {
                stopping.heard(peer);
            }
            is_process = !queues.inside.remove(peer);
            let left = router.disconnect(peer, &mut self.router_turn(), queues);
            queues.take_touched(&mut outboxes);
            self.turn_is_over(&state);
            left
        };
        if is_process {
            self.scheduling.left(peer);
        }
        self.finish(left, outboxes).await;
    }

    /// Does what is left of some work.
    pub(super) async fn finish(&self, mut left: Option<Work>, mut outboxes: Vec<Arc<Outbox>>) {
        while let Some(mut work) = left {
            give_way(&mut outboxes).await;
            work.prepare();
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            left = router.resume(work, &mut self.router_turn(), queues);
            queues.take_touched(&mut outboxes);
            self.set_alarm(router);
            let denials = router.take_denials();
            self.turn_is_over(&state);
            drop(state);
            self.tell(denials);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
    }

    /// Tells the router the time whenever it wants to know, until all connections are gone.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            let due = self.state().router.next_timeout();
            let alarm = async {
                match due {
                    Some(due) => sleep_until(self.origin + due.since_origin()).await,
                    None => self.alarm.notified().await,
                }
            };
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return,
                () = alarm => {}
            }
            let mut outboxes = Vec::new();
            let left = {
                let mut state = self.state();
                let State { router, queues, .. } = &mut *state;
                let left = router.on_timeout(&mut self.router_turn(), queues);
                queues.take_touched(&mut outboxes);
                left
            };
            self.finish(left, outboxes).await;
        }
    }

    /// The name of a process.
    pub(super) fn process_name(&self, peer: PeerId) -> String {
        self.state()
            .router
            .process_name(peer)
            .unwrap_or_default()
            .to_owned()
    }
}

/// Writes what was sent, and lets others have the router.
pub(super) async fn give_way(outboxes: &mut Vec<Arc<Outbox>>) {
    outboxes.drain(..).for_each(|outbox| outbox.flush());
    yield_now().await;
}
