//! [`Global`]: a process's part in a daffi network.

mod access;
mod blocking;
mod builder;
mod by_hand;
mod client;
mod home;
mod join;
mod kept;
#[cfg(feature = "simulation")]
mod left;
mod no_quota;
mod on;
mod presence;
mod register;
mod register_fn;
mod scheduled;
mod signals;
mod stop;
mod wait;

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

pub use self::builder::GlobalBuilder;
pub use self::client::Client;
pub use self::join::Ended;
use self::kept::Kept;
pub use self::presence::PresenceEvents;
pub use self::register_fn::Registration;
pub use self::scheduled::ScheduledTasks;
pub use self::stop::Stop;
pub use self::wait::Wait;
use crate::auth::Identities;
use crate::call::{Call, Descriptions, ask, by_name, not_forked};
use crate::error::CallError;
use crate::host::HostedController;
use crate::node::{Node, Phase};
use crate::proto::{CallbackEntry, ProcessEntry, Query};
use crate::registry::looking::Looking;
use crate::roster::{CallbackInfo, ProcessInfo};
use crate::transport::Address;

/// A running node, a running controller, or both: a process's part in a daffi network.
///
/// It is a handle: cheap to clone, and every clone is the same `Global`. It runs until [`stop`](Self::stop) is called
/// or its runtime ends, whether or not a handle is kept, unless [`stop_on_drop(true)`](GlobalBuilder::stop_on_drop) says otherwise.
///
/// A process may run several; each has its own name, controller and callbacks.
///
/// # Which one makes a call
///
/// The one that the call names with [`on`](Call::on). A free fetcher that names none uses, first of these:
///
/// 1. the `Global` of the code that makes the call: the callback that runs there, the [`scope`](Self::scope) that it is in, or the hook
///    (as [`on_init`](GlobalBuilder::on_init)), whichever is innermost;
/// 2. the one that is marked [`default(true)`](GlobalBuilder::default);
/// 3. the only one that runs in the process with a node.
///
/// If several run, and nothing of this tells which is meant, the call ends with [`CallError::Ambiguous`]: it is never left to chance.
/// A call is made where it is first polled: awaited, given to a runtime, or begun with [`bg`](Call::bg), [`send`](Call::send),
/// [`wait`](Call::wait). Tasks and threads that the code starts are not of its `Global`: in `tokio::spawn`, name it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use daffi::Global;
///
/// let shop = Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
///
/// let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// assert_eq!(g.call::<u64>("price", ("lamp",)).await?, 4);
/// for process in g.processes().await? {
///     println!("{} at {} has {} callbacks", process.name, shop.address(), process.callbacks);
/// }
/// assert_eq!(g.callbacks().await?[0].providers, [shop.process_name()]);
/// g.stop().await;
/// shop.stop().await;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Global {
    inner: Arc<Inner>,
    /// `None` where daffi itself uses it.
    _kept: Option<Arc<Kept>>,
}

pub(crate) struct Inner {
    process_name: Arc<str>,
    address: Address,
    node: Option<Arc<Node>>,
    /// The controller that this `Global` started.
    controller: Option<Arc<dyn HostedController>>,
    /// Whom that knows whatever its file says: those who have the token of this process.
    shared: Identities,
    /// A controller of this process that it can be joined through: its own, or the one it joined in memory.
    joinable: Option<Arc<dyn HostedController>>,
    runtime: Handle,
    stop_timeout: Duration,
    /// One stop at a time.
    stopping: Mutex<()>,
    stopped: CancellationToken,
    /// Nothing runs any more but what waits for the stop.
    drained: CancellationToken,
    /// Ends the thread of [`GlobalBuilder::start_blocking`].
    thread: Option<CancellationToken>,
    /// Registering is looking for a free name and taking it.
    registering: Mutex<()>,
    /// What is known of callbacks that are called by hand.
    descriptions: Arc<Descriptions>,
    /// What handles share, as long as there are any.
    kept: OnceLock<Weak<Kept>>,
}

impl fmt::Debug for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global")
            .field("process_name", &self.inner.process_name)
            .field("address", &self.inner.address)
            .field("node", &self.inner.node.is_some())
            .field("controller", &self.inner.controller.is_some())
            .finish()
    }
}

impl Global {
    /// The name that the process is known by.
    #[must_use]
    pub fn process_name(&self) -> &str {
        &self.inner.process_name
    }

    /// Where the controller is; with the real port, if port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.inner.address
    }

    /// A call of the callback `name`, for when there is no fetcher. `arguments` is a tuple: `(value,)` for one, `()` for none.
    /// Anything else is refused, with [`CallError::Encode`].
    ///
    /// The types are checked as those of a fetcher are, as far as the values show them: an empty sequence does not show its
    /// elements, a longer one shows the first 32. A fetcher knows more, so prefer one for enums with
    /// `#[serde(skip)]` on a variant that others follow.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
    /// let sum: i64 = g.call("calculate_sum", (1i64, 2i64)).await?;
    /// assert_eq!(sum, 3);
    /// # Ok(()) }
    /// ```
    pub fn call<T>(&self, name: &str, arguments: impl Serialize) -> Call<T>
    where
        T: DeserializeOwned + 'static,
    {
        by_name(name, &arguments, Looking::Types).on(self)
    }

    /// As [`call`](Self::call), without a look into `T`, of which made-up values are read otherwise at the first call: for a type
    /// that panics at values which nobody sends, where panics abort the program. What the callback returns is not compared
    /// with it then, and arrives as another value where they differ; the arguments are compared all the same.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("next_number", || async { 7_u64 }).await?;
    /// #[derive(serde::Deserialize)]
    /// #[serde(from = "u64")]
    /// struct Positive(u64);
    ///
    /// impl From<u64> for Positive {
    ///     fn from(number: u64) -> Self {
    ///         assert!(number > 0);
    ///         Self(number)
    ///     }
    /// }
    ///
    /// let Positive(next) = g.call_untraced("next_number", ()).await?;
    /// assert_eq!(next, 7);
    /// # Ok(()) }
    /// ```
    pub fn call_untraced<T>(&self, name: &str, arguments: impl Serialize) -> Call<T>
    where
        T: DeserializeOwned + 'static,
    {
        by_name(name, &arguments, Looking::Nothing).on(self)
    }

    /// The processes that are there, by name.
    ///
    /// # Errors
    ///
    /// [`CallError::Disconnected`] if the controller cannot be asked.
    pub async fn processes(&self) -> Result<Vec<ProcessInfo>, CallError> {
        let entries: Vec<ProcessEntry> = self.query("processes", Query::Processes).await?;
        Ok(entries.into_iter().map(ProcessInfo::told).collect())
    }

    /// The callbacks that are offered, by name.
    ///
    /// # Errors
    ///
    /// [`CallError::Disconnected`] if the controller cannot be asked.
    pub async fn callbacks(&self) -> Result<Vec<CallbackInfo>, CallError> {
        let entries: Vec<CallbackEntry> = self.query("callbacks", Query::Callbacks).await?;
        Ok(entries.into_iter().map(CallbackInfo::told).collect())
    }

    async fn query<T: DeserializeOwned>(&self, what: &str, query: Query<'_>) -> Result<T, CallError> {
        ask(self.node(what)?, what, query).await
    }

    fn node(&self, what: &str) -> Result<&Arc<Node>, CallError> {
        not_forked(|| what.to_owned())?;
        let stopped = match &self.inner.node {
            Some(node) if node.phase() != Phase::Stopped => return Ok(node),
            Some(node) => Some(&**node.process_name()),
            None => None,
        };
        Err(CallError::not_running(what, stopped))
    }
}
