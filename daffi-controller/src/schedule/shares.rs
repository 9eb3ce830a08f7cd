//! How much there is of schedules, and who has how much of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use daffi_core::proto::{Limits, Who};

use super::refused::Refused;

/// How many schedules there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// So many.
    pub schedules: usize,
    /// What they call may have so many bytes in all: names, metadata and arguments.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            schedules: 1 << 17,
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// Who has how much.
#[derive(Debug)]
pub(super) struct Shares {
    bounds: Bounds,
    all: Share,
    of: BTreeMap<String, Share>,
}

/// A part of what there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    schedules: usize,
    bytes: usize,
}

impl Shares {
    pub(super) const fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            all: Share {
                schedules: 0,
                bytes: 0,
            },
            of: BTreeMap::new(),
        }
    }

    /// An identity has one more, of so many bytes.
    pub(super) fn add(&mut self, identity: &Who<Arc<str>>, bytes: usize) {
        let own = self.of.entry(identity.to_string()).or_default();
        for share in [own, &mut self.all] {
            share.schedules += 1;
            share.bytes += bytes;
        }
    }

    /// It has one less.
    pub(super) fn remove(&mut self, identity: &Who<Arc<str>>, bytes: usize) {
        let identity = identity.to_string();
        let mut own = self.of.remove(&identity).unwrap_or_default();
        for share in [&mut own, &mut self.all] {
            share.schedules = share.schedules.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(bytes);
        }
        if own.schedules > 0 {
            self.of.insert(identity, own);
        }
    }

    /// Whether an identity may have so many more, of so many bytes: one alone has four fifths at most, so that something is left
    /// for others.
    pub(super) fn check(
        &self,
        identity: &Who<Arc<str>>,
        schedules: usize,
        bytes: usize,
    ) -> Result<(), Refused> {
        let (all, bounds) = (self.all, self.bounds);
        let own = self.of.get(&identity.to_string()).copied().unwrap_or_default();
        let fits = |own: usize, more: usize, all: usize, limit: usize| {
            (own + more) as u64 <= Limits::share((all + more) as u64, limit as u64)
        };
        if fits(own.schedules, schedules, all.schedules, bounds.schedules)
            && fits(own.bytes, bytes, all.bytes, bounds.bytes)
        {
            return Ok(());
        }
        Err(Refused::Full {
            has: all.schedules,
            bytes: all.bytes,
        })
    }
}
