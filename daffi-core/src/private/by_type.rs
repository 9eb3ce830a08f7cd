//! Choices by type, for generated code: the macros see the names of types, only the compiler knows what they are.
//!
//! Stable Rust has no specialisation, and method calls are the next best thing. A choice is a method of one name in
//! several traits, the best case implemented for `&&&Kind<T>`, the next for `&&Kind<T>`, and so on; a call on
//! `(&&&&kind)` takes the first whose bounds hold. This works only where `T` is known, which it is: callbacks and
//! fetchers have no type parameters.
//!
//! **Architecture Invariant:** the last case of every choice holds for any type. Either it is a sensible answer, or it
//! has a requirement from [`check`] on the *method*, which does not take part in the choice: the compiler
//! then says that this requirement is not met, once, at the type. A case that is reached only beside such an error asks
//! for nothing, so that one fault gives one message.

use std::any::type_name;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check;
use crate::proto::AsRawBytes;
use crate::registry::looking::{self, Looking, findings};
use crate::signature::{self, Contract, ErrorFindings, Findings};

/// Makes the markers that stand for a type in a choice.
macro_rules! kinds {
    ($($(#[$docs:meta])* $name:ident<$($parameter:ident),+>;)+) => {$(
        $(#[$docs])*
        #[derive(Debug)]
        pub struct $name<$($parameter),+>(::std::marker::PhantomData<fn() -> ($($parameter,)+)>);

        impl<$($parameter),+> $name<$($parameter),+> {
            /// Stands for the type.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "only generated code makes these")]
            pub const fn new() -> Self {
                Self(::std::marker::PhantomData)
            }
        }
    )+};
}

/// Makes the traits of a choice, the best case first.
///
/// `Case: [generics] kind (argument: type) -> output { body }`, perhaps with `where<T> [T: Requirement]`, which the
/// method then asks of the type. The compiler shows that piece beside its message.
macro_rules! choice {
    ($method:ident {$(
        $case:ident: [$($generics:tt)*] $kind:ty, ($($argument:ident: $type:ty),*) -> $output:ty
        $(where<$($required:ident),+> [$($requirement:tt)+])?
        $body:block
    )+}) => {$(
        #[doc = concat!("A case of `", stringify!($method), "`.")]
        #[allow(non_camel_case_types, reason = "the type parameters are called like the arguments")]
        pub trait $case<Output, $($argument,)* $($($required),+)?> {
            /// Makes the choice.
            fn $method(&self, $($argument: $argument),*) -> Output $(where $($requirement)+)?;
        }

        impl<$($generics)*> $case<$output, $($type,)* $($($required),+)?> for $kind {
            fn $method(&self, $($argument: $type),*) -> $output $(where $($requirement)+)? $body
        }
    )+};
}

mod callback;
mod fetcher;
mod service;

pub use callback::{Parameter, Returned, Unchecked, Undecodable, returned};
pub use fetcher::{Answer, Argument, Fetched, FetchedError, FetchedInside, argument};
pub use service::{State, boxed};

/// The traits of this module without their names, to be imported where a choice is made.
pub mod choices {
    pub use super::callback::choices::*;
    pub use super::fetcher::choices::*;
    pub use super::service::choices::*;
    pub use super::{ItemAny as _, ItemBytes as _, ItemLent as _, ItemPlain as _, ItemSent as _};
    pub use super::{SentBytes as _, SentLent as _, SentPlain as _, SentValue as _};
    pub use super::{TracedAny as _, TracedBytes as _, TracedLent as _, TracedPlain as _};
}

/// What `contract` says if it does not look into any type.
pub fn untraced(contract: impl FnOnce() -> Contract) -> Contract {
    looking::at(Looking::Nothing, contract)
}

/// The contract of a callback, or of a fetcher whose arguments are known one by one.
#[must_use]
pub fn signature<const N: usize>(
    parameters: [(&str, Findings); N],
    ok: Findings,
    error: ErrorFindings,
) -> Contract {
    Contract::new(parameters, ok, error)
}

/// A parameter that is its default where it is not sent.
#[must_use]
pub fn optional(parameter: Findings) -> Findings {
    parameter.optional()
}

/// The contract of a fetcher whose arguments are known as one tuple.
#[must_use]
pub fn signature_of_tuple(arguments: Findings, ok: Findings, error: ErrorFindings) -> Contract {
    Contract::of_tuple(arguments, ok, error)
}

kinds! {
    /// A type whose shape is shown where serde can show it.
    Traced<T>;
    /// The items of a stream that is sent.
    Item<T>;
}

/// The type of a value, for a choice.
pub fn traced_like<T>(_: &T) -> Traced<T> {
    Traced::new()
}

choice! {
    // The shape of the type: `(&&&&Traced::<T>::new()).__daffi_type()`.
    __daffi_type {
        TracedBytes: [T: AsRawBytes] &&&Traced<T>, () -> Findings { bytes_type() }
        TracedPlain: [T: Deserialize<'static>] &&Traced<T>, () -> Findings { findings::<T>() }
        TracedLent: ['a, T: Lent<Owned: Deserialize<'static>> + ?Sized] &Traced<&'a T>, () -> Findings {
            findings::<T::Owned>()
        }
        TracedAny: [T] Traced<T>, () -> Findings { Findings::nothing() }
    }
}

choice! {
    // The shape of an argument, or what there is of it in the value: `(&&&&Traced::<T>::new()).__daffi_sent_type(&value)`.
    __daffi_sent_type {
        SentBytes: ['v, T: AsRawBytes, V] &&&Traced<T>, (_value: &'v V) -> Findings { bytes_type() }
        SentPlain: ['v, T: Deserialize<'static>, V] &&Traced<T>, (_value: &'v V) -> Findings { findings::<T>() }
        SentLent: ['v, 'a, T: Lent<Owned: Deserialize<'static>> + ?Sized, V] &Traced<&'a T>, (_value: &'v V) -> Findings {
            findings::<T::Owned>()
        }
        SentValue: ['v, T, V: Serialize] Traced<T>, (value: &'v V) -> Findings { looking::value(value) }
    }
}

choice! {
    // The shape of the items of a stream that is sent, of which none is there yet: `(&&&&&Item::<T>::new()).__daffi_type()`.
    __daffi_type {
        ItemBytes: [T: AsRawBytes] &&&&Item<T>, () -> Findings { bytes_type() }
        ItemPlain: [T: Deserialize<'static>] &&&Item<T>, () -> Findings { findings::<T>() }
        ItemLent: ['a, T: Lent<Owned: Deserialize<'static>> + ?Sized] &&Item<&'a T>, () -> Findings {
            findings::<T::Owned>()
        }
        ItemSent: [T: Serialize] &Item<T>, () -> Findings where<T> [T: check::Compared] { does_not_compile::<T>() }
        ItemAny: [T] Item<T>, () -> Findings { does_not_compile::<T>() }
    }
}

fn bytes_type() -> Findings {
    signature::findings::<Vec<u8>>()
}

/// What is decoded to be lent as `&Self`.
#[diagnostic::on_unimplemented(
    message = "a reference to `{Self}` cannot cross between processes",
    label = "this type cannot be decoded and then lent"
)]
pub trait Lent {
    /// The owner, a reference to which is a reference to `Self` by coercion.
    type Owned;
}

impl<T> Lent for T {
    type Owned = T;
}

impl Lent for str {
    type Owned = String;
}

impl<T> Lent for [T] {
    type Owned = Vec<T>;
}

impl Lent for Path {
    type Owned = PathBuf;
}

/// The end of a case that asks for nothing: a program that would get here has a compile error beside it.
fn does_not_compile<T>() -> ! {
    unreachable!(
        "`{}` does not meet the requirements of daffi's macros",
        type_name::<T>()
    )
}
