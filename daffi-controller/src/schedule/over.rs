//! Schedules that have ended, and can still be asked about.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use daffi_core::proto::TaskId;

/// So many are remembered.
const REMEMBERED: usize = 1000;

/// Those of each owner that have ended, in the order in which they did.
#[derive(Debug, Default)]
pub(super) struct Over {
    of: BTreeMap<Arc<str>, VecDeque<TaskId>>,
    count: usize,
}

impl Over {
    /// One has ended. Gives one that is to be forgotten for it: the first one of who has most of them (P7).
    pub(super) fn add(&mut self, owner: &Arc<str>, id: TaskId) -> Option<TaskId> {
        self.of.entry(Arc::clone(owner)).or_default().push_back(id);
        self.count += 1;
        if self.count <= REMEMBERED {
            return None;
        }
        let (owner, own) = self.of.iter_mut().max_by_key(|(_, own)| own.len())?;
        let forgotten = own.pop_front();
        self.count -= 1;
        if own.is_empty() {
            let owner = Arc::clone(owner);
            self.of.remove(&owner);
        }
        forgotten
    }
}
