//! The file in which schedules are kept over restarts.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::StartError;
use daffi_core::proto::TaskId;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError, TableDefinition,
};
use tokio::task::spawn_blocking;

use crate::schedule::{Change, Kept};

/// What the file is called.
const FILE: &str = "schedules.redb";

/// In what form things are kept in it.
const FORM: u64 = 1;

/// What is said of the file.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("about");

/// What each schedule is, and how it stands.
const ASKED: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("asked");
const PROGRESS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("progress");

/// A controller that has just ended in this process may still have the file, for so long.
const IN_USE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

/// How long a disk may take to write.
const PATIENCE: Duration = Duration::from_secs(10);

/// What of the file is held in memory, in bytes. It is read once, when the controller begins, and then only written: a page or two of each
/// schedule that has changed.
const CACHE: usize = 8 * 1024 * 1024;

/// What was kept: the number of each schedule, what it is, and how it stands.
pub(crate) type Found = Vec<(TaskId, Bytes, Bytes)>;

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

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was tried in vain.
    #[error("{0}")]
    InVain(String),
    /// It is not known whether it was, or will be.
    #[error(
        "the disk has not answered for {0:?}; should the controller end before it does, what was asked may turn out to be kept after all"
    )]
    Late(Duration),
}

impl Fault {
    /// Whether nothing else can be tried meanwhile.
    pub(crate) const fn is_lasting(&self) -> bool {
        matches!(self, Self::Late(_))
    }
}

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::InVain(match error.into() {
            redb::Error::Io(error) => error.to_string(),
            damage @ (redb::Error::Corrupted(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableDoesNotExist(_)) => damaged(&damage.to_string()),
            other => other.to_string(),
        })
    }
}

impl Store {
    /// Opens the file of a folder, which are made if they are not there, and reads what is in it.
    ///
    /// # Errors
    ///
    /// When it cannot be, with what to do about it. The file is as it was then.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Found), StartError> {
        let fault = |reason: String| StartError::data_dir(folder.to_owned(), reason);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| fault(format!("it cannot be made: {error}")))?;
        let file = folder.join(FILE);
        // What it keeps is for nobody else.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&file)
            .and_then(|opened| opened.set_permissions(Permissions::from_mode(0o600)))
            .map_err(|error| {
                fault(format!(
                    "its file {FILE} cannot be written: {error}; look whose it is"
                ))
            })?;
        let mut waited = Duration::ZERO;
        let database = loop {
            match Database::builder().set_cache_size(CACHE).create(&file) {
                Err(DatabaseError::DatabaseAlreadyOpen) if waited < IN_USE => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                opened => break opened.map_err(|error| fault(explained(&error)))?,
            }
        };
        let found = read(&database).map_err(|error| fault(error.to_string()))?;
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

fn commit(database: &Database, changes: &[Change]) -> Result<(), Fault> {
    let writing = database.begin_write()?;
    {
        let (mut asked, mut progress) = (writing.open_table(ASKED)?, writing.open_table(PROGRESS)?);
        for Change { task, kept } in changes {
            match kept {
                Kept::Nothing => {
                    asked.remove(task.0)?;
                    progress.remove(task.0)?;
                }
                Kept::Progress(stands) => {
                    progress.insert(task.0, &**stands)?;
                }
                Kept::Whole(is, stands) => {
                    asked.insert(task.0, &**is)?;
                    progress.insert(task.0, &**stands)?;
                }
            }
        }
    }
    writing.commit()?;
    Ok(())
}

/// All that is in it. One that is new is told in what form things are kept.
fn read(database: &Database) -> Result<Found, Fault> {
    let writing = database.begin_write()?;
    let form = {
        let mut about = writing.open_table(ABOUT)?;
        let form = about.get("form")?.map(|form| form.value());
        if form.is_none() {
            about.insert("form", FORM)?;
        }
        form.unwrap_or(FORM)
    };
    if form != FORM {
        writing.abort()?;
        return Err(Fault::InVain(format!(
            "its file {FILE} was written by another version of daffi, in form {form} where this one knows {FORM}: start that version, or move the \
             file away to begin without schedules"
        )));
    }
    writing.open_table(ASKED)?;
    writing.open_table(PROGRESS)?;
    writing.commit()?;
    let reading = database.begin_read()?;
    let (asked, progress) = (reading.open_table(ASKED)?, reading.open_table(PROGRESS)?);
    let mut found = Vec::new();
    for one in asked.iter()? {
        let (task, is) = one?;
        let Some(stands) = progress.get(task.value())? else {
            return Err(Fault::InVain(damaged(
                "a schedule of which it is not said how it stands",
            )));
        };
        let kept = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
        found.push((TaskId(task.value()), kept(is.value()), kept(stands.value())));
    }
    Ok(found)
}

/// Why it cannot be opened, and what to do about it.
fn explained(error: &DatabaseError) -> String {
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            "another controller keeps its schedules there: stop that one, or give this one a folder of its own".to_owned()
        }
        DatabaseError::UpgradeRequired(_) => format!("its file {FILE} is of an older form that is not known any more ({error}): move it away to begin without schedules"),
        DatabaseError::Storage(StorageError::Io(io)) if io.kind() != std::io::ErrorKind::InvalidData => {
            format!("its file {FILE} cannot be opened: {io}")
        }
        _ => damaged(&error.to_string()),
    }
}

/// The words of a file that is not what it must be.
fn damaged(how: &str) -> String {
    format!(
        "its file {FILE} is damaged ({how}), and was left as it is: put a copy of it back, or move it away to begin without schedules"
    )
}

#[cfg(test)]
mod tests;
