//! Finding the controller, being let in, and coming back after the connection was lost.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use super::attempts::{Attempts, BACKOFF};
use super::away::{Answers, Refused};
use super::backoff::Backoff;
use super::closing::Closing;
use super::doings::Doings;
use super::join::{Coming, Joined, Route, join_any};
use super::not_joined::NotJoined;
use super::serve::Ended;
use super::{FAR, Node, Phase};
use crate::error::{CallError, RemoteError, StartError};
use crate::panics;
use crate::proto::{Failed, Failure, Refusal};

/// How often a name is asked for that another process holds, until it is known whether that one is alive.
const NAME: Duration = Duration::from_millis(100);

/// And no less often than once in this time, where there are too many of its identity.
const OVER_QUOTA: Duration = Duration::from_secs(4);

/// How long a closing connection may take to write what is left.
const CLOSING: Duration = Duration::from_secs(5);

/// How much later than its time a start ends whose connection is lost while it announces callbacks.
const LATE: Duration = Duration::from_secs(1);

/// Whom to tell of the connection's fate.
pub(crate) struct Hooks {
    pub(crate) connected: Box<dyn Fn() + Send + Sync>,
    pub(crate) disconnected: Box<dyn Fn() + Send + Sync>,
    pub(crate) refused: Refused,
    /// The node has ended though nobody has stopped it.
    pub(crate) ended: Arc<dyn Fn() + Send + Sync>,
}

/// Keeps a node connected.
pub(crate) struct Supervisor {
    pub(crate) node: Arc<Node>,
    pub(crate) route: Route,
    pub(crate) hooks: Hooks,
    pub(crate) connect_timeout: Duration,
}

impl Supervisor {
    /// Connects for the first time; then a task keeps the node connected until it stops.
    pub(crate) async fn start(self) -> Result<(), StartError> {
        let (done, first) = tokio::sync::oneshot::channel();
        let (address, waited) = (self.route.address().clone(), self.connect_timeout);
        let attempts = Attempts::new();
        let last = attempts.last();
        let node = Arc::clone(&self.node);
        let time = Arc::clone(&node).keep_time();
        node.tasks.spawn_on(
            async move {
                let mut guard = Closing {
                    node: Arc::clone(&self.node),
                    ended: Arc::clone(&self.hooks.ended),
                };
                let life = async {
                    let found = tokio::select! {
                        biased;
                        found = self.find() => found,
                        () = self.node.stop.cancelled() => return,
                    };
                    match found {
                        Ok(joined) => self.keep(joined, attempts, done).await,
                        Err(error) => {
                            let _ = done.send(Err(error));
                        }
                    }
                };
                tokio::select! {
                    biased;
                    () = time => {}
                    () = life => {}
                }
                guard.close();
            },
            &node.runtime,
        );
        let given_up = node.stop.clone().drop_guard();
        // The connection may be lost, again and again, before the callbacks are announced.
        let until = Instant::now() + waited.min(FAR) + LATE;
        let started = match timeout_at(until, first).await {
            Ok(Ok(started)) => started,
            // It was stopped, or its runtime is shutting down.
            Ok(Err(_)) => Err(StartError::Stopped),
            Err(_) => Err(StartError::NoController {
                address,
                waited,
                source: last.take().unwrap_or_else(|| io::ErrorKind::TimedOut.into()),
            }),
        };
        if started.is_ok() {
            given_up.disarm();
        }
        started
    }

    /// Looks for the controller until the time for it is over.
    async fn find(&self) -> Result<Joined, StartError> {
        let begun = Instant::now();
        let until = begun + self.connect_timeout.min(FAR);
        let address = self.route.address();
        let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1);
        let mut found = None;
        // The refusal of a name whose holder has not been heard since, or of a connection more where another may be dead.
        let mut held: Option<Refusal> = None;
        let mut over_quota = Backoff::new(NAME, OVER_QUOTA);
        loop {
            let attempt = timeout_at(until, join_any(&self.node, &self.route, Coming::First)).await;
            let error = match attempt {
                Ok(Ok(joined)) => return Ok(joined),
                // There will be another one.
                Ok(Err(NotJoined::Refused(refusal @ (Refusal::Stopping | Refusal::StandsBy)))) => {
                    io::Error::other(refusal)
                }
                Ok(Err(NotJoined::Refused(refusal))) => {
                    let is_first = held.is_none();
                    let may_be_dead = match (&refusal, &held) {
                        (Refusal::OverQuota(_), _) => true,
                        (Refusal::NameTaken { .. }, Some(held @ Refusal::NameTaken { .. })) => {
                            *held == refusal
                        }
                        (Refusal::NameTaken { .. }, _) => true,
                        _ => false,
                    };
                    let left = until.saturating_duration_since(Instant::now());
                    let (least, wait) = match &refusal {
                        Refusal::OverQuota(exceeded) => {
                            let room_in = exceeded.room_in.unwrap_or(NAME).max(NAME);
                            (room_in, over_quota.pause())
                        }
                        _ => (NAME, NAME),
                    };
                    if !may_be_dead || least >= left {
                        return Err(StartError::answered(address, refusal));
                    }
                    if is_first {
                        info!(%address, %refusal, "asking again: who is in the way may be lost already, or go");
                    }
                    held = Some(refusal);
                    sleep(wait.max(least).min(left)).await;
                    continue;
                }
                // It does not become another's by waiting.
                Ok(Err(NotJoined::Untrusted(reason))) => return Err(StartError::untrusted(address, reason)),
                Ok(Err(NotJoined::Tls(fault))) => return Err(StartError::tls(address, fault)),
                Ok(Err(NotJoined::Gone)) => {
                    let source = io::Error::other("the Global of this process that ran it has stopped");
                    return Err(StartError::no_controller(address, begun.elapsed(), source));
                }
                Ok(Err(NotJoined::Io(error))) => error,
                // The time is over in the middle of an attempt: the one before tells more.
                Err(_) => {
                    if let Some(refusal) = held {
                        return Err(StartError::answered(address, refusal));
                    }
                    found
                        .take()
                        .unwrap_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "it does not answer"))
                }
            };
            if found.is_some() {
                debug!(%address, %error, "no controller yet");
            } else {
                info!(%address, %error, wait = ?self.connect_timeout, "no controller yet; looking for it");
            }
            let wait = backoff.pause();
            if Instant::now() + wait >= until {
                sleep(until.saturating_duration_since(Instant::now())).await;
                return Err(StartError::NoController {
                    address: address.clone(),
                    waited: begun.elapsed(),
                    source: error,
                });
            }
            found = Some(error);
            sleep(wait).await;
        }
    }

    /// Calls what the program wants to be called. If it panics, that is said, and nothing else happens.
    pub(super) fn call_hook(&self, hook: &(dyn Fn() + Send + Sync)) {
        if panics::caught(hook).is_err() {
            warn!(
                process_name = &**self.node.process_name(),
                "a hook of this process, such as on_node_connect, panicked; nothing else happens"
            );
        }
    }

    /// Serves one connection after the other.
    async fn keep(
        &self,
        joined: Joined,
        mut attempts: Attempts,
        done: tokio::sync::oneshot::Sender<Result<(), StartError>>,
    ) {
        let mut joined = Some(joined);
        let mut done = Some(done);
        while let Some(joined_now) = joined.take() {
            let begun = Instant::now();
            let address = self.route.at(joined_now.place).clone();
            let Ended { refused, elsewhere } = self.serve(joined_now, &mut attempts, &mut done).await;
            info!(process_name = &**self.node.process_name(), %address, "node disconnected");
            self.call_hook(&self.hooks.disconnected);
            if self.node.phase() != Phase::Running {
                return;
            }
            if let Some(refusal @ Refusal::Replaced { .. }) = &refused
                && self.is_given_up(&mut Answers::default(), refusal)
            {
                return;
            }
            if let Some(elsewhere) = elsewhere {
                joined = Some(elsewhere);
                self.node.came_back();
                continue;
            }
            let pause = attempts.pause_after(refused.is_some(), begun.elapsed());
            let coming_back = async {
                sleep(pause).await;
                self.come_back(&mut attempts).await
            };
            joined = tokio::select! {
                biased;
                joined = coming_back => joined,
                () = self.node.stop.cancelled() => None,
            };
            if joined.is_some() {
                self.node.came_back();
            }
        }
    }

    /// Serves a session until it ends.
    async fn serve(
        &self,
        joined: Joined,
        attempts: &mut Attempts,
        done: &mut Option<tokio::sync::oneshot::Sender<Result<(), StartError>>>,
    ) -> Ended {
        let node = &self.node;
        attempts.failed(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "the connection was lost each time, before the callbacks were announced",
        ));
        let (outbox, address) = (Arc::clone(&joined.connection.outbox), self.route.at(joined.place));
        let (frame_limit, controller) = (joined.welcome.frame_limit(), joined.welcome.controller.clone());
        let _former = node.visit(&mut Doings::default(), |visit| {
            visit.connect(Arc::clone(&outbox), frame_limit)
        });

        let serving = {
            let (node, route) = (Arc::clone(node), self.route.clone());
            self.node.tasks.spawn_on(
                async move { node.serve(joined, &route).await },
                &self.node.runtime,
            )
        };
        let announcing = async {
            loop {
                match node.announce_all().await {
                    Ok(()) => {
                        info!(
                            process_name = &**node.process_name(),
                            %address,
                            controller,
                            "node connected"
                        );
                        node.announced();
                        attempts.backoff.reset();
                        self.call_hook(&self.hooks.connected);
                        if let Some(done) = done.take() {
                            let _ = done.send(Ok(()));
                        }
                        break;
                    }
                    Err(Failure::Failed(Failed::Disconnected { .. } | Failed::Cancelled { .. })) => {
                        debug!("the connection was lost before the callbacks were announced");
                        break;
                    }
                    Err(failure) => {
                        let reason = refusal(failure);
                        if let Some(done) = done.take() {
                            let address = self.route.address().clone();
                            let _ = done.send(Err(StartError::CallbacksRefused { address, reason }));
                            break;
                        }
                        // What others offer has changed while this process was away.
                        warn!(
                            process_name = &**node.process_name(),
                            address = %self.route.address(),
                            reason,
                            "the controller does not take the callbacks of this process; they are offered again soon"
                        );
                        node.announced();
                        sleep(BACKOFF.1).await;
                    }
                }
            }
            std::future::pending::<()>().await;
        };
        let closing = async {
            node.stop.cancelled().await;
            // What is queued is written, for as long as the peer takes it.
            outbox.close();
            sleep(CLOSING).await;
            outbox.abort();
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            biased;
            ended = serving => ended.unwrap_or_default(),
            () = announcing => Ended::default(),
            () = closing => Ended::default(),
        };
        if ended.refused.is_none() {
            node.connection_ended(None);
        }
        #[allow(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is not general enough"
        )]
        let _lost = node.visit(&mut Doings::default(), |visit| visit.disconnect());
        ended
    }

    /// Tries again and again; gives up only when the node stops or the controller will never let it in.
    async fn come_back(&self, attempts: &mut Attempts) -> Option<Joined> {
        let mut answers = Answers::default();
        loop {
            sleep(attempts.backoff.pause()).await;
            match join_any(&self.node, &self.route, Coming::Again).await {
                Ok(joined) => return Some(joined),
                Err(NotJoined::Refused(refusal)) => {
                    warn!(address = %self.route.address(), %refusal, "the controller does not let this process in again");
                    if self.is_given_up(&mut answers, &refusal) {
                        return None;
                    }
                    self.node.connection_ended(Some(refusal.clone().into()));
                    attempts.failed(io::Error::other(refusal));
                }
                Err(NotJoined::Untrusted(reason)) => {
                    warn!(address = %self.route.address(), reason, "whoever listens at the address of the controller is not trusted, and is told nothing");
                    self.trusts_not(StartError::untrusted(self.route.address(), &reason));
                    attempts.failed(io::Error::new(io::ErrorKind::PermissionDenied, reason));
                }
                Err(NotJoined::Tls(fault)) => {
                    // Certificates are read again when they change, on both sides.
                    warn!(address = %self.route.address(), %fault, "there is no TLS with the controller, so there is no connection; it is tried again");
                    self.trusts_not(StartError::tls(self.route.address(), fault.clone()));
                    attempts.failed(fault.into());
                }
                Err(NotJoined::Gone) => {
                    debug!(address = %self.route.address(), "the controller of this process has stopped");
                }
                Err(NotJoined::Io(error)) => {
                    debug!(address = %self.route.address(), %error, "not connected yet");
                    attempts.failed(error);
                }
            }
        }
    }
}

/// Why callbacks were not taken.
fn refusal(failure: Failure) -> String {
    match failure {
        Failure::Failed(Failed::Denied { reason, .. } | Failed::Invalid { reason }) => reason,
        Failure::Failed(failed) => {
            CallError::<RemoteError>::from_failed(failed, "start", None, None).to_string()
        }
        Failure::App { remote, .. } => remote.to_string(),
        Failure::Explained(_) => "a value came instead of an answer".to_owned(),
    }
}
