//! Waiting for the end of a `Global`.

use std::fmt;
use std::sync::Arc;

use tracing::{info, warn};

use super::Global;
use super::signals::Signals;
use crate::error::StartError;
use crate::node::Disconnect;

/// Why a `Global` has ended: what [`Global::join`] returns.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::Ended;
///
/// # let service = g.clone();
/// # tokio::spawn(async move { service.stop().await });
/// match g.join().await {
///     Ended::Stopped => println!("as it was told to"),
///     Ended::Refused(reason) => println!("it may not come back: {reason}"),
///     _ => println!("it has ended"),
/// }
/// // Or, in a program to which the second is an error:
/// g.join().await.or_refused()?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// It was stopped, or the process was told to end.
    Stopped,
    /// The controller did not let it in again, and it was to [give up](crate::GlobalBuilder::give_up_when_refused) then.
    Refused(Arc<StartError>),
}

impl Ended {
    /// For `?`, in a program to which this is an error.
    ///
    /// # Errors
    ///
    /// Why it was refused.
    pub fn or_refused(self) -> Result<(), Arc<StartError>> {
        match self {
            Self::Stopped => Ok(()),
            Self::Refused(error) => Err(error),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("it was stopped"),
            Self::Refused(error) => write!(f, "the controller did not let it in again: {error}"),
        }
    }
}

impl Global {
    /// Waits until this `Global` is stopped, or the process is told to end: SIGINT (Ctrl-C) or SIGTERM stop it
    /// gracefully, as [`stop`](Self::stop) does, and a second one at once. Or until it
    /// [gives up](crate::GlobalBuilder::give_up_when_refused), which is said.
    ///
    /// From then on these signals are caught, also after this was dropped: they no longer end the process by themselves.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # let ends = g.clone();
    /// # tokio::spawn(async move { ends.stop().await });
    /// println!("{} runs until it is told to end", g.process_name());
    /// g.join().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe. A stop that a signal began goes on.
    pub async fn join(&self) -> Ended {
        self.until_ended().await;
        self.outcome()
    }

    fn outcome(&self) -> Ended {
        let given_up = self.inner.node.as_ref().and_then(|node| node.away.given_up());
        given_up.map_or(Ended::Stopped, Ended::Refused)
    }

    async fn until_ended(&self) {
        // Whatever this runs on.
        let signals = {
            let _runtime = self.inner.runtime.enter();
            Signals::new()
        };
        let mut signals = match signals {
            Ok(signals) => signals,
            Err(error) => {
                warn!(%error, "signals cannot be caught, so Ctrl-C does not stop this process gracefully; waiting for stop() alone");
                return self.inner.stopped.cancelled().await;
            }
        };
        info!(
            process_name = &*self.inner.process_name,
            "running until stopped, by SIGINT or SIGTERM or by stop()"
        );
        tokio::select! {
            () = self.inner.stopped.cancelled() => return,
            signal = signals.next() => {
                info!(process_name = &*self.inner.process_name, signal, "stopping; once more stops at once");
            }
        }
        tokio::select! {
            () = self.stop() => {}
            _ = signals.next() => self.end(),
        }
    }

    /// As [`join`](Self::join), blocking this thread: for code without async. On a runtime's thread it does not block, and an
    /// error is logged, or written to standard error where nobody takes the log.
    ///
    /// ```
    /// use daffi::Global;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let g = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let ends = g.clone();
    /// # std::thread::spawn(move || ends.stop_blocking());
    /// g.join_blocking();   // until SIGINT or SIGTERM comes, or something stops it
    /// # Ok(()) }
    /// ```
    pub fn join_blocking(&self) -> Ended {
        let this = self.clone();
        self.run_blocking(async move { this.until_ended().await });
        self.outcome()
    }

    /// When and why this process last lost its connection to the controller, and whether it has one again: for logs, and for
    /// [`on_node_disconnect`](crate::GlobalBuilder::on_node_disconnect). `None` if it never has.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// let g = Global::builder().on_node_disconnect(|g| {
    ///     if let Some(lost) = g.last_disconnect() {
    ///         eprintln!("{}: {lost}", g.process_name());
    ///     }
    /// });
    /// # let g = g.init_controller(true).in_memory().auto_callbacks(false);
    /// let g = g.start().await?;
    /// assert!(g.last_disconnect().is_none());
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn last_disconnect(&self) -> Option<Disconnect> {
        self.inner.node.as_ref()?.away.last()
    }
}
