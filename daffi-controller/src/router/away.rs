//! How many processes there are whose connection is lost and that may come back.
//!
//! Each takes memory and no descriptor, so nothing else bounds how many of them somebody makes.

use std::sync::Arc;

use daffi_core::proto::Who;

use daffi_core::mixing::{Mixing, Table, shrink};

/// About so much memory one takes that is away, beside what is queued for it.
const AWAY_BYTES: usize = 8 * 1024;

/// As many are kept as that, however little memory there is.
const LEAST: usize = 32;

/// Those that are away.
#[derive(Debug)]
pub(super) struct Away {
    most: usize,
    count: usize,
    /// How many of them are whose.
    of: Table<Who<Arc<str>>, usize>,
}

impl Away {
    /// They may take so many bytes, all together.
    pub(super) fn new(bytes: usize, mixing: Mixing) -> Self {
        Self {
            most: (bytes / AWAY_BYTES).max(LEAST),
            count: 0,
            of: Table::with_hasher(mixing),
        }
    }

    /// Whether one more may be away. However many an identity has, it leaves as many places for others.
    pub(super) fn takes(&self, identity: &Who<Arc<str>>) -> bool {
        let own = self.of.get(identity).copied().unwrap_or(0);
        own < self.most.saturating_sub(self.count)
    }

    /// Whether there is any. Mostly there is none.
    pub(super) const fn is_any(&self) -> bool {
        self.count > 0
    }

    pub(super) fn add(&mut self, identity: &Who<Arc<str>>) {
        self.count += 1;
        match self.of.get_mut(identity) {
            Some(own) => *own += 1,
            None => drop(self.of.insert(identity.clone(), 1)),
        }
    }

    pub(super) fn remove(&mut self, identity: &Who<Arc<str>>) {
        self.count -= 1;
        if let Some(own) = self.of.get_mut(identity) {
            *own -= 1;
            if *own == 0 {
                self.of.remove(identity);
                shrink(&mut self.of);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0 && self.of.is_empty()
    }
}
