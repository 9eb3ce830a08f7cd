//! What waits for a socket, and who writes it. Its frames are counted when they are taken to be written, and from then on they are kept
//! if the session may go on with another socket.

use std::sync::Arc;

use super::batch::WriteBatch;
use super::lanes::Lanes;
use super::room::Room;
use super::socket::WriteHalf;
use crate::link::{CannotGoOn, Journal};
use crate::proto::CallId;

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) lanes: Lanes,
    /// When it has ended, the calls of which something was left in the lanes.
    pub(super) unsent: Vec<CallId>,
    /// Frames that do not count: greetings and heartbeats. They go before all others, and nowhere if the link is lost.
    pub(super) aside: WriteBatch,
    /// What the other end of a new link has not, before anything that is queued.
    replay: Option<WriteBatch>,
    /// A used, empty batch whose buffer is used again.
    spare: WriteBatch,
    /// What the socket did not take; the writer task goes on with it.
    pub(super) stalled: Option<Writing>,
    /// Somebody is writing, or a stalled batch waits for the writer task: nobody else may write.
    pub(super) busy: bool,
    pub(super) state: State,
    /// How many bytes of numbered frames were taken to be written.
    pub(super) sent: u64,
    /// What is written to now.
    pub(super) link: Option<Arc<WriteHalf>>,
    /// How often that has changed: whoever still writes to an earlier one has nothing to say any more.
    pub(super) epoch: u64,
    pub(super) journal: Option<Journal>,
    /// If more than this waits behind a journal that is full, its peer acknowledges nothing.
    most_behind: usize,
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(super) enum State {
    #[default]
    Open,
    /// Takes no more frames; what is queued is still written.
    Closing,
    Closed,
}

/// Frames that are being written, and where.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) batch: WriteBatch,
    pub(super) link: Arc<WriteHalf>,
    pub(super) epoch: u64,
    /// They are in the journal, too, until they are acknowledged.
    pub(super) is_kept: bool,
    /// How much of them was written since that was last told.
    pub(super) untold: usize,
}

impl Queue {
    pub(super) fn new(link: Arc<WriteHalf>, most_behind: usize) -> Self {
        Self {
            link: Some(link),
            most_behind,
            ..Self::default()
        }
    }

    /// Whether it may go on with another socket.
    pub(super) fn keeps(&self) -> bool {
        self.journal
            .as_ref()
            .is_some_and(|journal| !journal.is_given_up())
    }

    /// Whether there is anything to be written.
    pub(super) fn has_work(&self) -> bool {
        self.link.is_some() && !(self.aside.is_empty() && self.replay.is_none() && self.lanes.is_empty())
    }

    /// Takes some of what is queued in order to write it. Only now are its frames counted: until then, others may be written
    /// before them.
    pub(super) fn begin(&mut self, room: &Room) -> Option<Writing> {
        self.busy = false;
        let link = Arc::clone(self.link.as_ref()?);
        let (batch, is_kept) = if !self.aside.is_empty() {
            (std::mem::take(&mut self.aside), false)
        } else if let Some(replay) = self.replay.take() {
            (replay, true)
        } else if self.waits(room) {
            return None;
        } else {
            let batch = self.lanes.pop(&mut self.spare)?;
            self.sent += batch.bytes() as u64;
            if let Some(journal) = &mut self.journal {
                batch.keep_in(journal);
            }
            (batch, self.keeps())
        };
        self.busy = true;
        Some(Writing {
            batch,
            link,
            epoch: self.epoch,
            is_kept,
            untold: 0,
        })
    }

    /// Whether what is queued is not written until some of what was written is acknowledged. Nobody is writing: all that is kept was written.
    fn waits(&mut self, room: &Room) -> bool {
        let full = self.journal.as_mut().filter(|journal| journal.is_full());
        let Some(journal) = full.filter(|_| !self.lanes.is_empty()) else {
            room.set_waiting(false);
            return false;
        };
        // Whoever asks for room before it sends is not the reason that so much waits.
        let is_given_up = room.unwritten() > self.most_behind;
        if is_given_up {
            room.acknowledged(journal.give_up());
        }
        room.set_waiting(!is_given_up);
        !is_given_up
    }

    /// `written` is done: takes more, or ends the writing.
    pub(super) fn next(&mut self, written: Writing, room: &Room) -> Option<Writing> {
        if written.epoch != self.epoch {
            return None;
        }
        self.spare = written.batch;
        self.begin(room)
    }

    /// The link is lost: what was written and what was not is kept for the next.
    pub(super) fn part(&mut self, room: &Room) -> Option<Arc<WriteHalf>> {
        self.epoch += 1;
        self.busy = false;
        let aside = std::mem::take(&mut self.aside);
        self.replay = None;
        let stalled = self.stalled.take().filter(|writing| !writing.is_kept);
        room.drop(aside.left() + stalled.map_or(0, |writing| writing.batch.left()));
        room.set_away(true);
        self.link.take()
    }

    /// There is another link, whose other end has so many bytes. What it has not is written before anything that counts. The former link
    /// comes back, if it is still there.
    pub(super) fn attach(
        &mut self,
        link: Arc<WriteHalf>,
        received: u64,
        room: &Room,
    ) -> Result<Option<Arc<WriteHalf>>, CannotGoOn> {
        let journal = self.journal.as_mut().ok_or(CannotGoOn::GivenUp)?;
        let held = journal.held();
        let replay = WriteBatch::of(journal.since(received)?);
        let let_go = held - journal.held();
        let former = self.part(room);
        room.rewind(let_go);
        self.replay = Some(replay).filter(|replay| !replay.is_empty());
        self.link = Some(link);
        room.set_away(false);
        Ok(former)
    }
}
