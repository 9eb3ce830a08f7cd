//! All schedules of a controller, what is to be done for them, and who wants to know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use daffi_core::proto::{CallId, Failed, TaskId, TaskState};
use tokio::sync::Notify;

use super::callers::Callers;
use super::clock::Clock;
use crate::router::PeerId;
use crate::schedule::{Act, Bounds, Now, Refused, Schedules, Zones};

/// So many processes are told of the ticks of one schedule.
const WATCHERS: usize = 64;

/// All schedules of a controller, and the calls that are made for them.
///
/// Where both locks are held, this one is taken first.
#[derive(Debug)]
pub(crate) struct Scheduling {
    books: Mutex<Books>,
    /// There is something to do.
    pub(crate) wake: Arc<Notify>,
    clock: Clock,
}

#[derive(Debug)]
pub(super) struct Books {
    pub(super) schedules: Schedules,
    /// What is to be done.
    pub(super) acts: Vec<Act>,
    pub(super) callers: Callers,
    /// Who is told how ticks end.
    pub(super) watchers: BTreeMap<TaskId, Vec<(PeerId, CallId)>>,
}

impl Scheduling {
    pub(crate) fn new(seed: u128) -> Self {
        let clock = Clock::new();
        // Its halves tell nothing of each other.
        let seed = u64::try_from(seed >> 64).unwrap_or_default();
        Self {
            books: Mutex::new(Books {
                schedules: Schedules::new(Bounds::default(), Zones::of_the_machine(), clock.now(), seed),
                acts: Vec::new(),
                callers: Callers::default(),
                watchers: BTreeMap::new(),
            }),
            wake: Arc::default(),
            clock,
        }
    }

    pub(super) fn open(&self) -> (MutexGuard<'_, Books>, Now) {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        (books, self.clock.now())
    }

    /// A process has left.
    pub(crate) fn left(&self, process: &str) {
        let (mut books, now) = self.open();
        let Books { schedules, acts, .. } = &mut *books;
        schedules.left(process, now, acts);
        if !acts.is_empty() {
            self.wake.notify_one();
        }
    }

    /// From now on a process is told how the ticks of a schedule end; `false` if there are no more.
    pub(super) fn watch(&self, task: TaskId, watcher: (PeerId, CallId)) -> Result<bool, Failed> {
        let (mut books, now) = self.open();
        let described = books
            .schedules
            .describe(task, now)
            .map_err(|refused| invalid(&refused))?;
        if described.entry.state == TaskState::Ended && described.entry.running == 0 {
            return Ok(false);
        }
        let watchers = books.watchers.entry(task).or_default();
        if watchers.len() >= WATCHERS {
            return Err(Failed::Overloaded { may_have_run: false });
        }
        watchers.push(watcher);
        Ok(true)
    }
}

/// What is answered to whoever asks for what cannot be.
pub(super) fn invalid(refused: &Refused) -> Failed {
    Failed::Invalid {
        reason: refused.to_string(),
    }
}
