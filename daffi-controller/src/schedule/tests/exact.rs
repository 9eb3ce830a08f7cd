//! Exact lists of what happens when.

use daffi_core::proto::{Overlap, Plan, TaskState, TickCounts, When};

use super::world::{BEGIN, Calls, SECOND, World, at, every, overlapping, seconds};
use crate::schedule::{Act, Connection};

/// What happens to a schedule for so many seconds.
#[track_caller]
fn happens(plan: Plan, calls: Calls, time: u64) -> Vec<String> {
    let mut world = World::new(calls);
    world.make(plan).expect("it is made");
    world.pass(seconds(time));
    world.happened()
}

/// schedule.tick
#[test]
fn p10_every_tick_is_made_at_its_time_whatever_a_call_takes() {
    assert_eq!(
        happens(every(10), Calls::Take(seconds(4)), 35),
        [
            "10: start 0",
            "14: 10 ok",
            "20: start 1",
            "24: 20 ok",
            "30: start 2",
            "34: 30 ok"
        ]
    );
}

#[test]
fn a_tick_is_left_out_while_another_one_runs() {
    assert_eq!(
        happens(every(10), Calls::Take(seconds(25)), 66),
        [
            "10: start 0",
            "20: 20 overlaps",
            "30: 30 overlaps",
            "35: 10 ok",
            "40: start 1",
            "50: 50 overlaps",
            "60: 60 overlaps",
            "65: 40 ok",
        ]
    );
}

#[test]
fn one_tick_waits() {
    assert_eq!(
        happens(overlapping(10, Overlap::BufferOne), Calls::Take(seconds(25)), 61),
        [
            "10: start 0",
            "30: 30 overlaps",
            "35: 10 ok",
            "35: start 1",
            "50: 50 overlaps",
            "60: 20 ok",
            "60: start 2",
        ]
    );
}

#[test]
fn all_ticks_wait() {
    assert_eq!(
        happens(overlapping(10, Overlap::BufferAll), Calls::Take(seconds(25)), 61),
        [
            "10: start 0",
            "35: 10 ok",
            "35: start 1",
            "60: 20 ok",
            "60: start 2"
        ]
    );
    let mut world = World::new(Calls::Stay);
    let id = world
        .make(overlapping(1, Overlap::BufferAll))
        .expect("it is made");
    world.pass(seconds(1010));
    let counts = world
        .schedules
        .describe(id, world.now)
        .expect("it is there")
        .entry
        .counts;
    assert_eq!(
        counts,
        TickCounts {
            skipped: 9,
            ..TickCounts::default()
        }
    );
}

#[test]
fn what_runs_is_cancelled() {
    assert_eq!(
        happens(
            overlapping(10, Overlap::CancelOther),
            Calls::Take(seconds(25)),
            32
        ),
        [
            "10: start 0",
            "20: stop 0",
            "21: 10 failed",
            "21: start 1",
            "30: stop 1",
            "31: 20 failed",
            "31: start 2",
        ]
    );
}

#[test]
fn only_the_last_tick_waits_for_what_is_being_cancelled() {
    let plan = Plan {
        when: When::Every {
            interval: seconds(1) / 2,
            phase: None,
        },
        overlap: Overlap::CancelOther,
        ..every(1)
    };
    let mut world = World::new(Calls::Stay);
    world.make(plan).expect("it is made");
    world.pass(seconds(2));
    // At 0.5, 1, 1.5 and 2: the first is told at 1 to stop, and has stopped at 2.
    assert_eq!(
        world.happened(),
        [
            "0: start 0",
            "1: stop 0",
            "1: 1 is superseded",
            "2: 0 failed",
            "2: start 1",
            "2: stop 1"
        ]
    );
}

#[test]
fn all_run_beside_each_other() {
    assert_eq!(
        happens(overlapping(10, Overlap::AllowAll), Calls::Take(seconds(25)), 41),
        [
            "10: start 0",
            "20: start 1",
            "30: start 2",
            "35: 10 ok",
            "40: start 3"
        ]
    );
}

#[test]
fn instants_are_made_and_then_it_is_over() {
    assert_eq!(
        happens(at(&[3, 5]), Calls::Take(SECOND), 100),
        ["3: start 0", "4: 3 ok", "5: start 1", "6: 5 ok", "6: over"]
    );
}

#[test]
fn it_has_a_start_an_end_and_a_limit() {
    let bounded = Plan {
        start: Some(BEGIN.plus(seconds(100))),
        end: Some(BEGIN.plus(seconds(120))),
        ..every(10)
    };
    assert_eq!(
        happens(bounded, Calls::Take(SECOND), 300),
        [
            "100: start 0",
            "101: 100 ok",
            "110: start 1",
            "111: 110 ok",
            "120: start 2",
            "121: 120 ok",
            "121: over"
        ]
    );
    let limited = Plan {
        limit: Some(2),
        ..every(10)
    };
    assert_eq!(
        happens(limited, Calls::Take(seconds(4)), 300),
        ["10: start 0", "14: 10 ok", "20: start 1", "24: 20 ok", "24: over"]
    );
}

#[test]
fn a_phase_is_by_the_calendar() {
    // 1,700,000,000 is 20 after a multiple of a minute.
    let plan = Plan::new(When::Every {
        interval: seconds(60),
        phase: Some(seconds(5)),
    });
    assert_eq!(
        happens(plan, Calls::Take(SECOND), 110),
        ["45: start 0", "46: 45 ok", "105: start 1", "106: 105 ok"]
    );
}

#[test]
fn a_tick_waits_for_somebody_who_offers_the_callback() {
    let mut world = World::new(Calls::Nobody);
    let id = world.make(every(40)).expect("it is made");
    world.pass(seconds(85));
    assert_eq!(world.happened(), ["40: start 0", "40: await", "80: 80 overlaps"]);
    world.calls = Calls::Take(SECOND);
    world.with(|schedules, now, acts| schedules.provider_came(id, now, acts));
    world.pass(seconds(10));
    assert_eq!(world.happened(), ["85: start 0", "86: 40 ok"]);
    world.calls = Calls::Nobody;
    world.pass(seconds(90));
    assert_eq!(
        world.happened(),
        [
            "120: start 1",
            "120: await",
            "160: 160 overlaps",
            "180: 120 found nobody",
            "180: forget"
        ]
    );
}

#[test]
fn what_found_nobody_is_none_of_those_that_are_limited() {
    let plan = Plan {
        limit: Some(1),
        ..every(100)
    };
    let mut world = World::new(Calls::Nobody);
    world.make(plan).expect("it is made");
    world.pass(seconds(199));
    assert_eq!(
        world.happened(),
        [
            "100: start 0",
            "100: await",
            "160: 100 found nobody",
            "160: forget"
        ]
    );
    world.calls = Calls::Take(SECOND);
    world.pass(seconds(100));
    assert_eq!(world.happened(), ["200: start 1", "201: 200 ok", "201: over"]);
}

/// schedule.tick
#[test]
fn a_pause_leaves_ticks_out_and_says_so() {
    let mut world = World::new(Calls::Take(SECOND));
    let id = world.make(every(10)).expect("it is made");
    world.pass(seconds(10));
    world.with(|schedules, now, acts| schedules.pause(id, now, acts).expect("it is there"));
    world.pass(seconds(20));
    world.with(|schedules, now, acts| schedules.trigger(id, now, acts).expect("it is there"));
    world.pass(seconds(5));
    world.with(|schedules, now, acts| schedules.resume(id, now, acts).expect("it is there"));
    world.pass(seconds(6));
    assert_eq!(
        world.happened(),
        [
            "10: start 0",
            "11: 10 ok",
            "20: 20 is paused",
            "30: 30 is paused",
            "30: start 1",
            "31: 30 ok",
            "40: start 2",
            "41: 40 ok",
        ]
    );
}

#[test]
fn it_pauses_when_a_call_fails() {
    let plan = Plan {
        pause_on_failure: true,
        ..overlapping(10, Overlap::BufferAll)
    };
    let mut world = World::new(Calls::Fail(seconds(25)));
    let id = world.make(plan).expect("it is made");
    world.pass(seconds(41));
    assert_eq!(
        world.happened(),
        [
            "10: start 0",
            "35: 10 failed",
            "35: 20 is paused",
            "35: 30 is paused",
            "40: 40 is paused"
        ]
    );
    let entry = world
        .schedules
        .describe(id, world.now)
        .expect("it is there")
        .entry;
    assert_eq!(entry.state, TaskState::Paused { by_failure: true });
}

#[test]
fn what_is_cancelled_for_the_next_is_no_failure() {
    let plan = Plan {
        pause_on_failure: true,
        ..overlapping(10, Overlap::CancelOther)
    };
    assert_eq!(
        happens(plan, Calls::Take(seconds(25)), 22),
        ["10: start 0", "20: stop 0", "21: 10 failed", "21: start 1"]
    );
}

#[test]
fn what_runs_goes_on_when_it_is_cancelled() {
    let mut world = World::new(Calls::Take(seconds(15)));
    let id = world
        .make(overlapping(10, Overlap::BufferAll))
        .expect("it is made");
    world.pass(seconds(21));
    world.with(|schedules, now, acts| schedules.cancel(id, now, acts).expect("it is there"));
    world.pass(seconds(100));
    assert_eq!(
        world.happened(),
        [
            "10: start 0",
            "21: 20 comes after the end",
            "25: 10 ok",
            "25: over"
        ]
    );
}

#[test]
fn a_clock_that_is_set_changes_nothing_of_an_interval() {
    let mut world = World::new(Calls::Take(SECOND));
    world.make(every(10)).expect("it is made");
    world.pass(seconds(12));
    world.now.wall = world.now.wall.plus(seconds(1_000_000));
    world.pass(seconds(10));
    world.now.wall = world.now.wall.minus(seconds(5_000_000));
    world.pass(seconds(10));
    let starts: Vec<_> = world
        .happened()
        .into_iter()
        .filter(|what| what.contains("start"))
        .collect();
    assert_eq!(starts, ["10: start 0", "20: start 1", "30: start 2"]);
}

#[test]
fn a_clock_that_is_set_forwards_misses_what_is_too_long_ago() {
    let mut world = World::new(Calls::Take(SECOND));
    world.make(at(&[100, 130, 150, 200])).expect("it is made");
    world.now.wall = world.now.wall.plus(seconds(170));
    world.pass(seconds(5));
    assert_eq!(
        world.happened(),
        ["0: 100 is too late", "0: start 0", "0: 150 overlaps", "1: 130 ok"]
    );
    world.pass(seconds(40));
    assert_eq!(world.happened(), ["30: start 1", "31: 200 ok", "31: over"]);
}

#[test]
fn a_clock_that_is_set_back_makes_no_instant_twice() {
    let mut world = World::new(Calls::Take(SECOND));
    world.make(at(&[10, 40])).expect("it is made");
    world.pass(seconds(12));
    world.now.wall = world.now.wall.minus(seconds(3600));
    world.pass(seconds(3600));
    assert_eq!(world.happened(), ["10: start 0", "11: 10 ok"]);
    world.pass(seconds(40));
    assert_eq!(world.happened(), ["3640: start 1", "3641: 40 ok", "3641: over"]);
}

#[test]
fn a_clock_that_was_wrong_by_years_holds_nothing_up() {
    let mut world = World::new(Calls::Take(SECOND));
    let plan = Plan::new(When::Every {
        interval: seconds(60),
        phase: Some(seconds(20)),
    });
    world.make(plan).expect("it is made");
    world.now.wall = world.now.wall.plus(seconds(86_400 * 365));
    world.pass(seconds(1));
    world.now.wall = world.now.wall.minus(seconds(86_400 * 365));
    world.happened();
    world.pass(seconds(61));
    assert_eq!(world.happened(), ["60: start 1", "61: 60 ok"]);
}

#[test]
fn a_jitter_is_within_its_bound_and_always_the_same() {
    let jittered = Plan {
        jitter: seconds(9),
        ..every(10)
    };
    let first = happens(jittered.clone(), Calls::Take(SECOND), 2000);
    assert_eq!(first, happens(jittered, Calls::Take(SECOND), 2000));
    let starts = first.iter().filter(|what| what.contains("start"));
    let late: Vec<_> = starts
        .enumerate()
        .map(|(number, what)| {
            let at: u64 = what
                .split(':')
                .next()
                .and_then(|at| at.parse().ok())
                .expect("a time");
            at - 10 * (number as u64 + 1)
        })
        .collect();
    assert!(late.iter().all(|late| *late <= 9));
    assert!((0..9).all(|late_by| late.contains(&late_by)), "{late:?}");
}

/// schedule.name
#[test]
fn of_one_name_there_is_one() {
    let named = |interval| Plan {
        name: Some("nightly".to_owned()),
        ..every(interval)
    };
    let mut world = World::new(Calls::Take(SECOND));
    let one = world.make(named(10)).expect("it is made");
    world.pass(seconds(15));
    assert_eq!(world.make(named(10)), Ok(one));
    world.pass(seconds(6));
    assert_eq!(world.make(named(7)), Ok(one));
    world.pass(seconds(8));
    assert_eq!(
        world.happened(),
        [
            "10: start 0",
            "11: 10 ok",
            "20: start 1",
            "21: 20 ok",
            "28: start 2",
            "29: 28 ok"
        ]
    );
    assert_eq!(
        world
            .schedules
            .list(daffi_core::proto::TaskId(0), world.now)
            .count(),
        1
    );
}

#[test]
fn it_ends_with_the_process_that_made_it_if_it_says_so() {
    let plan = Plan {
        while_connected: true,
        ..every(10)
    };
    let mut world = World::new(Calls::Take(SECOND));
    world.make(plan).expect("it is made");
    world.make(every(10)).expect("it is made");
    world.schedules.left(Connection(1));
    world.pass(seconds(11));
    assert_eq!(world.happened(), ["0: over", "10: start 0", "11: 10 ok"]);
}

#[test]
fn what_is_described_is_what_comes() {
    let mut world = World::new(Calls::Take(SECOND));
    let id = world
        .make(Plan {
            limit: Some(4),
            ..every(10)
        })
        .expect("it is made");
    world.pass(seconds(15));
    let described = world.schedules.describe(id, world.now).expect("it is there");
    let next: Vec<_> = described
        .next
        .iter()
        .map(|next| next.since(BEGIN).as_secs())
        .collect();
    assert_eq!(next, [20, 30, 40]);
    assert_eq!(described.entry.counts.ok, 1);
    assert_eq!(described.last.len(), 1);
}

#[test]
fn a_turn_makes_so_many_ticks_and_no_more() {
    let mut world = World::new(Calls::Stay);
    for _ in 0..1000 {
        world.make(every(10)).expect("it is made");
    }
    world.now.steady = world.now.steady.plus(seconds(10));
    let mut acts = Vec::new();
    world.schedules.on_time(world.now, 64, &mut acts);
    assert_eq!(acts.iter().filter(|act| matches!(act, Act::Start(_))).count(), 64);
    assert_eq!(world.schedules.next_timeout(world.now), Some(seconds(0)));
}
