//! Answers to calls that have many, and the streams among them: what may come, and what is held of it.

use std::collections::{BTreeSet, VecDeque};

use super::answers::{Backlog, Item, MOST};
use super::calls::Calls;
use super::lent::{Bound, join};
use super::slot::State;
use crate::proto::{CallId, Failed, Failure, Outcome, Window};

/// What became of one of many answers.
#[derive(Debug)]
pub(super) enum Added<W> {
    /// It is kept; whom to wake.
    Waiter(Option<W>),
    /// Nobody looks at them, and the call ends so.
    TooMany(Option<W>, Failed),
}

impl<W> Calls<W> {
    /// What is lent to streams that calls are answered with, in bytes.
    pub(super) const fn lent(&self) -> u64 {
        self.lent
    }

    /// Nothing of a call's streams is held any more.
    pub(super) fn give_back(&mut self, call: CallId) {
        if let Some(slot) = self.slots.get_mut(call) {
            self.lent -= std::mem::take(&mut slot.lent);
        }
    }

    /// More of a result stream may come. How much; `None` if nothing is left for it.
    pub(super) fn grant(&mut self, call: CallId, index: u32, window: Window, bound: Bound) -> Option<Window> {
        let Some(slot) = self.slots.get_mut(call) else {
            return Some(Window::NONE);
        };
        let State::Sent { windows, .. } = &mut slot.state else {
            return Some(Window::NONE);
        };
        let stream = windows.entry(index).or_default();
        let before = stream.weight();
        let granted = if stream.is_new() {
            stream.begin(window, bound)
        } else {
            Some(stream.go_on(window, bound))
        };
        let after = stream.weight();
        (slot.lent, self.lent) = (slot.lent - before + after, self.lent - before + after);
        granted
    }

    /// How many bytes of results wait to be read.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let mut held = 0;
        for slot in self.slots.iter() {
            if let State::Sent { items, .. } | State::Ended { items, .. } = &slot.state {
                for item in items {
                    if let Item::Batch(_, batch) = item {
                        held += batch.bytes.len();
                    }
                }
            }
        }
        held
    }

    /// How many bytes of a result may be on their way.
    pub(super) fn window_of(&self, call: CallId, index: u32) -> Option<u32> {
        match &self.slots.get(call)?.state {
            State::Sent { windows, .. } => Some(windows.get(&index)?.window()),
            _ => None,
        }
    }

    /// One of many answers has come; an item of a stream has at most `item_bytes`. `None` if no such call is out; otherwise
    /// whom to wake.
    pub(super) fn add(
        &mut self,
        call: CallId,
        item: Item,
        item_bytes: usize,
        bound: Bound,
    ) -> Option<Added<W>> {
        self.flow(call);
        let slot = self.slots.get_mut(call)?;
        match &mut slot.state {
            State::Sent {
                waiter,
                items,
                windows,
                held,
            } => {
                let overloaded = Failed::Overloaded { may_have_run: true };
                let kept = match &item {
                    Item::Batch(index, batch) => match windows.get_mut(index) {
                        Some(stream) => {
                            let before = stream.weight();
                            let taken = stream.take(batch, item_bytes, bound);
                            let after = stream.weight();
                            (slot.lent, self.lent) = (slot.lent - before + after, self.lent - before + after);
                            taken
                        }
                        None => Err(overloaded),
                    },
                    other => {
                        let more = Backlog::of(other);
                        held.answers += more.answers;
                        held.bytes += more.bytes;
                        if held.is_over(MOST) {
                            Err(overloaded)
                        } else {
                            Ok(())
                        }
                    }
                };
                let joined = match (items.back_mut(), &item) {
                    (Some(Item::Batch(last, waits)), Item::Batch(index, batch)) if last == index => {
                        join(waits, batch)
                    }
                    _ => false,
                };
                if !joined {
                    items.push_back(item);
                }
                let waiter = waiter.take();
                Some(match kept {
                    Ok(()) => Added::Waiter(waiter),
                    Err(failed) => Added::TooMany(waiter, failed),
                })
            }
            State::Ended { answered: false, .. } | State::Abandoned => Some(Added::Waiter(None)),
            State::Parked { .. } | State::Ended { answered: true, .. } => None,
        }
    }

    /// Ends a call whose answers nobody looks at; the reply is still to come. Whom to wake.
    pub(super) fn overflow(&mut self, call: CallId, failed: Failed) -> Option<W> {
        self.give_back(call);
        let slot = self.slots.get_mut(call)?;
        let waiter = slot.state.waiter().and_then(Option::take);
        let outcome = Err(failed.into());
        slot.state = State::Ended {
            outcome,
            answered: false,
            items: VecDeque::new(),
        };
        waiter
    }

    /// Whether the call ended as the signatures' numbers differ, which was not looked at.
    pub(super) fn is_mismatched(&self, call: CallId) -> bool {
        let slot = self.slots.get(call);
        slot.is_some_and(|slot| matches!(&slot.state, State::Ended { outcome, .. } if is_mismatch(outcome)))
    }

    /// The parts of a call to many that ended so, of which that was not looked at.
    pub(super) fn mismatched_parts(&self, call: CallId) -> BTreeSet<u32> {
        let items = match self.slots.get(call).map(|slot| &slot.state) {
            Some(State::Sent { items, .. } | State::Ended { items, .. }) => items,
            _ => return BTreeSet::new(),
        };
        let parts = items.iter().filter_map(|item| match item {
            Item::Part(part, outcome) if is_mismatch(outcome) => Some(*part),
            _ => None,
        });
        parts.collect()
    }
}

const fn is_mismatch(outcome: &Outcome) -> bool {
    matches!(outcome, Err(Failure::Failed(Failed::SignatureMismatch { .. })))
}
