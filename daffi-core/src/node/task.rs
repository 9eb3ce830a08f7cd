//! Callbacks that did not end where they began.

use tokio::task::AbortHandle;

use crate::context::CallContext;
use crate::panics::shielded;

/// A callback that did not end where it began.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) context: CallContext,
    /// Stops an asynchronous callback; a synchronous one only hears of it.
    pub(super) handle: Option<AbortHandle>,
}

impl Task {
    pub(super) fn stop(self) {
        if let Some(handle) = self.handle {
            handle.abort();
        }
        // It wakes whatever waits for that.
        shielded(|| self.context.cancel());
    }
}
