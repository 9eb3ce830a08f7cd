//! Calls by hand to many.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::super::answer::Take;
use super::super::broadcast::Broadcast;
use super::super::pump::Feeds;
use super::super::replies::{Replies, Reply};
use super::call::JsonCall;
use super::known::{Own, Version};
use super::making::{Outcome, plain};
use crate::described::{Json, ReadAs};
use crate::error::{CallError, JsonError};

/// A call by hand to many: what [`JsonCall::broadcast`] returns. Await it for [`Replies`], which have one outcome for each process that
/// was asked, whatever version of the callback it offers.
///
/// Callbacks that take or return streams are called at one process at a time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// # shop.register_fn("calculate_sum", |a: i64, b: i64| async move { a + b }).await?;
/// use std::time::Duration;
///
/// let sums = g.call_json("calculate_sum", (1, 2)).broadcast().timeout(Duration::from_secs(2)).await?;
/// for (process_name, sum) in &sums {
///     println!("{process_name}: {}", sum.as_ref().expect("it can add"));
/// }
/// let one = g.call_json("calculate_sum", (1, 2)).broadcast().to_each(["shop"]).send().await?;
/// assert!(one["shop"].is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "a broadcast does nothing until it is awaited"]
pub struct JsonBroadcast {
    call: JsonCall,
    names: Option<Vec<String>>,
}

impl JsonCall {
    /// Makes the call at every process that offers the callback.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # shop.register_fn("price", |item: String| async move { item.len() }).await?;
    /// let prices = g.call_json("price", ["lamp"]).broadcast().await?;
    /// assert!(prices["shop"].as_ref().is_ok_and(|price| price.to_string() == "4"));
    /// # Ok(()) }
    /// ```
    pub const fn broadcast(self) -> JsonBroadcast {
        JsonBroadcast {
            call: self,
            names: None,
        }
    }
}

/// A call that is to be made at many, how those offer the callback, and when its time is over.
struct Begun<T> {
    version: Arc<Version>,
    broadcast: Broadcast<T, Own>,
    until: Option<Instant>,
}

impl JsonBroadcast {
    /// As [`Call::timeout`](crate::Call::timeout).
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            call: self.call.timeout(timeout),
            ..self
        }
    }

    /// Calls each of the processes that are named, and no others; see [`Broadcast::to_each`](crate::Broadcast::to_each).
    pub fn to_each<N: Into<String>>(mut self, process_names: impl IntoIterator<Item = N>) -> Self {
        self.names = Some(process_names.into_iter().map(Into::into).collect());
        self
    }

    /// Hands the call over to all; see [`Broadcast::send`](crate::Broadcast::send).
    ///
    /// # Errors
    ///
    /// Why it is not known who was given it. What speaks against one process is its outcome.
    pub async fn send(self) -> Result<Replies<(), JsonError>, CallError<JsonError>> {
        let Begun { broadcast, until, .. } = self.begin(Take::Value(|_, _| Ok(()))).await?;
        let replies = broadcast.send().await.map_err(plain)?;
        let replies = replies.into_map().into_iter();
        let replies = replies.map(|(process, reply)| async {
            let reply = match reply {
                Err(CallError::SignatureMismatch { .. }) => self.alone(&process, until).send().await,
                reply => reply.map_err(plain),
            };
            (process, reply)
        });
        Ok(Replies::new(join_all(replies).await))
    }

    /// The call to those who offer the callback in the way that its arguments fit first.
    async fn begin<T>(&self, take: Take<T>) -> Outcome<Begun<T>> {
        let until = self.call.until();
        let mut anew = false;
        loop {
            let (known, asked) = self.call.known(until, anew).await?;
            let mut misfit = None;
            for version in known.iter() {
                match self.call.written(version, Some(false)) {
                    Ok(arguments) => {
                        let call = self.call.by(version, arguments, take, Feeds::new(), until);
                        let broadcast = match &self.names {
                            Some(names) => call.to_each(names),
                            None => call.broadcast(),
                        };
                        return Ok(Begun {
                            version: Arc::clone(version),
                            broadcast,
                            until,
                        });
                    }
                    Err(error) => drop(misfit.get_or_insert(error)),
                }
            }
            if asked {
                return Err(misfit.unwrap_or_else(|| self.call.nobody()));
            }
            anew = true;
        }
    }

    /// The same call to one of those who were asked, who offers the callback in another way.
    fn alone(&self, process: &str, until: Option<Instant>) -> JsonCall {
        let call = self.call.again().to(process);
        match until {
            Some(until) => call.timeout(until.saturating_duration_since(Instant::now())),
            None => call,
        }
    }
}

impl IntoFuture for JsonBroadcast {
    type Output = Outcome<Replies<Json, JsonError>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let take =
                Take::Value(|bytes: &Bytes, reading: &ReadAs| Ok((Bytes::clone(bytes), reading.clone())));
            let Begun {
                version,
                broadcast,
                until,
            } = self.begin(take).await?;
            let replies = broadcast.await.map_err(|error| version.error(error))?;
            let replies = replies.into_map().into_iter();
            let replies = replies.map(|(process, reply)| async {
                let reply: Reply<Json, JsonError> = match reply {
                    Ok(came) => version.value(&came),
                    Err(CallError::SignatureMismatch { .. }) => self.alone(&process, until).await,
                    Err(error) => Err(version.error(error)),
                };
                (process, reply)
            });
            Ok(Replies::new(join_all(replies).await))
        })
    }
}
