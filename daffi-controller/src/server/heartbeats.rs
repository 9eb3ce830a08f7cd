//! The task that says to every node that the controller is there, and notices those of whom nothing is heard.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::link::{Pace, Tick, granted};
use daffi_core::proto::{Extensions, Header, Hello};
use daffi_core::transport::Outbox;
use tokio::time::sleep;
use tracing::warn;

use super::hub::{Hub, State, give_way};
use crate::router::PeerId;

/// So many connections are looked after at a time.
const LOOKED_AFTER: usize = 256;

impl Hub {
    /// How often a node is to say something.
    pub(super) fn heartbeat_for(&self, hello: &Hello) -> Duration {
        // What cannot be read counts as not said.
        let asked = hello
            .extensions
            .get::<Duration>(Extensions::HEARTBEAT)
            .unwrap_or_default();
        asked.map_or(self.heartbeat, |asked| granted(self.heartbeat, asked))
    }

    /// How often each side of a connection with this heartbeat says something, which may go on if it is lost, or not.
    pub(super) fn pace_of(&self, heartbeat: Duration, may_go_on: bool) -> Pace {
        let pace = Pace::new(heartbeat, may_go_on.then_some(self.resume_grace));
        self.shortest.fetch_min(nanos(pace.controller), Ordering::Relaxed);
        pace
    }

    /// The shortest interval of any connection that there was.
    pub(super) fn shortest(&self) -> Duration {
        Duration::from_nanos(self.shortest.load(Ordering::Relaxed))
    }

    /// Sends heartbeats, and cuts off peers of which nothing is heard, until all connections are gone.
    pub(super) async fn keep_alive(self: Arc<Self>) {
        // Half an interval, so that a link is never late by more than that.
        let pause = || self.shortest() / 2;
        loop {
            tokio::select! {
                biased;
                () = sleep(pause()) => {}
                () = self.closing.cancelled() => return,
            }
            let mut outboxes = Vec::new();
            let mut place = 0;
            while let Some(changed) = self.look_after(place..place + LOOKED_AFTER, &mut outboxes) {
                place += LOOKED_AFTER;
                for (peer, is_away) in changed {
                    self.told_away(peer, is_away).await;
                }
                give_way(&mut outboxes).await;
            }
        }
    }

    /// A process that is missed is away from now on, or it is heard again.
    async fn told_away(&self, peer: PeerId, is_away: bool) {
        let (left, outboxes) = {
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            let left = router.set_away(peer, is_away, &mut self.router_turn(), queues);
            let mut outboxes = Vec::new();
            queues.take_touched(&mut outboxes);
            (left, outboxes)
        };
        self.finish(left, outboxes).await;
    }

    /// Looks after the connections in some places, and says which processes are missed from now on, or are not any more; nothing if there are no
    /// connections any more.
    fn look_after(
        &self,
        places: std::ops::Range<usize>,
        outboxes: &mut Vec<Arc<Outbox>>,
    ) -> Option<Vec<(PeerId, bool)>> {
        let now = self.now();
        let (mut lost, mut given_up) = (Vec::new(), Vec::new());
        let (mut changed, mut missed) = (Vec::new(), Vec::new());
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        let some = queues.in_places(places)?;
        for (peer, queue) in some {
            // Whoever may come back with another connection has none now.
            if router.is_away(peer) && !queue.link.waits() {
                continue;
            }
            if let Some(kept) = queue.kept.as_mut().filter(|kept| !kept.is_given_up)
                && queue.outbox.has_given_up()
            {
                kept.is_given_up = true;
                given_up.push(router.process_name(peer).unwrap_or_default().to_owned());
            }
            let traffic = queue.traffic();
            match queue.link.tick(now, traffic) {
                Tick::Idle => {}
                Tick::Heartbeat { .. } => {
                    let received = queue.tell();
                    let _ = queue.outbox.send(&Header::Heartbeat { received }, &Bytes::new());
                    outboxes.push(Arc::clone(&queue.outbox));
                }
                Tick::Missed { silence } if router.may_be_away(peer) => {
                    changed.push((peer, true));
                    missed.push((router.process_name(peer).unwrap_or_default().to_owned(), silence));
                }
                Tick::Back => changed.push((peer, false)),
                Tick::Missed { silence } | Tick::Lost { silence } => {
                    let process_name = router.process_name(peer).unwrap_or_default().to_owned();
                    let connection = queue.outbox.connection();
                    lost.push((process_name, silence, Arc::clone(&queue.outbox), connection));
                }
            }
        }
        drop(state);
        // To write to a log and to give back what was queued may take long.
        for process_name in given_up {
            warn!(
                process_name,
                "a process acknowledges too little of what it is sent; if its connection is lost, it cannot go on"
            );
        }
        for (process_name, silence) in missed {
            let grace = self.resume_grace;
            warn!(
                process_name,
                ?silence,
                ?grace,
                "nothing is heard of a process; it is waited for"
            );
        }
        for (process_name, silence, outbox, connection) in lost {
            warn!(
                process_name,
                ?silence,
                "nothing is heard of a process; its connection is given up"
            );
            // It may have gone on with another one meanwhile.
            outbox.sever_this(connection);
        }
        Some(changed)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
