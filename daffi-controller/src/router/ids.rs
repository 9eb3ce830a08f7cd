//! What the router calls things. None of these is ever used again for another, so what is kept of one that has gone finds
//! nothing; but for places in lists, which tell nothing by themselves.

use std::hash::{Hash, Hasher};

use daffi_core::proto::CallId;

/// A process that was let in, as the router names it. It is not a connection: whoever keeps those knows which are its.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl Hash for PeerId {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.number());
    }
}

impl PeerId {
    /// A place in a list. It is free for another process once this one has gone; the whole number never is.
    #[must_use]
    pub const fn index(self) -> usize {
        self.index as usize
    }

    /// A number that no other process has.
    #[must_use]
    pub const fn number(self) -> u64 {
        (self.generation as u64) << 32 | self.index as u64
    }

    /// None comes before it.
    pub(super) const LEAST: Self = Self {
        index: 0,
        generation: 0,
    };

    #[cfg(test)]
    pub(crate) const fn of(index: u32) -> Self {
        Self { index, generation: 0 }
    }
}

/// A call to many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BroadcastId {
    pub(super) index: usize,
    pub(super) generation: u64,
}

/// A part of a broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) of: BroadcastId,
    /// The place of its process on the roster.
    pub(super) index: u32,
}

/// A callback, by its name: a place in the directory, as long as somebody offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FunctionKey(pub(super) u32);

/// A process's offer of a callback: a place in the directory, as long as it is offered or runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ProviderKey(pub(super) u32);

/// A call that waits for a provider: the smaller the number, the longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct WaitId(pub(super) u64);

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Routed {
    /// A provider has it: the controller's number.
    Run(CallId),
    /// It waits for one.
    Queued(WaitId),
}

/// Something that a process sent and that has not been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// A call that is on its way, or waits for it.
    Routed(Routed),
    /// A call to many: the controller's number for it.
    Broadcast(BroadcastId),
    /// A call to many that has not all come.
    Gathering,
    /// A question that waits for something to appear.
    Question,
    /// The question what happens.
    Presence,
    /// Something that the router does not answer itself.
    Errand,
}

impl Sent {
    /// Whether it is kept for nothing but its answer.
    pub(super) const fn is_question(self) -> bool {
        matches!(self, Self::Question | Self::Errand)
    }
}

/// Who is told how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A process, under its number.
    Call(PeerId, CallId),
    /// A broadcast, of which it is a part.
    Part(Part),
    /// Nobody: it was handed over by this process.
    HandedOver(PeerId),
    /// Nobody: the caller has left, or was told already.
    Nobody,
}

/// The least and the greatest of all numbers of calls.
pub(super) const FIRST: CallId = CallId::first(0);
pub(super) const LAST: CallId = CallId {
    slot: u32::MAX,
    generation: u32::MAX,
};
