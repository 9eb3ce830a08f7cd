//! The calls that go to many.

use daffi_core::proto::CallId;
use slab::Slab;

use super::ids::{BroadcastId, Part, PeerId};

/// A call that goes to many.
#[derive(Debug)]
pub(super) struct Broadcast {
    generation: u64,
    pub(super) peer: PeerId,
    pub(super) call: CallId,
    /// How many have not answered.
    pub(super) missing: usize,
    /// The controller's numbers of its parts, by their place on the roster. Those that have ended may be others' by now.
    pub(super) routed: Vec<Option<CallId>>,
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

    /// The number that the part at a place of the roster has, or had.
    pub(super) fn routed(&self, part: Part) -> Option<CallId> {
        *self.get(part.of)?.routed.get(part.index as usize)?
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
