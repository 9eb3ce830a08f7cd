//! How far a run has come that calls its callback once for each item of a stream, and that its caller is told of it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How often the caller is told how many are done, while there are more of them.
const TOLD_EVERY: Duration = Duration::from_millis(20);

/// How far such a run has come.
#[derive(Debug, Default)]
pub(super) struct Count {
    /// For so many the callback has returned without an error.
    pub(super) done: AtomicU64,
    /// A thread counts, whose task is not polled meanwhile.
    on_thread: AtomicBool,
}

/// A thread counts until this is dropped.
pub(super) struct AtWork(Arc<Count>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.on_thread.store(false, Ordering::Relaxed);
    }
}

impl Count {
    pub(super) fn add(&self) {
        self.done.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn at_work(self: &Arc<Self>) -> AtWork {
        self.on_thread.store(true, Ordering::Relaxed);
        AtWork(Arc::clone(self))
    }
}

/// Does `work`, and tells now and then how far it has come: all that the caller knows where the run is ended from outside.
pub(super) async fn telling<T>(work: impl Future<Output = T>, count: &Count, mut tell: impl FnMut(u64)) -> T {
    let mut work = pin!(work);
    let mut timer = pin!(sleep(TOLD_EVERY));
    let (mut told, mut armed) = (0, false);
    poll_fn(|cx| {
        if let Poll::Ready(output) = work.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        loop {
            let done = count.done.load(Ordering::Acquire);
            if !armed {
                // Nothing ticks for a run that waits.
                if done == told && !count.on_thread.load(Ordering::Relaxed) {
                    return Poll::Pending;
                }
                timer.as_mut().reset(Instant::now() + TOLD_EVERY);
                armed = true;
            }
            ready!(timer.as_mut().poll(cx));
            armed = false;
            if done != told {
                told = done;
                tell(done);
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::timeout;

    use super::*;

    /// What is told of a run that does so many items every second, and for how long it is looked at.
    async fn told(count: &Arc<Count>, seconds: u64) -> Vec<u64> {
        let adding = {
            let count = Arc::clone(count);
            tokio::spawn(async move {
                for _ in 0..3 {
                    sleep(Duration::from_secs(1)).await;
                    count.add();
                    count.add();
                }
            })
        };
        let mut told = Vec::new();
        let telling = telling(pending::<()>(), count, |done| told.push(done));
        let _ = timeout(Duration::from_secs(seconds), telling).await;
        adding.abort();
        told
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_thread_has_done_is_told_while_it_goes_on() {
        let count = Arc::new(Count::default());
        let at_work = count.at_work();
        assert_eq!(told(&count, 10).await, [2, 4, 6]);
        drop(at_work);
        // A task would be polled.
        assert_eq!(told(&count, 10).await, [6]);
    }
}
