//! When which schedule is to be told the time, for each of those who have made some.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{TaskId, Time};

use super::now::{Basis, Now};

/// The calendar may be set while nobody looks: so often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// When which schedule is to be told the time, by each clock.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steady: Entries,
    wall: Entries,
}

/// A place in it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) basis: Basis,
    pub(super) at: Time,
    /// What is due at the same time is so in the order in which it was made (P5).
    pub(super) made: u64,
    pub(super) id: TaskId,
    /// Whose it is.
    pub(super) owner: Arc<str>,
}

/// A place among those of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    at: Time,
    made: u64,
    id: TaskId,
}

/// Those that go by one of the clocks.
#[derive(Debug, Default)]
struct Entries {
    of: BTreeMap<Arc<str>, BTreeSet<Place>>,
    /// When the first one of each owner is.
    first: BTreeSet<(Time, Arc<str>)>,
}

impl Agenda {
    pub(super) fn add(&mut self, entry: &Entry) {
        self.of(entry.basis).change(&entry.owner, |own| {
            own.insert(entry.place());
        });
    }

    pub(super) fn remove(&mut self, entry: &Entry) {
        self.of(entry.basis).change(&entry.owner, |own| {
            own.remove(&entry.place());
        });
    }

    const fn of(&mut self, basis: Basis) -> &mut Entries {
        match basis {
            Basis::Steady => &mut self.steady,
            Basis::Wall => &mut self.wall,
        }
    }

    /// Those whose time has come, so many at most: one of each owner after the other, the latest first (P7).
    pub(super) fn due(&self, now: Now, most: usize) -> Vec<TaskId> {
        let mut owners = self.steady.waiting(now.steady, most);
        owners.extend(self.wall.waiting(now.wall, most));
        owners.sort_by_key(|(late, _)| Reverse(*late));
        let mut seen = BTreeSet::new();
        let mut turns: VecDeque<_> = owners
            .into_iter()
            .filter(|(_, owner)| seen.insert(*owner))
            .map(|(_, owner)| self.of_owner(owner, now))
            .collect();
        let mut due = Vec::new();
        while due.len() < most
            && let Some(mut own) = turns.pop_front()
        {
            if let Some(id) = own.next() {
                due.push(id);
                turns.push_back(own);
            }
        }
        due
    }

    /// What is due of one owner, by either clock: the latest first.
    fn of_owner(&self, owner: &str, now: Now) -> impl Iterator<Item = TaskId> {
        let mut steady = self.steady.late(owner, now.steady).peekable();
        let mut wall = self.wall.late(owner, now.wall).peekable();
        std::iter::from_fn(move || {
            let is_by_wall = match (steady.peek(), wall.peek()) {
                (Some((by_steady, _)), Some((by_wall, _))) => by_wall < by_steady,
                (steady, _) => steady.is_none(),
            };
            let next = if is_by_wall { wall.next() } else { steady.next() };
            next.map(|(_, id)| id)
        })
    }

    /// How long it is until then, or until the calendar is to be looked at.
    pub(super) fn next_timeout(&self, now: Now) -> Option<Duration> {
        let steady = self.steady.first.first().map(|(at, _)| at.since(now.steady));
        let wall = self.wall.first.first();
        let wall = wall.map(|(at, _)| at.since(now.wall).min(LOOK_AGAIN));
        steady.into_iter().chain(wall).min()
    }

    /// All that go by the calendar.
    pub(super) fn by_calendar(&self) -> impl Iterator<Item = TaskId> {
        self.wall.of.values().flatten().map(|place| place.id)
    }
}

impl Entries {
    fn change(&mut self, owner: &Arc<str>, change: impl FnOnce(&mut BTreeSet<Place>)) {
        let own = self.of.entry(Arc::clone(owner)).or_default();
        let was = own.first().map(|place| place.at);
        change(own);
        let is = own.first().map(|place| place.at);
        if is.is_none() {
            self.of.remove(owner);
        }
        if was != is {
            if let Some(was) = was {
                self.first.remove(&(was, Arc::clone(owner)));
            }
            self.first.extend(is.map(|is| (is, Arc::clone(owner))));
        }
    }

    /// Owners of something that is due, so many at most, and for how long it has been.
    fn waiting(&self, time: Time, most: usize) -> Vec<(Duration, &Arc<str>)> {
        let waiting = self.first.iter().take_while(|(at, _)| *at <= time).take(most);
        waiting.map(|(at, owner)| (time.since(*at), owner)).collect()
    }

    /// What is due of an owner.
    fn late(&self, owner: &str, time: Time) -> impl Iterator<Item = ((Reverse<Duration>, u64), TaskId)> {
        let own = self.of.get(owner).into_iter().flatten();
        let due = own.take_while(move |place| place.is_due(time));
        due.map(move |place| ((Reverse(time.since(place.at)), place.made), place.id))
    }
}

impl Entry {
    const fn place(&self) -> Place {
        Place {
            at: self.at,
            made: self.made,
            id: self.id,
        }
    }
}

impl Place {
    fn is_due(self, time: Time) -> bool {
        work::done();
        self.at <= time
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        work::done();
        (self.at, self.made, self.id).cmp(&(other.at, other.made, other.id))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How often places were compared and looked at, for a test that counts it.
pub(super) mod work {
    #[cfg(test)]
    thread_local! {
        pub(in super::super) static DONE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }

    pub(super) fn done() {
        #[cfg(test)]
        DONE.set(DONE.get() + 1);
    }
}
