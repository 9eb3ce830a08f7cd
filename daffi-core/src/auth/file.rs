//! Files that hold secrets, or say who may join.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use zeroize::Zeroizing;

/// No file of these is longer.
const BYTES: u64 = 1024 * 1024;

/// Who else may do something with a file: bits of its mode.
#[derive(Clone, Copy, Debug)]
pub(super) enum Others {
    /// Its group may read it. Nobody else may do anything.
    Nothing = 0o037,
    /// All may read it, and nobody else may change it.
    Read = 0o022,
}

/// The text of a file that is no more open to others than it may be.
pub(super) fn read(path: &Path, others: Others) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let mut file = File::open(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let found = file
        .metadata()
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let mode = found.mode() & 0o777;
    if found.is_file() && mode & others as u32 != 0 {
        let (what, to) = match others {
            Others::Nothing => ("use what is in it", "600"),
            Others::Read => ("change it", "644"),
        };
        return Err(format!(
            "others can {what}: the mode of {shown} is {mode:03o}; `chmod {to} {shown}` makes it yours alone"
        ));
    }
    // Not read by a buffer that grows, which would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(
        usize::try_from(found.len().min(BYTES)).unwrap_or(0) + 1,
    ));
    let read = file.by_ref().take(BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{shown} cannot be read: {error}"))?;
    if bytes.len() as u64 > BYTES {
        return Err(format!("{shown} is longer than {BYTES} bytes"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{shown} is no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Makes a file for its owner alone. One that is there already stays.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
