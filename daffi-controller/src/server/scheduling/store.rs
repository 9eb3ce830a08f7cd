//! The file in which schedules are kept over restarts.

mod opening;
mod overlay;
mod tables;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use daffi_core::StartError;
use redb::Database;
use tokio::task::spawn_blocking;

use self::tables::{CACHE, commit, damaged};
pub(crate) use self::tables::{Fault, Found};
use crate::schedule::Change;

/// How long a disk may take to write.
const PATIENCE: Duration = Duration::from_secs(10);

/// Schedules on a disk.
///
/// A thread of its own writes, for which nobody waits longer than he wants to: a disk may not answer.
#[derive(Debug)]
pub(crate) struct Store {
    file: PathBuf,
    disk: Mutex<Disk>,
}

/// The thread that writes.
#[derive(Debug)]
struct Disk {
    /// What it is to write. It ends, and lets go of the file, when there is nothing to come.
    jobs: Option<Sender<Arc<[Change]>>>,
    /// What has become of each.
    done: Receiver<Result<(), Fault>>,
    /// What it writes was given up.
    is_late: bool,
    patience: Duration,
}

impl Store {
    /// Opens the file of a folder, which are made if they are not there, and reads what is in it.
    ///
    /// # Errors
    ///
    /// When it cannot be, with what to do about it. The file is as it was then.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Found), StartError> {
        let fault = |reason: String| StartError::data_dir(folder.to_owned(), reason);
        let (file, database, found) = opening::open(folder).map_err(&fault)?;
        let store = Self::of(file, database, PATIENCE).map_err(|error| fault(error.to_string()))?;
        Ok((store, found))
    }

    fn of(file: PathBuf, database: Database, patience: Duration) -> std::io::Result<Self> {
        let (jobs, to_do) = channel::<Arc<[Change]>>();
        let (done, told) = channel();
        let opens = file.clone();
        let write = move || {
            let mut opened = Some(database);
            for changes in to_do {
                let written = catch_unwind(AssertUnwindSafe(|| write(&mut opened, &opens, &changes)));
                let written =
                    written.unwrap_or_else(|_| Err(Fault::InVain(damaged("it is not what it was"))));
                if done.send(written).is_err() {
                    break;
                }
            }
            drop(opened);
            // Only now another controller may have it.
            drop(done);
        };
        Builder::new().name("daffi schedules".to_owned()).spawn(write)?;
        Ok(Self {
            file,
            disk: Mutex::new(Disk {
                jobs: Some(jobs),
                done: told,
                is_late: false,
                patience,
            }),
        })
    }

    /// Writes changes, all or none of them; they are on the disk when this returns.
    pub(crate) async fn keep(self: &Arc<Self>, changes: Arc<[Change]>) -> Result<(), Fault> {
        let this = Arc::clone(self);
        match spawn_blocking(move || this.write(changes)).await {
            Ok(Err(Fault::InVain(words))) => Err(Fault::InVain(format!("{}: {words}", self.file.display()))),
            Ok(kept) => kept,
            Err(ended) => Err(Fault::InVain(ended.to_string())),
        }
    }

    fn write(&self, changes: Arc<[Change]>) -> Result<(), Fault> {
        self.disk
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(changes)
    }

    /// Lets go of the file; or gives it up, if the disk does not answer.
    pub(crate) fn close(&self) {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        disk.jobs = None;
        while !disk.is_late && disk.done.recv_timeout(disk.patience).is_ok() {}
    }
}

impl Disk {
    fn write(&mut self, changes: Arc<[Change]>) -> Result<(), Fault> {
        if self.is_late && self.done.try_recv().is_err() {
            return Err(Fault::Late(self.patience));
        }
        self.is_late = false;
        let ended = || Fault::InVain("the controller has ended".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(changes).map_err(|_| ended())?;
        match self.done.recv_timeout(self.patience) {
            Ok(written) => written,
            Err(RecvTimeoutError::Timeout) => {
                self.is_late = true;
                Err(Fault::Late(self.patience))
            }
            Err(RecvTimeoutError::Disconnected) => Err(ended()),
        }
    }
}

/// Writes changes into a database, which after a fault is of no use before it is opened anew.
fn write(opened: &mut Option<Database>, file: &Path, changes: &[Change]) -> Result<(), Fault> {
    let database = match opened.take() {
        Some(database) => database,
        None => Database::builder().set_cache_size(CACHE).open(file)?,
    };
    commit(&database, changes)?;
    *opened = Some(database);
    Ok(())
}
