//! When which schedule is to be told the time.

use std::collections::BTreeSet;
use std::time::Duration;

use daffi_core::proto::{TaskId, Time};

use super::now::{Basis, Now};

/// The calendar may be set while nobody looks: so often it is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// When which schedule is to be told the time, by each clock.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steady: BTreeSet<(Time, TaskId)>,
    wall: BTreeSet<(Time, TaskId)>,
}

/// A place in it.
pub(super) type Entry = (Basis, Time, TaskId);

impl Agenda {
    pub(super) const fn new() -> Self {
        Self {
            steady: BTreeSet::new(),
            wall: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, (basis, at, id): Entry) {
        self.of(basis).insert((at, id));
    }

    pub(super) fn remove(&mut self, (basis, at, id): Entry) {
        self.of(basis).remove(&(at, id));
    }

    const fn of(&mut self, basis: Basis) -> &mut BTreeSet<(Time, TaskId)> {
        match basis {
            Basis::Steady => &mut self.steady,
            Basis::Wall => &mut self.wall,
        }
    }

    /// Those whose time has come, so many at most by each clock: the latest first.
    pub(super) fn due(&self, now: Now, most: usize) -> Vec<TaskId> {
        let due = |ticks: &BTreeSet<(Time, TaskId)>, time: Time| {
            let due = ticks.iter().take_while(move |(at, _)| *at <= time).take(most);
            due.map(|(at, id)| (time.since(*at), *id)).collect::<Vec<_>>()
        };
        let mut all = due(&self.steady, now.steady);
        all.extend(due(&self.wall, now.wall));
        all.sort_by_key(|(late, _)| core::cmp::Reverse(*late));
        all.into_iter().map(|(_, id)| id).collect()
    }

    /// How long it is until then, or until the calendar is to be looked at.
    pub(super) fn next_timeout(&self, now: Now) -> Option<Duration> {
        let steady = self.steady.first().map(|(at, _)| at.since(now.steady));
        let wall = self
            .wall
            .first()
            .map(|(at, _)| at.since(now.wall).min(LOOK_AGAIN));
        steady.into_iter().chain(wall).min()
    }

    /// All that go by the calendar.
    pub(super) fn by_calendar(&self) -> Vec<TaskId> {
        self.wall.iter().map(|(_, id)| *id).collect()
    }
}
