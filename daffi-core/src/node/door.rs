//! The lock around a session, and what is to be done when it is open again.
//!
//! **Invariant:** nothing of the program's runs while it is held: no callback, no hook, and no waker, of which cloning,
//! dropping and waking may do anything. Wakers come in cloned, and go out to be woken or dropped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use bytes::Bytes;

use super::task::Task;
use crate::panics::logged;
use crate::proto::{FrameError, Header, Moment, RunId};
use crate::registry::Callback;
use crate::session::{Event, Session, Transmit, Unsent};
use crate::transport::{Outbox, SendError};

pub(super) type NodeSession = Session<Waker, Arc<Callback>>;
pub(super) type NodeEvent = Event<Waker, Arc<Callback>>;

/// Where a node is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Has a connection, or looks for one.
    Running,
    /// Takes no more calls; finishes those that run.
    Stopping,
    Stopped,
}

/// How what was queued gets on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Write {
    /// With what others add.
    #[default]
    Kick,
    /// Now, for nobody adds anything.
    Flush,
    /// Whoever was inside sees to it.
    Later,
}

#[derive(Debug)]
pub(super) struct Door {
    inside: Mutex<Inside>,
    /// Changes inside, and is read from outside.
    phase: AtomicU8,
}

#[derive(Debug)]
struct Inside {
    session: NodeSession,
    outbox: Option<Arc<Outbox>>,
    /// Callbacks that did not end where they began.
    tasks: HashMap<RunId, Task>,
    /// When the timer task wakes up.
    armed: Option<Moment>,
}

/// What is to be done outside.
#[derive(Debug)]
pub(super) struct After {
    /// The earliest deadline has changed.
    pub(super) timer: bool,
    /// Something waits for room.
    pub(super) room: bool,
    pub(super) write: Write,
    /// What has something to be written.
    pub(super) queued: Option<Arc<Outbox>>,
}

impl Door {
    pub(super) fn new(session: NodeSession) -> Self {
        let inside = Inside {
            session,
            outbox: None,
            tasks: HashMap::new(),
            armed: None,
        };
        Self {
            inside: Mutex::new(inside),
            phase: AtomicU8::new(Phase::Running as u8),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Running,
            1 => Phase::Stopping,
            _ => Phase::Stopped,
        }
    }

    /// Looks inside, and changes nothing there.
    pub(super) fn look<T>(&self, at: impl FnOnce(&NodeSession) -> T) -> T {
        at(&self.inside.lock().unwrap_or_else(PoisonError::into_inner).session)
    }

    /// Goes inside. What is to be done outside is added to `events`, and said with what `work` gives.
    pub(super) fn visit<T>(
        &self,
        events: &mut Vec<NodeEvent>,
        work: impl FnOnce(&mut Visit<'_>) -> T,
    ) -> (T, After) {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let mut visit = Visit {
            inside: &mut inside,
            phase: &self.phase,
            events,
            queued: false,
            write: Write::default(),
        };
        let given = work(&mut visit);
        let Visit { queued, write, .. } = visit;
        let next = inside.session.next_timeout();
        let after = After {
            timer: next.is_some_and(|next| inside.armed.is_none_or(|armed| next < armed)),
            room: inside.session.waits_for_room(),
            write,
            queued: inside.outbox.as_ref().filter(|_| queued).map(Arc::clone),
        };
        (given, after)
    }
}

/// Somebody is inside.
pub(super) struct Visit<'a> {
    inside: &'a mut Inside,
    phase: &'a AtomicU8,
    events: &'a mut Vec<NodeEvent>,
    queued: bool,
    pub(super) write: Write,
}

impl Visit<'_> {
    pub(super) const fn session(&mut self) -> &mut NodeSession {
        &mut self.inside.session
    }

    /// The session, its way out, and where it says what is to be done.
    pub(super) fn parts(&mut self) -> (&mut NodeSession, Out<'_>, &mut Vec<NodeEvent>) {
        let Inside { session, outbox, .. } = &mut *self.inside;
        let out = Out {
            outbox: outbox.as_deref(),
            queued: &mut self.queued,
        };
        (session, out, self.events)
    }

    pub(super) const fn tasks(&mut self) -> &mut HashMap<RunId, Task> {
        &mut self.inside.tasks
    }

    pub(super) const fn outbox(&self) -> Option<&Arc<Outbox>> {
        self.inside.outbox.as_ref()
    }

    /// There is a connection; gives the one from before.
    pub(super) fn connect(&mut self, outbox: Arc<Outbox>, frame_bytes: usize) -> Option<Arc<Outbox>> {
        self.inside.session.connected(frame_bytes);
        self.inside.outbox.replace(outbox)
    }

    /// There is no connection any more; gives the one that was.
    pub(super) fn disconnect(&mut self) -> Option<Arc<Outbox>> {
        let outbox = self.inside.outbox.take();
        let unsent = outbox.as_ref().map(|outbox| outbox.take_unsent());
        self.inside
            .session
            .was_not_sent(&unsent.unwrap_or_default(), self.events);
        self.inside.session.disconnected(self.events);
        outbox
    }

    /// Begins a phase, unless a later one has begun; gives the one before.
    pub(super) fn enter(&mut self, phase: Phase) -> Phase {
        match self.phase.fetch_max(phase as u8, Ordering::AcqRel) {
            0 => Phase::Running,
            1 => Phase::Stopping,
            _ => Phase::Stopped,
        }
    }

    /// When the timer task is to wake up.
    pub(super) fn arm(&mut self) -> Option<Moment> {
        self.inside.armed = self.inside.session.next_timeout();
        self.inside.armed
    }
}

/// The way out of a session.
pub(super) struct Out<'a> {
    outbox: Option<&'a Outbox>,
    queued: &'a mut bool,
}

impl Transmit for Out<'_> {
    fn send(&mut self, header: &Header<'_>, payload: &Bytes) -> Result<(), Unsent> {
        match self.outbox.map(|outbox| outbox.send(header, payload)) {
            Some(Ok(())) => {
                *self.queued = true;
                Ok(())
            }
            Some(Err(SendError::Frame(FrameError::TooLarge { size, limit }))) => {
                Err(Unsent::TooLarge { size, limit })
            }
            Some(Err(SendError::Frame(FrameError::NotSpoken { version }))) => {
                Err(Unsent::NotSpoken { version })
            }
            Some(Err(SendError::Frame(FrameError::Encode(error)))) => {
                // Headers hold nothing whose encoding can fail.
                logged(
                    || tracing::error!(%error, "a header could not be encoded: this is a bug of daffi, please report it"),
                );
                Err(Unsent::Closed)
            }
            Some(Err(SendError::Closed)) | None => Err(Unsent::Closed),
        }
    }

    fn room(&self) -> usize {
        self.outbox.map_or(usize::MAX, Outbox::room)
    }

    fn is_connected(&self) -> bool {
        self.outbox.is_none_or(|outbox| !outbox.is_away())
    }

    fn frame_limit(&self) -> usize {
        self.outbox.map_or(usize::MAX, Outbox::frame_limit)
    }

    fn part_bytes(&self) -> usize {
        self.outbox.map_or(usize::MAX, Outbox::part_bytes)
    }
}
