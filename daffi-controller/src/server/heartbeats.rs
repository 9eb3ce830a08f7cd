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
            while self.look_after(place..place + LOOKED_AFTER, &mut outboxes) {
                place += LOOKED_AFTER;
                give_way(&mut outboxes).await;
            }
        }
    }

    /// Looks after the connections in some places; `false` if there are none any more.
    fn look_after(&self, places: std::ops::Range<usize>, outboxes: &mut Vec<Arc<Outbox>>) -> bool {
        let now = self.now();
        let (mut lost, mut given_up) = (Vec::new(), Vec::new());
        let mut state = self.state();
        let State { router, queues, .. } = &mut *state;
        let Some(some) = queues.in_places(places) else {
            return false;
        };
        for (peer, queue) in some {
            if router.is_away(peer) {
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
                Tick::Lost { silence } => {
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
        for (process_name, silence, outbox, connection) in lost {
            warn!(
                process_name,
                ?silence,
                "nothing is heard of a process; its connection is given up"
            );
            // It may have gone on with another one meanwhile.
            outbox.sever_this(connection);
        }
        true
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
