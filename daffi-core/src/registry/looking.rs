//! What is looked into while a contract is made: the code that makes one is the same whatever is known already.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use crate::signature::{self, Contract, Findings};

/// What is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looking {
    /// Types.
    Types,
    /// The values of those that cannot be read.
    Values,
    /// Neither: the user wants it so.
    Nothing,
}

thread_local! {
    static LOOKING: Cell<Looking> = const { Cell::new(Looking::Types) };
}

/// Looks so again when dropped, also by a panic of the user's.
struct Before(Looking);

impl Drop for Before {
    fn drop(&mut self) {
        LOOKING.set(self.0);
    }
}

/// What `contract` says if it looks so.
pub(crate) fn at(looking: Looking, contract: impl FnOnce() -> Contract) -> Contract {
    let _before = Before(LOOKING.replace(looking));
    contract()
}

/// What there is to find out about a type.
pub(crate) fn findings<T: Deserialize<'static>>() -> Findings {
    match LOOKING.get() {
        Looking::Types => signature::findings::<T>(),
        Looking::Values | Looking::Nothing => Findings::nothing(),
    }
}

/// What there is to find out about a value whose type cannot be read.
pub(crate) fn value<T: Serialize + ?Sized>(value: &T) -> Findings {
    match LOOKING.get() {
        Looking::Types => Findings::of_no_type(),
        Looking::Values => Findings::of_value(value),
        Looking::Nothing => Findings::nothing(),
    }
}
