//! A connected socket of either kind, and how one is made.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::path::PathBuf;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream, tcp, unix};

use super::{Address, Connection, Inlet, Outbox};
use crate::proto::Limits;

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

impl Connection {
    /// A connection over a TCP socket, without Nagle's delay.
    ///
    /// # Errors
    ///
    /// When the socket is already gone.
    pub fn tcp(stream: TcpStream, limits: Limits) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let peer = Peer::Tcp(stream.peer_addr()?);
        let (read, write) = stream.into_split();
        Ok(Self::over(
            ReadHalf::Tcp(read),
            WriteHalf::Tcp(write),
            peer,
            limits,
        ))
    }

    /// A connection over a Unix socket, known to people by `path`.
    #[must_use]
    pub fn unix(stream: UnixStream, path: PathBuf, limits: Limits) -> Self {
        let (read, write) = stream.into_split();
        Self::over(
            ReadHalf::Unix(read),
            WriteHalf::Unix(write),
            Peer::Unix(path),
            limits,
        )
    }

    fn over(read: ReadHalf, write: WriteHalf, peer: Peer, limits: Limits) -> Self {
        Self {
            outbox: Outbox::socket(write, limits),
            inlet: Inlet::socket(read, limits),
            peer,
        }
    }
}

/// Connects to a controller's socket.
///
/// # Errors
///
/// Whatever the operating system says.
pub async fn connect(address: &Address, limits: Limits) -> io::Result<Connection> {
    match address {
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            Connection::tcp(stream, limits)
        }
        Address::Unix(path) => {
            let stream = UnixStream::connect(path).await?;
            Ok(Connection::unix(stream, path.clone(), limits))
        }
        Address::Memory => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "a controller in memory is joined, not dialled",
        )),
    }
}
