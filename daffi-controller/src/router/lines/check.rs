//! Whether what is known of calls that wait fits together.

use super::{LineKey, Lines, Parked, WaitId};

impl Lines {
    /// How many lines there are.
    pub(in crate::router) fn lines(&self) -> usize {
        self.lines.len()
    }

    pub(in crate::router) fn all(&self) -> impl Iterator<Item = &Parked> {
        self.calls.values()
    }

    pub(in crate::router) fn check(&self) {
        for (id, call) in &self.calls {
            let is_in = |key: LineKey| {
                self.lines
                    .get(&key)
                    .is_some_and(|line| line.calls().any(|call| call == *id))
            };
            let is_adrift = self
                .adrift
                .values()
                .flatten()
                .any(|line| line.calls().any(|call| call == *id));
            assert!(
                is_adrift || call.lines.iter().all(is_in),
                "{id:?} waits in each of its lines"
            );
        }
        for (key, line) in &self.lines {
            let is_of = |id: WaitId| {
                self.calls
                    .get(&id)
                    .is_some_and(|call| call.lines.iter().any(|of| of == *key))
            };
            assert!(line.calls().all(is_of), "in {key:?} are those who wait there");
        }
        assert_eq!(
            self.queues.values().map(|queue| queue.calls).sum::<usize>(),
            self.calls.len()
        );
        assert_eq!(
            self.queues.values().map(|queue| queue.bytes).sum::<usize>(),
            self.bytes
        );
        assert_eq!(self.of.values().sum::<usize>(), self.bytes);
        assert_eq!(self.calls.values().map(Parked::bytes).sum::<usize>(), self.bytes);
        assert!(self.stalled.iter().all(|line| self.lines.contains_key(line)));
    }
}
