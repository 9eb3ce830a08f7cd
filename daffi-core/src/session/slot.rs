//! Where one call of this process stands.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::Backlog;
use super::kept::Kept;
use super::lent::Lent;
use super::loans::{Loans, Party, Weight};
use super::unread::Unread;
use crate::proto::{Absence, Failed, Failure, Moment, Outcome};

#[derive(Debug)]
pub(super) struct Slot<W> {
    /// When its call came, among others.
    pub(super) stamp: u64,
    /// It is a call, and not a question to the controller or something that is told it.
    pub(super) is_call: bool,
    pub(super) state: State<W>,
    /// It has streams or many answers.
    pub(super) flows: bool,
    /// Its caller has seen that a stream of one process comes: it is not called again.
    pub(super) is_opened: bool,
    /// How many streams it sends to each of those who are asked, until it is known who they are.
    pub(super) feeds: u32,
    /// What is lent to the stream of each process on the roster, or of the only one, until nothing of them is held; and to whom.
    pub(super) windows: BTreeMap<u32, Lent>,
    pub(super) party: Party,
    /// It asks many, and they are known.
    pub(super) asks_many: bool,
    /// Of these nothing is kept that comes: the places of those whose part has ended here.
    pub(super) cut: BTreeSet<u32>,
    /// It has waited at the controller for a provider, so that nobody may have run it.
    pub(super) waits: bool,
    /// It is given up, and the controller is asked whether it ran.
    pub(super) asked: Option<Asked>,
    /// For how many items of its stream it is known to be done, if it is one whose callback runs for each.
    pub(super) done: Option<u64>,
    /// It waits for somebody where nobody is there.
    pub(super) lasting: Option<Box<Lasting>>,
}

impl<W> Slot<W> {
    /// One that came then.
    pub(super) const fn new(stamp: u64, is_call: bool, state: State<W>) -> Self {
        Self {
            stamp,
            is_call,
            state,
            flows: false,
            is_opened: false,
            feeds: 0,
            windows: BTreeMap::new(),
            party: None,
            asks_many: false,
            cut: BTreeSet::new(),
            waits: false,
            asked: None,
            done: None,
            lasting: None,
        }
    }

    /// What its caller is told, whatever is known to have come of it.
    pub(super) fn told(&self, outcome: Outcome) -> Outcome {
        let Some(asked) = &self.asked else {
            return outcome;
        };
        let may_have_run = match outcome {
            Err(Failure::Failed(failed)) => failed.may_have_run(),
            Ok(_) | Err(Failure::App { .. } | Failure::Explained(_)) => true,
        };
        let failed = match asked.since {
            GivenUp::Late => Failed::timeout(may_have_run),
            GivenUp::Cancelled => Failed::Cancelled { may_have_run },
        };
        Err(failed.into())
    }

    /// Does something with the window of a stream, of which account is kept. `None` if there is none.
    pub(super) fn with_window<T>(
        &mut self,
        index: u32,
        loans: &mut Loans,
        work: impl FnOnce(&mut Lent, &Loans, &Party) -> T,
    ) -> Option<T> {
        let lent = self.windows.get_mut(&index)?;
        let before = lent.weight();
        let given = work(lent, loans, &self.party);
        loans.change(&self.party, before, lent.weight());
        Some(given)
    }

    /// Nothing comes of its streams any more.
    pub(super) fn end_windows(&mut self, loans: &mut Loans) {
        for lent in self.windows.values_mut() {
            let before = lent.weight();
            lent.end();
            loans.change(&self.party, before, lent.weight());
        }
    }

    /// Nothing of its streams is held any more.
    pub(super) fn give_back(&mut self, loans: &mut Loans) {
        for (_, lent) in std::mem::take(&mut self.windows) {
            loans.change(&self.party, lent.weight(), Weight::default());
        }
    }
}

#[derive(Debug)]
pub(super) enum State<W> {
    /// Not sent yet.
    Parked { waiter: Option<W>, parked: Parked },
    /// Sent, not answered.
    Sent {
        waiter: Option<W>,
        items: Unread,
        held: Backlog,
    },
    /// Ended, not yet looked at. `answered` if no reply is to come any more.
    Ended {
        outcome: Outcome,
        answered: bool,
        items: Unread,
    },
    /// Nobody waits, but the reply is still to come and the number not free.
    Abandoned,
}

/// Why nobody waits any more for what a call would be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// Its time is over.
    Late,
    /// Its caller has cancelled it.
    Cancelled,
}

/// The controller is asked whether a call ran that is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) since: GivenUp,
    /// How long it may take to say so.
    pub(super) until: Moment,
}

/// A call that is kept if nobody is there, and what is kept of it; then what is missing, until that was told.
#[derive(Debug)]
pub(super) enum Lasting {
    Sent(Kept),
    Absent(Absence),
}

/// A call that cannot be sent yet.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) message: Kept,
    /// What it ends with if its time is over before.
    pub(super) otherwise: Failed,
    /// When that is, if the session keeps account of it.
    pub(super) until: Option<Moment>,
}

impl<W> State<W> {
    pub(super) const fn sent(waiter: Option<W>) -> Self {
        Self::Sent {
            waiter,
            items: Unread::new(),
            held: Backlog { answers: 0, bytes: 0 },
        }
    }

    pub(super) const fn ended(outcome: Outcome) -> Self {
        Self::Ended {
            outcome,
            answered: true,
            items: Unread::new(),
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
