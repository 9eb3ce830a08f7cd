//! What cannot be made, and what is said of it.

use daffi_core::proto::{Limits, Plan, TaskId, Time, When, Who};

use super::world::{BEGIN, Calls, SECOND, World, at, draft, every, maker, seconds};
use crate::schedule::{Bounds, Maker, Refused, Schedules, Zones};

#[track_caller]
fn refused(plan: Plan) -> String {
    let refused = World::new(Calls::Stay).make(plan).expect_err("it cannot be made");
    assert!(matches!(refused, Refused::Impossible(_)), "{refused:?}");
    refused.to_string()
}

#[test]
fn what_can_never_be_called_is_refused_and_says_what_to_write() {
    let phase = |phase| When::Every {
        interval: seconds(10),
        phase: Some(seconds(phase)),
    };
    let instants = (1..=Limits::INSTANTS as u64 + 1).collect::<Vec<_>>();
    let rows = [
        (every(0), "at least a millisecond"),
        (
            Plan::new(When::Every {
                interval: SECOND / 2000,
                phase: None,
            }),
            "sent as a stream",
        ),
        (Plan::new(phase(10)), "it is shorter"),
        (at(&[]), "name one at least"),
        (at(&instants), "1001 instants, and a schedule has at most 1000"),
        (at(&[5, 3]), "in their order, each once"),
        (at(&[3, 3]), "in their order, each once"),
        (
            Plan::new(When::At(vec![Time(BEGIN.0 - 5_000_000), Time(BEGIN.0 + 5)])),
            "in the past, 5s ago",
        ),
        (
            Plan {
                name: Some(String::new()),
                ..every(10)
            },
            "1 to 255",
        ),
        (
            Plan {
                start: Some(Time(BEGIN.0 + 2)),
                end: Some(Time(BEGIN.0 + 1)),
                ..every(10)
            },
            "before its start",
        ),
        (
            Plan {
                end: Some(Time(BEGIN.0 - 1)),
                ..every(10)
            },
            "an end that is over",
        ),
        (
            Plan {
                end: Some(Time(BEGIN.0 + 1)),
                ..every(10)
            },
            "no tick between",
        ),
        (
            Plan {
                limit: Some(0),
                ..every(10)
            },
            "at least 1",
        ),
        (
            Plan {
                jitter: seconds(11),
                ..every(10)
            },
            "at most as long",
        ),
    ];
    for (plan, words) in rows {
        let said = refused(plan);
        assert!(said.contains(words), "{said:?} does not say {words:?}");
    }
}

#[test]
fn an_interval_that_never_comes_harms_nobody() {
    let never = Plan::new(When::Every {
        interval: std::time::Duration::MAX,
        phase: None,
    });
    let mut world = World::new(Calls::Stay);
    let id = world.make(never).expect("it is made");
    world.pass(seconds(1_000_000_000));
    assert_eq!(world.happened(), [""; 0]);
    world.with(|schedules, now, acts| schedules.trigger(id, now, acts).expect("it is there"));
    assert_eq!(world.happened(), ["1000000000: start 0"]);
}

/// schedule.name
#[test]
fn a_name_is_of_one_identity() {
    let named = |interval| Plan {
        name: Some("nightly".to_owned()),
        ..every(interval)
    };
    let mut world = World::new(Calls::Stay);
    let one = world
        .make_as(named(10), "ann", Who::Token("shop"))
        .expect("it is made");
    let refused = world
        .make_as(named(10), "bob", Who::Token("bank"))
        .expect_err("it is another's");
    let words = format!(
        "there is another schedule named \"nightly\" already, {one}, which process \"ann\" made: choose another name, or have that one cancelled"
    );
    assert_eq!(refused.to_string(), words);
    // Nor may one's own take it from another of one's own.
    let second = world
        .make_as(every(10), "ann", Who::Token("shop"))
        .expect("it is made");
    world.with(|schedules, now, acts| {
        let refused = schedules
            .update(
                second,
                draft(named(10), "refresh"),
                maker("ann", Who::Token("shop")),
                now,
                acts,
            )
            .expect_err("there is one");
        assert_eq!(refused.to_string(), words);
    });
    world.with(|schedules, now, acts| schedules.cancel(one, now, acts).expect("it is there"));
    let other = world
        .make_as(named(10), "bob", Who::Token("bank"))
        .expect("the other one has ended");
    assert_ne!(one, other);
}

#[test]
fn what_is_not_there_says_so() {
    let mut world = World::new(Calls::Stay);
    let id = world.make(every(10)).expect("it is made");
    world.with(|schedules, now, acts| {
        let unknown = TaskId(1);
        assert_eq!(
            schedules.cancel(unknown, now, acts),
            Err(Refused::Unknown(unknown))
        );
        assert_eq!(
            schedules.trigger(unknown, now, acts),
            Err(Refused::Unknown(unknown))
        );
        assert_eq!(schedules.cancel(id, now, acts), Ok(()));
        assert_eq!(schedules.cancel(id, now, acts), Err(Refused::Ended(id)));
        assert_eq!(schedules.resume(id, now, acts), Err(Refused::Ended(id)));
    });
}

#[test]
fn p6_one_identity_leaves_something_for_others() {
    let mut world = World::new(Calls::Stay);
    let bounds = Bounds {
        schedules: 100,
        ..Bounds::default()
    };
    world.schedules = Schedules::new(bounds, Zones::bundled(), world.now, 7);
    let mut fill = |identity| {
        (0..200)
            .map_while(|_| world.make_as(every(10), "maker", Who::Token(identity)).ok())
            .count()
    };
    assert_eq!(fill("one"), 80);
    assert_eq!(fill("two"), 16);
    assert_eq!(fill("three"), 3);
    // Bytes are counted alike.
    let bounds = Bounds {
        bytes: 10 * 16,
        ..Bounds::default()
    };
    world.schedules = Schedules::new(bounds, Zones::bundled(), world.now, 7);
    let made = (0..200).map_while(|_| world.make(every(10)).ok()).count();
    assert_eq!(made, 8);
}

#[test]
fn what_ended_is_forgotten_and_leaves_nothing() {
    let mut world = World::new(Calls::Take(SECOND));
    for number in 0..2500 {
        let plan = Plan {
            name: Some(format!("{number}")),
            limit: Some(1),
            while_connected: true,
            ..every(1)
        };
        world.make(plan).expect("there is room");
    }
    world.pass(seconds(5));
    assert_eq!(world.schedules.list(TaskId(0), world.now).count(), 1000);
    assert_eq!(world.schedules.next_timeout(world.now), None);
    let plan = Plan {
        name: Some("0".to_owned()),
        ..every(1)
    };
    let maker = Maker {
        process: "maker".into(),
        identity: Who::Nobody,
        is_own: false,
    };
    let made = world
        .schedules
        .make(draft(plan, "other"), maker, world.now, &mut Vec::new());
    assert!(made.is_ok());
}
