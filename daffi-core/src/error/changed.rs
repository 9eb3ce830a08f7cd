//! An error of a call as another, with the callback's own error changed.

use super::CallError;

impl<E> CallError<E> {
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
                may_have_run,
            } => CallError::Timeout {
                callback,
                limit,
                allowed,
                waited,
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
            Self::Panicked { callback, message } => CallError::Panicked { callback, message },
            Self::SignatureMismatch {
                callback,
                called,
                offered,
                may_have_run,
            } => CallError::SignatureMismatch {
                callback,
                called,
                offered,
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
            } => CallError::Disconnected {
                callback,
                may_have_run,
                retries_spent,
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
