//! What has changed of schedules, and is to be kept.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use daffi_core::proto::TaskId;

/// What has changed since it was kept last.
#[derive(Debug, Default)]
pub struct Changes(BTreeMap<TaskId, What>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// How it stands.
    Progress,
    /// All of it.
    Whole,
    /// It is forgotten.
    Gone,
}

impl Changes {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One of them.
    pub(super) fn take_one(&mut self) -> Option<(TaskId, What)> {
        self.0.pop_first()
    }

    /// Nothing of a schedule is to be kept.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.0.remove(&task);
    }

    pub(super) fn note(&mut self, task: TaskId, what: What) {
        match self.0.entry(task) {
            // One that was forgotten is there again under its number.
            Entry::Occupied(mut noted) if what == What::Whole || *noted.get() < what => {
                *noted.get_mut() = what;
            }
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => {
                free.insert(what);
            }
        }
    }
}
