//! Calls in the background.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::{JoinHandle, unconstrained};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::blocking::{check_may_block, wait_for};
use super::future::Call;
use crate::error::{CallError, RemoteError};
use crate::node::{Node, Stage};
use crate::scope::{AtHome, Home, Scope};

/// A call that runs in the background: what [`Call::bg`] and [`Broadcast::bg`](crate::Broadcast::bg) return. Awaiting it gives the call's outcome.
///
/// The call is not tied to this handle: dropping it leaves the call running, and only its outcome is lost.
/// [`cancel`](Self::cancel) ends the call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("fibonacci", |n: u64| async move { n }).await?;
/// # #[daffi::fetcher]
/// # fn fibonacci(n: u64) -> u64;
/// # let fibonacci = |n| fibonacci(n).on(&g);
/// let job = fibonacci(40).bg();
/// println!("job {} calls {}", job.id(), job.callback());
/// if job.is_ready() {
///     println!("that was quick");
/// }
/// assert_eq!(job.await?, 40);
/// # Ok(()) }
/// ```
///
/// # Cancel safety
///
/// Cancel safe: a `&mut AsyncResult` can be awaited again and again, for instance in `select!`.
pub struct AsyncResult<T, E = RemoteError> {
    id: u64,
    callback: String,
    inner: Inner<T, E>,
}

enum Inner<T, E> {
    /// It had an outcome before it could run in the background.
    Ended(Option<Result<T, CallError<E>>>),
    Running {
        /// Its outcome, unless it was given up.
        task: JoinHandle<Option<Result<T, CallError<E>>>>,
        runtime: Handle,
        /// It is given up when this is cancelled.
        stop: CancellationToken,
        /// Its time is over, which was so much.
        timed_out: Arc<OnceLock<Duration>>,
        /// What was known of the call when it was given up.
        given_up: Arc<OnceLock<GivenUp>>,
        /// Is cancelled when the call has ended.
        ended: CancellationToken,
    },
}

impl<T, E> fmt::Debug for AsyncResult<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncResult")
            .field("id", &self.id)
            .field("callback", &self.callback)
            .field("ready", &self.is_ready())
            .finish()
    }
}

impl<T: Send + 'static, E: Send + 'static> Call<T, E> {
    /// Makes the call in the background: it is on its way when this returns, or as soon as there is a connection with room
    /// for it. Inside of a callback it inherits the callback's deadline, and goes on when the callback has ended.
    ///
    /// It runs on the runtime of the [`Global`](crate::Global) that makes it, so this needs no `async` around it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("fibonacci", |n: u64| async move { n }).await?;
    /// # #[daffi::fetcher]
    /// # fn fibonacci(n: u64) -> u64;
    /// # let fibonacci = |n| fibonacci(n).on(&g);
    /// let jobs: Vec<_> = (1..=3).map(|n| fibonacci(n).bg()).collect();   // all are on their way
    /// let mut sum = 0;
    /// for job in jobs {
    ///     sum += job.await?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(()) }
    /// ```
    pub fn bg(self) -> AsyncResult<T, E> {
        let (callback, node) = (self.callback().to_owned(), self.node());
        in_background(callback, node, self)
    }
}

/// What can go on in a task of the node's: a call, to one or to many.
pub(super) trait Carry: Future + Unpin {
    /// What is known of it, if it ends here.
    fn given_up(&self) -> GivenUp;

    /// It is given up. `true` if its outcome is to be waited for, which says soon what is known of it.
    fn cancel(&mut self) -> bool;
}

/// What is known of a call that ends before it has an outcome.
#[derive(Clone, Copy, Debug)]
pub(super) struct GivenUp {
    /// The callback may have run.
    pub(super) may_have_run: bool,
    /// It is done for so many items of its stream.
    pub(super) done: u64,
}

impl GivenUp {
    /// What is said of a call of which nothing is known any more.
    const NOT_YET: Self = Self {
        may_have_run: true,
        done: 0,
    };

    /// What an error says of it.
    fn of<E>(error: &CallError<E>) -> Self {
        let done = match error {
            CallError::Stopped { done, .. } => *done,
            _ => 0,
        };
        Self {
            may_have_run: error.may_have_run(),
            done,
        }
    }
}

impl<T, E> Carry for Call<T, E> {
    fn given_up(&self) -> GivenUp {
        GivenUp {
            may_have_run: self.may_have_run(),
            done: self.done(),
        }
    }

    fn cancel(&mut self) -> bool {
        self.cancel()
    }
}

/// Has a call of `callback` go on in a task of `node`.
pub(super) fn in_background<T, E, C>(
    callback: String,
    node: Result<Arc<Node>, CallError<E>>,
    mut call: C,
) -> AsyncResult<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
    C: Carry<Output = Result<T, CallError<E>>> + Send + 'static,
{
    let node = match node {
        Ok(node) => node,
        Err(error) => {
            return AsyncResult::new(callback, Inner::Ended(Some(Err(error))));
        }
    };
    // What runs here goes on without it.
    let beside = Scope {
        run: None,
        ..Scope::current()
    };
    // In the order in which the calls are made here, not in which tasks come to run.
    let begun = beside.enter(|| Pin::new(&mut call).poll(&mut Context::from_waker(Waker::noop())));
    if let Poll::Ready(outcome) = begun {
        return AsyncResult::new(callback, Inner::Ended(Some(outcome)));
    }
    let ended = CancellationToken::new();
    let end = ended.clone().drop_guard();
    let given_up = Arc::new(OnceLock::new());
    let stop = CancellationToken::new();
    let mut carried = Carried {
        call,
        is_cancelled: false,
        given_up: Arc::clone(&given_up),
    };
    let (stopped, own) = (stop.clone(), node.own_call(Stage::InBackground));
    // The streams that it sends are of the code that has made it.
    let home = Home::current();
    let task = node.spawn_task(async move {
        let (_end, _own) = (end, own);
        let mut stopped = pin!(stopped.cancelled());
        AtHome::new(home, poll_fn(|cx| carried.poll(stopped.as_mut(), cx))).await
    });
    let inner = Inner::Running {
        task,
        stop,
        runtime: node.runtime().clone(),
        timed_out: Arc::default(),
        given_up,
        ended,
    };
    AsyncResult::new(callback, inner)
}

/// A call in a task. Where it is given up, it says what is known of it.
struct Carried<C: Carry> {
    call: C,
    is_cancelled: bool,
    given_up: Arc<OnceLock<GivenUp>>,
}

impl<T, E, C: Carry<Output = Result<T, CallError<E>>>> Carried<C> {
    /// Its outcome; nothing if it is `stopped` before.
    fn poll(
        &mut self,
        stopped: Pin<&mut WaitForCancellationFuture<'_>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<C::Output>> {
        let polled = Pin::new(&mut self.call).poll(cx);
        if self.is_cancelled {
            return polled.map(|outcome| {
                if let Err(error) = outcome {
                    let _ = self.given_up.set(GivenUp::of(&error));
                }
                None
            });
        }
        if polled.is_ready() {
            return polled.map(Some);
        }
        ready!(stopped.poll(cx));
        self.is_cancelled = true;
        if self.call.cancel() {
            // That wakes this.
            return Poll::Pending;
        }
        Poll::Ready(None)
    }
}

impl<C: Carry> Drop for Carried<C> {
    fn drop(&mut self) {
        let _ = self.given_up.set(self.call.given_up());
    }
}

impl<T, E> AsyncResult<T, E> {
    fn new(callback: String, inner: Inner<T, E>) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(1);
        Self {
            id: MADE.fetch_add(1, Ordering::Relaxed),
            callback,
            inner,
        }
    }

    /// Its number: no other call in the background that this process makes has the same.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// The outcome, if it is there, which stays there: it can be looked at again, and be awaited. `None` before, and after it was taken by
    /// awaiting this.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("fibonacci", |n: u64| async move { n }).await?;
    /// # #[daffi::fetcher]
    /// # fn fibonacci(n: u64) -> u64;
    /// # let fibonacci = |n| fibonacci(n).on(&g);
    /// let mut job = fibonacci(40).bg();
    /// let id = job.id();
    /// match job.peek() {
    ///     None => println!("not yet"),
    ///     Some(Ok(n)) => println!("job {id} is done: {n}"),
    ///     Some(Err(error)) => println!("it failed: {error}"),
    /// }
    /// assert_eq!(job.await?, 40);
    /// # Ok(()) }
    /// ```
    pub fn peek(&mut self) -> Option<&Result<T, CallError<E>>> {
        if self.is_ready() {
            // Also where the task that looks has used up its turn.
            let mut settled = pin!(unconstrained(poll_fn(|cx| self.poll_settled(cx))));
            let _ = settled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        match &self.inner {
            Inner::Ended(outcome) => outcome.as_ref(),
            Inner::Running { .. } => None,
        }
    }

    /// Takes what the task has come to, once it has ended.
    fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Inner::Running {
            task,
            timed_out,
            given_up,
            ..
        } = &mut self.inner
        else {
            return Poll::Ready(());
        };
        let ended = match ready!(Pin::new(task).poll(cx)) {
            Ok(Some(outcome)) => outcome,
            Err(error) if error.is_panic() => {
                // Only decoding a value can panic in there, which is the user's code.
                std::panic::resume_unwind(error.into_panic())
            }
            Ok(None) | Err(_) => {
                let callback = self.callback.as_str();
                // A task of a runtime that has ended may never have been looked at.
                let known = given_up.get().copied().unwrap_or(GivenUp::NOT_YET);
                let error = match timed_out.get() {
                    Some(timeout) => CallError::timeout(callback, known.may_have_run).within(Some(*timeout)),
                    None => CallError::cancelled(callback, known.may_have_run),
                };
                Err(match known.done {
                    0 => error,
                    done => CallError::stopped(callback, done, error),
                })
            }
        };
        self.inner = Inner::Ended(Some(ended));
        Poll::Ready(())
    }

    /// The remote name of the callback.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.callback
    }

    /// Whether the outcome is there, so that awaiting this takes no time.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.inner {
            Inner::Ended(_) => true,
            Inner::Running { task, .. } => task.is_finished(),
        }
    }

    /// Cancels the call, at its provider, too. Without effect if it has ended. Awaiting this gives
    /// [`CallError::Cancelled`] then: at once, or, where the call was waiting for a provider with a free place, when the controller has said
    /// whether it ran, which takes up to 100 ms.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("never", || std::future::pending::<()>()).await?;
    /// use daffi::CallError;
    ///
    /// let job = g.call::<()>("never", ()).bg();
    /// job.cancel();
    /// assert!(matches!(job.await, Err(CallError::Cancelled { .. })));
    /// # Ok(()) }
    /// ```
    pub fn cancel(&self) {
        if let Inner::Running { stop, .. } = &self.inner {
            stop.cancel();
        }
    }

    /// Ends the call with [`CallError::Timeout`] if it has no outcome `timeout` from now.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("never", || std::future::pending::<()>()).await?;
    /// use std::time::Duration;
    ///
    /// let job = g.call::<()>("never", ()).bg();
    /// // … and, when everything else is done:
    /// assert!(job.timeout(Duration::from_millis(10)).await.is_err());
    /// # Ok(()) }
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        if let Inner::Running {
            stop,
            runtime,
            timed_out,
            ended,
            ..
        } = &self.inner
        {
            let (stop, timed_out) = (stop.clone(), Arc::clone(timed_out));
            let ended = ended.clone();
            runtime.spawn(async move {
                tokio::select! {
                    biased;
                    () = sleep(timeout) => {}
                    () = ended.cancelled() => return,
                }
                if !stop.is_cancelled() {
                    let _ = timed_out.set(timeout);
                    stop.cancel();
                }
            });
        }
        self
    }

    /// Blocks this thread until the call has an outcome: for code without async.
    ///
    /// In a callback that is not `async`, of a process whose other callbacks block as well, [`Call::wait`] is better where nothing is done
    /// meanwhile: of a job in the background nobody knows that the callback waits for it. Where all
    /// [threads](crate::GlobalBuilder::blocking_threads) are kept by such ones, and their jobs need threads of the same process, none goes on
    /// before one is cancelled: by its deadline, or as its caller leaves. Write `async` for the one that waits, or give its callers a timeout.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("fibonacci", |n: u64| n).wait()?;
    /// let job = g.call::<u64>("fibonacci", (40_u64,)).bg();
    /// assert_eq!(job.wait()?, 40);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime. The call goes on then.
    pub fn wait(self) -> Result<T, CallError<E>> {
        check_may_block(|| self.callback.clone())?;
        let callback = self.callback.clone();
        // It goes on without whoever waits.
        wait_for(self).unwrap_or_else(|stopped| Err(stopped.knowing(true).of(&callback)))
    }
}

impl<T, E> Future for AsyncResult<T, E> {
    type Output = Result<T, CallError<E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.poll_settled(cx));
        let Inner::Ended(outcome) = &mut self.inner else {
            unreachable!("it has ended")
        };
        let outcome = outcome.take();
        Poll::Ready(outcome.expect("an `AsyncResult` is not polled after it was ready"))
    }
}

impl<T, E> Unpin for AsyncResult<T, E> {}
