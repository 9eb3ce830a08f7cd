//! Where a value is written to under watch, and why it cannot be.

use core::fmt::{self, Display};

use super::watch::Watch;

/// Why a value could not be written. As small as can be: it stands in every result.
#[derive(Debug)]
pub(in super::super) enum Unwritten {
    /// Its own `Serialize` says why.
    Said(Box<Words>),
    /// A sequence or map did not say how long it is.
    Endless,
}

#[derive(Debug)]
pub(in super::super) struct Words(String);

impl Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Said(words) => &words.0,
            Self::Endless => {
                "a sequence or map does not say how long it is before it is written: it may use #[serde(flatten)]"
            }
        })
    }
}

impl core::error::Error for Unwritten {}

impl serde::ser::Error for Unwritten {
    fn custom<T: Display>(message: T) -> Self {
        Self::Said(Box::new(Words(message.to_string())))
    }
}

pub(super) type Written<T> = Result<T, Unwritten>;

/// Where a value is written to, and what looks on.
pub(in super::super) struct Held<'o, W: Watch> {
    pub(super) sink: &'o mut W::Sink,
    pub(super) watch: W,
}

impl<'o, W: Watch> Held<'o, W> {
    #[inline]
    pub(in super::super) const fn new(sink: &'o mut W::Sink, watch: W) -> Self {
        Self { sink, watch }
    }
}
