//! Calls that nobody was there to answer, and that wait here for somebody: kept in the order in which they were made, and sent again in that
//! order, whenever those look who made them.

use super::answers::Item;
use super::calls::Calls;
use super::kept::{Kept, KeptWait};
use super::slot::{Lasting, Parked, State};
use super::transmit::Transmit;
use super::{Event, Session};
use crate::proto::{Absence, CallId, Failed, Failure, Moment, Outcome};

impl<W, C: Clone> Session<W, C> {
    /// Keeps a call for which nobody is there, if it is one that waits for somebody: it is told so with [`poll_next`](Self::poll_next). The outcome, if it
    /// is another.
    pub(super) fn keep_if_absent(
        &mut self,
        call: CallId,
        outcome: Outcome,
        events: &mut Vec<Event<W, C>>,
    ) -> Option<Outcome> {
        let Err(Failure::Failed(Failed::NoProvider(absence))) = &outcome else {
            return Some(outcome);
        };
        let Some(kept) = self.calls.keep_absent(call, absence) else {
            return Some(outcome);
        };
        self.absent.add(kept.what, kept.stamp, call);
        events.extend(kept.waiter.map(Event::Wake));
        None
    }

    /// Somebody is there: calls that wait for that are sent again, in the order in which they were made, or wait with the others for a connection. At most
    /// so many; whether there are more.
    pub fn send_again(
        &mut self,
        now: Moment,
        what: &KeptWait,
        most: usize,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> bool {
        let (first, is_rest) = self.absent.take(what, most);
        self.parked.extend(first);
        self.send_parked(now, out, events);
        is_rest
    }

    /// A call that nobody was there to answer waits no longer. `false` if it was sent again meanwhile, or has an outcome; otherwise it is gone.
    pub fn leave_absent(
        &mut self,
        call: CallId,
        out: &mut impl Transmit,
        events: &mut Vec<Event<W, C>>,
    ) -> bool {
        let waits = self.calls.is_parked(call);
        if waits {
            self.abandon(call, out, events);
        }
        waits
    }

    /// Nobody will be there any more.
    pub(super) fn end_absent(&mut self, events: &mut Vec<Event<W, C>>) {
        for call in self.absent.take_all() {
            let failed = Failed::Cancelled { may_have_run: false };
            events.extend(self.calls.end(call, failed.into()).map(Event::Wake));
        }
    }

    /// A call is given up that may wait for somebody.
    pub(super) fn forget_absent(&mut self, call: CallId, stamp: u64) {
        if let Some(what) = self.calls.awaited(call) {
            self.absent.forget(&what, stamp);
        }
    }
}

/// A call that has just begun to wait.
struct Waiting<W> {
    what: KeptWait,
    stamp: u64,
    waiter: Option<W>,
}

impl<W> Calls<W> {
    /// The call was sent, and is to be kept if nobody is there.
    pub(super) fn last(&mut self, call: CallId, message: Kept) {
        if let Some(slot) = self.slots.get_mut(call) {
            slot.lasting = Some(Box::new(Lasting::Sent(message)));
        }
    }

    fn keep_absent(&mut self, call: CallId, absence: &Absence) -> Option<Waiting<W>> {
        let slot = self.slots.get_mut(call)?;
        if slot.asked.is_some() {
            // It is given up, and waits for nobody.
            return None;
        }
        let State::Sent { waiter, .. } = &mut slot.state else {
            return None;
        };
        let Some(Lasting::Sent(message)) = slot.lasting.take().map(|lasting| *lasting) else {
            return None;
        };
        let waiter = waiter.take();
        // What is found out about it the next time is its outcome.
        let message = message.once();
        let what = message.awaited()?;
        slot.give_back(&mut self.loans);
        slot.waits = false;
        slot.lasting = Some(Box::new(Lasting::Absent(absence.clone())));
        let otherwise = Failed::NoProvider(absence.clone());
        slot.state = State::Parked {
            waiter: None,
            parked: Parked {
                message,
                otherwise,
                until: None,
            },
        };
        Some(Waiting {
            what,
            stamp: slot.stamp,
            waiter,
        })
    }

    /// What is missing, if that was not told.
    pub(super) fn absence(&mut self, call: CallId) -> Option<Item> {
        let slot = self.slots.get_mut(call)?;
        if !matches!(slot.lasting.as_deref(), Some(Lasting::Absent(_))) {
            return None;
        }
        match slot.lasting.take().map(|lasting| *lasting) {
            Some(Lasting::Absent(absence)) => Some(Item::Absent(absence)),
            _ => None,
        }
    }

    /// What a call waits for that is not sent.
    fn awaited(&self, call: CallId) -> Option<KeptWait> {
        match &self.slots.get(call)?.state {
            State::Parked { parked, .. } => parked.message.awaited(),
            _ => None,
        }
    }
}
