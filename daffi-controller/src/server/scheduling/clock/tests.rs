//! Steps of the calendar at a controller that runs.

use std::time::SystemTime;

use daffi_core::transport::Address;
use daffi_core::{Global, Missed, Period, ScheduledTask, ScheduledTaskDescription, TaskState, TickOutcome};
use tokio::time::sleep;

use super::*;
use crate::server::{Controller, ControllerOptions};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A controller whose calendar is set, and somebody who offers what is called.
async fn net() -> (Controller, Global) {
    let host = "127.0.0.1".to_owned();
    let mut options = ControllerOptions::new(Address::Tcp { host, port: 0 });
    options.heartbeat = HOUR;
    let controller = Controller::start(options).await.unwrap();
    let builder = Global::builder().process_name("bell").auto_callbacks(false);
    let port = controller.address().port().unwrap();
    let g = builder.host("127.0.0.1").port(port).start().await.unwrap();
    g.register_fn("ring", || async {}).await.unwrap();
    (controller, g)
}

fn set(controller: &Controller, step: impl FnOnce(&Clock)) {
    step(controller.hub.scheduling.clock());
}

/// The calendar of the controller.
fn calendar(controller: &Controller) -> SystemTime {
    let now = controller.hub.scheduling.clock().now().wall;
    SystemTime::UNIX_EPOCH + Duration::from_micros(now.0)
}

async fn task(g: &Global, period: Period) -> ScheduledTask {
    g.call::<()>("ring", ()).period(period).await.unwrap()
}

async fn told(task: &ScheduledTask) -> ScheduledTaskDescription {
    task.describe().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_interval_goes_on_however_the_calendar_is_set() {
    let (controller, g) = net().await;
    let task = task(&g, Period::every(10 * SECOND)).await;
    let mut ticks = 0;
    for step in [HOUR, 100 * 24 * HOUR] {
        for is_back in [false, true] {
            sleep(MINUTE).await;
            ticks += 6;
            let counts = told(&task).await.info.counts;
            assert!(counts.ok.abs_diff(ticks) <= 1, "{counts:?}");
            assert_eq!((counts.missed, counts.skipped, counts.failed), (0, 0, 0));
            set(&controller, |clock| {
                if is_back {
                    clock.set_back(step);
                } else {
                    clock.set_forward(step);
                }
            });
            // What is told is by the new time.
            let next = told(&task).await.next[0];
            let ahead = next.duration_since(calendar(&controller)).unwrap();
            // Two clocks are read for it, each in microseconds.
            assert!(ahead <= 10 * SECOND + Duration::from_millis(1), "{ahead:?}");
        }
    }
    g.stop().await;
    controller.stop().await;
}

#[tokio::test(start_paused = true)]
async fn phases_follow_the_calendar_and_no_time_of_it_comes_twice() {
    let (controller, g) = net().await;
    let task = task(&g, Period::every(MINUTE).phase(Duration::ZERO)).await;
    let first = told(&task).await.next[0];
    sleep(3 * MINUTE).await;
    set(&controller, |clock| clock.set_forward(10 * MINUTE));
    sleep(2 * SECOND).await;
    let after = told(&task).await;
    let (counts, next) = (after.info.counts, after.next[0]);
    // One is late by no more than a minute.
    assert!((8..=10).contains(&counts.missed), "{counts:?}");
    let late = TickOutcome::Missed(Missed::Late);
    assert!(after.last.iter().any(|tick| tick.outcome == late), "{after:?}");
    let due = next.duration_since(first).unwrap().as_secs() / 60;
    assert_eq!(counts.ok + counts.missed, due, "each has one outcome: {counts:?}");
    // Set back, it waits until the calendar is there again.
    set(&controller, |clock| clock.set_back(HOUR));
    sleep(58 * MINUTE).await;
    assert_eq!(told(&task).await.info.counts, counts);
    assert_eq!(told(&task).await.next[0], next);
    sleep(4 * MINUTE).await;
    let again = told(&task).await;
    assert!(again.info.counts.ok > counts.ok && again.info.counts.missed == counts.missed);
    let due = again.last.iter().map(|tick| tick.due);
    assert!(due.is_sorted_by(|one, next| one < next), "{again:?}");
    // By very much, and it goes by the new time.
    set(&controller, |clock| clock.set_back(48 * HOUR));
    sleep(3 * MINUTE).await;
    let back = told(&task).await;
    assert!(back.info.counts.ok >= again.info.counts.ok + 2, "{back:?}");
    assert!(back.next[0] <= calendar(&controller) + MINUTE);
    g.stop().await;
    controller.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_instant_that_is_leapt_over_is_late_or_missed_and_made_once() {
    let (controller, g) = net().await;
    let instant = calendar(&controller) + 10 * MINUTE;
    let missed = task(&g, Period::at([instant])).await;
    let late = task(&g, Period::at([instant, instant + 3 * HOUR]).catch_up(2 * HOUR)).await;
    set(&controller, |clock| clock.set_forward(HOUR));
    sleep(2 * SECOND).await;
    let told_missed = told(&missed).await;
    assert_eq!(told_missed.info.state, TaskState::Ended);
    assert_eq!(told_missed.last[0].outcome, TickOutcome::Missed(Missed::Late));
    assert_eq!(told(&late).await.info.counts.ok, 1);
    set(&controller, |clock| clock.set_back(2 * HOUR));
    sleep(3 * HOUR).await;
    assert_eq!(told(&late).await.info.counts.ok, 1, "it was made");
    sleep(2 * HOUR).await;
    let told = told(&late).await.info;
    assert_eq!((told.counts.ok, told.state), (2, TaskState::Ended));
    g.stop().await;
    controller.stop().await;
}
