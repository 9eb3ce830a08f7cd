//! The way out: frames are queued here and written many at a time.
//!
//! Three ways to get a queued frame onto a socket, for whoever knows which is cheapest just then:
//! [`flush`](Outbox::flush) writes on the spot, [`kick`](Outbox::kick) leaves it to the writer task, which runs after
//! those that are ready to add theirs. What the socket does not take at once always goes to the writer task.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::sync::Notify;

use super::batch::{WriteBatch, detached};
use super::lanes::PIECE_BYTES;
use super::memory::Pipe;
use super::pool::Pool;
use super::queue::{Queue, State};
use super::room::Room;
use super::socket::WriteHalf;
use crate::proto::{Frame, FrameError, Framing, Header, Limits, OLDEST_VERSION};

/// After how many batches in a row a flush leaves the rest to the writer task, so that nobody is held up by others
/// who keep adding.
const BATCHES_IN_PLACE: usize = 4;

/// A frame was not queued.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The connection is closed or lost.
    #[error("the connection is closed")]
    Closed,
    /// The frame cannot be sent over any connection.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

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

#[derive(Debug)]
struct SocketSink {
    socket: WriteHalf,
    room: Room,
    queue: Mutex<Queue>,
    /// Wakes the writer task.
    work: Notify,
}

impl Outbox {
    pub(super) fn socket(socket: WriteHalf, limits: Limits) -> Arc<Self> {
        let sink = SocketSink {
            socket,
            room: Room::new(limits.queue_bytes),
            queue: Mutex::default(),
            work: Notify::new(),
        };
        Arc::new(Self {
            sink: Sink::Socket(sink),
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
            Sink::Socket(sink) => {
                let mut queue = sink.queue();
                if queue.state != State::Open {
                    return Err(SendError::Closed);
                }
                let detached = detached(payload, sink.room.queued());
                let payload = detached.as_ref().unwrap_or(payload);
                let bytes = queue.lanes.push(header, payload, self.framing())?;
                sink.room.take(bytes);
                Ok(())
            }
            Sink::Memory { out, sent, .. } => {
                let frame = Frame::split(header, payload.clone(), self.framing())?;
                // Counted first: the peer may have it, and say so, as soon as it is in the pipe. That a closed pipe
                // counts one too many does no harm.
                sent.fetch_add(u64::from(header.is_numbered()), Ordering::AcqRel);
                if out.push(frame) {
                    Ok(())
                } else {
                    Err(SendError::Closed)
                }
            }
        }
    }

    /// How many numbered frames were taken to be written since the connection began, which is the order in which they are
    /// written.
    #[must_use]
    pub fn sent(&self) -> u64 {
        match &self.sink {
            Sink::Socket(sink) => sink.queue().sent,
            Sink::Memory { sent, .. } => sent.load(Ordering::Acquire),
        }
    }

    /// How many more bytes may be queued. At zero the peer does not keep up.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room_of().left()
    }

    /// From now on, what is queued here counts towards `pool`, and has room only as far as that has.
    pub fn share(&self, pool: &Arc<Pool>) {
        self.room_of().share(pool);
    }

    /// Ready when there is room, or when the connection is closed.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_closed() {
            return Poll::Ready(());
        }
        let room = self.room_of().poll_ready(cx);
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
            Sink::Socket(sink) => sink.queue().state != State::Open,
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
            Sink::Socket(sink) => sink.work.notify_one(),
            Sink::Memory { out, .. } => out.tell(),
        }
    }

    /// Takes no more frames, writes what is queued, then ends the connection in both directions.
    pub fn close(&self) {
        match &self.sink {
            Sink::Socket(sink) => {
                let mut queue = sink.queue();
                if queue.state == State::Open {
                    queue.state = State::Closing;
                }
                drop(queue);
                sink.work.notify_one();
                sink.room.wake_all();
            }
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

    /// The writer task: writes what others could not, until the connection ends.
    pub async fn run(&self) {
        if let Sink::Socket(sink) = &self.sink {
            sink.run().await;
        }
    }
}

impl SocketSink {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, batch: &mut WriteBatch) -> io::Result<bool> {
        let taken = batch.write(
            |slices| self.socket.try_write(slices),
            |written| self.room.give(written),
        )?;
        // What was taken may wait as records.
        Ok(self.socket.try_flush()? && taken)
    }

    fn flush(&self) {
        let mut batch = {
            let mut queue = self.queue();
            if queue.busy {
                return;
            }
            match queue.begin() {
                Some(batch) => batch,
                None => return,
            }
        };
        for _ in 0..BATCHES_IN_PLACE {
            match self.write(&mut batch) {
                Ok(true) => {
                    // Not in the `match`, where the lock would be held through its arms.
                    let next = self.queue().next(batch);
                    match next {
                        Some(next) => batch = next,
                        None => return self.after_writing(),
                    }
                }
                Ok(false) => break,
                Err(_) => return self.end(),
            }
        }
        self.queue().stalled = Some(batch);
        self.work.notify_one();
    }

    /// The queue is empty and nobody writes: a close that waited for this goes on.
    fn after_writing(&self) {
        if self.queue().state == State::Closing {
            self.work.notify_one();
        }
    }

    async fn run(&self) {
        loop {
            let batch = {
                let mut queue = self.queue();
                match queue.stalled.take() {
                    Some(batch) => Some(batch),
                    None if queue.state == State::Closed => return,
                    None if queue.busy => None,
                    None if !queue.lanes.is_empty() => queue.begin(),
                    None if queue.state == State::Closing => {
                        drop(queue);
                        self.socket.say_goodbye();
                        return self.end();
                    }
                    None => None,
                }
            };
            match batch {
                Some(batch) => {
                    if self.write_all(batch).await.is_err() {
                        return self.end();
                    }
                }
                None => {
                    self.work.notified().await;
                    // A task that was just woken may run before those that were ready already: they add theirs first.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn write_all(&self, mut batch: WriteBatch) -> io::Result<()> {
        loop {
            if self.write(&mut batch)? {
                let next = self.queue().next(batch);
                match next {
                    Some(next) => batch = next,
                    None => return Ok(()),
                }
            } else {
                self.socket.writable().await?;
            }
        }
    }

    /// Ends the connection: the reader sees the end, waiting senders see that it is closed.
    fn end(&self) {
        // It may be much, and to give that back takes long: nobody waits for it.
        let dropped = {
            let mut queue = self.queue();
            queue.state = State::Closed;
            (std::mem::take(&mut queue.lanes), queue.stalled.take())
        };
        drop(dropped);
        self.socket.shutdown(Shutdown::Both);
        self.work.notify_one();
        self.room.wake_all();
    }
}
