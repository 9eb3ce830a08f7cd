//! Letting a process in: it has greeted, and takes its place at the router or is refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::auth::{Identities, session_id, session_secret};
use daffi_core::link::handshake::Admitted;
use daffi_core::link::resume::{Progress, Secrets};
use daffi_core::link::{Channel, Link};
use daffi_core::proto::{Extensions, Header, Keeps, Refusal, Session, SessionId, SessionSecret, Welcome};
use daffi_core::seldom::Unsaid;
use daffi_core::transport::{Arrived, Outbox};
use tokio::task::yield_now;
use tracing::info;

use super::ending::close;
use super::greeting::say;
use super::hub::{Hub, State};
use super::known::is_forgotten;
use super::queues::Queue;
use super::session::{Kept, Seat};
use super::standing::{Standing, allowed};
use crate::router::{PeerId, Replaced};

/// A process acknowledges a quarter of what it is told to be kept, which is this part of what all queues hold, divided by their number.
const SHARES: usize = 8;

/// It is told no less than that, so that what it acknowledges is much longer than how it does.
const KEPT_BYTES: usize = 16 * 1024;

/// Both ways of a connection, as far as the hub knows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways<'a> {
    pub(super) outbox: &'a Arc<Outbox>,
    pub(super) arrived: &'a Arrived,
    /// Who was known when it was asked who it is.
    pub(super) known: Option<&'a Arc<Identities>>,
    pub(super) channel: &'a Channel,
}

/// Where a process is served that was let in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) peer: PeerId,
    /// The largest frame in bytes that it may send.
    pub(super) frame_bytes: usize,
    /// The way out of its session, which may have begun with another connection.
    pub(super) outbox: Arc<Outbox>,
    /// That of whoever serves it, if it can go on with another connection.
    pub(super) seat: Option<Seat>,
}

/// A session that begins.
struct Begun {
    session: Session,
    told_after: u64,
}

impl Hub {
    /// Lets a process in, or not; answers it either way.
    pub(super) async fn admit(&self, admitted: &Admitted, ways: Ways<'_>) -> Result<Place, Refusal> {
        let replaced = self.replace(admitted).await;
        let begun = self.begin(admitted, ways);
        let admitted = loop {
            if let Some(admitted) = self.try_admit(admitted, ways, (begun.as_ref(), &replaced)) {
                break admitted;
            }
            // All are told that an earlier one of the name has left before this one joins.
            yield_now().await;
        };
        ways.outbox.flush();
        admitted
    }

    /// Nothing, if the process that had the name is still being cleared away.
    fn try_admit(
        &self,
        admitted: &Admitted,
        ways: Ways<'_>,
        (begun, replaced): (Option<&Begun>, &Replaced),
    ) -> Option<Result<Place, Refusal>> {
        let mut state = self.state();
        if state.router.is_clearing(&admitted.hello.process_name) {
            return None;
        }
        let hello = &admitted.hello;
        let admitted = self.enter(&mut state, admitted, ways, begun);
        let header = match &admitted {
            Ok((place, version)) => {
                state.router.has_replaced(place.peer, replaced.clone());
                let extensions = Extensions::default();
                let extensions = match begun {
                    Some(begun) => extensions.with(Extensions::SESSION, &begun.session),
                    None if ways.channel.ends_with_its_process() => {
                        extensions.with(Extensions::WAITS, &self.resume_grace)
                    }
                    None => Ok(extensions),
                };
                let heartbeat = self.heartbeat_for(hello);
                Header::Welcome(self.welcome((*version, heartbeat), place, extensions.unwrap_or_default()))
            }
            Err(refusal) => Header::Refused(refusal.clone()),
        };
        // Before anything else is sent there. A peer that is gone already needs no answer.
        let _ = ways.outbox.send(&header, &Bytes::new());
        Some(admitted.map(|(place, version)| {
            ways.outbox.agree(version);
            place
        }))
    }

    pub(super) fn welcome(
        &self,
        (version, heartbeat): (u16, Duration),
        place: &Place,
        extensions: Extensions,
    ) -> Welcome {
        Welcome {
            version,
            controller: self.process_name.to_string(),
            heartbeat,
            frame_bytes: self.limits().frame_bytes as u64,
            sent_frame_bytes: place.frame_bytes as u64,
            calls: self.limits().calls,
            extensions,
        }
    }

    /// What a session is, as a node is told it that is one of so many.
    pub(super) fn session(&self, id: SessionId, renewal: u32, secret: SessionSecret, of: usize) -> Session {
        Session {
            id,
            renewal,
            secret,
            grace: self.resume_grace,
            keeps: self.keeps(of),
        }
    }

    /// How much one of so many processes is told to be kept for it.
    ///
    /// What it has received and not acknowledged counts as queued, though it reads. So that those who do nothing wrong leave room for what is
    /// on its way, all together acknowledge before they take half of what all queues may hold, if there are some thousands: each one that comes, a
    /// part of it which falls with their number.
    fn keeps(&self, of: usize) -> Keeps {
        let share = self.pool.limit() / SHARES / of.max(1);
        Keeps {
            bytes: share.min(self.limits().queue_bytes).max(KEPT_BYTES) as u64,
        }
    }

    /// The session of a process that could go on with it. Without random numbers there is none.
    fn begin(&self, admitted: &Admitted, ways: Ways<'_>) -> Option<Begun> {
        if !ways.channel.is_resumable() || self.resume_grace.is_zero() {
            return None;
        }
        // What cannot be read counts as not said.
        let keeps = admitted.hello.extensions.get::<Keeps>(Extensions::RESUMABLE);
        let told_after = keeps.unwrap_or_default()?.told_after();
        let others = self.state().queues.places();
        let session = self.session(session_id().ok()?, 0, session_secret().ok()?, others + 1);
        Some(Begun { session, told_after })
    }

    /// Ends an earlier connection of the same start of the same process, and one of an earlier start that is lost, or is to be replaced. Those that
    /// are replaced may be too busy to hear of it until they come again.
    async fn replace(&self, admitted: &Admitted) -> Replaced {
        let earlier = {
            let state = self.state();
            let is_shut = state.shut().is_some();
            let State {
                router,
                queues,
                policy,
                ..
            } = &*state;
            let is_let_in = || {
                let standing = Standing::of(admitted);
                allowed(policy.as_ref(), &standing, &admitted.hello.process_name).is_ok()
            };
            // What cannot be read counts as not said.
            let replaces = admitted.hello.extensions.get::<bool>(Extensions::REPLACE);
            let replaces = replaces.unwrap_or_default() == Some(true);
            let goes = |peer: &PeerId| {
                let is_own = queues.get(*peer).is_some_and(|queue| queue.standing.is_own());
                let goes = router.is_away(*peer) || replaces && (!is_own || admitted.is_own);
                goes && router.identity(*peer) == Some(&admitted.who)
            };
            let goes = router.holder(&admitted.hello.process_name).filter(goes);
            let same_start = router.predecessor(&admitted.hello, &admitted.who);
            let earlier = same_start.or(goes).filter(|_| !is_shut && is_let_in());
            earlier.and_then(|peer| {
                let outbox = Arc::clone(&queues.get(peer)?.outbox);
                let is_over = same_start.is_some() || router.is_away(peer);
                let replaced = match same_start {
                    Some(_) => router.replaced_by(peer),
                    None if replaces => router.replaced_with(peer),
                    None => Replaced::default(),
                };
                Some((peer, outbox, is_over, replaced))
            })
        };
        let Some((peer, outbox, is_over, replaced)) = earlier else {
            return Replaced::default();
        };
        if is_over {
            outbox.abort();
            self.leave(peer).await;
        } else {
            let (process_name, pid) = (&*admitted.hello.process_name, admitted.hello.pid);
            if let Some(Unsaid(unsaid)) = self.coming_and_going.may_say() {
                info!(
                    process_name,
                    pid, unsaid, "a process is replaced by a newer one of its name"
                );
            }
            say(&outbox, &Header::Refused(Refusal::Replaced { pid }));
            self.leave(peer).await;
            // It is told, if it reads that soon.
            close(&outbox).await;
        }
        replaced
    }

    fn enter(
        &self,
        state: &mut State,
        admitted: &Admitted,
        ways: Ways<'_>,
        begun: Option<&Begun>,
    ) -> Result<(Place, u16), Refusal> {
        if let Some(refusal) = state.shut() {
            return Err(refusal);
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
        let mut frame_bytes = self.limits().frame_bytes;
        if let Some(quotas) = &quotas {
            router.allow(peer, Some(quotas), self.now());
            frame_bytes = quotas.frame_bytes(frame_bytes);
            router.bound_frames(peer, frame_bytes);
        }
        ways.outbox.share(&self.pool);
        let pace = self.pace_of(self.heartbeat_for(&admitted.hello), begun.is_some());
        ways.outbox.set_patience(pace.patience());
        let mut link = Link::new(self.now(), pace.controller, pace.node);
        if ways.channel.ends_with_its_process() {
            link = link.waiting(self.resume_grace);
        }
        let (outbox, arrived) = (Arc::clone(ways.outbox), ways.arrived.clone());
        let mut queue = Queue::new(peer, (standing, frame_bytes), outbox, arrived, link);
        queue.kept = begun.map(|begun| {
            ways.outbox.keep(self.limits().queue_bytes);
            Kept {
                id: begun.session.id,
                secrets: Secrets::new(begun.session.secret.clone()),
                confirms: false,
                told_after: begun.told_after,
                seat: Seat::default(),
                progress: Progress::default(),
                is_given_up: false,
            }
        });
        let place = Place {
            peer,
            frame_bytes,
            outbox: Arc::clone(ways.outbox),
            seat: queue.kept.as_ref().map(|kept| kept.seat.clone()),
        };
        queues.insert(queue);
        Ok((place, admitted.version))
    }
}

#[cfg(test)]
mod tests {
    use daffi_core::transport::Address;

    use super::*;
    use crate::server::ControllerOptions;
    use crate::server::scheduling::Scheduling;

    #[tokio::test]
    async fn p6_what_healthy_processes_have_not_acknowledged_leaves_room_however_many_they_are() {
        for budget in [64 << 20, 256 << 20, 1 << 30] {
            let mut options = ControllerOptions::new(Address::Memory);
            options.queue_bytes = budget;
            let hub = Hub::new(&options, None, Scheduling::new(0, None).unwrap(), 0);
            let told = |of: usize| usize::try_from(hub.keeps(of).told_after()).unwrap();
            assert_eq!(told(1), 256 * 1024, "few are not asked for more than is useful");
            let mut unacknowledged = 0;
            for of in 1..=4096 {
                unacknowledged += told(of);
                assert!(unacknowledged <= budget / 2, "{of} of {budget}");
            }
        }
    }
}
