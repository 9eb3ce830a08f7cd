//! Streams for code without async.

use std::future::poll_fn;
use std::pin::Pin;

use futures_util::Stream;

use super::blocking::{check_may_block, wait_for};
use super::broadcast::Broadcast;
use super::gather::BroadcastItems;
use super::replies::Reply;
use super::reply_stream::ReplyStream;
use super::streaming::Streaming;
use crate::error::CallError;

/// A stream for code without async: an iterator that blocks its thread until the next is there.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
/// // Other processes, as they come and go; `for` blocks until there is a next event.
/// for event in g.presence_blocking()? {
///     println!("{:?}", event?);
///     break;
/// }
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// Each is a `Result`: [`CallError::Blocking`] where blocking would hold up a runtime, and [`CallError::Cancelled`] where the callback
/// that waits is not wanted any more. Nothing follows such an error. Dropping it ends the stream, as dropping the stream does.
#[derive(Debug)]
#[must_use = "nothing is waited for unless it is taken"]
pub struct BlockingStream<S> {
    stream: Option<S>,
    what: &'static str,
}

impl<S: Stream + Unpin> BlockingStream<S> {
    pub(crate) const fn new(stream: S, what: &'static str) -> Self {
        Self {
            stream: Some(stream),
            what,
        }
    }

    /// The next, once it is there; or why there is none any more.
    pub(crate) fn wait_next(&mut self) -> Option<Result<S::Item, CallError>> {
        let stream = self.stream.as_mut()?;
        let next = check_may_block(|| self.what.to_owned()).and_then(|()| {
            wait_for(poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)))
                .map_err(|stopped| stopped.knowing(true).of(self.what))
        });
        let next = next.transpose();
        if !matches!(next, Some(Ok(_))) {
            self.stream = None;
        }
        next
    }
}

impl<T, E> Iterator for BlockingStream<ReplyStream<T, E>> {
    type Item = Result<(String, Reply<T, E>), CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.wait_next()
    }
}

impl<T, E> Iterator for BlockingStream<BroadcastItems<T, E>> {
    type Item = Result<(String, Reply<T, E>), CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.wait_next()
    }
}

impl<T, E> Broadcast<T, E> {
    /// As [`stream`](Self::stream), blocking this thread: for code without async.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("get_menu", || vec!["pasta".to_owned()]).wait()?;
    /// # #[daffi::fetcher]
    /// # fn get_menu() -> Vec<String>;
    /// # let get_menu = || get_menu().on(&g);
    /// for reply in get_menu().broadcast().stream_blocking()? {
    ///     let (process_name, menu) = reply?;
    ///     println!("{process_name}: {menu:?}");
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`stream`](Self::stream); and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn stream_blocking(self) -> Result<BlockingStream<ReplyStream<T, E>>, CallError<E>> {
        let callback = self.callback().to_owned();
        check_may_block::<E>(|| callback.clone())?;
        let stream =
            wait_for(Box::pin(self.stream())).unwrap_or_else(|stopped| Err(stopped.of(&callback)))?;
        Ok(BlockingStream::new(stream, "the answers of a broadcast"))
    }
}

impl<T, E> Broadcast<Streaming<T>, E> {
    /// As [`items`](Self::items), blocking this thread: for code without async.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # struct Numbers;
    /// # #[daffi::callback]
    /// # impl Numbers {
    /// #     pub fn numbers(&self, end: u64) -> impl Iterator<Item = u64> + use<> {
    /// #         0..end
    /// #     }
    /// # }
    /// # shop.register_blocking(Numbers)?;
    /// # #[daffi::fetcher]
    /// # fn numbers(end: u64) -> impl daffi::Stream<Item = u64>;
    /// # let numbers = |end| numbers(end).on(&g);
    /// let mut sum = 0;
    /// for item in numbers(4).broadcast().items_blocking()? {
    ///     let (_process_name, number) = item?;
    ///     sum += number?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`items`](Self::items); and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn items_blocking(self) -> Result<BlockingStream<BroadcastItems<T, E>>, CallError<E>> {
        let callback = self.callback().to_owned();
        check_may_block::<E>(|| callback.clone())?;
        let items = wait_for(Box::pin(self.items())).unwrap_or_else(|stopped| Err(stopped.of(&callback)))?;
        Ok(BlockingStream::new(items, "the items of a broadcast"))
    }
}
