//! A callback's own error as it reaches a caller that does not know its type.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Heard, Limits};

/// An error of a callback, in words: its message and the messages of what caused it.
///
/// This is what a caller gets in [`CallError::App`](crate::CallError::App) unless its fetcher declares the error's
/// type. The causes are kept as [`source`](Error::source)s, so that reporters which walk the chain show them.
///
/// ```
/// use daffi::RemoteError;
///
/// let error = RemoteError::new("the oven is cold", vec!["no gas".to_owned()]);
/// assert_eq!(error.to_string(), "the oven is cold");
/// assert_eq!(error.causes().collect::<Vec<_>>(), ["no gas"]);
/// assert_eq!(format!("{error:?}"), "the oven is cold: no gas");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteError {
    message: String,
    source: Option<Box<RemoteError>>,
}

impl RemoteError {
    /// An error that says `message`, caused by `causes`, the nearest first. No more than the nearest 32 are kept.
    #[must_use]
    pub fn new(message: impl Into<String>, causes: Vec<String>) -> Self {
        // Errors inside errors: each is one more level of stack when they are dropped or decoded.
        let source = causes
            .into_iter()
            .take(Limits::CAUSES)
            .rev()
            .fold(None, |source, message| Some(Box::new(Self { message, source })));
        Self {
            message: message.into(),
            source,
        }
    }

    /// An error with its chain of sources, as words.
    ///
    /// ```
    /// use daffi::RemoteError;
    ///
    /// let error = "seven".parse::<u64>().unwrap_err();
    /// assert_eq!(RemoteError::from_error(&error).message(), "invalid digit found in string");
    /// ```
    #[must_use]
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        Self::caused_by(error.to_string(), error.source())
    }

    /// An error that says `message`, caused by `source` and what that was caused by.
    pub(crate) fn caused_by(message: String, source: Option<&(dyn Error + 'static)>) -> Self {
        // Nothing keeps an error from being its own cause.
        let causes = std::iter::successors(source, |&cause| cause.source()).take(Limits::CAUSES);
        Self::new(message, causes.map(ToString::to_string).collect())
    }

    /// What the error says.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What its causes say, the nearest first.
    pub fn causes(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(self.source.as_deref(), |cause| cause.source.as_deref()).map(Self::message)
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Heard(&self.message))
    }
}

impl fmt::Debug for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Heard(&self.message))?;
        self.causes()
            .try_for_each(|cause| write!(f, ": {}", Heard(cause)))
    }
}

impl Error for RemoteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}
