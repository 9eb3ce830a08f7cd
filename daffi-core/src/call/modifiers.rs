//! What a call can be told before it is made.

use std::time::Duration;

use super::future::Call;
use super::options::NodeChoice;
use super::streaming::Streaming;
use crate::node::Lagging;
use crate::proto::{self, Window};

impl<T, E> Call<T, E> {
    /// Ends the call with [`CallError::Timeout`](crate::CallError::Timeout) if there is no outcome `timeout` after it is first
    /// awaited. The callback is cancelled then. Stands for the fetcher's own and for that of the process
    /// ([`call_timeout`](crate::GlobalBuilder::call_timeout)); `Duration::MAX` is none.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// use std::time::Duration;
    ///
    /// use daffi::CallError;
    ///
    /// match price("lamp").timeout(Duration::from_millis(500)).await {
    ///     Ok(price) => println!("{price}"),
    ///     Err(CallError::Timeout { may_have_run, .. }) => println!("too late; it may have run: {may_have_run}"),
    ///     Err(error) => return Err(error.into()),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Has the process named `process_name` run the callback, and no other. It may be the calling process itself.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// use daffi::CallError;
    ///
    /// assert_eq!(price("lamp").to("shop").await?, 4);
    /// let error = price("lamp").to("bakery").await.unwrap_err();
    /// assert!(matches!(error, CallError::NoProvider { process: Some(name), .. } if name == "bakery"));
    /// # Ok(()) }
    /// ```
    pub fn to(mut self, process_name: impl Into<String>) -> Self {
        self.options.to = Some(process_name.into());
        self
    }

    /// Has a process run the callback that says of itself that it is `key = value`, by
    /// [`GlobalBuilder::attribute`](crate::GlobalBuilder::attribute), and no other. Said several times, all must hold at one process; with
    /// [`to`](Self::to), that process must be it. Of several who are, one is picked as without this, and where all are at their limits, the call
    /// waits for the first of them that has a place.
    ///
    /// Nobody else runs it: where nobody who offers the callback is `key = value`, the call ends with
    /// [`CallError::NoProvider`](crate::CallError::NoProvider), which says what there is instead, or waits as long as
    /// [`wait_for_provider`](Self::wait_for_provider) says. A call names at most 8, of 1,024 bytes in all; more is
    /// [`CallError::Invalid`](crate::CallError::Invalid).
    ///
    /// Whoever may join can say of itself what it wants: this is for finding those who are meant, and no protection from others. A
    /// [`broadcast`](Self::broadcast) goes to all who are, as with [`where_`](crate::Broadcast::where_).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use daffi::Global;
    ///
    /// # let shop = Global::builder().init_controller(true).in_memory().auto_callbacks(false);
    /// # let shop = shop.attribute("kind", "resizer").attribute("zone", "a").start().await?;
    /// # shop.register_fn("resize", |width: u64| async move { width }).await?;
    /// # let g = Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # #[daffi::fetcher]
    /// # fn resize(width: u64) -> u64;
    /// # let resize = |width| resize(width).on(&g);
    /// let small = resize(64).to_where("kind", "resizer").to_where("zone", "a").await?;
    /// assert_eq!(small, 64);
    /// # Ok(()) }
    /// ```
    pub fn to_where(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let attribute = (key.into(), value.into());
        if let Err(place) = self.options.having.binary_search(&attribute) {
            self.options.having.insert(place, attribute);
        }
        self
    }

    /// Sends `key` and `value` along; the callback reads them with
    /// [`CallContext::metadata`](crate::CallContext::metadata). A key given twice has its last value.
    ///
    /// All keys and values of a call together have at most 8 KiB; more is [`CallError::TooLarge`](crate::CallError::TooLarge).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// use daffi::CallContext;
    ///
    /// shop.register_fn("tenant", |ctx: CallContext| async move { ctx.metadata("tenant").map(str::to_owned) }).await?;
    ///
    /// let tenant: Option<String> = g.call("tenant", ()).metadata("tenant", "acme").await?;
    /// assert_eq!(tenant.as_deref(), Some("acme"));
    /// # Ok(()) }
    /// ```
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let (key, value) = (key.into(), value.into());
        self.options.metadata.retain(|(present, _)| *present != key);
        self.options.metadata.push((key, value));
        self
    }

    /// Makes the call `delay` after it is first awaited, or after [`bg`](Self::bg). A [`timeout`](Self::timeout) counts
    /// from then on.
    ///
    /// The call waits in this process, and is lost with it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// use std::time::{Duration, Instant};
    ///
    /// let begun = Instant::now();
    /// price("lamp").after(Duration::from_millis(20)).await?;
    /// assert!(begun.elapsed() >= Duration::from_millis(20));
    /// # Ok(()) }
    /// ```
    pub fn after(mut self, delay: Duration) -> Self {
        self.options.after = Some(delay);
        self.options.at = None;
        self
    }

    /// Sends calls with the same `key` to the same provider, whoever makes them.
    ///
    /// When a provider leaves, only its keys move to others; when one comes, it takes its share of all. A provider at its
    /// limit is passed over, so that the key then goes elsewhere. [`to`](Self::to) is stronger.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// // Whoever has looked up the price of a lamp before has it in its cache.
    /// assert_eq!(price("lamp").key("lamp").await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.options.key = Some(proto::stable_hash(key.as_ref()));
        self
    }

    /// Has the call wait up to `wait`, from when it is first made, for a process to appear that offers the callback, instead
    /// of ending with [`CallError::NoProvider`](crate::CallError::NoProvider) at once. With [`to`](Self::to) it waits for that process to
    /// offer it. When nobody has come by then it ends with `NoProvider`, and at its deadline with
    /// [`CallError::Timeout`](crate::CallError::Timeout); it did not run.
    ///
    /// A [`broadcast`](Self::broadcast) waits until there is one, and [`to_each`](Self::to_each) for nobody.
    ///
    /// Nothing is asked again and again: the controller tells this process when somebody is there. The arguments wait in this
    /// process, and so does a stream among them. Calls that wait for the same are made when somebody is there, in the order in which they were made
    /// first, whatever their tasks do meanwhile. One for which nobody is there again by then is made by itself later, and holds up no other.
    ///
    /// Without this a call does not wait, but for the [`reconnect_wait`](crate::GlobalBuilder::reconnect_wait) after the process
    /// has lost its connection and come back: the others are about to come back as well. `Duration::ZERO` waits for nobody then,
    /// either. A lost connection is waited out for `reconnect_wait` whatever is said here.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// use std::time::Duration;
    ///
    /// let price = price("milk").wait_for_provider(Duration::from_secs(5)).await?;
    /// assert_eq!(price, 4);
    /// # Ok(()) }
    /// ```
    pub const fn wait_for_provider(mut self, wait: Duration) -> Self {
        self.options.patience = Some(wait);
        self
    }

    /// Makes the call again, up to `retries` times, when it fails for a reason that may pass: no provider, a lost one, one
    /// at its limit or about to stop, no connection. Between two attempts it waits, longer each time and up to 2 s, and as long as a quota that it is over has
    /// no room.
    ///
    /// A call that may have run is not made again unless it is [`idempotent`](Self::idempotent). All attempts together end
    /// at the call's deadline, and a process makes few more calls again than one in ten, so that an outage is not made
    /// worse; a call beyond that fails as it would without retries.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() as u64 }).await?;
    /// # #[daffi::fetcher]
    /// # fn price(item: &str) -> u64;
    /// # let price = |item| price(item).on(&g);
    /// use std::time::Duration;
    ///
    /// // To ask for a price twice does no harm, so it may be asked for again, also where it may have been answered.
    /// let price = price("milk").retry(3).idempotent().timeout(Duration::from_secs(2)).await?;
    /// assert_eq!(price, 4);
    /// # Ok(()) }
    /// ```
    pub const fn retry(mut self, retries: u32) -> Self {
        self.options.retries = retries;
        self
    }

    /// Says that running the callback twice does no harm, so that [`retry`](Self::retry) may also make a call again that
    /// may have run.
    pub const fn idempotent(mut self) -> Self {
        self.options.idempotent = true;
        self
    }

    pub(super) const fn lagging(mut self, lagging: Lagging) -> Self {
        self.options.lagging = lagging;
        self
    }

    pub(crate) fn on_node(mut self, node: NodeChoice) -> Self {
        self.options.node = node;
        self
    }
}

impl<T, E> Call<Streaming<T>, E> {
    /// Lets the callback be so many items, and so many bytes of items, ahead of what is taken of its stream; at least 1 of
    /// each, and 16,384 items and 2 MiB unless this is said. The last item may be over it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Numbers;
    /// # #[daffi::callback]
    /// # impl Numbers {
    /// #     pub fn numbers(&self, end: u64) -> impl Iterator<Item = u64> + use<> {
    /// #         0..end
    /// #     }
    /// # }
    /// # shop.register(Numbers).await?;
    /// # #[daffi::fetcher]
    /// # fn numbers(end: u64) -> impl daffi::Stream<Item = u64>;
    /// # let numbers = |end| numbers(end).on(&g);
    /// // Large items of which this process wants no more than two at a time.
    /// let mut items = numbers(4).window(2, 64 * 1024).await?;
    /// assert_eq!(items.next().await, Some(Ok(0)));
    /// # Ok(()) }
    /// ```
    pub fn window(mut self, items: u32, bytes: u32) -> Self {
        self.options.window = Window::of_at_least_one(items, bytes);
        self
    }
}
