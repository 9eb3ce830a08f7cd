//! An error of a call as another: with the callback's own error changed, or told of more than one attempt.

use super::CallError;

impl<E> CallError<E> {
    /// The same error of a call that was made before, and may have run then.
    #[cfg(feature = "runtime")]
    pub(crate) fn having_run(mut self) -> Self {
        match &mut self {
            Self::NoProvider { may_have_run, .. }
            | Self::SignatureMismatch { may_have_run, .. }
            | Self::Denied { may_have_run, .. }
            | Self::Invalid { may_have_run, .. }
            | Self::Timeout { may_have_run, .. }
            | Self::Cancelled { may_have_run, .. }
            | Self::Overloaded { may_have_run, .. }
            | Self::TooLarge { may_have_run, .. }
            | Self::Disconnected { may_have_run, .. }
            | Self::Encode { may_have_run, .. }
            | Self::Decode { may_have_run, .. } => *may_have_run = true,
            // They have run, or are of calls that were never made.
            Self::App(_)
            | Self::ProviderLost { .. }
            | Self::Panicked { .. }
            | Self::NotStarted { .. }
            | Self::Blocking { .. }
            | Self::Stopped { .. } => {}
        }
        self
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
                may_have_run,
            } => CallError::NoProvider {
                callback,
                process,
                absence,
                may_have_run,
            },
            Self::ProviderLost { callback, process } => CallError::ProviderLost { callback, process },
            Self::Timeout {
                callback,
                limit,
                may_have_run,
            } => CallError::Timeout {
                callback,
                limit,
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
