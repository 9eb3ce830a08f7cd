//! The calls on their way, and who runs them in which order.

use bytes::Bytes;
use daffi_core::proto::{CallId, Header, Limits, Slots};

use super::ids::{Caller, PeerId, ProviderKey};
use super::outlet::Outlet;
use super::rest::Passing;

/// So many short frames of a call's streams may be added to a queue that has no room.
const OVER: u8 = 16;

/// A call on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outstanding {
    /// Whom to tell how it ended.
    pub(super) caller: Caller,
    /// Who made it, whatever has become of them: it counts against their share of the provider.
    pub(super) by: PeerId,
    pub(super) provider: PeerId,
    pub(super) via: ProviderKey,
    /// How many bytes its arguments and metadata take.
    pub(super) bytes: usize,
    /// The call that waits for this one, which its caller runs.
    pub(super) within: Option<CallId>,
    /// Streams are part of it.
    pub(super) streams: bool,
    /// The provider has answered with a stream.
    pub(super) opened: bool,
    /// The caller was told how it ends, and its callback has not stopped.
    pub(super) told_early: bool,
    /// The provider's callback has ended, and its result is coming.
    pub(super) has_ended: bool,
    /// What of its arguments or its result is yet to be passed on.
    pub(super) passing: Passing,
    /// It is handed over as soon as its provider has all of it.
    pub(super) hands_over: bool,
    /// The provider knows that nobody wants the answer.
    cancelled: bool,
    /// How many frames of its streams were added to a queue that had no room.
    over: u8,
    /// Its neighbours among what the provider runs.
    before: Option<CallId>,
    after: Option<CallId>,
}

impl Outstanding {
    /// A call that `by` makes, of so many bytes.
    pub(super) const fn new(
        caller: Caller,
        by: PeerId,
        provider: PeerId,
        via: ProviderKey,
        bytes: usize,
    ) -> Self {
        Self {
            caller,
            by,
            provider,
            via,
            bytes,
            within: None,
            streams: false,
            opened: false,
            told_early: false,
            has_ended: false,
            passing: Passing::Nothing,
            hands_over: false,
            cancelled: false,
            over: 0,
            before: None,
            after: None,
        }
    }

    /// Whether the provider knows that nobody wants the answer.
    pub(super) const fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    /// Whether one frame more, a short one, may be added to a queue that has so much room.
    pub(super) const fn takes_short(&mut self, room: usize) -> bool {
        self.over = if room > 0 { 0 } else { self.over.saturating_add(1) };
        self.over <= OVER
    }

    /// The caller is told how it ends. Its provider knows that nobody wants the answer: it has said so itself.
    pub(super) const fn is_told(&mut self) {
        self.told_early = true;
        self.cancelled = true;
    }

    /// Tells the provider, once, that nobody wants the answer to its call `number`.
    pub(super) fn cancel(&mut self, number: CallId, out: &mut impl Outlet) {
        if !std::mem::replace(&mut self.cancelled, true) {
            // Without a payload it fits every limit.
            let _ = out.send(self.provider, &Header::Cancel { call: number }, &Bytes::new());
        }
    }
}

/// The calls that a process runs, in the order in which it was given them: the first and the last.
#[derive(Debug, Default)]
pub(super) struct RunList {
    first: Option<CallId>,
    last: Option<CallId>,
}

impl RunList {
    pub(super) const fn first(&self) -> Option<CallId> {
        self.first
    }
}

/// All calls on their way, by the controller's number.
#[derive(Debug)]
pub(super) struct Calls {
    slots: Slots<Outstanding>,
    /// How many there may be.
    limit: usize,
}

impl Calls {
    pub(super) const fn new(limit: usize) -> Self {
        Self {
            slots: Slots::new(),
            limit,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, call: CallId) -> Option<&Outstanding> {
        #[cfg(test)]
        super::meter::look();
        self.slots.get(call)
    }

    pub(super) fn get_mut(&mut self, call: CallId) -> Option<&mut Outstanding> {
        #[cfg(test)]
        super::meter::look();
        self.slots.get_mut(call)
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = &Outstanding> {
        self.slots.iter()
    }

    /// Whether somebody with so many calls may make one more, where so many wait.
    pub(super) fn takes(&self, own: usize, waiting: usize) -> bool {
        Limits::share((self.slots.len() + waiting) as u64, self.limit as u64) > own as u64
    }

    /// The number of the next call.
    pub(super) fn next(&self) -> CallId {
        self.slots.next()
    }

    pub(super) fn insert(&mut self, mut call: Outstanding, list: &mut RunList) -> CallId {
        call.before = list.last;
        let number = self.slots.insert(call);
        match list.last.and_then(|last| self.slots.get_mut(last)) {
            Some(last) => last.after = Some(number),
            None => list.first = Some(number),
        }
        list.last = Some(number);
        number
    }

    pub(super) fn remove(&mut self, call: CallId, list: &mut RunList) {
        let Some(Outstanding { before, after, .. }) = self.slots.remove(call) else {
            return;
        };
        match before.and_then(|before| self.slots.get_mut(before)) {
            Some(before) => before.after = after,
            None => list.first = after,
        }
        match after.and_then(|after| self.slots.get_mut(after)) {
            Some(after) => after.before = before,
            None => list.last = before,
        }
    }
}
