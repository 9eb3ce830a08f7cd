//! A call by hand, and what it can be told before it is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use serde::Serialize;

use super::super::settings::Settings;
use super::known::Descriptions;
use super::written::{By, Later, Shared};
use crate::described::{Elsewhere, Layout};
use crate::error::CallError;
use crate::node::Node;

/// A call of a callback of which the program knows nothing, with values as JSON has them: what
/// [`Global::call_json`](crate::Global::call_json) returns. Await it for a [`Json`](crate::Json), or its [`items`](Self::items) where the callback
/// returns a stream.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
/// use std::time::Duration;
///
/// let call = g.call_json("calculate_sum", (1, 2));
/// let sum = call.timeout(Duration::from_secs(2)).retry(2).idempotent().to("shop").metadata("tenant", "acme").await?;
/// assert_eq!(sum.to_string(), "3");
///
/// let call = g.call_json("calculate_sum", (1, 2)).key("1").wait_for_provider(Duration::from_secs(2));
/// assert_eq!(call.bg().await?.to_string(), "3");
///
/// // What does not fit is told before anything is sent.
/// let error = g.call_json("calculate_sum", (1, "two")).await.unwrap_err();
/// println!("{error}");
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// As any [`Call`](crate::Call), and before anything is sent: [`CallError::NoProvider`] where nobody offers the callback, [`CallError::Encode`] with
/// the way to the place where the arguments do not fit, [`CallError::Invalid`] where streams are missing, too many, or not taken. The
/// callback's own error is a [`JsonError`](crate::JsonError).
///
/// # Cancel safety
///
/// Dropping what it is awaited by cancels the call, as with a [`Call`](crate::Call).
#[must_use = "a call does nothing until it is awaited"]
pub struct JsonCall {
    pub(super) node: Result<Arc<Node>, CallError>,
    pub(super) descriptions: Arc<Descriptions>,
    pub(super) name: String,
    pub(super) arguments: Shared,
    pub(super) settings: Settings,
    pub(super) streams: Vec<Later<By<Layout>>>,
    pub(super) elsewhere: Option<Elsewhere>,
}

impl fmt::Debug for JsonCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonCall")
            .field("callback", &self.name)
            .field("settings", &self.settings)
            .field("streams", &self.streams.len())
            .finish_non_exhaustive()
    }
}

impl JsonCall {
    pub(crate) fn new(
        node: Result<Arc<Node>, CallError>,
        descriptions: Arc<Descriptions>,
        name: &str,
        arguments: impl Serialize + Send + Sync + 'static,
    ) -> Self {
        Self {
            node,
            descriptions,
            name: name.to_owned(),
            arguments: Arc::new(arguments),
            settings: Settings::default(),
            streams: Vec::new(),
            elsewhere: None,
        }
    }

    /// As [`Call::timeout`](crate::Call::timeout); asking for the description is part of the time.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        self
    }

    /// As [`Call::to`](crate::Call::to).
    pub fn to(mut self, process_name: impl Into<String>) -> Self {
        self.settings.to = Some(process_name.into());
        self
    }

    /// As [`Call::to_where`](crate::Call::to_where).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().init_controller(true).in_memory().auto_callbacks(false);
    /// # let shop = shop.attribute("zone", "a").start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() }).await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// assert_eq!(g.call_json("price", ["lamp"]).to_where("zone", "a").await?.to_string(), "4");
    /// # Ok(()) }
    /// ```
    pub fn to_where(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.having.push((key.into(), value.into()));
        self
    }

    /// As [`Call::key`](crate::Call::key).
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.settings.key = Some(key.as_ref().to_vec());
        self
    }

    /// As [`Call::metadata`](crate::Call::metadata).
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.metadata.push((key.into(), value.into()));
        self
    }

    /// As [`Call::wait_for_provider`](crate::Call::wait_for_provider).
    pub const fn wait_for_provider(mut self, wait: Duration) -> Self {
        self.settings.patience = Some(wait);
        self
    }

    /// As [`Call::retry`](crate::Call::retry). A call that sends a stream is not made again.
    pub const fn retry(mut self, retries: u32) -> Self {
        self.settings.retries = Some(retries);
        self
    }

    /// As [`Call::idempotent`](crate::Call::idempotent).
    pub const fn idempotent(mut self) -> Self {
        self.settings.idempotent = true;
        self
    }

    /// Sends these as the next of the callback's arguments that are streams, in the order of its parameters. Each item is written as
    /// the arguments are; one that does not fit ends the stream with an error, and so the call, unless that has returned a stream by then: what
    /// becomes of it is the callback's to say.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Adder;
    /// # #[daffi::callback]
    /// # impl Adder {
    /// #     pub async fn total(&self, items: daffi::Streaming<u64>) -> u64 {
    /// #         let mut items = items;
    /// #         let mut total = 0;
    /// #         while let Some(Ok(item)) = items.next().await {
    /// #             total += item;
    /// #         }
    /// #         total
    /// #     }
    /// # }
    /// # shop.register(Adder).await?;
    /// use futures_util::stream;
    ///
    /// let total = g.call_json("total", ()).sending(stream::iter([1, 2, 3])).await?;
    /// assert_eq!(total.to_string(), "6");
    /// # Ok(()) }
    /// ```
    pub fn sending<S>(mut self, items: S) -> Self
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        self.streams.push(Later::argument(items));
        self
    }

    /// Has `read` give the bytes of each text that begins with `@` and stands where bytes are expected, as in a program that lets its user
    /// name files. Without this, such a text is refused.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # struct Lab;
    /// # #[daffi::callback]
    /// # impl Lab {
    /// #     pub fn size(&self, photo: Vec<u8>) -> usize {
    /// #         photo.len()
    /// #     }
    /// # }
    /// # shop.register(Lab).await?;
    /// # let folder = tempfile::tempdir()?;
    /// # let file = format!("@{}", folder.path().join("photo.jpg").display());
    /// # std::fs::write(&file[1..], [0_u8; 5])?;
    /// let call = g.call_json("size", [file]);   // as "@photo.jpg"
    /// let size = call.reading(|file| std::fs::read(file).map_err(|error| error.to_string())).await?;
    /// assert_eq!(size.to_string(), "5");
    /// # Ok(()) }
    /// ```
    pub fn reading(mut self, read: impl Fn(&str) -> Result<Vec<u8>, String> + Send + Sync + 'static) -> Self {
        self.elsewhere = Some(Arc::new(read));
        self
    }
}
