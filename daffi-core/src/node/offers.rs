//! What a node offers, and telling the controller so.

use std::sync::{Arc, PoisonError};

use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::doings::Doings;
use super::{Message, Node, Phase};
use crate::proto::{CallbackId, Failure, Header, Offered, RunId};
use crate::registry::{Callback, Handler, encode_value};
use crate::session::Terms;
use crate::signature::Form;

/// How long the controller may take to see that a process leaves.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(5);

/// How long those may take to answer that have waited for the stop themselves.
const ANSWERING: std::time::Duration = std::time::Duration::from_secs(1);

/// How many callbacks are announced in one frame.
const ANNOUNCED: usize = 64;

impl Node {
    /// Makes callbacks ready to be called, and gives them as they are to be announced.
    pub(crate) fn offer(&self, callbacks: impl Iterator<Item = Callback>) -> Vec<Offered> {
        // Tracing them runs code of the user's, which no lock waits for.
        let callbacks: Vec<_> = callbacks.collect();
        let offered: Vec<_> = self.drive(|session, _, _| {
            let offer = |callback: Callback| {
                let terms = Terms {
                    concurrency: callback.description.concurrency,
                    timeout: callback.description.timeout,
                    blocking: callback.handler.blocks(),
                    is_new: matches!(callback.handler, Handler::Async(_)) && callback.pace.is_new(),
                };
                let callback = Arc::new(callback);
                let id = session.offer(Arc::clone(&callback), terms);
                (id, callback)
            };
            callbacks.into_iter().map(offer).collect()
        });
        offered
            .into_iter()
            .map(|(id, callback)| callback.offered(id))
            .collect()
    }

    /// Undoes [`offer`](Self::offer).
    pub(crate) fn retract(&self, callbacks: impl IntoIterator<Item = CallbackId>) {
        let callbacks: Vec<_> = callbacks.into_iter().collect();
        // They hold what is the program's.
        let _retracted: Vec<_> = self.drive(|session, _, _| {
            callbacks
                .into_iter()
                .filter_map(|callback| session.retract(callback))
                .collect()
        });
    }

    /// The names that are offered, and where their callbacks stand.
    pub(crate) fn offered_names(&self) -> Vec<(Arc<str>, String)> {
        self.drive(|session, _, _| {
            session
                .offered()
                .map(|(_, callback)| (Arc::clone(&callback.name), callback.description.place()))
                .collect()
        })
    }

    /// The number under which `name` is offered.
    pub(crate) fn find(&self, name: &str) -> Option<CallbackId> {
        self.drive(|session, _, _| {
            session
                .offered()
                .find(|(_, callback)| &*callback.name == name)
                .map(|(id, _)| id)
        })
    }

    /// Announces every callback; the process is then on the roster.
    pub(super) async fn announce_all(self: &Arc<Self>) -> Result<(), Failure> {
        let callbacks: Vec<_> = self.drive(|session, _, _| {
            let offered = session.offered();
            offered.map(|(id, callback)| (id, Arc::clone(callback))).collect()
        });
        let mut offered: Vec<Offered> = callbacks
            .iter()
            .map(|(id, callback)| callback.offered(*id))
            .collect();
        offered.sort_by_key(|offered| offered.callback.0);
        self.announce_as(&offered, true, true).await
    }

    /// Lets what waited for the announcement go.
    pub(super) fn announced(self: &Arc<Self>) {
        let now = self.now();
        self.drive(|session, out, events| session.announced(now, out, events));
    }

    /// Announces callbacks of a process that is complete with them.
    pub(crate) async fn announce(self: &Arc<Self>, offered: &[Offered]) -> Result<(), Failure> {
        self.announce_as(offered, true, false).await
    }

    async fn announce_as(
        self: &Arc<Self>,
        offered: &[Offered],
        ready: bool,
        first: bool,
    ) -> Result<(), Failure> {
        let last = offered.len().div_ceil(ANNOUNCED).max(1) - 1;
        for number in 0..=last {
            let from = number * ANNOUNCED;
            let payload = encode_value(
                &offered[from..offered.len().min(from + ANNOUNCED)],
                &Form::unknown(),
            )?;
            self.exchange(|| Message::Announce {
                payload: &payload,
                ready: ready && number == last,
                first,
            })
            .await?;
        }
        Ok(())
    }

    /// Tells the controller that callbacks are no longer offered.
    pub(crate) async fn withdraw(self: &Arc<Self>, callbacks: &[CallbackId]) -> Result<(), Failure> {
        let payload = encode_value(callbacks, &Form::unknown())?;
        self.exchange(|| Message::Withdraw(&payload)).await.map(drop)
    }

    /// The code that runs here waits for the node to stop: if it is a callback of this node, which is
    /// said, the stop does not wait for it.
    pub(crate) fn asks_to_stop(&self, run: Option<(u128, RunId)>) -> bool {
        let Some((_, run)) = run.filter(|(instance, _)| *instance == self.instance) else {
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

    /// Leaves the roster, lets running callbacks finish until `deadline`, then ends. Those that wait for that are told by
    /// `drained` when only they are left, and may answer.
    pub(crate) async fn stop_gracefully(self: &Arc<Self>, deadline: Instant, drained: &CancellationToken) {
        let outbox = self.visit(&mut Doings::default(), |visit| {
            visit.enter(Phase::Stopping);
            visit.outbox().cloned()
        });
        if let Some(outbox) = outbox {
            // A connection that is gone needs no goodbye.
            let _ = outbox.send(&Header::Goodbye, &bytes::Bytes::new());
            outbox.kick();
            // What was on its way here comes before the answer to this, and is run.
            let limit = deadline.min(Instant::now() + GOODBYE);
            let _ = timeout_at(limit, self.withdraw(&[])).await;
        }
        let idle = async {
            tokio::select! {
                () = self.idle() => {}
                // Somebody could not wait.
                () = self.stop.cancelled() => {}
            }
        };
        if timeout_at(deadline, idle).await.is_err() {
            debug!(
                process_name = &**self.process_name(),
                "some callbacks did not finish in time; they are stopped"
            );
        }
        drained.cancel();
        let answered = deadline.min(Instant::now() + ANSWERING);
        let all_ended = self.until(|| self.drive(|session, _, _| session.running()) == 0);
        let _ = timeout_at(answered, all_ended).await;
        self.stop_now();
        self.tasks.close();
        // Blocking callbacks cannot be stopped, and are not waited for.
        let _ = timeout_at(deadline, self.ended()).await;
    }

    /// Ends: what runs is stopped, what is queued is still written if the connection takes it.
    pub(crate) fn stop_now(self: &Arc<Self>) {
        self.visit(&mut Doings::default(), |visit| {
            visit.enter(Phase::Stopping);
            let (session, mut out, events) = visit.parts();
            session.close(&mut out, events);
        });
        self.stop.cancel();
    }

    /// As [`stop_now`](Self::stop_now), without a word: nothing more is written.
    pub(crate) fn die(self: &Arc<Self>) {
        let outbox = self.visit(&mut Doings::default(), |visit| visit.outbox().cloned());
        if let Some(outbox) = outbox {
            outbox.abort();
        }
        self.stop_now();
    }

    /// Waits until no callback runs but those that wait for the stop.
    async fn idle(&self) {
        self.until(|| {
            let asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
            let asking = asking.clone();
            self.drive(|session, _, _| {
                let asking = asking.iter().filter(|run| session.is_running(**run)).count();
                session.running() <= asking
            })
        })
        .await;
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
