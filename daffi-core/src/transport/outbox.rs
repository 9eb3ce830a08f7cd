//! The way out: frames are queued here and written many at a time.
//!
//! Three ways to get a queued frame onto a socket, for whoever knows which is cheapest just then:
//! [`flush`](Outbox::flush) writes on the spot, [`kick`](Outbox::kick) leaves it to the writer task, which runs after
//! those that are ready to add theirs. What the socket does not take at once always goes to the writer task.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;

use super::lanes::PIECE_BYTES;
use super::memory::Pipe;
use super::pool::Pool;
use super::queue::State;
use super::room::Room;
use super::sink::{SendError, SocketSink};
use super::socket::WriteHalf;
use crate::link::{BadAcknowledgement, CannotGoOn};
use crate::proto::{CallId, Frame, Framing, Header, LENGTH_BYTES, Limits, OLDEST_VERSION};

/// The sending half of a connection. Shared; every method takes `&self`.
#[derive(Debug)]
pub struct Outbox {
    sink: Sink,
    frame_limit: AtomicUsize,
    /// The version that is spoken: until one is agreed, the oldest.
    version: AtomicU16,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there are few, each behind an `Arc`")]
enum Sink {
    Socket(SocketSink),
    /// Frames go straight to the reader; closing closes the way back, too.
    Memory {
        out: Arc<Pipe>,
        back: Arc<Pipe>,
        sent: AtomicU64,
    },
}

/// A socket that is written to.
#[derive(Debug)]
pub struct WriteEnd(Arc<WriteHalf>);

/// One of the connections of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionNumber(u64);

impl Outbox {
    pub(super) fn socket(socket: WriteHalf, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            sink: Sink::Socket(SocketSink::new(socket, limits)),
            frame_limit: limits.frame_bytes.into(),
            version: OLDEST_VERSION.into(),
        })
    }

    pub(super) fn memory(out: Arc<Pipe>, back: Arc<Pipe>, limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            sink: Sink::Memory {
                out,
                back,
                sent: 0.into(),
            },
            frame_limit: limits.frame_bytes.into(),
            version: OLDEST_VERSION.into(),
        })
    }

    /// From now on, both sides speak this version: what it does not know is not sent.
    pub fn agree(&self, version: u16) {
        self.version.store(version, Ordering::Relaxed);
    }

    fn framing(&self) -> Framing {
        Framing {
            version: self.version.load(Ordering::Relaxed),
            limit: self.frame_limit(),
        }
    }

    /// The largest frame that is sent, in bytes.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        self.frame_limit.load(Ordering::Relaxed)
    }

    /// An item of a stream that has more bytes is better sent in parts of so many.
    #[must_use]
    pub const fn part_bytes(&self) -> usize {
        match self.sink {
            Sink::Socket(_) => PIECE_BYTES,
            // Nothing is copied, so nothing takes long.
            Sink::Memory { .. } => usize::MAX,
        }
    }

    /// The peer allows no more than this.
    pub fn lower_frame_limit(&self, limit: usize) {
        self.frame_limit.fetch_min(limit, Ordering::Relaxed);
    }

    /// Queues a frame. It is written by the next [`flush`](Self::flush) or [`kick`](Self::kick).
    ///
    /// # Errors
    ///
    /// When the connection is closed, the frame is over the limit, or the version that was agreed does not know it.
    pub fn send(&self, header: &Header<'_>, payload: &Bytes) -> Result<(), SendError> {
        match &self.sink {
            Sink::Socket(sink) => sink.send(header, payload, self.framing()),
            Sink::Memory { out, sent, .. } => {
                let frame = Frame::split(header, payload.clone(), self.framing())?;
                // Counted first: the peer may have it, and say so, as soon as it is in the pipe. That a closed pipe
                // counts one too many does no harm.
                if header.is_numbered() {
                    sent.fetch_add((LENGTH_BYTES + frame.len()) as u64, Ordering::AcqRel);
                }
                if out.push(frame) {
                    Ok(())
                } else {
                    Err(SendError::Closed)
                }
            }
        }
    }

    /// How many bytes of numbered frames, with their lengths, were taken to be written since the session began. They are counted in the
    /// order in which they are written.
    #[must_use]
    pub fn sent(&self) -> u64 {
        match &self.sink {
            Sink::Socket(sink) => sink.sent(),
            Sink::Memory { sent, .. } => sent.load(Ordering::Acquire),
        }
    }

    /// From now on, what is sent is kept until it is acknowledged, up to about so many bytes: when the connection is lost, the session may
    /// go on with another. Called before the first numbered frame; in memory nothing is lost, so nothing is kept.
    pub fn keep(&self, limit: usize) {
        if let Sink::Socket(sink) = &self.sink {
            sink.keep(limit);
        }
    }

    /// From now on, the connection is lost also when the other end acknowledges nothing of what is sent for `patience`, as TCP sees it. That is
    /// sooner than by the heartbeat where much waits to be sent; where the system does not have it, only the heartbeat tells.
    pub fn set_patience(&self, patience: Duration) {
        if let Sink::Socket(sink) = &self.sink {
            sink.set_patience(patience);
        }
    }

    /// Whether the session can go on with another connection when this one is lost.
    #[must_use]
    pub fn keeps(&self) -> bool {
        match &self.sink {
            Sink::Socket(sink) => sink.keeps(),
            Sink::Memory { .. } => false,
        }
    }

    /// Whether the peer has acknowledged so little of what it was sent that nothing is [kept](Self::keep) any more, for good.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        match &self.sink {
            Sink::Socket(sink) => sink.has_given_up(),
            Sink::Memory { .. } => false,
        }
    }

    /// Whether the connection is lost, and another one may come. Until then, what is sent waits.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.room_of().is_away()
    }

    /// The peer has so many bytes of numbered frames.
    ///
    /// # Errors
    ///
    /// When they were never sent. The peer is of no use then.
    pub fn acknowledged(&self, received: u64) -> Result<(), BadAcknowledgement> {
        match &self.sink {
            Sink::Socket(sink) => sink.acknowledged(received),
            Sink::Memory { sent, .. } => BadAcknowledgement::check(received, sent.load(Ordering::Acquire)),
        }
    }

    /// The socket, for a session that began with another one. Nothing is sent here any more; nothing is given if something still waits.
    #[must_use]
    pub fn into_write_end(&self) -> Option<WriteEnd> {
        match &self.sink {
            Sink::Socket(sink) => sink.give_up_link().map(WriteEnd),
            Sink::Memory { .. } => None,
        }
    }

    /// Whether [`go_on`](Self::go_on) from there is possible.
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn check_go_on(&self, received: u64) -> Result<(), CannotGoOn> {
        match &self.sink {
            Sink::Socket(sink) => sink.check(received),
            Sink::Memory { .. } => Err(CannotGoOn::GivenUp),
        }
    }

    /// The session goes on with another connection, whose other end has so many bytes of numbered frames. `first` is sent over it, if it is
    /// something that is not numbered, and then what the other end has not. An earlier connection is ended, if it has not ended yet.
    ///
    /// # Errors
    ///
    /// When that is not possible from there, or the session has ended.
    pub fn go_on(&self, end: WriteEnd, received: u64, first: Option<&Header<'_>>) -> Result<(), CannotGoOn> {
        match &self.sink {
            Sink::Socket(sink) => {
                let first = first.filter(|first| !first.is_numbered());
                sink.attach(end.0, received, first.map(|first| (first, self.framing())))
            }
            Sink::Memory { .. } => Err(CannotGoOn::GivenUp),
        }
    }

    /// The connection is lost. If the session can go on with another, what is sent waits for that; otherwise it ends, as by
    /// [`abort`](Self::abort).
    pub fn sever(&self) {
        match &self.sink {
            Sink::Socket(sink) => sink.lose(None),
            Sink::Memory { .. } => self.abort(),
        }
    }

    /// Which of its connections the session has now.
    #[must_use]
    pub fn connection(&self) -> ConnectionNumber {
        match &self.sink {
            Sink::Socket(sink) => ConnectionNumber(sink.epoch()),
            Sink::Memory { .. } => ConnectionNumber(0),
        }
    }

    /// As [`sever`](Self::sever), unless the session has gone on with another connection than this one.
    pub fn sever_this(&self, ConnectionNumber(number): ConnectionNumber) {
        match &self.sink {
            Sink::Socket(sink) => sink.lose(Some(number)),
            Sink::Memory { .. } => self.abort(),
        }
    }

    /// How many more bytes may be queued. At zero the peer does not keep up.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room_of().left()
    }

    /// How many bytes are queued, also those that are written and not acknowledged.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.room_of().queued()
    }

    /// From now on, what is queued here counts towards `pool`, and has room only as far as that has.
    pub fn share(&self, pool: &Arc<Pool>) {
        self.room_of().share(pool);
    }

    /// Ready when there is room and a connection, or when no more is taken.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(|| self.room_of().poll_ready(cx))
    }

    /// Ready when there is room for what is not written yet, so that the peer reads what it is sent, or when no more is taken. What it
    /// acknowledges is not asked for, since that is read from it.
    pub fn poll_written(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(|| self.room_of().poll_written(cx))
    }

    /// Ready when all that was sent is written, or no more is taken.
    pub fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(|| self.room_of().poll_empty(cx))
    }

    /// Ready when all that was sent is acknowledged, if it is [kept](Self::keep), or no more is taken.
    pub fn poll_acknowledged(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(|| self.room_of().poll_acknowledged(cx))
    }

    /// Ready when no more is taken. It may be polled again for other reasons.
    pub fn poll_closed(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll(|| self.room_of().poll_woken(cx))
    }

    fn poll(&self, room: impl FnOnce() -> Poll<()>) -> Poll<()> {
        if self.is_closed() {
            return Poll::Ready(());
        }
        let room = room();
        // Closing may have come between the look and the registration.
        if self.is_closed() { Poll::Ready(()) } else { room }
    }

    fn room_of(&self) -> &Room {
        match &self.sink {
            Sink::Socket(sink) => &sink.room,
            Sink::Memory { out, .. } => &out.room,
        }
    }

    /// Whether frames are no longer accepted.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.sink {
            Sink::Socket(sink) => sink.state() != State::Open,
            Sink::Memory { out, .. } => out.is_closed(),
        }
    }

    /// Writes what is queued on the calling task, as far as the socket takes it without waiting.
    pub fn flush(&self) {
        match &self.sink {
            Sink::Socket(sink) => sink.flush(),
            Sink::Memory { out, .. } => out.tell(),
        }
    }

    /// Has the writer task write what is queued, after the tasks that are ready now.
    pub fn kick(&self) {
        match &self.sink {
            Sink::Socket(sink) => sink.kick(),
            Sink::Memory { out, .. } => out.tell(),
        }
    }

    /// Takes no more frames, writes what is queued, then ends the connection in both directions.
    pub fn close(&self) {
        match &self.sink {
            Sink::Socket(sink) => sink.close(),
            Sink::Memory { out, back, .. } => {
                out.close();
                back.close();
            }
        }
    }

    /// Ends the connection now; what is queued is lost.
    pub fn abort(&self) {
        match &self.sink {
            Sink::Socket(sink) => sink.end(),
            Sink::Memory { out, back, .. } => {
                out.abort();
                back.close();
            }
        }
    }

    /// The calls that nobody can have run, as the connection has ended before they were written, with all of their arguments. They are said
    /// once; of a connection in memory nothing is known.
    #[must_use]
    pub fn take_unsent(&self) -> Vec<CallId> {
        match &self.sink {
            Sink::Socket(sink) => sink.take_unsent(),
            Sink::Memory { .. } => Vec::new(),
        }
    }

    /// The writer task: writes what others could not, until the connection ends.
    pub async fn run(&self) {
        if let Sink::Socket(sink) = &self.sink {
            sink.run().await;
        }
    }
}
