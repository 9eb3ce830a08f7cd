//! A connected socket of either kind.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpStream, UnixStream, tcp, unix};

#[cfg(feature = "tls")]
use super::secured;
#[cfg(feature = "simulation")]
use super::wire::WireHalf;

/// What is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A TCP peer.
    Tcp(std::net::SocketAddr),
    /// A TCP peer, with TLS.
    Tls(std::net::SocketAddr),
    /// Somebody on this machine, through the socket at the path.
    Unix(PathBuf),
    /// This process.
    Memory,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Tls(address) => write!(f, "tls://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// The reading half.
#[derive(Debug)]
pub(super) enum ReadHalf {
    Tcp(tcp::OwnedReadHalf),
    #[cfg(feature = "tls")]
    Tls(secured::ReadHalf),
    Unix(unix::OwnedReadHalf),
    #[cfg(feature = "simulation")]
    Wire(WireHalf),
}

/// What a read has brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Got {
    /// So many bytes were added; none at the end.
    pub(super) bytes: usize,
    /// There was no room for more, so there may be more.
    pub(super) is_full: bool,
}

impl ReadHalf {
    /// Adds to `buffer` what is there, as far as it has room, or waits for it. Tells `arrived` how many bytes have come, also of what
    /// cannot be read yet. Cancel safe.
    pub(super) async fn read(&mut self, buffer: &mut BytesMut, arrived: impl Fn(usize)) -> io::Result<Got> {
        let room = buffer.capacity() - buffer.len();
        let bytes = match self {
            Self::Tcp(half) => half.read_buf(buffer).await?,
            #[cfg(feature = "tls")]
            Self::Tls(half) => {
                let (bytes, is_full) = half.read(buffer, arrived).await?;
                return Ok(Got { bytes, is_full });
            }
            Self::Unix(half) => half.read_buf(buffer).await?,
            #[cfg(feature = "simulation")]
            Self::Wire(half) => half.read(buffer).await?,
        };
        arrived(bytes);
        Ok(Got {
            bytes,
            is_full: bytes == room,
        })
    }

    /// How much more room than for so many bytes there has to be where they are read.
    #[cfg_attr(
        not(feature = "tls"),
        expect(unused_variables, reason = "only records have more")
    )]
    pub(super) const fn around(&self, bytes: usize) -> usize {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(_) => secured::around(bytes),
            _ => 0,
        }
    }
}

/// The writing half.
#[derive(Debug)]
pub(super) enum WriteHalf {
    Tcp(tcp::OwnedWriteHalf),
    #[cfg(feature = "tls")]
    Tls(secured::WriteHalf),
    Unix(unix::OwnedWriteHalf),
    #[cfg(feature = "simulation")]
    Wire(WireHalf),
}

impl WriteHalf {
    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(half) => half.try_write_vectored(slices),
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.try_write(slices),
            Self::Unix(half) => half.try_write_vectored(slices),
            #[cfg(feature = "simulation")]
            Self::Wire(half) => half.try_write(slices),
        }
    }

    /// Writes what [`try_write`](Self::try_write) took and the socket did not take yet; `false` if that is not all.
    pub(super) fn try_flush(&self) -> io::Result<bool> {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.try_flush(),
            Self::Tcp(_) | Self::Unix(_) => Ok(true),
            #[cfg(feature = "simulation")]
            Self::Wire(_) => Ok(true),
        }
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        match self {
            Self::Tcp(half) => half.writable().await,
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.writable().await,
            Self::Unix(half) => half.writable().await,
            #[cfg(feature = "simulation")]
            Self::Wire(half) => half.writable().await,
        }
    }

    /// Says that nothing more is written, where there is a word for that.
    pub(super) fn say_goodbye(&self) {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.say_goodbye(),
            Self::Tcp(_) | Self::Unix(_) => {}
            #[cfg(feature = "simulation")]
            Self::Wire(_) => {}
        }
    }

    /// Bytes that nobody acknowledges for so long end the connection, where the system has that: as an error of it.
    pub(super) fn set_patience(&self, patience: Duration) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            // Without it, the heartbeat ends the connection by itself.
            let _ = match self {
                Self::Tcp(half) => socket2::SockRef::from(AsRef::<TcpStream>::as_ref(half))
                    .set_tcp_user_timeout(Some(patience)),
                #[cfg(feature = "tls")]
                Self::Tls(half) => half.set_patience(patience),
                Self::Unix(_) => Ok(()),
                #[cfg(feature = "simulation")]
                Self::Wire(_) => Ok(()),
            };
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let _ = patience;
    }

    /// Ends one or both directions; a reader of this side then sees the end too, if both.
    pub(super) fn shutdown(&self, how: Shutdown) {
        // A peer that is already gone is what we wanted.
        let _ = match self {
            Self::Tcp(half) => socket2::SockRef::from(AsRef::<TcpStream>::as_ref(half)).shutdown(how),
            #[cfg(feature = "tls")]
            Self::Tls(half) => half.shutdown(how),
            Self::Unix(half) => socket2::SockRef::from(AsRef::<UnixStream>::as_ref(half)).shutdown(how),
            #[cfg(feature = "simulation")]
            Self::Wire(half) => {
                half.shutdown(how);
                Ok(())
            }
        };
    }
}
