//! Both halves of a TCP socket with TLS: bytes are sealed where they are written and opened where they are read.

use std::future::{Future as _, poll_fn};
use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::BytesMut;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpStream, tcp};

use super::fault::TlsFault;
use super::tls::{HEADER_BYTES, Opened, RECORD_BYTES, Records};

/// What is around the content of a record: its header, what it is, and its tag.
const AROUND_BYTES: usize = HEADER_BYTES + 1 + 16;

/// What so many bytes take more when they are received than when they are read, about.
pub(super) const fn around(bytes: usize) -> usize {
    (bytes / RECORD_BYTES + 2) * AROUND_BYTES
}

/// The reading half.
#[derive(Debug)]
pub(super) struct ReadHalf {
    socket: tcp::OwnedReadHalf,
    records: Arc<Records>,
    /// What came with the handshake was looked for.
    is_begun: bool,
    /// The peer has said that nothing more comes.
    is_closed: bool,
}

/// The writing half.
#[derive(Debug)]
pub(super) struct WriteHalf {
    socket: tcp::OwnedWriteHalf,
    records: Arc<Records>,
}

/// A socket in its two halves.
pub(super) fn split(stream: TcpStream, records: Records) -> (ReadHalf, WriteHalf) {
    let (read, write) = stream.into_split();
    let records = Arc::new(records);
    let read = ReadHalf {
        socket: read,
        records: Arc::clone(&records),
        is_begun: false,
        is_closed: false,
    };
    let write = WriteHalf {
        socket: write,
        records,
    };
    (read, write)
}

impl ReadHalf {
    /// Adds to `buffer` what is there, as far as it has room, or waits for it. Answers how many bytes, none at the end; and whether there
    /// may be more. Tells `arrived` how many bytes have come, also of what cannot be read yet. Cancel safe.
    pub(super) async fn read(
        &mut self,
        buffer: &mut BytesMut,
        arrived: impl Fn(usize),
    ) -> io::Result<(usize, bool)> {
        if !self.is_begun {
            self.is_begun = true;
            let opened = self.records.begin(buffer);
            let bytes = self.settle(opened)?;
            // The peer has said something, though it came earlier than asked for.
            arrived(bytes);
            if bytes > 0 {
                return Ok((bytes, false));
            }
        }
        loop {
            if self.is_closed {
                return Ok((0, false));
            }
            let Self { socket, records, .. } = self;
            let read = poll_fn(|cx| {
                let mut received = records.room(buffer);
                let room = received.capacity() - received.len();
                let read = pin!(socket.read_buf(&mut received)).poll(cx);
                if let Poll::Ready(Ok(1..)) = read {
                    let opened = records.open(received, buffer);
                    return read.map_ok(|read| (read, read == room, opened));
                }
                received.clear();
                buffer.unsplit(received);
                let nothing = match records.is_over() {
                    true => Ok(Opened::Closed(0)),
                    false => Err(TlsFault::CutOff { by: records.peer() }),
                };
                read.map_ok(|_| (0, false, nothing))
            });
            let (read, is_full, opened) = read.await?;
            arrived(read);
            let bytes = self.settle(opened)?;
            if bytes > 0 {
                return Ok((bytes, is_full));
            }
        }
    }

    /// The peer is let in.
    pub(super) fn let_in(&self) {
        self.records.let_in();
    }

    fn settle(&mut self, opened: Result<Opened, TlsFault>) -> io::Result<usize> {
        match opened {
            Ok(Opened::Bytes(bytes)) => Ok(bytes),
            Ok(Opened::Closed(bytes)) => {
                self.is_closed = true;
                Ok(bytes)
            }
            Err(fault) => {
                // The peer is told, if it listens.
                let stream: &TcpStream = self.socket.as_ref();
                let _ = self.records.flush(|slices| stream.try_write_vectored(slices));
                Err(fault.into())
            }
        }
    }
}

impl WriteHalf {
    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.records.end();
        let stream: &TcpStream = self.socket.as_ref();
        socket2::SockRef::from(stream).shutdown(how)
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn set_patience(&self, patience: std::time::Duration) -> io::Result<()> {
        let stream: &TcpStream = self.socket.as_ref();
        socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience))
    }

    pub(super) fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.records
            .seal(slices, |records| self.socket.try_write_vectored(records))
    }

    pub(super) fn try_flush(&self) -> io::Result<bool> {
        self.records
            .flush(|records| self.socket.try_write_vectored(records))
    }

    pub(super) async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    pub(super) fn say_goodbye(&self) {
        // Whoever does not take it sees that the socket ends.
        let _ = self
            .records
            .close(|records| self.socket.try_write_vectored(records));
    }
}
