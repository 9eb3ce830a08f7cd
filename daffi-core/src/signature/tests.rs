mod compare;
mod display;
mod effort;
mod gaps;
mod guard;
mod opaque;
mod prints;
mod reading;
mod recursion;
mod shape;
mod trace;
mod wire;

use serde::Deserialize;

use super::*;

/// The structure of `T` is written as `expected`.
#[track_caller]
fn check<T: Deserialize<'static>>(expected: &str) {
    assert_eq!(
        super::trace::<T>().to_string(),
        expected,
        "{}",
        std::any::type_name::<T>()
    );
}

/// A signature that takes `parameters` and gives `()`.
fn takes<const N: usize>(parameters: [(&str, Type); N]) -> Signature {
    Signature::new(
        parameters,
        Returns {
            ok: Type::Unit,
            error: ErrorType::None,
        },
    )
}

/// A signature that takes nothing.
fn gives(ok: Type, error: ErrorType) -> Signature {
    Signature::new([], Returns { ok, error })
}
