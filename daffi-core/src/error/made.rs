//! Errors of calls that a program makes itself, for stand-ins of what it calls.
//!
//! The variants are `#[non_exhaustive]`, so that they may come to say more: these functions are how others make them.

use super::full::Full;
use super::{CallError, Oversized};
use crate::proto::{Absence, TimeLimit};
use crate::signature::Signature;

/// Errors made by hand, for tests of code that calls, with stand-ins for the processes that it calls. The fields that are
/// not asked for have the value of the commonest case. A callback's own error is `CallError::App(error)`.
///
/// ```
/// use daffi::CallError;
///
/// trait Prices {
///     async fn price(&self, item: &str) -> Result<u64, CallError>;
/// }
///
/// struct NobodyThere;
///
/// impl Prices for NobodyThere {
///     async fn price(&self, _: &str) -> Result<u64, CallError> {
///         Err(CallError::no_provider("price"))
///     }
/// }
/// ```
///
/// ```
/// use daffi::CallError;
/// use daffi::CallErrorKind::{self, *};
///
/// let made: [(CallError, CallErrorKind, bool); 17] = [
///     // Whether the callback may have run is said where both can be:
///     (CallError::no_provider("price"), NoProvider, false),
///     (CallError::no_process("price", "shop"), NoProvider, false),
///     (CallError::provider_lost("price", "shop"), ProviderLost, true),
///     (CallError::lagged("watch", "shop"), Lagged, true),
///     (CallError::timeout("price", true), Timeout, true),
///     (CallError::cancelled("price", false), Cancelled, false),
///     (CallError::overloaded("price", false), Overloaded, false),
///     (CallError::panicked("price", "index out of bounds"), Panicked, true),
///     (CallError::denied("price", "customers may not"), Denied, false),
///     (CallError::too_large("price", 2_000, 1_000, false), TooLarge, false),
///     (CallError::disconnected("price", false), Disconnected, false),
///     (CallError::not_started("price"), NotStarted, false),
///     (CallError::ambiguous("price", ["shop", "bank"]), Ambiguous, false),
///     (CallError::blocking("price"), Blocking, false),
///     (CallError::invalid("price", "a timeout of nothing"), Invalid, false),
///     (CallError::encode("price", "a map without a length", false), Encode, false),
///     (CallError::decode("price", "no such variant", true), Decode, true),
/// ];
/// for (error, kind, may_have_run) in made {
///     assert_eq!((error.kind(), error.may_have_run()), (kind, may_have_run), "{error}");
/// }
/// let stopped: CallError = CallError::stopped("add_item", 3, CallError::timeout("add_item", true));
/// assert!(matches!(stopped, CallError::Stopped { done: 3, .. }));
/// ```
impl<E> CallError<E> {
    /// [`NoProvider`](Self::NoProvider), because no process offers `callback`.
    #[must_use]
    pub fn no_provider(callback: impl Into<String>) -> Self {
        Self::NoProvider {
            callback: callback.into(),
            process: None,
            stopped: None,
            absence: Absence::nobody(),
            waited: None,
            may_have_run: false,
            retries_spent: false,
        }
    }

    /// [`NoProvider`](Self::NoProvider), because the process that was named with `.to(…)` is not there.
    #[must_use]
    pub fn no_process(callback: impl Into<String>, process: impl Into<String>) -> Self {
        Self::NoProvider {
            callback: callback.into(),
            process: Some(process.into()),
            stopped: None,
            absence: Absence::ProcessUnknown,
            waited: None,
            may_have_run: false,
            retries_spent: false,
        }
    }

    /// [`ProviderLost`](Self::ProviderLost), which ran in `process`.
    #[must_use]
    pub fn provider_lost(callback: impl Into<String>, process: impl Into<String>) -> Self {
        Self::ProviderLost {
            callback: callback.into(),
            process: process.into(),
            retries_spent: false,
        }
    }

    /// [`Lagged`](Self::Lagged), which ran in `process`.
    #[must_use]
    pub fn lagged(callback: impl Into<String>, process: impl Into<String>) -> Self {
        Self::Lagged {
            callback: callback.into(),
            process: process.into(),
        }
    }

    /// [`Timeout`](Self::Timeout), the caller's own.
    #[must_use]
    pub fn timeout(callback: impl Into<String>, may_have_run: bool) -> Self {
        Self::Timeout {
            callback: callback.into(),
            limit: TimeLimit::Call,
            allowed: None,
            waited: None,
            unmet: None,
            may_have_run,
        }
    }

    /// [`Cancelled`](Self::Cancelled).
    #[must_use]
    pub fn cancelled(callback: impl Into<String>, may_have_run: bool) -> Self {
        Self::Cancelled {
            callback: callback.into(),
            stopped: None,
            may_have_run,
            retries_spent: false,
        }
    }

    /// [`Overloaded`](Self::Overloaded).
    #[must_use]
    pub fn overloaded(callback: impl Into<String>, may_have_run: bool) -> Self {
        Self::full(callback.into(), Full::Places, may_have_run)
    }

    /// [`Panicked`](Self::Panicked), saying `message`.
    #[must_use]
    pub fn panicked(callback: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Panicked {
            callback: callback.into(),
            message: message.into(),
            place: None,
        }
    }

    /// [`SignatureMismatch`](Self::SignatureMismatch) of what was called and what is offered.
    ///
    /// ```
    /// use daffi::signature::{ErrorType, Returns, Type};
    /// use daffi::{CallError, Signature};
    ///
    /// let returns = || Returns { ok: Type::U64, error: ErrorType::None };
    /// let called = Signature::new([("item", Type::Str)], returns());
    /// let offered = Signature::new([("item", Type::U32)], returns());
    /// let error: CallError = CallError::signature_mismatch("price", called, offered);
    /// println!("{error}");
    /// ```
    #[must_use]
    pub fn signature_mismatch(callback: impl Into<String>, called: Signature, offered: Signature) -> Self {
        Self::SignatureMismatch {
            callback: callback.into(),
            called: Box::new(called),
            offered: Box::new(offered),
            fault: String::new(),
            may_have_run: false,
        }
    }

    /// The same error, with the place at which the two do not go together.
    #[cfg(feature = "runtime")]
    #[must_use]
    pub(crate) fn because(mut self, what: &impl ToString) -> Self {
        if let Self::SignatureMismatch { fault, .. } = &mut self {
            *fault = what.to_string();
        }
        self
    }

    /// [`Denied`](Self::Denied), for `reason`.
    #[must_use]
    pub fn denied(callback: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Denied {
            callback: callback.into(),
            reason: reason.into(),
            may_have_run: false,
        }
    }

    /// [`TooLarge`](Self::TooLarge): arguments of `size` bytes where `limit` are allowed, or a result if it `may_have_run`.
    #[must_use]
    pub fn too_large(callback: impl Into<String>, size: u64, limit: u64, may_have_run: bool) -> Self {
        Self::TooLarge {
            callback: callback.into(),
            size,
            limit,
            what: if may_have_run {
                Oversized::Result
            } else {
                Oversized::Arguments
            },
            may_have_run,
        }
    }

    /// [`Disconnected`](Self::Disconnected).
    #[must_use]
    pub fn disconnected(callback: impl Into<String>, may_have_run: bool) -> Self {
        Self::Disconnected {
            callback: callback.into(),
            may_have_run,
            retries_spent: false,
            refusal: None,
        }
    }

    /// [`NotStarted`](Self::NotStarted).
    #[must_use]
    pub fn not_started(callback: impl Into<String>) -> Self {
        Self::NotStarted {
            callback: callback.into(),
            stopped: None,
        }
    }

    /// [`Ambiguous`](Self::Ambiguous) among the `Global`s of these process names.
    #[must_use]
    pub fn ambiguous(
        callback: impl Into<String>,
        globals: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::Ambiguous {
            callback: callback.into(),
            globals: globals.into_iter().map(Into::into).collect(),
        }
    }

    /// [`Blocking`](Self::Blocking).
    #[must_use]
    pub fn blocking(callback: impl Into<String>) -> Self {
        Self::Blocking {
            callback: callback.into(),
        }
    }

    /// [`Stopped`](Self::Stopped) by `error`, after `done` items.
    #[must_use]
    pub fn stopped(callback: impl Into<String>, done: u64, error: Self) -> Self {
        Self::Stopped {
            callback: callback.into(),
            done,
            error: Box::new(error),
        }
    }

    /// [`Invalid`](Self::Invalid), for `reason`.
    #[must_use]
    pub fn invalid(callback: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            callback: callback.into(),
            reason: reason.into(),
            may_have_run: false,
        }
    }

    /// [`Encode`](Self::Encode), saying `message`: of arguments, or of a result if it `may_have_run`.
    #[must_use]
    pub fn encode(callback: impl Into<String>, message: impl Into<String>, may_have_run: bool) -> Self {
        Self::Encode {
            callback: callback.into(),
            message: message.into(),
            may_have_run,
        }
    }

    /// [`Decode`](Self::Decode), saying `message`: of arguments, or of a result if it `may_have_run`.
    #[must_use]
    pub fn decode(callback: impl Into<String>, message: impl Into<String>, may_have_run: bool) -> Self {
        Self::Decode {
            callback: callback.into(),
            message: message.into(),
            may_have_run,
        }
    }
}
