//! What was found by those who looked for faults.

use std::collections::BTreeSet;
use std::time::Duration;

use daffi_core::proto::{Overlap, Plan, TaskState, TickOutcome, Time, When, Who};

use super::world::{BEGIN, Calls, World, at, draft, every, maker, overlapping, seconds};
use crate::schedule::Act;

fn millis(interval: u64) -> Plan {
    Plan::new(When::Every {
        interval: Duration::from_millis(interval),
        phase: None,
    })
}

#[test]
fn p7_who_floods_takes_nobodys_turn() {
    let mut world = World::new(Calls::Stay);
    for _ in 0..500 {
        let plan = Plan {
            overlap: Overlap::AllowAll,
            ..millis(1)
        };
        world
            .make_as(plan, "flooder", Who::Token("flooder"))
            .expect("there is room");
    }
    let other = world
        .make_as(at(&[30]), "other", Who::Token("other"))
        .expect("there is room");
    world.now.steady = world.now.steady.plus(seconds(31));
    world.now.wall = world.now.wall.plus(seconds(31));
    let mut acts = Vec::new();
    world.schedules.on_time(world.now, 64, &mut acts);
    let begun: Vec<_> = acts.iter().filter(|act| matches!(act, Act::Start(_))).collect();
    assert_eq!(begun.len(), 64);
    assert!(
        begun.iter().any(|act| act.task() == Some(other)),
        "it is later than the flood"
    );
    let tasks: BTreeSet<_> = begun.iter().filter_map(|act| act.task()).collect();
    assert_eq!(tasks.len(), 64, "one of each");
}

#[test]
fn a_start_that_is_over_makes_no_ticks_of_before() {
    let mut world = World::new(Calls::Take(Duration::ZERO));
    let plan = Plan {
        start: Some(Time(0)),
        catch_up: Duration::MAX,
        ..millis(1)
    };
    let id = world.make(plan).expect("it is made");
    let next = world.schedules.describe(id, world.now).expect("it is there").next[0];
    assert!(next.since(BEGIN) <= Duration::from_millis(1));
    assert!(next >= BEGIN);
}

#[test]
fn what_is_left_out_is_left_out_at_once() {
    for overlap in [Overlap::Skip, Overlap::BufferOne] {
        let mut world = World::new(Calls::Stay);
        let plan = Plan {
            overlap,
            catch_up: Duration::MAX,
            ..millis(1)
        };
        let id = world.make(plan).expect("it is made");
        world.now.steady = world.now.steady.plus(seconds(1_000_000));
        world.now.wall = world.now.wall.plus(seconds(1_000_000));
        for _ in 0..3 {
            world.with(|schedules, now, acts| schedules.on_time(now, 1, acts));
        }
        let described = world.schedules.describe(id, world.now).expect("it is there");
        let waiting = u64::from(overlap == Overlap::BufferOne);
        assert_eq!(
            described.entry.counts.skipped,
            999_999_999 - waiting,
            "{overlap:?}"
        );
        assert!(described.next[0] > world.now.wall);
    }
}

#[test]
fn p11_who_changes_a_call_makes_it_in_its_own_name() {
    let mut world = World::new(Calls::Stay);
    let id = world
        .make_as(every(10), "alice", Who::Token("alice"))
        .expect("it is made");
    let bob = maker("bob", Who::Token("bob"));
    world.with(|schedules, now, acts| {
        let changed = draft(every(5), "refresh");
        schedules
            .update(id, changed, bob.clone(), now, acts)
            .expect("it is there");
    });
    assert_eq!(world.schedules.order(id).expect("it is there").1, &bob);
}

#[test]
fn what_found_nobody_is_not_called_while_it_is_paused() {
    let mut world = World::new(Calls::Nobody);
    let id = world.make(every(10)).expect("it is made");
    world.pass(seconds(15));
    world.with(|schedules, now, acts| schedules.pause(id, now, acts).expect("it is there"));
    world.with(|schedules, now, acts| schedules.provider_came(id, now, acts));
    assert_eq!(
        world.happened(),
        ["10: start 0", "10: await", "15: 10 is paused", "15: forget"]
    );
}

#[test]
fn p10_ticks_beside_a_last_call_that_finds_nobody_have_their_outcome() {
    let mut world = World::new(Calls::Nobody);
    let plan = Plan {
        limit: Some(1),
        ..at(&[10, 20, 30])
    };
    world.make(plan).expect("it is made");
    world.pass(seconds(100));
    assert_eq!(
        world.happened(),
        [
            "10: start 0",
            "10: await",
            "20: 20 overlaps",
            "30: 30 overlaps",
            "70: 10 found nobody",
            "70: forget",
            "70: over"
        ]
    );
}

#[test]
fn a_last_call_that_found_somebody_is_the_last() {
    let mut world = World::new(Calls::Nobody);
    let plan = Plan {
        limit: Some(1),
        ..every(10)
    };
    let id = world.make(plan).expect("it is made");
    world.pass(seconds(15));
    world.calls = Calls::Take(seconds(1));
    world.with(|schedules, now, acts| schedules.provider_came(id, now, acts));
    world.pass(seconds(60));
    assert_eq!(
        world.happened(),
        ["10: start 0", "10: await", "15: start 0", "16: 10 ok", "16: over"]
    );
    let described = world.schedules.describe(id, world.now).expect("it is remembered");
    assert_eq!(described.entry.state, TaskState::Ended);
}

#[test]
fn the_name_of_one_that_has_ended_is_free() {
    let mut world = World::new(Calls::Stay);
    let nightly = || Plan {
        name: Some("nightly".to_owned()),
        ..every(10)
    };
    let first = world.make(nightly()).expect("it is made");
    world.with(|schedules, now, acts| schedules.cancel(first, now, acts).expect("it is there"));
    let second = world.make(nightly()).expect("it is made anew");
    assert_ne!(first, second);
    world.pass(seconds(10));
    assert!(world.happened().contains(&"10: start 0".to_owned()));
    assert_eq!(world.make(nightly()), Ok(second));
}

#[test]
fn a_full_buffer_leaves_out_what_comes() {
    let mut world = World::new(Calls::Stay);
    let id = world.make(overlapping(1, Overlap::AllowAll)).expect("it is made");
    world.pass(seconds(1_500));
    let described = world.schedules.describe(id, world.now).expect("it is there");
    assert_eq!(
        (described.entry.running, described.entry.counts.skipped),
        (1000, 500)
    );
    assert!(
        described
            .last
            .iter()
            .all(|tick| matches!(tick.outcome, TickOutcome::Skipped(_)))
    );
}
