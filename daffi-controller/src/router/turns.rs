//! Whose turn it is in lines.

use std::collections::BTreeSet;

use super::ids::PeerId;
use super::line::{Line, LineKey, Next};
use super::lines::Lines;

impl Lines {
    /// Whether a call of the caller's waits in one of these lines.
    pub(super) fn has_of(&self, caller: PeerId, lines: &[LineKey]) -> bool {
        let mut lines = lines.iter().filter_map(|line| self.lines.get(line));
        lines.any(|line| line.has(caller))
    }

    /// Those whose turn it is in these lines, some of them, but for those of a caller that is not to be had by lines for any, and
    /// those who have a turn before `from`.
    pub(super) fn next_of(
        &self,
        lines: &[LineKey],
        but: Option<PeerId>,
        from: u64,
        some: usize,
    ) -> Vec<Next> {
        let mut turns: Vec<(u64, PeerId)> = Vec::new();
        for key in lines {
            let Some(line) = self.lines.get(key) else { continue };
            let others = line
                .turns(from)
                .filter(|(_, caller)| !key.is_for_any() || Some(*caller) != but);
            turns.extend(others.take(some));
        }
        turns.sort_unstable();
        let mut seen = BTreeSet::new();
        turns.retain(|(_, caller)| seen.insert(*caller));
        turns.truncate(some);
        let next = |(turn, caller)| {
            let call = self.of_caller(lines, but, caller, Line::first_of)?;
            Some(Next { turn, call })
        };
        turns.into_iter().filter_map(next).collect()
    }

    /// When it is a caller's turn in these lines, as in [`next_of`](Self::next_of).
    pub(super) fn next_call_of(
        &self,
        lines: &[LineKey],
        but: Option<PeerId>,
        caller: PeerId,
    ) -> Option<Next> {
        let turn = self.of_caller(lines, but, caller, Line::turn_of)?;
        let call = self.of_caller(lines, but, caller, Line::first_of)?;
        Some(Next { turn, call })
    }

    /// The least of what the lines have of a caller.
    fn of_caller<T: Ord>(
        &self,
        lines: &[LineKey],
        but: Option<PeerId>,
        caller: PeerId,
        of: impl Fn(&Line, PeerId) -> Option<T>,
    ) -> Option<T> {
        let lines = lines
            .iter()
            .filter(|key| !key.is_for_any() || Some(caller) != but);
        lines.filter_map(|key| of(self.lines.get(key)?, caller)).min()
    }

    /// A call of the caller's is begun: in these lines others come first now.
    pub(super) fn postpone(&mut self, caller: PeerId, lines: impl Iterator<Item = LineKey>) {
        let turn = self.next();
        for key in lines {
            if let Some(line) = self.lines.get_mut(&key) {
                line.postpone(caller, turn);
            }
        }
    }
}
