//! The error of calls without what it says: which of its cases it is.

use std::fmt;

use super::CallError;

/// Which [`CallError`] it is: for counting, for tables of what to do, for labels of metrics.
///
/// Its [`Display`](fmt::Display) is short, without spaces, and stays as it is: `no_provider`, `timeout`, …
///
/// ```
/// use std::collections::BTreeMap;
///
/// use daffi::{CallError, CallErrorKind};
///
/// let mut counts: BTreeMap<CallErrorKind, u64> = BTreeMap::new();
/// let error: CallError = CallError::timeout("price", false);
/// *counts.entry(error.kind()).or_default() += 1;
/// for (kind, count) in &counts {
///     println!("price_errors{{kind=\"{kind}\"}} {count}");   // price_errors{kind="timeout"} 1
/// }
/// assert_eq!(CallErrorKind::Timeout.as_str(), "timeout");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CallErrorKind {
    /// [`CallError::App`].
    App,
    /// [`CallError::NoProvider`].
    NoProvider,
    /// [`CallError::ProviderLost`].
    ProviderLost,
    /// [`CallError::Lagged`].
    Lagged,
    /// [`CallError::Timeout`].
    Timeout,
    /// [`CallError::Cancelled`].
    Cancelled,
    /// [`CallError::Overloaded`].
    Overloaded,
    /// [`CallError::Panicked`].
    Panicked,
    /// [`CallError::SignatureMismatch`].
    SignatureMismatch,
    /// [`CallError::Denied`].
    Denied,
    /// [`CallError::TooLarge`].
    TooLarge,
    /// [`CallError::Disconnected`].
    Disconnected,
    /// [`CallError::NotStarted`].
    NotStarted,
    /// [`CallError::Ambiguous`].
    Ambiguous,
    /// [`CallError::Blocking`].
    Blocking,
    /// [`CallError::Stopped`].
    Stopped,
    /// [`CallError::Invalid`].
    Invalid,
    /// [`CallError::Encode`].
    Encode,
    /// [`CallError::Decode`].
    Decode,
}

impl CallErrorKind {
    /// The name that is displayed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::NoProvider => "no_provider",
            Self::ProviderLost => "provider_lost",
            Self::Lagged => "lagged",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Overloaded => "overloaded",
            Self::Panicked => "panicked",
            Self::SignatureMismatch => "signature_mismatch",
            Self::Denied => "denied",
            Self::TooLarge => "too_large",
            Self::Disconnected => "disconnected",
            Self::NotStarted => "not_started",
            Self::Ambiguous => "ambiguous",
            Self::Blocking => "blocking",
            Self::Stopped => "stopped",
            Self::Invalid => "invalid",
            Self::Encode => "encode",
            Self::Decode => "decode",
        }
    }
}

impl fmt::Display for CallErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<E> CallError<E> {
    /// Which of its cases it is.
    #[must_use]
    pub const fn kind(&self) -> CallErrorKind {
        match self {
            Self::App(_) => CallErrorKind::App,
            Self::NoProvider { .. } => CallErrorKind::NoProvider,
            Self::ProviderLost { .. } => CallErrorKind::ProviderLost,
            Self::Lagged { .. } => CallErrorKind::Lagged,
            Self::Timeout { .. } => CallErrorKind::Timeout,
            Self::Cancelled { .. } => CallErrorKind::Cancelled,
            Self::Overloaded { .. } => CallErrorKind::Overloaded,
            Self::Panicked { .. } => CallErrorKind::Panicked,
            Self::SignatureMismatch { .. } => CallErrorKind::SignatureMismatch,
            Self::Denied { .. } => CallErrorKind::Denied,
            Self::TooLarge { .. } => CallErrorKind::TooLarge,
            Self::Disconnected { .. } => CallErrorKind::Disconnected,
            Self::NotStarted { .. } => CallErrorKind::NotStarted,
            Self::Ambiguous { .. } => CallErrorKind::Ambiguous,
            Self::Blocking { .. } => CallErrorKind::Blocking,
            Self::Stopped { .. } => CallErrorKind::Stopped,
            Self::Invalid { .. } => CallErrorKind::Invalid,
            Self::Encode { .. } => CallErrorKind::Encode,
            Self::Decode { .. } => CallErrorKind::Decode,
        }
    }
}
