//! Many schedules: what one of them costs, and what each may have.

use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{
    CallHeader, CallId, Overlap, Plan, TaskId, TaskState, TickError, TickOutcome, When, Who,
};

use super::world::{BEGIN, Calls, SECOND, World, at, draft, every, maker, overlapping, seconds};
use crate::schedule::agenda::work::DONE;
use crate::schedule::{Act, Bounds, Connection, Draft, End, Order, Run, Schedules, Zones};

/// A controller that may have so much.
fn bounded(calls: Calls, bounds: Bounds) -> World {
    let mut world = World::new(calls);
    world.schedules = Schedules::new(bounds, Zones::bundled(), world.now, 7);
    world
}

/// Of which schedules calls are begun, in their order.
fn started(acts: &[Act]) -> Vec<TaskId> {
    let started = acts.iter().filter_map(|act| match act {
        Act::Start(run) => Some(run.task),
        _ => None,
    });
    started.collect()
}

fn one_turn(world: &mut World) -> Vec<Act> {
    let mut acts = Vec::new();
    world.schedules.on_time(world.now, 64, &mut acts);
    acts
}

fn later(world: &mut World, time: Duration) {
    world.now.steady = world.now.steady.plus(time);
    world.now.wall = world.now.wall.plus(time);
}

/// What a tick costs where there are so many schedules, each a second after the other.
fn work_of_a_tick(count: u64) -> u64 {
    const TICKS: u64 = 100;

    let mut world = World::new(Calls::Stay);
    for number in 0..count {
        let plan = Plan {
            start: Some(BEGIN.plus(seconds(number + 1))),
            ..every(1_000_000)
        };
        world.make(plan).expect("there is room");
    }
    let before = DONE.get();
    for _ in 0..TICKS {
        later(&mut world, SECOND);
        let acts = one_turn(&mut world);
        let begun = started(&acts);
        assert_eq!(begun.len(), 1);
        let run = Run {
            task: begun[0],
            number: 0,
        };
        world.schedules.ended(run, End::Ok, world.now, &mut Vec::new());
        assert!(world.schedules.next_timeout(world.now).is_some());
    }
    (DONE.get() - before) / TICKS
}

#[test]
fn a_tick_costs_the_logarithm_of_how_many_schedules_there_are() {
    let (few, many) = (work_of_a_tick(100), work_of_a_tick(100_000));
    assert!(few > 10, "it is counted: {few}");
    assert!(many < 4 * few, "of 100: {few}; of 100,000: {many}");
}

#[test]
fn p5_what_is_due_at_the_same_time_is_made_in_the_order_in_which_it_was_asked_for() {
    let mut world = World::new(Calls::Stay);
    let asked: Vec<_> = (0..50)
        .map(|_| world.make(at(&[10])).expect("it is made"))
        .collect();
    later(&mut world, seconds(10));
    assert_eq!(started(&one_turn(&mut world)), asked);
}

#[test]
fn p7_a_flood_that_is_late_holds_up_nobody_who_is_not() {
    let mut world = World::new(Calls::Stay);
    for _ in 0..3000 {
        world
            .make_as(every(1), "flooder", Who::Token("flooder"))
            .expect("there is room");
    }
    let by_steady = world.make_as(every(40), "other", Who::Token("other"));
    let by_calendar = world.make_as(at(&[39]), "third", Who::Token("third"));
    later(&mut world, seconds(40));
    let begun = started(&one_turn(&mut world));
    assert_eq!(begun.len(), 64);
    for other in [by_steady, by_calendar] {
        assert!(begun.contains(&other.expect("there is room")));
    }
}

#[test]
fn p6_ticks_that_run_and_wait_are_bounded_in_all_and_for_each_identity() {
    let bounds = Bounds {
        ticks: 100,
        ..Bounds::default()
    };
    for overlap in [Overlap::BufferAll, Overlap::AllowAll] {
        let mut world = bounded(Calls::Stay, bounds);
        let held = |world: &World, identity: &str| -> usize {
            let tasks = world.schedules.tasks.values();
            let own = tasks.filter(|task| task.maker.identity == Who::Token(identity.into()));
            own.map(|task| task.running.len() + task.waiting.len()).sum()
        };
        for _ in 0..10 {
            world
                .make_as(overlapping(1, overlap), "maker", Who::Token("one"))
                .expect("there is room");
        }
        world.pass(seconds(100));
        assert_eq!(held(&world, "one"), 80 + 2 * 10, "{overlap:?}");
        let other = world
            .make_as(overlapping(1, overlap), "maker", Who::Token("two"))
            .expect("there is room");
        world.pass(seconds(100));
        assert_eq!(held(&world, "two"), 16 + 2, "{overlap:?}");
        // What is left out says so, and what ends leaves room.
        world.with(|schedules, now, acts| {
            assert!(schedules.cancel(other, now, acts).is_ok());
            for number in 0..1000 {
                schedules.ended(Run { task: other, number }, End::Ok, now, acts);
            }
        });
        let described = world.schedules.describe(other, world.now).expect("it is there");
        assert!(described.entry.counts.skipped >= 82, "{described:?}");
        world.pass(seconds(200));
        assert_eq!(held(&world, "one"), 80 + 2 * 10);
    }
}

#[test]
fn p6_the_words_of_errors_are_bounded_in_all() {
    let bounds = Bounds {
        words: 10_000,
        ..Bounds::default()
    };
    let mut world = bounded(Calls::Stay, bounds);
    let tasks: Vec<_> = (0..10)
        .map(|_| world.make(every(1)).expect("there is room"))
        .collect();
    for number in 0..30 {
        later(&mut world, SECOND);
        let mut acts = one_turn(&mut world);
        for task in &tasks {
            let end = End::Failed(TickError::App("no ".repeat(1000)));
            let run = Run { task: *task, number };
            world.schedules.ended(run, end, world.now, &mut acts);
        }
    }
    let words = |task: &TaskId| -> usize {
        let described = world.schedules.describe(*task, world.now).expect("it is there");
        described
            .last
            .iter()
            .map(|tick| match &tick.outcome {
                TickOutcome::Failed { error, .. } => error.words_bytes(),
                other => panic!("{other:?}"),
            })
            .sum()
    };
    let all: usize = tasks.iter().map(words).sum();
    assert!((8_000..8_000 + 515 + 10 * 20 * 67).contains(&all), "{all}");
}

#[test]
fn what_has_ended_takes_no_room_of_arguments() {
    let bounds = Bounds {
        bytes: 1_000_000,
        ..Bounds::default()
    };
    let mut world = bounded(Calls::Take(Duration::ZERO), bounds);
    for number in 0..100 {
        let large = Bytes::from(vec![0; 100_000]);
        let order = Order::new(&CallHeader::new(CallId::first(0), "report"), None, &large);
        let draft = Draft {
            plan: Plan {
                limit: Some(1),
                ..every(1)
            },
            order,
            connection: Connection(1),
        };
        let made = world
            .schedules
            .make(draft, maker("maker", Who::Nobody), world.now, &mut Vec::new());
        let (id, _) = made.unwrap_or_else(|refused| panic!("{number}: {refused}"));
        world.pass(seconds(2));
        let described = world.schedules.describe(id, world.now).expect("it is there");
        assert_eq!(described.entry.state, TaskState::Ended);
        assert_eq!(described.entry.callback, "report");
    }
}

#[test]
fn p7_who_has_many_that_ended_has_nobody_elses_forgotten() {
    let mut world = World::new(Calls::Take(Duration::ZERO));
    let once = || Plan {
        limit: Some(1),
        ..every(1)
    };
    let one = world.make_as(once(), "other", Who::Token("other"));
    let one = one.expect("there is room");
    world.pass(seconds(2));
    for _ in 0..3000 {
        world
            .make_as(once(), "flooder", Who::Token("flooder"))
            .expect("there is room");
    }
    world.pass(seconds(2));
    assert_eq!(world.schedules.list(TaskId(0), world.now).count(), 1000);
    assert!(world.schedules.describe(one, world.now).is_ok());
}

#[test]
fn it_ends_with_the_connection_over_which_it_was_made_and_no_other() {
    let plan = || Plan {
        while_connected: true,
        ..every(1)
    };
    let mut world = World::new(Calls::Stay);
    let mut make = |connection, name: Option<&str>| {
        let plan = Plan {
            name: name.map(ToOwned::to_owned),
            ..plan()
        };
        let draft = Draft {
            connection: Connection(connection),
            ..draft(plan, "refresh")
        };
        let maker = maker("shop", Who::Token("shop"));
        let made = world.schedules.make(draft, maker, world.now, &mut Vec::new());
        made.expect("it is made").0
    };
    let first = make(1, None);
    let named = make(1, Some("report"));
    // A process of the same name came, and has made one of them its own.
    let second = make(2, None);
    assert_eq!(make(2, Some("report")), named);
    world.schedules.left(Connection(1));
    world.pass(seconds(2));
    let state = |world: &World, id| {
        let described = world.schedules.describe(id, world.now).expect("it is there");
        described.entry.state
    };
    assert_eq!(state(&world, first), TaskState::Ended);
    assert_eq!(state(&world, second), TaskState::Active);
    assert_eq!(state(&world, named), TaskState::Active);
    world.schedules.left(Connection(2));
    world.pass(seconds(2));
    assert_eq!(state(&world, second), TaskState::Ended);
    assert_eq!(state(&world, named), TaskState::Ended);
}

#[test]
fn p15_a_process_with_many_leaves_some_at_a_time() {
    let mut world = World::new(Calls::Stay);
    let plan = Plan {
        while_connected: true,
        ..overlapping(1, Overlap::BufferAll)
    };
    for _ in 0..500 {
        world.make(plan.clone()).expect("there is room");
    }
    let other = world.make_as(every(300), "other", Who::Token("other"));
    let other = other.expect("there is room");
    world.pass(seconds(299));
    world.schedules.left(Connection(1));
    later(&mut world, seconds(1));
    let mut turns = 0;
    while world.schedules.next_timeout(world.now) == Some(Duration::ZERO) {
        let acts = one_turn(&mut world);
        // One more may be begun of each kind, which leaves out all that waits.
        assert!(acts.len() <= 2 * (512 + 1000), "{}", acts.len());
        if turns == 0 {
            assert_eq!(started(&acts), [other], "nobody waits for them");
        }
        turns += 1;
    }
    assert!(turns > 8, "{turns}");
}

#[test]
fn p15_a_calendar_that_was_set_back_is_seen_by_some_at_a_time() {
    let mut world = World::new(Calls::Stay);
    let daily = Plan::new(When::Every {
        interval: seconds(86_400),
        phase: Some(Duration::ZERO),
    });
    for _ in 0..200 {
        world.make(daily.clone()).expect("there is room");
    }
    later(&mut world, SECOND);
    assert_eq!(one_turn(&mut world), []);
    world.now.wall = BEGIN.minus(seconds(10 * 86_400));
    let is_rewound = |world: &World| {
        let next = world.schedules.list(TaskId(0), world.now);
        next.filter(|entry| entry.next.is_some_and(|next| next < BEGIN))
            .count()
    };
    one_turn(&mut world);
    assert_eq!(is_rewound(&world), 32);
    while world.schedules.next_timeout(world.now) == Some(Duration::ZERO) {
        one_turn(&mut world);
    }
    assert_eq!(is_rewound(&world), 200);
}
