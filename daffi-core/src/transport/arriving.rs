//! A connection that was accepted and is not secured yet.

use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::path::PathBuf;

use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use super::connection::{Connection, End};
use super::fault::ConnectError;
use super::first::refusal;
use super::security::{Kind, Security};
use super::socket::Peer;
use crate::proto::{Limits, Refusal};

/// A connection that was accepted and is not secured yet.
#[derive(Debug)]
pub struct Arriving {
    socket: Socket,
    peer: Peer,
    limits: Limits,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream, Security),
    Unix(UnixStream, PathBuf),
}

impl Arriving {
    pub(super) fn tcp(stream: TcpStream, from: SocketAddr, limits: Limits, security: &Security) -> Self {
        Self {
            socket: Socket::Tcp(stream, security.clone()),
            peer: Peer::Tcp(from),
            limits,
        }
    }

    pub(super) fn unix(stream: UnixStream, path: PathBuf, limits: Limits) -> Self {
        Self {
            peer: Peer::Unix(path.clone()),
            socket: Socket::Unix(stream, path),
            limits,
        }
    }

    /// Who it is, as far as that is known.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Does not let it in, and says why as far as the socket takes that at once, without TLS.
    pub fn refuse(self, why: &Refusal) {
        let words = refusal(why);
        let _ = match &self.socket {
            Socket::Tcp(stream, _) => stream.try_write(&words),
            Socket::Unix(stream, _) => stream.try_write(&words),
        };
    }

    /// Waits for its first byte, or its end.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is read.
    pub async fn speaks(&self) {
        let mut byte = [MaybeUninit::uninit()];
        // A socket that was just accepted may count as readable before it is. What is wrong with it, whoever reads is told.
        let _ = match &self.socket {
            Socket::Tcp(stream, _) => {
                let look = || SockRef::from(stream).peek(&mut byte);
                stream.async_io(Interest::READABLE, look).await
            }
            Socket::Unix(stream, _) => {
                let look = || SockRef::from(stream).peek(&mut byte);
                stream.async_io(Interest::READABLE, look).await
            }
        };
    }

    /// Secures it. That takes as long as the peer likes, so whoever calls this gives it an end; it takes 16 KiB of what the peer sends,
    /// at most, and what is left of them is for its greeting.
    ///
    /// # Errors
    ///
    /// Why there is no TLS with the peer, which was told then.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the connection.
    pub async fn secure(self) -> Result<Connection, ConnectError> {
        match self.socket {
            Socket::Unix(stream, path) => Ok(Connection::unix(stream, path, self.limits, End::Controller)),
            Socket::Tcp(stream, security) => match &security.0 {
                Kind::None => Ok(Connection::tcp(stream, self.limits)?),
                #[cfg(feature = "tls")]
                Kind::Serving(serving) => {
                    stream.set_nodelay(true)?;
                    let secured = serving.accept(&stream).await?;
                    Ok(Connection::tls(stream, secured, self.limits)?)
                }
                #[cfg(feature = "tls")]
                Kind::Joining(_) => Err(std::io::Error::new(
                    std::io::ErrorKind::Unsupported,
                    "what a process that joins has of TLS is not for a controller",
                )
                .into()),
            },
        }
    }
}
