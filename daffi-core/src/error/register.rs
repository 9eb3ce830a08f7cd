//! Why callbacks were not registered or unregistered.

use std::fmt;

use super::fault::{ConfigFault, Listed};
use crate::proto::Heard;

/// Why callbacks were not registered or unregistered.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The service does not fit what this process offers; all faults at once.
    #[error("the service cannot be offered:{}", Listed(.0))]
    Config(Vec<ConfigFault>),
    /// This process does not offer the callback.
    #[error("this process offers no callback named `{name}`, so there is nothing to unregister")]
    #[non_exhaustive]
    Unknown {
        /// The name.
        name: String,
    },
    /// The controller does not take it.
    #[error("the controller does not take that: {}", Heard(reason))]
    #[non_exhaustive]
    Refused {
        /// Why not.
        reason: String,
    },
    /// The controller could not be told.
    #[error(transparent)]
    Call(super::CallError),
}

impl RegisterError {
    /// The error for a callback named `name` that is not offered.
    #[must_use]
    pub fn unknown(name: impl Into<String>) -> Self {
        Self::Unknown { name: name.into() }
    }

    /// The error for callbacks that the controller does not take, for `reason`.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
        }
    }
}

/// The variant's name and the message, as of the other errors.
impl fmt::Debug for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self {
            Self::Config(_) => "Config",
            Self::Unknown { .. } => "Unknown",
            Self::Refused { .. } => "Refused",
            Self::Call(error) => return write!(f, "Call: {error:?}"),
        };
        write!(f, "{variant}: {self}")
    }
}
