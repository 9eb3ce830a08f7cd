//! Who is given a place that a provider has.

use super::callers::Passed;
use super::directory::Directory;
use super::ids::{PeerId, ProviderKey, WaitId};
use super::line::{InLines, LineKey, Next};
use super::outlet::Outlet;
use super::pick::Obstacle;
use super::state::Router;
use super::work::{Progress, Step, Turn};

/// Of so many callers one is looked for whose call a provider takes.
pub(super) const TRIED: usize = 8;

/// Whether a provider was given all that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    All,
    /// The turn is over.
    Some,
}

/// Whose call a provider takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// That of this process.
    Call(WaitId, PeerId),
    Nobody,
    /// Nobody's, and that may change without a call ending.
    Clogged,
    /// The turn is over before that is known.
    Unknown,
}

/// Providers that are new, and have places.
#[derive(Debug)]
pub(super) struct Serving(pub(super) std::vec::IntoIter<ProviderKey>);

impl Step for Serving {
    fn go_on(&mut self, router: &mut Router, turn: &mut Turn, mut out: &mut dyn Outlet) -> Progress {
        while let Some(key) = self.0.as_slice().first() {
            if router.serve_until(*key, turn, &mut out) == Served::Some {
                return Progress::More;
            }
            self.0.next();
            if !turn.spend() {
                return Progress::More;
            }
        }
        Progress::Done
    }
}

impl Router {
    /// Whether calls of a caller wait for a place that a provider has, or may come to do so.
    pub(super) fn waits_for(&self, caller: PeerId, key: ProviderKey) -> bool {
        if self.lines.is_empty() {
            return false;
        }
        let Some((peer, mut lines)) = lines_of(&self.directory, key) else {
            return false;
        };
        // It does not run what it calls of anybody.
        lines.retain(|line| peer != caller || matches!(line, LineKey::One(_)));
        self.lines.has_of(caller, &lines) || self.oldest_adrift(caller, key).is_some()
    }

    /// The oldest of a caller's calls that have lost their line, and may come to wait for a provider's places.
    fn oldest_adrift(&self, caller: PeerId, key: ProviderKey) -> Option<WaitId> {
        // Mostly there are none.
        let provider = self.lines.has_adrift().then(|| self.directory.provider(key))??;
        self.lines.oldest_adrift(caller, (&provider.name, provider.peer))
    }

    /// Whether an older call of the same caller has lost its line, and may come to wait for a provider's places: that comes first (P5).
    pub(super) fn is_behind_adrift(&self, id: WaitId, caller: PeerId, key: ProviderKey) -> bool {
        self.oldest_adrift(caller, key).is_some_and(|oldest| oldest < id)
    }

    /// A provider may have a place: fills it.
    pub(super) fn serve(&mut self, key: ProviderKey, turn: &mut Turn, out: &mut impl Outlet) {
        if self.serve_until(key, turn, out) == Served::Some
            && let Some((_, lines)) = lines_of(&self.directory, key)
        {
            lines.into_iter().for_each(|line| self.stall(line, turn));
        }
    }

    /// Fills the places of a provider, the first of them in any turn.
    fn serve_until(&mut self, key: ProviderKey, turn: &mut Turn, out: &mut impl Outlet) -> Served {
        if self.lines.is_empty() {
            return Served::All;
        }
        let Some((peer, lines)) = lines_of(&self.directory, key) else {
            return Served::All;
        };
        let mut is_over = false;
        loop {
            let (id, by) = match self.next_for(key, (peer, &lines), turn, out) {
                Found::Call(id, by) => (id, by),
                Found::Nobody => return Served::All,
                Found::Clogged => {
                    lines.into_iter().for_each(|line| self.stall(line, turn));
                    return Served::All;
                }
                Found::Unknown => return Served::Some,
            };
            if is_over {
                return Served::Some;
            }
            is_over = !turn.spend();
            // It has had its turn in all lines in which it waited.
            let waited = self.lines.get(id).map(|parked| parked.lines.clone());
            self.begin_parked(id, key, turn, out);
            let others = waited.iter().flat_map(InLines::iter);
            self.lines.postpone(by, lines.iter().copied().chain(others));
        }
    }

    /// Looks for the first in turn whose call a provider takes now.
    ///
    /// Those who are at its bound for one caller are passed over, and not looked at again before one of their calls has ended
    /// there: so each is looked at once for each turn that it has, however many wait. Where many were not looked at yet, it is some of them
    /// each time, and whose call has ended comes first meanwhile, as it has a place for certain. That one comes after all
    /// others then, so nobody waits for ever.
    fn next_for(
        &mut self,
        key: ProviderKey,
        (peer, lines): (PeerId, &[LineKey]),
        turn: &mut Turn,
        out: &impl Outlet,
    ) -> Found {
        let passed = self.directory.passed(key, self.lines.inserted());
        let mut from = passed.until;
        // The first that was looked at, and is not to be passed over.
        let mut left = u64::MAX;
        let mut clogged = 0;
        let freed = passed.freed;
        let freed = freed.and_then(|caller| self.lines.next_call_of(lines, Some(peer), caller));
        let (mut first, mut freed) = match freed {
            Some(next) if next.turn < from => (Some(next), None),
            later => (None, later),
        };
        let found = 'found: loop {
            let next = self.lines.next_of(lines, Some(peer), from, TRIED);
            let Some(last) = next.last().or(first.as_ref()).map(|next| next.turn) else {
                break if clogged > 0 {
                    Found::Clogged
                } else {
                    Found::Nobody
                };
            };
            let before = clogged;
            for Next { turn, call } in first.take().into_iter().chain(next).chain(freed.take()) {
                let Some((provider, parked)) = self.directory.provider(key).zip(self.lines.get(call)) else {
                    break 'found Found::Nobody;
                };
                let wish = self.wish(parked, &parked.made);
                let obstacle = wish.obstacle(provider, &self.peers, out);
                let is_behind = self.is_behind_adrift(call, parked.by, key);
                match obstacle.or_else(|| is_behind.then_some(Obstacle::Clogged)) {
                    None => break 'found Found::Call(call, parked.by),
                    Some(Obstacle::Bounded) => {}
                    Some(Obstacle::Clogged) => {
                        left = left.min(turn);
                        clogged += 1;
                    }
                    Some(_) => {
                        left = left.min(turn);
                        break 'found Found::Nobody;
                    }
                }
                if turn <= last {
                    from = from.max(turn + 1);
                }
            }
            if clogged >= TRIED {
                break Found::Clogged;
            }
            if clogged == before && !turn.spend() {
                break Found::Unknown;
            }
        };
        let until = from.min(left);
        let freed = None;
        self.directory.pass(
            key,
            Passed {
                until,
                freed,
                ..passed
            },
        );
        found
    }
}

/// The process that a provider belongs to, and the lines that wait for its places.
pub(super) fn lines_of(directory: &Directory, key: ProviderKey) -> Option<(PeerId, Vec<LineKey>)> {
    let provider = directory.provider(key)?;
    provider.shown?;
    let groups = provider.groups.iter().map(|place| place.group);
    let any = [provider.function].into_iter().chain(groups);
    let lines = any.flat_map(|function| {
        let numbers = provider.numbers().chain([0]);
        let any = numbers.map(move |number| LineKey::Any(function, number));
        any.chain([LineKey::Version(function, provider.version)])
    });
    Some((provider.peer, lines.chain([LineKey::One(key)]).collect()))
}
