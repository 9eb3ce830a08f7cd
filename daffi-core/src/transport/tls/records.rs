//! The state of TLS on a connection whose handshake is over: bytes to records, records to bytes. Knows no socket.
//!
//! Reader and writer share it, behind a lock that each holds for no more than some records, and never while a socket is asked. All
//! records leave by one buffer, and whoever writes has that from the first record until the socket was asked; so anybody may
//! write, and they stay in order.

use std::io::{self, BufRead as _, IoSlice};
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use rustls::{Connection, ProtocolVersion};

use super::super::fault::{TlsFault, TlsSide};
use super::ciphers::{HEADER_BYTES, RECORD_BYTES, opening};
use super::handshake::Heard;
use super::judge::Judge;
use super::outgoing::Outgoing;
use super::outline::{Outline, length_of};
use crate::proto::Limits;

/// How much may wait to be written as records: what was taken from the queue and the socket did not take yet.
/// Where it is little, a receiver is woken for each part of what it could have had at once.
const UNSENT_BYTES: usize = 256 * 1024;

/// So many pieces are sealed for one write.
const PIECES: usize = 64;

/// How many received bytes are opened under one lock, so that a writer has its turn.
const OPENED_BYTES: usize = 32 * 1024;

/// So much room there is for what is received, at least: in less, it would come in very many pieces.
const LEAST_ROOM: usize = 64;

/// The outline of a record: its header, and one byte.
const OUTLINE: [u8; HEADER_BYTES + 1] = [0x17, 3, 3, 0, 1, 0];

/// How much may come one after the other that is nothing but TLS's own messages.
const CONTROL_BYTES: usize = 32 * 1024;

/// TLS on one connection.
#[derive(Debug)]
pub(in crate::transport) struct Records {
    /// Taken for some records at a time. Where a writer has it while it asks the socket, a reader sleeps for as long.
    state: Mutex<State>,
    /// What is on its way out. Whoever writes takes this first, and has it until the socket was asked.
    outgoing: Mutex<Outgoing>,
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
    /// How far what rustls was given is in a record.
    outline: Outline,
    /// The beginning of a long record, with its header. The next bytes are received behind it.
    begun: Vec<u8>,
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
    /// The handshake is over, in which this was heard.
    pub(super) fn new(mut connection: Connection, judge: Judge, heard: Heard) -> Self {
        let outgoing = Outgoing::new(&mut connection);
        let state = State {
            connection,
            controls: 0,
            unproven: match judge.peer {
                TlsSide::Node => Some(Limits::UNPROVEN_BYTES.saturating_sub(heard.bytes)),
                TlsSide::Controller => None,
            },
            outline: heard.outline,
            begun: Vec::new(),
        };
        Self {
            state: Mutex::new(state),
            outgoing: Mutex::new(outgoing),
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

    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        self.outgoing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::transport) const fn peer(&self) -> TlsSide {
        self.judge.peer
    }

    /// Adds to `plain` what came with the handshake.
    pub(in crate::transport) fn begin(&self, plain: &mut BytesMut) -> Result<Opened, TlsFault> {
        let connection = &mut self.state().connection;
        let io = connection
            .process_new_packets()
            .map_err(|error| self.judge.fault(&error))?;
        let before = plain.len();
        take(connection, |some| plain.extend_from_slice(some));
        let opened = plain.len() - before;
        Ok(if io.peer_has_closed() {
            Opened::Closed(opened)
        } else {
            Opened::Bytes(opened)
        })
    }

    /// Where the next bytes are received: behind what `plain` has, and behind the beginning of a record if that has come.
    pub(in crate::transport) fn room(&self, plain: &mut BytesMut) -> BytesMut {
        let mut room = plain.split_off(plain.len());
        let begun = &self.state().begun;
        // Of a record that has begun all is received at once, however little of it is wanted now.
        room.reserve(length_of(begun).max(LEAST_ROOM));
        room.extend_from_slice(begun);
        room
    }

    /// Opens what was received in the [room](Self::room) behind `plain`, where it lies, and adds to that what was in it.
    pub(in crate::transport) fn open(
        &self,
        bytes: BytesMut,
        plain: &mut BytesMut,
    ) -> Result<Opened, TlsFault> {
        let mut received = Received {
            bytes,
            opened: 0,
            at: 0,
        };
        let is_closed = self.open_all(&mut received);
        let Received {
            mut bytes, opened, ..
        } = received;
        bytes.truncate(opened);
        plain.unsplit(bytes);
        Ok(match is_closed? {
            true => Opened::Closed(opened),
            false => Opened::Bytes(opened),
        })
    }

    /// Answers whether the peer has said that nothing more comes.
    fn open_all(&self, received: &mut Received) -> Result<bool, TlsFault> {
        let mut state = self.state();
        let begun = mem::take(&mut state.begun).len();
        state.count_unproven(received.bytes.len() - begun, self.peer())?;
        drop(state);
        while !received.rest().is_empty() {
            // A writer has its turn between two records.
            let mut state = self.state();
            let later = received.rest().len().saturating_sub(OPENED_BYTES);
            while received.rest().len() > later {
                let opened = received.opened;
                let (length, is_closed) = self.open_next(&mut state, received)?;
                state.controls = if received.opened > opened {
                    0
                } else {
                    state.controls + length
                };
                if state.controls > CONTROL_BYTES {
                    return Err(TlsFault::Protocol {
                        with: self.peer(),
                        reason: "it sends nothing but messages of TLS's own".to_owned(),
                    });
                }
                if is_closed {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Opens what comes next, up to the end of a record. Answers how many bytes that were, and whether the peer has said that nothing more
    /// comes. The beginning of a record is kept.
    fn open_next(&self, state: &mut State, received: &mut Received) -> Result<(usize, bool), TlsFault> {
        let Some(length) = state.long(received.rest()) else {
            let length = state.outline.pass(received.rest());
            let is_closed = self.give(state, &received.rest()[..length])?;
            received.at += length;
            take(&mut state.connection, |some| received.add(some));
            return Ok((length, is_closed));
        };
        if received.rest().len() < length {
            state.begun = received.rest().to_vec();
            received.at = received.bytes.len();
            return Ok((0, false));
        }
        let record = received.at + HEADER_BYTES..received.at + length;
        received.at += length;
        let (bytes, opened) = (&mut received.bytes, received.opened);
        let (given, content) = opening(bytes, record, opened, || self.give(state, &OUTLINE));
        // Its content is in its place; rustls has that of the outline.
        take(&mut state.connection, |_| {});
        received.opened += content;
        Ok((length, given?))
    }

    /// Gives rustls some bytes; answers whether the peer has said that nothing more comes.
    fn give(&self, state: &mut State, mut some: &[u8]) -> Result<bool, TlsFault> {
        while !some.is_empty() {
            let read = state
                .connection
                .read_tls(&mut some)
                .map_err(|error| self.broken(&error))?;
            let io = state
                .connection
                .process_new_packets()
                .map_err(|error| self.judge.fault(&error))?;
            if io.peer_has_closed() || read == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Has the keys changed, as happens by itself after many records.
    #[cfg(test)]
    pub(in crate::transport) fn refresh(&self) {
        self.state()
            .connection
            .refresh_traffic_keys()
            .expect("it is TLS 1.3");
    }

    /// How much memory is held for what is to be written.
    #[cfg(test)]
    pub(in crate::transport) fn held_bytes(&self) -> usize {
        self.outgoing().held_bytes()
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
        let mut outgoing = self.outgoing();
        if !self.send(&mut outgoing, &mut write)? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = plain.len().min(PIECES);
        pieces[..count].copy_from_slice(&plain[..count]);
        let mut rest = &mut pieces[..count];
        let mut left: usize = rest.iter().map(|piece| piece.len()).sum();
        let mut taken = 0;
        // What is less than a record is no write of its own.
        while left > 0 && (taken < UNSENT_BYTES || left < RECORD_BYTES) {
            let sealed = outgoing.seal(&mut self.state().connection, rest)?;
            if sealed == 0 {
                break;
            }
            IoSlice::advance_slices(&mut rest, sealed);
            taken += sealed;
            left -= sealed;
        }
        outgoing.write(write)?;
        Ok(taken)
    }

    /// Writes with `write` what was taken and is not written yet; answers whether that is all.
    pub(in crate::transport) fn flush(
        &self,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        self.send(&mut self.outgoing(), write)
    }

    /// Says that nothing more comes, as far as `write` takes it.
    pub(in crate::transport) fn close(
        &self,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        let mut outgoing = self.outgoing();
        self.state().connection.send_close_notify();
        self.send(&mut outgoing, write)
    }

    fn send(
        &self,
        outgoing: &mut Outgoing,
        write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        outgoing.collect(&mut self.state().connection)?;
        outgoing.write(write)
    }
}

impl State {
    /// How long the record is that these bytes begin with, if it is opened where it lies.
    fn long(&self, bytes: &[u8]) -> Option<usize> {
        // Where the ciphers are our own.
        let is_newest = self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        is_newest.then(|| self.outline.long(bytes))?
    }

    /// Counted as they come over the wire: records with next to nothing in them cost as much as full ones.
    fn count_unproven(&mut self, bytes: usize, by: TlsSide) -> Result<(), TlsFault> {
        if let Some(unproven) = &mut self.unproven {
            *unproven = unproven.checked_sub(bytes).ok_or(TlsFault::TooMuch {
                by,
                limit: Limits::UNPROVEN_BYTES,
            })?;
        }
        Ok(())
    }
}

/// Records one after the other as they were received, and in front of them what was in those that are opened.
#[derive(Debug)]
struct Received {
    bytes: BytesMut,
    /// So much of it was opened.
    opened: usize,
    /// Where the next record is.
    at: usize,
}

impl Received {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Adds something that was opened elsewhere. It may be longer than what has come of it last.
    fn add(&mut self, some: &[u8]) {
        let end = self.opened + some.len();
        if end > self.at {
            let rest = self.rest().to_vec();
            self.bytes.resize(end, 0);
            self.bytes.extend_from_slice(&rest);
            self.at = end;
        }
        self.bytes[self.opened..end].copy_from_slice(some);
        self.opened = end;
    }
}

/// Takes what rustls has opened.
fn take(connection: &mut Connection, mut each: impl FnMut(&[u8])) {
    let mut reader = connection.reader();
    // It says in several ways that there is nothing more for now, or ever; which of them, the records tell.
    while let Ok(chunk) = reader.fill_buf()
        && !chunk.is_empty()
    {
        let length = chunk.len();
        each(chunk);
        reader.consume(length);
    }
}
