//! How much of a queue's budget is left, and who waits for more.

use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use super::pool::Pool;

/// The byte budget of a queue.
#[derive(Debug)]
pub(super) struct Room {
    limit: usize,
    queued: AtomicUsize,
    /// How much of that is written and not acknowledged. For a moment it may be less than nothing: an acknowledgement may come before it
    /// is told what was written.
    unacknowledged: AtomicIsize,
    /// There is nothing to be written to.
    is_away: AtomicBool,
    /// What is queued is not written before the peer has acknowledged some of what was.
    is_waiting: AtomicBool,
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
            unacknowledged: AtomicIsize::new(0),
            is_away: AtomicBool::new(false),
            is_waiting: AtomicBool::new(false),
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

    /// How many bytes are queued, also those that are written and not acknowledged.
    pub(super) fn queued(&self) -> usize {
        self.queued.load(Ordering::SeqCst)
    }

    fn unacknowledged(&self) -> usize {
        usize::try_from(self.unacknowledged.load(Ordering::SeqCst)).unwrap_or(0)
    }

    /// How many bytes are queued that were not written.
    pub(super) fn unwritten(&self) -> usize {
        self.queued().saturating_sub(self.unacknowledged())
    }

    fn limit(&self) -> usize {
        let share = self.pool.get().map_or(usize::MAX, |pool| pool.share());
        self.limit.min(share)
    }

    /// How many more bytes fit the budget, which what is not written has, and as much what is not acknowledged. One that holds nothing
    /// takes something, however little is left for all.
    pub(super) fn left(&self) -> usize {
        let (limit, unacknowledged) = (self.limit(), self.unacknowledged());
        match self.unwritten() {
            0 if unacknowledged < self.limit => limit.saturating_sub(unacknowledged).max(1),
            unwritten => limit.saturating_sub(unwritten.max(unacknowledged)),
        }
    }

    /// Whether what is queued waits for an acknowledgement.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::SeqCst)
    }

    pub(super) fn set_waiting(&self, is_waiting: bool) {
        // Mostly it does not, and this is asked for with each batch.
        if self.is_waiting.load(Ordering::Relaxed) != is_waiting {
            self.is_waiting.store(is_waiting, Ordering::SeqCst);
        }
    }

    /// Whether what is not written fits the budget.
    fn is_written(&self) -> bool {
        match self.unwritten() {
            0 => true,
            unwritten => unwritten < self.limit(),
        }
    }

    /// Whether there is nothing to be written to.
    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::SeqCst)
    }

    pub(super) fn set_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
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
        self.drop(bytes);
        self.wake_awaited();
    }

    /// As [`give`](Self::give), by somebody who holds a lock: who waits is [woken](Self::wake_awaited) when that is free. So it is with the
    /// next three, of which one at a time is done.
    pub(super) fn drop(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::SeqCst);
        if let Some(pool) = self.pool.get() {
            pool.give(bytes);
        }
    }

    /// Bytes were written that are kept until they are acknowledged.
    pub(super) fn written(&self, bytes: usize) {
        self.add_unacknowledged(bytes.cast_signed());
    }

    /// Bytes that were written are acknowledged.
    pub(super) fn acknowledged(&self, bytes: usize) {
        if bytes > 0 {
            self.add_unacknowledged(-bytes.cast_signed());
            self.drop(bytes);
        }
    }

    /// What is kept is to be written again, but for some bytes, which are kept no more.
    pub(super) fn rewind(&self, bytes: usize) {
        self.unacknowledged.store(0, Ordering::SeqCst);
        self.drop(bytes);
    }

    fn add_unacknowledged(&self, bytes: isize) {
        self.unacknowledged.fetch_add(bytes, Ordering::SeqCst);
    }

    /// Wakes who waits, if it is worth another look.
    pub(super) fn wake_awaited(&self) {
        // Of the two that may be waited for, the second is there whenever the first is.
        if self.awaited.load(Ordering::SeqCst) && (self.is_written() || self.is_waiting()) {
            self.wake_all();
        }
    }

    /// Ready when there is room and something to write to, or when [`wake_all`](Self::wake_all) was called and it is worth another look.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |room| !room.is_away() && room.left() > 0)
    }

    /// As [`poll_ready`](Self::poll_ready), whatever is not acknowledged: ready unless the peer does not read. What it acknowledges is read
    /// from it, too.
    pub(super) fn poll_written(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |room| {
            room.is_away() || room.is_written() || room.is_waiting()
        })
    }

    /// As [`poll_ready`](Self::poll_ready), when all is written.
    pub(super) fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |room| room.unwritten() == 0)
    }

    /// As [`poll_ready`](Self::poll_ready), when all is acknowledged; what is not kept counts as that once it is written.
    pub(super) fn poll_acknowledged(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |room| room.queued() == 0)
    }

    /// Not ready: only [`wake_all`](Self::wake_all) is waited for.
    pub(super) fn poll_woken(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(cx, |_| false)
    }

    fn poll(&self, cx: &mut Context<'_>, is_ready: impl Fn(&Self) -> bool) -> Poll<()> {
        if is_ready(self) {
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
        if is_ready(self) {
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
