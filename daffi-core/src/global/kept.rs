//! Whether somebody still has a handle.

use std::fmt;

/// What handles share: with the last of them it is dropped, and does what was asked for then.
pub(super) struct Kept(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Kept {
    /// Does nothing.
    pub(super) const fn without_effect() -> Self {
        Self(None)
    }

    pub(super) fn until(dropped: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(dropped)))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(dropped) = self.0.take() {
            dropped();
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("has_effect", &self.0.is_some())
            .finish()
    }
}
