//! What a process has of calls, for simulations: they look whether anything is left of what is over.

use super::Global;

impl Global {
    /// What its session holds, and how many bytes are queued for its controller or not acknowledged by it, in words; nothing if there is nothing.
    #[doc(hidden)]
    #[must_use]
    pub fn left(&self) -> Option<String> {
        self.inner.node.as_ref()?.left()
    }
}
