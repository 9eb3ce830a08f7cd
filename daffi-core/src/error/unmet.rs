//! What a call still waited for when its time was over.

use std::fmt;

use super::Refusal;
use super::absent::Absent;
use crate::proto::Absence;

/// What a call still waited for when its deadline passed. It did not run then.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use std::time::Duration;
///
/// use daffi::{CallError, Unmet};
///
/// let call = g.call::<u64>("price", ("lamp",)).wait_for_provider(Duration::from_secs(60));
/// match call.timeout(Duration::from_millis(20)).await {
///     Err(CallError::Timeout { unmet: Some(unmet), .. }) => match *unmet {
///         Unmet::Connection { refusal, .. } => println!("no controller: {refusal:?}"),
///         Unmet::Provider { absence, .. } => println!("nobody came: {absence:?}"),
///         other => println!("{other:?}"),
///     },
///     other => panic!("{other:?}"),
/// }
/// # Ok(()) }
/// ```
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
