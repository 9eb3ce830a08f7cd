//! Who notices first that a connection is lost, in virtual time.

use proptest::prelude::*;

use super::super::*;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// link.heartbeat.grace
#[test]
fn a_controller_says_more_where_a_session_is_to_be_gone_on_with() {
    let check = |heartbeat: u64, grace: Option<u64>, expected: u64, later: u64| {
        let pace = Pace::new(millis(heartbeat), grace.map(millis));
        assert_eq!(pace.node, millis(heartbeat));
        assert_eq!(pace.controller, millis(expected));
        assert_eq!(pace.patience(), millis(3 * heartbeat));
        assert_eq!(pace.later(), millis(later));
    };
    check(2000, None, 2000, 0);
    check(2000, Some(3000), 500, 4500);
    check(2000, Some(60_000), 2000, 0);
    check(400, Some(3000), 400, 0);
    check(2000, Some(300), 100, 5700);
    check(20, Some(300), 20, 0);
    let longest = Pace::new(Duration::MAX, None);
    assert_eq!(
        (longest.controller, longest.patience()),
        (Duration::MAX, Duration::MAX)
    );
}

#[test]
fn who_says_less_than_is_said_to_it_says_it_as_often_as_it_should() {
    let mut link = Link::new(Moment::default(), millis(2000), millis(500));
    let mut said = Vec::new();
    for sign in 1..=40 {
        let now = link.next_tick();
        let traffic = Traffic {
            signs: sign,
            ..Traffic::default()
        };
        if link.tick(now, traffic) != Tick::Idle {
            said.push(now.since(Moment::default()).as_millis());
        }
    }
    assert_eq!(said, (1..=10).map(|second| second * 2000).collect::<Vec<_>>());
}

/// How two ends hear of each other.
#[derive(Clone, Copy, Debug)]
struct Case {
    heartbeat: u64,
    grace: u64,
    /// How late the controller looks at its link, at most.
    late: u64,
    /// When it takes the connection for lost, of which the node hears nothing.
    lost: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    (100..20_000_u64, 600..20_000_u64, 0..50_u64, 1..60_000_u64).prop_map(|(heartbeat, grace, late, lost)| {
        Case {
            heartbeat,
            grace,
            late,
            lost,
        }
    })
}

proptest! {
    /// While both live, neither misses the other. When the controller takes the connection for lost, its node does so while two thirds of the grace have not
    /// passed.
    ///
    /// link.heartbeat.grace
    #[test]
    fn p12_a_node_notices_in_time_what_only_its_controller_sees(case in cases()) {
        let pace = Pace::new(millis(case.heartbeat), Some(millis(case.grace)));
        let begun = Moment::default();
        let mut node = Link::new(begun, pace.node, pace.controller);
        let mut controller = Link::new(begun, pace.controller, pace.node);
        let (mut of_node, mut of_controller) = (Traffic::default(), Traffic::default());
        let lost = begun + millis(case.lost);
        let late = millis(case.late).min(pace.controller / 2);
        let noticed = loop {
            let now = node.next_tick().min(controller.next_tick() + late);
            if now >= controller.next_tick() + late && now < lost {
                match controller.tick(now, of_controller) {
                    Tick::Idle => {}
                    Tick::Heartbeat { .. } => of_node.signs += 1,
                    Tick::Missed { .. } | Tick::Back | Tick::Lost { .. } => {
                        prop_assert!(false, "the controller missed a node that lives");
                    }
                }
            } else if now >= controller.next_tick() + late {
                // It says nothing any more.
                controller = Link::new(now, pace.controller, pace.node);
            }
            if now >= node.next_tick() {
                match node.tick(now, of_node) {
                    Tick::Idle => {}
                    Tick::Heartbeat { .. } => of_controller.signs += 1,
                    Tick::Missed { .. } | Tick::Back => prop_assert!(false, "nobody is waited for"),
                    Tick::Lost { .. } => break now,
                }
            }
        };
        prop_assert!(noticed >= lost, "the node missed a controller that lives");
        let took = noticed.since(lost);
        prop_assert!(took <= millis(case.grace) * 2 / 3 + millis(1), "it took {:?}", took);
    }
}
