//! Callers inside of the controller, as the router's outlet sees them: what they are told is kept until it is looked at.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{CallId, Described, Failed, Failure, Header, Large, Status, TickError};
use tokio::sync::Notify;

use super::super::standing::Standing;
use crate::router::PeerId;
use crate::schedule::shorten;

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
    Ended(Option<TickError>),
    /// It was not called: who offers the callback has this signature.
    Mismatched(Box<Described>),
    /// The processes that a broadcast asks, encoded.
    Roster(Bytes),
    /// A broadcast has ended at one of them; with this error, if there is one.
    Part(u32, Option<TickError>),
    /// The callback has returned a stream, which nobody reads.
    Opened,
}

/// All callers inside of the controller.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Whose rights they have.
    standings: HashMap<PeerId, Standing>,
    told: VecDeque<Told>,
    wake: Arc<Notify>,
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
        self.standings.insert(peer, standing);
    }

    /// Whether it was one.
    pub(crate) fn remove(&mut self, peer: PeerId) -> bool {
        self.standings.remove(&peer).is_some()
    }

    fn has(&self, peer: PeerId) -> bool {
        self.standings.contains_key(&peer)
    }

    pub(crate) fn standings(&self) -> impl Iterator<Item = (PeerId, Standing)> {
        self.standings
            .iter()
            .map(|(peer, standing)| (*peer, standing.clone()))
    }

    /// So much of what they were told, at most, and whether there is more.
    pub(super) fn take(&mut self, most: usize) -> (Vec<Told>, bool) {
        let some = self.told.drain(..most.min(self.told.len())).collect();
        (some, !self.told.is_empty())
    }

    /// A frame for one of them.
    pub(crate) fn tell(&mut self, to: PeerId, header: &Header<'_>, payload: &Bytes) {
        if !self.has(to) {
            return;
        }
        let (call, what) = match header {
            Header::Reply { call, status }
            | Header::Large {
                frame: Large::Reply { call, status },
                ..
            } => (
                *call,
                match status {
                    Status::Failed(Failed::SignatureMismatch { offered }) => {
                        What::Mismatched(offered.clone())
                    }
                    _ => What::Ended(ended(status)),
                },
            ),
            Header::Part { call, index, status }
            | Header::Large {
                frame: Large::Part { call, index, status },
                ..
            } => (*call, What::Part(*index, ended(status))),
            Header::Roster { call } => (*call, What::Roster(payload.clone())),
            Header::Opened { call, .. } => (*call, What::Opened),
            // What a callback gives is of no interest.
            _ => return,
        };
        self.told.push_back(Told { peer: to, call, what });
        self.wake.notify_one();
    }
}

/// The error that a status says, if it says one. Whoever keeps it keeps no more words of it than are remembered.
fn ended(status: &Status<'_>) -> Option<TickError> {
    let failure = Failure::from_status(status.clone(), Bytes::new())?;
    let mut error = TickError::of(failure);
    error.words_mut().into_iter().for_each(shorten);
    Some(error)
}
