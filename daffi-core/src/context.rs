//! What a callback may know about the call that it answers.

use std::any::Any;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::identity::Identity;
use crate::proto::{Limits, RunId, TraceContext, Waiting};

/// The call that a callback is answering: who called, until when, and whether the caller still waits.
///
/// A callback gets it as a parameter of type `CallContext` or `&CallContext`, at any place in its list; it is not an
/// argument and is not sent. Code without such a parameter asks for the [`current`](Self::current) one. Cheap to clone.
///
/// When a call is cancelled (its caller dropped it, left, or its deadline passed) an asynchronous callback's future
/// is dropped at its next `.await`. A synchronous one cannot be stopped from outside: one that runs for long looks at
/// [`is_cancelled`](Self::is_cancelled) from time to time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use std::time::Duration;
///
/// use daffi::CallContext;
///
/// shop.register_fn("describe", |ctx: CallContext| async move {
///     let left = ctx.remaining().expect("the caller has set a timeout");
///     assert!(left <= Duration::from_secs(5) && ctx.deadline().is_some());
///     format!(
///         "{} in {} for {} of {}",
///         ctx.callback(),
///         ctx.process_name(),
///         ctx.caller(),
///         ctx.metadata("tenant").unwrap_or("nobody"),
///     )
/// })
/// .await?;
///
/// let call = g.call::<String>("describe", ()).metadata("tenant", "acme");
/// let described = call.timeout(Duration::from_secs(5)).await?;
/// assert_eq!(described, format!("describe in shop for {} of acme", g.process_name()));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CallContext {
    shared: Arc<Shared>,
    deadline: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    caller: Arc<str>,
    identity: Option<Arc<Identity>>,
    process_name: Arc<str>,
    callback: Arc<str>,
    place: Place,
    trace: Option<TraceContext>,
    metadata: Box<[(Box<str>, Box<str>)]>,
    chain: Chain,
    owner: Option<Weak<dyn Any + Send + Sync>>,
    cancelled: AtomicBool,
    wake: Notify,
}

/// What a context is made of.
#[derive(Debug)]
pub(crate) struct ContextParts {
    pub(crate) caller: Arc<str>,
    pub(crate) identity: Option<Arc<Identity>>,
    pub(crate) process_name: Arc<str>,
    pub(crate) callback: Arc<str>,
    /// Where the callback stands.
    pub(crate) place: Place,
    pub(crate) deadline: Option<Instant>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) metadata: Box<[(Box<str>, Box<str>)]>,
    pub(crate) chain: Chain,
    /// What the node is a part of. It has the callbacks, and what they keep may be this.
    pub(crate) owner: Option<Weak<dyn Any + Send + Sync>>,
}

/// A node, among all that this process has had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeKey(NonZeroU64);

impl NodeKey {
    /// One that no other node has.
    pub(crate) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let before = LAST.fetch_add(1, Ordering::Relaxed);
        Self(NonZeroU64::MIN.saturating_add(before))
    }
}

/// Where something stands in the source: a line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file, as the compiler names it.
    pub(crate) file: &'static str,
    pub(crate) line: u32,
}

impl Place {
    /// How it is told to other processes: the last of the folders and the file, as the whole path of a package that is not in the program's own
    /// workspace says where its user has his files.
    pub(crate) fn told(&self) -> String {
        let file = self.file.replace('\\', "/");
        let is_whole = file.starts_with('/') || file.get(1..3) == Some(":/");
        let kept = match file.rmatch_indices('/').nth(2) {
            Some((end, _)) if is_whole => &file[end + 1..],
            None if is_whole => file.trim_start_matches('/'),
            _ => &*file,
        };
        let shown = format!("{kept}:{}", self.line);
        // The end says more than the beginning.
        let over = shown.len().saturating_sub(Limits::NAME_BYTES);
        let begin = (over..shown.len())
            .find(|&at| shown.is_char_boundary(at))
            .unwrap_or(shown.len());
        shown[begin..].to_owned()
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A run, and what waits for it.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// The run, and the node whose run it is.
    pub(crate) run: Option<(NodeKey, RunId)>,
    /// The nearest first, up to the farthest that is a run of the same node.
    pub(crate) ancestors: Box<[Waiting]>,
}

impl CallContext {
    pub(crate) fn new(parts: ContextParts) -> Self {
        Self {
            shared: Arc::new(Shared {
                caller: parts.caller,
                identity: parts.identity,
                process_name: parts.process_name,
                callback: parts.callback,
                place: parts.place,
                trace: parts.trace,
                metadata: parts.metadata,
                chain: parts.chain,
                owner: parts.owner,
                cancelled: AtomicBool::new(false),
                wake: Notify::new(),
            }),
            deadline: parts.deadline,
        }
    }

    /// The same, with a deadline that is no later than `until`.
    pub(crate) fn until(&self, until: Instant) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            deadline: Some(self.deadline.map_or(until, |deadline| deadline.min(until))),
        }
    }

    /// The process name of the caller. That is what it calls itself; who it is, is its [`identity`](Self::identity).
    #[must_use]
    pub fn caller(&self) -> &str {
        &self.shared.caller
    }

    /// Who the caller is, as the controller has it proven: by a certificate, a token, a key, or by the operating system, which says
    /// whose process is at the other end of a Unix socket. `None` if nothing was proven, as through a loopback port of a controller that
    /// knows nobody.
    ///
    /// Of a call that was made while another was answered, it is the process that made it, not the one that made the other.
    ///
    /// ```
    /// use daffi::CallContext;
    ///
    /// fn may_buy(ctx: &CallContext) -> bool {
    ///     ctx.identity().is_some_and(|identity| identity.name() == "shopper")
    /// }
    /// ```
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.shared.identity.as_deref()
    }

    /// Where the callback stands in the source.
    pub(crate) fn place(&self) -> Place {
        self.shared.place
    }

    /// The process name of the process that runs the callback.
    #[must_use]
    pub fn process_name(&self) -> &str {
        &self.shared.process_name
    }

    /// The remote name under which the callback was called.
    #[must_use]
    pub fn callback(&self) -> &str {
        &self.shared.callback
    }

    /// When the caller stops waiting, or the callback's own `timeout` ends, whichever is first; `None` if never. It is told by
    /// tokio's clock, which is the system's unless a test has paused it.
    #[must_use]
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.deadline.map(Instant::into_std)
    }

    /// The run, and what waits for it.
    pub(crate) fn chain(&self) -> &Chain {
        &self.shared.chain
    }

    /// What the node is a part of that runs the callback, if that is still there.
    pub(crate) fn owner(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.shared.owner.as_ref().and_then(Weak::upgrade)
    }

    pub(crate) const fn ends(&self) -> Option<Instant> {
        self.deadline
    }

    /// The time left until the deadline: zero once it has passed, `None` if there is no deadline.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// What the caller sent along under `key`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.shared
            .metadata
            .iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| &**value)
    }

    /// The W3C trace that the call belongs to, if its caller was traced.
    ///
    /// ```
    /// use daffi::CallContext;
    ///
    /// fn trace_id(ctx: &CallContext) -> Option<String> {
    ///     let trace = ctx.trace()?;
    ///     Some(trace.trace_id.iter().map(|byte| format!("{byte:02x}")).collect())
    /// }
    /// # let _ = trace_id;
    /// ```
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.shared.trace.as_ref()
    }

    /// Whether nobody waits for the answer any more.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// use daffi::{CallContext, CallError};
    ///
    /// // A loop that is not `async`, and stops when nobody waits for it.
    /// shop.register_fn("search", |ctx: CallContext| {
    ///     while !ctx.is_cancelled() {
    ///         std::thread::sleep(std::time::Duration::from_millis(5));
    ///     }
    /// })
    /// .await?;
    ///
    /// let job = g.call::<()>("search", ()).bg();
    /// job.cancel();
    /// assert!(matches!(job.await, Err(CallError::Cancelled { .. })));
    /// # shop.stop().await;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Acquire)
    }

    /// Completes when nobody waits for the answer any more. Cancel safe.
    ///
    /// ```
    /// use daffi::CallContext;
    ///
    /// /// Waits for one thing or the other: the future of an `async` callback is dropped anyway, but not a task that it has spawned.
    /// async fn until_done(ctx: CallContext, work: impl Future<Output = u64>) -> Option<u64> {
    ///     tokio::select! {
    ///         done = work => Some(done),
    ///         () = ctx.cancelled() => None,
    ///     }
    /// }
    /// ```
    pub async fn cancelled(&self) {
        let woken = self.shared.wake.notified();
        // A `Notified` hears of every `notify_waiters` since it was made, so looking after making it misses nothing.
        if !self.is_cancelled() {
            woken.await;
        }
    }

    pub(crate) fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Release);
        self.shared.wake.notify_waiters();
    }
}
