//! The folder of the default socket, which is the user's own.
//!
//! The temporary folder belongs to all: whoever comes first may make what is not there. So what is found is looked at before it is
//! used, by those who listen and by those who join.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The user as whom this process does what it does.
#[must_use]
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The folder of the default socket.
pub(super) fn default_folder() -> PathBuf {
    std::env::temp_dir().join(format!("daffi-{}", own_uid()))
}

/// Makes a folder, and its parents, for the owner alone, or, if it is `open`, so that all can reach what is in it. One that exists
/// stays as it is.
pub(super) fn make(folder: &Path, open: bool) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(if open { 0o755 } else { 0o700 })
        .create(folder)
}

/// Checks that a folder is a user's own and that nobody else can put anything into it.
pub(super) fn check_private(folder: &Path, own: u32) -> io::Result<()> {
    let found = std::fs::symlink_metadata(folder)?;
    let mode = found.mode() & 0o777;
    let fault = if !found.is_dir() {
        "is no folder".to_owned()
    } else if found.uid() != own {
        format!(
            "belongs to uid {}, and this process runs as uid {own}",
            found.uid()
        )
    } else if mode & 0o077 != 0 {
        format!("is open to other users (mode {mode:03o}); `chmod 700` makes it private")
    } else {
        return Ok(());
    };
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        NotPrivate(format!(
            "the folder {} {fault}. Where it is follows TMPDIR, which may differ between a login, a service (PrivateTmp) and a \
             cron job; unix_sock_path names another folder",
            folder.display()
        )),
    ))
}

/// The folder of the default socket is not the user's own.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotPrivate(String);

impl NotPrivate {
    /// Whether that is what an error says.
    #[must_use]
    pub fn is_in(error: &io::Error) -> bool {
        let inner = error.get_ref();
        inner.and_then(|inner| inner.downcast_ref::<Self>()).is_some()
    }
}

/// Says of a socket that this process may not use whose it is.
pub(super) fn explained(error: io::Error, path: &Path) -> io::Error {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return error;
    }
    let found = [Some(path), path.parent()]
        .into_iter()
        .flatten()
        .find_map(|path| Some((path, std::fs::symlink_metadata(path).ok()?.uid())));
    let Some((path, uid)) = found else { return error };
    let (path, own) = (path.display(), own_uid());
    io::Error::new(
        error.kind(),
        format!("{error}: {path} belongs to uid {uid}, and this process runs as uid {own}"),
    )
}
