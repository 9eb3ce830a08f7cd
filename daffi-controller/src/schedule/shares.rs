//! How much there is of schedules, and who has how much of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use daffi_core::proto::Limits;

use super::refused::Refused;

/// How many schedules there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// So many.
    pub schedules: usize,
    /// What they call may have so many bytes in all: names, metadata and arguments.
    pub bytes: usize,
    /// So many ticks may run or wait, beside the first two of each schedule.
    pub ticks: usize,
    /// The words of errors that are remembered may have so many bytes in all, beside the first ones of each.
    pub words: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            schedules: 1 << 17,
            bytes: 64 * 1024 * 1024,
            ticks: 1 << 17,
            words: 32 * 1024 * 1024,
        }
    }
}

/// Who has how much.
#[derive(Debug)]
pub(super) struct Shares {
    bounds: Bounds,
    all: Share,
    of: BTreeMap<Arc<str>, Share>,
}

/// A part of what there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) schedules: usize,
    pub(super) bytes: usize,
    pub(super) ticks: usize,
    pub(super) words: usize,
}

/// What an identity may have more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    /// A tick that runs or waits.
    pub(super) has_ticks: bool,
    /// All words of an error.
    pub(super) has_words: bool,
}

impl Shares {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            all: Share::default(),
            of: BTreeMap::new(),
        }
    }

    /// What an identity had is this now.
    pub(super) fn change(&mut self, owner: &Arc<str>, was: Share, is: Share) {
        if was == is {
            return;
        }
        let own = self.of.entry(Arc::clone(owner)).or_default();
        own.change(was, is);
        if *own == Share::default() {
            self.of.remove(owner);
        }
        self.all.change(was, is);
    }

    /// Whether an identity may have so many more schedules, of so many bytes: one alone has four fifths at most, so that something is left
    /// for others.
    pub(super) fn check(&self, owner: &str, schedules: usize, bytes: usize) -> Result<(), Refused> {
        let (own, all, bounds) = (self.own(owner), self.all, self.bounds);
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

    /// What else it may have.
    pub(super) fn room(&self, owner: &str) -> Room {
        let (own, all, bounds) = (self.own(owner), self.all, self.bounds);
        Room {
            has_ticks: fits(own.ticks, 1, all.ticks, bounds.ticks),
            has_words: fits(own.words, 1, all.words, bounds.words),
        }
    }

    fn own(&self, owner: &str) -> Share {
        self.of.get(owner).copied().unwrap_or_default()
    }
}

impl Share {
    fn change(&mut self, was: Self, is: Self) {
        let changed = |has: usize, was: usize, is: usize| (has + is).saturating_sub(was);
        *self = Self {
            schedules: changed(self.schedules, was.schedules, is.schedules),
            bytes: changed(self.bytes, was.bytes, is.bytes),
            ticks: changed(self.ticks, was.ticks, is.ticks),
            words: changed(self.words, was.words, is.words),
        };
    }
}

fn fits(own: usize, more: usize, all: usize, limit: usize) -> bool {
    (own + more) as u64 <= Limits::share((all + more) as u64, limit as u64)
}
