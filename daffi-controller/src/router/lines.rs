//! The calls that wait for a provider with a free place.
//!
//! A call waits in one line: for any provider that accepts its signature, or for one that is named. A line serves its callers in
//! turn, and the calls of each in their order. Lines share a queue where they wait for the same places: one for each callback, and
//! one for each provider that calls name. What a queue holds is bounded; where it is full, the caller that holds most of it
//! makes room for one that holds less.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use daffi_core::proto::{Limits, Moment, StreamId};

use super::ids::{Caller, FunctionKey, PeerId, ProviderKey, WaitId};
use super::made::Made;
use super::numbers::{Mixing, Table, shrink};

/// What a call that waits takes beside its arguments, about, in bytes.
const KEPT: usize = 512;

/// What the end of a stream takes beside its words.
const CLOSED: usize = 64;

/// Which calls wait together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LineKey {
    /// Those for any provider of a callback, with a signature of that number.
    Any(FunctionKey, u64),
    /// Those for one provider.
    One(ProviderKey),
}

/// Which calls are bounded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum QueueKey {
    Any(FunctionKey),
    One(ProviderKey),
}

impl LineKey {
    const fn queue(self) -> QueueKey {
        match self {
            Self::Any(function, _) => QueueKey::Any(function),
            Self::One(provider) => QueueKey::One(provider),
        }
    }
}

/// A call that waits.
#[derive(Debug)]
pub(super) struct Parked {
    pub(super) line: LineKey,
    /// Whom to tell how it ended.
    pub(super) caller: Caller,
    /// Who made it.
    pub(super) by: PeerId,
    /// The process that it is for, if not for any.
    pub(super) named: Option<PeerId>,
    pub(super) made: Arc<Made>,
    pub(super) payload: Bytes,
    /// How many bytes it brings to its provider.
    pub(super) size: usize,
    pub(super) since: Moment,
    /// Which of its argument streams have ended already, and how, encoded.
    pub(super) closed: Vec<(StreamId, Bytes)>,
}

/// How many bytes a call keeps of what its streams ended with.
const CLOSED_BYTES: usize = 8 * 1024;

impl Parked {
    fn bytes(&self) -> usize {
        let closed: usize = self.closed.iter().map(|(_, status)| status.len() + CLOSED).sum();
        self.size.saturating_add(KEPT).saturating_add(closed)
    }
}

/// How many may wait in a queue, and how many bytes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) calls: u32,
    pub(super) bytes: usize,
}

/// The calls of one line.
#[derive(Debug)]
pub(super) struct Line {
    of: BTreeMap<PeerId, InLine>,
    turns: BTreeSet<(u64, PeerId)>,
}

/// The calls of one caller in a line.
#[derive(Debug)]
struct InLine {
    /// The place of the caller among the others: the smallest is next.
    turn: u64,
    calls: BTreeSet<WaitId>,
}

impl Line {
    const fn new() -> Self {
        Self {
            of: BTreeMap::new(),
            turns: BTreeSet::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// The oldest call of a caller.
    fn first_of(&self, caller: PeerId) -> Option<WaitId> {
        self.of.get(&caller)?.calls.first().copied()
    }

    fn insert(&mut self, caller: PeerId, call: WaitId) {
        // Whoever comes new comes after all who wait already.
        let turn = call.0;
        let turns = &mut self.turns;
        let own = self.of.entry(caller).or_insert_with(|| {
            turns.insert((turn, caller));
            InLine {
                turn,
                calls: BTreeSet::new(),
            }
        });
        own.calls.insert(call);
    }

    fn remove(&mut self, caller: PeerId, call: WaitId) {
        let Some(own) = self.of.get_mut(&caller) else {
            return;
        };
        own.calls.remove(&call);
        if own.calls.is_empty() {
            self.turns.remove(&(own.turn, caller));
            self.of.remove(&caller);
        }
    }

    /// A caller comes after all others.
    fn postpone(&mut self, caller: PeerId, turn: u64) {
        if let Some(own) = self.of.get_mut(&caller) {
            self.turns.remove(&(own.turn, caller));
            own.turn = turn;
            self.turns.insert((turn, caller));
        }
    }

    /// Takes out the next call.
    pub(super) fn pop(&mut self) -> Option<WaitId> {
        let (_, caller) = *self.turns.first()?;
        let call = self.first_of(caller)?;
        self.remove(caller, call);
        Some(call)
    }
}

/// What a queue holds.
#[derive(Debug)]
struct Queue {
    calls: usize,
    bytes: usize,
    of: Table<PeerId, InQueue>,
    /// Its callers by how many calls of theirs wait.
    longest: BTreeSet<(usize, PeerId)>,
}

/// What a queue holds of one caller's.
#[derive(Debug, Default)]
struct InQueue {
    calls: BTreeSet<WaitId>,
    bytes: usize,
}

impl Queue {
    fn count(&mut self, caller: PeerId, change: impl FnOnce(&mut InQueue)) {
        let own = self.of.entry(caller).or_default();
        let (calls, bytes) = (own.calls.len(), own.bytes);
        change(own);
        self.longest.remove(&(calls, caller));
        let (now, taken) = (own.calls.len(), own.bytes);
        if now == 0 {
            self.of.remove(&caller);
        } else {
            self.longest.insert((now, caller));
        }
        self.calls = self.calls - calls + now;
        self.bytes = self.bytes - bytes + taken;
    }
}

/// Whether one more call may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Granted,
    /// If this one waits no longer.
    Instead(WaitId),
    Denied,
}

/// All calls that wait.
#[derive(Debug)]
pub(super) struct Lines {
    calls: Table<WaitId, Parked>,
    lines: BTreeMap<LineKey, Line>,
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
    /// Those that nobody serves any more. Their calls find out what that means for them.
    adrift: VecDeque<Line>,
    /// How many calls have waited, and turns have passed.
    count: u64,
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
            adrift: VecDeque::new(),
            count: 0,
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

    // ------------------------------------------------------------------ to come and to go

    /// Whether a call may wait that brings so many bytes to its provider.
    pub(super) fn admission(&self, line: LineKey, by: PeerId, size: usize, bound: Bound) -> Admission {
        if bound.calls == 0 {
            return Admission::Denied;
        }
        let bytes = size.saturating_add(KEPT);
        let own_bytes = self.of.get(&by).copied().unwrap_or(0);
        // One that is alone may wait, however large it is.
        let takes = |all: usize, most: usize, own: usize| {
            all == 0
                || all.saturating_add(bytes) <= most && Limits::share(all as u64, most as u64) > own as u64
        };
        if !takes(self.bytes, self.limit, own_bytes) {
            return Admission::Denied;
        }
        let Some(queue) = self.queues.get(&line.queue()) else {
            return Admission::Granted;
        };
        let own = queue.of.get(&by);
        if !takes(queue.bytes, bound.bytes, own.map_or(0, |own| own.bytes)) {
            return Admission::Denied;
        }
        if queue.calls < bound.calls as usize {
            return Admission::Granted;
        }
        let own = own.map_or(0, |own| own.calls.len());
        let longest = queue.longest.last().filter(|(calls, _)| *calls > own + 1);
        let newest = longest.and_then(|(_, holder)| queue.of.get(holder)?.calls.last().copied());
        newest.map_or(Admission::Denied, Admission::Instead)
    }

    pub(super) fn insert(&mut self, call: Parked) -> WaitId {
        let id = WaitId(self.next());
        self.lines
            .entry(call.line)
            .or_insert_with(Line::new)
            .insert(call.by, id);
        self.count_in(id, &call);
        self.calls.insert(id, call);
        id
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn count_in(&mut self, id: WaitId, call: &Parked) {
        let bytes = call.bytes();
        let mixing = self.mixing;
        let queue = self.queues.entry(call.line.queue()).or_insert_with(|| Queue {
            calls: 0,
            bytes: 0,
            of: Table::with_hasher(mixing),
            longest: BTreeSet::new(),
        });
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
        if let Some(line) = self.lines.get_mut(&call.line) {
            line.remove(call.by, id);
            if line.is_empty() {
                self.lines.remove(&call.line);
                self.stalled.remove(&call.line);
            }
        }
        let (key, bytes) = (call.line.queue(), call.bytes());
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
        Some(call)
    }

    /// A call that was [taken from its line](Self::cast_off) waits in another one, in the place that its age gives it.
    pub(super) fn transfer(&mut self, id: WaitId, line: LineKey) {
        let Some(mut call) = self.calls.remove(&id) else {
            return;
        };
        let bytes = call.bytes();
        if let Some(queue) = self.queues.get_mut(&call.line.queue()) {
            queue.count(call.by, |own| {
                own.calls.remove(&id);
                own.bytes -= bytes;
            });
            if queue.calls == 0 {
                self.queues.remove(&call.line.queue());
            }
        }
        *self.of.entry(call.by).or_default() -= bytes;
        self.bytes -= bytes;
        call.line = line;
        self.lines
            .entry(line)
            .or_insert_with(Line::new)
            .insert(call.by, id);
        self.count_in(id, &call);
        self.calls.insert(id, call);
    }

    /// Keeps what a stream of a call ended with; `false` if that is too much.
    pub(super) fn keep_close(&mut self, id: WaitId, stream: StreamId, status: Bytes) -> bool {
        let more = status.len() + CLOSED;
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let kept = call.bytes().saturating_sub(call.size.saturating_add(KEPT));
        if kept + more > CLOSED_BYTES || self.bytes.saturating_add(more) > self.limit {
            return false;
        }
        call.closed.push((stream, status));
        let by = call.by;
        if let Some(queue) = self.queues.get_mut(&call.line.queue()) {
            queue.count(by, |own| own.bytes += more);
        }
        *self.of.entry(by).or_default() += more;
        self.bytes += more;
        true
    }

    // ------------------------------------------------------------------ whose turn it is

    /// Whether a call of the caller's waits in one of these lines.
    pub(super) fn has_of(&self, caller: PeerId, lines: &[LineKey]) -> bool {
        lines.iter().any(|line| {
            let line = self.lines.get(line);
            line.is_some_and(|line| line.of.contains_key(&caller))
        })
    }

    /// Those whose turn it is in these lines, some of them, but for those of a caller that is not to be had by lines for any.
    pub(super) fn next_of(&self, lines: &[LineKey], but: Option<PeerId>, some: usize) -> Vec<WaitId> {
        let mut turns: Vec<(u64, PeerId)> = Vec::new();
        for key in lines {
            let Some(line) = self.lines.get(key) else { continue };
            let is_any = matches!(key, LineKey::Any(..));
            let others = line
                .turns
                .iter()
                .filter(|(_, caller)| !is_any || Some(*caller) != but);
            turns.extend(others.take(some));
        }
        turns.sort_unstable();
        let mut seen = BTreeSet::new();
        turns.retain(|(_, caller)| seen.insert(*caller));
        turns.truncate(some);
        // Of each, the oldest: its calls are begun in the order in which it made them.
        let oldest = |caller: PeerId| {
            let lines = lines
                .iter()
                .filter(|key| !matches!(key, LineKey::Any(..)) || Some(caller) != but);
            lines
                .filter_map(|key| self.lines.get(key)?.first_of(caller))
                .min()
        };
        turns
            .into_iter()
            .filter_map(|(_, caller)| oldest(caller))
            .collect()
    }

    /// A call of the caller's is begun: in these lines others come first now.
    pub(super) fn postpone(&mut self, caller: PeerId, lines: &[LineKey]) {
        let turn = self.next();
        for key in lines {
            if let Some(line) = self.lines.get_mut(key) {
                line.postpone(caller, turn);
            }
        }
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

    /// Nobody serves a line any more, or nobody does for one of its callers.
    pub(super) fn cast_off(&mut self, key: LineKey, caller: Option<PeerId>) {
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        let cast_off = match caller {
            None => std::mem::replace(line, Line::new()),
            Some(caller) => {
                let Some(own) = line.of.remove(&caller) else {
                    return;
                };
                line.turns.remove(&(own.turn, caller));
                Line {
                    turns: BTreeSet::from([(own.turn, caller)]),
                    of: BTreeMap::from([(caller, own)]),
                }
            }
        };
        if line.is_empty() {
            self.lines.remove(&key);
            self.stalled.remove(&key);
        }
        if !cast_off.is_empty() {
            self.adrift.push_back(cast_off);
        }
    }

    pub(super) fn has_adrift(&self) -> bool {
        !self.adrift.is_empty()
    }

    /// The next call that nobody serves any more.
    pub(super) fn next_adrift(&mut self) -> Option<WaitId> {
        loop {
            let line = self.adrift.front_mut()?;
            if let Some(call) = line.pop() {
                return Some(call);
            }
            self.adrift.pop_front();
        }
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        let in_lines: usize = self
            .lines
            .values()
            .chain(&self.adrift)
            .flat_map(|line| line.of.values())
            .map(|own| own.calls.len())
            .sum();
        assert!(in_lines >= self.calls.len(), "each waits in a line");
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
