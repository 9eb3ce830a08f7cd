//! Where a controller accepts connections.

use std::fs::TryLockError;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, UnixListener, lookup_host};

use super::address::Address;
use super::arriving::Arriving;
use super::connection::is_loopback;
use super::folder::{self, own_uid};
use super::security::Security;
use crate::proto::Limits;

/// A listening socket. A Unix socket's file is removed when the listener is dropped.
#[derive(Debug)]
pub struct Listener {
    kind: Kind,
    address: Address,
    limits: Limits,
    security: Security,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    /// The file goes first: while the socket listens nobody takes the file for stale, so that it is still ours, and
    /// its inode cannot be another's.
    Unix {
        file: SocketFile,
        listener: UnixListener,
    },
}

/// The file of a socket that we made. Knows its inode, so that a successor's file is never removed.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if std::fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            // Whoever removed it before us did our work.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Who may reach a listener.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Openness {
    /// Processes of any user, through a Unix socket; otherwise the file is its owner's alone.
    pub any_user: bool,
    /// Processes of other machines, through TCP; otherwise only a loopback address is listened at.
    pub any_host: bool,
}

/// The address to listen at can be reached from other machines, and nobody has said that it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} can be reached from other machines")]
pub struct OpenToAll(pub SocketAddr);

impl Listener {
    /// Listens at `address`. Port 0 picks a free port; a Unix socket's folder is made if need be, for its
    /// owner alone unless it is open to any user; the file of a socket that nobody listens on any more is replaced.
    /// `security` is for TCP.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AddrInUse`] when somebody listens there already, an [`OpenToAll`] inside of the error when it is more open
    /// than it may be, a [`NotPrivate`](super::NotPrivate) when the folder of the default socket is not the user's own;
    /// otherwise what the system says.
    pub async fn bind(
        address: &Address,
        openness: Openness,
        limits: Limits,
        security: &Security,
    ) -> io::Result<Self> {
        let security = security.clone();
        match address {
            Address::Tcp { host, port } => {
                let found: Vec<_> = lookup_host((host.as_str(), *port)).await?.collect();
                let beyond = found.iter().find(|found| !is_loopback(**found));
                if let Some(beyond) = beyond.filter(|_| !openness.any_host) {
                    return Err(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        OpenToAll(*beyond),
                    ));
                }
                let listener = TcpListener::bind(&found[..]).await?;
                let port = listener.local_addr()?.port();
                let address = Address::Tcp {
                    host: host.clone(),
                    port,
                };
                Ok(Self {
                    kind: Kind::Tcp(listener),
                    address,
                    limits,
                    security,
                })
            }
            Address::Unix(path) => {
                let own = address.default_folder().map(|_| own_uid());
                let (file, listener) = bind_unix(path, openness.any_user, own)?;
                Ok(Self {
                    kind: Kind::Unix { file, listener },
                    address: address.clone(),
                    limits,
                    security,
                })
            }
            Address::Memory => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "memory is not an address to listen at",
            )),
        }
    }

    /// Where it listens, with the real port.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection.
    ///
    /// # Errors
    ///
    /// What the system says; most such errors concern one connection or pass (no file descriptors left), so the
    /// caller may try again after a moment.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no connection is lost.
    pub async fn accept(&self) -> io::Result<Arriving> {
        match &self.kind {
            Kind::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                Ok(Arriving::tcp(stream, from, self.limits, &self.security))
            }
            Kind::Unix { file, listener } => {
                let (stream, _) = listener.accept().await?;
                Ok(Arriving::unix(stream, file.path.clone(), self.limits))
            }
        }
    }
}

/// Whether a connection could not be accepted as no more files may be open.
#[must_use]
pub fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::MFILE | Errno::NFILE))
}

/// Never waits for anything but another starter that is here too: whoever has the right holds this thread, so that a
/// second starter on it cannot wait for the first for ever.
///
/// The folder must be that of the user `own`, if there is one.
fn bind_unix(path: &Path, any_user: bool, own: Option<u32>) -> io::Result<(SocketFile, UnixListener)> {
    if let Some(folder) = path.parent() {
        folder::make(folder, any_user)?;
        own.map_or(Ok(()), |own| folder::check_private(folder, own))?;
    }
    // Two starters must not both find the old file stale and remove each other's new one.
    let _right = Right::take(path)?;
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path)? => {
            match std::fs::remove_file(path) {
                // Its listener has removed it in this moment.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed?,
            }
            UnixListener::bind(path)?
        }
        other => other?,
    };
    std::fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(if any_user { 0o666 } else { 0o600 }),
    )?;
    let inode = std::fs::symlink_metadata(path)?.ino();
    Ok((
        SocketFile {
            path: path.to_owned(),
            inode,
        },
        listener,
    ))
}

/// Whether the file at `path` is a socket that nobody listens on, or has just gone.
fn is_stale(path: &Path) -> io::Result<bool> {
    let is_socket = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        found => found?.file_type().is_socket(),
    };
    if !is_socket {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} exists and is not a socket", path.display()),
        ));
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    match socket
        .connect(&SockAddr::unix(path)?)
        .map_err(|error| (error.kind(), error))
    {
        Ok(()) => Ok(false),
        // Somebody listens and has not accepted those who came before.
        Err((io::ErrorKind::WouldBlock, _)) => Ok(false),
        Err((io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound, _)) => Ok(true),
        Err((_, error)) => Err(error),
    }
}

/// How long another starter is waited for.
const LOCK_TRIES: u32 = 500;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The right to replace a socket file, held through a lock on a file beside it.
#[derive(Debug)]
struct Right {
    _locked: std::fs::File,
}

impl Right {
    fn take(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let name = PathBuf::from(name);
        // Whoever could open it could hold it, and where others may write, it could be a link to what is none of theirs.
        let file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&name)
            .map_err(|error| match Errno::from_io_error(&error) {
                Some(Errno::LOOP) => io::Error::new(
                    error.kind(),
                    format!(
                        "{} is a link: remove it, or choose another folder",
                        name.display()
                    ),
                ),
                _ => error,
            })?;
        // Another starter holds it no longer than it takes to bind.
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _locked: file }),
                Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!(
                "another process holds {} for long: find it (`fuser`), or choose another folder",
                name.display()
            ),
        ))
    }
}
