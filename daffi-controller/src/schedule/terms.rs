//! Calls whose signature is not that of who offers the callback, but goes together with it: by their structure, or since parts that could not
//! be traced match anything.

use std::collections::VecDeque;

use bytes::Bytes;
use daffi_core::described::{Front, Verdict, agreement};
use daffi_core::proto::Described;

use super::order::Order;

/// So often a call is made in other terms.
pub(super) const AGAIN: u8 = 2;

/// So many signatures are known: as many as there are versions of a program at a time, and a few.
const KNOWN: usize = 16;

/// In which terms a call is made that is not made in its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// The number of the signature, or of its version.
    pub signature: u64,
    /// What stands in front of the arguments, where the callback has others.
    front: Option<Front>,
}

impl Other {
    /// Whether something stands in front of the arguments.
    #[must_use]
    pub const fn is_described(&self) -> bool {
        self.front.is_some()
    }

    /// The arguments, as they are sent.
    #[must_use]
    pub fn arguments(&self, order: &Order) -> Bytes {
        match &self.front {
            Some(front) => front.before(order.arguments()),
            None => order.arguments().clone(),
        }
    }
}

/// What is known of the signatures of those who offer what a schedule calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Terms {
    /// By their versions: whether calls are made to who offers them, and how. The newest last.
    known: VecDeque<(u64, Option<Other>)>,
    /// Calls are made in these.
    accepted: Option<Other>,
}

impl Terms {
    /// In which terms calls are made, where these are not their own.
    pub(super) const fn accepted(&self) -> Option<&Other> {
        self.accepted.as_ref()
    }

    /// Whether a call, which was made with another number, may be made to who offers this.
    pub(super) fn accept(&mut self, order: &Order, offered: &Described) -> bool {
        if offered.accepts(order.signature()) {
            return self.accepted.take().is_some();
        }
        let other = self.of(order, offered);
        let accepts = other.is_some();
        if accepts {
            self.accepted = other;
        }
        accepts
    }

    /// In which terms calls are made to who offers this, if they may be.
    pub(super) fn of(&mut self, order: &Order, offered: &Described) -> Option<Other> {
        // Looking takes long.
        let version = offered.version();
        if let Some((_, known)) = self.known.iter().find(|(known, _)| *known == version) {
            return known.clone();
        }
        let found = self.find(order, offered, version);
        if self.known.len() == KNOWN {
            self.known.pop_front();
        }
        self.known.push_back((version, found.clone()));
        found
    }

    fn find(&self, order: &Order, offered: &Described, version: u64) -> Option<Other> {
        let called = order.described()?.interface().ok()?;
        let (signature, front) = match agreement(&called, &offered.interface().ok()?) {
            Verdict::Same => (offered.number, None),
            Verdict::Compatible => {
                // It is the same for all.
                let mut others = self.known.iter().filter_map(|(_, other)| other.as_ref());
                let front = others.find_map(|other| other.front.clone());
                (version, Some(front.or_else(|| Front::of_arguments(&called))?))
            }
            _ => return None,
        };
        Some(Other { signature, front })
    }
}
