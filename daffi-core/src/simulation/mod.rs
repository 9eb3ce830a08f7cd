//! Runs that can be made again: on a thread that is simulated, a seed decides what is random, and what is measured of work is no time at all, so
//! that with tokio's paused clock nothing depends on chance or on the machine. For daffi's own tests.

use std::cell::Cell;
use std::time::Instant;

thread_local! {
    /// What the next random number is made of, where this thread is simulated.
    static STATE: Cell<Option<u64>> = const { Cell::new(None) };
}

/// From now on, this thread is simulated.
pub fn begin(seed: u64) {
    STATE.set(Some(seed));
}

/// This thread is simulated no more.
pub fn end() {
    STATE.set(None);
}

/// The number that follows in an order which looks random (SplitMix64).
pub const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The next random number of this thread.
pub(crate) fn number() -> Option<u64> {
    let mut state = STATE.get()?;
    let number = next(&mut state);
    STATE.set(Some(state));
    Some(number)
}

/// How much is done in a turn of a controller: now and then so little that others come in between.
#[must_use]
pub fn turn() -> Option<u32> {
    let number = number()?;
    let things = 1 + u32::try_from(number >> 32).unwrap_or_default() % 8;
    number.is_multiple_of(4).then_some(things)
}

/// Whether this thread is simulated: callbacks begin where their calls arrive, and never on another thread.
pub(crate) fn is_on() -> bool {
    STATE.get().is_some()
}

/// The time by which work is measured.
pub(crate) fn now() -> Instant {
    if is_on() {
        tokio::time::Instant::now().into_std()
    } else {
        Instant::now()
    }
}

/// The system's number of this process, as it says it of itself.
pub(crate) fn process_number() -> u32 {
    if is_on() { 1 } else { std::process::id() }
}
