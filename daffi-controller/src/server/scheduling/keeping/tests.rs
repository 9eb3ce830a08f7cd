//! How much is done in a turn, which costs the disk once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::proto::{CallHeader, CallId, Plan, When, Who};
use daffi_core::transport::Address;
use tokio::time::advance;

use super::super::Scheduling;
use super::*;
use crate::schedule::{Connection, Draft, Maker, Order};
use crate::server::ControllerOptions;

fn hub(folder: &std::path::Path) -> Hub {
    let scheduling = Scheduling::new(0, Some(folder)).unwrap();
    Hub::new(&ControllerOptions::new(Address::Memory), None, scheduling, 0)
}

/// So many schedules of somebody, all of which are due.
async fn due(hub: &Hub, identity: &str, count: usize) {
    let plan = Plan::new(When::Every {
        interval: Duration::from_secs(1),
        phase: None,
    });
    {
        let (mut books, now) = hub.scheduling.open();
        for _ in 0..count {
            let draft = Draft {
                plan: plan.clone(),
                order: Order::new(
                    &CallHeader::new(CallId::first(0), "nobody's"),
                    None,
                    &Bytes::new(),
                ),
                connection: Connection(1),
            };
            let maker = Maker {
                process: "maker".into(),
                identity: Who::Token(Arc::from(identity)),
                is_own: false,
            };
            let Books { schedules, acts, .. } = &mut *books;
            schedules.make(draft, maker, now, acts).unwrap();
        }
    }
    advance(Duration::from_secs(1)).await;
}

fn started(turn: &Turn, hub: &Hub, identity: &str) -> usize {
    let (books, _) = hub.scheduling.open();
    let is_its = |act: &&Act| match act {
        Act::Start(run) => books
            .schedules
            .order(run.task)
            .is_some_and(|(_, maker)| maker.identity == Who::Token(identity.into())),
        _ => false,
    };
    turn.acts.iter().filter(is_its).count()
}

#[tokio::test(start_paused = true)]
async fn p7_all_that_is_due_costs_the_disk_once_and_a_flood_no_more_than_a_turn_has() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(folder.path());
    due(&hub, "one", 500).await;
    let (turn, beside) = hub.turn(None).await;
    assert_eq!(started(&turn, &hub, "one"), 500);
    assert!(beside.due.is_none_or(|due| due > Instant::now()));
    hub.keep(turn, None).await;
    // What becomes of them is heard together, too.
    let (turn, _) = hub.turn(None).await;
    hub.keep(turn, None).await;
    assert!(hub.state().queues.inside.is_heard());

    due(&hub, "one", 5000).await;
    due(&hub, "other", 3).await;
    let (turn, beside) = hub.turn(None).await;
    let of_one = started(&turn, &hub, "one");
    // Those of before have their time as well.
    assert!((400..=AT_A_TIME * IN_A_TURN).contains(&of_one), "{of_one}");
    assert_eq!(started(&turn, &hub, "other"), 3, "nobody waits for the flood");
    assert!(
        beside.due.is_some_and(|due| due <= Instant::now()),
        "there is more"
    );
}

#[tokio::test(start_paused = true)]
async fn p7_what_callers_were_told_is_looked_at_together() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(folder.path());
    due(&hub, "one", 800).await;
    let (turn, _) = hub.turn(None).await;
    hub.keep(turn, None).await;
    // Nobody offers it, which each is told.
    assert!(!hub.state().queues.inside.is_heard());
    let (turn, _) = hub.turn(None).await;
    let waits = turn
        .acts
        .iter()
        .filter(|act| matches!(act, Act::Await(_)))
        .count();
    assert_eq!(waits, 800);
    assert!(hub.state().queues.inside.is_heard());
}
