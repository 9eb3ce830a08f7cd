//! Lines that nobody serves any more, and their calls, which do not know it yet.

use std::ops::RangeInclusive;

use super::{Lines, versions_of};
use crate::router::ids::{FunctionKey, PeerId, WaitId};
use crate::router::line::{Line, LineKey, Parked};

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

    /// The oldest of a caller's calls of a name that have lost their line, and do not know yet what that means, if it may come to what
    /// a process offers.
    pub(in crate::router) fn oldest_adrift(
        &self,
        caller: PeerId,
        (name, process): (&str, PeerId),
    ) -> Option<WaitId> {
        let may_come = |call: &WaitId| {
            let call = self.calls.get(call);
            call.is_some_and(|call| call.named.is_none_or(|named| named == process))
        };
        let lines = self.adrift.get(name).into_iter().flatten();
        lines
            .filter_map(|line| line.first_of(caller))
            .filter(may_come)
            .min()
    }

    pub(in crate::router) fn has_adrift(&self) -> bool {
        !self.adrift.is_empty()
    }

    /// The next call that nobody serves any more: one of each name after the other.
    pub(in crate::router) fn next_adrift(&mut self) -> Option<WaitId> {
        use std::ops::Bound::{Excluded, Unbounded};
        while self.has_adrift() {
            let behind = (Excluded(&*self.rerouted), Unbounded);
            let name = self.adrift.range::<str, _>(behind).next();
            let (name, _) = name.or_else(|| self.adrift.first_key_value())?;
            self.rerouted = name.clone();
            let lines = self.adrift.get_mut(&self.rerouted)?;
            if let Some(call) = lines.front_mut().and_then(Line::pop) {
                return Some(call);
            }
            lines.pop_front();
            if lines.is_empty() {
                self.adrift.remove(&self.rerouted);
            }
        }
        None
    }

    /// A call waits no longer, or in other lines.
    pub(super) fn step_out_of_adrift(&mut self, id: WaitId, call: &Parked) {
        let lines = self.adrift.get_mut(&call.made.name);
        lines
            .into_iter()
            .flatten()
            .for_each(|line| line.remove(call.by, id));
    }
}
