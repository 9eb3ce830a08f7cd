//! Where a controller is.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a controller listens, or is to be looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP host and port.
    Tcp {
        /// A name or an IP address.
        host: String,
        /// The port; before the controller listens, 0 means any that is free.
        port: u16,
    },
    /// The path of a Unix socket.
    Unix(PathBuf),
    /// Another `Global` of this process, in memory.
    Memory,
}

impl Address {
    /// The Unix socket in `folder`.
    #[must_use]
    pub fn unix_in(folder: impl AsRef<Path>) -> Self {
        Self::Unix(folder.as_ref().join(".sock"))
    }

    /// The Unix socket that is used when nothing else is asked for: `<temp dir>/daffi/.sock`.
    #[must_use]
    pub fn default_unix() -> Self {
        Self::unix_in(std::env::temp_dir().join("daffi"))
    }

    /// The TCP port, which is the real one once the controller listens; `None` for other kinds of address.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp { port, .. } => Some(*port),
            Self::Unix(_) | Self::Memory => None,
        }
    }

    /// The host of a TCP address.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Tcp { host, .. } => Some(host),
            Self::Unix(_) | Self::Memory => None,
        }
    }

    /// The path of a Unix socket.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Tcp { .. } | Self::Memory => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}
