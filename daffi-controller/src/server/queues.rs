//! The ways out to all processes, and who is owed a write.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::link::{Link, Traffic};
use daffi_core::proto::{FrameError, Header, NotResumed, SessionId};
use daffi_core::transport::{Arrived, Outbox, SendError};

use super::scheduling::Inside;
use super::session::Kept;
use super::standing::Standing;
use crate::router::{Fault, Outlet, PeerId};

/// Of so many sessions it is known that nobody came back in time.
const MISSED: usize = 1024;

/// The way out of every process.
#[derive(Debug, Default)]
pub(super) struct Queues {
    /// By the place of the process.
    peers: Vec<Option<Queue>>,
    /// Processes to which something was sent since the last look.
    touched: Vec<PeerId>,
    sessions: HashMap<SessionId, PeerId>,
    /// The last of those that have ended as nobody came back in time.
    missed: VecDeque<SessionId>,
    /// Those that have no connection.
    pub(super) inside: Inside,
}

/// The connection of a process.
#[derive(Debug)]
pub(super) struct Queue {
    peer: PeerId,
    pub(super) standing: Standing,
    /// The largest frame in bytes that it may send.
    pub(super) frame_bytes: usize,
    pub(super) outbox: Arc<Outbox>,
    touched: bool,
    pub(super) link: Link,
    /// How many bytes of numbered frames have come in its session, and how many of them it was told last.
    pub(super) received: u64,
    told: u64,
    pub(super) arrived: Arrived,
    /// How often it was worked for without being read.
    pub(super) worked_for: u64,
    /// With what it can go on when its connection is lost.
    pub(super) kept: Option<Kept>,
}

impl Queue {
    pub(super) fn new(
        peer: PeerId,
        (standing, frame_bytes): (Standing, usize),
        outbox: Arc<Outbox>,
        arrived: Arrived,
        link: Link,
    ) -> Self {
        Self {
            peer,
            standing,
            frame_bytes,
            outbox,
            touched: false,
            link,
            received: 0,
            told: 0,
            arrived,
            worked_for: 0,
            kept: None,
        }
    }

    pub(super) const fn peer(&self) -> PeerId {
        self.peer
    }

    /// So many bytes of numbered frames have come. What the process is to be told of that now, if it is much.
    pub(super) fn receive(&mut self, bytes: u64) -> Option<u64> {
        self.received += bytes;
        let kept = self.kept.as_mut()?;
        if std::mem::take(&mut kept.confirms) {
            kept.secrets.confirm();
        }
        (self.received - self.told >= kept.told_after).then(|| self.tell())
    }

    /// How many bytes have come, which the process is told.
    pub(super) const fn tell(&mut self) -> u64 {
        self.told = self.received;
        self.received
    }

    /// What went each way.
    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            sent: self.outbox.sent(),
            received: self.received,
            signs: self.arrived.bytes() + self.worked_for,
        }
    }
}

impl Outlet for Queues {
    fn send(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) -> Result<(), FrameError> {
        let Some(queue) = self.get_mut(to) else {
            self.inside.tell(to, header, payload);
            return Ok(());
        };
        match queue.outbox.send(header, payload) {
            Ok(()) => {}
            // Its reader sees the end and takes it off the roster.
            Err(SendError::Closed) => return Ok(()),
            Err(SendError::Frame(error)) => return Err(error),
        }
        if !std::mem::replace(&mut queue.touched, true) {
            self.touched.push(to);
        }
        Ok(())
    }

    fn room(&self, to: PeerId) -> usize {
        match self.get(to) {
            Some(queue) => queue.outbox.room(),
            // What is for one that has gone ends as the router clears it away, and for that reason.
            None => self.inside.room(to).unwrap_or(usize::MAX),
        }
    }
}

impl Queues {
    pub(super) fn new(inside: Inside) -> Self {
        Self {
            inside,
            ..Self::default()
        }
    }

    /// All processes, and what decides what they may do.
    pub(super) fn standings(&self) -> Vec<(PeerId, Standing)> {
        let connected = self.all().map(|queue| (queue.peer, queue.standing.clone()));
        connected.chain(self.inside.standings()).collect()
    }

    pub(super) fn insert(&mut self, queue: Queue) {
        let place = queue.peer.index();
        if self.peers.len() <= place {
            self.peers.resize_with(place + 1, || None);
        }
        if let Some(kept) = &queue.kept {
            self.sessions.insert(kept.id, queue.peer);
        }
        self.peers[place] = Some(queue);
    }

    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Queue> {
        let removed = self
            .peers
            .get_mut(peer.index())?
            .take_if(|queue| queue.peer == peer)?;
        while let Some(None) = self.peers.last() {
            self.peers.pop();
        }
        if let Some(kept) = &removed.kept {
            self.sessions.remove(&kept.id);
            // Whoever waits for it waits no more.
            kept.seat.take();
        }
        Some(removed)
    }

    /// Whose a session is.
    ///
    /// # Errors
    ///
    /// When there is no such one.
    pub(super) fn session(&self, id: SessionId) -> Result<PeerId, NotResumed> {
        let found = self.sessions.get(&id).copied();
        found.ok_or_else(|| {
            if self.missed.contains(&id) {
                NotResumed::TooLate
            } else {
                NotResumed::Unknown
            }
        })
    }

    /// Nobody came back to a session in time.
    pub(super) fn missed(&mut self, id: SessionId) {
        self.sessions.remove(&id);
        if self.missed.len() == MISSED {
            self.missed.pop_front();
        }
        self.missed.push_back(id);
    }

    pub(super) fn get(&self, peer: PeerId) -> Option<&Queue> {
        self.peers
            .get(peer.index())?
            .as_ref()
            .filter(|queue| queue.peer == peer)
    }

    pub(super) fn get_mut(&mut self, peer: PeerId) -> Option<&mut Queue> {
        self.peers
            .get_mut(peer.index())?
            .as_mut()
            .filter(|queue| queue.peer == peer)
    }

    /// Those in some places; none beyond the last.
    pub(super) fn in_places(
        &mut self,
        places: std::ops::Range<usize>,
    ) -> Option<impl Iterator<Item = (PeerId, &mut Queue)>> {
        let end = places.end.min(self.peers.len());
        let some = self.peers.get_mut(places.start..end)?;
        let queues = some.iter_mut().flatten().map(|queue| (queue.peer, queue));
        (places.start < end).then_some(queues)
    }

    /// Whether nothing is kept of any process.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.peers.is_empty() && self.touched.is_empty() && self.sessions.is_empty()
    }

    /// How many processes there are, and were at the same time.
    pub(super) const fn places(&self) -> usize {
        self.peers.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Queue> {
        self.peers.iter().flatten()
    }

    /// The queues that were sent to.
    pub(super) fn take_touched(&mut self, outboxes: &mut Vec<Arc<Outbox>>) {
        for peer in std::mem::take(&mut self.touched) {
            if let Some(queue) = self.get_mut(peer) {
                queue.touched = false;
                outboxes.push(Arc::clone(&queue.outbox));
            }
        }
    }

    /// Nobody is owed a write any more: all are closed.
    pub(super) fn forget_touched(&mut self) {
        self.touched.clear();
    }

    pub(super) fn acknowledged(&mut self, from: PeerId, received: u64) -> Result<(), Fault> {
        let Some(queue) = self.get_mut(from) else {
            return Ok(());
        };
        queue
            .outbox
            .acknowledged(received)
            .map_err(|_| Fault::Unexpected("it acknowledges what was never sent"))
    }
}
