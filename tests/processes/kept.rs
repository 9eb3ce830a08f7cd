//! Schedules on a disk, at controllers that are killed, and that have no room.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use daffi::{CallError, Global, Missed, Period, ScheduledTask, TaskState, TickOutcome, callback, fetcher};
use rustix::process::{Pid, Resource, Rlimit, Signal, prlimit};
use tokio::time::sleep;

use crate::actor::{Actor, Stage};

/// How often it is killed, unless `DAFFI_KILLS` says otherwise.
const KILLS: usize = 12;

const PULSE: Duration = Duration::from_millis(50);

#[derive(Clone, Default)]
struct Heart {
    pulses: Arc<AtomicU64>,
}

impl Heart {
    fn seen(&self) -> u64 {
        self.pulses.load(Ordering::SeqCst)
    }

    /// So many calls more.
    async fn pulses(&self, more: u64) {
        let enough = self.seen() + more;
        while self.seen() < enough {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

#[callback(prefix = "heart.")]
impl Heart {
    pub async fn pulse(&self) {
        self.pulses.fetch_add(1, Ordering::SeqCst);
    }

    pub async fn keep(&self, what: String) -> usize {
        what.len()
    }
}

#[fetcher(prefix = "heart.")]
trait Hearts {
    async fn pulse(&self);
    async fn keep(&self, what: String) -> usize;
}

/// A process that offers the callbacks and makes schedules, at the controller of `stage`.
async fn joined(stage: &Stage, heart: &Heart) -> Global {
    let builder = Global::builder()
        .process_name("heart")
        .auto_callbacks(false)
        .service(heart.clone())
        .unix_sock_path(stage.folder())
        .reconnect_wait(Duration::from_secs(60));
    builder.start().await.unwrap()
}

/// Asks until a controller is there.
async fn described(task: &ScheduledTask) -> daffi::ScheduledTaskDescription {
    loop {
        match task.describe().await {
            Ok(described) => return described,
            Err(CallError::Disconnected { .. }) => sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn p10_no_tick_is_made_twice_or_forgotten_by_a_controller_that_is_killed() {
    let kills = std::env::var("DAFFI_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let stage = Stage::new();
    let mut controller = stage.start("controller with a disk").await;
    let heart = Heart::default();
    let g = joined(&stage, &heart).await;
    let hearts = HeartsClient::new(&g);
    let pulse = hearts
        .pulse()
        .period(Period::every(PULSE).named("pulse"))
        .await
        .unwrap();
    let first = described(&pulse).await.next[0];
    let mut made = Vec::new();
    let mut dice = 7_u64;
    for kill in 0..kills {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        heart.pulses(dice >> 62).await;
        sleep(Duration::from_micros(dice >> 40 & 0x7fff)).await;
        // On the disk when it is acknowledged.
        let period = Period::every(Duration::from_secs(3600));
        let task = hearts.keep(kill.to_string()).period(period).await.unwrap();
        if kill % 2 == 0 {
            task.cancel().await.unwrap();
        }
        made.push(task);
        controller.signal(Signal::KILL);
        controller.ended().await;
        controller = stage.start("controller with a disk").await;
        described(&pulse).await;
    }
    heart.pulses(2).await;
    for (kill, task) in made.iter().enumerate() {
        let state = described(task).await.info.state;
        let cancelled = kill % 2 == 0;
        assert_eq!(
            state,
            if cancelled {
                TaskState::Ended
            } else {
                TaskState::Active
            }
        );
    }
    // Nothing runs and nothing is due while it is looked at.
    pulse.pause().await.unwrap();
    let told = loop {
        let told = described(&pulse).await;
        if told.info.running == 0 {
            break told;
        }
    };
    let counts = told.info.counts;
    let all = counts.ok + counts.failed + counts.skipped + counts.missed + counts.unknown;
    let due = told.next[0].duration_since(first).unwrap().as_micros();
    let due = (due + PULSE.as_micros() / 2) / PULSE.as_micros();
    assert_eq!(u128::from(all), due, "each has one outcome: {counts:?}");
    let seen = heart.seen();
    let may_have_run = counts.ok + counts.failed + counts.unknown;
    assert!(
        (counts.ok..=may_have_run).contains(&seen),
        "{seen} were seen, and it says {counts:?}"
    );
    assert!(counts.unknown <= kills as u64);
    g.stop().await;
}

/// A file of the controller's may not be longer than that.
fn bound(controller: &Actor, bytes: Option<u64>) {
    let pid = Pid::from_raw(controller.id().try_into().unwrap());
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

#[tokio::test]
async fn a_full_disk_loses_no_acknowledged_schedule_and_says_so() {
    let stage = Stage::new();
    let controller = stage.start("controller with a disk").await;
    let heart = Heart::default();
    let g = joined(&stage, &heart).await;
    let hearts = HeartsClient::new(&g);
    let period = || Period::every(Duration::from_secs(3600));
    let large = || hearts.keep("x".repeat(200_000));
    let kept = large().period(period()).await.unwrap();
    let ticking = Period::every(PULSE).catch_up(Duration::ZERO);
    let ticking = hearts.pulse().period(ticking).await.unwrap();
    let soon = Duration::from_secs(1);
    let later = hearts.keep("later".to_owned()).after(soon).durable();
    let later = later.send().await.unwrap();

    bound(&controller, Some(4096));
    let mut refused = None;
    for _ in 0..50 {
        if let Err(error) = large().period(period()).await {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.expect("there is no room").to_string();
    assert!(
        refused.contains("could not write to its data directory")
            && refused.contains("the schedule is not made"),
        "{refused}"
    );
    let listed = g.scheduled_tasks().await.unwrap().len();
    // Its calls are not made: it could not be known after a restart that they were.
    let missed = TickOutcome::Missed(Missed::NotKept);
    while !described(&ticking)
        .await
        .last
        .iter()
        .any(|tick| tick.outcome == missed)
    {
        sleep(PULSE).await;
    }
    // One that is to be made once waits for that.
    loop {
        let info = described(&later).await.info;
        if info.running + info.counts.ok > 0 {
            break;
        }
        sleep(PULSE).await;
    }
    let error = kept.pause().await.unwrap_err().to_string();
    assert!(
        error.contains("the change holds until the controller ends"),
        "{error}"
    );

    bound(&controller, None);
    while large().period(period()).await.is_err() {
        sleep(PULSE).await;
    }
    while described(&later).await.info.counts.ok == 0 {
        sleep(PULSE).await;
    }
    controller.signal(Signal::KILL);
    controller.ended().await;
    let _controller = stage.start("controller with a disk").await;
    assert_eq!(
        described(&kept).await.info.state,
        TaskState::Paused { by_failure: false }
    );
    assert_eq!(g.scheduled_tasks().await.unwrap().len(), listed + 1);
    g.stop().await;
}

#[tokio::test]
async fn a_call_for_later_is_made_once_though_the_controller_was_killed_before() {
    let stage = Stage::new();
    let controller = stage.start("controller with a disk").await;
    let heart = Heart::default();
    let g = joined(&stage, &heart).await;
    let hearts = HeartsClient::new(&g);
    let soon = Duration::from_millis(300);
    let later = hearts.pulse().after(soon).durable().send().await.unwrap();
    let at = hearts
        .pulse()
        .at(SystemTime::now() + soon)
        .durable()
        .send()
        .await
        .unwrap();
    let never = hearts.pulse().after(soon).durable().send().await.unwrap();
    never.cancel().await.unwrap();
    controller.signal(Signal::KILL);
    controller.ended().await;
    let _controller = stage.start("controller with a disk").await;
    heart.pulses(2).await;
    for task in [&later, &at] {
        let told = loop {
            let told = described(task).await;
            if told.info.state == TaskState::Ended && told.info.running == 0 {
                break told;
            }
            sleep(PULSE).await;
        };
        assert_eq!(told.info.counts.ok, 1, "{told:?}");
    }
    assert_eq!(described(&never).await.info.counts.ok, 0);
    assert_eq!(heart.seen(), 2);
    g.stop().await;
}

#[tokio::test]
async fn two_controllers_do_not_share_a_disk() {
    let stage = Stage::new();
    let controller = stage.start("controller with a disk").await;
    let other = tempfile::tempdir().unwrap();
    let start = || {
        Global::builder()
            .init_controller(true)
            .auto_callbacks(false)
            .unix_sock_path(other.path())
            .data_dir(stage.folder().join("data"))
            .start()
    };
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("another controller keeps its schedules there"),
        "{error}"
    );
    controller.signal(Signal::KILL);
    controller.ended().await;
    start().await.unwrap().stop().await;
    // Nor is what is something else taken for one.
    std::fs::write(stage.folder().join("data/schedules.redb"), b"precious").unwrap();
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("is damaged") && error.contains("was left as it is"),
        "{error}"
    );
    assert_eq!(
        std::fs::read(stage.folder().join("data/schedules.redb")).unwrap(),
        b"precious"
    );
    std::fs::remove_dir_all(stage.folder().join("data")).unwrap();
    std::fs::write(stage.folder().join("data"), b"").unwrap();
    let error = start().await.unwrap_err().to_string();
    assert!(
        error.contains("the data directory") && error.contains("cannot be made"),
        "{error}"
    );
}
