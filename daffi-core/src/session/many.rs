//! Answers to calls that have many, and the streams among them: what may come, and what is held of it.

use std::collections::BTreeSet;

use super::answers::{Backlog, Item, MOST};
use super::calls::Calls;
use super::lent::Lent;
use super::loans::{Bounded, Loans, Party};
use super::slot::{Slot, State};
use super::unread::Unread;
use crate::proto::{CallId, Failed, Failure, Outcome, Window};

/// What became of one of many answers.
#[derive(Debug)]
pub(super) enum Added<W> {
    /// It is kept; whom to wake.
    Waiter(Option<W>),
    /// It was too much, and the part of that process ends here: of it nothing more is kept. Whom to wake.
    Cut(Option<W>, u32),
    /// Nobody looks at them, and the call ends so.
    TooMany(Failed),
}

impl<W> Calls<W> {
    /// What is lent to streams that calls are answered with.
    pub(super) const fn loans(&self) -> &Loans {
        &self.loans
    }

    /// Nothing of a call's streams is held any more.
    pub(super) fn give_back(&mut self, call: CallId) {
        if let Some(slot) = self.slots.get_mut(call) {
            slot.give_back(&mut self.loans);
        }
    }

    /// A call is made to answer one of that process: its streams are held for that.
    pub(super) fn hold_for(&mut self, call: CallId, party: Party) {
        if let Some(slot) = self.slots.get_mut(call) {
            slot.party = party;
        }
    }

    /// More of a result stream may come. How much; `None` if nothing is left for it.
    pub(super) fn grant(
        &mut self,
        call: CallId,
        index: u32,
        window: Window,
        bounded: &Bounded<'_>,
    ) -> Option<Window> {
        let Some(slot) = self.slots.get_mut(call) else {
            return Some(Window::NONE);
        };
        if !matches!(slot.state, State::Sent { .. }) || slot.cut.contains(&index) {
            return Some(Window::NONE);
        }
        slot.windows.entry(index).or_default();
        slot.with_window(index, &mut self.loans, |stream, loans, party| {
            let bound = bounded.bound(loans, party);
            if stream.has_ended() {
                Some(Window::NONE)
            } else if stream.is_new() {
                stream.begin(window, bound)
            } else {
                Some(stream.go_on(window, bound))
            }
        })
        .flatten()
    }

    /// How many bytes of results wait to be read.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let mut held = 0;
        for slot in self.slots.iter() {
            if let State::Sent { items, .. } | State::Ended { items, .. } = &slot.state {
                for item in items.iter() {
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
        let slot = self.slots.get(call)?;
        matches!(slot.state, State::Sent { .. })
            .then(|| slot.windows.get(&index))?
            .map(Lent::window)
    }

    /// One of many answers has come; an item of a stream has at most `item_bytes`. `None` if no such call is out.
    pub(super) fn add(
        &mut self,
        call: CallId,
        mut item: Item,
        item_bytes: usize,
        bounded: &Bounded<'_>,
    ) -> Option<Added<W>> {
        self.flow(call);
        let slot = self.slots.get_mut(call)?;
        match &slot.state {
            State::Sent { .. } => {}
            State::Ended { answered: false, .. } | State::Abandoned => return Some(Added::Waiter(None)),
            State::Parked { .. } | State::Ended { answered: true, .. } => return None,
        }
        if item.part().is_some_and(|part| slot.cut.contains(&part)) {
            return Some(Added::Waiter(None));
        }
        let mut cut = None;
        match &item {
            Item::Roster(_) => slot.asks_many = true,
            Item::Part(part, _) => {
                slot.with_window(*part, &mut self.loans, |stream, _, _| stream.end());
            }
            Item::Batch(index, batch) => {
                let taken = slot.with_window(*index, &mut self.loans, |stream, loans, party| {
                    let taken = stream.take(batch, item_bytes, || bounded.bound(loans, party));
                    if taken.is_err() {
                        stream.end();
                    }
                    taken
                });
                match taken.unwrap_or(Err(Failed::Overloaded { may_have_run: true })) {
                    Ok(()) => {}
                    Err(failed) if slot.asks_many => cut = Some((*index, failed)),
                    Err(failed) => return Some(Added::TooMany(failed)),
                }
            }
            Item::Happened(_) | Item::Ticked(_) | Item::Opened(..) | Item::Done(_) | Item::Absent(_) => {}
        }
        if let Some((part, failed)) = &cut {
            slot.cut.insert(*part);
            item = Item::Part(*part, Err(failed.clone().into()));
        }
        let State::Sent {
            waiter, items, held, ..
        } = &mut slot.state
        else {
            return None;
        };
        let overloaded = Failed::Overloaded { may_have_run: true };
        let mut with = *held + Backlog::of(&item);
        if let Item::Part(_, outcome) = &mut item
            && with.bytes > MOST.bytes
        {
            // Of that one, which has ended, there is no room for the answer.
            *outcome = Err(overloaded.clone().into());
            with = *held + Backlog::of(&item);
        }
        if with.is_over(MOST) {
            return Some(Added::TooMany(overloaded));
        }
        *held = with;
        items.push(item);
        let waiter = waiter.take();
        Some(match cut {
            Some((part, _)) => Added::Cut(waiter, part),
            None => Added::Waiter(waiter),
        })
    }

    /// The part of one process has ended here: nothing is kept of what comes of it.
    pub(super) fn cut(&mut self, call: CallId, part: u32) {
        if let Some(slot) = self.slots.get_mut(call) {
            slot.cut.insert(part);
        }
    }

    /// Nobody looks at the part of one process any more: nothing of it is kept.
    pub(super) fn drop_part(&mut self, call: CallId, part: u32) {
        let Some(slot) = self.slots.get_mut(call) else {
            return;
        };
        let State::Sent { items, held, .. } = &mut slot.state else {
            return;
        };
        slot.cut.insert(part);
        items.retain(|item| {
            let is_its = item.part() == Some(part);
            if is_its {
                *held = *held - Backlog::of(item);
            }
            !is_its
        });
        slot.with_window(part, &mut self.loans, |stream, _, _| {
            stream.end();
            stream.drop_all();
        });
    }

    /// Whether what a process answers, if it is one of many, is looked at.
    pub(super) fn keeps(&self, call: CallId, part: Option<u32>) -> bool {
        let slot = self.slots.get(call);
        part.is_none_or(|part| slot.is_some_and(|slot| !slot.cut.contains(&part)))
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
            items: Unread::new(),
        };
        waiter
    }

    /// Whether the call has failed, for which it may be made again, and that was not looked at.
    pub(super) fn may_be_called_again(&self, call: CallId) -> bool {
        self.slots.get(call).is_some_and(|slot| match &slot.state {
            State::Ended {
                outcome: Err(Failure::Failed(_)),
                items,
                ..
            } => !slot.is_opened && !items.iter().any(|item| matches!(item, Item::Opened(..))),
            _ => false,
        })
    }

    /// The parts of a call to many that ended as the signatures' numbers differ, of which that was not looked at.
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

impl<W> Slot<W> {
    /// One of many answers is looked at.
    pub(super) fn look_at(&mut self, item: &Item, loans: &mut Loans) {
        self.is_opened |= matches!(item, Item::Opened(..));
        if let Item::Batch(index, batch) = item {
            self.with_window(*index, loans, |stream, _, _| stream.look_at(batch));
        }
    }
}
