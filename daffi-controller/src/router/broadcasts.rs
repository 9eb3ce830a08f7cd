//! The calls that go to many.

use daffi_core::proto::CallId;
use slab::Slab;

use super::ids::{BroadcastId, Part, PeerId, Routed};

/// A call that goes to many.
#[derive(Debug)]
pub(super) struct Broadcast {
    generation: u64,
    pub(super) peer: PeerId,
    pub(super) call: CallId,
    /// How many have not answered.
    pub(super) missing: usize,
    /// Its parts, by their place on the roster.
    pub(super) routed: Vec<Option<Routed>>,
    /// Nobody wants what is left.
    pub(super) cancelled: bool,
}

/// All broadcasts that have not ended.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    slots: Slab<Broadcast>,
    /// How many there have been.
    begun: u64,
}

impl Broadcasts {
    pub(super) fn begin(&mut self, peer: PeerId, call: CallId, parts: usize) -> BroadcastId {
        self.begun += 1;
        let index = self.slots.insert(Broadcast {
            generation: self.begun,
            peer,
            call,
            missing: parts,
            routed: Vec::with_capacity(parts),
            cancelled: false,
        });
        BroadcastId {
            index,
            generation: self.begun,
        }
    }

    pub(super) fn get(&self, id: BroadcastId) -> Option<&Broadcast> {
        let broadcast = self.slots.get(id.index);
        broadcast.filter(|broadcast| broadcast.generation == id.generation)
    }

    pub(super) fn get_mut(&mut self, id: BroadcastId) -> Option<&mut Broadcast> {
        let broadcast = self.slots.get_mut(id.index);
        broadcast.filter(|broadcast| broadcast.generation == id.generation)
    }

    /// Who is told of a part, and their number for the call.
    pub(super) fn call_of(&self, part: Part) -> Option<(PeerId, CallId)> {
        self.get(part.of)
            .map(|broadcast| (broadcast.peer, broadcast.call))
    }

    /// How far the part at a place of the roster is, or was before it ended.
    pub(super) fn routed(&self, part: Part) -> Option<Routed> {
        *self.get(part.of)?.routed.get(part.index as usize)?
    }

    /// A part that waited is on its way.
    pub(super) fn route(&mut self, part: Part, routed: Routed) {
        let place = self
            .get_mut(part.of)
            .and_then(|of| of.routed.get_mut(part.index as usize));
        if let Some(place) = place {
            *place = Some(routed);
        }
    }

    pub(super) fn forget(&mut self, id: BroadcastId) {
        if self.get(id).is_some() {
            self.slots.remove(id.index);
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }
}
