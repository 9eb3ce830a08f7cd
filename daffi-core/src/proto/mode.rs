//! How a call is carried out, as it travels.

use serde::{Deserialize, Serialize};

/// How a call is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Mode {
    /// One provider runs it; the reply brings its outcome.
    #[default]
    Answered,
    /// One provider runs it; the reply says that it was handed over, and nobody learns of its outcome. It goes on when
    /// its caller leaves.
    HandedOver,
    /// Every provider but the caller runs it. Answered with a [`Header::Roster`](super::Header::Roster), a [`Header::Part`](super::Header::Part) for each process
    /// on it, and a reply without a value.
    Broadcast,
    /// One provider runs it once for each item of its only argument, which is a stream of encoded argument tuples. The
    /// reply brings a [`Tally`](super::Tally).
    Each,
    /// As [`Broadcast`](Self::Broadcast), but each part says that its process has been given the call, or why not; nobody
    /// learns of the outcomes. What was given goes on when its caller leaves.
    HandedToAll,
}

impl Mode {
    /// Whether several processes may be asked, each of which has a part of the answer.
    #[must_use]
    pub const fn asks_many(self) -> bool {
        matches!(self, Self::Broadcast | Self::HandedToAll)
    }

    /// Whether nobody learns of the outcome.
    #[must_use]
    pub const fn hands_over(self) -> bool {
        matches!(self, Self::HandedOver | Self::HandedToAll)
    }
}
