//! Connections through whatever a simulation hands in, as if that was a TCP socket.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::BytesMut;

/// One end of a connection. It is closed when all who have it have dropped it.
pub trait Wire: fmt::Debug + Send + Sync {
    /// Takes as many bytes as it has room for.
    ///
    /// # Errors
    ///
    /// `WouldBlock` without room, anything else when the connection is lost.
    fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Ready when there may be room.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Adds what has come, up to so many bytes; nothing at the end.
    fn poll_read(&self, cx: &mut Context<'_>, room: usize, buffer: &mut BytesMut) -> Poll<io::Result<usize>>;

    /// Ends one or both directions, as that of a socket does.
    fn shutdown(&self, how: Shutdown);
}

/// What one of both directions has of it.
#[derive(Debug)]
pub(super) struct WireHalf(pub(super) Arc<dyn Wire>);

impl WireHalf {
    pub(super) async fn read(&self, buffer: &mut BytesMut) -> io::Result<usize> {
        let room = buffer.capacity() - buffer.len();
        poll_fn(|cx| self.0.poll_read(cx, room, buffer)).await
    }

    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write(slices)
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| self.0.poll_writable(cx)).await
    }

    pub(super) fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
}
