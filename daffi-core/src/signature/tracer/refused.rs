//! That a value could not be read.

use std::fmt::{self, Display};

/// A value was refused, or none could be made. The tree knows which, and nobody reads the reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no value could be made up")
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}
