//! What ends when: a heap that forgets lazily.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::proto::Moment;

/// Below this size the heap is not worth cleaning.
const SMALL: usize = 64;

/// Ends in order of time.
///
/// A call that ended early leaves its entry behind, since removing it would cost every call a search; entries without
/// owner are swept out whenever the heap has doubled.
#[derive(Debug)]
pub(super) struct Deadlines<K> {
    heap: BinaryHeap<Reverse<(Moment, K)>>,
    sweep_at: usize,
}

impl<K: Ord + Copy> Deadlines<K> {
    pub(super) fn new() -> Self {
        Self {
            heap: BinaryHeap::new(),
            sweep_at: SMALL,
        }
    }

    pub(super) fn add(&mut self, at: Moment, key: K, is_live: impl Fn(&K) -> bool) {
        if self.heap.len() >= self.sweep_at {
            self.heap.retain(|Reverse((_, key))| is_live(key));
            self.sweep_at = SMALL.max(2 * self.heap.len());
        }
        self.heap.push(Reverse((at, key)));
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next key that is due at `now`.
    pub(super) fn due(&mut self, now: Moment) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, key)) = self.heap.pop()?;
        Some(key)
    }
}
