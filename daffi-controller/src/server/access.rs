//! Who may do what, applied to those who are there.

use std::sync::Arc;

use tokio::task::yield_now;
use tracing::{info, warn};

use super::hub::{Hub, State};
use super::standing::{Standing, rights};
use crate::access::Policy;
use crate::router::{Denial, PeerId, Turn};

/// So many processes get their rights at a time.
const PERMITTED: usize = 64;

impl Hub {
    /// From now on these may do what they may. What those who are there do already, and may do no longer, ends.
    pub(super) async fn restrict(&self, policy: Option<Policy>) {
        let peers: Vec<_> = {
            let mut state = self.state();
            state.policy = policy;
            let queues = state.queues.all();
            queues
                .map(|queue| (queue.peer(), queue.standing.clone()))
                .collect()
        };
        // What one of them does may take long to look through: all of them are told apart before that.
        for some in peers.chunks(PERMITTED) {
            let denials = self.permit(some);
            self.tell(denials);
            yield_now().await;
        }
        for (peer, _) in peers {
            self.review(peer).await;
            yield_now().await;
        }
        info!("who may do what is as the configuration says now");
    }

    /// Gives some of them their rights. Those whose names are kept for others are to be cut off.
    fn permit(&self, peers: &[(PeerId, Standing)]) -> Vec<Denial> {
        let mut state = self.state();
        let State { router, policy, .. } = &mut *state;
        let mut denials = Vec::new();
        for (peer, standing) in peers {
            // It may have left.
            let Some(process_name) = router.process_name(*peer) else {
                continue;
            };
            match rights(policy.as_ref(), standing, process_name) {
                Ok(rights) => router.permit(*peer, rights),
                Err(reason) => denials.push(Denial {
                    peer: *peer,
                    reason,
                    is_last: false,
                    cuts: true,
                }),
            }
        }
        denials
    }

    async fn review(&self, peer: PeerId) {
        let mut outboxes = Vec::new();
        let (left, denials) = {
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            let left = router.review(peer, &mut Turn::new(self.now()), queues);
            queues.take_touched(&mut outboxes);
            (left, router.take_denials())
        };
        self.tell(denials);
        self.finish(left, outboxes).await;
    }

    /// Tells whoever runs the controller what was denied, and cuts off who does what it may not any more.
    pub(super) fn tell(&self, denials: Vec<Denial>) {
        for denial in denials {
            let (process_name, identity, outbox) = {
                let state = self.state();
                let process_name = state
                    .router
                    .process_name(denial.peer)
                    .unwrap_or_default()
                    .to_owned();
                let queue = state.queues.get(denial.peer);
                let identity = queue.and_then(|queue| match &queue.standing {
                    Standing::Other(identity) => identity.clone(),
                    Standing::Own => None,
                });
                (
                    process_name,
                    identity,
                    queue.map(|queue| Arc::clone(&queue.outbox)),
                )
            };
            let identity = identity.as_deref().unwrap_or("nobody");
            let reason = denial.reason;
            if denial.cuts {
                warn!(
                    process_name,
                    identity, reason, "a process is cut off: it does what it may not any more"
                );
                if let Some(outbox) = outbox {
                    outbox.abort();
                }
            } else if denial.is_last {
                warn!(
                    process_name,
                    identity, reason, "denied; what else is denied to this process is not told"
                );
            } else {
                warn!(process_name, identity, reason, "denied");
            }
        }
    }
}
