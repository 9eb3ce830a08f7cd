//! What waits for a socket, and who writes it. Its frames are numbered when they are taken to be written.

use super::batch::WriteBatch;
use super::lanes::Lanes;

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) lanes: Lanes,
    /// A used, empty batch whose buffer is used again.
    spare: WriteBatch,
    /// What the socket did not take; the writer task goes on with it.
    pub(super) stalled: Option<WriteBatch>,
    /// Somebody is writing, or a stalled batch waits for the writer task: nobody else may write.
    pub(super) busy: bool,
    pub(super) state: State,
    pub(super) sent: u64,
}

#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(super) enum State {
    #[default]
    Open,
    /// Takes no more frames; what is queued is still written.
    Closing,
    Closed,
}

impl Queue {
    /// Takes some of what is queued in order to write it. Only now are its frames numbered: until then, others may be written
    /// before them.
    pub(super) fn begin(&mut self) -> Option<WriteBatch> {
        let batch = self.lanes.pop(&mut self.spare);
        self.sent += batch.as_ref().map_or(0, WriteBatch::numbered);
        self.busy = batch.is_some();
        batch
    }

    /// `written` is done: takes more, or ends the writing.
    pub(super) fn next(&mut self, written: WriteBatch) -> Option<WriteBatch> {
        self.spare = written;
        self.begin()
    }
}
