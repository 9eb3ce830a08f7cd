//! How a node stops: what it waits for, and how what is left then ends.

use std::future::poll_fn;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::doings::Doings;
use super::door::NodeSession;
use super::own::Stage;
use super::{Node, Phase};
use crate::context::NodeKey;
use crate::proto::{Header, RunId};
use crate::transport::Outbox;

/// How long the controller may take to see that a process leaves.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(5);

/// How long those may take to answer that have waited for the stop themselves.
const ANSWERING: std::time::Duration = std::time::Duration::from_secs(1);

/// How long outcomes of its own calls are waited for to be looked at: whoever does may make one again. Nobody may.
const LOOKING: std::time::Duration = std::time::Duration::from_secs(1);

/// What a stop waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StopAfter {
    /// Callbacks that run here.
    #[default]
    Callbacks,
    /// These, and what this process has called.
    OwnCalls,
}

impl Node {
    /// The code that runs here waits for the node to stop: if it is a callback of this node, which is
    /// said, the stop does not wait for it.
    pub(crate) fn asks_to_stop(&self, run: Option<(NodeKey, RunId)>) -> bool {
        let Some((_, run)) = run.filter(|(of, _)| *of == self.key) else {
            return false;
        };
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if !asking.contains(&run) {
            asking.push(run);
        }
        drop(asking);
        self.changed.notify_waiters();
        true
    }

    /// Leaves the roster, lets running callbacks finish until `deadline`, and what this process has called if that is
    /// waited for, then ends. Callbacks that wait for that are told by `drained` when only they are left, and may answer.
    pub(crate) async fn stop_gracefully(
        self: &Arc<Self>,
        deadline: Instant,
        after: StopAfter,
        drained: &CancellationToken,
    ) {
        let outbox = self.visit(&mut Doings::default(), |visit| {
            visit.enter(Phase::Stopping);
            visit.outbox().cloned()
        });
        if let Some(outbox) = outbox {
            // A connection that is gone needs no goodbye.
            let _ = outbox.send(&Header::Goodbye, &Bytes::new());
            outbox.kick();
            // What was on its way here comes before the answer to this, and is run.
            let limit = deadline.min(Instant::now() + GOODBYE);
            let _ = timeout_at(limit, self.withdraw(&[])).await;
        }
        let idle = async {
            tokio::select! {
                biased;
                () = self.idle(after) => {}
                // Somebody could not wait.
                () = self.stop.cancelled() => {}
            }
        };
        if timeout_at(deadline, idle).await.is_err() {
            debug!(
                process_name = &**self.process_name(),
                "some callbacks did not finish in time; they are stopped"
            );
            let calls = self.own_calls();
            if after == StopAfter::OwnCalls && calls > 0 {
                warn!(
                    process_name = &**self.process_name(),
                    calls,
                    "calls that this process has made have no outcome yet, and its time to stop is over: they end as \
                     cancelled; stop_timeout says how long it may take"
                );
            }
        }
        drained.cancel();
        let answered = deadline.min(Instant::now() + ANSWERING);
        let all_ended = self.until(|| self.door.look(NodeSession::running) == 0);
        let _ = timeout_at(answered, all_ended).await;
        if let Some(outbox) = self.close_session() {
            // Where the connection is lost just now, it is made again first.
            tokio::select! {
                biased;
                _ = timeout_at(deadline, deliver(&outbox)) => {}
                // Somebody could not wait.
                () = self.stop.cancelled() => {}
            }
        }
        self.stop.cancel();
        self.tasks.close();
        // Blocking callbacks cannot be stopped, and are not waited for.
        let _ = timeout_at(deadline, self.ended()).await;
    }

    /// Ends: what runs is stopped, what is queued is still written if the connection takes it.
    pub(crate) fn stop_now(self: &Arc<Self>) {
        if let Some(outbox) = self.close_session() {
            let _ = outbox.send(&Header::Finished, &Bytes::new());
        }
        self.stop.cancel();
    }

    /// Nothing is called or run any more. What is queued may still be written.
    fn close_session(self: &Arc<Self>) -> Option<Arc<Outbox>> {
        self.visit(&mut Doings::default(), |visit| {
            visit.enter(Phase::Stopping);
            let (session, mut out, events) = visit.parts();
            session.close(&mut out, events);
            visit.outbox().cloned()
        })
    }

    /// As [`stop_now`](Self::stop_now), without a word: nothing more is written.
    pub(crate) fn die(self: &Arc<Self>) {
        let outbox = self.visit(&mut Doings::default(), |visit| visit.outbox().cloned());
        if let Some(outbox) = outbox {
            outbox.abort();
        }
        self.stop_now();
    }

    /// Waits until no callback runs but those that wait for the stop, and no call is out that is waited for.
    async fn idle(&self, after: StopAfter) {
        if after == StopAfter::Callbacks {
            return self.until(|| self.runs_nothing()).await;
        }
        self.own.wait();
        let is_idle = || self.runs_nothing() && !self.has_own_calls();
        let is_looked_at = || self.own.count(Stage::Made) == 0;
        loop {
            self.until(is_idle).await;
            let settled = timeout(LOOKING, self.until(|| is_looked_at() || !is_idle())).await;
            if settled.is_err() || is_looked_at() && is_idle() {
                return;
            }
        }
    }

    /// Whether no callback runs but those that wait for the stop.
    fn runs_nothing(&self) -> bool {
        let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let asking = asking.clone();
        self.door.look(|session| {
            let asking = asking.iter().filter(|run| session.is_running(**run)).count();
            session.running() <= asking
        })
    }

    /// Whether this process has made calls that have no outcome yet.
    fn has_own_calls(&self) -> bool {
        self.own.is_any() || self.door.look(NodeSession::is_unanswered)
    }

    /// How many these are, but for those in a task of which the session knows no more.
    fn own_calls(&self) -> usize {
        self.own.count(Stage::Waiting) + self.door.look(NodeSession::unanswered)
    }

    /// Waits until the connection is closed and the supervisor gone.
    async fn ended(&self) {
        self.until(|| self.phase() == Phase::Stopped).await;
    }

    async fn until(&self, reached: impl Fn() -> bool) {
        loop {
            let changed = self.changed.notified();
            if reached() {
                return;
            }
            changed.await;
        }
    }
}

/// Has the controller receive all that is queued, and then that this was all. Where nothing is kept, what is written counts as received, and
/// closing the connection says that there is no more.
async fn deliver(outbox: &Outbox) {
    if !outbox.keeps() {
        return;
    }
    poll_fn(|cx| outbox.poll_empty(cx)).await;
    let _ = outbox.send(&Header::Finished, &Bytes::new());
    outbox.kick();
    poll_fn(|cx| outbox.poll_acknowledged(cx)).await;
}
