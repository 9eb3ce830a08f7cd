//! Nothing is simulated without the feature `simulation`.

use std::time::Instant;

pub(crate) const fn number() -> Option<u64> {
    None
}

/// How much is done in a turn of a controller, if that is said.
#[must_use]
pub const fn turn() -> Option<u32> {
    None
}

pub(crate) const fn is_on() -> bool {
    false
}

pub(crate) fn now() -> Instant {
    Instant::now()
}

pub(crate) fn process_number() -> u32 {
    std::process::id()
}
