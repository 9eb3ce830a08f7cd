//! Sending argument streams when the call that has them is answered by a stream, and gone.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::task::AbortHandle;

use super::pump::Feeds;
use crate::node::Node;
use crate::panics::Panic;
use crate::proto::CallId;
use crate::scope::{AtHome, Home};

/// Sends argument streams until it is dropped.
pub(super) struct Feeding(AbortHandle);

impl Feeding {
    /// Sends them in a task, as the code that has made the call.
    pub(super) fn begin(node: &Arc<Node>, sent: CallId, mut feeds: Feeds) -> Self {
        let sending = Arc::clone(node);
        let feeding = async move {
            let sent_all = poll_fn(|cx| feeds.poll(&sending, sent, cx));
            if let Err(panic) = AssertUnwindSafe(sent_all).catch_unwind().await {
                Panic::of(panic);
                // The callback must not wait for what will never come.
                feeds.break_off(&sending, sent);
            }
        };
        let feeding = AtHome::new(Home::current(), Box::pin(feeding));
        Self(node.spawn_task(feeding).abort_handle())
    }
}

impl Drop for Feeding {
    fn drop(&mut self) {
        self.0.abort();
    }
}
