//! Randomness for names and pauses, from what the standard library seeds its hash maps with. Not for secrets.

use std::hash::{BuildHasher as _, RandomState};

use crate::simulation;

/// A random number.
#[must_use]
pub fn number() -> u64 {
    simulation::number().unwrap_or_else(|| RandomState::new().hash_one(0))
}

/// A random number from 0 to 1.
pub(crate) fn fraction() -> f64 {
    f64::from(u32::try_from(number() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
