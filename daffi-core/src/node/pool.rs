//! The threads of the runtime that callbacks block, and what is to be done there.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::proto::{Failed, Failure};
use crate::threads::{Next, Stalled, Threads};

/// Whether there is a thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given {
    /// It is this one.
    Thread,
    /// There will be none.
    None(NoThread),
}

/// All that there are are held by those that wait for others which need one.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoThread {
    pub(super) threads: usize,
}

impl From<NoThread> for Failure {
    fn from(NoThread { threads }: NoThread) -> Self {
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        Failed::NoThread { threads }.into()
    }
}

/// What is to be done on a thread. It is dropped where nobody wants it any more.
pub(super) struct Job(pub(super) Box<dyn FnOnce(Given) + Send>);

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Job")
    }
}

#[derive(Debug)]
pub(super) struct Pool {
    threads: Mutex<Threads<Job>>,
    /// Somebody looks whether threads come.
    is_watched: AtomicBool,
    /// None came in time to the last one that was waited for.
    are_taken: Arc<AtomicBool>,
}

impl Pool {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            threads: Mutex::new(Threads::new(limit)),
            is_watched: AtomicBool::new(false),
            are_taken: Arc::default(),
        }
    }

    /// Whether it seems that the runtime has no thread left.
    pub(super) const fn are_taken(&self) -> &Arc<AtomicBool> {
        &self.are_taken
    }

    /// Does something about them. What follows from it is done without the lock: that goes with how many there are.
    pub(super) fn visit<T>(&self, work: impl FnOnce(&mut Threads<Job>) -> T) -> (T, Next<Job>, usize) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let given = work(&mut threads);
        (given, threads.next(), threads.limit())
    }

    /// Whether somebody is to look from now on whether threads come.
    pub(super) fn watch(&self) -> bool {
        !self.is_watched.swap(true, Ordering::Relaxed)
    }

    /// Looks whether threads have come; what is refused if not, of how many, and whether to look again.
    pub(super) fn look(&self, stalled: Stalled) -> (Vec<Job>, usize, Option<Stalled>) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = threads.overdue(stalled);
        let next = threads.stalled();
        // Under the lock: whoever finds it so from now on has somebody look.
        self.is_watched.store(next.is_some(), Ordering::Relaxed);
        (refused, threads.limit(), next)
    }
}
