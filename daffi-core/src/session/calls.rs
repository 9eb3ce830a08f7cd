//! The slots of calls that this process made.

use std::collections::{BTreeMap, VecDeque};

use slab::Slab;

use super::answers::{HELD, Held, Item, Next};
use crate::proto::{Budget, CallId, Failed, Outcome, Window};

/// What became of one of many answers.
#[derive(Debug)]
pub(super) enum Added<W> {
    /// It is kept; whom to wake.
    Waiter(Option<W>),
    /// Nobody looks at them.
    TooMany(Option<W>),
}

/// Calls by their number.
#[derive(Debug)]
pub(super) struct Calls<W> {
    slots: Slab<Slot<W>>,
    limit: u32,
    /// How many have streams or many answers.
    flowing: usize,
}

#[derive(Debug)]
struct Slot<W> {
    stamp: u64,
    state: State<W>,
    flows: bool,
}

#[derive(Debug)]
enum State<W> {
    /// Not sent yet; ends with the failure if its time is over before.
    Parked { waiter: Option<W>, otherwise: Failed },
    /// Sent, not answered.
    Sent {
        waiter: Option<W>,
        items: VecDeque<Item>,
        /// How much may come of the stream of each process on the roster, or of the only one.
        budgets: BTreeMap<u32, Budget>,
        held: Held,
    },
    /// Ended, not yet looked at. `answered` if no reply is to come any more.
    Ended {
        outcome: Outcome,
        answered: bool,
        items: VecDeque<Item>,
    },
    /// Nobody waits, but the reply is still to come and the number not free.
    Abandoned,
}

impl<W> Calls<W> {
    pub(super) const fn new(limit: u32) -> Self {
        Self {
            slots: Slab::new(),
            limit,
            flowing: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many are there that have one answer.
    pub(super) fn single(&self) -> usize {
        self.slots.len() - self.flowing
    }

    /// The call has streams or many answers.
    pub(super) fn flow(&mut self, call: CallId) {
        if let Some(slot) = self.slots.get_mut(call.0 as usize)
            && !std::mem::replace(&mut slot.flows, true)
        {
            self.flowing += 1;
        }
    }

    /// A place for a call that is about to be sent; `None` if there are too many.
    pub(super) fn open(&mut self, stamp: u64) -> Option<CallId> {
        self.insert(Slot {
            stamp,
            state: State::Sent {
                waiter: None,
                items: VecDeque::new(),
                budgets: BTreeMap::new(),
                held: Held::default(),
            },
            flows: false,
        })
    }

    /// A place for a call that cannot be sent now; `None` if there are too many.
    pub(super) fn park(&mut self, stamp: u64, otherwise: Failed, waiter: W) -> Option<CallId> {
        let state = State::Parked {
            waiter: Some(waiter),
            otherwise,
        };
        self.insert(Slot {
            stamp,
            state,
            flows: false,
        })
    }

    fn insert(&mut self, slot: Slot<W>) -> Option<CallId> {
        if self.slots.len() >= self.limit as usize {
            return None;
        }
        // The limit is a u32, and a slab's keys are below its greatest length.
        Some(CallId(u32::try_from(self.slots.insert(slot)).ok()?))
    }

    /// Undoes [`open`](Self::open): the call was not sent.
    pub(super) fn forget(&mut self, call: CallId) {
        if self
            .slots
            .try_remove(call.0 as usize)
            .is_some_and(|slot| slot.flows)
        {
            self.flowing -= 1;
        }
    }

    /// Whether the user of the slot that had `stamp` still waits.
    pub(super) fn is_waiting(&self, call: CallId, stamp: u64) -> bool {
        self.slots.get(call.0 as usize).is_some_and(|slot| {
            slot.stamp == stamp && matches!(slot.state, State::Parked { .. } | State::Sent { .. })
        })
    }

    /// The outcome; or keeps the waiter. A call that has no slot has been lost together with its connection.
    pub(super) fn poll(&mut self, call: CallId, new_waiter: impl FnOnce() -> W) -> Option<Outcome> {
        let Some(slot) = self.slots.get_mut(call.0 as usize) else {
            return Some(Err(Failed::Disconnected { may_have_run: true }.into()));
        };
        if let State::Parked { waiter, .. } | State::Sent { waiter, .. } = &mut slot.state {
            *waiter = Some(new_waiter());
            return None;
        }
        match std::mem::replace(&mut slot.state, State::Abandoned) {
            State::Ended {
                outcome, answered, ..
            } => {
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
    pub(super) fn poll_next(&mut self, call: CallId, new_waiter: impl FnOnce() -> W) -> Option<Next> {
        match self.slots.get_mut(call.0 as usize).map(|slot| &mut slot.state) {
            Some(State::Sent { items, held, .. }) => {
                if let Some(item) = items.pop_front() {
                    let taken = Held::of(&item);
                    held.answers -= taken.answers;
                    held.bytes -= taken.bytes;
                    return Some(Next::Item(item));
                }
            }
            Some(State::Ended { items, .. }) => {
                if let Some(item) = items.pop_front() {
                    return Some(Next::Item(item));
                }
            }
            _ => {}
        }
        self.poll(call, new_waiter).map(Next::End)
    }

    /// Who has a number.
    pub(super) fn stamp(&self, call: CallId) -> Option<u64> {
        self.slots.get(call.0 as usize).map(|slot| slot.stamp)
    }

    /// More of a result stream may come. `false` if its call has ended.
    pub(super) fn grant(&mut self, call: CallId, index: u32, window: Window) -> bool {
        let slot = self.slots.get_mut(call.0 as usize);
        if let Some(State::Sent { budgets, .. }) = slot.map(|slot| &mut slot.state) {
            let budget = budgets.entry(index).or_default();
            budget.grant(window);
            return true;
        }
        false
    }

    /// One of many answers has come; an item of a stream has at most `item_bytes`. `None` if no such call is out; otherwise
    /// whom to wake.
    pub(super) fn add(&mut self, call: CallId, item: Item, item_bytes: usize) -> Option<Added<W>> {
        self.flow(call);
        match &mut self.slots.get_mut(call.0 as usize)?.state {
            State::Sent {
                waiter,
                items,
                budgets,
                held,
            } => {
                let allowed = match &item {
                    Item::Batch(index, batch) => budgets
                        .get_mut(index)
                        .is_some_and(|budget| budget.take(batch, item_bytes)),
                    other => {
                        let more = Held::of(other);
                        held.answers += more.answers;
                        held.bytes += more.bytes;
                        !held.is_over(HELD)
                    }
                };
                items.push_back(item);
                let waiter = waiter.take();
                Some(if !allowed {
                    Added::TooMany(waiter)
                } else {
                    Added::Waiter(waiter)
                })
            }
            State::Ended { answered: false, .. } | State::Abandoned => Some(Added::Waiter(None)),
            State::Parked { .. } | State::Ended { answered: true, .. } => None,
        }
    }

    /// Ends a call whose answers nobody looks at; the reply is still to come.
    pub(super) fn overflow(&mut self, call: CallId) {
        if let Some(slot) = self.slots.get_mut(call.0 as usize) {
            let outcome = Err(Failed::Overloaded { may_have_run: true }.into());
            slot.state = State::Ended {
                outcome,
                answered: false,
                items: VecDeque::new(),
            };
        }
    }

    /// Gives up a place. `true` if the call is on its way and shall be cancelled.
    pub(super) fn abandon(&mut self, call: CallId) -> bool {
        let Some(slot) = self.slots.get_mut(call.0 as usize) else {
            return false;
        };
        match slot.state {
            State::Sent { .. } => {
                slot.state = State::Abandoned;
                true
            }
            State::Ended { answered: false, .. } => {
                slot.state = State::Abandoned;
                false
            }
            State::Abandoned => false,
            State::Parked { .. } | State::Ended { answered: true, .. } => {
                self.forget(call);
                false
            }
        }
    }

    /// The reply has come. `None` if no such call is out; otherwise whom to wake.
    #[allow(
        clippy::option_option,
        reason = "no such call, and nobody to wake, are different things"
    )]
    pub(super) fn reply(&mut self, call: CallId, outcome: Outcome) -> Option<Option<W>> {
        let slot = self.slots.get_mut(call.0 as usize)?;
        match &mut slot.state {
            State::Sent { waiter, items, .. } => {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome,
                    answered: true,
                    items,
                };
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

    /// The deadline of the slot's user that had `stamp` has passed. Answers whether the call is on its way, and whom
    /// to wake; `None` if it no longer waits.
    pub(super) fn expire(&mut self, call: CallId, stamp: u64) -> Option<(bool, Option<W>)> {
        if !self.is_waiting(call, stamp) {
            return None;
        }
        let slot = self.slots.get_mut(call.0 as usize)?;
        match std::mem::replace(&mut slot.state, State::Abandoned) {
            State::Sent { waiter, items, .. } => {
                let outcome = Err(Failed::Timeout { may_have_run: true }.into());
                slot.state = State::Ended {
                    outcome,
                    answered: false,
                    items,
                };
                Some((true, waiter))
            }
            State::Parked { waiter, otherwise } => {
                slot.state = State::Ended {
                    outcome: Err(otherwise.into()),
                    answered: true,
                    items: VecDeque::new(),
                };
                Some((false, waiter))
            }
            // `is_waiting` has excluded these.
            other => {
                slot.state = other;
                None
            }
        }
    }

    /// Wakes every parked call, in the order in which they were made; each tries to be sent again, or waits on.
    pub(super) fn wake_parked(&mut self, wake: impl FnMut(W)) {
        let mut parked: Vec<_> = self
            .slots
            .iter_mut()
            .filter_map(|(_, slot)| match &mut slot.state {
                State::Parked { waiter, .. } => Some((slot.stamp, waiter.take()?)),
                _ => None,
            })
            .collect();
        parked.sort_unstable_by_key(|(stamp, _)| *stamp);
        parked.into_iter().map(|(_, waiter)| waiter).for_each(wake);
    }

    /// Ends every parked call.
    pub(super) fn fail_parked(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        for (_, slot) in &mut self.slots {
            if let State::Parked { waiter, .. } = &mut slot.state {
                let waiter = waiter.take();
                let outcome = Err(failed.clone().into());
                slot.state = State::Ended {
                    outcome,
                    answered: true,
                    items: VecDeque::new(),
                };
                waiter.into_iter().for_each(&mut wake);
            }
        }
    }

    /// Ends every call that was sent, though its reply may still come.
    pub(super) fn give_up_sent(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        for (_, slot) in &mut self.slots {
            if let State::Sent { waiter, items, .. } = &mut slot.state {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome: Err(failed.clone().into()),
                    answered: false,
                    items,
                };
                waiter.into_iter().for_each(&mut wake);
            }
        }
    }

    /// Ends every call that was sent: no reply will come any more.
    pub(super) fn fail_sent(&mut self, failed: &Failed, mut wake: impl FnMut(W)) {
        self.slots.retain(|_, slot| match &mut slot.state {
            State::Sent { waiter, items, .. } => {
                let (waiter, items) = (waiter.take(), std::mem::take(items));
                slot.state = State::Ended {
                    outcome: Err(failed.clone().into()),
                    answered: true,
                    items,
                };
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
        self.flowing = self.slots.iter().filter(|(_, slot)| slot.flows).count();
    }
}
