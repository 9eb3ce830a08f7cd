//! The one error of calls.

use std::fmt;

use super::RemoteError;
use crate::proto::Absence;
#[cfg(feature = "runtime")]
use crate::proto::Failed;
use crate::signature::Signature;

/// Why a call ended without a value.
///
/// `E` is the callback's own error type; a fetcher that does not declare one gets it as [`RemoteError`].
///
/// Ask [`may_have_run`](Self::may_have_run) before calling again something that must not run twice.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<E = RemoteError> {
    /// The callback returned its own error.
    App(E),
    /// Nobody offers the callback now. The controller answers so at once.
    NoProvider {
        /// The callback's name.
        callback: String,
        /// The process that was named with `.to(…)`.
        process: Option<String>,
        /// What exactly is missing.
        absence: Absence,
    },
    /// The connection of the provider was lost during the call.
    ProviderLost {
        /// The callback's name.
        callback: String,
        /// The process name of the provider.
        process: String,
    },
    /// The deadline passed.
    Timeout {
        /// The callback's name.
        callback: String,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// The call was cancelled from this side, or its provider is stopping.
    Cancelled {
        /// The callback's name.
        callback: String,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// Every provider is at its limit, or this process has too many calls outstanding.
    Overloaded {
        /// The callback's name.
        callback: String,
        /// Whether the callback may have begun.
        may_have_run: bool,
    },
    /// The callback panicked. Its process lives on.
    Panicked {
        /// The callback's name.
        callback: String,
        /// What the panic said.
        message: String,
    },
    /// The fetcher and the callback disagree on arguments or result. The callback did not run.
    SignatureMismatch {
        /// The callback's name.
        callback: String,
        /// What this side declared.
        called: Box<Signature>,
        /// What the provider offers.
        offered: Box<Signature>,
    },
    /// This process may not call that.
    Denied {
        /// The callback's name.
        callback: String,
        /// Why not.
        reason: String,
    },
    /// The arguments or the result are over the frame limit.
    TooLarge {
        /// The callback's name.
        callback: String,
        /// The size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
        /// Whether the callback has run, and its result was too large.
        may_have_run: bool,
    },
    /// There is no connection to the controller, and the wait for one is over.
    Disconnected {
        /// The callback's name.
        callback: String,
        /// Whether the callback may have begun before the connection was lost.
        may_have_run: bool,
    },
    /// No `Global` with a node is running in this process.
    NotStarted {
        /// The callback's name.
        callback: String,
    },
    /// [`Call::wait`](crate::Call::wait) was used where blocking would hold up a runtime.
    Blocking {
        /// The callback's name.
        callback: String,
    },
    /// The callback, which ran once for each item of a stream (`each`), did not run for all of them.
    Stopped {
        /// The callback's name.
        callback: String,
        /// For so many items it has run to its end; the next one stopped it, and none after that was done.
        done: u64,
        /// What stopped it.
        error: Box<CallError<E>>,
    },
    /// What was asked of the call contradicts itself. Nothing was sent.
    Invalid {
        /// The callback's name.
        callback: String,
        /// What contradicts what.
        reason: String,
    },
    /// A value could not be encoded: the arguments here, or the result at the provider.
    Encode {
        /// The callback's name.
        callback: String,
        /// Which value, and what was wrong.
        message: String,
        /// Whether the callback has run.
        may_have_run: bool,
    },
    /// A value could not be decoded: the arguments at the provider, or the result here.
    Decode {
        /// The callback's name.
        callback: String,
        /// Which value, and what was wrong.
        message: String,
        /// Whether the callback has run.
        may_have_run: bool,
    },
}

impl<E> CallError<E> {
    /// Whether the callback may have run, or have begun to. `false` is a promise; `true` is not.
    ///
    /// ```
    /// # use daffi_core::CallError;
    /// let error: CallError = CallError::NotStarted { callback: "pay".to_owned() };
    /// assert!(!error.may_have_run(), "it is safe to try again");
    /// ```
    #[must_use]
    pub const fn may_have_run(&self) -> bool {
        match self {
            Self::App(_) | Self::ProviderLost { .. } | Self::Panicked { .. } => true,
            Self::NoProvider { .. }
            | Self::SignatureMismatch { .. }
            | Self::Denied { .. }
            | Self::NotStarted { .. }
            | Self::Blocking { .. }
            | Self::Invalid { .. } => false,
            Self::Stopped { done, error, .. } => *done > 0 || error.may_have_run(),
            Self::Timeout { may_have_run, .. }
            | Self::Cancelled { may_have_run, .. }
            | Self::Overloaded { may_have_run, .. }
            | Self::TooLarge { may_have_run, .. }
            | Self::Disconnected { may_have_run, .. }
            | Self::Encode { may_have_run, .. }
            | Self::Decode { may_have_run, .. } => *may_have_run,
        }
    }

    /// What ended a call of `callback` to `process`, of a caller whose signature is `called`.
    #[cfg(feature = "runtime")]
    pub(crate) fn from_failed(
        failed: Failed,
        callback: &str,
        process: Option<&str>,
        called: Option<&Signature>,
    ) -> Self {
        let callback = callback.to_owned();
        match failed {
            Failed::NoProvider(absence) => Self::NoProvider {
                callback,
                process: process.map(str::to_owned),
                absence,
            },
            Failed::ProviderLost { process } => Self::ProviderLost { callback, process },
            Failed::Timeout { may_have_run } => Self::Timeout {
                callback,
                may_have_run,
            },
            Failed::Cancelled { may_have_run } => Self::Cancelled {
                callback,
                may_have_run,
            },
            Failed::Overloaded { may_have_run } => Self::Overloaded {
                callback,
                may_have_run,
            },
            Failed::Panicked { message } => Self::Panicked { callback, message },
            Failed::SignatureMismatch { offered } => {
                let offered = Box::new(offered.decode().unwrap_or_else(|_| Signature::unknown()));
                let called = called.map_or_else(|| offered.clone(), |called| Box::new(called.clone()));
                Self::SignatureMismatch {
                    callback,
                    called,
                    offered,
                }
            }
            Failed::Denied { reason } => Self::Denied { callback, reason },
            Failed::TooLarge {
                size,
                limit,
                may_have_run,
            } => Self::TooLarge {
                callback,
                size,
                limit,
                may_have_run,
            },
            Failed::Decode { message } => Self::Decode {
                callback,
                message: format!("the arguments: {message}"),
                may_have_run: false,
            },
            Failed::Encode { message } => Self::Encode {
                callback,
                message: format!("the result: {message}"),
                may_have_run: true,
            },
            Failed::Disconnected { may_have_run } => Self::Disconnected {
                callback,
                may_have_run,
            },
        }
    }

    /// The same error with the callback's own error changed by `change`.
    ///
    /// ```
    /// # use daffi_core::{CallError, RemoteError};
    /// let error = CallError::App(RemoteError::new("sold out", vec![]));
    /// assert_eq!(error.map_app(|remote| remote.to_string()), CallError::App("sold out".to_owned()));
    /// ```
    pub fn map_app<F>(self, change: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::App(error) => CallError::App(change(error)),
            Self::NoProvider {
                callback,
                process,
                absence,
            } => CallError::NoProvider {
                callback,
                process,
                absence,
            },
            Self::ProviderLost { callback, process } => CallError::ProviderLost { callback, process },
            Self::Timeout {
                callback,
                may_have_run,
            } => CallError::Timeout {
                callback,
                may_have_run,
            },
            Self::Cancelled {
                callback,
                may_have_run,
            } => CallError::Cancelled {
                callback,
                may_have_run,
            },
            Self::Overloaded {
                callback,
                may_have_run,
            } => CallError::Overloaded {
                callback,
                may_have_run,
            },
            Self::Panicked { callback, message } => CallError::Panicked { callback, message },
            Self::SignatureMismatch {
                callback,
                called,
                offered,
            } => CallError::SignatureMismatch {
                callback,
                called,
                offered,
            },
            Self::Denied { callback, reason } => CallError::Denied { callback, reason },
            Self::TooLarge {
                callback,
                size,
                limit,
                may_have_run,
            } => CallError::TooLarge {
                callback,
                size,
                limit,
                may_have_run,
            },
            Self::Disconnected {
                callback,
                may_have_run,
            } => CallError::Disconnected {
                callback,
                may_have_run,
            },
            Self::NotStarted { callback } => CallError::NotStarted { callback },
            Self::Blocking { callback } => CallError::Blocking { callback },
            Self::Stopped {
                callback,
                done,
                error,
            } => CallError::Stopped {
                callback,
                done,
                error: Box::new(error.map_app(change)),
            },
            Self::Invalid { callback, reason } => CallError::Invalid { callback, reason },
            Self::Encode {
                callback,
                message,
                may_have_run,
            } => CallError::Encode {
                callback,
                message,
                may_have_run,
            },
            Self::Decode {
                callback,
                message,
                may_have_run,
            } => CallError::Decode {
                callback,
                message,
                may_have_run,
            },
        }
    }
}

/// How the message says whether the callback may have run.
struct Ran(bool);

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 {
            "it may have run"
        } else {
            "it did not run"
        })
    }
}

impl<E: fmt::Debug> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => write!(f, "the callback returned an error: {error:?}"),
            Self::NoProvider {
                callback,
                process,
                absence,
            } => {
                let process = process.as_deref().unwrap_or("?");
                match absence {
                    Absence::Nobody => write!(
                        f,
                        "nobody offers `{callback}` now: start a process with a #[callback] of that name, or wait \
                         for one with wait_function({callback:?})"
                    ),
                    Absence::OnlyCaller => write!(
                        f,
                        "nobody but this process offers `{callback}`: to call it here, name this process with .to(…)"
                    ),
                    Absence::ProcessUnknown => write!(
                        f,
                        "`{callback}` was called at process {process:?}, which is not there: check the name, or wait \
                         for it with wait_process({process:?})"
                    ),
                    Absence::NotOffered => write!(
                        f,
                        "process {process:?} does not offer `{callback}`: call without .to(…), or at a process that \
                         offers it"
                    ),
                }
            }
            Self::ProviderLost { callback, process } => write!(
                f,
                "process {process:?} went away while it ran `{callback}`; call again if running it twice does no harm"
            ),
            Self::Timeout {
                callback,
                may_have_run,
            } => {
                write!(
                    f,
                    "`{callback}` was not answered before the deadline; {}",
                    Ran(*may_have_run)
                )
            }
            Self::Cancelled {
                callback,
                may_have_run,
            } => write!(
                f,
                "the call of `{callback}` was cancelled, or its provider is stopping; {}",
                Ran(*may_have_run)
            ),
            Self::Overloaded {
                callback,
                may_have_run,
            } => write!(
                f,
                "everybody who could answer `{callback}` is at its limit; {}: call again later, raise \
                 `concurrency`, or start another provider",
                Ran(*may_have_run)
            ),
            Self::Panicked { callback, message } => write!(f, "`{callback}` panicked: {message}"),
            Self::SignatureMismatch {
                callback,
                called,
                offered,
            } => write!(
                f,
                "caller and callback disagree about `{callback}`; change one of them\n  called as  {called}\n  \
                 offered as {offered}"
            ),
            Self::Denied { callback, reason } => {
                write!(f, "this process may not call `{callback}`: {reason}")
            }
            Self::TooLarge {
                callback,
                size,
                limit,
                may_have_run,
            } => write!(
                f,
                "the {} of `{callback}` take {size} bytes, over the limit of {limit}: send a stream of parts (`impl Stream`, or \
                 `daffi::bytes` for files), or raise max_frame on the controller and both processes",
                if *may_have_run { "result" } else { "arguments" }
            ),
            Self::Disconnected {
                callback,
                may_have_run,
            } => write!(
                f,
                "no connection to the controller for `{callback}`; {}: see whether the controller runs",
                Ran(*may_have_run)
            ),
            Self::NotStarted { callback } => write!(
                f,
                "`{callback}` was called, but no Global is running in this process: call \
                 Global::builder().start().await first and keep it until the calls are done, or name one with .on(&g)"
            ),
            Self::Blocking { callback } => write!(
                f,
                "`{callback}` was called with .wait() on a thread of an async runtime, which it would hold up: \
                 .await it, or wait on another thread"
            ),
            Self::Stopped {
                callback,
                done,
                error,
            } => {
                let items = if *done == 1 { "item" } else { "items" };
                write!(
                    f,
                    "`{callback}` was done for {done} {items} and then stopped: {error}"
                )
            }
            Self::Invalid { callback, reason } => {
                write!(f, "the call of `{callback}` makes no sense: {reason}")
            }
            Self::Encode {
                callback, message, ..
            } => {
                write!(f, "a value for `{callback}` could not be encoded: {message}")
            }
            Self::Decode {
                callback, message, ..
            } => {
                write!(f, "a value of `{callback}` could not be decoded: {message}")
            }
        }
    }
}

/// The variant's name and the message: what a person sees of an error that `main` returns, or of an `unwrap`.
impl<E: fmt::Debug> fmt::Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self {
            Self::App(_) => "App",
            Self::NoProvider { .. } => "NoProvider",
            Self::ProviderLost { .. } => "ProviderLost",
            Self::Timeout { .. } => "Timeout",
            Self::Cancelled { .. } => "Cancelled",
            Self::Overloaded { .. } => "Overloaded",
            Self::Panicked { .. } => "Panicked",
            Self::SignatureMismatch { .. } => "SignatureMismatch",
            Self::Denied { .. } => "Denied",
            Self::TooLarge { .. } => "TooLarge",
            Self::Disconnected { .. } => "Disconnected",
            Self::NotStarted { .. } => "NotStarted",
            Self::Blocking { .. } => "Blocking",
            Self::Stopped { .. } => "Stopped",
            Self::Invalid { .. } => "Invalid",
            Self::Encode { .. } => "Encode",
            Self::Decode { .. } => "Decode",
        };
        write!(f, "{variant}: {self}")
    }
}

impl<E: fmt::Debug> std::error::Error for CallError<E> {}
