//! An error of a call as another, with the callback's own error changed.

use std::fmt::Debug;

use super::{CallError, RemoteError, shown};

impl<E: Debug + 'static> CallError<E> {
    /// The same error with the callback's own error in words: what it says, or what `Debug` says of one without words. So `?` passes on
    /// errors of calls whose callbacks have errors of several types; [`into_app`](Self::into_app) keeps the callback's own apart.
    ///
    /// ```
    /// use daffi::CallError;
    ///
    /// #[derive(Debug)]
    /// struct SoldOut;
    ///
    /// fn bought(outcome: Result<u32, CallError<SoldOut>>) -> Result<u32, CallError> {
    ///     Ok(outcome.map_err(CallError::in_words)?)
    /// }
    ///
    /// let error = bought(Err(CallError::App(SoldOut))).unwrap_err();
    /// assert!(matches!(error, CallError::App(remote) if remote.message() == "SoldOut"));
    /// ```
    pub fn in_words(self) -> CallError {
        self.map_app(|error| match shown::words(&error) {
            Some(words) => RemoteError::caused_by(words.to_string(), shown::source(&error)),
            None => RemoteError::new(format!("{error:?}"), vec![]),
        })
    }
}

impl<E> CallError<E> {
    /// The same error with the callback's own error changed by `change`.
    ///
    /// ```
    /// use daffi::{CallError, RemoteError};
    ///
    /// let error = CallError::App(RemoteError::new("sold out", vec![]));
    /// assert_eq!(error.map_app(|remote| remote.to_string()), CallError::App("sold out".to_owned()));
    /// ```
    pub fn map_app<F>(self, change: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::App(error) => CallError::App(change(error)),
            Self::NoProvider {
                callback,
                process,
                stopped,
                absence,
                waited,
                may_have_run,
                retries_spent,
            } => CallError::NoProvider {
                callback,
                process,
                stopped,
                absence,
                waited,
                may_have_run,
                retries_spent,
            },
            Self::ProviderLost {
                callback,
                process,
                retries_spent,
            } => CallError::ProviderLost {
                callback,
                process,
                retries_spent,
            },
            Self::Lagged { callback, process } => CallError::Lagged { callback, process },
            Self::Timeout {
                callback,
                limit,
                allowed,
                waited,
                unmet,
                may_have_run,
            } => CallError::Timeout {
                callback,
                limit,
                allowed,
                waited,
                unmet,
                may_have_run,
            },
            Self::Cancelled {
                callback,
                stopped,
                may_have_run,
                retries_spent,
            } => CallError::Cancelled {
                callback,
                stopped,
                may_have_run,
                retries_spent,
            },
            Self::Overloaded {
                callback,
                recursive,
                threads,
                quota,
                unread,
                may_have_run,
                retries_spent,
            } => CallError::Overloaded {
                callback,
                recursive,
                threads,
                quota,
                unread,
                may_have_run,
                retries_spent,
            },
            Self::Panicked {
                callback,
                message,
                place,
            } => CallError::Panicked {
                callback,
                message,
                place,
            },
            Self::SignatureMismatch {
                callback,
                called,
                offered,
                fault,
                may_have_run,
            } => CallError::SignatureMismatch {
                callback,
                called,
                offered,
                fault,
                may_have_run,
            },
            Self::Denied {
                callback,
                reason,
                may_have_run,
            } => CallError::Denied {
                callback,
                reason,
                may_have_run,
            },
            Self::TooLarge {
                callback,
                size,
                limit,
                what,
                may_have_run,
            } => CallError::TooLarge {
                callback,
                size,
                limit,
                what,
                may_have_run,
            },
            Self::Disconnected {
                callback,
                may_have_run,
                retries_spent,
                refusal,
            } => CallError::Disconnected {
                callback,
                may_have_run,
                retries_spent,
                refusal,
            },
            Self::NotStarted { callback, stopped } => CallError::NotStarted { callback, stopped },
            Self::Ambiguous { callback, globals } => CallError::Ambiguous { callback, globals },
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
            Self::Invalid {
                callback,
                reason,
                may_have_run,
            } => CallError::Invalid {
                callback,
                reason,
                may_have_run,
            },
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
