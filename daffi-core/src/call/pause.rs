//! Waiting before a call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::node::{Backoff, Node, OwnCall, Stage};
use crate::proto::Failed;

/// A wait of a call on the node's runtime, whatever the caller runs on; it ends early when the node stops.
#[derive(Debug)]
pub(super) struct Pause {
    node_name: Arc<str>,
    sleep: Pin<Box<Sleep>>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    /// That the node has a call which waits, where nothing else says so.
    _waits: Option<OwnCall>,
}

pub(super) fn pause(node: &Node, delay: Duration) -> Pause {
    Pause {
        _waits: Some(node.own_call(Stage::Waiting)),
        ..pause_of_sent(node, delay)
    }
}

/// The same of a call that the node's session has.
pub(super) fn pause_of_sent(node: &Node, delay: Duration) -> Pause {
    Pause {
        node_name: Arc::clone(node.process_name()),
        sleep: sleep_on(node, delay),
        stopped: Box::pin(node.stopped()),
        _waits: None,
    }
}

impl Pause {
    /// Whose stop ends it early.
    pub(super) fn node_name(&self) -> Arc<str> {
        Arc::clone(&self.node_name)
    }
}

/// The pauses before a call is made again: 20 ms at most at first, then longer, up to 2 s.
pub(super) const fn longer_each_time() -> Backoff {
    Backoff::new(Duration::from_millis(20), Duration::from_secs(2))
}

impl Future for Pause {
    type Output = Result<(), Failed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // First: the timers of a runtime that has ended must not be asked.
        if self.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(Failed::Cancelled { may_have_run: false }));
        }
        self.sleep.as_mut().poll(cx).map(Ok)
    }
}

/// A timer of the node's runtime.
pub(super) fn sleep_on(node: &Node, delay: Duration) -> Pin<Box<Sleep>> {
    let _runtime = node.runtime().enter();
    Box::pin(sleep(delay))
}
