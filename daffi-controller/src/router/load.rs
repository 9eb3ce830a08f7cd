//! How much a process runs for others, and how much each of them may have of it.

use daffi_core::proto::{Extensions, Hello, Limits};

use super::ids::PeerId;
use daffi_core::mixing::{Mixing, Table, shrink};

/// How much a process runs at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capacity {
    runs: u64,
    /// How many bytes of arguments it holds.
    bytes: u64,
}

impl Capacity {
    /// That of one that runs nothing.
    pub(super) const NONE: Self = Self { runs: 0, bytes: 0 };

    /// What a process says, and no more than the controller can keep account of.
    pub(super) fn of(hello: &Hello, limits: &Limits) -> Self {
        let runs = hello.extensions.get::<u32>(Extensions::RUNS).ok().flatten();
        let bytes = hello.extensions.get::<u64>(Extensions::RUN_BYTES).ok().flatten();
        Self {
            runs: u64::from(runs.unwrap_or(limits.calls).min(Limits::RUNS)),
            bytes: bytes.unwrap_or(limits.queue_bytes as u64),
        }
    }
}

/// What a process runs now.
#[derive(Debug)]
pub(super) struct Load {
    capacity: Capacity,
    all: Share,
    /// What of it is for whom.
    of: Table<PeerId, Share>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    runs: u64,
    bytes: u64,
}

impl Load {
    pub(super) fn new(capacity: Capacity, mixing: Mixing) -> Self {
        Self {
            capacity,
            all: Share::default(),
            of: Table::with_hasher(mixing),
        }
    }

    /// Whether one more call of `by`, with arguments of so many bytes, is within its share. One that is alone is run,
    /// however large.
    pub(super) fn takes(&self, by: PeerId, bytes: usize) -> bool {
        let (all, most) = (self.all, self.capacity);
        if all.runs == 0 {
            return most.runs > 0;
        }
        let size = bytes as u64;
        let fits = |own: Share| {
            Limits::share(all.runs, most.runs) > own.runs
                && (all.bytes == 0
                    || size == 0
                    || all.bytes.saturating_add(size) <= most.bytes
                        && Limits::share(all.bytes, most.bytes) > own.bytes)
        };
        // What fits where all is one's own fits whatever of it is.
        fits(all) || fits(self.of.get(&by).copied().unwrap_or_default())
    }

    /// A call begins.
    pub(super) fn begin(&mut self, by: PeerId, bytes: usize) {
        let own = self.of.entry(by).or_default();
        for share in [own, &mut self.all] {
            share.runs += 1;
            share.bytes += bytes as u64;
        }
    }

    /// A call has ended that was [begun](Self::begin) so.
    pub(super) fn end(&mut self, by: PeerId, bytes: usize) {
        let Some(own) = self.of.get_mut(&by) else { return };
        for share in [&mut *own, &mut self.all] {
            share.runs -= 1;
            share.bytes -= bytes as u64;
        }
        if own.runs == 0 {
            self.of.remove(&by);
            shrink(&mut self.of);
        }
    }
}
