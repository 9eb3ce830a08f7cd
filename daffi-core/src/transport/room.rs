//! How much of a queue's budget is left, and who waits for more.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use super::pool::Pool;

/// The byte budget of a queue.
#[derive(Debug)]
pub(super) struct Room {
    limit: usize,
    queued: AtomicUsize,
    /// What it has a part of.
    pool: OnceLock<Arc<Pool>>,
    /// Somebody waits. Who gives looks at this after it has given, who waits at what is left after it has said so: one of the
    /// two sees the other.
    awaited: AtomicBool,
    /// Who waits, in the order in which they came. They are few: what waits for a connection waits in one place.
    waiting: Mutex<Vec<Waker>>,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            queued: AtomicUsize::new(0),
            pool: OnceLock::new(),
            awaited: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    /// From now on, it is a part of `pool`.
    pub(super) fn share(&self, pool: &Arc<Pool>) {
        if self.pool.set(Arc::clone(pool)).is_ok() {
            pool.take(self.queued());
        }
    }

    /// How many bytes are queued.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::SeqCst)
    }

    /// How many more bytes fit the budget. One that holds nothing takes something, however little is left for all.
    pub(super) fn left(&self) -> usize {
        let share = self.pool.get().map_or(usize::MAX, |pool| pool.share());
        match (self.queued(), self.limit.min(share)) {
            (0, limit) => limit.max(1),
            (queued, limit) => limit.saturating_sub(queued),
        }
    }

    /// Bytes were queued. The budget is not enforced here: whoever queues asks first, and the small frames that
    /// tell of a full queue may exceed it.
    pub(super) fn take(&self, bytes: usize) {
        self.queued.fetch_add(bytes, Ordering::SeqCst);
        if let Some(pool) = self.pool.get() {
            pool.take(bytes);
        }
    }

    /// Bytes left the queue.
    pub(super) fn give(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::SeqCst);
        if let Some(pool) = self.pool.get() {
            pool.give(bytes);
        }
        if self.awaited.load(Ordering::SeqCst) && self.left() > 0 {
            self.wake_all();
        }
    }

    /// Ready when there is room, or when [`wake_all`](Self::wake_all) was called and it is worth another look.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.left() > 0 {
            return Poll::Ready(());
        }
        // Cloning and dropping a waker may do anything, so neither is done under the lock.
        let mut waker = Some(cx.waker().clone());
        {
            let mut waiting = self.waiting();
            match waiting.iter_mut().find(|known| known.will_wake(cx.waker())) {
                Some(known) => waker = waker.map(|waker| std::mem::replace(known, waker)),
                None => waiting.extend(waker.take()),
            }
            self.awaited.store(true, Ordering::SeqCst);
        }
        drop(waker);
        // `give` may have come between the look and the push.
        if self.left() > 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    pub(super) fn wake_all(&self) {
        let waiting = {
            let mut waiting = self.waiting();
            self.awaited.store(false, Ordering::SeqCst);
            std::mem::take(&mut *waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.get() {
            pool.give(self.queued());
        }
    }
}
