//! A controller that is killed at any moment and started again: no tick is made twice, none is forgotten (P10).

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use daffi_core::proto::{Missed, Overlap, Plan, TaskId, TaskState, TickError, TickOutcome, Time, When, Who};
use proptest::prelude::*;

use super::world::{BEGIN, at, draft, every, maker, seconds};
use crate::schedule::{Act, Bounds, Change, End, Kept, Now, Refused, Run, Schedules, Zones};

const NOW: Now = Now {
    steady: BEGIN,
    wall: BEGIN,
};

/// When a controller is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    /// Nothing of what has happened is on the disk.
    BeforeItIsKept,
    /// Nothing of it is done.
    BeforeItIsDone,
}

/// A controller with a disk.
#[derive(Debug)]
struct Life {
    schedules: Schedules,
    now: Now,
    disk: BTreeMap<TaskId, (Bytes, Bytes)>,
    /// Calls that were made, ever.
    made: BTreeSet<u64>,
    /// Those that run.
    running: BTreeSet<u64>,
    /// Those that found nobody.
    absent: BTreeSet<u64>,
    /// How many calls found nobody.
    nobody: u64,
}

/// What is to be kept.
fn written(schedules: &mut Schedules, now: Now) -> Vec<Change> {
    let mut changes = schedules.take_changes();
    let mut written = Vec::new();
    while !changes.is_empty() {
        let some = schedules.write(&mut changes, 1, now);
        written.extend(some.expect("it can be written"));
    }
    written
}

impl Life {
    fn new() -> Self {
        Self {
            schedules: Schedules::new(Bounds::default(), Zones::bundled(), NOW, 7).kept(),
            now: NOW,
            disk: BTreeMap::new(),
            made: BTreeSet::new(),
            running: BTreeSet::new(),
            absent: BTreeSet::new(),
            nobody: 0,
        }
    }

    fn make(&mut self, plan: &Plan) -> TaskId {
        let maker = maker("maker", Who::Token("shop"));
        let mut made = None;
        self.happens(None, |schedules, now, acts| {
            let draft = draft(plan.clone(), "refresh");
            made = Some(
                schedules
                    .make(draft, maker.clone(), now, acts)
                    .expect("it is made")
                    .0,
            );
        });
        made.expect("it was made")
    }

    /// Something happens; what changed is kept, and then done, unless it is killed meanwhile.
    fn happens(&mut self, killed: Option<Killed>, happens: impl FnOnce(&mut Schedules, Now, &mut Vec<Act>)) {
        let mut acts = Vec::new();
        happens(&mut self.schedules, self.now, &mut acts);
        if killed == Some(Killed::BeforeItIsKept) {
            return;
        }
        for change in written(&mut self.schedules, self.now) {
            match change.kept {
                Kept::Nothing => drop(self.disk.remove(&change.task)),
                Kept::Progress(stands) => self.disk.get_mut(&change.task).expect("it is there").1 = stands,
                Kept::Whole(is, stands) => drop(self.disk.insert(change.task, (is, stands))),
            }
        }
        if killed == Some(Killed::BeforeItIsDone) {
            return;
        }
        for act in acts {
            match act {
                Act::Start(Run { number, .. }) => {
                    let again = self.absent.remove(&number);
                    assert!(self.made.insert(number) || again, "{number} is made twice");
                    self.running.insert(number);
                }
                Act::Told {
                    number: Some(number), ..
                } => drop(self.absent.remove(&number)),
                _ => {}
            }
        }
    }

    fn pass(&mut self, time: u64, killed: Option<Killed>) {
        let end = self.now.steady.plus(seconds(time));
        while let Some(due) = self.schedules.next_timeout(self.now) {
            let due = self.now.steady.plus(due).max(Time(self.now.steady.0));
            if due > end {
                break;
            }
            self.go_to(due);
            self.happens(None, |schedules, now, acts| schedules.on_time(now, 1, acts));
        }
        self.go_to(end);
        self.happens(killed, |schedules, now, acts| schedules.on_time(now, 1, acts));
    }

    fn go_to(&mut self, steady: Time) {
        self.now.wall = self.now.wall.plus(steady.since(self.now.steady));
        self.now.steady = steady;
    }

    fn end(&mut self, which: usize, end: End, killed: Option<Killed>) {
        let Some(number) = self
            .running
            .iter()
            .nth(which % self.running.len().max(1))
            .copied()
        else {
            return;
        };
        self.running.remove(&number);
        if end == End::NoProvider {
            self.absent.insert(number);
            self.nobody += 1;
        }
        let Some(task) = self.disk.keys().next().copied() else {
            return;
        };
        self.happens(killed, |schedules, now, acts| {
            schedules.ended(Run { task, number }, end, now, acts);
        });
    }

    /// It is started again after so long.
    fn restart(&mut self, down: u64) {
        self.now.wall = self.now.wall.plus(seconds(down));
        self.now.steady = self.now.wall;
        self.schedules = Schedules::new(Bounds::default(), Zones::bundled(), self.now, 8).kept();
        self.running.clear();
        self.absent.clear();
        for (task, (asked, progress)) in self.disk.clone() {
            self.happens(None, |schedules, now, acts| {
                let restored = schedules.restore(task, (&asked, &progress), now, acts);
                restored.expect("it can be read");
            });
        }
    }

    /// How many ticks have ended, run or wait.
    fn accounted(&self, task: TaskId) -> u64 {
        let task = &self.schedules.tasks[&task];
        let counts = task.history.counts;
        let ended = counts.ok + counts.failed + counts.skipped + counts.missed + counts.unknown;
        ended + (task.running.len() + task.waiting.len()) as u64
    }
}

#[test]
fn what_was_missed_is_said_and_what_is_in_time_is_made() {
    let mut life = Life::new();
    let id = life.make(&every(10));
    life.pass(15, None);
    life.end(0, End::Ok, None);
    // From 15 to 215. What was due since 155 is in time.
    life.restart(200);
    life.pass(0, None);
    let described = life.schedules.describe(id, life.now).expect("it is there");
    let counts = described.entry.counts;
    assert_eq!(
        (counts.missed, described.entry.running),
        (14, 1),
        "20 to 150, and 160"
    );
    assert_eq!(counts.skipped, 5, "170 to 210, while that runs");
    let down = TickOutcome::Missed(Missed::Down);
    assert_eq!(described.last[1].outcome, down);
}

#[test]
fn what_ran_is_not_known_and_not_made_again() {
    let mut life = Life::new();
    let plan = Plan {
        overlap: Overlap::BufferAll,
        ..every(10)
    };
    let id = life.make(&plan);
    life.pass(35, None);
    assert_eq!(life.made, BTreeSet::from([0]));
    life.restart(0);
    let described = life.schedules.describe(id, life.now).expect("it is there");
    assert_eq!((described.entry.counts.unknown, described.entry.running), (1, 1));
    assert_eq!(life.made, BTreeSet::from([0, 1]), "those that waited go on");
    life.end(0, End::Ok, None);
    life.end(0, End::Ok, None);
    assert_eq!(life.schedules.tasks[&id].history.counts.ok, 2);
}

#[test]
fn all_that_was_asked_is_there_again() {
    let mut life = Life::new();
    let plan = Plan {
        name: Some("nightly".to_owned()),
        jitter: seconds(3),
        limit: Some(4),
        pause_on_failure: true,
        start: Some(BEGIN.plus(seconds(20))),
        end: Some(BEGIN.plus(seconds(2000))),
        ..every(10)
    };
    let id = life.make(&plan);
    life.pass(24, None);
    life.end(0, End::Failed(TickError::App("no".to_owned())), None);
    let before = life.schedules.describe(id, life.now).expect("it is there");
    assert_eq!(before.entry.state, TaskState::Paused { by_failure: true });
    life.restart(0);
    assert_eq!(life.schedules.describe(id, life.now), Ok(before));
    let task = &life.schedules.tasks[&id];
    assert_eq!((&task.plan, task.begun), (&plan, 1));
    assert_eq!(*task.order, draft(plan.clone(), "refresh").order);
    assert_eq!(task.maker.identity, Who::Token("shop".into()));
    // Made again by its program, it is the same.
    assert_eq!(life.make(&plan), id);
}

#[test]
fn what_was_cancelled_stays_so() {
    let mut life = Life::new();
    let id = life.make(&every(10));
    life.happens(None, |schedules, now, acts| {
        schedules.cancel(id, now, acts).expect("it is there");
    });
    life.restart(100);
    life.pass(100, None);
    let state = life
        .schedules
        .describe(id, life.now)
        .expect("it is remembered")
        .entry
        .state;
    assert_eq!((state, life.made.len()), (TaskState::Ended, 0));
    // Not kept is what ends with its process.
    let plan = Plan {
        while_connected: true,
        ..every(10)
    };
    let connected = life.make(&plan);
    assert!(!life.disk.contains_key(&connected));
}

#[test]
fn what_cannot_be_kept_is_tried_again() {
    let mut life = Life::new();
    let id = life.make(&every(10));
    let mut acts = Vec::new();
    life.go_to(BEGIN.plus(seconds(10)));
    life.schedules.on_time(life.now, 1, &mut acts);
    let changes = written(&mut life.schedules, life.now);
    assert_eq!(changes.len(), 1);
    assert_eq!(written(&mut life.schedules, life.now), []);
    life.schedules.put_back(&changes);
    let run = Run { task: id, number: 0 };
    acts.clear();
    life.schedules.ended(run, End::NotKept, life.now, &mut acts);
    assert_eq!(acts, [], "it waits until it can be kept");
    life.schedules.provider_came(id, life.now, &mut acts);
    assert_eq!(acts, [Act::Start(run)]);
    // But not for ever.
    life.schedules.ended(run, End::NotKept, life.now, &mut acts);
    life.go_to(BEGIN.plus(seconds(70)));
    while life.schedules.tasks[&id].is_absent() {
        life.schedules.on_time(life.now, 1, &mut acts);
    }
    let missed = acts.iter().any(|act| {
        matches!(act, Act::Told { number: Some(0), tick, .. } if tick.outcome == TickOutcome::Missed(Missed::NotKept))
    });
    assert!(missed, "{acts:?}");
    life.happens(None, |_, _, _| {});
    life.restart(0);
    let task = &life.schedules.tasks[&id];
    assert_eq!((task.history.counts.missed, task.begun), (1, 0));
    // So is what nothing more happens to.
    life.schedules
        .pause(id, life.now, &mut acts)
        .expect("it is there");
    let changes = written(&mut life.schedules, life.now);
    life.schedules.put_back(&changes);
    life.happens(None, |_, _, _| {});
    life.restart(0);
    assert_eq!(
        life.schedules.tasks[&id].state,
        TaskState::Paused { by_failure: false }
    );
    // And what was not made is nowhere.
    let other = life.make(&every(7));
    life.happens(None, |schedules, _, _| schedules.unmake(other, true));
    assert_eq!(life.disk.keys().copied().collect::<Vec<_>>(), [id]);
    // Of what was never written there is nothing to forget, however often it was asked for.
    let maker = maker("maker", Who::Token("shop"));
    for _ in 0..3 {
        let made = life
            .schedules
            .make(draft(every(7), "refresh"), maker.clone(), life.now, &mut acts);
        life.schedules.unmake(made.expect("it is made").0, false);
    }
    assert!(life.schedules.take_changes().is_empty());
}

#[test]
fn one_that_has_ended_takes_no_name_after_a_restart() {
    let nightly = || Plan {
        name: Some("nightly".to_owned()),
        ..every(10)
    };
    let mut life = Life::new();
    // Numbers are in no order of time.
    let ids: Vec<_> = (0..8)
        .map(|_| {
            let id = life.make(&nightly());
            life.happens(None, |schedules, now, acts| {
                schedules.cancel(id, now, acts).expect("it is there");
            });
            id
        })
        .collect();
    let live = life.make(&nightly());
    assert!(
        ids.iter().any(|id| *id > live) && ids.iter().any(|id| *id < live),
        "{ids:?}"
    );
    life.restart(0);
    assert_eq!(life.make(&nightly()), live, "it is there already");
    // Another may be called so once it has ended, and not before.
    let other = life.make(&every(20));
    let update = |life: &mut Life| {
        let maker = maker("maker", Who::Token("shop"));
        let renamed = draft(nightly(), "refresh");
        let mut acts = Vec::new();
        life.schedules.update(other, renamed, maker, life.now, &mut acts)
    };
    assert!(matches!(update(&mut life), Err(Refused::NameTaken { .. })));
    life.happens(None, |schedules, now, acts| {
        schedules.cancel(live, now, acts).expect("it is there");
    });
    assert_eq!(update(&mut life), Ok(()));
}

#[test]
fn what_found_nobody_is_made_in_its_order_after_a_restart() {
    let mut life = Life::new();
    let plan = Plan {
        overlap: Overlap::AllowAll,
        ..every(10)
    };
    let id = life.make(&plan);
    life.pass(50, None);
    for _ in 0..5 {
        life.end(0, End::NoProvider, None);
    }
    assert_eq!(life.absent.len(), 5);
    life.restart(0);
    let task = &life.schedules.tasks[&id];
    let due: Vec<_> = task.running.iter().map(|running| running.due.time).collect();
    let waiting: Vec<_> = task.waiting.iter().map(|due| due.time).collect();
    let all: Vec<_> = due.into_iter().chain(waiting).collect();
    assert!(all.len() == 5 && all.is_sorted(), "{all:?}");
}

#[test]
fn a_clock_that_was_set_back_meanwhile_holds_no_interval_up() {
    for plan in [every(10), at(&[5, 20])] {
        let mut life = Life::new();
        let id = life.make(&plan);
        life.pass(7, None);
        // Back by an hour.
        life.now.wall = life.now.wall.minus(seconds(3600));
        life.restart(0);
        let next = life.schedules.describe(id, life.now).expect("it is there").next[0];
        let is_interval = matches!(plan.when, When::Every { .. });
        assert_eq!(
            next.since(life.now.wall) <= seconds(10),
            is_interval,
            "an instant is an instant"
        );
    }
    // What was made by a clock that was wrong by years.
    let mut life = Life::new();
    let plan = Plan::new(When::Every {
        interval: seconds(10),
        phase: Some(seconds(3)),
    });
    let id = life.make(&plan);
    life.now.wall = Time(BEGIN.0 / 2);
    life.pass(1, None);
    let next = life.schedules.describe(id, life.now).expect("it is there").next[0];
    assert!(next.since(life.now.wall) <= seconds(10));
    life.restart(0);
    let next = life.schedules.describe(id, life.now).expect("it is there").next[0];
    assert!(next.since(life.now.wall) <= seconds(10));
}

#[test]
fn what_was_replaced_does_not_come_back() {
    let mut life = Life::new();
    let named = |while_connected| Plan {
        name: Some("one".to_owned()),
        while_connected,
        ..every(10)
    };
    let id = life.make(&named(false));
    assert!(life.disk.contains_key(&id));
    let maker = maker("maker", Who::Token("shop"));
    let mut acts = Vec::new();
    let made = life
        .schedules
        .make(draft(named(true), "refresh"), maker, life.now, &mut acts);
    assert_eq!(made.expect("it is replaced").0, id);
    // The disk is full for a while.
    let changes = written(&mut life.schedules, life.now);
    life.schedules.put_back(&changes);
    life.happens(None, |_, _, _| {});
    assert!(!life.disk.contains_key(&id));
}

#[derive(Clone, Debug)]
enum Step {
    Pass(u64),
    End {
        which: usize,
        end: usize,
    },
    ProviderComes,
    Pause,
    Resume,
    Restart {
        down: u64,
        killed: Option<Killed>,
        at: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let killed = prop_oneof![
        Just(None),
        Just(Some(Killed::BeforeItIsKept)),
        Just(Some(Killed::BeforeItIsDone))
    ];
    let step = prop_oneof![
        6 => (0_u64..40).prop_map(Step::Pass),
        6 => (0_usize..8, 0_usize..4).prop_map(|(which, end)| Step::End { which, end }),
        2 => Just(Step::ProviderComes),
        1 => Just(Step::Pause),
        2 => Just(Step::Resume),
        3 => (0_u64..100, killed, 0_usize..2).prop_map(|(down, killed, at)| Step::Restart { down, killed, at }),
    ];
    prop::collection::vec(step, 1..50)
}

fn plans() -> impl Strategy<Value = Plan> {
    let overlaps = prop_oneof![
        Just(Overlap::Skip),
        Just(Overlap::BufferOne),
        Just(Overlap::BufferAll),
        Just(Overlap::CancelOther),
        Just(Overlap::AllowAll),
    ];
    let plan = prop_oneof![
        (1_u64..20).prop_map(every),
        (2_u64..20).prop_map(|interval| Plan::new(When::Every {
            interval: seconds(interval),
            phase: Some(seconds(interval / 2))
        })),
        Just(at(&[5, 20, 21, 22, 60, 200])),
    ];
    (plan, overlaps, 0_u64..90, any::<bool>()).prop_map(|(plan, overlap, catch_up, pause_on_failure)| Plan {
        overlap,
        catch_up: seconds(catch_up),
        pause_on_failure,
        ..plan
    })
}

/// How many ticks of a plan there are up to a time, that included.
fn ticks(plan: &Plan, to: Time) -> u64 {
    match &plan.when {
        When::Every {
            interval,
            phase: None,
        } => to.since(BEGIN).as_secs() / interval.as_secs(),
        When::Every {
            interval,
            phase: Some(phase),
        } => {
            let (interval, phase) = (interval.as_secs(), phase.as_secs());
            let before = |time: Time| (time.0 / 1_000_000 + interval - phase) / interval;
            before(to) - before(Time(BEGIN.0 - 1_000_000))
        }
        When::At(instants) => instants.iter().filter(|instant| **instant <= to).count() as u64,
        _ => unreachable!("it is not generated"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn p10_no_tick_is_made_twice_or_forgotten_whenever_it_is_killed(plan in plans(), steps in steps()) {
        let mut life = Life::new();
        let id = life.make(&plan);
        for step in steps {
            match step {
                Step::Pass(time) => life.pass(time, None),
                Step::End { which, end } => life.end(which, ended(end), None),
                Step::ProviderComes => life.happens(None, |schedules, now, acts| schedules.provider_came(id, now, acts)),
                // It may have ended.
                Step::Pause => life.happens(None, |schedules, now, acts| drop(schedules.pause(id, now, acts))),
                Step::Resume => life.happens(None, |schedules, now, acts| drop(schedules.resume(id, now, acts))),
                Step::Restart { down, killed, at } => {
                    if at == 0 {
                        life.pass(7, killed);
                    } else {
                        life.end(at, End::Ok, killed);
                    }
                    life.restart(down);
                }
            }
        }
        life.pass(1000, None);
        let task = &life.schedules.tasks[&id];
        let handled = task.next.map_or(life.now.wall, |next| Time(next.due.0 - 1));
        prop_assert_eq!(life.accounted(id), ticks(&plan, handled), "{:?}", task);
        // What was made is known to have been.
        let counts = task.history.counts;
        let known = counts.ok + counts.failed + counts.unknown + task.running.len() as u64 + life.nobody;
        prop_assert!(life.made.len() as u64 <= known, "{:?}: {:?}", life.made, task);
    }
}

fn ended(end: usize) -> End {
    match end {
        0 | 1 => End::Ok,
        2 => End::Failed(TickError::App("no".to_owned())),
        _ => End::NoProvider,
    }
}
