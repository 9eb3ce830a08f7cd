//! Who may do what, and how much of it, applied to those who are there.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::Quotas;
use daffi_core::proto::Header;
use daffi_core::seldom::{Seldom, Unsaid};
use tokio::task::yield_now;
use tracing::{info, warn};

use super::connection::ended;
use super::hub::{Hub, State};
use super::standing::{Standing, rights};
use crate::access::Policy;
use crate::router::{Denial, DenialKind, PeerId};

/// So many processes get their rights at a time.
const PERMITTED: usize = 64;

/// What changes at once of who may do what, and of how much each may have. What is not said stays.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Everybody may do everything if there is no policy.
    pub(super) policy: Option<Option<Policy>>,
    pub(super) quotas: Option<Quotas>,
}

impl Hub {
    /// From now on these may do what they may, and have as much. What those who are there do already, and may do no longer, ends; what they
    /// have more goes on. At no moment has anybody what is new of one, and what is old of the other.
    pub(super) async fn change_rules(&self, change: Change) {
        let Change { policy, quotas } = change;
        let (restricts, allows) = (policy.is_some(), quotas.is_some());
        let peers = {
            let mut state = self.state();
            if let Some(policy) = policy {
                state.policy = policy;
            }
            if let Some(quotas) = quotas {
                state.quotas = quotas;
            }
            state.queues.standings()
        };
        // What one of them does may take long to look through: all of them are told apart before that.
        for some in peers.chunks(PERMITTED) {
            let denials = self.apply(some, restricts);
            self.tell(denials);
            yield_now().await;
        }
        if restricts {
            for (peer, _) in peers {
                self.review(peer).await;
                yield_now().await;
            }
            info!("who may do what is as the configuration says now");
        }
        if allows {
            info!("how much each may have is as the configuration says now");
        }
    }

    /// Gives some of them their quotas, as roles have quotas, too, and their rights if these change. Those whose names are kept for others
    /// are to be cut off.
    fn apply(&self, peers: &[(PeerId, Standing)], restricts: bool) -> Vec<Denial> {
        let now = self.now();
        let mut state = self.state();
        let State {
            router,
            policy,
            quotas,
            ..
        } = &mut *state;
        let mut denials = Vec::new();
        for (peer, standing) in peers {
            let allowed = standing.quotas(policy.as_ref(), quotas);
            router.allow(*peer, allowed.as_ref(), now);
            // It may have left.
            let Some(process_name) = router.process_name(*peer).filter(|_| restricts) else {
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
            let left = router.review(peer, &mut self.router_turn(), queues);
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
            let Unsaid(unsaid) = said.unwrap_or_default();
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
            assert_eq!(hub.told_of(kind).may_say(), Some(Unsaid(None)));
        }
    }
}
