//! What an error says of all attempts of its call: whether one of them may have run, and why there is not another.

#[cfg(feature = "runtime")]
use std::time::Duration;

use super::CallError;
#[cfg(feature = "runtime")]
use super::phrases::BEFORE;
#[cfg(feature = "runtime")]
use crate::proto::TimeLimit;

/// The cases of calls that were made, each with whether it may have run. Of the others that is known without asking.
macro_rules! made {
    ($may_have_run:ident) => {
        Self::NoProvider {
            may_have_run: $may_have_run,
            ..
        } | Self::SignatureMismatch {
            may_have_run: $may_have_run,
            ..
        } | Self::Denied {
            may_have_run: $may_have_run,
            ..
        } | Self::Invalid {
            may_have_run: $may_have_run,
            ..
        } | Self::Timeout {
            may_have_run: $may_have_run,
            ..
        } | Self::Cancelled {
            may_have_run: $may_have_run,
            ..
        } | Self::Overloaded {
            may_have_run: $may_have_run,
            ..
        } | Self::TooLarge {
            may_have_run: $may_have_run,
            ..
        } | Self::Disconnected {
            may_have_run: $may_have_run,
            ..
        } | Self::Encode {
            may_have_run: $may_have_run,
            ..
        } | Self::Decode {
            may_have_run: $may_have_run,
            ..
        }
    };
}

/// The cases of calls that are made again if that was asked for.
macro_rules! made_again {
    ($retries_spent:ident) => {
        Self::NoProvider {
            retries_spent: $retries_spent,
            ..
        } | Self::ProviderLost {
            retries_spent: $retries_spent,
            ..
        } | Self::Cancelled {
            retries_spent: $retries_spent,
            ..
        } | Self::Overloaded {
            retries_spent: $retries_spent,
            ..
        } | Self::Disconnected {
            retries_spent: $retries_spent,
            ..
        }
    };
}

impl<E> CallError<E> {
    /// The same error where the controller has said why there is no connection.
    #[cfg(feature = "runtime")]
    pub(crate) fn refused(mut self, why: Option<super::Refusal>) -> Self {
        if let Self::Disconnected { refusal, .. } = &mut self {
            *refusal = why.map(Box::new);
        }
        self
    }

    /// Whether the callback may have run, or have begun to. `false` is a promise; `true` is not. Of a call that was made
    /// again, this is about all its attempts.
    ///
    /// ```
    /// use daffi::CallError;
    ///
    /// let error: CallError = CallError::not_started("pay");
    /// assert!(!error.may_have_run(), "it is safe to try again");
    /// ```
    #[must_use]
    pub const fn may_have_run(&self) -> bool {
        match self {
            Self::App(_) | Self::ProviderLost { .. } | Self::Lagged { .. } | Self::Panicked { .. } => true,
            Self::NotStarted { .. } | Self::Ambiguous { .. } | Self::Blocking { .. } => false,
            Self::Stopped { done, error, .. } => *done > 0 || error.may_have_run(),
            made!(may_have_run) => *may_have_run,
        }
    }

    /// Whether [`retry`](crate::Call::retry) would have made the call again, had its process not spent its retries: a hundred at once,
    /// and one more for every ten calls that may be made again.
    ///
    /// ```
    /// use daffi::CallError;
    ///
    /// /// For an alarm: something is down for longer than retries bridge.
    /// fn is_outage<E>(error: &CallError<E>) -> bool {
    ///     error.retries_spent()
    /// }
    /// # assert!(!is_outage(&CallError::<u8>::no_provider("price")));
    /// ```
    #[must_use]
    pub const fn retries_spent(&self) -> bool {
        match self {
            made_again!(retries_spent) => *retries_spent,
            _ => false,
        }
    }

    /// The same error of a call that was made before, and may have run then.
    #[cfg(feature = "runtime")]
    pub(crate) fn having_run(mut self) -> Self {
        // Their words are in there.
        if let Self::Encode {
            message,
            may_have_run: false,
            ..
        }
        | Self::Decode {
            message,
            may_have_run: false,
            ..
        } = &mut self
        {
            message.push_str(BEFORE);
        }
        // The others have run, or are of calls that were never made.
        if let made!(may_have_run) = &mut self {
            *may_have_run = true;
        }
        self
    }

    /// The same error of a call that its caller allowed so long, if it was that which is over.
    #[cfg(feature = "runtime")]
    pub(crate) const fn within(mut self, own: Option<Duration>) -> Self {
        if let Self::Timeout {
            limit: TimeLimit::Call,
            allowed,
            ..
        } = &mut self
        {
            *allowed = own;
        }
        self
    }

    /// The same error of a call that has waited so long for somebody to offer its callback, if nobody has come.
    #[cfg(feature = "runtime")]
    pub(crate) const fn having_waited(mut self, time: Duration) -> Self {
        if let Self::NoProvider { waited, .. } | Self::Timeout { waited, .. } = &mut self {
            *waited = Some(time);
        }
        self
    }

    /// The same error of a call that still waited for this, if it is its own time that is over.
    #[cfg(feature = "runtime")]
    pub(crate) fn waiting_for(mut self, what: impl FnOnce() -> Option<super::Unmet>) -> Self {
        if let Self::Timeout {
            limit: TimeLimit::Call | TimeLimit::Inherited,
            unmet: unmet @ None,
            may_have_run: false,
            ..
        } = &mut self
        {
            *unmet = what().map(Box::new);
        }
        self
    }

    /// The same error of a call that is not made again, only because the retries of its process are spent.
    #[cfg(feature = "runtime")]
    pub(crate) const fn not_made_again(mut self) -> Self {
        if let made_again!(retries_spent) = &mut self {
            *retries_spent = true;
        }
        self
    }
}
