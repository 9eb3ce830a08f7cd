//! Nothing is simulated without the feature `simulation`.

use std::time::Instant;

pub(crate) const fn number() -> Option<u64> {
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
