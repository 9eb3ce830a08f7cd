//! What a node offers, and telling the controller so.

use std::sync::Arc;

use super::{Message, Node};
use crate::proto::{CallbackId, Failure, Offered};
use crate::registry::{Callback, Handler, encode_value};
use crate::scope::Home;
use crate::session::Terms;
use crate::signature::Form;
use crate::simulation;

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
                    is_new: matches!(callback.handler, Handler::Async(_))
                        && callback.pace.is_new()
                        && !simulation::is_on(),
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
        let retracted: Vec<_> = self.drive(|session, _, _| {
            callbacks
                .into_iter()
                .filter_map(|callback| session.retract(callback))
                .collect()
        });
        Home::Of(self.key).enter(|| drop(retracted));
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
}
