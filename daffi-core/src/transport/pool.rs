//! A budget of bytes that many queues share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::proto::Limits;

/// How many bytes all queues of a controller may hold together.
///
/// None of them gets all of it: one may hold as much as four times what is left, so a queue that nobody reads leaves room for
/// others, however many such queues there are.
#[derive(Debug)]
pub struct Pool {
    limit: usize,
    queued: AtomicUsize,
}

impl Pool {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            queued: AtomicUsize::new(0),
        })
    }

    /// How much they may hold.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// How many bytes are queued in all.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queued.load(Ordering::Acquire)
    }

    /// How many bytes one queue may hold now.
    pub(super) fn share(&self) -> usize {
        let share = Limits::share(self.queued() as u64, self.limit as u64);
        usize::try_from(share).unwrap_or(usize::MAX)
    }

    pub(super) fn take(&self, bytes: usize) {
        self.queued.fetch_add(bytes, Ordering::AcqRel);
    }

    pub(super) fn give(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::AcqRel);
    }
}
