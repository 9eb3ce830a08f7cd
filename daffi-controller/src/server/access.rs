//! Who may do what, and how much of it, applied to those who are there.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Quotas;
use daffi_core::proto::Header;
use daffi_core::seldom::Seldom;
use tokio::task::yield_now;
use tracing::{info, warn};

use super::connection::ended;
use super::hub::{Hub, State};
use super::standing::{Standing, rights};
use crate::access::Policy;
use crate::router::{Denial, DenialKind, PeerId, Turn};

/// So many processes get their rights at a time.
const PERMITTED: usize = 64;

impl Hub {
    /// From now on these may do what they may. What those who are there do already, and may do no longer, ends.
    pub(super) async fn restrict(&self, policy: Option<Policy>) {
        let peers = {
            let mut state = self.state();
            state.policy = policy;
            state.queues.standings()
        };
        // What one of them does may take long to look through: all of them are told apart before that.
        for some in peers.chunks(PERMITTED) {
            let denials = self.permit(some);
            self.tell(denials);
            // Roles have quotas, too.
            self.apply_quotas(some);
            yield_now().await;
        }
        for (peer, _) in peers {
            self.review(peer).await;
            yield_now().await;
        }
        info!("who may do what is as the configuration says now");
    }

    /// From now on those may have so much.
    pub(super) async fn allow(&self, quotas: Quotas) {
        let peers = {
            let mut state = self.state();
            state.quotas = quotas;
            state.queues.standings()
        };
        for some in peers.chunks(PERMITTED) {
            self.apply_quotas(some);
            yield_now().await;
        }
        info!("how much each may have is as the configuration says now");
    }

    /// Gives some of them their quotas.
    fn apply_quotas(&self, peers: &[(PeerId, Standing)]) {
        let now = self.now();
        let mut state = self.state();
        let State {
            router,
            policy,
            quotas,
            ..
        } = &mut *state;
        for (peer, standing) in peers {
            let allowed = standing.quotas(policy.as_ref(), quotas);
            router.allow(*peer, allowed.as_ref(), now);
        }
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
                    kind: DenialKind::CutOff,
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

    /// What counts how often such a thing is told: those of quotas keep none of the others from that.
    const fn told_of(&self, kind: DenialKind) -> &Seldom {
        match kind {
            DenialKind::OverQuota => &self.over_quota,
            _ => &self.denied,
        }
    }

    /// Tells whoever runs the controller what was denied, and cuts off who does what it may not any more.
    pub(super) fn tell(&self, denials: Vec<Denial>) {
        for Denial { peer, reason, kind } in denials {
            let cuts = kind == DenialKind::CutOff;
            // There may be many of them, of many processes.
            let said = self.told_of(kind).may_say();
            if said.is_none() && !cuts {
                continue;
            }
            let unsaid = said.unwrap_or_default();
            let (process_name, identity, outbox) = {
                let state = self.state();
                let process_name = state.router.process_name(peer).unwrap_or_default().to_owned();
                let queue = state.queues.get(peer);
                let identity = queue.map_or("nobody", |queue| queue.standing.identity());
                let outbox = queue.map(|queue| Arc::clone(&queue.outbox));
                (process_name, identity.to_owned(), outbox)
            };
            let said = match kind {
                DenialKind::CutOff => "a process is cut off: it does what it may not any more",
                DenialKind::LastRight => "denied; what else is denied to this process is not told",
                DenialKind::Right => "denied",
                DenialKind::OverQuota => "a process is over a quota",
            };
            warn!(process_name, identity, reason, unsaid, "{said}");
            if let Some(outbox) = outbox.filter(|_| cuts) {
                // As far as the socket takes it at once: it is nobody to wait for.
                let _ = outbox.send(&Header::Refused(ended(&reason)), &Bytes::new());
                outbox.flush();
                outbox.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use daffi_core::transport::Address;

    use super::*;
    use crate::server::ControllerOptions;
    use crate::server::scheduling::Scheduling;

    #[tokio::test]
    async fn who_is_over_a_quota_keeps_no_denial_from_being_told() {
        let hub = Hub::new(
            &ControllerOptions::new(Address::Memory),
            None,
            Scheduling::new(0, None).unwrap(),
            0,
        );
        let said = || hub.told_of(DenialKind::OverQuota).may_say();
        assert!((0..100).filter(|_| said().is_some()).count() < 100);
        for kind in [DenialKind::Right, DenialKind::CutOff] {
            assert_eq!(hub.told_of(kind).may_say(), Some(0));
        }
    }
}
