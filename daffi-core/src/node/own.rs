//! The calls of this process that go on beside the session: in a task of the node's, or waiting to be made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many there are.
#[derive(Debug)]
pub(super) struct OwnCalls {
    /// In tasks, whether or not the session has them.
    in_background: Arc<AtomicUsize>,
    /// Waiting to be made, or to be made again: the session has none of them.
    waiting: Arc<AtomicUsize>,
    /// One has gone.
    changed: Arc<Notify>,
}

impl OwnCalls {
    /// None; what is `changed` is told when there are fewer.
    pub(super) fn new(changed: &Arc<Notify>) -> Self {
        Self {
            in_background: Arc::default(),
            waiting: Arc::default(),
            changed: Arc::clone(changed),
        }
    }

    /// There is one that goes on in a task.
    pub(super) fn in_background(&self) -> OwnCall {
        self.begin(&self.in_background)
    }

    /// There is one that waits to be made.
    pub(super) fn waiting(&self) -> OwnCall {
        self.begin(&self.waiting)
    }

    fn begin(&self, count: &Arc<AtomicUsize>) -> OwnCall {
        count.fetch_add(1, Ordering::AcqRel);
        OwnCall {
            count: Arc::clone(count),
            changed: Arc::clone(&self.changed),
        }
    }

    /// How many wait to be made.
    pub(super) fn count_waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Whether there are any.
    pub(super) fn is_any(&self) -> bool {
        self.count_waiting() > 0 || self.in_background.load(Ordering::Acquire) > 0
    }
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnCall {
    count: Arc<AtomicUsize>,
    changed: Arc<Notify>,
}

impl Drop for OwnCall {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }
}
