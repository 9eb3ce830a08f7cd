//! The one error of calls.

use std::time::Duration;

use super::RemoteError;
use crate::proto::{Absence, Exceeded, TimeLimit};
use crate::signature::Signature;

/// What of a call was too large.
///
/// ```
/// use daffi::{CallError, Oversized};
///
/// fn advice<E>(error: &CallError<E>) -> &'static str {
///     let CallError::TooLarge { what, .. } = error else { return "it is small enough" };
///     match what {
///         Oversized::Arguments => "send a stream, or make max_frame larger at both sides and the controller",
///         Oversized::Result => "return a stream",
///         Oversized::Item => "make smaller items of it",
///         Oversized::Metadata => "send it as an argument",
///         _ => "make it smaller",
///     }
/// }
/// let error: CallError = CallError::too_large("store", 20 << 20, 16 << 20, false);
/// assert!(advice(&error).starts_with("send a stream"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Oversized {
    /// Its arguments: they did not fit a frame.
    Arguments,
    /// Its result: it did not fit a frame.
    Result,
    /// An item of a stream, sent or returned: it did not fit a frame.
    Item,
    /// Its [metadata](crate::Call::metadata): all keys and values together.
    Metadata,
    /// What the controller would have to keep of a [scheduled](crate::Call::period) one: arguments, metadata and period together.
    Scheduled,
}

/// Why a call ended without a value.
///
/// `E` is the callback's own error type; a fetcher that does not declare one gets it as [`RemoteError`].
///
/// Ask [`may_have_run`](Self::may_have_run) before calling again something that must not run twice, and [`kind`](Self::kind)
/// which of the cases it is. Each but [`App`](Self::App) may come to say more, so patterns end in `..`, and
/// functions of their names ([`timeout`](Self::timeout), [`no_provider`](Self::no_provider), …) make them where a test needs one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let shop = daffi::Global::builder().process_name("shop").init_controller(true).in_memory().auto_callbacks(false).start().await?;
/// # let g = daffi::Global::builder().memory(&shop).auto_callbacks(false).start().await?;
/// use daffi::CallError;
///
/// /// What to do about it.
/// async fn price(g: &daffi::Global, item: &str) -> Result<u64, CallError> {
///     match g.call::<u64>("price", (item,)).await {
///         // The callback's own: whatever it means there.
///         Err(CallError::App(error)) => {
///             println!("the shop says: {error}");
///             Ok(0)
///         }
///         // It did not run, or may run twice: make it again, or say `.retry(2)` from the beginning.
///         Err(error) if !error.may_have_run() => g.call("price", (item,)).await,
///         // Nobody knows whether it ran.
///         other => other,
///     }
/// }
/// shop.register_fn("price", |item: String| async move { item.parse::<u64>().map_err(|error| error.to_string()) }).await?;
/// assert_eq!(price(&g, "120").await?, 120);
/// assert_eq!(price(&g, "free").await?, 0);
/// # Ok(()) }
/// ```
///
/// # How it is passed on
///
/// `?` makes no `CallError` of a `CallError<E>`, since the callback's own error would be lost unasked: write
/// `.map_err(CallError::in_words)?` to have [its words](Self::in_words), or return `CallError<E>` to keep it. In a function that returns `anyhow::Error`,
/// `Box<dyn Error>` or an error of the program's with `#[from]`, `?` takes either.
///
/// # How it is shown
///
/// Its `Display` says what happened and what to do next. [`App`](Self::App) is shown as the callback's own error, by its `Display`, and
/// has that error's [`source`](std::error::Error::source). For that a fetcher of the program must declare the error, as in `Result<T, E>`, or
/// it is [`RemoteError`] or a string: Rust cannot ask a type parameter whether it has a `Display`. Errors that have none are shown
/// by their `Debug`, as are those of a fetcher in a generic block.
///
/// `Encode` and `Decode` have no source: what went wrong may have been in another process, and is in the `message`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<E = RemoteError> {
    /// The callback returned its own error.
    App(E),
    /// Nobody offers the callback now. The controller answers so at once.
    ///
    /// A callback that was left out of its program, as one of a library is of which nothing else is used, is not told from one whose process does not
    /// run: the log line `node started` of its process lists what it offers, and `daffi::offer!` keeps a library's.
    #[non_exhaustive]
    NoProvider {
        /// The callback's name.
        callback: String,
        /// The process that was named with `.to(…)`.
        process: Option<String>,
        /// The process name of the `Global` through which calls went that name none, and which has stopped: this one went through
        /// another of the process.
        stopped: Option<String>,
        /// What exactly is missing.
        absence: Absence,
        /// How long the call has waited for somebody to offer it; none if it did not.
        waited: Option<Duration>,
        /// Whether an earlier attempt of the same call may have run.
        may_have_run: bool,
        /// Whether it was not made again, only because this process has [spent its retries](Self::retries_spent).
        retries_spent: bool,
    },
    /// The connection of the provider was lost during the call.
    #[non_exhaustive]
    ProviderLost {
        /// The callback's name.
        callback: String,
        /// The process name of the provider.
        process: String,
        /// Whether it was not made again, only because this process has [spent its retries](Self::retries_spent).
        retries_spent: bool,
    },
    /// The provider took a stream that went to many slower than the others did, so it got no more of it and was cancelled
    /// ([`Lagging::DropSlow`](crate::Lagging::DropSlow)). It has run for a part of the stream, or not at all if it had yet to begin.
    #[non_exhaustive]
    Lagged {
        /// The callback's name.
        callback: String,
        /// The process name of the provider.
        process: String,
    },
    /// The deadline passed.
    #[non_exhaustive]
    Timeout {
        /// The callback's name.
        callback: String,
        /// Whose it was.
        limit: TimeLimit,
        /// How long the caller allowed, where it was the call's own deadline and this is known.
        allowed: Option<Duration>,
        /// How long the call has waited for somebody to offer the callback; none if it did not.
        waited: Option<Duration>,
        /// What it still waited for, so that it was not made.
        unmet: Option<Box<super::Unmet>>,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// The call was cancelled from this side, or its provider is stopping.
    #[non_exhaustive]
    Cancelled {
        /// The callback's name.
        callback: String,
        /// The process name of the `Global` of this process that made the call, if it has stopped meanwhile.
        stopped: Option<String>,
        /// Whether the callback may have begun.
        may_have_run: bool,
        /// Whether it was not made again, only because this process has [spent its retries](Self::retries_spent).
        retries_spent: bool,
    },
    /// Every provider is at its limit and so is its queue, this process has too many calls outstanding, the call would wait
    /// for a place that one of those holds who wait for it, or for a thread that nobody ever lets go, or unread streams hold as much
    /// as they may. Or whoever runs the controller has set a quota that has no room for it.
    #[non_exhaustive]
    Overloaded {
        /// The callback's name.
        callback: String,
        /// The call was made while a call of the same callback was answered, which holds a place that it would have to wait for,
        /// and waits for it.
        recursive: bool,
        /// The callback blocks, and would wait for a thread for ever: its process has so many for such callbacks, each is held by one that
        /// waits, directly or through others, for a callback that needs one, and one that holds one waits for this call.
        threads: Option<u32>,
        /// The quota that has no room for the call, and whose it is, where whoever runs the controller has set one.
        quota: Option<Exceeded>,
        /// It is about a stream: those that come to the process that receives it hold as many bytes as they may.
        unread: Option<u64>,
        /// Whether the callback may have begun.
        may_have_run: bool,
        /// Whether it was not made again, only because this process has [spent its retries](Self::retries_spent).
        retries_spent: bool,
    },
    /// The callback panicked. Its process lives on.
    #[non_exhaustive]
    Panicked {
        /// The callback's name.
        callback: String,
        /// What the panic said; cut, and said to be, where it has more than 1 MiB or does not fit a frame.
        message: String,
        /// Where the callback stands in the source of its process, as `src/shop.rs:12`, if that is known: its file, under the root of its workspace, and the
        /// line of its name. Of a file elsewhere no more is told than its name and two folders, and never more than 255 bytes. The line at
        /// which it panicked is on the standard error of its process.
        place: Option<String>,
    },
    /// The fetcher and the callback disagree on arguments or result. The callback did not run.
    #[non_exhaustive]
    SignatureMismatch {
        /// The callback's name.
        callback: String,
        /// What this side declared.
        called: Box<Signature>,
        /// What the provider offers.
        offered: Box<Signature>,
        /// The place that does not go together, and what change would; nothing if that is not known.
        fault: String,
        /// Whether an earlier attempt of the same call may have run.
        may_have_run: bool,
    },
    /// This process may not call that.
    #[non_exhaustive]
    Denied {
        /// The callback's name.
        callback: String,
        /// Why not.
        reason: String,
        /// Whether the call may have run: an earlier attempt of it, or this one, whose right was taken away meanwhile.
        may_have_run: bool,
    },
    /// Something of the call is over its limit: mostly what a frame may have.
    #[non_exhaustive]
    TooLarge {
        /// The callback's name.
        callback: String,
        /// The size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
        /// What is too large.
        what: Oversized,
        /// Whether the callback may have run: it has if its result is too large.
        may_have_run: bool,
    },
    /// There is no connection to the controller, and the wait for one is over.
    #[non_exhaustive]
    Disconnected {
        /// The callback's name.
        callback: String,
        /// Whether the callback may have begun before the connection was lost.
        may_have_run: bool,
        /// Whether it was not made again, only because this process has [spent its retries](Self::retries_spent).
        retries_spent: bool,
        /// Why the controller ended the last connection, or does not let this process in again, if it has said so.
        refusal: Option<Box<super::Refusal>>,
    },
    /// No `Global` with a node is running in this process, or the one that would make the call has stopped.
    #[non_exhaustive]
    NotStarted {
        /// The callback's name.
        callback: String,
        /// The process name of the one that has stopped.
        stopped: Option<String>,
    },
    /// Several `Global`s run in this process, and nothing says which of them makes the call.
    #[non_exhaustive]
    Ambiguous {
        /// The callback's name.
        callback: String,
        /// The process names of those that could be meant.
        globals: Vec<String>,
    },
    /// [`Call::wait`](crate::Call::wait) was used where blocking would hold up a runtime.
    #[non_exhaustive]
    Blocking {
        /// The callback's name.
        callback: String,
    },
    /// The callback, which ran once for each item of a stream (`each`), did not run for all of them.
    #[non_exhaustive]
    Stopped {
        /// The callback's name.
        callback: String,
        /// For so many items it has run to its end. If one of them was what stopped it, it is the next, and none after that was
        /// done. If it was stopped from outside (its process or the connection was lost, the deadline of the call passed, it was
        /// cancelled, …), so many are known to be done: it says so every 20 ms, and may have done more since.
        done: u64,
        /// What stopped it.
        error: Box<CallError<E>>,
    },
    /// What was asked of the call cannot be: what was said of it contradicts itself, it is waited for where nothing can end it, or
    /// it comes back to an object that a method has which waits for it. It did not run.
    #[non_exhaustive]
    Invalid {
        /// The callback's name.
        callback: String,
        /// What speaks against it, and what to do.
        reason: String,
        /// Whether an earlier attempt of the same call may have run.
        may_have_run: bool,
    },
    /// A value could not be encoded: the arguments here, or the result at the provider.
    #[non_exhaustive]
    Encode {
        /// The callback's name.
        callback: String,
        /// Which value, and what was wrong.
        message: String,
        /// Whether the callback has run.
        may_have_run: bool,
    },
    /// A value could not be decoded: the arguments at the provider, or the result here.
    #[non_exhaustive]
    Decode {
        /// The callback's name.
        callback: String,
        /// Which value, and what was wrong.
        message: String,
        /// Whether the callback has run.
        may_have_run: bool,
    },
}

#[cfg(feature = "runtime")]
impl<E> CallError<E> {
    /// A call that is not made, since no `Global` runs that could make it; perhaps one has `stopped`.
    pub(crate) fn not_running(callback: impl Into<String>, stopped: Option<&str>) -> Self {
        Self::NotStarted {
            callback: callback.into(),
            stopped: stopped.map(str::to_owned),
        }
    }

    /// The same error of a call of a `Global` that has stopped.
    pub(crate) fn of_stopped(mut self, name: &str) -> Self {
        match &mut self {
            Self::Disconnected {
                callback,
                may_have_run: false,
                ..
            } => return Self::not_running(std::mem::take(callback), Some(name)),
            Self::Cancelled { stopped, .. } => *stopped = Some(name.to_owned()),
            _ => {}
        }
        self
    }

    /// The same error of a call that would have been made by a `Global` which has stopped.
    pub(crate) fn instead_of(mut self, name: &str) -> Self {
        if let Self::NoProvider { stopped, .. } = &mut self {
            *stopped = Some(name.to_owned());
        }
        self
    }
}
