//! Receiving a stream.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep};

use super::blocking::{check_may_block, wait_for_what};
use super::feeding::Feeding;
use super::pause::sleep_on;
use super::pump::Feeds;
use crate::described::{DecodeItem, ItemsAs};
use crate::error::CallError;
use crate::node::{Exchange, FAR, For, Item, Message, Next, Reader, Received, StreamTurn};
use crate::proto::{CallId, DecodeError, Failed, Failure, Taken, TimeLimit, Window};
use crate::registry::Flow;

/// The items of a stream as they arrive: what a fetcher of a streaming callback gives, and what a callback takes that is
/// sent a stream.
///
/// It is a [`Stream`] of `Result<T, CallError>`. Items come in order, none is lost and none comes twice. After an error there
/// are no more.
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
/// let mut items = numbers(3).await?;
/// let mut sum = 0;
/// while let Some(item) = items.next().await {
///     sum += item?;
/// }
/// assert_eq!(sum, 3);
/// # Ok(()) }
/// ```
///
/// # Flow
///
/// The sender sends no more than a window ahead of what was taken here: 16,384 items or 2 MiB, whichever is less, unless
/// [`window`](Self::window) says otherwise. Who takes nothing stops the sender, and holds up nothing else. All streams together hold
/// no more than [`max_unread`](crate::GlobalBuilder::max_unread) allows: where that is mostly taken, windows are smaller.
///
/// # Cancel safety
///
/// Cancel safe. Dropping it ends the stream at its sender: the callback that sends it is cancelled; a caller that sends it
/// stops sending, and its call goes on.
#[must_use = "a stream is ended when this is dropped"]
pub struct Streaming<T> {
    source: Origin,
    received: Received<T>,
    callback: String,
    turn: StreamTurn,
    /// How long the caller allowed the call.
    allowed: Option<Duration>,
    idle: Option<Duration>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether an error that ends it has its structure in front.
    pub(super) described: bool,
}

enum Origin {
    /// What a callback returned.
    Result {
        exchange: Exchange,
        /// What sends the argument streams of the same call.
        _feeding: Option<Feeding>,
    },
    /// An argument of a callback.
    Argument { flow: Flow, index: u32, accepted: bool },
    /// It has ended.
    Ended,
}

/// Why a stream ended before its end.
pub(super) enum Broken {
    /// Its sender said so, or is gone.
    Ended(Failure),
    /// What came is no item.
    Item(DecodeError),
}

/// A call whose callback has returned a stream.
pub(super) struct Opening {
    pub(super) exchange: Exchange,
    pub(super) allowed: Option<Duration>,
    pub(super) callback: String,
    pub(super) reading: ItemsAs,
    /// Whether an error that ends it has its structure in front.
    pub(super) described: bool,
    pub(super) window: Window,
    pub(super) feeds: Feeds,
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("callback", &self.callback)
            .finish_non_exhaustive()
    }
}

impl<T> Streaming<T> {
    /// What has come of it and the source of more are told apart: the streams of a broadcast have one source.
    pub(super) fn into_received(self) -> Received<T> {
        self.received
    }

    /// The number of the call that is answered with it, for as long as it goes on.
    pub(super) const fn sent(&self) -> Option<CallId> {
        match &self.source {
            Origin::Result { exchange, .. } => exchange.sent(),
            Origin::Argument { .. } | Origin::Ended => None,
        }
    }

    pub(super) fn result(opening: Opening, decode: DecodeItem<T>) -> Self {
        let reading = opening.reading.clone();
        Self::read(opening, Reader::Typed(decode, reading))
    }

    /// As [`result`](Self::result), whose items are read so.
    pub(super) fn read(opening: Opening, reader: Reader<T>) -> Self {
        let Opening {
            exchange,
            allowed,
            callback,
            described,
            window,
            feeds,
            ..
        } = opening;
        let feeding = exchange.sent().filter(|_| !feeds.is_empty());
        let feeding = feeding.map(|sent| Feeding::begin(exchange.node(), sent, feeds));
        let source = Origin::Result {
            exchange,
            _feeding: feeding,
        };
        let received = Received::new(reader, window);
        Self {
            allowed,
            described,
            ..Self::new(source, received, callback)
        }
    }

    pub(crate) fn argument(
        flow: Flow,
        index: u32,
        callback: String,
        reading: ItemsAs,
        decode: DecodeItem<T>,
    ) -> Self {
        let source = Origin::Argument {
            flow,
            index,
            accepted: false,
        };
        let reader = Reader::Typed(decode, reading);
        Self::new(source, Received::new(reader, Window::DEFAULT), callback)
    }

    const fn new(source: Origin, received: Received<T>, callback: String) -> Self {
        Self {
            source,
            received,
            callback,
            turn: StreamTurn::NEW,
            allowed: None,
            idle: None,
            timer: None,
            described: false,
        }
    }

    /// Lets the sender be so many items, and so many bytes of items, ahead of what is taken here; at least 1 of each. The
    /// last item may be over it. Of an argument stream, before the first item is asked for; for what a callback returns, see
    /// [`Call::window`](crate::Call::window).
    ///
    /// ```
    /// use daffi::{CallError, Streaming, callback};
    ///
    /// struct Printer;
    ///
    /// #[callback]
    /// impl Printer {
    ///     /// Takes a page at a time, of at most a megabyte.
    ///     pub async fn print(&self, pages: Streaming<Vec<u8>>) -> Result<u64, CallError> {
    ///         let mut pages = pages.window(1, 1 << 20);
    ///         let mut count = 0;
    ///         while let Some(page) = pages.next().await {
    ///             count += page.map(|_| 1)?;
    ///         }
    ///         Ok(count)
    ///     }
    /// }
    /// # let _ = Printer;
    /// ```
    pub fn window(mut self, items: u32, bytes: u32) -> Self {
        self.received.set_window(Window::of_at_least_one(items, bytes));
        self
    }

    /// Ends the stream with [`CallError::Timeout`] when no item has come for so long.
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
    /// use std::time::Duration;
    ///
    /// let mut items = numbers(3).await?.idle_timeout(Duration::from_secs(30));
    /// assert_eq!(items.next().await, Some(Ok(0)));
    /// # Ok(()) }
    /// ```
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = Some(timeout);
        self
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    ///
    /// What ended the stream before its end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Option<Result<T, CallError>> {
        poll_fn(|cx| self.poll(cx)).await
    }

    /// The items for code without async: an iterator that blocks its thread until the next one is there.
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
    /// for item in numbers(4).wait()?.blocking() {
    ///     sum += item?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); and [`CallError::Blocking`], which ends it, where blocking would hold up a runtime.
    pub fn blocking(self) -> BlockingItems<T> {
        BlockingItems(self)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, CallError>>> {
        let next = ready!(self.poll_item(cx));
        Poll::Ready(next.map(|item| {
            item.map_err(|broken| match broken {
                Broken::Ended(Failure::Failed(failed)) => {
                    CallError::from_failed(failed, &self.callback, None, None).within(self.allowed)
                }
                Broken::Ended(Failure::App { remote, .. }) => CallError::App(remote),
                Broken::Ended(Failure::Explained(_)) => {
                    CallError::decode(&*self.callback, "a value came where a stream ends", true)
                }
                Broken::Item(error) => undecodable(&self.callback, &error),
            })
        }))
    }

    /// The next item, or why there are no more.
    pub(super) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Broken>>> {
        ready!(self.turn.poll_next(cx));
        loop {
            if !self.received.is_empty() {
                return Poll::Ready(Some(self.take()));
            }
            let end = match self.poll_more(cx) {
                Poll::Ready(None) => {
                    if let Some(timer) = &mut self.timer
                        && let Some(idle) = self.idle
                    {
                        timer.as_mut().reset(Instant::now() + idle.min(FAR));
                    }
                    continue;
                }
                Poll::Ready(Some(end)) => end,
                Poll::Pending => {
                    self.turn.pause();
                    ready!(self.poll_idle(cx));
                    Err(Failure::Failed(Failed::Timeout {
                        limit: TimeLimit::Idle(self.idle.unwrap_or_default()),
                        may_have_run: true,
                    }))
                }
            };
            self.source = Origin::Ended;
            return Poll::Ready(match end {
                Ok(()) => None,
                Err(failure) => Some(Err(Broken::Ended(failure))),
            });
        }
    }

    /// Waits for a batch, or the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(), Failure>>> {
        match &mut self.source {
            Origin::Ended => Poll::Ready(Some(Ok(()))),
            Origin::Result { exchange, .. } => {
                // It was sent long ago.
                static NONE: Bytes = Bytes::new();
                let message = || Message::Withdraw(&NONE);
                match ready!(exchange.poll_next(cx, message)) {
                    Next::Item(Item::Batch(_, batch)) => {
                        self.received.put(batch);
                        Poll::Ready(None)
                    }
                    Next::Item(_) => Poll::Ready(None),
                    Next::End(outcome) => Poll::Ready(Some(outcome.map(drop))),
                }
            }
            Origin::Argument {
                flow,
                index,
                accepted,
            } => {
                if !std::mem::replace(accepted, true) {
                    let granted = flow.host.accept(flow.run, *index, self.received.window());
                    self.received.set_window(granted);
                }
                match ready!(flow.host.poll_taken(flow.run, *index, cx)) {
                    Taken::Batch(batch) => {
                        self.received.put(batch);
                        Poll::Ready(None)
                    }
                    Taken::End(end) => Poll::Ready(Some(end.map_err(Failure::from))),
                }
            }
        }
    }

    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(idle) = self.idle else {
            return Poll::Pending;
        };
        let source = &self.source;
        let timer = self.timer.get_or_insert_with(|| match source {
            // Whoever waits may know of no runtime.
            Origin::Result { exchange, .. } => sleep_on(exchange.node(), idle),
            Origin::Argument { flow, .. } => flow.host.sleep(idle),
            Origin::Ended => Box::pin(sleep(idle)),
        });
        timer.as_mut().poll(cx)
    }

    /// Takes the next item, and grants what is due.
    fn take(&mut self) -> Result<T, Broken> {
        let (item, used, due) = self.received.take().map_err(|error| {
            self.source = Origin::Ended;
            Broken::Item(error)
        })?;
        self.turn.add(used);
        if let Some(taken) = due {
            let granted = match &self.source {
                Origin::Result { exchange, .. } => exchange
                    .sent()
                    .and_then(|sent| exchange.node().grant(sent, 0, taken).ok()),
                Origin::Argument { flow, index, .. } => Some(flow.host.accept(flow.run, *index, taken)),
                Origin::Ended => None,
            };
            self.received.granted(taken, granted.unwrap_or(taken));
        }
        Ok(item)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Self::Argument {
            flow,
            index,
            accepted,
        } = self
        {
            if !*accepted {
                // Nothing is granted; it only has to be there in order to be stopped.
                flow.host.accept(flow.run, *index, Window::NONE);
            }
            flow.host.stop(flow.run, *index);
        }
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<T> Unpin for Streaming<T> {}

/// What is told of an item that cannot be decoded.
pub(super) fn undecodable<E>(callback: &str, error: &DecodeError) -> CallError<E> {
    CallError::Decode {
        callback: callback.to_owned(),
        message: format!("an item of a stream: {error}"),
        may_have_run: true,
    }
}

/// The items of a stream, for code without async: what [`Streaming::blocking`] returns.
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
/// use daffi::CallError;
///
/// let items = numbers(4).wait()?.blocking();
/// let all: Result<Vec<u64>, CallError> = items.collect();
/// assert_eq!(all?, [0, 1, 2, 3]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct BlockingItems<T>(Streaming<T>);

impl<T> Iterator for BlockingItems<T> {
    type Item = Result<T, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = &mut self.0;
        if !matches!(stream.source, Origin::Ended)
            && let Err(error) = check_may_block(|| stream.callback.clone())
        {
            stream.source = Origin::Ended;
            return Some(Err(error));
        }
        let what = match stream.source {
            Origin::Argument { .. } => For::Caller,
            Origin::Result { .. } | Origin::Ended => For::Items,
        };
        let waited = wait_for_what(what, poll_fn(|cx| stream.poll(cx)));
        waited.unwrap_or_else(|stopped| {
            stream.source = Origin::Ended;
            Some(Err(stopped.knowing(true).of(&stream.callback)))
        })
    }
}
