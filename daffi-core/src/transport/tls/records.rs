//! The state of TLS on a connection whose handshake is over: bytes to records, records to bytes. Knows no socket.
//!
//! Reader and writer share it, behind a lock that each holds for no more than some records. All records leave by one queue, that of
//! rustls, and under the lock; so whoever has something writes it, and they stay in order.

use std::io::{self, BufRead as _, IoSlice, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use rustls::Connection;

use super::super::fault::{TlsFault, TlsSide};
use super::judge::Judge;
use crate::proto::Limits;

/// How much may wait to be written as records: what was taken from the queue and the socket did not take yet.
/// Where it is little, a receiver is woken for each part of what it could have had at once.
pub(super) const UNSENT_BYTES: usize = 256 * 1024;

/// How many received bytes are opened under one lock, so that a writer has its turn.
const OPENED_BYTES: usize = 32 * 1024;

/// How much may come one after the other that is nothing but TLS's own messages.
const CONTROL_BYTES: usize = 32 * 1024;

/// TLS on one connection.
#[derive(Debug)]
pub(in crate::transport) struct Records {
    state: Mutex<State>,
    judge: Judge,
    /// This side has ended the connection.
    is_over: AtomicBool,
}

#[derive(Debug)]
struct State {
    connection: Connection,
    /// How many bytes have come since the last that were of use.
    controls: usize,
    /// How many bytes may still come until the peer is let in, if it has to be.
    unproven: Option<usize>,
}

/// What came of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Opened {
    /// So many bytes were in them.
    Bytes(usize),
    /// The peer has said that nothing more comes; so many bytes were before that.
    Closed(usize),
}

impl Records {
    /// The handshake is over, in which so many bytes were `received`.
    pub(super) fn new(mut connection: Connection, judge: Judge, received: usize) -> Self {
        connection.set_buffer_limit(Some(UNSENT_BYTES));
        let state = State {
            connection,
            controls: 0,
            unproven: match judge.peer {
                TlsSide::Node => Some(Limits::UNPROVEN_BYTES.saturating_sub(received)),
                TlsSide::Controller => None,
            },
        };
        Self {
            state: Mutex::new(state),
            judge,
            is_over: AtomicBool::new(false),
        }
    }

    /// The peer is let in: it may send as much as it likes.
    pub(in crate::transport) fn let_in(&self) {
        self.state().unproven = None;
    }

    /// This side ends the connection, and expects nothing more.
    pub(in crate::transport) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(in crate::transport) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::transport) const fn peer(&self) -> TlsSide {
        self.judge.peer
    }

    /// Adds to `plain` what `sealed` has, the next bytes that were received. With none, what came with the handshake.
    pub(in crate::transport) fn open(&self, sealed: &[u8], plain: &mut BytesMut) -> Result<Opened, TlsFault> {
        let before = plain.len();
        if sealed.is_empty() {
            let connection = &mut self.state().connection;
            let io = connection
                .process_new_packets()
                .map_err(|error| self.judge.fault(&error))?;
            let opened = take(connection, plain);
            return Ok(if io.peer_has_closed() {
                Opened::Closed(opened)
            } else {
                Opened::Bytes(opened)
            });
        }
        for mut some in sealed.chunks(OPENED_BYTES) {
            let mut state = self.state();
            let State {
                connection,
                controls,
                unproven,
            } = &mut *state;
            if let Some(unproven) = unproven {
                // Counted as they come over the wire: records with next to nothing in them cost as much as full ones.
                *unproven = unproven.checked_sub(some.len()).ok_or(TlsFault::TooMuch {
                    by: self.judge.peer,
                    limit: Limits::UNPROVEN_BYTES,
                })?;
            }
            while !some.is_empty() {
                let left = some.len();
                let read = connection
                    .read_tls(&mut some)
                    .map_err(|error| self.broken(&error))?;
                let io = connection
                    .process_new_packets()
                    .map_err(|error| self.judge.fault(&error))?;
                let opened = take(connection, plain);
                *controls = if opened > 0 {
                    0
                } else {
                    *controls + left - some.len()
                };
                if *controls > CONTROL_BYTES {
                    return Err(TlsFault::Protocol {
                        with: self.peer(),
                        reason: "it sends nothing but messages of TLS's own".to_owned(),
                    });
                }
                if io.peer_has_closed() || read == 0 {
                    return Ok(Opened::Closed(plain.len() - before));
                }
            }
        }
        Ok(Opened::Bytes(plain.len() - before))
    }

    /// Has the keys changed, as happens by itself after many records.
    #[cfg(test)]
    pub(super) fn refresh(&self) {
        self.state()
            .connection
            .refresh_traffic_keys()
            .expect("it is TLS 1.3");
    }

    fn broken(&self, error: &io::Error) -> TlsFault {
        TlsFault::Protocol {
            with: self.peer(),
            reason: error.to_string(),
        }
    }

    /// Takes as much of `plain` as may wait, and writes it with `write` as far as that takes it; answers how many bytes it has taken.
    /// [`io::ErrorKind::WouldBlock`] if none, as what it took before is not written yet.
    pub(in crate::transport) fn seal(
        &self,
        plain: &[IoSlice<'_>],
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let connection = &mut self.state().connection;
        if !send(connection, &mut write)? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let taken = connection.writer().write_vectored(plain)?;
        send(connection, &mut write)?;
        Ok(taken)
    }

    /// Writes with `write` what was taken and is not written yet; answers whether that is all.
    pub(in crate::transport) fn flush(
        &self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        send(&mut self.state().connection, &mut write)
    }

    /// Says that nothing more comes, as far as `write` takes it.
    pub(in crate::transport) fn close(
        &self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        let connection = &mut self.state().connection;
        connection.send_close_notify();
        send(connection, &mut write)
    }
}

/// Moves what was opened.
fn take(connection: &mut Connection, plain: &mut BytesMut) -> usize {
    let before = plain.len();
    let mut reader = connection.reader();
    // It says in several ways that there is nothing more for now, or ever; which of them, the records tell.
    while let Ok(chunk) = reader.fill_buf()
        && !chunk.is_empty()
    {
        let length = chunk.len();
        plain.extend_from_slice(chunk);
        reader.consume(length);
    }
    plain.len() - before
}

/// Writes records until none are left (`true`) or it would block (`false`).
pub(super) fn send(
    connection: &mut Connection,
    write: &mut dyn FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<bool> {
    while connection.wants_write() {
        match connection.write_tls(&mut Sink(write)) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// What rustls writes to.
struct Sink<'a>(&'a mut dyn FnMut(&[IoSlice<'_>]) -> io::Result<usize>);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (self.0)(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
