//! A secret as a program gives it.

use std::fmt;

/// A text that nobody is shown. It is overwritten when it is dropped; without the feature `auth` it is not even kept.
#[derive(Clone)]
pub struct Text {
    #[cfg(feature = "auth")]
    inner: zeroize::Zeroizing<String>,
}

impl Text {
    /// Keeps `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        #[cfg(not(feature = "auth"))]
        drop(text);
        Self {
            #[cfg(feature = "auth")]
            inner: text.into(),
        }
    }

    /// The text.
    #[cfg(feature = "auth")]
    pub(super) fn as_str(&self) -> &str {
        &self.inner
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
