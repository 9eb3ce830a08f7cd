//! Counts how often the router looks at a process, a call or a provider, so that tests can say how much work something is.

use std::cell::Cell;

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// Something is looked at.
pub(super) fn look() {
    LOOKS.set(LOOKS.get() + 1);
}

/// How many looks something takes.
pub(super) fn looks<T>(what: impl FnOnce() -> T) -> (T, usize) {
    let before = LOOKS.get();
    let result = what();
    (result, LOOKS.get() - before)
}
