//! Both directions of a connection, and how one is made.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{TcpStream, UnixStream};

use super::address::Address;
use super::inlet::Inlet;
use super::memory::Pipe;
use super::outbox::Outbox;
use super::socket::{Peer, ReadHalf, WriteHalf};
use crate::proto::Limits;

/// Both directions of a connection.
#[derive(Debug)]
pub struct Connection {
    /// The way out.
    pub outbox: Arc<Outbox>,
    /// The way in.
    pub inlet: Inlet,
    /// What is at the other end, for people.
    pub peer: Peer,
}

impl Connection {
    /// Two ends in one process. Frames pass as they are: no socket, no copy of the payload.
    #[must_use]
    pub fn memory(limits: Limits) -> (Self, Self) {
        let (here, there) = (
            Arc::new(Pipe::new(limits.queue_bytes)),
            Arc::new(Pipe::new(limits.queue_bytes)),
        );
        let end = |out: &Arc<Pipe>, from: &Arc<Pipe>| Self {
            outbox: Outbox::memory(Arc::clone(out), Arc::clone(from), limits),
            inlet: Inlet::memory(Arc::clone(from)),
            peer: Peer::Memory,
        };
        (end(&there, &here), end(&here, &there))
    }

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
