//! The way in: frames, as many as one read brings.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, Bytes, BytesMut};

use super::first::First;
use super::memory::Pipe;
use super::socket::ReadHalf;
use crate::proto::{Frame, LENGTH_BYTES, Limits};

/// The first read buffer of a connection, in bytes. It doubles while reads fill it.
const FIRST_BUFFER: usize = 8 * 1024;

/// The largest read buffer that is kept, in bytes.
pub(super) const LARGEST_BUFFER: usize = 256 * 1024;

/// A frame that is longer, as pieces of large payloads are, is read into a buffer of its own, and nothing behind it: so nothing of
/// a large payload is moved to another buffer.
const LONG_FRAME: usize = 128 * 1024;

/// What comes after one is read into so many bytes at first: it may be as long.
const BEGINNING: usize = 64;

/// So many frames are read at once, at most: however small they are, what is kept of them is.
pub(super) const FRAMES: usize = 4096;

/// Receiving failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The other side announced a frame over the limit, or sent something that is no frame.
    #[error("a frame over the limit of {limit} bytes was announced, or this is not a daffi process")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The other side speaks TLS, and this connection has none.
    #[error("the other side uses TLS, and this one does not")]
    Tls,
}

/// The receiving half of a connection.
#[derive(Debug)]
pub struct Inlet {
    reading: Reading,
    arrived: Arrived,
}

/// How many bytes have arrived on a connection, also of a frame that is not whole yet.
#[derive(Clone, Debug, Default)]
pub struct Arrived(Arc<AtomicU64>);

impl Arrived {
    /// So many so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[derive(Debug)]
enum Reading {
    Socket(Framed),
    Memory(Arc<Pipe>),
}

#[derive(Debug)]
struct Framed {
    socket: ReadHalf,
    frame_limit: usize,
    buffer: BytesMut,
    /// How much room a read gets.
    room: usize,
    /// How many bytes the next frame has, once that is known.
    length: Option<usize>,
    /// The frame that is read, if it is long.
    long: Option<BytesMut>,
    /// The last frame was long.
    was_long: bool,
    /// Its buffer, which is used again when nobody else does.
    spare: Bytes,
    beginning: BytesMut,
}

impl Inlet {
    pub(super) fn socket(socket: ReadHalf, limits: Limits) -> Self {
        Self::over(Reading::Socket(Framed {
            socket,
            frame_limit: limits.frame_bytes,
            buffer: BytesMut::new(),
            room: FIRST_BUFFER,
            length: None,
            long: None,
            was_long: false,
            spare: Bytes::new(),
            beginning: BytesMut::new(),
        }))
    }

    pub(super) fn memory(pipe: Arc<Pipe>) -> Self {
        Self::over(Reading::Memory(pipe))
    }

    fn over(reading: Reading) -> Self {
        Self {
            reading,
            arrived: Arrived::default(),
        }
    }

    /// What tells how much has arrived, whoever reads.
    #[must_use]
    pub fn arrived(&self) -> Arrived {
        self.arrived.clone()
    }

    /// From the next frame on, allows `limit` bytes.
    pub fn set_frame_limit(&mut self, limit: usize) {
        if let Reading::Socket(framed) = &mut self.reading {
            framed.frame_limit = limit;
        }
    }

    /// The peer is let in. Before, a node has [`Limits::UNPROVEN_BYTES`] for all that it sends through TLS, its handshake and what is
    /// around its frames included; more ends the connection.
    pub fn let_in(&mut self) {
        #[cfg(feature = "tls")]
        if let Reading::Socket(Framed {
            socket: ReadHalf::Tls(socket),
            ..
        }) = &self.reading
        {
            socket.let_in();
        }
    }

    /// How much memory is held for what is yet to come.
    #[cfg(test)]
    pub(super) fn reserved_bytes(&self) -> usize {
        match &self.reading {
            Reading::Socket(framed) => {
                framed.buffer.capacity() + framed.long.as_ref().map_or(0, BytesMut::capacity)
            }
            Reading::Memory(_) => 0,
        }
    }

    /// Waits for frames and adds those that are there to `frames`, up to some thousands; `false` at the end of the connection.
    ///
    /// # Errors
    ///
    /// When the connection broke or its bytes are no frames.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing that was received is lost.
    pub async fn read(&mut self, frames: &mut Vec<Frame>) -> Result<bool, ReadError> {
        match &mut self.reading {
            Reading::Socket(framed) => framed.read(frames, &self.arrived).await,
            Reading::Memory(pipe) => Ok(from_memory(pipe, frames, FRAMES, &self.arrived).await),
        }
    }

    /// Waits for one frame, leaving later ones for [`read`](Self::read); `None` at the end of the connection.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_one(&mut self) -> Result<Option<Frame>, ReadError> {
        match &mut self.reading {
            Reading::Socket(framed) => framed.read_one(&self.arrived).await,
            Reading::Memory(pipe) => {
                let mut frames = Vec::with_capacity(1);
                from_memory(pipe, &mut frames, 1, &self.arrived).await;
                Ok(frames.pop())
            }
        }
    }
}

async fn from_memory(pipe: &Pipe, frames: &mut Vec<Frame>, at_most: usize, arrived: &Arrived) -> bool {
    let read = pipe.read(frames, at_most).await;
    arrived.add(read.unwrap_or_default());
    read.is_some()
}

impl Framed {
    async fn read(&mut self, frames: &mut Vec<Frame>, arrived: &Arrived) -> Result<bool, ReadError> {
        let before = frames.len();
        loop {
            while frames.len() - before < FRAMES
                && let Some(frame) = self.next()?
            {
                frames.push(frame);
            }
            if frames.len() > before {
                return Ok(true);
            }
            if !self.fill(arrived).await? {
                return Ok(false);
            }
        }
    }

    async fn read_one(&mut self, arrived: &Arrived) -> Result<Option<Frame>, ReadError> {
        loop {
            if let Some(frame) = self.next()? {
                return Ok(Some(frame));
            }
            if !self.fill(arrived).await? {
                return Ok(None);
            }
        }
    }

    /// Takes a frame that is there.
    fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        let come = self.long.as_ref().unwrap_or(&self.buffer).len();
        if come < length {
            return Ok(None);
        }
        self.length = None;
        self.was_long = length > LONG_FRAME;
        let body = match self.long.take() {
            None => self.buffer.split_to(length).freeze(),
            Some(mut body) => {
                // Its buffer may be longer, and what follows be there, too.
                self.buffer.extend_from_slice(&body[length..]);
                body.truncate(length);
                let body = body.freeze();
                if length <= LARGEST_BUFFER {
                    self.spare = body.clone();
                }
                body
            }
        };
        Ok(Some(Frame::joined(body)))
    }

    /// The length of the next frame, which is then taken off, once it is there.
    fn length(&mut self) -> Result<Option<usize>, ReadError> {
        if self.length.is_none()
            && let Some(length) = self.buffer.first_chunk::<LENGTH_BYTES>()
        {
            let limit = self.frame_limit;
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
            if length > limit {
                return Err(match First::of(&self.buffer) {
                    First::Tls => ReadError::Tls,
                    _ => ReadError::TooLarge { limit },
                });
            }
            self.buffer.advance(LENGTH_BYTES);
            self.length = Some(length);
        }
        Ok(self.length)
    }

    async fn fill(&mut self, arrived: &Arrived) -> io::Result<bool> {
        let arrived = |bytes| arrived.add(bytes);
        let read = match self.length {
            Some(length) if length > LONG_FRAME => self.read_long(length, arrived).await?,
            None if self.was_long && self.buffer.is_empty() => self.read_beginning(arrived).await?,
            _ => self.read_more(arrived).await?,
        };
        Ok(read > 0)
    }

    /// Reads more of a frame that has a buffer of its own.
    async fn read_long(&mut self, length: usize, arrived: impl Fn(usize)) -> io::Result<usize> {
        let long = self.long.get_or_insert_with(|| {
            let spare = std::mem::take(&mut self.spare).try_into_mut().ok();
            let room = length + self.socket.around(length);
            let spare = spare.filter(|spare| spare.capacity() >= room);
            let mut long = spare.unwrap_or_else(|| BytesMut::with_capacity(room));
            long.clear();
            long.extend_from_slice(&self.buffer);
            self.buffer.clear();
            long
        });
        Ok(self.socket.read(long, arrived).await?.bytes)
    }

    /// Reads no more than what a frame begins with.
    async fn read_beginning(&mut self, arrived: impl Fn(usize)) -> io::Result<usize> {
        self.beginning.clear();
        self.beginning.reserve(BEGINNING + self.socket.around(BEGINNING));
        let read = self.socket.read(&mut self.beginning, arrived).await?;
        self.buffer.extend_from_slice(&self.beginning);
        Ok(read.bytes)
    }

    async fn read_more(&mut self, arrived: impl Fn(usize)) -> io::Result<usize> {
        let missing = self.length.unwrap_or(0).saturating_sub(self.buffer.len());
        let missing = missing + self.socket.around(missing);
        // A large frame gets what it still needs; a small one gets room for its successors, too.
        if self.buffer.capacity() - self.buffer.len() < missing.max(self.room / 2) {
            self.buffer.reserve(missing.max(self.room));
        }
        let read = self.socket.read(&mut self.buffer, arrived).await?;
        if read.is_full && self.room < LARGEST_BUFFER {
            self.room *= 2;
        }
        Ok(read.bytes)
    }
}
