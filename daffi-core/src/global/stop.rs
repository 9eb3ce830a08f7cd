//! How a `Global` ends.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tracing::{error, info};

use super::Global;
use crate::call::may_block;
use crate::context::NodeKey;
use crate::node::{FAR, StopAfter, in_process};
use crate::panics::logged;
use crate::proto::RunId;
use crate::scope::Scope;

/// How long what others have under way with a controller may take to end when that stops.
const DRAIN: Duration = Duration::from_secs(10);

/// A graceful end: what [`Global::stop`] returns. Await it, or [`wait`](Self::wait) for it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("render", |page: u32| async move { vec![page] }).await?;
/// let job = g.call::<Vec<u32>>("render", (7_u32,)).bg();
/// g.stop().after_own_calls().await;
/// assert_eq!(job.await?, [7]);
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// The stop goes on when this is dropped after it was first polled.
#[derive(Debug)]
#[must_use = "nothing is stopped until this is awaited"]
pub struct Stop {
    global: Global,
    after: StopAfter,
    /// It was asked for.
    going: Option<Going>,
}

/// A stop that goes on, whoever waits for it.
#[derive(Debug)]
struct Going {
    stopping: JoinHandle<()>,
    /// Ready before that, for a callback of the `Global` itself: the stop waits for its end.
    drained: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl Stop {
    /// Also waits for the calls that this process has made: each has its outcome then. They have the same time as the callbacks that run
    /// here ([`stop_timeout`](crate::GlobalBuilder::stop_timeout)); those that have none when it is over end with
    /// [`CallError::Cancelled`](crate::CallError::Cancelled), and a warning in the log says how many they were.
    ///
    /// Waited for is what was awaited or put in the [background](crate::Call::bg) and has no outcome: calls and broadcasts that are out, that
    /// wait for a place, for a connection, for a provider, for their [`after`](crate::Call::after) or to be made again, and streams until they
    /// end or are dropped. Whether somebody awaits them meanwhile makes no difference, but that a stream goes on only while it is read.
    /// Where all of them have an outcome, those that nobody has looked at yet are waited for, for a second at most: whoever looks may make a
    /// call again that has failed.
    /// What is [`presence`](Global::presence) or another question to the controller is not.
    ///
    /// The process has left the roster by then: what it has called and would call it back finds nobody. It may still make calls, and they are
    /// waited for as well, so stop making them before.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("render", |page: u32| async move { vec![page] }).await?;
    /// # let render = |page: u32| g.call::<Vec<u32>>("render", (page,));
    /// let jobs: Vec<_> = (0..100).map(|page| render(page).bg()).collect();
    /// // … and as soon as this process is told to end:
    /// g.stop().after_own_calls().await;
    /// for job in jobs {
    ///     assert_eq!(job.await?.len(), 1);    // takes no time: they have ended
    /// }
    /// # Ok(()) }
    /// ```
    pub const fn after_own_calls(mut self) -> Self {
        self.after = StopAfter::OwnCalls;
        self
    }

    /// Stops and blocks this thread until that is done: for code without async. On a runtime's thread it does not block, and an
    /// error is logged, or written to standard error where nobody takes the log.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// g.stop().after_own_calls().wait();   // `g.stop_blocking()` does not wait for own calls
    /// shop.stop_blocking();
    /// # Ok(()) }
    /// ```
    pub fn wait(mut self) {
        let (global, run) = (self.global.clone(), Scope::current().run);
        global.run_blocking(async move {
            self.begin(run);
            self.await;
        });
    }

    /// Asks for it, in a run.
    fn begin(&mut self, run: Option<(NodeKey, RunId)>) {
        if self.going.is_some() || self.global.is_forked() {
            return;
        }
        let inner = &self.global.inner;
        let node = inner.node.as_ref();
        let is_in_callback = node.is_some_and(|node| node.asks_to_stop(run));
        let (this, after) = (
            Global {
                inner: Arc::clone(inner),
                _kept: None,
            },
            self.after,
        );
        self.going = Some(Going {
            // In a task of the runtime: whoever asked may be dropped, run elsewhere, or be among what is to end.
            stopping: inner.runtime.spawn(async move { this.stop_all(after).await }),
            drained: is_in_callback.then(|| Box::pin(inner.drained.clone().cancelled_owned())),
        });
    }
}

impl Future for Stop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.begin(Scope::current().run);
        let Some(going) = &mut self.going else {
            return Poll::Ready(());
        };
        if let Some(drained) = &mut going.drained
            && drained.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(());
        }
        Pin::new(&mut going.stopping).poll(cx).map(drop)
    }
}

impl Global {
    /// Stops gracefully: takes no more calls, finishes those that are running (for 30 seconds unless
    /// [`stop_timeout`](crate::GlobalBuilder::stop_timeout) says otherwise), answers them, and leaves. A controller of this
    /// `Global` stops after its node: it lets what others have under way end, for what is left of that time and no longer than ten seconds, while what they begin
    /// waits for the controller that comes next at its address. Ready at once if it is stopped. Await it.
    ///
    /// The calls that this process has made are not waited for: they go on while callbacks run here, and those that have no outcome when
    /// the last of these has ended, or the time is over, end with [`CallError::Cancelled`](crate::CallError::Cancelled), also those in the background. Await what is
    /// wanted before stopping, or stop [`after_own_calls`](Stop::after_own_calls).
    ///
    /// A callback of this `Global` may await it: the stop does not wait for that callback. This is ready when all others have
    /// ended, and the callback has a second to answer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// g.stop().await;
    /// shop.stop().await;   // the one that has the controller last
    /// # Ok(()) }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// The stop goes on when this is dropped after it was first polled.
    pub fn stop(&self) -> Stop {
        Stop {
            global: self.clone(),
            after: StopAfter::default(),
            going: None,
        }
    }

    async fn stop_all(&self, after: StopAfter) {
        let _turn = self.inner.stopping.lock().await;
        if self.inner.stopped.is_cancelled() {
            // Where it was aborted, nobody has waited for what its controller listens with.
            if let Some(controller) = &self.inner.controller {
                controller.stop().await;
            }
            return;
        }
        let deadline = Instant::now() + self.inner.stop_timeout.min(FAR);
        if let Some(node) = &self.inner.node {
            node.stop_gracefully(deadline, after, &self.inner.drained).await;
            in_process::remove(node);
            info!(process_name = &*self.inner.process_name, "node stopped");
        }
        if let Some(controller) = &self.inner.controller {
            let left = deadline.saturating_duration_since(Instant::now());
            controller.drain(left.min(DRAIN)).await;
            controller.stop().await;
        }
        self.end();
    }

    /// Ends it at once, as if its process had died: nobody is told, nothing is finished. For tests of what others do then.
    ///
    /// To others it is lost ([`LeaveReason::Lost`](crate::LeaveReason::Lost)), and what it ran for them ends with
    /// [`ProviderLost`](crate::CallError::ProviderLost). Its own calls end with [`Cancelled`](crate::CallError::Cancelled), its asynchronous callbacks are dropped at their
    /// next `.await`, and [`join`](Self::join) returns. A callback that is not `async` cannot be stopped from outside, and goes on to its end,
    /// of which nobody hears. A controller of this `Global` ends with it, and cuts off all who have joined. Without effect if it has stopped.
    ///
    /// Its sockets are closed by its tasks, a moment after this has returned: [`stop`](Self::stop) waits for that, and then another controller can
    /// listen at the same place.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// let worker = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// worker.register_fn("count", || std::future::pending::<()>()).await?;
    /// let job = g.call::<()>("count", ()).bg();
    /// # while worker.callbacks().await?.is_empty() {}
    /// worker.abort();
    /// assert!(job.await.is_err());
    /// # Ok(()) }
    /// ```
    pub fn abort(&self) {
        if let Some(node) = &self.inner.node {
            node.die();
        }
        self.end();
    }

    /// Ends everything now.
    pub(super) fn end(&self) {
        if let Some(node) = &self.inner.node {
            node.stop_now();
            in_process::remove(node);
        }
        if let Some(controller) = &self.inner.controller {
            controller.abort();
        }
        self.inner.stopped.cancel();
        if let Some(thread) = &self.inner.thread {
            thread.cancel();
        }
    }

    /// As [`stop`](Self::stop), blocking this thread: for code without async. On a runtime's thread it does not block, and an
    /// error is logged, or written to standard error where nobody takes the log.
    pub fn stop_blocking(&self) {
        self.stop().wait();
    }

    /// Whether this process was forked from the one that started it, which is logged.
    fn is_forked(&self) -> bool {
        let is_forked = in_process::is_forked();
        if is_forked {
            logged(|| {
                error!(
                    process_name = &*self.inner.process_name,
                    "this process was forked from the one that started the Global, and nothing of that runs here: leave it to \
                     that one"
                );
            });
        }
        is_forked
    }

    pub(super) fn run_blocking(&self, future: impl Future<Output = ()> + Send + 'static) {
        if self.is_forked() {
            return;
        }
        if !may_block() {
            let process_name = &*self.inner.process_name;
            logged(|| error!(process_name, "{HOLDS_UP}"));
            // The program goes on without what it asked for, which it has to be told somewhere.
            if !tracing::dispatcher::has_been_set() {
                #[expect(clippy::print_stderr, reason = "nobody reads the log")]
                {
                    eprintln!("daffi, {process_name}: {HOLDS_UP}");
                }
            }
            self.inner.runtime.spawn(future);
            return;
        }
        let (done, wait) = std::sync::mpsc::channel::<()>();
        self.inner.runtime.spawn(async move {
            future.await;
            drop(done);
        });
        // Ends when the task does, also when its runtime drops it.
        let _ = wait.recv();
    }
}

/// Why it does not block.
const HOLDS_UP: &str = "blocking here would hold up a runtime, perhaps for ever: this goes on in the background; use the method \
                        without `_blocking`, and await it";
