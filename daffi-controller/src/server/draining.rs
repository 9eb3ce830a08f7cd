//! Before a controller stops: nobody begins anything new, and what is under way ends.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{Header, Refusal};
use daffi_core::transport::Outbox;
use tokio::time::{Instant, sleep_until};

use super::hub::{Hub, State};
use super::queues::Queue;
use super::stopping::Stopping;
use crate::router::Outlet as _;

impl State {
    /// Whether nobody new is let in.
    pub(super) const fn is_stopping(&self) -> bool {
        self.closing || self.stopping.is_some()
    }

    /// Why nobody is let in, if that is so.
    pub(super) const fn shut(&self) -> Option<Refusal> {
        if self.stands_by {
            Some(Refusal::StandsBy)
        } else if self.is_stopping() {
            Some(Refusal::Stopping)
        } else {
            None
        }
    }

    /// Says goodbye to all nodes, and closes each connection once that is written.
    pub(super) fn send_away(&mut self) -> Vec<Arc<Outbox>> {
        let Self { router, queues, .. } = self;
        router.stop(queues);
        queues.forget_touched();
        self.stopping = None;
        let outboxes = queues.all().map(|queue| Arc::clone(&queue.outbox));
        let outboxes: Vec<_> = outboxes.collect();
        outboxes.iter().for_each(|outbox| outbox.close());
        outboxes
    }

    /// Whether nothing is under way, and nothing more comes.
    fn is_drained(&self) -> bool {
        let all_heard = self.stopping.as_ref().is_some_and(Stopping::is_heard);
        all_heard && self.router.is_idle()
    }
}

impl Hub {
    /// Tells every node that the controller stops, and closes each connection once that is written.
    pub(super) fn say_goodbye(&self) {
        let mut state = self.state();
        state.closing = true;
        state.send_away();
    }

    /// Lets nobody in any more and ends every connection now.
    pub(super) fn cut_off(&self) {
        let mut state = self.state();
        state.closing = true;
        state.queues.all().for_each(|queue| queue.outbox.abort());
    }

    /// Has what is under way end, for as long as that may take; says how many calls have not ended then.
    pub(super) async fn drain(&self, within: Duration) -> usize {
        let until = Instant::now() + within.min(FAR);
        let mut outboxes = Vec::new();
        {
            let mut state = self.state();
            let State { queues, stopping, .. } = &mut *state;
            let peers: HashSet<_> = queues.all().map(Queue::peer).collect();
            if stopping.is_none() {
                for peer in &peers {
                    let _ = queues.send(*peer, &Header::Stopping { within }, &Bytes::new());
                }
                *stopping = Some(Stopping::new(peers));
            }
            queues.take_touched(&mut outboxes);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
        loop {
            let turned = self.turned.notified();
            let left = {
                let state = self.state();
                // Or all were sent away.
                if state.closing || state.stopping.is_none() || state.is_drained() {
                    return 0;
                }
                state.router.calls_outstanding() + state.router.calls_waiting()
            };
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return left,
                // Before what a peer may go on with without an end.
                () = sleep_until(until) => return left,
                () = turned => {}
            }
        }
    }
}

/// Nothing takes longer.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
