//! Calls whose callback runs once for each item of a stream: how far they are known to have come.

use bytes::Bytes;

use super::Session;
use super::answers::Item;
use super::calls::Calls;
use super::slot::{Slot, State};
use super::transmit::Transmit;
use crate::proto::{CallId, Header, RunId};

impl<W, C: Clone> Session<W, C> {
    /// Says for how many items of its stream a callback is done, when it runs for each. Not if there is no room, as the next
    /// time says as much.
    pub fn tell_done(&mut self, run: RunId, items: u64, out: &mut impl Transmit) {
        if let Some(call) = self.runs.call_of(run)
            && out.room() > 0
        {
            let _ = out.send(&Header::Done { call, items }, &Bytes::new());
        }
    }

    /// For how many items of its stream the callback of a call is known to be done, while it has no outcome.
    #[must_use]
    pub fn done(&self, call: CallId) -> u64 {
        self.calls.done(call)
    }
}

impl<W> Calls<W> {
    /// The callback of the call runs for each item of a stream, so it is counted for how many it is done.
    pub(super) fn count(&mut self, call: CallId) {
        if let Some(slot) = self.slots.get_mut(call) {
            slot.done = Some(0);
        }
    }

    fn done(&self, call: CallId) -> u64 {
        self.slots.get(call).and_then(|slot| slot.done).unwrap_or(0)
    }

    /// It is done for so many. `false` if no such call is out.
    pub(super) fn counted(&mut self, call: CallId, items: u64) -> bool {
        let Some(slot) = self.slots.get_mut(call) else {
            return false;
        };
        if let Some(done) = &mut slot.done {
            *done = items.max(*done);
        }
        !matches!(
            slot.state,
            State::Parked { .. } | State::Ended { answered: true, .. }
        )
    }
}

impl<W> Slot<W> {
    /// What is told once before the end of a call that was ended from outside of its callback. An answer of the callback's own
    /// says it by itself, and better.
    pub(super) fn known(&mut self) -> Option<Item> {
        match (&self.state, self.done.take()) {
            (State::Ended { outcome: Err(_), .. }, Some(done @ 1..)) => Some(Item::Done(done)),
            _ => None,
        }
    }
}
