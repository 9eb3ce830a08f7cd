//! Letting a process in: it has greeted, and takes its place at the router or is refused.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::auth::Identities;
use daffi_core::link::Link;
use daffi_core::link::handshake::Admitted;
use daffi_core::proto::{Extensions, Header, Refusal, Welcome};
use daffi_core::transport::{Arrived, Outbox};
use tokio::task::yield_now;

use super::hub::{Hub, State};
use super::known::is_forgotten;
use super::queues::Queue;
use super::standing::{Standing, allowed};
use crate::router::PeerId;

/// Both ways of a connection, as far as the hub knows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways<'a> {
    pub(super) outbox: &'a Arc<Outbox>,
    pub(super) arrived: &'a Arrived,
    /// Who was known when it was asked who it is.
    pub(super) known: Option<&'a Arc<Identities>>,
}

impl Hub {
    /// Lets a process in, or not; answers it either way.
    pub(super) async fn admit(&self, admitted: &Admitted, ways: Ways<'_>) -> Result<PeerId, Refusal> {
        self.replace(admitted).await;
        let admitted = loop {
            if let Some(admitted) = self.try_admit(admitted, ways) {
                break admitted;
            }
            // All are told that an earlier one of the name has left before this one joins.
            yield_now().await;
        };
        ways.outbox.flush();
        admitted
    }

    /// Nothing, if the process that had the name is still being cleared away.
    fn try_admit(&self, admitted: &Admitted, ways: Ways<'_>) -> Option<Result<PeerId, Refusal>> {
        let mut state = self.state();
        if state.router.is_clearing(&admitted.hello.process_name) {
            return None;
        }
        let admitted = self.enter(&mut state, admitted, ways);
        let header = match &admitted {
            Ok((_, version)) => Header::Welcome(Welcome {
                version: *version,
                controller: self.process_name.to_string(),
                heartbeat: self.heartbeat,
                frame_bytes: self.limits().frame_bytes as u64,
                calls: self.limits().calls,
                extensions: Extensions::default(),
            }),
            Err(refusal) => Header::Refused(refusal.clone()),
        };
        // Before anything else is sent there. A peer that is gone already needs no answer.
        let _ = ways.outbox.send(&header, &Bytes::new());
        Some(admitted.map(|(peer, version)| {
            ways.outbox.agree(version);
            peer
        }))
    }

    /// Ends an earlier connection of the same start of the same process.
    async fn replace(&self, admitted: &Admitted) {
        let earlier = {
            let mut state = self.state();
            let State {
                router,
                queues,
                closing,
                policy,
                ..
            } = &mut *state;
            let is_let_in = || {
                let standing = Standing::of(admitted);
                allowed(policy.as_ref(), &standing, &admitted.hello.process_name).is_ok()
            };
            let earlier = router
                .predecessor(&admitted.hello, &admitted.who)
                .filter(|_| !*closing && is_let_in());
            earlier.and_then(|peer| Some((peer, queues.remove(peer)?)))
        };
        if let Some((peer, queue)) = earlier {
            queue.outbox.abort();
            self.leave(peer).await;
        }
    }

    fn enter(
        &self,
        state: &mut State,
        admitted: &Admitted,
        ways: Ways<'_>,
    ) -> Result<(PeerId, u16), Refusal> {
        if state.closing {
            return Err(Refusal::Stopping);
        }
        let State {
            router,
            queues,
            policy,
            quotas,
            identities,
            ..
        } = state;
        if is_forgotten(&admitted.who, ways.known, identities.as_ref())
            && let Some(method) = admitted.who.method()
        {
            return Err(Refusal::Unknown { method });
        }
        let standing = Standing::of(admitted);
        let process_name = &admitted.hello.process_name;
        let rights = allowed(policy.as_ref(), &standing, process_name)?;
        let quotas = standing.quotas(policy.as_ref(), quotas);
        if let Some(quotas) = &quotas
            && router.holder(process_name).is_none()
        {
            router.check_connection(quotas, self.now())?;
        }
        let peer = router
            .connect(&admitted.hello, admitted.who.clone(), rights)
            .map_err(|mut refusal| {
                if let Refusal::NameTaken { name, sign, .. } = &mut refusal {
                    let holder = router.holder(name).and_then(|holder| queues.get(holder));
                    *sign = holder.map_or(0, |queue| queue.traffic().signs);
                }
                refusal
            })?;
        if quotas.is_some() {
            router.allow(peer, quotas.as_ref(), self.now());
        }
        ways.outbox.share(&self.pool);
        let link = Link::new(self.now(), self.heartbeat);
        let (outbox, arrived) = (Arc::clone(ways.outbox), ways.arrived.clone());
        queues.insert(Queue::new(peer, standing, outbox, arrived, link));
        Ok((peer, admitted.version))
    }
}
