//! The slots of calls that this process made.

use super::answers::{Backlog, Next};
use super::kept::Kept;
use super::loans::Loans;
use super::slot::{Asked, Parked, Slot, State};
use crate::proto::{CallId, Failed, Failure, Moment, Outcome, Slots};

/// A call whose time is over has ended.
pub(super) struct Expired<W> {
    /// Whom to wake.
    pub(super) waiter: Option<W>,
    /// It was cancelled before.
    pub(super) was_asked: bool,
}

/// Whether the controller is to be asked what it was not asked before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    Now,
    Already,
}

/// Calls by their number.
#[derive(Debug)]
pub(super) struct Calls<W> {
    pub(super) slots: Slots<Slot<W>>,
    limit: u32,
    /// How many have streams or many answers.
    flowing: usize,
    /// What is lent to streams that calls are answered with.
    pub(super) loans: Loans,
}

impl<W> Calls<W> {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            slots: Slots::new(),
            limit,
            flowing: 0,
            loans: Loans::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many are there that have one answer.
    pub(super) fn single(&self) -> usize {
        self.slots.len() - self.flowing
    }

    /// The call has streams or many answers. How many streams it sends to each who is asked, until that is told once.
    pub(super) fn flow(&mut self, call: CallId) -> Option<&mut u32> {
        let slot = self.slots.get_mut(call)?;
        self.flowing += usize::from(!std::mem::replace(&mut slot.flows, true));
        Some(&mut slot.feeds)
    }

    /// The calls that have no outcome.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = &Slot<W>> {
        self.slots
            .iter()
            .filter(|slot| slot.is_call && matches!(slot.state, State::Parked { .. } | State::Sent { .. }))
    }

    /// A place for a call that is about to be sent, for which `waiter` waits; `None` if there are too many.
    pub(super) fn open(&mut self, stamp: u64, is_call: bool, waiter: &mut Option<W>) -> Option<CallId> {
        self.insert(stamp, is_call, waiter, State::sent)
    }

    /// A place for a call that cannot be sent now; `None` if there are too many.
    pub(super) fn park(&mut self, stamp: u64, parked: Parked, waiter: &mut Option<W>) -> Option<CallId> {
        let is_call = matches!(parked.message, Kept::Call(_));
        self.insert(stamp, is_call, waiter, |waiter| State::Parked { waiter, parked })
    }

    fn insert(
        &mut self,
        stamp: u64,
        is_call: bool,
        waiter: &mut Option<W>,
        state: impl FnOnce(Option<W>) -> State<W>,
    ) -> Option<CallId> {
        if self.slots.len() >= self.limit as usize {
            return None;
        }
        Some(self.slots.insert(Slot::new(stamp, is_call, state(waiter.take()))))
    }

    /// What was kept of a call that is now to be sent. `None` if it does not wait for that.
    pub(super) fn unpark(&mut self, call: CallId) -> Option<Parked> {
        let slot = self.slots.get_mut(call)?;
        match std::mem::replace(&mut slot.state, State::Abandoned) {
            State::Parked { waiter, parked } => {
                slot.state = State::sent(waiter);
                Some(parked)
            }
            other => {
                slot.state = other;
                None
            }
        }
    }

    /// Undoes [`unpark`](Self::unpark): the call was not sent.
    pub(super) fn park_again(&mut self, call: CallId, parked: Parked) {
        self.give_back(call);
        if let Some(slot) = self.slots.get_mut(call) {
            let waiter = slot.state.waiter().and_then(Option::take);
            slot.state = State::Parked { waiter, parked };
        }
    }

    /// Gives a place back; whoever waited for the call.
    pub(super) fn forget(&mut self, call: CallId) -> Option<W> {
        let mut slot = self.slots.remove(call)?;
        self.flowing -= usize::from(slot.flows);
        slot.give_back(&mut self.loans);
        slot.state.waiter()?.take()
    }

    /// Ends a call to which nothing is to come any more; whom to wake.
    pub(super) fn end(&mut self, call: CallId, failure: Failure) -> Option<W> {
        self.give_back(call);
        let slot = self.slots.get_mut(call)?;
        let waiter = slot.state.waiter()?.take();
        slot.state = State::ended(Err(failure));
        waiter
    }

    /// Whether the call waits for an answer.
    pub(super) fn is_sent(&self, call: CallId) -> bool {
        let slot = self.slots.get(call);
        slot.is_some_and(|slot| matches!(slot.state, State::Sent { .. }))
    }

    /// Whether the call waits until it can be sent.
    pub(super) fn is_parked(&self, call: CallId) -> bool {
        let slot = self.slots.get(call);
        slot.is_some_and(|slot| matches!(slot.state, State::Parked { .. }))
    }

    /// Whether the call has an outcome.
    pub(super) fn is_answered(&self, call: CallId) -> bool {
        let slot = self.slots.get(call);
        slot.is_none_or(|slot| matches!(slot.state, State::Ended { .. }))
    }

    /// Whether the call may have run. One that has no slot has been lost together with its connection.
    pub(super) fn may_have_run(&self, call: CallId) -> bool {
        match self.slots.get(call).map(|slot| &slot.state) {
            Some(State::Parked { .. }) => false,
            Some(State::Ended {
                outcome: Err(Failure::Failed(failed)),
                ..
            }) => failed.may_have_run(),
            _ => true,
        }
    }

    /// The outcome; or keeps the waiter, and gives the one from before. A call that has no slot has been lost together with
    /// its connection.
    pub(super) fn poll(&mut self, call: CallId, new_waiter: &mut Option<W>) -> Option<Outcome> {
        let Some(slot) = self.slots.get_mut(call) else {
            return Some(Err(Failed::Disconnected { may_have_run: true }.into()));
        };
        if let Some(waiter) = slot.state.waiter() {
            std::mem::swap(waiter, new_waiter);
            return None;
        }
        match std::mem::replace(&mut slot.state, State::Abandoned) {
            State::Ended {
                outcome, answered, ..
            } => {
                self.give_back(call);
                if answered {
                    self.forget(call);
                }
                Some(outcome)
            }
            // Whoever abandoned it does not ask.
            _ => Some(Err(Failed::Cancelled { may_have_run: true }.into())),
        }
    }

    /// As [`poll`](Self::poll), for a call with many answers.
    pub(super) fn poll_next(&mut self, call: CallId, new_waiter: &mut Option<W>) -> Option<Next> {
        if let Some(item) = self.absence(call) {
            return Some(Next::Item(item));
        }
        if let Some(slot) = self.slots.get_mut(call) {
            match &mut slot.state {
                State::Sent { items, held, .. } => {
                    if let Some(item) = items.pop() {
                        *held = *held - Backlog::of(&item);
                        slot.look_at(&item, &mut self.loans);
                        return Some(Next::Item(item));
                    }
                }
                State::Ended { items, .. } => {
                    if let Some(item) = items.pop() {
                        slot.look_at(&item, &mut self.loans);
                        return Some(Next::Item(item));
                    }
                    if let Some(item) = slot.known() {
                        return Some(Next::Item(item));
                    }
                }
                _ => {}
            }
        }
        self.poll(call, new_waiter).map(Next::End)
    }

    /// When the call came, among others.
    pub(super) fn stamp(&self, call: CallId) -> Option<u64> {
        self.slots.get(call).map(|slot| slot.stamp)
    }

    /// Gives up a place. Answers whether the call is on its way and shall be cancelled, and who waited for it.
    pub(super) fn abandon(&mut self, call: CallId) -> (bool, Option<W>) {
        self.give_back(call);
        let Some(slot) = self.slots.get_mut(call) else {
            return (false, None);
        };
        match &mut slot.state {
            State::Sent { waiter, .. } => {
                let waiter = waiter.take();
                slot.state = State::Abandoned;
                (true, waiter)
            }
            State::Ended { answered: false, .. } => {
                slot.state = State::Abandoned;
                (false, None)
            }
            State::Abandoned => (false, None),
            State::Parked { .. } | State::Ended { answered: true, .. } => (false, self.forget(call)),
        }
    }

    /// The reply has come. `None` if no such call is out; otherwise whom to wake.
    #[allow(
        clippy::option_option,
        reason = "no such call, and nobody to wake, are different things"
    )]
    pub(super) fn reply(&mut self, call: CallId, outcome: Outcome) -> Option<Option<W>> {
        let slot = self.slots.get_mut(call)?;
        match &mut slot.state {
            State::Sent { waiter, items, .. } => {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome: slot.told(outcome),
                    answered: true,
                    items,
                };
                slot.end_windows(&mut self.loans);
                Some(waiter)
            }
            // It ended here first; that outcome stands.
            State::Ended {
                answered: answered @ false,
                ..
            } => {
                *answered = true;
                Some(None)
            }
            State::Abandoned => {
                self.forget(call);
                Some(None)
            }
            State::Parked { .. } | State::Ended { answered: true, .. } => None,
        }
    }

    /// The controller says that a call waits there. `false` if there is no such call.
    pub(super) fn waits(&mut self, call: CallId) -> bool {
        let slot = self.slots.get_mut(call);
        slot.map(|slot| slot.waits = true).is_some()
    }

    /// The controller is to be asked whether a call ran, as it may be waiting there: until when it may answer. `None` if there is nothing to
    /// ask. Whoever was asked is not asked again.
    pub(super) fn ask(&mut self, call: CallId, asked: Asked) -> Option<Asking> {
        let slot = self.slots.get_mut(call)?;
        if !slot.waits || !matches!(slot.state, State::Sent { .. }) {
            return None;
        }
        if slot.asked.is_some() {
            return Some(Asking::Already);
        }
        slot.asked = Some(asked);
        Some(Asking::Now)
    }

    /// The deadline of a call has passed; or that of the answer to the question whether it ran.
    /// `None` if it waits for no answer any more, or for one that still has time: a call that was sent twice has its deadline twice.
    pub(super) fn expire(&mut self, now: Moment, call: CallId) -> Option<Expired<W>> {
        let slot = self.slots.get_mut(call)?;
        let State::Sent { waiter, items, .. } = &mut slot.state else {
            return None;
        };
        if slot.asked.is_some_and(|asked| now < asked.until) {
            return None;
        }
        let (waiter, items) = (waiter.take(), std::mem::take(items));
        slot.state = State::Ended {
            outcome: slot.told(Err(Failed::timeout(true).into())),
            answered: false,
            items,
        };
        slot.end_windows(&mut self.loans);
        Some(Expired {
            waiter,
            was_asked: slot.asked.is_some(),
        })
    }

    /// Whether a parked call has waited for as long as it may.
    pub(super) fn is_due(&self, now: Moment, call: CallId) -> bool {
        let slot = self.slots.get(call);
        slot.is_some_and(|slot| match &slot.state {
            State::Parked { parked, .. } => parked.until.is_some_and(|until| until <= now),
            _ => false,
        })
    }

    /// A parked call has waited for as long as it may; whom to wake.
    pub(super) fn expire_parked(&mut self, call: CallId) -> Option<W> {
        let slot = self.slots.get_mut(call)?;
        let State::Parked { parked, .. } = &slot.state else {
            return None;
        };
        let otherwise = parked.otherwise.clone();
        self.end(call, otherwise.into())
    }

    /// Ends every parked call.
    pub(super) fn fail_parked(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        for (_, slot) in self.slots.iter_mut() {
            if let State::Parked { waiter, .. } = &mut slot.state {
                let waiter = waiter.take();
                slot.state = State::ended(Err(failed.clone().into()));
                waiter.into_iter().for_each(&mut wake);
            }
        }
    }

    /// Ends every call that was sent, though its reply may still come.
    pub(super) fn give_up_sent(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        for (_, slot) in self.slots.iter_mut() {
            if let State::Sent { waiter, items, .. } = &mut slot.state {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome: slot.told(Err(failed.clone().into())),
                    answered: false,
                    items,
                };
                slot.end_windows(&mut self.loans);
                waiter.into_iter().for_each(&mut wake);
            }
        }
    }

    /// Ends every call that was sent: no reply will come any more.
    pub(super) fn fail_sent(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        let loans = &mut self.loans;
        self.slots.retain(|slot| match &mut slot.state {
            State::Sent { waiter, items, .. } => {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome: slot.told(Err(failed.clone().into())),
                    answered: true,
                    items,
                };
                slot.end_windows(loans);
                waiter.into_iter().for_each(&mut wake);
                true
            }
            State::Ended { answered, .. } => {
                *answered = true;
                true
            }
            State::Parked { .. } => true,
            State::Abandoned => false,
        });
        self.flowing = self.slots.iter().filter(|slot| slot.flows).count();
    }
}
