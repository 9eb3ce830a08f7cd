//! Lines that nobody serves any more, and their calls, which do not know it yet.

use std::ops::RangeInclusive;

use super::{Lines, versions_of};
use crate::router::ids::{FunctionKey, PeerId, WaitId};
use crate::router::line::{Line, LineKey};

impl Lines {
    /// Nobody serves a line any more, or nobody does for one of its callers.
    pub(in crate::router) fn cast_off(&mut self, key: LineKey, caller: Option<PeerId>) {
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        let cast_off = match caller {
            None => std::mem::replace(line, Line::new()),
            Some(caller) => line.take_of(caller),
        };
        if line.is_empty() {
            self.lines.remove(&key);
            self.stalled.remove(&key);
        }
        let first = cast_off.first().and_then(|(_, call)| self.calls.get(&call));
        if let Some(first) = first {
            let adrift = self.adrift.entry(first.made.name.clone());
            adrift.or_default().push_back(cast_off);
        }
    }

    fn cast_off_all(&mut self, lines: RangeInclusive<LineKey>) {
        while let Some(line) = self.lines.range(lines.clone()).next().map(|(line, _)| *line) {
            self.cast_off(line, None);
        }
    }

    /// Nobody is in a group any more.
    pub(in crate::router) fn cast_off_group(&mut self, group: FunctionKey) {
        self.cast_off_all(LineKey::Any(group, 0)..=LineKey::Any(group, u64::MAX));
        self.cast_off_all(versions_of(group));
    }

    /// Whether a call of a caller's has lost its line, and does not know yet what that means.
    pub(in crate::router) fn is_adrift(&self, caller: PeerId, name: &str) -> bool {
        let mut lines = self.adrift.get(name).into_iter().flatten();
        lines.any(|line| line.has(caller))
    }

    pub(in crate::router) fn has_adrift(&self) -> bool {
        !self.adrift.is_empty()
    }

    /// The next call that nobody serves any more.
    pub(in crate::router) fn next_adrift(&mut self) -> Option<WaitId> {
        while let Some(mut lines) = self.adrift.first_entry() {
            match lines.get_mut().front_mut().map(Line::pop) {
                Some(Some(call)) => return Some(call),
                Some(None) => {
                    lines.get_mut().pop_front();
                }
                None => {
                    lines.remove();
                }
            }
        }
        None
    }
}
