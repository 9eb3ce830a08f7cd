//! The state of all routing: six parts, each of which owns its fields, and what is needed to pick.

use std::sync::Arc;

use daffi_core::proto::{Limits, Moment, Who};

use super::broadcasts::Broadcasts;
use super::calls::Calls;
use super::directory::Directory;
use super::errand::Errand;
use super::ids::PeerId;
use super::lines::Lines;
use super::peers::Peers;
use super::permission::Denial;
use super::pick::Picker;
use super::watchers::Watchers;
use daffi_core::mixing::Mixing;

/// The state of all routing.
#[derive(Debug)]
pub struct Router {
    pub(super) peers: Peers,
    pub(super) calls: Calls,
    pub(super) directory: Directory,
    pub(super) lines: Lines,
    pub(super) broadcasts: Broadcasts,
    pub(super) watchers: Watchers,
    pub(super) picker: Picker,
    pub(super) limits: Limits,
    /// When calls are looked at again that wait for something other than the end of another one.
    pub(super) look_again: Option<Moment>,
    /// What was denied, until that is taken.
    pub(super) denials: Vec<Denial>,
    /// What was asked that the router does not answer itself, until that is taken.
    pub(super) errands: Vec<Errand>,
}

impl Router {
    /// A router without processes. `calls` is how many calls of all processes together it routes at the same time, and
    /// `waiting_bytes` how much those may take that wait for a provider, and as much again the processes that are away. The lower
    /// half of `seed` decides its random choices, the upper one where its tables keep what: from choices, which anybody can
    /// see, nobody shall tell names that share a place.
    #[must_use]
    pub fn new(limits: Limits, calls: usize, waiting_bytes: usize, seed: u128) -> Self {
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
        let mixing = Mixing::new(half(seed >> 64));
        Self {
            peers: Peers::new(waiting_bytes, mixing),
            calls: Calls::new(calls),
            directory: Directory::new(mixing),
            lines: Lines::new(waiting_bytes, mixing),
            broadcasts: Broadcasts::default(),
            watchers: Watchers::default(),
            picker: Picker::new(half(seed)),
            limits,
            look_again: None,
            denials: Vec::new(),
            errands: Vec::new(),
        }
    }

    /// The name of a process.
    #[must_use]
    pub fn process_name(&self, peer: PeerId) -> Option<&str> {
        self.peers.get(peer).map(|peer| &*peer.name)
    }

    /// Who a process is.
    #[must_use]
    pub fn identity(&self, peer: PeerId) -> Option<&Who<Arc<str>>> {
        self.peers.get(peer).map(|peer| &peer.identity)
    }
}
