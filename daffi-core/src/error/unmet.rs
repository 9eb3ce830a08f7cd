//! What a call still waited for when its time was over.

use std::fmt;

use super::Refusal;
use super::absent::Absent;
use crate::proto::Absence;

/// What a call still waited for when its deadline passed. It did not run then.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unmet {
    /// A connection to the controller.
    #[non_exhaustive]
    Connection {
        /// Why the controller ended the last one, or does not let this process in again, if it has said so.
        refusal: Option<Refusal>,
    },
    /// Somebody who offers the callback, for whom it [waited](crate::Call::wait_for_provider).
    #[non_exhaustive]
    Provider {
        /// The process that was named with `.to(…)`.
        process: Option<String>,
        /// What exactly was missing when the call began to wait.
        absence: Absence,
    },
}

impl Unmet {
    /// Says it, after what has passed.
    pub(super) fn say(&self, callback: &str, waited: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection { refusal: None } => {
                f.write_str(", and there is no connection to the controller: see whether the controller runs")
            }
            Self::Connection {
                refusal: Some(refusal),
            } => write!(
                f,
                ", and there is no connection to the controller, which says of that: {refusal}"
            ),
            Self::Provider { process, absence } => {
                let absent = Absent {
                    callback,
                    process: process.as_deref(),
                    absence,
                    waited,
                };
                write!(f, ", and {absent}")
            }
        }
    }
}
