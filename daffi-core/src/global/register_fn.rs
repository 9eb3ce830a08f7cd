//! Offering a function that is no annotated one, while the program runs.

use std::future::{Future, IntoFuture};
use std::panic::Location;
use std::pin::Pin;
use std::time::Duration;

use super::Global;
use crate::error::{ConfigFault, RegisterError};
use crate::registry::{BoundCallback, CallbackFn, Description};

impl Global {
    /// Offers `function` from now on, under `name`. Await it: when that returns, it can be called. [`unregister`](Self::unregister)
    /// ends it.
    ///
    /// `function` is a function or closure, which may hold what it likes: see [`CallbackFn`] for what it may take and return. One
    /// that is `async`, or gives a future, runs as an `async` callback does; another one on the blocking pool.
    ///
    /// The `E` of a `Result<T, E>` reaches callers as itself where serde can write and read it, and those that do not declare it in
    /// words: a string is its own, [`RemoteError`](crate::RemoteError) has some, and of another type they are what a derived
    /// `Debug` says. An `E` of words alone (`anyhow::Error`, `Box<dyn Error + Send + Sync>`) reaches them with its causes.
    ///
    /// Callers are checked against its types, which are looked into when it is registered, as those of an annotated callback are
    /// when the process starts, unless it is [`untraced`](Registration::untraced). Its parameters have no names that daffi could know, and are shown as `_`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// let factor = 2;
    /// shop.register_fn("double", move |n: i64| async move { n * factor }).await?;
    /// assert_eq!(g.call::<i64>("double", (21i64,)).await?, 42);
    /// shop.unregister("double").await?;
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn register_fn<A, K>(
        &self,
        name: impl Into<String>,
        function: impl CallbackFn<A, K>,
    ) -> Registration {
        Registration {
            global: self.clone(),
            callback: BoundCallback::made(name.into(), function, Location::caller()),
        }
    }
}

/// A callback that is to be offered: what [`Global::register_fn`] returns. Await it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use std::time::Duration;
///
/// shop.register_fn("render", |page: u32| async move { vec![0_u8; page as usize] })
///     .docs("Renders a page.")
///     .concurrency(4)                        // so many at a time,
///     .concurrency_per_caller(2)             // so many of them of one process,
///     .queue(100)                            // and so many more that wait
///     .timeout(Duration::from_secs(30))      // for each
///     .await?;
/// assert_eq!(g.call::<Vec<u8>>("render", (3_u32,)).await?.len(), 3);
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// [`RegisterError::Config`] when this `Global` offers a callback of that name already or a setting is out of its range,
/// [`RegisterError::Refused`] when it contradicts what others offer or this process may not provide it, [`RegisterError::Call`] when the controller cannot be told. It is not offered then.
///
/// # Cancel safety
///
/// It goes on when this is dropped after it was first polled.
#[derive(Debug)]
#[must_use = "nothing is offered until this is awaited"]
pub struct Registration {
    global: Global,
    callback: BoundCallback,
}

impl Registration {
    /// What it is for, in words, as the doc comment of an annotated callback says it: others see it by
    /// [`callbacks`](Global::callbacks).
    pub fn docs(mut self, docs: impl Into<String>) -> Self {
        self.callback.description.docs = docs.into().into();
        self
    }

    /// How many calls run at the same time; at least 1. No limit unless this is said.
    pub fn concurrency(mut self, calls: u32) -> Self {
        self.callback.description.concurrency = Some(calls);
        self
    }

    /// How many of these may be of one calling process; at least 1. More of its calls wait at the controller, while those of
    /// others go on. No limit but [`concurrency`](Self::concurrency) unless this is said.
    pub fn concurrency_per_caller(mut self, calls: u32) -> Self {
        self.callback.description.concurrency_per_caller = Some(calls);
        self
    }

    /// How many more calls may wait at the controller until one of these has ended; 1,000 unless this is said. With 0, a call
    /// that is beyond [`concurrency`](Self::concurrency) or [`concurrency_per_caller`](Self::concurrency_per_caller) is answered [`Overloaded`](crate::CallError::Overloaded) at once.
    pub fn queue(mut self, calls: u32) -> Self {
        self.callback.description.queue = Some(calls);
        self
    }

    /// How long one call may run, whatever its caller allows; more than zero.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.callback.description.timeout = Some(timeout);
        self
    }

    /// Its types are not looked into: for those that panic at values which nobody sends, where panics abort the program. Callers
    /// are not checked against them then, nor is what it returns compared with how that is read, so that values arrive as
    /// others where they differ.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
    /// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # #[serde(from = "u64", into = "u64")]
    /// # struct Positive(u64);
    /// # impl From<u64> for Positive {
    /// #     fn from(number: u64) -> Self {
    /// #         assert!(number > 0);
    /// #         Self(number)
    /// #     }
    /// # }
    /// # impl From<Positive> for u64 {
    /// #     fn from(number: Positive) -> Self {
    /// #         number.0
    /// #     }
    /// # }
    /// # impl Clone for Positive {
    /// #     fn clone(&self) -> Self {
    /// #         Self(self.0)
    /// #     }
    /// # }
    /// // `Positive` panics at 0, which is a value that a look into it would try.
    /// shop.register_fn("next", |number: Positive| async move { Positive(number.0 + 1) }).untraced().await?;
    /// assert_eq!(g.call::<u64>("next", (6_u64,)).await?, 7);
    /// # Ok(()) }
    /// ```
    pub const fn untraced(mut self) -> Self {
        self.callback.description.untraced = true;
        self
    }

    async fn register(self) -> Result<(), RegisterError> {
        let Self { global, callback } = self;
        let mut faults = Vec::new();
        let mut fault = |setting, value: &str, expected| {
            faults.push(ConfigFault::Value {
                setting,
                value: value.to_owned(),
                expected,
            });
        };
        let Description {
            concurrency,
            concurrency_per_caller,
            ..
        } = callback.description;
        for (setting, limit) in [
            ("concurrency", concurrency),
            ("concurrency_per_caller", concurrency_per_caller),
        ] {
            if limit == Some(0) {
                fault(setting, "zero", "it is at least 1; leave it out for no limit");
            }
        }
        if callback.description.timeout == Some(Duration::ZERO) {
            fault("timeout", "zero", "it is more than zero; leave it out for none");
        }
        if let (Some(queue), None) = (callback.description.queue, concurrency.or(concurrency_per_caller)) {
            let queue = queue.to_string();
            fault(
                "queue",
                &queue,
                "it is for calls beyond `concurrency` or `concurrency_per_caller`: say one of these, too",
            );
        }
        if !faults.is_empty() {
            return Err(RegisterError::Config(faults));
        }
        let node = global.node("register_fn").map_err(RegisterError::Call)?;
        let this = global.clone();
        // In a task: half of it is worse than all of it.
        let task =
            node.spawn_task(async move { this.offer("register_fn", |catalog| catalog.add(callback)).await });
        task.await.unwrap_or_else(|_| Err(global.ended("register_fn")))
    }
}

impl IntoFuture for Registration {
    type Output = Result<(), RegisterError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.register())
    }
}
