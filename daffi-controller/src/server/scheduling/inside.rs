//! Callers inside of the controller, as the router's outlet sees them: what they are told is kept until it is looked at.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, Described, Failed, Failure, Header, Large, Limits, Status, TickError};
use tokio::sync::Notify;

use super::super::standing::Standing;
use crate::router::PeerId;
use crate::schedule::shorten;

/// So many bytes are kept of what they were told and nobody has looked at, and of who is asked by their broadcasts.
const BYTES: usize = 64 * 1024 * 1024;

/// Something that a caller inside of the controller is told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(super) peer: PeerId,
    pub(super) call: CallId,
    pub(super) what: What,
}

/// What it is told.
#[derive(Debug)]
pub(super) enum What {
    /// What it asked for has ended; with this error, if there is one.
    Ended {
        error: Option<TickError>,
        /// At so many of the processes that a broadcast asked it failed as well, which was not told.
        also_failed: u32,
        /// How many bytes the names of these have.
        names: usize,
    },
    /// It was not called: those who offer the callback have these signatures.
    Mismatched(Vec<Described>),
    /// The processes that a broadcast asks, encoded.
    Roster(Bytes),
    /// A broadcast has ended at one of them, with this error, as the first of those at which it failed.
    Failed(u32, TickError),
    /// One of them was not called, as what it offers has this signature.
    MismatchedAt(u32, Box<Described>),
    /// The callback has returned a stream, which nobody reads.
    Opened,
}

impl What {
    /// How many bytes are kept until it is looked at.
    fn bytes(&self) -> usize {
        let words = |error: &TickError| error.words_bytes();
        let holds = match self {
            Self::Ended { error, names, .. } => names + error.as_ref().map_or(0, words),
            Self::Mismatched(offered) => offered.iter().map(Described::size).sum(),
            Self::MismatchedAt(_, offered) => offered.size(),
            Self::Failed(_, error) => words(error),
            // The names are kept for as long as the broadcast goes on.
            Self::Roster(_) | Self::Opened => 0,
        };
        size_of::<Told>() + holds
    }
}

/// All callers inside of the controller.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    callers: HashMap<PeerId, Caller>,
    /// What those of each identity were told.
    told: HashMap<Arc<str>, Kept>,
    /// Identities of which something is to be looked at: one thing of each after the other (P7).
    turns: VecDeque<Arc<str>>,
    /// How many bytes are kept in all.
    bytes: usize,
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct Caller {
    /// Whose rights it has.
    standing: Standing,
    identity: Arc<str>,
    broadcasts: HashMap<CallId, Broadcast>,
}

/// A broadcast that has not ended.
#[derive(Debug, Default)]
struct Broadcast {
    /// How many bytes the names have of those who are asked.
    names: usize,
    /// At how many it failed.
    failed: u32,
}

/// What is kept for an identity.
#[derive(Debug, Default)]
struct Kept {
    told: VecDeque<Told>,
    bytes: usize,
}

impl Inside {
    /// Whoever is to look at what they are told is woken by this.
    pub(crate) fn waking(wake: Arc<Notify>) -> Self {
        Self {
            wake,
            ..Self::default()
        }
    }

    pub(super) fn insert(&mut self, peer: PeerId, standing: Standing) {
        let caller = Caller {
            identity: standing.identity().into(),
            standing,
            broadcasts: HashMap::new(),
        };
        self.callers.insert(peer, caller);
    }

    /// Whether it was one.
    pub(crate) fn remove(&mut self, peer: PeerId) -> bool {
        let Some(caller) = self.callers.remove(&peer) else {
            return false;
        };
        let names = caller.broadcasts.values().map(|broadcast| broadcast.names);
        self.release(&caller.identity, names.sum());
        true
    }

    pub(crate) fn standings(&self) -> impl Iterator<Item = (PeerId, Standing)> {
        let callers = self.callers.iter();
        callers.map(|(peer, caller)| (*peer, caller.standing.clone()))
    }

    /// How many more bytes one of them may be told: one identity leaves something for others (P6, P7). None if it is none of them.
    pub(crate) fn room(&self, peer: PeerId) -> Option<usize> {
        let caller = self.callers.get(&peer)?;
        let own = self.told.get(&caller.identity).map_or(0, |kept| kept.bytes);
        let may_have = Limits::share(self.bytes as u64, BYTES as u64);
        Some(
            usize::try_from(may_have)
                .unwrap_or(usize::MAX)
                .saturating_sub(own),
        )
    }

    /// Whether there is nothing that was told and not looked at.
    pub(super) fn is_heard(&self) -> bool {
        self.turns.is_empty()
    }

    /// So much of what they were told, at most, and whether there is more.
    pub(super) fn take(&mut self, most: usize) -> (Vec<Told>, bool) {
        let mut some = Vec::new();
        while some.len() < most
            && let Some(identity) = self.turns.pop_front()
        {
            let Some(kept) = self.told.get_mut(&identity) else {
                continue;
            };
            let told = kept.told.pop_front();
            if !kept.told.is_empty() {
                self.turns.push_back(Arc::clone(&identity));
            }
            if let Some(told) = told {
                self.release(&identity, told.what.bytes());
                some.push(told);
            }
        }
        (some, !self.turns.is_empty())
    }

    fn release(&mut self, identity: &Arc<str>, bytes: usize) {
        self.bytes -= bytes;
        if let Some(kept) = self.told.get_mut(identity) {
            kept.bytes -= bytes;
            if kept.bytes == 0 && kept.told.is_empty() {
                self.told.remove(identity);
            }
        }
    }

    /// A frame for one of them.
    pub(crate) fn tell(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) {
        let Some(caller) = self.callers.get_mut(&to) else {
            return;
        };
        let (call, what) = match header {
            Header::Reply { call, status }
            | Header::Large {
                frame: Large::Reply { call, status },
                ..
            } => (*call, caller.hear(*call, status)),
            Header::Part { call, index, status }
            | Header::Large {
                frame: Large::Part { call, index, status },
                ..
            } => match caller.hear_part(*call, *index, status) {
                Some(what) => (*call, what),
                None => return,
            },
            Header::Roster { call } => {
                let names = payload.len();
                caller.broadcasts.insert(*call, Broadcast { names, failed: 0 });
                self.hold(to, names);
                (*call, What::Roster(payload.clone()))
            }
            Header::Opened { call, .. } => (*call, What::Opened),
            // What a callback gives is of no interest.
            _ => return,
        };
        let moved = match &what {
            What::Ended { names, .. } => *names,
            _ => 0,
        };
        if let Some(kept) = self.hold(to, what.bytes() - moved) {
            kept.told.push_back(Told { peer: to, call, what });
            if kept.told.len() == 1 {
                let identity = self.callers.get(&to).map(|caller| Arc::clone(&caller.identity));
                self.turns.extend(identity);
            }
        }
        self.wake.notify_one();
    }

    /// So many bytes more are kept for a caller, at that of its identity.
    fn hold(&mut self, peer: PeerId, bytes: usize) -> Option<&mut Kept> {
        let caller = self.callers.get(&peer)?;
        self.bytes += bytes;
        let kept = self.told.entry(Arc::clone(&caller.identity)).or_default();
        kept.bytes += bytes;
        Some(kept)
    }
}

impl Caller {
    /// What it asked for has ended.
    fn hear(&mut self, call: CallId, status: &Status<'_>) -> What {
        match (status, self.broadcasts.remove(&call)) {
            (Status::Failed(Failed::SignatureMismatch { offered, others }), None) => {
                What::Mismatched([&**offered].into_iter().chain(others).cloned().collect())
            }
            (_, broadcast) => {
                let Broadcast { names, failed } = broadcast.unwrap_or_default();
                What::Ended {
                    error: ended(status),
                    also_failed: failed.saturating_sub(1),
                    names,
                }
            }
        }
    }

    /// A broadcast has ended at one of those that it asks: what is told of it at once. Of errors one is remembered, and the others are counted, so that however many
    /// are asked, few things are told.
    fn hear_part(&mut self, call: CallId, index: u32, status: &Status<'_>) -> Option<What> {
        let broadcast = self.broadcasts.get_mut(&call)?;
        if let Status::Failed(Failed::SignatureMismatch { offered, .. }) = status {
            return Some(What::MismatchedAt(index, offered.clone()));
        }
        if matches!(status, Status::Value | Status::Explained) {
            return None;
        }
        broadcast.failed += 1;
        let error = (broadcast.failed == 1).then(|| ended(status)).flatten();
        error.map(|error| What::Failed(index, error))
    }
}

/// The error that a status says, if it says one. Whoever keeps it keeps no more words of it than are remembered.
fn ended(status: &Status<'_>) -> Option<TickError> {
    if *status == Status::Explained {
        return None;
    }
    let failure = Failure::from_status(status.clone(), Bytes::new())?;
    let mut error = TickError::of(failure);
    error.words_mut().into_iter().for_each(shorten);
    Some(error)
}

#[cfg(test)]
mod tests;
