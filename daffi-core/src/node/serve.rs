//! Serving one connection: its reader, its writer, its heartbeats.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use tracing::{debug, warn};

use super::Node;
use super::doings::Doings;
use super::door::Write;
use super::wakers;
use crate::link::{Link, Tick, Traffic};
use crate::proto::{Frame, Header};
use crate::transport::{Arrived, Connection, Inlet, Outbox};

/// How long what is left may take to be written after the reader has seen the end.
const CLOSING: Duration = Duration::from_secs(1);

/// What the reader of a connection counts.
#[derive(Debug, Default)]
struct Heard {
    numbered: AtomicU64,
    arrived: Arrived,
    /// The largest count that the peer acknowledged.
    acknowledged: AtomicU64,
    /// The reader is at work: what has come since is unread, which is not silence.
    busy: AtomicBool,
    /// The controller has said why it ends the connection.
    refused: AtomicBool,
}

impl Node {
    /// Reads and writes until the connection ends; `true` if the controller has said why it ends it.
    pub(super) async fn serve(self: &Arc<Self>, connection: Connection, heartbeat: Duration) -> bool {
        let Connection {
            outbox, inlet, peer, ..
        } = connection;
        let heard = Arc::new(Heard {
            arrived: inlet.arrived(),
            ..Heard::default()
        });
        let writer = {
            let outbox = Arc::clone(&outbox);
            self.tasks
                .spawn_on(async move { outbox.run().await }, &self.runtime)
        };
        let heart = {
            let beat = beat(
                Arc::clone(self),
                Arc::clone(&outbox),
                Arc::clone(&heard),
                heartbeat,
            );
            self.tasks.spawn_on(beat, &self.runtime)
        };
        let waiting = {
            let send = send_waiting(Arc::clone(self), Arc::clone(&outbox));
            self.tasks.spawn_on(send, &self.runtime)
        };
        if let Err(reason) = self.read(inlet, &outbox, &heard).await {
            warn!(controller = %peer, reason, "the connection is of no use any more");
            outbox.abort();
        } else {
            debug!(controller = %peer, "the connection ended");
        }
        heart.abort();
        waiting.abort();
        // Writes what is left, unless the connection is gone.
        outbox.close();
        if tokio::time::timeout(CLOSING, writer).await.is_err() {
            outbox.abort();
        }
        heard.refused.load(Ordering::Relaxed)
    }

    async fn read(self: &Arc<Self>, mut inlet: Inlet, outbox: &Outbox, heard: &Heard) -> Result<(), String> {
        let mut frames = Vec::new();
        let mut doings = Doings::default();
        poll_fn(|cx| {
            wakers::learn(cx);
            Poll::Ready(())
        })
        .await;
        loop {
            frames.clear();
            match inlet.read(&mut frames).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(error.to_string()),
            }
            heard.busy.store(true, Ordering::Relaxed);
            // What came before a fault counts.
            self.take(&frames, heard, &mut doings)?;
            if frames.len() > 1 {
                // Those that were woken add what they have, and all is written at once.
                tokio::task::yield_now().await;
            }
            outbox.flush();
            heard.busy.store(false, Ordering::Relaxed);
        }
    }

    /// Lets the session have a batch of frames, under one lock.
    fn take(&self, frames: &[Frame], heard: &Heard, doings: &mut Doings) -> Result<(), String> {
        let now = self.now();
        self.visit(doings, |visit| {
            // The reader does that itself, after the batch.
            visit.write = Write::Later;
            let (session, mut out, events) = visit.parts();
            frames.iter().try_for_each(|frame| {
                let (header, payload) = frame.decode().map_err(|error| error.to_string())?;
                if header.is_numbered() {
                    heard.numbered.fetch_add(1, Ordering::Relaxed);
                } else if let Header::Heartbeat {
                    received: acknowledged,
                } = header
                {
                    heard.acknowledged.fetch_max(acknowledged, Ordering::Release);
                } else if let Header::Refused(refusal) = &header {
                    heard.refused.store(true, Ordering::Relaxed);
                    self.connection_ended(Some(refusal.clone()));
                }
                session
                    .receive(now, header, payload, &mut out, events)
                    .map_err(|fault| fault.to_string())
            })
        })
    }

    /// The timer task: ends what is due.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            #[allow(
                clippy::redundant_closure_for_method_calls,
                reason = "the method is not general enough"
            )]
            let next = self.visit(&mut Doings::default(), |visit| visit.arm());
            match next {
                None => self.timer.notified().await,
                Some(at) => {
                    let at = self.instant(at);
                    tokio::select! {
                        () = tokio::time::sleep_until(at) => {}
                        () = self.timer.notified() => continue,
                    }
                }
            }
            let now = self.now();
            self.drive(|session, out, events| session.on_timeout(now, out, events));
        }
    }
}

/// Sends what waits for room, in its order, as soon as there is some.
async fn send_waiting(node: Arc<Node>, outbox: Arc<Outbox>) {
    loop {
        node.room.notified().await;
        poll_fn(|cx| outbox.poll_room(cx)).await;
        if outbox.is_closed() {
            return;
        }
        let now = node.now();
        node.drive(|session, out, events| session.send_parked(now, out, events));
    }
}

/// Says something at every interval, and notices when nothing is heard.
async fn beat(node: Arc<Node>, outbox: Arc<Outbox>, heard: Arc<Heard>, interval: Duration) {
    let mut link = Link::new(node.now(), interval);
    let mut busy = 0;
    loop {
        tokio::time::sleep_until(node.instant(link.next_tick())).await;
        // In this order: what is sent between the two may be acknowledged already.
        let acknowledged = heard.acknowledged.load(Ordering::Acquire);
        let sent = outbox.sent();
        if let Err(error) = link.on_heartbeat(acknowledged, sent) {
            warn!(%error, "the connection is of no use any more");
            return outbox.abort();
        }
        if heard.busy.load(Ordering::Relaxed) {
            busy += 1;
        }
        let traffic = Traffic {
            sent,
            received: heard.numbered.load(Ordering::Relaxed),
            signs: heard.arrived.bytes() + busy,
        };
        match link.tick(node.now(), traffic) {
            Tick::Idle => {}
            Tick::Heartbeat { received } => {
                if outbox
                    .send(&Header::Heartbeat { received }, &bytes::Bytes::new())
                    .is_err()
                {
                    return;
                }
                outbox.kick();
            }
            Tick::Lost { silence } => {
                warn!(
                    ?silence,
                    "nothing is heard of the controller; the connection is given up"
                );
                return outbox.abort();
            }
        }
    }
}
