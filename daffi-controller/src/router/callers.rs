//! How many calls of each process a provider runs, where it runs only so many of one.

use super::ids::PeerId;
use daffi_core::mixing::{Mixing, Table, shrink};

/// What a provider that runs only so many calls of one process knows of its callers.
#[derive(Debug)]
pub(super) struct PerCaller {
    pub(super) limit: u32,
    running: Table<PeerId, u32>,
    passed: Passed,
}

/// How far those who wait for a provider were looked at, so that they are not looked at again and again while nothing
/// changes for them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Passed {
    /// Whoever waits for it and has a turn before this one was found to be at the bound of one caller,
    pub(super) until: u64,
    /// and has been since, but for this one, of which a call has ended.
    pub(super) freed: Option<PeerId>,
    /// How often somebody had been put between those who waited already, when that was found.
    pub(super) inserted: u64,
}

impl PerCaller {
    pub(super) fn new(limit: u32, mixing: Mixing) -> Self {
        Self {
            limit,
            running: Table::with_hasher(mixing),
            passed: Passed::default(),
        }
    }

    /// Whether it runs as many calls of a process as it may of one.
    pub(super) fn is_full_for(&self, caller: PeerId) -> bool {
        self.running.get(&caller).copied().unwrap_or(0) >= self.limit
    }

    pub(super) fn begin(&mut self, by: PeerId) {
        *self.running.entry(by).or_default() += 1;
    }

    pub(super) fn end(&mut self, by: PeerId) {
        let Some(own) = self.running.get_mut(&by) else {
            return;
        };
        *own -= 1;
        if *own == 0 {
            self.running.remove(&by);
            shrink(&mut self.running);
        }
        match self.passed.freed {
            None => self.passed.freed = Some(by),
            // It is served after each call that ends; where nobody waits, nothing is lost.
            Some(_) => self.passed = Passed::default(),
        }
    }

    /// How far callers need not be looked at, if they were put into lines so often by now.
    pub(super) fn passed(&self, inserted: u64) -> Passed {
        if self.passed.inserted == inserted {
            self.passed
        } else {
            Passed {
                inserted,
                ..Passed::default()
            }
        }
    }

    pub(super) fn pass(&mut self, passed: Passed) {
        self.passed = passed;
    }

    /// It knows what it runs of each process.
    #[cfg(test)]
    pub(super) fn check(&self, running: &std::collections::BTreeMap<PeerId, u32>) {
        assert_eq!(running.len(), self.running.len());
        for (caller, runs) in running {
            assert!(*runs <= self.limit && self.running.get(caller) == Some(runs));
        }
    }
}
