//! How much of a queue's budget is left, and who waits for more.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// The byte budget of a queue.
#[derive(Debug)]
pub(super) struct Room {
    limit: usize,
    queued: AtomicUsize,
    waiting: Mutex<Waiting>,
}

/// Who waits, in the order in which they came.
#[derive(Debug, Default)]
struct Waiting {
    wakers: Vec<Waker>,
    /// What tells them apart, so that one that looks often is there once.
    known: HashSet<(usize, usize)>,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            queued: AtomicUsize::new(0),
            waiting: Mutex::default(),
        }
    }

    /// How many bytes are queued.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::Acquire)
    }

    /// How many more bytes fit the budget.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.queued())
    }

    /// Bytes were queued. The budget is not enforced here: whoever queues asks first, and the small frames that
    /// tell of a full queue may exceed it.
    pub(super) fn take(&self, bytes: usize) {
        self.queued.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Bytes left the queue.
    pub(super) fn give(&self, bytes: usize) {
        let before = self.queued.fetch_sub(bytes, Ordering::AcqRel);
        if before >= self.limit && before - bytes < self.limit {
            self.wake_all();
        }
    }

    /// Ready when there is room, or when [`wake_all`](Self::wake_all) was called and it is worth another look.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.left() > 0 {
            return Poll::Ready(());
        }
        let waker = cx.waker();
        let key = (waker.data().addr(), std::ptr::from_ref(waker.vtable()).addr());
        let mut waiting = self.waiting();
        if waiting.known.insert(key) {
            waiting.wakers.push(waker.clone());
        }
        drop(waiting);
        // `give` may have come between the look and the push.
        if self.left() > 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    pub(super) fn wake_all(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.wakers.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
