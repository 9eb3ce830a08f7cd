//! The calls that wait for a provider with a free place.
//!
//! A call waits in one line: for any provider that accepts its signature, or for one that is named; or in one for each version that it
//! goes together with. A line serves its callers in turn, and the calls of each in their order. Lines share a queue where they wait for the same places: one for each callback, and
//! one for each provider that calls name. What a queue holds is bounded; where it is full, the caller that holds most of it
//! makes room for one that holds less.

mod adrift;
#[cfg(test)]
mod check;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;

use bytes::Bytes;
use daffi_core::proto::{Limits, PieceError, StreamId};

use super::ids::{FunctionKey, PeerId, WaitId};
use super::line::{
    Admission, Bound, CLOSED, CLOSED_BYTES, Granted, InLines, InVersion, Line, LineKey, Parked, Queue,
    QueueKey,
};
use daffi_core::mixing::{Mixing, Table, shrink};

/// All calls that wait.
#[derive(Debug)]
pub(super) struct Lines {
    calls: Table<WaitId, Parked>,
    pub(super) lines: BTreeMap<LineKey, Line>,
    queues: Table<QueueKey, Queue>,
    /// How many bytes wait for whom, and of all.
    of: Table<PeerId, usize>,
    bytes: usize,
    /// How many bytes of all may wait.
    limit: usize,
    /// Those in which a call waits for something other than the end of another one: they are looked at from time to time.
    stalled: BTreeSet<LineKey>,
    /// The one of them that was looked at last.
    looked_at: Option<LineKey>,
    /// Those that nobody serves any more, by what their calls name. These find out what that means for them.
    adrift: BTreeMap<Box<str>, VecDeque<Line>>,
    /// The name of which one found that out last.
    rerouted: Box<str>,
    /// How many calls have waited, and turns have passed.
    count: u64,
    /// How often a call came into a line as if it had waited there all the time.
    inserted: u64,
    mixing: Mixing,
}

impl Lines {
    pub(super) fn new(limit: usize, mixing: Mixing) -> Self {
        Self {
            calls: Table::with_hasher(mixing),
            lines: BTreeMap::new(),
            queues: Table::with_hasher(mixing),
            of: Table::with_hasher(mixing),
            bytes: 0,
            limit,
            stalled: BTreeSet::new(),
            looked_at: None,
            adrift: BTreeMap::new(),
            rerouted: Box::default(),
            count: 0,
            inserted: 0,
            mixing,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn get(&self, call: WaitId) -> Option<&Parked> {
        self.calls.get(&call)
    }

    /// All calls that wait, in the order in which they came.
    pub(super) fn ids(&self) -> Vec<WaitId> {
        let mut ids: Vec<_> = self.calls.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    // ------------------------------------------------------------------ to come and to go

    /// Whether a call may wait that takes so many bytes.
    pub(super) fn admission(&self, queue: QueueKey, by: PeerId, bytes: usize, bound: Bound) -> Admission {
        if bound.calls == 0 {
            return Admission::Denied;
        }
        let own_bytes = self.of.get(&by).copied().unwrap_or(0);
        // One that is alone may wait, however large it is.
        let takes = |all: usize, most: usize, own: usize| {
            all == 0
                || all.saturating_add(bytes) <= most && Limits::share(all as u64, most as u64) > own as u64
        };
        if !takes(self.bytes, self.limit, own_bytes) {
            return Admission::Denied;
        }
        let Some(queue) = self.queues.get(&queue) else {
            return Admission::Granted;
        };
        let (own, own_bytes) = queue.share(by);
        if !takes(queue.bytes, bound.bytes, own_bytes) {
            return Admission::Denied;
        }
        if queue.calls < bound.calls as usize {
            return Admission::Granted;
        }
        let newest = queue.newest_of_many(own + 1);
        newest.map_or(Admission::Denied, Admission::Instead)
    }

    pub(super) fn insert(&mut self, call: Parked) -> WaitId {
        let id = WaitId(self.next());
        self.line_up(id, &call);
        self.count_in(id, &call);
        self.calls.insert(id, call);
        id
    }

    fn line_up(&mut self, id: WaitId, call: &Parked) {
        for line in call.lines.iter() {
            let line = self.lines.entry(line).or_insert_with(Line::new);
            line.insert(call.by, id);
        }
    }

    fn step_out(&mut self, id: WaitId, call: &Parked) {
        for key in call.lines.iter() {
            let Some(line) = self.lines.get_mut(&key) else {
                continue;
            };
            line.remove(call.by, id);
            if line.is_empty() {
                self.lines.remove(&key);
                self.stalled.remove(&key);
            }
        }
        self.step_out_of_adrift(id, call);
    }

    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn count_in(&mut self, id: WaitId, call: &Parked) {
        let bytes = call.bytes();
        let mixing = self.mixing;
        let queue = self.queues.entry(call.lines.queue());
        let queue = queue.or_insert_with(|| Queue::new(mixing));
        queue.count(call.by, |own| {
            own.calls.insert(id);
            own.bytes += bytes;
        });
        *self.of.entry(call.by).or_default() += bytes;
        self.bytes += bytes;
    }

    /// A call waits no longer.
    pub(super) fn remove(&mut self, id: WaitId) -> Option<Parked> {
        let call = self.calls.remove(&id)?;
        shrink(&mut self.calls);
        self.step_out(id, &call);
        self.count_out(id, &call);
        Some(call)
    }

    fn count_out(&mut self, id: WaitId, call: &Parked) {
        let (key, bytes) = (call.lines.queue(), call.bytes());
        if let Some(queue) = self.queues.get_mut(&key) {
            queue.count(call.by, |own| {
                own.calls.remove(&id);
                own.bytes -= bytes;
            });
            if queue.calls == 0 {
                self.queues.remove(&key);
                shrink(&mut self.queues);
            }
        }
        if let Some(own) = self.of.get_mut(&call.by) {
            *own -= bytes;
            if *own == 0 {
                self.of.remove(&call.by);
                shrink(&mut self.of);
            }
        }
        self.bytes -= bytes;
    }

    /// Whether a call that was [taken from a line](Self::cast_off) waits in others which somebody serves for its caller. If so, it waits in
    /// all that are left.
    pub(super) fn still_waits(&mut self, id: WaitId, is_served: impl Fn(LineKey, PeerId) -> bool) -> bool {
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let (by, lines) = (call.by, &self.lines);
        let is_in = |key| lines.get(&key).is_some_and(|line| line.has_call(by, id));
        call.lines.iter().any(|key| is_in(key) && is_served(key, by)) && call.lines.retain(is_in)
    }

    /// A call that was [taken from a line](Self::cast_off) waits in others, in the place that its age gives it.
    pub(super) fn transfer(&mut self, id: WaitId, lines: InLines) {
        let Some(mut call) = self.calls.remove(&id) else {
            return;
        };
        self.step_out(id, &call);
        self.count_out(id, &call);
        self.inserted += 1;
        call.lines = lines;
        self.line_up(id, &call);
        self.count_in(id, &call);
        self.calls.insert(id, call);
    }

    /// How often a call came into a line as if it had waited there all the time.
    pub(super) const fn inserted(&self) -> u64 {
        self.inserted
    }

    /// A call waits in these lines, too, if they are of the queue that it is counted in.
    pub(super) fn join(&mut self, id: WaitId, lines: &InLines) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if lines.queue() != call.lines.queue() {
            return;
        }
        let by = call.by;
        let turns = call
            .lines
            .iter()
            .filter_map(|line| self.lines.get(&line)?.turn_of(by));
        // Whoever had a turn a moment ago does not have the next one.
        let turn = turns.max().unwrap_or(id.0);
        for key in lines.iter() {
            let line = self.lines.entry(key).or_insert_with(Line::new);
            if !line.has_call(by, id) {
                line.insert_at(by, id, turn);
                self.inserted += 1;
            }
            call.lines.add(key);
        }
    }

    /// More of the arguments of a call has come. What they have in the end is counted already.
    pub(super) fn add(&mut self, id: WaitId, piece: &Bytes) -> Result<(), PieceError> {
        let call = self.calls.get_mut(&id);
        call.map_or(Ok(()), |call| call.payload.add(piece))
    }

    /// Keeps what a stream of a call ended with; `false` if that is too much.
    pub(super) fn keep_close(&mut self, id: WaitId, stream: StreamId, status: Bytes) -> bool {
        let more = status.len() + CLOSED;
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let kept = call
            .bytes()
            .saturating_sub(call.size.saturating_add(call.made.kept()));
        if kept + more > CLOSED_BYTES || self.bytes.saturating_add(more) > self.limit {
            return false;
        }
        call.closed.push((stream, status));
        let by = call.by;
        if let Some(queue) = self.queues.get_mut(&call.lines.queue()) {
            queue.count(by, |own| own.bytes += more);
        }
        *self.of.entry(by).or_default() += more;
        self.bytes += more;
        true
    }

    /// What the caller of a call has granted of the stream that it may be answered with.
    pub(super) fn granted_mut(&mut self, id: WaitId) -> Option<&mut Granted> {
        Some(&mut self.calls.get_mut(&id)?.granted)
    }

    // ------------------------------------------------------------------ what else is awaited

    /// Something other than the end of a call keeps a line from going on, or no longer does.
    pub(super) fn stall(&mut self, line: LineKey, stalled: bool) {
        if !stalled {
            self.stalled.remove(&line);
        } else if self.lines.contains_key(&line) {
            self.stalled.insert(line);
        }
    }

    /// How many lines are stalled.
    pub(super) fn stalled(&self) -> usize {
        self.stalled.len()
    }

    /// The line that is looked at next of those that are stalled, one after the other.
    pub(super) fn next_stalled(&self) -> Option<LineKey> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = self.looked_at.map_or(Unbounded, Excluded);
        let beyond = self.stalled.range((from, Unbounded)).next();
        beyond.or_else(|| self.stalled.first()).copied()
    }

    pub(super) fn looked_at(&mut self, line: LineKey) {
        self.looked_at = Some(line);
    }

    /// The next call that waits for versions of a callback but for that one, line by line, of those that came until then.
    pub(super) fn next_of_versions(
        &self,
        (function, but): (FunctionKey, u64),
        after: Option<InVersion>,
        until: u64,
    ) -> Option<InVersion> {
        let lines = versions_of(function);
        let from = after.map_or(*lines.start(), |at| at.line);
        let mut others = self.lines.range(from..=*lines.end());
        others.find_map(|(key, line)| {
            if *key == LineKey::Version(function, but) {
                return None;
            }
            let after = after.filter(|at| at.line == *key).map(|at| (at.caller, at.call));
            let (caller, call) = line.call_after(after, WaitId(until))?;
            Some(InVersion {
                line: *key,
                caller,
                call,
            })
        })
    }

    /// The number of what came last.
    pub(super) const fn newest(&self) -> u64 {
        self.count
    }

    /// How many calls wait in a queue.
    pub(super) fn waiting_in(&self, queue: QueueKey) -> usize {
        self.queues.get(&queue).map_or(0, |queue| queue.calls)
    }
}

/// The lines for versions of a callback.
const fn versions_of(function: FunctionKey) -> RangeInclusive<LineKey> {
    LineKey::Version(function, 0)..=LineKey::Version(function, u64::MAX)
}
