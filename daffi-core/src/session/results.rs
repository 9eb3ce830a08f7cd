//! What calls of this process ended with, as far as it has come.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;

use super::answers::MOST;
use super::calls::Calls;
use super::slot::State;
use crate::proto::{CallId, Failure, Outcome, PieceError, Pieces, Status, ToCome, Typed};

/// Memory is taken at once for results of so many bytes.
const AT_ONCE: usize = 1 << 20;

/// A result that is coming.
#[derive(Debug)]
struct Coming {
    /// It is that of a process which was asked with others.
    is_part: bool,
    /// How many bytes it has in all.
    bytes: usize,
    /// What its bytes are beside a value.
    failure: Option<Failure>,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Pieces(Pieces),
    /// Nobody wants it, and its number is in use until it has come.
    Nothing(ToCome),
}

/// A result that has come.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) is_part: bool,
    pub(super) bytes: usize,
    pub(super) outcome: Outcome,
}

/// Results that are coming, by the number of the call and the place of the process on the roster.
#[derive(Debug, Default)]
pub(super) struct Results(BTreeMap<(CallId, u32), Coming>);

impl Results {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A result begins; `false` if it had before.
    pub(super) fn begin(
        &mut self,
        (call, part): (CallId, Option<u32>),
        status: Status<'_>,
        to_come: ToCome,
        is_wanted: bool,
    ) -> bool {
        let coming = Coming {
            is_part: part.is_some(),
            // Of what is not kept none is counted.
            bytes: if is_wanted { to_come.bytes() } else { 0 },
            failure: Failure::from_status(status, Bytes::new()),
            kept: if is_wanted {
                Kept::Pieces(Pieces::new(to_come, AT_ONCE))
            } else {
                Kept::Nothing(to_come)
            },
        };
        match self.0.entry((call, part.unwrap_or(0))) {
            Entry::Vacant(place) => {
                place.insert(coming);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// More of a result has come; the result, if that was the last. `None` if there is no such result.
    pub(super) fn add(
        &mut self,
        call: CallId,
        index: u32,
        piece: &Bytes,
    ) -> Option<Result<Option<Complete>, PieceError>> {
        let coming = self.0.get_mut(&(call, index))?;
        let whole = match &mut coming.kept {
            Kept::Pieces(pieces) => pieces.add(piece),
            Kept::Nothing(to_come) => to_come
                .take(piece)
                .map(|()| to_come.is_nothing().then(Bytes::new)),
        };
        Some(match whole {
            Err(error) => Err(error),
            Ok(None) => Ok(None),
            Ok(Some(whole)) => Ok(self.0.remove(&(call, index)).map(|coming| Complete {
                is_part: coming.is_part,
                bytes: coming.bytes,
                outcome: with_payload(coming.failure, whole),
            })),
        })
    }

    /// Nobody wants what a call ends with.
    pub(super) fn drop_of(&mut self, call: CallId) {
        for (_, coming) in self.0.range_mut((call, 0)..=(call, u32::MAX)) {
            if let Kept::Pieces(pieces) = &coming.kept {
                coming.kept = Kept::Nothing(pieces.to_come());
            }
        }
    }

    /// Nobody wants what a part ends with; how many bytes of it there were to be.
    pub(super) fn drop_part(&mut self, call: CallId, index: u32) -> usize {
        let Some(coming) = self.0.get_mut(&(call, index)) else {
            return 0;
        };
        if let Kept::Pieces(pieces) = &coming.kept {
            coming.kept = Kept::Nothing(pieces.to_come());
        }
        std::mem::take(&mut coming.bytes)
    }

    /// Nobody wants any of them.
    pub(super) fn drop_all(&mut self) {
        for coming in self.0.values_mut() {
            if let Kept::Pieces(pieces) = &coming.kept {
                coming.kept = Kept::Nothing(pieces.to_come());
            }
        }
    }

    /// What was to come of a part does not any more: how many bytes it would have had, if it had begun.
    pub(super) fn forget_part(&mut self, call: CallId, index: u32) -> Option<usize> {
        Some(self.0.remove(&(call, index))?.bytes)
    }

    /// A call is answered: nothing of it comes any more.
    pub(super) fn forget(&mut self, call: CallId) {
        while let Some((key, _)) = self.0.range((call, 0)..=(call, u32::MAX)).next() {
            let key = *key;
            self.0.remove(&key);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many there are, and how many of them are kept.
    #[cfg(test)]
    pub(super) fn count(&self) -> (usize, usize) {
        let kept = |coming: &&Coming| matches!(coming.kept, Kept::Pieces(_));
        (self.0.len(), self.0.values().filter(kept).count())
    }
}

impl<W> Calls<W> {
    /// Whether somebody waits for the answer to a call; `None` if none is to come.
    pub(super) fn awaits(&self, call: CallId) -> Option<bool> {
        match &self.slots.get(call)?.state {
            State::Sent { .. } => Some(true),
            State::Ended { answered: false, .. } | State::Abandoned => Some(false),
            State::Parked { .. } | State::Ended { answered: true, .. } => None,
        }
    }

    /// So many bytes of one of many answers are to come; `false` if these are too many.
    pub(super) fn reserve(&mut self, call: CallId, bytes: usize) -> bool {
        let state = self.slots.get_mut(call).map(|slot| &mut slot.state);
        let Some(State::Sent { held, .. }) = state else {
            return true;
        };
        held.bytes = held.bytes.saturating_add(bytes);
        !held.is_over(MOST)
    }

    /// They have come, or never will.
    pub(super) fn release(&mut self, call: CallId, bytes: usize) {
        let state = self.slots.get_mut(call).map(|slot| &mut slot.state);
        if let Some(State::Sent { held, .. }) = state {
            held.bytes = held.bytes.saturating_sub(bytes);
        }
    }
}

/// What a result is, now that its payload is there.
fn with_payload(failure: Option<Failure>, payload: Bytes) -> Outcome {
    Err(match failure {
        None => return Ok(payload),
        Some(Failure::App {
            remote,
            typed: Typed::Encoded(_),
        }) => Failure::App {
            remote,
            typed: Typed::Encoded(payload),
        },
        Some(Failure::App {
            remote,
            typed: Typed::Explained(_),
        }) => Failure::App {
            remote,
            typed: Typed::Explained(payload),
        },
        Some(Failure::Explained(_)) => Failure::Explained(payload),
        Some(other) => other,
    })
}
