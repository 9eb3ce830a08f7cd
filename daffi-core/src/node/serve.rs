//! Serving one connection: its reader, its writer, its heartbeats.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use tracing::{info, warn};

use super::doings::Doings;
use super::door::Write;
use super::heard::Heard;
use super::join::{Joined, Route};
use super::resume::{GoesOn, GoingOn, Resumed};
use super::wakers;
use super::{Node, Phase};
use crate::link::{Link, Pace, Tick, Traffic};
use crate::proto::{Frame, Header, Refusal};
use crate::seldom::Unsaid;
use crate::transport::{Arrived, Connection, Inlet, Outbox, Peer, ReadError};

/// How long what is left may take to be written after the reader has seen the end.
const CLOSING: Duration = Duration::from_secs(1);

/// How a session has ended.
#[derive(Default)]
pub(super) struct Ended {
    /// Why the controller ends it, if it has said so.
    pub(super) refused: Option<Refusal>,
    /// Another controller has let the node in instead.
    pub(super) elsewhere: Option<Joined>,
}

impl Node {
    /// Reads and writes until the session ends, over one connection after the other where it can go on.
    pub(super) async fn serve(self: &Arc<Self>, joined: Joined, route: &Route) -> Ended {
        let Joined {
            connection,
            welcome,
            session,
            waits,
            place,
        } = joined;
        let grace = session.as_ref().map(|session| session.grace);
        let mut pace = Pace::new(welcome.heartbeat, grace);
        let mut going_on = session.map(|session| GoingOn::new(session, place, pace));
        let mut elsewhere = None;
        let Connection {
            outbox,
            mut inlet,
            peer,
            ..
        } = connection;
        let heard = Arc::new(Heard::default());
        let writer = {
            let outbox = Arc::clone(&outbox);
            self.tasks
                .spawn_on(async move { outbox.run().await }, &self.runtime)
        };
        let waiting = {
            let send = send_waiting(Arc::clone(self), Arc::clone(&outbox));
            self.tasks.spawn_on(send, &self.runtime)
        };
        loop {
            let heart = {
                let beat = beat(
                    Arc::clone(self),
                    Arc::clone(&outbox),
                    Arc::clone(&heard),
                    inlet.arrived(),
                    (pace, waits),
                );
                self.tasks.spawn_on(beat, &self.runtime)
            };
            let most = going_on.as_ref().map_or(u64::MAX, GoingOn::told_after);
            let read = self.read(&mut inlet, &outbox, &heard, most).await;
            heart.abort();
            // Going on may be tried for long.
            let since = Instant::now();
            let lost = match read {
                Ok(lost) => lost,
                Err(reason) => {
                    warn!(controller = %peer, reason, "the controller has sent what cannot be, so this connection ends, and another one is made");
                    self.is_lost(&reason, since);
                    outbox.abort();
                    break;
                }
            };
            let stops = heard.stops.load(Ordering::Relaxed);
            let Some(going_on) = going_on.as_mut().filter(|_| outbox.keeps() && !stops) else {
                self.log_end(&peer, &lost, stops);
                let reason = if stops {
                    "the controller has said goodbye"
                } else {
                    &*lost
                };
                self.is_lost(reason, since);
                break;
            };
            outbox.sever();
            // Nothing of what is lost is kept until then.
            drop(inlet);
            match self.resume(route, going_on, &lost, &heard, &outbox).await {
                GoesOn::Here(resumed) => Resumed { inlet, pace } = *resumed,
                over => {
                    if let GoesOn::Elsewhere(joined) = over {
                        elsewhere = Some(*joined);
                    }
                    self.is_lost(&lost, since);
                    outbox.abort();
                    break;
                }
            }
            let received = heard.tell(heard.received());
            let _ = outbox.send(&Header::Heartbeat { received }, &Bytes::new());
            outbox.kick();
        }
        waiting.abort();
        // Writes what is left, unless the connection is gone.
        outbox.close();
        if tokio::time::timeout(CLOSING, writer).await.is_err() {
            outbox.abort();
        }
        Ended {
            refused: heard.refused.get().cloned(),
            elsewhere,
        }
    }

    /// A connection has ended, and the session with it.
    fn log_end(&self, controller: &Peer, lost: &str, stops: bool) {
        let process_name = &**self.process_name();
        if stops {
            info!(process_name, %controller, "the controller has said goodbye");
        } else if self.phase() == Phase::Running
            && let Some(Unsaid(unsaid)) = self.flapping.may_say()
        {
            warn!(process_name, %controller, lost, unsaid, "the connection to the controller is lost; it is looked for");
        }
    }

    /// Reads until the connection ends, and says how it did. What is received is acknowledged after `most` bytes.
    ///
    /// # Errors
    ///
    /// Why nothing can be believed that the controller says.
    async fn read(
        self: &Arc<Self>,
        inlet: &mut Inlet,
        outbox: &Outbox,
        heard: &Heard,
        most: u64,
    ) -> Result<String, String> {
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
                Ok(false) => return Ok("it was closed".to_owned()),
                Err(ReadError::Io(error)) => return Ok(error.to_string()),
                Err(error) => return Err(error.to_string()),
            }
            heard.busy.store(true, Ordering::Relaxed);
            // What came before a fault counts.
            self.take(&frames, outbox, heard, &mut doings)?;
            if let Some(received) = heard.untold(most) {
                let _ = outbox.send(&Header::Heartbeat { received }, &Bytes::new());
            }
            if frames.len() > 1 {
                // Those that were woken add what they have, and all is written at once.
                tokio::task::yield_now().await;
            }
            outbox.flush();
            heard.busy.store(false, Ordering::Relaxed);
        }
    }

    /// Lets the session have a batch of frames, under one lock.
    fn take(
        &self,
        frames: &[Frame],
        outbox: &Outbox,
        heard: &Heard,
        doings: &mut Doings,
    ) -> Result<(), String> {
        let now = self.now();
        self.visit(doings, |visit| {
            // The reader does that itself, after the batch.
            visit.write = Write::Later;
            let (session, mut out, events) = visit.parts();
            frames.iter().try_for_each(|frame| {
                let (header, payload) = frame.decode().map_err(|error| error.to_string())?;
                if header.is_numbered() {
                    if let Header::Goodbye = header {
                        heard.stops.store(true, Ordering::Relaxed);
                    }
                    heard.received.fetch_add(frame.counts(&header), Ordering::Relaxed);
                } else if let Header::Heartbeat { received } = header {
                    outbox.acknowledged(received).map_err(|error| error.to_string())?;
                } else if let Header::Refused(refusal) = &header {
                    let _ = heard.refused.set(refusal.clone());
                    self.connection_ended(Some(refusal.clone().into()));
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
                        biased;
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
async fn beat(
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    heard: Arc<Heard>,
    arrived: Arrived,
    (pace, waits): (Pace, Duration),
) {
    let connection = outbox.connection();
    let mut link = Link::new(node.now(), pace.node, pace.controller).waiting(waits);
    let mut busy = 0;
    let mut is_given_up = outbox.has_given_up();
    loop {
        tokio::time::sleep_until(node.instant(link.next_tick())).await;
        if !is_given_up && outbox.has_given_up() {
            is_given_up = true;
            let process_name = &**node.process_name();
            warn!(
                process_name,
                "the controller acknowledges too little of what it is sent; if the connection is lost, what is under way is, too"
            );
        }
        if heard.busy.load(Ordering::Relaxed) {
            busy += 1;
        }
        let traffic = Traffic {
            sent: outbox.sent(),
            received: heard.received(),
            signs: arrived.bytes() + busy,
        };
        match link.tick(node.now(), traffic) {
            Tick::Idle => {}
            Tick::Heartbeat { received } => {
                let received = heard.tell(received);
                if outbox
                    .send(&Header::Heartbeat { received }, &Bytes::new())
                    .is_err()
                {
                    return;
                }
                outbox.kick();
            }
            Tick::Missed { silence } => {
                let process_name = &**node.process_name();
                warn!(process_name, ?silence, grace = ?waits, "nothing is heard of the controller; it is waited for");
            }
            Tick::Back => {
                let process_name = &**node.process_name();
                info!(
                    process_name,
                    "the controller is heard again, and nothing was lost"
                );
            }
            Tick::Lost { silence } => {
                warn!(
                    ?silence,
                    "nothing is heard of the controller; the connection is given up"
                );
                heard.missed.store(true, Ordering::Relaxed);
                // The session may have gone on with another one meanwhile.
                return outbox.sever_this(connection);
            }
        }
    }
}
