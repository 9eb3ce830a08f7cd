//! Letting a process in: it has greeted, and takes its place at the router or is refused.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::link::{Channel, Link, Stranger};
use daffi_core::proto::{Extensions, Header, Hello, Refusal, Welcome};
use daffi_core::transport::{Arrived, Outbox};
use tokio::task::yield_now;

use super::hub::{Hub, State};
use super::queues::Queue;
use super::standing::{Standing, admitted};
use crate::router::PeerId;

/// Both ways of a connection, as far as the hub knows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways<'a> {
    pub(super) outbox: &'a Arc<Outbox>,
    pub(super) arrived: &'a Arrived,
    pub(super) channel: &'a Channel,
}

impl Hub {
    /// Lets a process in, or not; answers it either way.
    pub(super) async fn admit(&self, hello: &Hello, ways: Ways<'_>) -> Result<PeerId, Refusal> {
        self.replace(hello, ways).await;
        let admitted = loop {
            if let Some(admitted) = self.try_admit(hello, ways) {
                break admitted;
            }
            // All are told that an earlier one of the name has left before this one joins.
            yield_now().await;
        };
        ways.outbox.flush();
        admitted
    }

    /// Nothing, if the process that had the name is still being cleared away.
    fn try_admit(&self, hello: &Hello, ways: Ways<'_>) -> Option<Result<PeerId, Refusal>> {
        let mut state = self.state();
        if state.router.is_clearing(&hello.process_name) {
            return None;
        }
        let admitted = self.enter(&mut state, hello, ways);
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
    async fn replace(&self, hello: &Hello, ways: Ways<'_>) {
        let earlier = {
            let mut state = self.state();
            let State {
                router,
                queues,
                closing,
                policy,
            } = &mut *state;
            let standing = Standing::of(ways.channel);
            let is_let_in = hello.negotiate().is_ok()
                && self.check_user(ways.channel).is_ok()
                && admitted(policy.as_ref(), &standing, &hello.process_name).is_ok()
                && !*closing;
            let earlier = router.predecessor(hello).filter(|_| is_let_in);
            earlier.and_then(|peer| Some((peer, queues.remove(peer)?)))
        };
        if let Some((peer, queue)) = earlier {
            queue.outbox.abort();
            self.leave(peer).await;
        }
    }

    fn enter(&self, state: &mut State, hello: &Hello, ways: Ways<'_>) -> Result<(PeerId, u16), Refusal> {
        let version = hello.negotiate()?;
        self.check_user(ways.channel)?;
        if state.closing {
            return Err(Refusal::Stopping);
        }
        let State {
            router,
            queues,
            policy,
            ..
        } = state;
        let standing = Standing::of(ways.channel);
        let rights = admitted(policy.as_ref(), &standing, &hello.process_name)?;
        let peer = router.connect(hello, rights).map_err(|mut refusal| {
            if let Refusal::NameTaken { name, sign, .. } = &mut refusal {
                let holder = router.holder(name).and_then(|holder| queues.get(holder));
                *sign = holder.map_or(0, |queue| queue.traffic().signs);
            }
            refusal
        })?;
        ways.outbox.share(&self.pool);
        let link = Link::new(self.now(), self.heartbeat);
        let (outbox, arrived) = (Arc::clone(ways.outbox), ways.arrived.clone());
        queues.insert(Queue::new(peer, standing, outbox, arrived, link));
        Ok((peer, version))
    }

    /// Checks that whoever is there may join by whose process it is.
    fn check_user(&self, channel: &Channel) -> Result<(), Refusal> {
        let checked = self.own_uid.map_or(Ok(()), |own| channel.check_user(own));
        checked.map_err(|Stranger { uid, own }| Refusal::User {
            uid: uid.unwrap_or(u32::MAX),
            own,
        })
    }
}
