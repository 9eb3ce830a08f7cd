//! Calls whose signature is not that of who offers the callback, but goes together with it: by their structure, or since parts that could not
//! be traced match anything.

use std::collections::VecDeque;

use bytes::Bytes;
use daffi_core::described::{Front, Verdict, agreement};
use daffi_core::proto::{CallHeader, Described, Limits};

use super::order::Order;

/// So often a call is made in other terms.
pub(super) const AGAIN: u8 = 2;

/// So many signatures are known: as many as there are versions of a program at a time, and a few.
const KNOWN: usize = 16;

/// Longer ones are not looked into, as everything waits meanwhile that has to do with schedules.
const LOOKED_INTO: usize = 64 * 1024;

/// In which terms a call is made that is not made in its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Other {
    /// By the number of another signature.
    Number(u64),
    /// By the versions that may run it, in ascending order: the structure stands in front of the arguments.
    Versions(Vec<u64>, Front),
}

impl Other {
    /// The call of an order in these terms, if `header` is the one in its own.
    #[must_use]
    pub fn header<'a>(&self, header: CallHeader<'a>) -> CallHeader<'a> {
        match self {
            Self::Number(signature) => CallHeader {
                signature: *signature,
                ..header
            },
            Self::Versions(versions, _) => CallHeader {
                signature: 0,
                versions: versions.clone(),
                ..header
            },
        }
    }

    /// The arguments, as they are sent.
    #[must_use]
    pub fn arguments(&self, order: &Order) -> Bytes {
        match self {
            Self::Number(_) => order.arguments().clone(),
            Self::Versions(_, front) => front.before(order.arguments()),
        }
    }
}

/// What is known of the signatures of those who offer what a schedule calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// By their versions, the newest last.
    known: VecDeque<(u64, Fit)>,
    /// Calls are made in these.
    accepted: Option<Other>,
    /// What stands in front of the arguments, once that is known: nothing, if nothing can.
    front: Option<Option<Front>>,
}

/// Whether calls are made to who offers something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// In their own terms.
    Own,
    /// By this number.
    Same(u64),
    /// With the structure in front.
    Compatible,
    Not,
}

impl Terms {
    /// In which terms calls are made, where these are not their own.
    pub(super) const fn accepted(&self) -> Option<&Other> {
        self.accepted.as_ref()
    }

    /// Whether a call, which was refused in the terms that it was made in, may be made to who offers one of these.
    pub(super) fn accept(&mut self, order: &Order, offered: &[Described]) -> bool {
        let fit: Vec<_> = offered.iter().map(|offered| self.fit(order, offered)).collect();
        let accepted = self.agreed(order);
        let goes_to = |(offered, fit): (&Described, Fit)| match (&accepted, fit) {
            (_, Fit::Not) => false,
            (None, fit) => fit == Fit::Own,
            (Some(Other::Number(number)), _) => offered.accepts(*number),
            (Some(Other::Versions(versions, _)), _) => versions.contains(&offered.version()),
        };
        let accepts = accepted != self.accepted && offered.iter().zip(fit).any(goes_to);
        if accepts {
            self.accepted = accepted;
        }
        accepts
    }

    /// In which terms calls are made to who offers this alone, if they may be.
    pub(super) fn of(&mut self, order: &Order, offered: &Described) -> Option<Other> {
        match self.fit(order, offered) {
            Fit::Own => Some(Other::Number(order.signature())),
            Fit::Same(number) => Some(Other::Number(number)),
            Fit::Compatible => Some(Other::Versions(vec![offered.version()], self.front(order)?)),
            Fit::Not => None,
        }
    }

    /// In which terms calls go to as many as possible.
    fn agreed(&mut self, order: &Order) -> Option<Other> {
        let knows = |fit| self.known.iter().any(|(_, known)| *known == fit);
        let knows_own = knows(Fit::Own);
        if knows(Fit::Compatible)
            && let Some(front) = self.front(order)
        {
            let newest = self.known.iter().rev().filter(|(_, fit)| *fit != Fit::Not);
            let mut versions: Vec<_> = newest
                .map(|(version, _)| *version)
                .take(Limits::COMPATIBLE)
                .collect();
            versions.sort_unstable();
            return Some(Other::Versions(versions, front));
        }
        if knows_own {
            return None;
        }
        self.known.iter().rev().find_map(|(_, fit)| match fit {
            Fit::Same(number) => Some(Other::Number(*number)),
            _ => None,
        })
    }

    fn front(&mut self, order: &Order) -> Option<Front> {
        let find = || Front::of_arguments(&order.described()?.interface().ok()?);
        self.front.get_or_insert_with(find).clone()
    }

    fn fit(&mut self, order: &Order, offered: &Described) -> Fit {
        // Looking takes long.
        let version = offered.version();
        let known = self.known.iter().position(|(known, _)| *known == version);
        let known = known.and_then(|place| self.known.remove(place));
        let found = known.map_or_else(|| find(order, offered), |(_, known)| known);
        if self.known.len() == KNOWN {
            self.known.pop_front();
        }
        self.known.push_back((version, found));
        found
    }
}

fn find(order: &Order, offered: &Described) -> Fit {
    if offered.accepts(order.signature()) {
        return Fit::Own;
    }
    let verdict = || {
        let called = order.described()?.interface().ok()?;
        let offered = (offered.size() <= LOOKED_INTO).then(|| offered.interface())?;
        Some(agreement(&called, &offered.ok()?))
    };
    match verdict() {
        Some(Verdict::Same) => Fit::Same(offered.number),
        Some(Verdict::Compatible) => Fit::Compatible,
        _ => Fit::Not,
    }
}
