//! Which calls wait for somebody to be there, and for whom.

use std::collections::BTreeMap;

use super::kept::KeptWait;
use crate::proto::CallId;

/// Calls that wait, by what for, and by their stamps.
#[derive(Debug, Default)]
pub(super) struct Absent(BTreeMap<KeptWait, BTreeMap<u64, CallId>>);

impl Absent {
    pub(super) fn add(&mut self, what: KeptWait, stamp: u64, call: CallId) {
        self.0.entry(what).or_default().insert(stamp, call);
    }

    /// The first of those that wait for that are gone, at most so many; with their stamps, and whether there are more.
    pub(super) fn take(&mut self, what: &KeptWait, most: usize) -> (Vec<(u64, CallId)>, bool) {
        let Some(waiting) = self.0.get_mut(what) else {
            return (Vec::new(), false);
        };
        let first = std::iter::from_fn(|| waiting.pop_first()).take(most).collect();
        let is_rest = !waiting.is_empty();
        if !is_rest {
            self.0.remove(what);
        }
        (first, is_rest)
    }

    /// All are gone.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = CallId> {
        let all = std::mem::take(&mut self.0).into_values();
        all.flat_map(BTreeMap::into_values)
    }

    pub(super) fn forget(&mut self, what: &KeptWait, stamp: u64) {
        if let Some(waiting) = self.0.get_mut(what) {
            waiting.remove(&stamp);
            if waiting.is_empty() {
                self.0.remove(what);
            }
        }
    }
}
