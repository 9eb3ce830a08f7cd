//! Signatures that match although their numbers differ.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::proto::Described;
use crate::signature::Signature;

/// The numbers of providers' signatures, by callback and the number of the caller's.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    numbers: Mutex<HashMap<(Box<str>, u64), u64>>,
    /// Most processes never have any.
    any: AtomicBool,
}

impl Accepted {
    /// The signature number to send instead of `number`, if a provider's was found to be compatible.
    pub(crate) fn number(&self, name: &str, number: u64) -> u64 {
        if !self.any.load(Ordering::Acquire) {
            return number;
        }
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.get(&(Box::from(name), number)).copied().unwrap_or(number)
    }

    /// Compares the signatures that did not match by number. If they are compatible it is worth calling again with the
    /// number that is given back; the structures are not compared again.
    pub(crate) fn accept(
        &self,
        name: &str,
        sent: u64,
        called: &Signature,
        offered: &Described,
    ) -> Option<u64> {
        let number = offered.number;
        if number == sent || !called.is_compatible_with(&offered.decode().ok()?) {
            return None;
        }
        let mut accepted = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        // Bounded: call sites are few, but calls by name may have as many shapes as they have values.
        if accepted.len() >= 4096 {
            accepted.clear();
        }
        accepted.insert((name.into(), called.number()), number);
        self.any.store(true, Ordering::Release);
        Some(number)
    }
}
