//! Both directions of a connection, and how one is made.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{TcpStream, UnixStream};

use super::address::Address;
use super::fault::ConnectError;
use super::folder::{check_private, explained, own_uid};
use super::inlet::Inlet;
use super::memory::Pipe;
use super::outbox::Outbox;
#[cfg(feature = "tls")]
use super::secured;
use super::security::{Kind, Security};
use super::socket::{Peer, ReadHalf, WriteHalf};
#[cfg(feature = "tls")]
use super::tls::Secured;
#[cfg(feature = "simulation")]
use super::wire::{Wire, WireHalf};
use crate::link::{Channel, Reach, User};
use crate::proto::Limits;

/// Both directions of a connection.
#[derive(Debug)]
pub struct Connection {
    /// The way out.
    pub outbox: Arc<Outbox>,
    /// The way in.
    pub inlet: Inlet,
    /// What is at the other end.
    pub peer: Peer,
    /// What is known of the other end, for those who decide.
    pub channel: Channel,
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
            channel: Channel::new(Reach::Process),
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
        let (reach, far) = reach(&stream)?;
        let peer = Peer::Tcp(far);
        let mut channel = Channel::new(reach);
        if reach == Reach::Loopback {
            channel.binding = both_ports(stream.local_addr()?, far);
        }
        let (read, write) = stream.into_split();
        Ok(Self::over(
            ReadHalf::Tcp(read),
            WriteHalf::Tcp(write),
            peer,
            channel,
            limits,
        ))
    }

    /// A connection over a TCP socket with TLS, without Nagle's delay.
    #[cfg(feature = "tls")]
    pub(super) fn tls(stream: TcpStream, secured: Secured, limits: Limits) -> io::Result<Self> {
        let Secured {
            records,
            name,
            binding,
        } = secured;
        let (reach, far) = reach(&stream)?;
        let channel = Channel {
            encrypted: true,
            certificate: name,
            binding,
            ..Channel::new(reach)
        };
        let (read, write) = secured::split(stream, records);
        Ok(Self::over(
            ReadHalf::Tls(read),
            WriteHalf::Tls(write),
            Peer::Tls(far),
            channel,
            limits,
        ))
    }

    /// A connection over a Unix socket, known to people by `path`. `end` says which of them this is.
    #[must_use]
    pub fn unix(stream: UnixStream, path: PathBuf, limits: Limits, end: End) -> Self {
        let mut channel = Channel::new(Reach::Machine);
        // Without it, nobody is trusted.
        channel.user = stream.peer_cred().ok().map(|user| User {
            uid: user.uid(),
            pid: user.pid(),
        });
        if let Some(user) = channel.user {
            channel.binding = both_users(own_uid(), user.uid, end);
        }
        let (read, write) = stream.into_split();
        Self::over(
            ReadHalf::Unix(read),
            WriteHalf::Unix(write),
            Peer::Unix(path),
            channel,
            limits,
        )
    }

    /// A connection that reaches so far, as far as anybody knows.
    #[cfg(feature = "simulation")]
    #[must_use]
    pub fn wire(wire: Arc<dyn Wire>, reach: Reach, limits: Limits) -> Self {
        let (read, write) = (WireHalf(Arc::clone(&wire)), WireHalf(wire));
        let peer = Peer::Tcp(SocketAddr::from(([0; 4], 1)));
        let mut channel = Channel::new(reach);
        if reach == Reach::Machine {
            let uid = own_uid();
            channel.user = Some(User { uid, pid: None });
            channel.binding = both_users(uid, uid, End::Node);
        }
        Self::over(
            ReadHalf::Wire(read),
            WriteHalf::Wire(write),
            peer,
            channel,
            limits,
        )
    }

    fn over(read: ReadHalf, write: WriteHalf, peer: Peer, channel: Channel, limits: Limits) -> Self {
        Self {
            outbox: Outbox::socket(write, limits),
            inlet: Inlet::socket(read, limits),
            peer,
            channel,
        }
    }
}

/// How far the other end of a socket may be, and where it is.
fn reach(stream: &TcpStream) -> io::Result<(Reach, SocketAddr)> {
    let (near, far) = (stream.local_addr()?, stream.peer_addr()?);
    let is_loopback = is_loopback(near) && is_loopback(far);
    Ok((
        if is_loopback {
            Reach::Loopback
        } else {
            Reach::Network
        },
        far,
    ))
}

/// What both ends of a connection within this machine have, and no other connection at the same time: there, nothing on the way
/// changes an address, unless it ends one connection and begins another.
fn both_ports(near: SocketAddr, far: SocketAddr) -> Arc<[u8]> {
    let written = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (near, far) = (written(near), written(far));
    format!("{} {}", near.min(far), near.max(far)).into_bytes().into()
}

/// Which end of a connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was connected to.
    Controller,
    /// It has connected.
    Node,
}

/// What both ends of a Unix socket have, and no connection that a process of a third user has made to each of them: as whom each runs. Who is
/// of either user needs not pass on anything.
fn both_users(own: u32, other: u32, end: End) -> Arc<[u8]> {
    let (controller, node) = match end {
        End::Controller => (own, other),
        End::Node => (other, own),
    };
    format!("{controller} {node}").into_bytes().into()
}

/// Whether an address is one of this machine that no other can reach.
pub(super) fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Connects to a controller's socket, and secures it.
///
/// # Errors
///
/// Whatever the operating system says; or why there is no TLS with the controller, or why it refuses before that. A
/// [`NotPrivate`](super::NotPrivate) is inside of the error if the folder of the default socket is not the user's own.
pub async fn connect(
    address: &Address,
    limits: Limits,
    security: &Security,
) -> Result<Connection, ConnectError> {
    match address {
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            match &security.0 {
                Kind::None => Ok(Connection::tcp(stream, limits)?),
                #[cfg(feature = "tls")]
                Kind::Joining(joining) => {
                    stream.set_nodelay(true)?;
                    let secured = joining.connect(&stream, host).await?;
                    Ok(Connection::tls(stream, secured, limits)?)
                }
                #[cfg(feature = "tls")]
                Kind::Serving(_) => Err(unsupported("what a controller has of TLS is not for joining one")),
            }
        }
        Address::Unix(path) => {
            if let Some(folder) = address.default_folder() {
                check_private(folder, own_uid())?;
            }
            let connected = UnixStream::connect(path).await;
            let stream = connected.map_err(|error| explained(error, path))?;
            Ok(Connection::unix(stream, path.clone(), limits, End::Node))
        }
        Address::Memory => Err(unsupported("a controller in memory is joined, not dialled")),
    }
}

fn unsupported(why: &'static str) -> ConnectError {
    io::Error::new(io::ErrorKind::Unsupported, why).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_unix_socket_name_the_same_users_and_those_of_another_one_do_not() {
        let (controller, node, between) = (1, 2, 3);
        for (controller, node) in [(controller, node), (node, controller), (node, node)] {
            let said = both_users(controller, node, End::Controller);
            assert_eq!(said, both_users(node, controller, End::Node));
            // Neither what the node says to whoever is in between, nor what that says to the controller.
            let to_between = both_users(node, between, End::Node);
            assert_ne!(to_between, both_users(controller, between, End::Controller));
        }
    }
}
