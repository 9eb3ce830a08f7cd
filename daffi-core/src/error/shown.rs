//! How a callback's own error is shown, whose type may or may not have words of its own.
//!
//! [`CallError`](super::CallError) asks of that type no more than [`Debug`](fmt::Debug), and stable Rust has no way to ask a type
//! parameter for more. A fetcher names the type, so what it can do is found out there, and found again here by its [`TypeId`].

#![cfg_attr(
    not(feature = "runtime"),
    expect(unreachable_pub, reason = "without fetchers, nobody else declares errors")
)]

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;

use super::RemoteError;

type Words = fn(&dyn Any) -> Option<&dyn Display>;
type Source = fn(&dyn Any) -> Option<&(dyn Error + 'static)>;

/// How the errors of one type are shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    type_id: TypeId,
    words: Words,
    source: Source,
}

impl Shown {
    /// Those of a type that has words.
    #[must_use]
    pub fn display<E: Display + 'static>() -> Self {
        Self {
            type_id: TypeId::of::<E>(),
            words: |error| error.downcast_ref::<E>().map(|error| error as &dyn Display),
            source: |_| None,
        }
    }

    /// Those of a type that has words, and perhaps a cause.
    #[must_use]
    pub fn error<E: Error + 'static>() -> Self {
        Self {
            source: |error| error.downcast_ref::<E>().and_then(Error::source),
            ..Self::display::<E>()
        }
    }

    /// What is known of errors of the type of `error`.
    fn of(error: &dyn Any) -> Option<Self> {
        let everywhere = [
            Self::error::<RemoteError>,
            #[cfg(feature = "runtime")]
            Self::error::<super::by_hand::JsonError>,
            Self::display::<String>,
            Self::display::<&'static str>,
            Self::display::<Cow<'static, str>>,
            Self::display::<Box<str>>,
        ];
        let everywhere = everywhere.into_iter().map(|shown| shown());
        everywhere
            .chain(declared())
            .find(|shown| shown.type_id == error.type_id())
    }
}

/// The words of `error`, if its type has some and is known here.
pub(super) fn words(error: &dyn Any) -> Option<&dyn Display> {
    (Shown::of(error)?.words)(error)
}

/// The cause of `error`, if its type has some and is known here.
pub(super) fn source(error: &dyn Any) -> Option<&(dyn Error + 'static)> {
    (Shown::of(error)?.source)(error)
}

/// What a fetcher says of the error that it declares.
#[cfg(feature = "runtime")]
#[derive(Clone, Copy, Debug)]
pub struct ShownEntry(pub fn() -> Option<Shown>);

#[cfg(feature = "runtime")]
inventory::collect!(ShownEntry);

#[cfg(feature = "runtime")]
fn declared() -> impl Iterator<Item = Shown> {
    inventory::iter::<ShownEntry>().filter_map(|entry| (entry.0)())
}

#[cfg(not(feature = "runtime"))]
fn declared() -> impl Iterator<Item = Shown> {
    std::iter::empty()
}
