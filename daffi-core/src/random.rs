//! Randomness for names and pauses, from what the standard library seeds its hash maps with. Not for secrets.

use std::hash::{BuildHasher as _, RandomState};

/// A random number.
pub(crate) fn number() -> u64 {
    RandomState::new().hash_one(0)
}

/// A random number from 0 to 1.
pub(crate) fn fraction() -> f64 {
    f64::from(u32::try_from(number() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
