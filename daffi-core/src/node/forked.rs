//! A process that was forked has all that its parent had in memory, its sockets included, and none of its threads. So it makes no
//! calls with that, and writes nothing: its parent would lose its connection.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::proto::Moment;

/// Who the process is, is not asked more often: that is a system call, which costs a sixth of what a call does. Forking takes
/// longer than this, so a child has not been asked for longer.
const FRESH: Duration = Duration::from_micros(20);

/// Whose the node is.
#[derive(Debug)]
pub(super) struct Lineage {
    /// The process that it was started in.
    home: u32,
    /// When it was asked last who the process is, in nanoseconds since the node's origin.
    asked: AtomicU64,
}

impl Lineage {
    /// This process's.
    pub(super) fn here() -> Self {
        Self {
            home: process::id(),
            asked: AtomicU64::new(0),
        }
    }

    /// Whether the process is another one, as far as is known now; `id` says which it is.
    pub(super) fn is_left(&self, now: Moment, id: impl FnOnce() -> u32) -> bool {
        let now = u64::try_from(now.since_origin().as_nanos()).unwrap_or(u64::MAX);
        let before = self.asked.load(Ordering::Relaxed);
        if Duration::from_nanos(now.saturating_sub(before)) < FRESH {
            return false;
        }
        let is_left = self.home != id();
        if !is_left {
            self.asked.store(now, Ordering::Relaxed);
        }
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p16_a_child_is_told_from_its_parent_whenever_it_asks() {
        let lineage = Lineage::here();
        let home = lineage.home;
        let at = |micros, id: u32| {
            let mut asked = false;
            let ask = || {
                asked = true;
                id
            };
            let is_left = lineage.is_left(Moment::new(Duration::from_micros(micros)), ask);
            (is_left, asked)
        };
        assert_eq!(at(100, home), (false, true));
        assert_eq!(at(100, home), (false, false));
        assert_eq!(at(119, home), (false, false));
        assert_eq!(at(120, home), (false, true));
        assert_eq!(at(140, home + 1), (true, true));
        assert_eq!(at(140, home + 1), (true, true));
        assert_eq!(at(141, home + 1), (true, true));
    }
}
