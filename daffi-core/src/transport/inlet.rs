//! The way in: frames, as many as one read brings.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::BytesMut;
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use super::first::First;
use super::memory::Pipe;
use super::socket::ReadHalf;
use crate::proto::{Frame, Limits};

/// The first read buffer of a connection, in bytes. It doubles while reads fill it.
const FIRST_BUFFER: usize = 8 * 1024;

/// The largest read buffer that is kept, in bytes.
pub(super) const LARGEST_BUFFER: usize = 256 * 1024;

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
    codec: LengthDelimitedCodec,
    buffer: BytesMut,
    /// How much room a read gets.
    room: usize,
}

impl Inlet {
    pub(super) fn socket(socket: ReadHalf, limits: Limits) -> Self {
        let codec = LengthDelimitedCodec::builder()
            .max_frame_length(limits.frame_bytes)
            .new_codec();
        Self::over(Reading::Socket(Framed {
            socket,
            codec,
            buffer: BytesMut::new(),
            room: FIRST_BUFFER,
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
            framed.codec.set_max_frame_length(limit);
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
            Reading::Socket(framed) => framed.buffer.capacity(),
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

    fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        match self.codec.decode(&mut self.buffer) {
            Ok(frame) => Ok(frame.map(|body| Frame::joined(body.freeze()))),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(match First::of(&self.buffer) {
                First::Tls => ReadError::Tls,
                _ => ReadError::TooLarge {
                    limit: self.codec.max_frame_length(),
                },
            }),
            Err(error) => Err(ReadError::Io(error)),
        }
    }

    async fn fill(&mut self, arrived: &Arrived) -> io::Result<bool> {
        // The codec has reserved what a large frame still needs; a small one gets room for its successors too.
        if self.buffer.capacity() - self.buffer.len() < self.room / 2 {
            self.buffer.reserve(self.room);
        }
        let read = self
            .socket
            .read(&mut self.buffer, |bytes| arrived.add(bytes))
            .await?;
        if read.is_full && self.room < LARGEST_BUFFER {
            self.room *= 2;
        }
        Ok(read.bytes > 0)
    }
}
