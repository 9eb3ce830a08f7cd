//! The file in which schedules are kept over restarts.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use daffi_core::StartError;
use daffi_core::proto::TaskId;
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError, TableDefinition,
};

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

/// What was kept: the number of each schedule, what it is, and how it stands.
pub(crate) type Found = Vec<(TaskId, Bytes, Bytes)>;

/// Schedules on a disk.
#[derive(Debug)]
pub(crate) struct Store {
    file: PathBuf,
    database: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Open(Database),
    /// After a fault it is of no use before it has been opened anew.
    Faulty,
    /// Another controller may have the file.
    Closed,
}

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Fault(String);

impl<E: Into<redb::Error>> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(match error.into() {
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
            match Database::create(&file) {
                Err(DatabaseError::DatabaseAlreadyOpen) if waited < IN_USE => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                opened => break opened.map_err(|error| fault(explained(&error)))?,
            }
        };
        let found = read(&database).map_err(|error| fault(error.0))?;
        let store = Self {
            file,
            database: Mutex::new(State::Open(database)),
        };
        Ok((store, found))
    }

    /// Writes changes, all or none of them; they are on the disk when this returns.
    pub(crate) async fn keep(self: &Arc<Self>, changes: Arc<[Change]>) -> Result<(), Fault> {
        let this = Arc::clone(self);
        match tokio::task::spawn_blocking(move || this.write(&changes)).await {
            Ok(kept) => kept.map_err(|fault| Fault(format!("{}: {fault}", self.file.display()))),
            Err(ended) => Err(Fault(ended.to_string())),
        }
    }

    fn write(&self, changes: &[Change]) -> Result<(), Fault> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = match std::mem::replace(&mut *database, State::Faulty) {
            State::Open(opened) => opened,
            State::Faulty => Database::open(&self.file)?,
            State::Closed => {
                *database = State::Closed;
                return Err(Fault("the controller has ended".to_owned()));
            }
        };
        commit(&opened, changes)?;
        *database = State::Open(opened);
        Ok(())
    }

    /// Lets go of the file.
    pub(crate) fn close(&self) {
        *self.database.lock().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }
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
        return Err(Fault(format!(
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
            return Err(Fault(damaged("a schedule of which it is not said how it stands")));
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
