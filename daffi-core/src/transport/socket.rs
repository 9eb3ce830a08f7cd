//! A connected socket of either kind.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::path::PathBuf;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream, tcp, unix};

/// What is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A TCP peer.
    Tcp(std::net::SocketAddr),
    /// Somebody on this machine, through the socket at the path.
    Unix(PathBuf),
    /// This process.
    Memory,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// The reading half.
#[derive(Debug)]
pub(super) enum ReadHalf {
    Tcp(tcp::OwnedReadHalf),
    Unix(unix::OwnedReadHalf),
}

impl ReadHalf {
    /// Reads what is there, or waits for it; 0 at the end. Cancel safe.
    pub(super) async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.read_buf(buffer).await,
            Self::Unix(half) => half.read_buf(buffer).await,
        }
    }
}

/// The writing half.
#[derive(Debug)]
pub(super) enum WriteHalf {
    Tcp(tcp::OwnedWriteHalf),
    Unix(unix::OwnedWriteHalf),
}

impl WriteHalf {
    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.try_write_vectored(slices),
            Self::Unix(half) => half.try_write_vectored(slices),
        }
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.writable().await,
            Self::Unix(half) => half.writable().await,
        }
    }

    /// Ends one or both directions; a reader of this side then sees the end too, if both.
    pub(super) fn shutdown(&self, how: Shutdown) {
        // A peer that is already gone is what we wanted.
        let _ = match self {
            Self::Tcp(half) => socket2::SockRef::from(AsRef::<TcpStream>::as_ref(half)).shutdown(how),
            Self::Unix(half) => socket2::SockRef::from(AsRef::<UnixStream>::as_ref(half)).shutdown(how),
        };
    }
}
