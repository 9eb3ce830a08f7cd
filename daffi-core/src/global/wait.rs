//! Waiting for a process or a callback to be there.

use std::future::{Future, IntoFuture, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::info;

use super::Global;
use crate::call::{check_may_block, controller_error, wait_for};
use crate::error::{CallError, RemoteError};
use crate::node::{Message, Node, Phase};
use crate::panics;
use crate::proto::{Failed, Failure, Query};

/// Waiting for a process or a callback: what [`Global::wait_process`](super::Global::wait_process) and
/// [`Global::wait_function`](super::Global::wait_function) return. Await it.
///
/// The controller answers the moment the awaited is there; nothing is polled. A lost connection is waited out. Without
/// a [`timeout`](Self::timeout) it waits for ever.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use std::time::Duration;
///
/// use daffi::CallError;
///
/// g.wait_process("shop").await?;
/// let error = g.wait_function("price").timeout(Duration::from_millis(10)).await.unwrap_err();
/// assert!(matches!(error, CallError::Timeout { .. }), "nobody offers it");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`CallError::Timeout`] when the time is over, [`CallError::NotStarted`] when the `Global` has no node or is
/// stopped.
///
/// # Cancel safety
///
/// Dropping it withdraws the question.
#[derive(Debug)]
#[must_use = "nothing is waited for until this is awaited"]
pub struct Wait {
    node: Option<Arc<Node>>,
    what: What,
    timeout: Option<Duration>,
}

#[derive(Debug)]
enum What {
    Process(String),
    Function(String),
}

impl What {
    fn query(&self) -> Query<'_> {
        match self {
            Self::Process(name) => Query::WaitProcess(name),
            Self::Function(name) => Query::WaitFunction {
                name,
                process: None,
                having: Vec::new(),
            },
        }
    }

    /// Says in the log what is waited for.
    fn tell(&self, process_name: &str) {
        match self {
            Self::Process(name) => info!(
                process_name,
                process = name,
                "still waiting for this process: none of that name has joined the controller"
            ),
            Self::Function(name) => info!(
                process_name,
                callback = name,
                "still waiting for this callback: no other process offers it"
            ),
        }
    }

    fn label(&self) -> String {
        match self {
            Self::Process(name) => format!("wait_process({name:?})"),
            Self::Function(name) => format!("wait_function({name:?})"),
        }
    }
}

/// For so long it is waited without a word.
const SILENT: Duration = Duration::from_secs(5);

/// Tells it if `future` is not ready before `silence` is over.
async fn told_after<F: Future>(silence: impl Future, future: F, tell: impl FnOnce()) -> F::Output {
    let (mut future, mut silence) = (pin!(future), pin!(silence));
    let early = poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => silence.as_mut().poll(cx).map(|_| None),
    });
    match early.await {
        Some(output) => output,
        None => {
            panics::logged(tell);
            future.await
        }
    }
}

/// For so long nothing is said, by the clock of the node's runtime, whatever the caller runs on.
fn silence(node: &Node) -> impl Future<Output = ()> + Send + use<> {
    let stopped = node.stopped();
    let _runtime = node.runtime().enter();
    let mut slept = Box::pin(sleep(SILENT));
    async move {
        let mut stopped = pin!(stopped);
        poll_fn(|cx| {
            // First: the timers of a runtime that has ended must not be asked.
            if stopped.as_mut().poll(cx).is_ready() {
                return Poll::Pending;
            }
            slept.as_mut().poll(cx)
        })
        .await;
    }
}

impl Global {
    /// Waits until the process `name` is there. Returns at once if it is.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// use std::time::Duration;
    ///
    /// g.wait_process("shop").timeout(Duration::from_secs(5)).await?;
    /// # Ok(()) }
    /// ```
    pub fn wait_process(&self, name: impl Into<String>) -> Wait {
        Wait::process(self.inner.node.clone(), name.into())
    }

    /// Waits until another process offers the callback `name`. Returns at once if one does.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # let (caller, service) = (g, shop);
    /// let waiting = tokio::spawn(async move { caller.wait_function("price").await });
    /// service.register_fn("price", |item: String| async move { item.len() }).await?;
    /// waiting.await??;
    /// # Ok(()) }
    /// ```
    pub fn wait_function(&self, name: impl Into<String>) -> Wait {
        Wait::function(self.inner.node.clone(), name.into())
    }
}

impl Wait {
    const fn process(node: Option<Arc<Node>>, name: String) -> Self {
        Self {
            node,
            what: What::Process(name),
            timeout: None,
        }
    }

    const fn function(node: Option<Arc<Node>>, name: String) -> Self {
        Self {
            node,
            what: What::Function(name),
            timeout: None,
        }
    }

    /// Waits no longer than `timeout`, counted from when this is awaited.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits on this thread: for code without async.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// g.wait_process("shop").wait()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<(), CallError> {
        check_may_block::<RemoteError>(|| self.what.label())?;
        let label = self.what.label();
        wait_for(Box::pin(self.run())).unwrap_or_else(|stopped| Err(stopped.knowing(false).of(&label)))
    }

    async fn run(self) -> Result<(), CallError> {
        let label = self.what.label();
        let Some(node) = self.node else {
            return Err(CallError::not_running(label, None));
        };
        let deadline = self
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let until = deadline.map(|deadline| node.moment(deadline));
        loop {
            if node.phase() == Phase::Stopped {
                return Err(CallError::not_running(label, Some(node.process_name())));
            }
            let asking = node.exchange(|| Message::Ask(self.what.query(), until));
            match told_after(silence(&node), asking, || self.what.tell(node.process_name())).await {
                Ok(_) => return Ok(()),
                // The connection was lost, or is still being looked for: ask again.
                Err(Failure::Failed(Failed::Disconnected { .. })) => {}
                // The node stops.
                Err(Failure::Failed(Failed::Cancelled { .. })) => {
                    return Err(CallError::not_running(label, Some(node.process_name())));
                }
                Err(Failure::Failed(Failed::Timeout { .. })) => {
                    return Err(CallError::timeout(label, false));
                }
                Err(failure) => return Err(controller_error(&node, failure, &label)),
            }
        }
    }
}

impl IntoFuture for Wait {
    type Output = Result<(), CallError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_takes_long_says_once_what_it_is_for() {
        for (seconds, expected) in [(1, 0), (4, 0), (6, 1), (600, 1)] {
            let told = Cell::new(0);
            let waiting = async {
                sleep(Duration::from_secs(seconds)).await;
                7
            };
            let outcome = told_after(sleep(SILENT), waiting, || told.set(told.get() + 1)).await;
            assert_eq!((outcome, told.get()), (7, expected), "{seconds} s");
        }
    }
}
