//! Who is yet to hear that the controller is about to stop.

use std::collections::HashSet;

use crate::router::PeerId;

/// The controller is about to stop.
#[derive(Debug)]
pub(super) struct Stopping {
    /// Those that may still begin something: they have not said that they know.
    unheard: HashSet<PeerId>,
}

impl Stopping {
    /// These are told.
    pub(super) const fn new(unheard: HashSet<PeerId>) -> Self {
        Self { unheard }
    }

    /// A process begins nothing any more, or has gone.
    pub(super) fn heard(&mut self, peer: PeerId) {
        self.unheard.remove(&peer);
    }

    /// Whether nobody begins anything any more.
    pub(super) fn is_heard(&self) -> bool {
        self.unheard.is_empty()
    }
}
