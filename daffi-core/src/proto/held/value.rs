//! Where a value is written to under watch, and why it cannot be.

use core::fmt::{self, Display};

/// Why a value could not be written.
#[derive(Debug)]
pub(in super::super) enum Unwritten {
    /// Its own `Serialize` says why.
    Said(Box<str>),
    /// A sequence or map did not say how long it is.
    Endless,
}

impl Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Said(message) => message,
            Self::Endless => {
                "a sequence or map does not say how long it is before it is written: it may use #[serde(flatten)]"
            }
        })
    }
}

impl core::error::Error for Unwritten {}

impl serde::ser::Error for Unwritten {
    fn custom<T: Display>(message: T) -> Self {
        Self::Said(message.to_string().into())
    }
}

pub(super) type Written<T = ()> = Result<T, Unwritten>;

/// Where a value is written to, and what looks on.
pub(in super::super) struct Held<'o, W> {
    pub(super) out: &'o mut Vec<u8>,
    pub(super) watch: W,
}

impl<'o, W> Held<'o, W> {
    pub(in super::super) const fn new(out: &'o mut Vec<u8>, watch: W) -> Self {
        Self { out, watch }
    }
}
