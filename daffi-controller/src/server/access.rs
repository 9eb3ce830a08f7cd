//! Who may do what, applied to those who are there.

use std::sync::Arc;

use tokio::task::yield_now;
use tracing::{info, warn};

use super::hub::{Hub, State};
use super::standing::{Standing, rights};
use crate::access::Policy;
use crate::router::{Denial, PeerId, Turn};

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
        for (peer, standing) in peers {
            self.restrict_one(peer, &standing).await;
            yield_now().await;
        }
        info!("who may do what is as the configuration says now");
    }

    async fn restrict_one(&self, peer: PeerId, standing: &Standing) {
        let mut outboxes = Vec::new();
        let (left, denials) = {
            let mut state = self.state();
            let State {
                router,
                queues,
                policy,
                ..
            } = &mut *state;
            let process_name = router.process_name(peer).unwrap_or_default();
            match rights(policy.as_ref(), standing, process_name) {
                Ok(rights) => {
                    let left = router.restrict(peer, rights, &mut Turn::new(self.now()), queues);
                    queues.take_touched(&mut outboxes);
                    (left, router.take_denials())
                }
                Err(reason) => {
                    let denial = Denial {
                        peer,
                        reason,
                        is_last: false,
                        cuts: true,
                    };
                    (None, vec![denial])
                }
            }
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
