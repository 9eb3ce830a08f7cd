//! How calls by hand are made, and what they end with.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use serde::Serialize;

use super::super::answer::Take;
use super::super::background::{AsyncResult, Carry, GivenUp, in_background};
use super::super::blocking::{check_may_block, wait_for};
use super::super::streaming::{Opening, Streaming};
use super::call::JsonCall;
use super::making::{Outcome, plain};
use super::written::{Fault, Later, feeds};
use crate::described::{Arguments, Json, Layout, ReadAs};
use crate::error::{CallError, JsonError};
use crate::node::Reader;
use crate::proto::Mode;
use crate::signature::Type;

pub(super) type Running<T> = Pin<Box<dyn Future<Output = Outcome<T>> + Send>>;

impl JsonCall {
    /// Makes the call, and takes the stream that the callback returns.
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
    /// let mut items = g.call_json("numbers", [3]).items().await?;
    /// while let Some(item) = items.next().await {
    ///     println!("{}", item?);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Invalid`] where the callback returns no stream. What ends the stream before its end is an item.
    pub async fn items(self) -> Result<Streaming<Json>, CallError<JsonError>> {
        let (version, opened) = self.make(Take::Stream(|opening: Opening| opening), true).await?;
        let opening = opened.map_err(|error| version.error(error))?;
        let told = Arc::clone(version.ok());
        let any = Arc::new(Layout::new(&Type::Any));
        let read = move |bytes: &[u8], explained: bool| {
            let layout = if explained { &any } else { &told };
            Ok(Json::next(layout, bytes)?)
        };
        Ok(Streaming::read(opening, Reader::Told(Arc::new(read))))
    }

    /// Runs the callback once for each item of `items`, in order, as a fetcher with `each` does: each is all its arguments, as they are
    /// given to [`Global::call_json`](crate::Global::call_json); those given there are not used. How many were done.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("add_item", |item: String| async move { drop(item) }).await?;
    /// use futures_util::stream;
    ///
    /// let done = g.call_json("add_item", ()).each(stream::iter([["orange"], ["lamp"]])).await?;
    /// assert_eq!(done, 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; [`CallError::Stopped`] says at which item it ended.
    pub async fn each<S>(self, items: S) -> Result<u64, CallError<JsonError>>
    where
        S: Stream<Item: Serialize> + Send + 'static,
    {
        let until = self.until();
        // What is sent cannot be sent twice, so nothing is left to chance.
        let (known, _) = self.known(until, true).await?;
        let version = self.candidates(&known).next();
        let version = version.ok_or_else(|| self.nobody())?;
        let Some(arguments) = &version.arguments else {
            return Err(self.unknown());
        };
        let by = (Arguments::clone(arguments), self.elsewhere.clone());
        let streams = [(Later::each(items), by)];
        let take = Take::Tally(|done| done);
        let fault = Fault::default();
        let mut call = self.by(&version, Bytes::new(), take, feeds(streams, &fault), until);
        call.options.mode = Mode::Each;
        call.await.map_err(|error| version.error(self.within(error)))
    }

    /// Makes the call in the background, as [`Call::bg`](crate::Call::bg).
    pub fn bg(self) -> AsyncResult<Json, JsonError> {
        let node = self.node.clone().map_err(plain);
        in_background(self.name.clone(), node, InBackground(self.into_future()))
    }

    /// Hands the call over, as [`Call::send`](crate::Call::send): ready when a provider has it; nobody learns of its outcome.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
    /// g.call_json("calculate_sum", (1, 2)).send().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Why it was not handed over.
    pub async fn send(self) -> Result<(), CallError<JsonError>> {
        let (version, sent) = self
            .make_in(Mode::HandedOver, Take::Value(|_, _| Ok(())), None)
            .await?;
        sent.map_err(|error| version.error(error))
    }

    /// Makes the call and blocks this thread, as [`Call::wait`](crate::Call::wait).
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start_blocking()?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start_blocking()?;
    /// # shop.register_fn("calculate_sum", |a: i64, b: i64| a + b).wait()?;
    /// let sum = g.call_json("calculate_sum", (1, 2)).wait()?;
    /// assert_eq!(sum.to_string(), "3");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// As awaiting it; and [`CallError::Blocking`] where blocking would hold up a runtime.
    pub fn wait(self) -> Result<Json, CallError<JsonError>> {
        check_may_block(|| self.name.clone())?;
        let name = self.name.clone();
        wait_for(self.into_future()).unwrap_or_else(|stopped| Err(stopped.of(&name)))
    }
}

impl IntoFuture for JsonCall {
    type Output = Result<Json, CallError<JsonError>>;
    type IntoFuture = Running<Json>;

    fn into_future(self) -> Running<Json> {
        Box::pin(async move {
            let take =
                Take::Value(|bytes: &Bytes, reading: &ReadAs| Ok((Bytes::clone(bytes), reading.clone())));
            let (version, value) = self.make(take, false).await?;
            version.value(&value.map_err(|error| version.error(error))?)
        })
    }
}

/// A call that goes on in a task.
struct InBackground(Running<Json>);

impl Future for InBackground {
    type Output = Outcome<Json>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome<Json>> {
        self.0.as_mut().poll(cx)
    }
}

impl Carry for InBackground {
    fn given_up(&self) -> GivenUp {
        GivenUp {
            may_have_run: true,
            done: 0,
        }
    }

    fn cancel(&mut self) -> bool {
        false
    }
}
