//! Where one call of this process stands.

use std::collections::{BTreeMap, VecDeque};

use super::answers::{Backlog, Item};
use super::lent::Lent;
use super::message::Kept;
use crate::proto::{Failed, Outcome};

#[derive(Debug)]
pub(super) struct Slot<W> {
    /// When its call came, among others.
    pub(super) stamp: u64,
    pub(super) state: State<W>,
    /// It has streams or many answers.
    pub(super) flows: bool,
    /// How many streams it sends to each of those who are asked, until it is known who they are.
    pub(super) feeds: u32,
    /// What is lent to the streams that it is answered with, in bytes, until nothing of them is held.
    pub(super) lent: u64,
    /// For how many items of its stream it is known to be done, if it is one whose callback runs for each.
    pub(super) done: Option<u64>,
}

#[derive(Debug)]
pub(super) enum State<W> {
    /// Not sent yet.
    Parked { waiter: Option<W>, parked: Parked },
    /// Sent, not answered.
    Sent {
        waiter: Option<W>,
        items: VecDeque<Item>,
        /// How much may come of the stream of each process on the roster, or of the only one.
        windows: BTreeMap<u32, Lent>,
        held: Backlog,
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

/// A call that cannot be sent yet.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) message: Kept,
    /// What it ends with if its time is over before.
    pub(super) otherwise: Failed,
}

impl<W> State<W> {
    pub(super) const fn sent(waiter: Option<W>) -> Self {
        Self::Sent {
            waiter,
            items: VecDeque::new(),
            windows: BTreeMap::new(),
            held: Backlog { answers: 0, bytes: 0 },
        }
    }

    pub(super) const fn ended(outcome: Outcome) -> Self {
        Self::Ended {
            outcome,
            answered: true,
            items: VecDeque::new(),
        }
    }

    /// Who waits for the call; `None` if it has ended.
    pub(super) const fn waiter(&mut self) -> Option<&mut Option<W>> {
        match self {
            Self::Parked { waiter, .. } | Self::Sent { waiter, .. } => Some(waiter),
            Self::Ended { .. } | Self::Abandoned => None,
        }
    }
}
