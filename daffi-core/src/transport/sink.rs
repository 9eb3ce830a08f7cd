//! Writing to a socket: by whoever has something to send, or by the writer task.
//!
//! One writes at a time. A link that is lost ends that at once: whoever still writes to it finds another epoch when it looks, and leaves
//! all as it is.

use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use super::batch::detached;
use super::queue::{Queue, State, Writing};
use super::room::Room;
use super::socket::WriteHalf;
use crate::link::{BadAcknowledgement, CannotGoOn, Journal};
use crate::proto::{CallId, FrameError, Framing, Header, Limits};

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

/// The queue of a connection, and the socket that it is written to.
#[derive(Debug)]
pub(super) struct SocketSink {
    pub(super) room: Room,
    queue: Mutex<Queue>,
    /// Wakes the writer task.
    work: Notify,
}

impl SocketSink {
    pub(super) fn new(socket: WriteHalf, limits: Limits) -> Self {
        Self {
            room: Room::new(limits.queue_bytes),
            queue: Mutex::new(Queue::new(
                Arc::new(socket),
                limits.queue_bytes.saturating_add(limits.frame_bytes),
            )),
            work: Notify::new(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn send(
        &self,
        header: &Header<'_>,
        payload: &Bytes,
        framing: Framing,
    ) -> Result<(), SendError> {
        let mut queue = self.queue();
        if queue.state != State::Open {
            return Err(SendError::Closed);
        }
        if !header.is_numbered() {
            // Without a link nobody hears it, and by the time there is one it is not so any more.
            if queue.link.is_some() {
                let bytes = queue.aside.push(header, payload, framing)?;
                self.room.take(bytes);
            }
            return Ok(());
        }
        let detached = detached(payload, self.room.queued());
        let payload = detached.as_ref().unwrap_or(payload);
        let bytes = queue.lanes.push(header, payload, framing)?;
        self.room.take(bytes);
        Ok(())
    }

    pub(super) fn sent(&self) -> u64 {
        self.queue().sent
    }

    pub(super) fn state(&self) -> State {
        self.queue().state
    }

    pub(super) fn keep(&self, limit: usize) {
        self.queue().journal = Some(Journal::new(limit));
    }

    pub(super) fn keeps(&self) -> bool {
        let queue = self.queue();
        queue.state == State::Open && queue.keeps()
    }

    /// Whether nobody can go on from what the peer has, as that did not say what it has.
    pub(super) fn has_given_up(&self) -> bool {
        self.queue().journal.as_ref().is_some_and(Journal::is_given_up)
    }

    pub(super) fn acknowledged(&self, received: u64) -> Result<(), BadAcknowledgement> {
        {
            let mut queue = self.queue();
            let sent = queue.sent;
            match &mut queue.journal {
                Some(journal) => self.room.acknowledged(journal.acknowledge(received)?),
                None => BadAcknowledgement::check(received, sent)?,
            }
        }
        if self.room.is_waiting() {
            self.work.notify_one();
        }
        self.room.wake_awaited();
        Ok(())
    }

    pub(super) fn kick(&self) {
        self.work.notify_one();
    }

    pub(super) fn close(&self) {
        {
            let mut queue = self.queue();
            if queue.state == State::Open {
                queue.state = State::Closing;
            }
        }
        self.work.notify_one();
        self.room.wake_all();
    }

    /// The socket, if nothing waits for it: it is written to elsewhere from now on, and here no more.
    pub(super) fn give_up_link(&self) -> Option<Arc<WriteHalf>> {
        let mut queue = self.queue();
        if queue.busy || queue.has_work() || queue.state != State::Open {
            return None;
        }
        queue.state = State::Closed;
        let link = queue.link.take();
        drop(queue);
        self.work.notify_one();
        link
    }

    pub(super) fn set_patience(&self, patience: Duration) {
        let link = self.queue().link.clone();
        if let Some(link) = link {
            link.set_patience(patience);
        }
    }

    pub(super) fn check(&self, received: u64) -> Result<(), CannotGoOn> {
        let queue = self.queue();
        let journal = queue.journal.as_ref().filter(|_| queue.state == State::Open);
        journal.ok_or(CannotGoOn::GivenUp)?.check(received)
    }

    /// Goes on with another link, over which `first` goes first.
    pub(super) fn attach(
        &self,
        link: Arc<WriteHalf>,
        received: u64,
        first: Option<(&Header<'_>, Framing)>,
    ) -> Result<(), CannotGoOn> {
        let former = {
            let mut queue = self.queue();
            if queue.state != State::Open {
                return Err(CannotGoOn::GivenUp);
            }
            let former = queue.attach(link, received, &self.room)?;
            if let Some((header, framing)) = first {
                let pushed = queue.aside.push(header, &Bytes::new(), framing);
                self.room.take(pushed.unwrap_or_default());
            }
            former
        };
        if let Some(former) = former {
            former.shutdown(Shutdown::Both);
        }
        self.work.notify_one();
        self.room.wake_all();
        Ok(())
    }

    /// Which link it is that there is now, of all that there have been.
    pub(super) fn epoch(&self) -> u64 {
        self.queue().epoch
    }

    /// The link is lost, if it is still this one. What cannot go on with another one ends.
    pub(super) fn lose(&self, epoch: Option<u64>) {
        let link = {
            let mut queue = self.queue();
            if epoch.is_some_and(|epoch| epoch != queue.epoch) {
                return;
            }
            if queue.state == State::Open && queue.keeps() {
                queue.part(&self.room)
            } else {
                drop(queue);
                return self.end();
            }
        };
        if let Some(link) = link {
            link.shutdown(Shutdown::Both);
        }
        self.work.notify_one();
        self.room.wake_all();
    }

    /// Writes as far as the socket takes it; says whether that is all.
    fn write(&self, writing: &mut Writing) -> std::io::Result<bool> {
        let Writing {
            batch,
            link,
            is_kept,
            untold,
            ..
        } = writing;
        let taken = batch.write(
            |slices| link.try_write(slices),
            |written| {
                if *is_kept {
                    *untold += written;
                } else {
                    self.room.give(written);
                }
            },
        )?;
        // What was taken may wait as records.
        Ok(link.try_flush()? && taken)
    }

    /// Says how much was written, unless that was to an earlier link; then nothing more is to be written there.
    fn tell(&self, queue: &Queue, writing: &mut Writing) -> bool {
        let is_current = writing.epoch == queue.epoch;
        let untold = std::mem::take(&mut writing.untold);
        if is_current && untold > 0 {
            self.room.written(untold);
        } else if !is_current && !writing.is_kept {
            self.room.drop(writing.batch.left());
        }
        is_current
    }

    pub(super) fn flush(&self) {
        let begun = {
            let mut queue = self.queue();
            if queue.busy { None } else { queue.begin(&self.room) }
        };
        let Some(mut writing) = begun else {
            return self.room.wake_awaited();
        };
        for _ in 0..BATCHES_IN_PLACE {
            match self.write(&mut writing) {
                Ok(true) => match self.next(writing) {
                    Some(next) => writing = next,
                    None => return self.after_writing(),
                },
                Ok(false) => break,
                Err(_) => return self.broke(writing),
            }
        }
        {
            let mut queue = self.queue();
            if !self.tell(&queue, &mut writing) {
                return;
            }
            queue.stalled = Some(writing);
        }
        self.room.wake_awaited();
        self.work.notify_one();
    }

    fn next(&self, mut written: Writing) -> Option<Writing> {
        let next = {
            let mut queue = self.queue();
            self.tell(&queue, &mut written);
            queue.next(written, &self.room)
        };
        self.room.wake_awaited();
        next
    }

    /// The queue is empty and nobody writes: a close that waited for this goes on.
    fn after_writing(&self) {
        if self.queue().state == State::Closing {
            self.work.notify_one();
        }
    }

    fn broke(&self, mut writing: Writing) {
        let epoch = writing.epoch;
        if self.tell(&self.queue(), &mut writing) {
            if !writing.is_kept {
                self.room.drop(writing.batch.left());
            }
            self.lose(Some(epoch));
        }
    }

    pub(super) async fn run(&self) {
        loop {
            let writing = {
                let mut queue = self.queue();
                match queue.stalled.take() {
                    Some(writing) => Some(writing),
                    None if queue.state == State::Closed => {
                        drop(queue);
                        // Several may have written what was left.
                        return self.work.notify_one();
                    }
                    None if queue.busy => None,
                    None if queue.has_work() => queue.begin(&self.room),
                    None if queue.state == State::Closing => {
                        let link = queue.link.clone();
                        drop(queue);
                        if let Some(link) = link {
                            link.say_goodbye();
                        }
                        return self.end();
                    }
                    None => None,
                }
            };
            match writing {
                Some(writing) => self.write_all(writing).await,
                None => {
                    self.room.wake_awaited();
                    self.work.notified().await;
                    // A task that was just woken may run before those that were ready already: they add theirs first.
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn write_all(&self, mut writing: Writing) {
        loop {
            match self.write(&mut writing) {
                Ok(true) => match self.next(writing) {
                    Some(next) => writing = next,
                    None => return,
                },
                Ok(false) => {
                    let is_current = self.tell(&self.queue(), &mut writing);
                    self.room.wake_awaited();
                    if !is_current {
                        return;
                    }
                    if writing.link.writable().await.is_err() {
                        return self.broke(writing);
                    }
                }
                Err(_) => return self.broke(writing),
            }
        }
    }

    /// The calls of which something was not written when it ended.
    pub(super) fn take_unsent(&self) -> Vec<CallId> {
        std::mem::take(&mut self.queue().unsent)
    }

    /// Ends the connection: the reader sees the end, waiting senders see that it is closed.
    pub(super) fn end(&self) {
        // It may be much, and to give that back takes long: nobody waits for it.
        let (dropped, link) = {
            let mut queue = self.queue();
            queue.state = State::Closed;
            let lanes = std::mem::take(&mut queue.lanes);
            queue.unsent.extend(lanes.unsent());
            let dropped = (lanes, queue.stalled.take(), queue.journal.take());
            (dropped, queue.link.clone())
        };
        drop(dropped);
        if let Some(link) = link {
            link.shutdown(Shutdown::Both);
        }
        self.work.notify_one();
        self.room.wake_all();
    }
}
