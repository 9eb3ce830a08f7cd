//! A session that can go on with another connection: its secrets, and who serves it now.

use daffi_core::link::resume::{Progress, Secrets};
use daffi_core::proto::SessionId;
use tokio_util::sync::CancellationToken;

/// What is kept of a process whose connection may be lost and come again.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: SessionId,
    pub(super) secrets: Secrets,
    /// What is heard next is heard on the connection on which the last secret was told: the node has that.
    pub(super) confirms: bool,
    /// After how many bytes what was received is acknowledged.
    pub(super) told_after: u64,
    /// That of whoever reads from it now, or waits for it.
    pub(super) seat: Seat,
    pub(super) progress: Progress,
    /// It is said that it cannot go on.
    pub(super) is_given_up: bool,
}

/// The place of whoever serves a session. Another one takes it over once the former says that it does nothing more for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat {
    taken: CancellationToken,
    left: CancellationToken,
}

impl Seat {
    /// It is somebody else's now, or nobody's any more.
    pub(super) fn take(&self) {
        self.taken.cancel();
    }

    pub(super) fn is_taken(&self) -> bool {
        self.taken.is_cancelled()
    }

    pub(super) async fn taken(&self) {
        self.taken.cancelled().await;
    }

    /// Whoever served here does nothing more.
    pub(super) fn leave(&self) {
        self.left.cancel();
    }

    pub(super) fn has_left(&self) -> bool {
        self.left.is_cancelled()
    }

    pub(super) async fn left(&self) {
        self.left.cancelled().await;
    }
}
