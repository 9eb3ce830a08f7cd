//! Why callbacks were not registered or unregistered.

use std::fmt;

use super::fault::{ConfigFault, Listed};
use crate::proto::Heard;

/// Why callbacks were not registered or unregistered.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// use daffi::RegisterError;
///
/// let g = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// g.register_fn("double", |n: i64| async move { n * 2 }).await?;
/// match g.register_fn("double", |n: i64| async move { n * 3 }).await {
///     Err(RegisterError::Config(faults)) => println!("{}", faults[0]),      // it is offered already
///     Err(RegisterError::Refused { reason, .. }) => println!("{reason}"),   // it contradicts what others offer
///     Err(RegisterError::Call(error)) => println!("{error}"),               // the controller could not be told
///     other => panic!("{other:?}"),
/// }
/// assert!(matches!(g.unregister("triple").await, Err(RegisterError::Unknown { name, .. }) if name == "triple"));
/// # Ok(()) }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The service does not fit what this process offers; all faults at once.
    #[error("the service cannot be offered:{}", Listed(.0))]
    Config(Vec<ConfigFault>),
    /// This process does not offer the callback.
    #[error(
        "this process offers no callback named `{name}`, so there is nothing to unregister: say the name that others call, with its \
         prefix or alias"
    )]
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
    ///
    /// ```
    /// use daffi::RegisterError;
    ///
    /// // As stand-ins for daffi return them, in tests.
    /// assert!(RegisterError::unknown("double").to_string().contains("double"));
    /// assert!(RegisterError::refused("another signature").to_string().contains("another signature"));
    /// ```
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
