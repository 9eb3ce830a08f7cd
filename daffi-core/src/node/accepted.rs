//! Signatures that go together although their numbers differ.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::described::{Verdict, agreement};
use crate::proto::Described;
use crate::signature::Interface;

/// In which terms a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The number of a signature, or of a version of it.
    pub(crate) number: u64,
    /// Whether the structure of the arguments goes in front of them, since the other side has another one.
    pub(crate) described: bool,
}

/// The terms of providers, by callback and the version of the caller: what goes together with it depends on what its types allow.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    terms: Mutex<HashMap<(Box<str>, u64), Terms>>,
    /// Most processes never have any.
    any: AtomicBool,
}

impl Accepted {
    /// The terms of a call by `number` and a version: those of a provider's, if it was found that they go together.
    pub(crate) fn terms(&self, name: &str, number: u64, version: impl FnOnce() -> u64) -> Terms {
        let own = Terms {
            number,
            described: false,
        };
        if !self.any.load(Ordering::Acquire) {
            return own;
        }
        let terms = self.terms.lock().unwrap_or_else(PoisonError::into_inner);
        let known = terms.get(&(Box::from(name), version()));
        known.copied().unwrap_or(own)
    }

    /// Compares what did not match by number. If it goes together it is worth calling again in the terms that are given
    /// back; the structures are not compared again.
    pub(crate) fn accept(
        &self,
        name: &str,
        sent: Terms,
        (called, version): (&Interface, u64),
        offered: &Described,
    ) -> Option<Terms> {
        if offered.number == sent.number {
            return None;
        }
        let accepted = match agreement(called, &offered.interface().ok()?) {
            Verdict::Same => Terms {
                number: offered.number,
                described: false,
            },
            // It depends on what the types allow, which is no part of the signature's number.
            Verdict::Compatible => Terms {
                number: offered.version(),
                described: true,
            },
            Verdict::Incompatible(_) => return None,
        };
        if accepted == sent {
            return None;
        }
        let mut terms = self.terms.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded: call sites are few, but calls by name may have as many shapes as they have values.
        if terms.len() >= 4096 {
            terms.clear();
        }
        terms.insert((name.into(), version), accepted);
        self.any.store(true, Ordering::Release);
        Some(accepted)
    }
}
