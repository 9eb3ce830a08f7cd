//! The file as it is found: made if it is not there, and read if it is whole. What is not is left as it is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError, rename};
use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::TaskId;
use redb::{Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError};

use super::overlay::Overlay;
use super::tables::{
    ABOUT, ADDS_UP_TO, ASKED, CACHE, FILE, FORM, Fault, Found, IS, IS_IN, PROGRESS, STANDS, Sum, commit,
    damaged, is_damage,
};

/// A controller that has just ended in this process may still have the file, for so long.
const IN_USE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(20);

/// The thread that looks through a file. If it panics, that is said of the file; the program says nothing else of a thread of that name.
const LOOKS: &str = "daffi looks at schedules";

/// Opens the file of a folder, which are made if they are not there, and reads what is in it. Gives where it is as well.
///
/// # Errors
///
/// When it cannot be, with what to do about it. The file is as it was then.
pub(super) fn open(folder: &Path) -> Result<(PathBuf, Database, Found), String> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| format!("it cannot be made: {error}"))?;
    let place = folder.join(FILE);
    let unwritable = |error: io::Error| {
        format!(
            "its file {FILE} cannot be written: {error}; look whose it is, and whether its disk may be written"
        )
    };
    let (database, found) = loop {
        match file(&place, false) {
            Ok(file) => {
                lock(&file)?;
                break opened(file).map_err(|fault| fault.to_string())?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Who is killed before it is whole leaves nothing under its name.
                let begun = folder.join(format!("{FILE}.new"));
                let file = file(&begun, true).map_err(unwritable)?;
                lock(&file)?;
                if !place.exists() {
                    let database = made(file).map_err(|fault| fault.to_string())?;
                    rename(&begun, &place).map_err(unwritable)?;
                    File::open(folder)
                        .and_then(|folder| folder.sync_all())
                        .map_err(unwritable)?;
                    break (database, Found::new());
                }
            }
            Err(error) => return Err(unwritable(error)),
        }
    };
    Ok((place, database, found))
}

/// A file that is for nobody else.
fn file(place: &Path, is_made: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(is_made)
        .truncate(false)
        .mode(0o600)
        .open(place)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

/// A file with nothing in it.
fn made(file: File) -> Result<Database, Fault> {
    file.set_len(0)?;
    let database = Database::builder().set_cache_size(CACHE).create_file(file);
    let database = database.map_err(|error| Fault::InVain(explained(&error)))?;
    commit(&database, &[])?;
    Ok(database)
}

/// Keeps others from a file.
fn lock(file: &File) -> Result<(), String> {
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if waited < IN_USE => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            Err(TryLockError::WouldBlock) => return Err(explained(&DatabaseError::DatabaseAlreadyOpen)),
            // There are disks without locks.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
}

/// A file that is locked, and what is in it. It is looked through before anything is written to it.
fn opened(file: File) -> Result<(Database, Found), Fault> {
    let overlay = Overlay::of(file.try_clone()?)?;
    let looks = overlay.clone();
    // In a file that is damaged, anything may be, also what redb thinks impossible.
    let looked = Builder::new()
        .name(LOOKS.to_owned())
        .spawn(|| looked(looks))?
        .join();
    overlay.close();
    let (found, is_sound) = match looked {
        Ok(Ok(looked)) => looked,
        Ok(Err(Opening::Kept(fault))) => return Err(fault),
        Ok(Err(Opening::Not(error))) => return Err(Fault::InVain(explained(&error))),
        Err(_) => return Err(Fault::InVain(damaged("it is not what it must be"))),
    };
    let open = || {
        let mut database = Database::builder().set_cache_size(CACHE).create_file(file)?;
        if !is_sound {
            // Nothing is missing: it was not known what of it is free.
            database.check_integrity()?;
        }
        Ok(database)
    };
    let database = open().map_err(|error: DatabaseError| Fault::InVain(explained(&error)))?;
    Ok((database, found))
}

/// What is in a file, and whether nothing of it had to be mended.
fn looked(overlay: Overlay) -> Result<(Found, bool), Opening> {
    // One that is damaged cannot be closed.
    let mut database = ManuallyDrop::new(
        Database::builder()
            .set_cache_size(CACHE)
            .create_with_backend(overlay)?,
    );
    let is_sound = database.check_integrity()?;
    let found = read(&database)?;
    drop(ManuallyDrop::into_inner(database));
    Ok((found, is_sound))
}

/// Why a file is not opened.
enum Opening {
    Not(DatabaseError),
    Kept(Fault),
}

impl From<DatabaseError> for Opening {
    fn from(error: DatabaseError) -> Self {
        Self::Not(error)
    }
}

impl From<Fault> for Opening {
    fn from(fault: Fault) -> Self {
        Self::Kept(fault)
    }
}

/// All that is in it.
pub(super) fn read(database: &Database) -> Result<Found, Fault> {
    let reading = database.begin_read()?;
    let about = reading.open_table(ABOUT)?;
    let form = about.get(IS_IN)?.map(|form| form.value());
    if form != Some(FORM) {
        let form = form.map_or_else(|| "that is not said".to_owned(), |form| form.to_string());
        return Err(Fault::InVain(format!(
            "its file {FILE} was written by another version of daffi, in form {form} where this one knows {FORM}: start that version, or move the \
             file away to begin without schedules"
        )));
    }
    let (asked, progress) = (reading.open_table(ASKED)?, reading.open_table(PROGRESS)?);
    let (mut found, mut sum) = (Found::new(), Sum::default());
    for one in progress.iter()? {
        let (task, stands) = one?;
        sum.add((TaskId(task.value()), STANDS), stands.value());
    }
    for one in asked.iter()? {
        let (task, is) = one?;
        sum.add((TaskId(task.value()), IS), is.value());
        let Some(stands) = progress.get(task.value())? else {
            return Err(Fault::InVain(damaged(
                "a schedule of which it is not said how it stands",
            )));
        };
        let kept = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
        found.push((TaskId(task.value()), kept(is.value()), kept(stands.value())));
    }
    if about.get(ADDS_UP_TO)?.map(|sum| sum.value()) != Some(sum.0) {
        return Err(Fault::InVain(damaged("what is in it is not what was written")));
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
        DatabaseError::Storage(StorageError::Io(io)) if !is_damage(io) => {
            format!("its file {FILE} cannot be opened: {io}")
        }
        _ => damaged(&error.to_string()),
    }
}
