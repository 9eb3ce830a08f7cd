//! All schedules of a controller, what is to be done for them, and who wants to know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use daffi_core::StartError;
use daffi_core::proto::{CallId, Failed, TaskId, TaskState};
use daffi_core::seldom::Seldom;
use tokio::sync::Notify;
use tokio::time::Instant;
use tracing::info;

use super::callers::Callers;
use super::clock::Clock;
use super::inside::Told;
use super::store::Store;
use crate::router::PeerId;
use crate::schedule::{Act, Bounds, Connection, Now, Refused, Schedules, Zones};

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
    /// Where schedules are kept over restarts, if they are.
    pub(super) store: Option<Arc<Store>>,
    /// What is said of the disk.
    pub(super) faults: Seldom,
}

#[derive(Debug)]
pub(super) struct Books {
    pub(super) schedules: Schedules,
    /// What is to be done.
    pub(super) acts: Vec<Act>,
    pub(super) callers: Callers,
    /// Who is told how ticks end.
    pub(super) watchers: BTreeMap<TaskId, Vec<(PeerId, CallId)>>,
    /// What is answered once it is kept.
    pub(super) answers: Vec<Answer>,
    /// Those of which calls wait until it can be kept again that they are made.
    pub(super) unkept: BTreeSet<TaskId>,
}

impl Books {
    /// Callers were told this.
    pub(super) fn hear(&mut self, told: Vec<Told>, now: Now) {
        for told in told {
            self.callers.hear(told, &mut self.schedules, now, &mut self.acts);
        }
    }

    /// When there is something to do. Nothing `begins` before a controller stops, and what could not be kept waits until it `can_keep`.
    pub(super) fn due(
        &self,
        (now, instant): (Now, Instant),
        begins: bool,
        can_keep: bool,
    ) -> Option<Instant> {
        let timeout = self.schedules.next_timeout(now).filter(|_| begins);
        let at_once = begins && can_keep && !self.unkept.is_empty();
        timeout
            .map(|timeout| instant + timeout)
            .into_iter()
            .chain(self.callers.next_timeout(instant))
            .chain(at_once.then_some(instant))
            .min()
    }
}

/// What is answered to whoever has made or changed a schedule.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) to: (PeerId, CallId),
    pub(super) task: TaskId,
    pub(super) payload: Bytes,
    /// The schedule was not there before.
    pub(super) made: bool,
    /// It is not there any more, for this reason.
    pub(super) refused: Option<String>,
}

impl Scheduling {
    /// With what was kept in a folder, if there is one.
    ///
    /// # Errors
    ///
    /// When that cannot be read.
    pub(crate) fn new(seed: u128, folder: Option<&Path>) -> Result<Self, StartError> {
        let clock = Clock::new();
        // Its halves tell nothing of each other.
        let seed = u64::try_from(seed >> 64).unwrap_or_default();
        let now = clock.now();
        let mut schedules = Schedules::new(Bounds::default(), Zones::of_the_machine(), now, seed);
        let (mut acts, mut store) = (Vec::new(), None);
        if let Some(folder) = folder {
            let (opened, found) = Store::open(folder)?;
            schedules = schedules.kept();
            for (task, asked, progress) in &found {
                let restored = schedules.restore(*task, (asked, progress), now, &mut acts);
                restored.map_err(|fault| StartError::data_dir(folder.to_owned(), fault.to_string()))?;
            }
            schedules.sort(&mut acts);
            info!(folder = %folder.display(), schedules = found.len(), "schedules are kept on a disk");
            store = Some(Arc::new(opened));
        }
        Ok(Self {
            books: Mutex::new(Books {
                schedules,
                acts,
                callers: Callers::default(),
                watchers: BTreeMap::new(),
                answers: Vec::new(),
                unkept: BTreeSet::new(),
            }),
            wake: Arc::default(),
            clock,
            store,
            faults: Seldom::default(),
        })
    }

    pub(super) fn open(&self) -> (MutexGuard<'_, Books>, Now) {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        (books, self.clock.now())
    }

    #[cfg(test)]
    pub(super) const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// A process has left.
    pub(crate) fn left(&self, peer: PeerId) {
        self.open().0.schedules.left(connection(peer));
        self.wake.notify_one();
    }

    /// From now on a process is told how the ticks of a schedule end; `false` if there are no more.
    pub(super) fn watch(
        &self,
        task: TaskId,
        watcher: (PeerId, CallId),
        are_there: impl FnOnce(&mut Vec<(PeerId, CallId)>),
    ) -> Result<bool, Failed> {
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
            are_there(watchers);
        }
        if watchers.len() >= WATCHERS {
            return Err(Failed::Overloaded { may_have_run: false });
        }
        watchers.push(watcher);
        Ok(true)
    }
}

/// The connection of a process, over which it makes schedules: its session, if it has made several.
pub(super) const fn connection(peer: PeerId) -> Connection {
    Connection(peer.number())
}

/// What is answered to whoever asks for what cannot be.
pub(super) fn invalid(refused: &Refused) -> Failed {
    Failed::Invalid {
        reason: refused.to_string(),
    }
}
