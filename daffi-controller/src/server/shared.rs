//! The router behind its lock, beside the queues that it sends to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use daffi_core::link::{Link, Tick, Traffic};
use daffi_core::proto::{Extensions, Frame, FrameError, Header, Hello, Limits, Moment, Refusal, Welcome};
use daffi_core::transport::{Outbox, SendError};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::ControllerOptions;
use crate::router::{Fault, LinkId, Offers, Outlet, Router};

/// What all connections of a controller share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    process_name: Arc<str>,
    limits: Limits,
    heartbeat: Duration,
    origin: Instant,
    /// Nobody is let in any more.
    pub(super) closing: CancellationToken,
}

/// What the lock guards.
#[derive(Debug)]
struct State {
    router: Router,
    queues: Queues,
    closing: bool,
}

/// The way out of every link, and who is owed a write.
#[derive(Debug, Default)]
struct Queues {
    peers: HashMap<LinkId, Queue>,
    /// Links to which something was sent since the last look.
    touched: Vec<LinkId>,
}

#[derive(Debug)]
struct Queue {
    outbox: Arc<Outbox>,
    touched: bool,
    link: Link,
    received: u64,
    heartbeats: u64,
}

impl Outlet for Queues {
    fn send(&mut self, to: LinkId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError> {
        let Some(queue) = self.peers.get_mut(&to) else {
            return Ok(());
        };
        match queue.outbox.send(header, payload) {
            Ok(()) => {}
            // Its reader sees the end and takes it off the roster.
            Err(SendError::Closed) => return Ok(()),
            Err(SendError::Frame(error)) => return Err(error),
        }
        if !queue.touched {
            queue.touched = true;
            self.touched.push(to);
        }
        Ok(())
    }

    fn room(&self, to: LinkId) -> usize {
        self.peers.get(&to).map_or(0, |queue| queue.outbox.room())
    }
}

impl Queues {
    /// The queues that were sent to.
    fn take_touched(&mut self, outboxes: &mut Vec<Arc<Outbox>>) {
        for link in self.touched.drain(..) {
            if let Some(queue) = self.peers.get_mut(&link) {
                queue.touched = false;
                outboxes.push(Arc::clone(&queue.outbox));
            }
        }
    }
}

impl Shared {
    pub(super) fn new(options: &ControllerOptions, seed: u64) -> Self {
        let state = State {
            router: Router::new(options.limits, seed),
            queues: Queues::default(),
            closing: false,
        };
        Self {
            state: Mutex::new(state),
            process_name: Arc::clone(&options.process_name),
            limits: options.limits,
            heartbeat: options.heartbeat,
            origin: Instant::now(),
            closing: CancellationToken::new(),
        }
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment::new(self.origin.elapsed())
    }

    /// Lets a process in, or not; answers it either way.
    pub(super) fn admit(&self, hello: &Hello, outbox: &Arc<Outbox>) -> Result<LinkId, Refusal> {
        let mut outboxes = vec![Arc::clone(outbox)];
        let admitted = {
            let mut state = self.state();
            let admitted = self.enter(&mut state, hello, outbox);
            let header = match &admitted {
                Ok((_, version)) => Header::Welcome(Welcome {
                    version: *version,
                    controller: self.process_name.to_string(),
                    heartbeat: self.heartbeat,
                    frame_bytes: self.limits.frame_bytes as u64,
                    calls: self.limits.calls,
                    extensions: Extensions::default(),
                }),
                Err(refusal) => Header::Refused(refusal.clone()),
            };
            // Before anything else is sent there. A peer that is gone already needs no answer.
            let _ = outbox.send(&header, &Bytes::new());
            state.queues.take_touched(&mut outboxes);
            admitted
        };
        outboxes.iter().for_each(|outbox| outbox.flush());
        admitted.map(|(link, _)| link)
    }

    fn enter(
        &self,
        state: &mut State,
        hello: &Hello,
        outbox: &Arc<Outbox>,
    ) -> Result<(LinkId, u16), Refusal> {
        let State {
            router,
            queues,
            closing,
        } = state;
        let version = hello.negotiate()?;
        if *closing {
            return Err(Refusal::Stopping);
        }
        if let Some(predecessor) = router.predecessor(hello) {
            router.disconnect(predecessor, queues);
            if let Some(queue) = queues.peers.remove(&predecessor) {
                queue.outbox.abort();
            }
        }
        let link = router.connect(hello)?;
        let queue = Queue {
            outbox: Arc::clone(outbox),
            touched: false,
            link: Link::new(self.now(), self.heartbeat),
            received: 0,
            heartbeats: 0,
        };
        queues.peers.insert(link, queue);
        Ok((link, version))
    }

    /// Routes a batch of frames under one lock; adds the queues that something was sent to.
    pub(super) fn route(
        &self,
        from: LinkId,
        outbox: &Arc<Outbox>,
        frames: &[Frame],
        outboxes: &mut Vec<Arc<Outbox>>,
    ) -> Result<(), Fault> {
        let mut state = self.state();
        let mut routed = Ok(());
        let (mut numbered, mut heartbeats) = (0, 0);
        for frame in frames {
            // The number may belong to a successor by now.
            if !state.queues.is_of(from, outbox) {
                break;
            }
            routed = match frame.decode() {
                Err(error) => Err(error.into()),
                Ok((Header::Heartbeat { received }, _)) => {
                    heartbeats += 1;
                    state.queues.acknowledged(from, received)
                }
                Ok((Header::Offer { call, ready }, payload)) => {
                    numbered += 1;
                    // It may take long, and others are served meanwhile.
                    drop(state);
                    let offers = Offers::decode(&payload);
                    state = self.state();
                    let State { router, queues, .. } = &mut *state;
                    if queues.is_of(from, outbox) {
                        offers.and_then(|offers| router.offer(from, call, ready, offers, queues))
                    } else {
                        Ok(())
                    }
                }
                Ok((header, payload)) => {
                    numbered += 1;
                    let State { router, queues, .. } = &mut *state;
                    router.receive(from, header, &payload, queues)
                }
            };
            if routed.is_err() {
                break;
            }
        }
        if let Some(queue) = state.queues.peers.get_mut(&from) {
            queue.received += numbered;
            queue.heartbeats += heartbeats;
        }
        state.queues.take_touched(outboxes);
        routed
    }

    /// A connection has ended.
    pub(super) fn leave(&self, link: LinkId, outbox: &Arc<Outbox>) {
        let mut outboxes = Vec::new();
        {
            let mut state = self.state();
            let State { router, queues, .. } = &mut *state;
            // The number may belong to a successor by now.
            if queues.is_of(link, outbox) {
                queues.peers.remove(&link);
                router.disconnect(link, queues);
            }
            queues.take_touched(&mut outboxes);
        }
        outboxes.iter().for_each(|outbox| outbox.flush());
    }

    /// Sends heartbeats, and cuts off peers of which nothing is heard, until all connections are gone.
    pub(super) async fn keep_alive(self: Arc<Self>) {
        // Half an interval, so that a link is never late by more than that.
        let pause = self.heartbeat / 2;
        loop {
            tokio::select! {
                () = sleep(pause) => {}
                () = self.closing.cancelled() => return,
            }
            let mut outboxes = Vec::new();
            {
                let now = self.now();
                let mut state = self.state();
                let State { router, queues, .. } = &mut *state;
                for (id, queue) in &mut queues.peers {
                    let traffic = Traffic {
                        sent: queue.outbox.sent(),
                        received: queue.received,
                        heartbeats: queue.heartbeats,
                    };
                    match queue.link.tick(now, traffic) {
                        Tick::Idle => {}
                        Tick::Heartbeat { received } => {
                            let _ = queue.outbox.send(&Header::Heartbeat { received }, &Bytes::new());
                            outboxes.push(Arc::clone(&queue.outbox));
                        }
                        Tick::Lost { silence } => {
                            let process_name = router.process_name(*id).unwrap_or_default();
                            warn!(
                                process_name,
                                ?silence,
                                "nothing is heard of a process; it is cut off"
                            );
                            queue.outbox.abort();
                        }
                    }
                }
            }
            outboxes.iter().for_each(|outbox| outbox.flush());
        }
    }

    /// Tells every node that the controller stops, and closes each connection once that is written.
    pub(super) fn say_goodbye(&self) {
        let mut state = self.state();
        let State {
            router,
            queues,
            closing,
        } = &mut *state;
        *closing = true;
        router.stop(queues);
        queues.touched.clear();
        queues.peers.values().for_each(|queue| queue.outbox.close());
    }

    /// Lets nobody in any more and ends every connection now.
    pub(super) fn cut_off(&self) {
        let mut state = self.state();
        state.closing = true;
        state.queues.peers.values().for_each(|queue| queue.outbox.abort());
    }

    /// The name of the process at a link.
    pub(super) fn process_name(&self, link: LinkId) -> String {
        self.state()
            .router
            .process_name(link)
            .unwrap_or_default()
            .to_owned()
    }
}

impl Queues {
    /// Whether a link is still that of the connection with this way out.
    fn is_of(&self, link: LinkId, outbox: &Arc<Outbox>) -> bool {
        let queue = self.peers.get(&link);
        queue.is_some_and(|queue| Arc::ptr_eq(&queue.outbox, outbox))
    }

    fn acknowledged(&mut self, from: LinkId, received: u64) -> Result<(), Fault> {
        let Some(queue) = self.peers.get_mut(&from) else {
            return Ok(());
        };
        let sent = queue.outbox.sent();
        queue
            .link
            .on_heartbeat(received, sent)
            .map_err(|_| Fault::Unexpected("it acknowledges what was never sent"))
    }
}
