//! How calls are shared.

use serde::{Deserialize, Serialize};

/// How calls are shared among the providers of a callback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Balance {
    /// The less loaded of two random ones.
    #[default]
    LessLoaded,
    /// One after the other.
    RoundRobin,
    /// Any.
    Random,
}

impl core::fmt::Display for Balance {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::LessLoaded => "less_loaded",
            Self::RoundRobin => "round_robin",
            Self::Random => "random",
        })
    }
}
