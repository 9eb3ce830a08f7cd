//! A controller whose file descriptors have run out.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use daffi::Global;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::time::sleep;

use crate::actor::{Actor, Stage};
use crate::{caller, process_id};

/// So many more than it has may be open in it.
const MORE: u64 = 4;

/// The numbers of what is open in a process.
fn open_in(process: &Actor) -> BTreeSet<u64> {
    let open = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap();
    let number = |name: OsString| name.to_str().unwrap().parse().unwrap();
    open.map(|entry| number(entry.unwrap().file_name())).collect()
}

/// How many more may be open than are.
fn left_of(most: u64, process: &Actor) -> usize {
    let open = open_in(process);
    (0..most).filter(|number| !open.contains(number)).count()
}

/// How long a process has worked.
fn worked(process: &Actor) -> Duration {
    let said = fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    // Behind its name, which may be anything.
    let fields = said.rsplit_once(')').unwrap().1.split_whitespace();
    let ticks: u64 = fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    // Linux tells every program hundredths of a second.
    Duration::from_millis(10 * ticks)
}

fn allow(process: &Actor, descriptors: u64) {
    let pid = Pid::from_raw(process.id().try_into().unwrap());
    let maximum = prlimit(
        pid,
        Resource::Nofile,
        Rlimit {
            current: Some(descriptors),
            maximum: Some(4096),
        },
    );
    maximum.unwrap();
}

#[tokio::test]
async fn p7_a_controller_without_descriptors_lets_others_in_before_those_that_say_nothing() {
    let stage = Stage::new();
    let controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    g.wait_process("provider").await.unwrap();
    let most = open_in(&controller).last().unwrap() + MORE;
    allow(&controller, most);
    let path = stage.folder().join(".sock");
    let silent = || (0..8 * MORE).map(|_| UnixStream::connect(&path).unwrap());
    let mut there: Vec<_> = silent().collect();
    let late = Global::builder()
        .process_name("late")
        .unix_sock_path(stage.folder())
        .auto_callbacks(false)
        .connect_timeout(Duration::from_secs(60));
    let late = tokio::spawn(late.start());
    // While more come than it can take.
    for _ in 0..20 {
        assert_eq!(process_id().on(&g).await, Ok(provider.id()));
        there.extend(silent());
        sleep(Duration::from_millis(5)).await;
    }
    let late = late.await.unwrap().unwrap();
    assert_eq!(process_id().on(&late).await, Ok(provider.id()));
    assert_eq!(process_id().on(&g).await, Ok(provider.id()));
    late.stop().await;
    g.stop().await;
}

/// Where those take all who have said who they are, the others wait.
#[tokio::test]
async fn p7_a_controller_whose_descriptors_are_all_in_use_lets_others_in_when_it_has_some() {
    let stage = Stage::new();
    let controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    g.wait_process("provider").await.unwrap();
    let joining = |name: &str| {
        let joining = Global::builder()
            .process_name(name)
            .unix_sock_path(stage.folder())
            .auto_callbacks(false)
            .connect_timeout(Duration::from_secs(60));
        tokio::spawn(joining.start())
    };
    let most = open_in(&controller).last().unwrap() + MORE;
    allow(&controller, most);
    let mut others = Vec::new();
    while left_of(most, &controller) > 0 {
        let name = format!("other {}", others.len());
        others.push(joining(&name).await.unwrap().unwrap());
    }
    let late = joining("late");
    let (since, before) = (Instant::now(), worked(&controller));
    for _ in 0..50 {
        assert_eq!(process_id().on(&g).await, Ok(provider.id()));
        sleep(Duration::from_millis(5)).await;
    }
    assert!(!late.is_finished());
    // It does not try again and again without a pause.
    let (passed, worked) = (since.elapsed(), worked(&controller) - before);
    assert!(worked < passed / 2, "{worked:?} of {passed:?}");
    others.pop().unwrap().stop().await;
    let late = late.await.unwrap().unwrap();
    assert_eq!(process_id().on(&late).await, Ok(provider.id()));
    others.extend([late, g]);
    for other in others {
        other.stop().await;
    }
}
