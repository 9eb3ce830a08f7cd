//! The calls of this process that go on beside the session: in a task of the node's, waiting to be made, or made and not looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many there are.
#[derive(Debug)]
pub(super) struct OwnCalls(Arc<Counted>);

#[derive(Debug)]
struct Counted {
    counts: [AtomicUsize; 3],
    /// Somebody waits for them.
    awaited: AtomicBool,
    /// One has gone.
    changed: Arc<Notify>,
}

/// Where a call of the process is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stage {
    /// It was made, and its outcome was not looked at, after which it may be made again. The session may have it, or not.
    Made,
    /// In a task, whether or not it was made.
    InBackground,
    /// It waits to be made, or to be made again: the session has not got it.
    Waiting,
}

impl OwnCalls {
    /// None; what is `changed` is told when there are fewer, once they are awaited.
    pub(super) fn new(changed: &Arc<Notify>) -> Self {
        Self(Arc::new(Counted {
            counts: Default::default(),
            awaited: AtomicBool::new(false),
            changed: Arc::clone(changed),
        }))
    }

    /// There is one more.
    pub(super) fn begin(&self, stage: Stage) -> OwnCall {
        self.0.counts[stage as usize].fetch_add(1, Ordering::SeqCst);
        OwnCall {
            counted: Arc::clone(&self.0),
            stage,
        }
    }

    /// From now on somebody waits for them to go.
    pub(super) fn wait(&self) {
        self.0.awaited.store(true, Ordering::SeqCst);
    }

    /// How many are at that stage.
    pub(super) fn count(&self, stage: Stage) -> usize {
        self.0.counts[stage as usize].load(Ordering::SeqCst)
    }

    /// Whether there are any that go on, whoever looks at them.
    pub(super) fn is_any(&self) -> bool {
        self.count(Stage::Waiting) > 0 || self.count(Stage::InBackground) > 0
    }
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(crate) struct OwnCall {
    counted: Arc<Counted>,
    stage: Stage,
}

impl Drop for OwnCall {
    fn drop(&mut self) {
        self.counted.counts[self.stage as usize].fetch_sub(1, Ordering::SeqCst);
        if self.counted.awaited.load(Ordering::SeqCst) {
            self.counted.changed.notify_waiters();
        }
    }
}
