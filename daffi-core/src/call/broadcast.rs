//! One call to every process that offers the callback.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::asked::Asking;
use super::background::{AsyncResult, in_background};
use super::blocking::{check_may_block, wait_for};
use super::collect::Collecting;
use super::future::Call;
use super::options::NodeChoice;
use super::replies::Replies;
use super::reply_stream::ReplyStream;
use crate::error::{CallError, RemoteError};
use crate::node::Lagging;
use crate::proto::Mode;

/// A call that goes to every process which offers the callback, or to those that are named: what [`Call::broadcast`] and
/// [`Call::to_each`] return. Await it for [`Replies`], or its [`stream`](Self::stream) for the outcomes as they come.
///
/// The controller fixes the processes when the call reaches it: all that offer the callback then, without the calling
/// one; or those that [`to_each`](Self::to_each) names. Each of them gives one outcome; one that goes away meanwhile gives
/// [`CallError::ProviderLost`], one that does not answer in time [`CallError::Timeout`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
/// # #[daffi::fetcher]
/// # fn get_menu() -> Vec<String>;
/// # let get_menu = || get_menu().on(&g);
/// use std::time::Duration;
///
/// let menus = get_menu().broadcast().timeout(Duration::from_secs(2)).metadata("tenant", "acme").await?;
/// for (process_name, menu) in &menus {
///     match menu {
///         Ok(menu) => println!("{process_name}: {menu:?}"),
///         Err(error) => println!("{process_name} did not answer: {error}"),
///     }
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`CallError::NoProvider`] when nobody but this process offers the callback, unless names were given. What goes wrong at
/// one of them is its outcome. [`CallError::Invalid`] when what was said of the call makes no sense for one to many.
///
/// # Cancel safety
///
/// Dropping it, or what it returned, cancels the call wherever it still runs.
#[must_use = "a broadcast does nothing until it is awaited"]
pub struct Broadcast<T, E = RemoteError> {
    call: Call<T, E>,
}

impl<T, E> fmt::Debug for Broadcast<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast")
            .field("callback", &self.call.callback())
            .finish_non_exhaustive()
    }
}

impl<T, E> Call<T, E> {
    /// Calls every process that offers the callback.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// let menus = get_menu().broadcast().await?;
    /// assert_eq!(menus["shop"], Ok(vec!["pasta".to_owned()]));
    /// # Ok(()) }
    /// ```
    pub const fn broadcast(self) -> Broadcast<T, E> {
        Broadcast { call: self }
    }

    /// Calls each of the processes that are named, and no others: a [`broadcast`](Self::broadcast) to these. See
    /// [`Broadcast::to_each`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// use daffi::CallError;
    ///
    /// let menus = get_menu().to_each(["shop", "bakery"]).await?;
    /// assert!(menus["shop"].is_ok());
    /// assert!(matches!(menus["bakery"], Err(CallError::NoProvider { .. })), "it is closed");
    /// # Ok(()) }
    /// ```
    pub fn to_each<N: Into<String>>(self, process_names: impl IntoIterator<Item = N>) -> Broadcast<T, E> {
        self.broadcast().to_each(process_names)
    }
}

impl<T, E> Broadcast<T, E> {
    /// The call to many.
    pub(super) fn into_call(self) -> Call<T, E> {
        self.call
    }

    /// Takes what there is `timeout` after this is first awaited; those who have not answered then give
    /// [`CallError::Timeout`], and are cancelled.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            call: self.call.timeout(timeout),
        }
    }

    /// Sends `key` and `value` along; see [`Call::metadata`].
    pub fn metadata(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            call: self.call.metadata(key, value),
        }
    }

    /// Makes the call `delay` after it is first awaited; see [`Call::after`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// use std::time::Duration;
    ///
    /// let menus = get_menu().broadcast().after(Duration::from_millis(10)).await?;
    /// assert_eq!(menus.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn after(self, delay: Duration) -> Self {
        Self {
            call: self.call.after(delay),
        }
    }

    /// Calls each of the processes that are named, and no others. The calling process may be one of them. Stands for the
    /// fetcher's own receiver.
    ///
    /// Each has an outcome, also if it is not there or does not offer the callback: [`CallError::NoProvider`], with its
    /// name. One that is named twice is called once. At most 1,024 can be named, and at least one: everything else is
    /// [`CallError::Invalid`], as is a name of more than 255 bytes. No name is waited for, whatever
    /// [`wait_for_provider`](Call::wait_for_provider) says.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// let menus = get_menu().broadcast().to_each(["shop"]).await?;
    /// assert_eq!(menus.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn to_each<N: Into<String>>(self, process_names: impl IntoIterator<Item = N>) -> Self {
        Self {
            call: self
                .call
                .among(process_names.into_iter().map(Into::into).collect()),
        }
    }

    /// Calls only those who say of themselves that they are `key = value`: all who offer the callback and are. Said several times, all must
    /// hold; see [`Call::to_where`]. Of those whom [`to_each`](Self::to_each) names, one that is not gives
    /// [`CallError::NoProvider`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let shop = Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false);
    /// # let shop = shop.attribute("kind", "resizer").start().await?;
    /// # shop.register_fn("flush", || async { 3_u64 }).await?;
    /// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # #[daffi::fetcher]
    /// # fn flush() -> u64;
    /// # let flush = || flush().on(&g);
    /// for (process_name, flushed) in &flush().broadcast().where_("kind", "resizer").await? {
    ///     println!("{process_name}: {flushed:?}");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn where_(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            call: self.call.to_where(key, value),
        }
    }

    /// What becomes of a process that takes the stream of the call slower than the others do. Unless it is said, they wait for
    /// it: the slowest sets the pace.
    ///
    /// With [`Lagging::DropSlow`] a process that is more than 4 MiB behind the one that is farthest loses its part, and the
    /// others go on: its callback is cancelled, and its outcome is [`CallError::Lagged`]. What it has of the stream ends
    /// somewhere; a callback that is not `async` sees its stream end with an error there. One that has yet to begin is waited for
    /// a second, and then dropped like the others: it is behind from the first item on. Nobody is dropped for being as slow as all others, or once the stream
    /// has ended: then its outcome is waited for. How far each is is known by what it has taken,
    /// so this does not depend on a time.
    ///
    /// Of a call that sends no stream it is [`CallError::Invalid`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Counter;
    /// # #[daffi::callback]
    /// # impl Counter {
    /// #     pub async fn watch(&self, prices: daffi::Streaming<u64>) -> u64 {
    /// #         let mut prices = prices;
    /// #         let mut count = 0;
    /// #         while prices.next().await.is_some() {
    /// #             count += 1;
    /// #         }
    /// #         count
    /// #     }
    /// # }
    /// # shop.register(Counter).await?;
    /// # #[daffi::fetcher]
    /// # fn watch(prices: impl daffi::Stream<Item = u64>) -> u64;
    /// # let watch = |prices| watch(prices).on(&g);
    /// # let prices = futures_util::stream::iter(0..10);
    /// use daffi::{CallError, Lagging};
    ///
    /// let counts = watch(prices).broadcast().lagging(Lagging::DropSlow).await?;
    /// for (process_name, outcome) in &counts {
    ///     if let Err(CallError::Lagged { .. }) = outcome {
    ///         println!("{process_name} did not keep up");
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn lagging(self, lagging: Lagging) -> Self {
        Self {
            call: self.call.lagging(lagging),
        }
    }

    /// There is none: a broadcast asks many. It is here for what the compiler says of it.
    #[doc(hidden)]
    pub fn to<N>(self, _process_name: N) -> Self
    where
        N: NamesOne,
    {
        self
    }

    /// The remote name of the callback.
    pub(super) fn callback(&self) -> &str {
        self.call.callback()
    }

    pub(crate) fn on_node(self, node: NodeChoice) -> Self {
        Self {
            call: self.call.on_node(node),
        }
    }

    /// The outcomes as they arrive.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// let mut menus = get_menu().broadcast().stream().await?;
    /// while let Some((process_name, menu)) = menus.next().await {
    ///     println!("{process_name}: {menu:?}");   // the fastest first
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it.
    pub async fn stream(self) -> Result<ReplyStream<T, E>, CallError<E>> {
        Ok(ReplyStream::new(
            Asking::of_values(self.call.in_mode(Mode::Broadcast)).await?,
        ))
    }

    /// Makes the call and blocks this thread until all have answered: for code without async.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("get_menu", || vec!["pasta".to_owned()]).wait()?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// assert_eq!(get_menu().broadcast().wait()?.len(), 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<Replies<T, E>, CallError<E>> {
        check_may_block(|| self.call.callback().to_owned())?;
        let callback = self.call.callback().to_owned();
        let mut all = self.collect();
        wait_for(&mut all).unwrap_or_else(|stopped| Err(stopped.knowing(all.may_have_run()).of(&callback)))
    }

    /// Hands the call over to each of them; see [`Call::send`]. The future is ready when that is decided for all, and gives
    /// what became of it by process name: `Ok(())` where the process was given the call, otherwise why it was not. Nobody
    /// learns of the outcomes.
    ///
    /// The callbacks go on when this process leaves. A [`timeout`](Self::timeout) bounds how long they may run.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("flush", || async {}).await?;
    /// # #[daffi::fetcher]
    /// # fn flush();
    /// # let flush = || flush().on(&g);
    /// for (process_name, given) in flush().broadcast().send().await? {
    ///     println!("{process_name}: {}", if given.is_ok() { "has it" } else { "does not have it" });
    /// }
    /// # Ok(()) }
    /// ```
    pub fn send(self) -> BroadcastHandover {
        BroadcastHandover(Collecting::new(
            self.call.in_mode(Mode::HandedToAll).without_answer(),
        ))
    }

    /// The call to all, whose streams are taken.
    pub(super) fn asking_for_items(self) -> Asking<T, E> {
        Asking::of_items(self.call.in_mode(Mode::Broadcast))
    }

    fn collect(self) -> Collecting<T, E> {
        Collecting::new(self.call.in_mode(Mode::Broadcast))
    }
}

/// What nothing is: it is there for what the compiler says of `.broadcast().to(…)`.
#[diagnostic::on_unimplemented(
    message = "a broadcast goes to many processes, and `.to(…)` names one",
    label = "leave out `.broadcast()` to call this one",
    note = "to call several by name, write `.to_each([\"Ann\", \"Bob\"])` in place of `.broadcast()` or after it"
)]
pub trait NamesOne {}

impl<T: Send + 'static, E: Send + 'static> Broadcast<T, E> {
    /// Makes the call in the background; see [`Call::bg`]. [`AsyncResult::cancel`] cancels it wherever it still runs, and the
    /// outcomes that were there by then are lost.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("get_menu", || async { vec!["pasta".to_owned()] }).await?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// let job = get_menu().broadcast().bg();
    /// assert_eq!(job.await?.len(), 1);
    /// # Ok(()) }
    /// ```
    pub fn bg(self) -> AsyncResult<Replies<T, E>, E> {
        let (callback, node) = (self.call.callback().to_owned(), self.call.node());
        in_background(callback, node, self.collect())
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for Broadcast<T, E> {
    type Output = Result<Replies<T, E>, CallError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.collect())
    }
}

/// A call that is handed over to many: what [`Broadcast::send`] returns. Await it for what became of it at each process.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
/// # shop.register_fn("flush", || ()).wait()?;
/// let given = g.call::<()>("flush", ()).broadcast().send().wait()?;
/// assert_eq!(given["shop"], Ok(()));
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As awaiting a [`Broadcast`]: nobody was given the call, or it is not known who was, and `may_have_run` says so. What
/// speaks against one process is its outcome.
///
/// # Cancel safety
///
/// Dropping it before it is ready takes the call back from those that have not been given it.
#[must_use = "nothing is handed over until this is awaited"]
pub struct BroadcastHandover(Collecting<(), RemoteError>);

impl fmt::Debug for BroadcastHandover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastHandover").finish_non_exhaustive()
    }
}

impl BroadcastHandover {
    /// Hands the call over and blocks this thread until that is done: for code without async.
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(mut self) -> Result<Replies<()>, CallError> {
        let callback = self.0.callback().to_owned();
        check_may_block::<RemoteError>(|| callback.clone())?;
        wait_for(&mut self.0)
            .unwrap_or_else(|stopped| Err(stopped.knowing(self.0.may_have_run()).of(&callback)))
    }
}

impl Future for BroadcastHandover {
    type Output = Result<Replies<()>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}
