//! A controller whose file descriptors have run out.

use std::fs;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use daffi::Global;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::time::sleep;

use crate::actor::{Actor, Stage};
use crate::{caller, process_id};

/// So many more than it has may be open in it.
const MORE: u64 = 4;

fn open_in(process: &Actor) -> u64 {
    let open = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap();
    open.count() as u64
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
async fn p7_a_controller_without_descriptors_serves_who_is_there_and_lets_others_in_when_it_has_some() {
    let stage = Stage::new();
    let controller = stage.start("controller").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    g.wait_process("provider").await.unwrap();
    let most = open_in(&controller) + MORE;
    allow(&controller, most);
    let path = stage.folder().join(".sock");
    let silent: Vec<_> = (0..2 * MORE)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    while open_in(&controller) < most {
        sleep(Duration::from_millis(10)).await;
    }
    let late = Global::builder()
        .process_name("late")
        .unix_sock_path(stage.folder())
        .auto_callbacks(false)
        .connect_timeout(Duration::from_secs(60));
    let late = tokio::spawn(late.start());
    // While more come than it can take.
    for _ in 0..100 {
        assert_eq!(process_id().on(&g).await, Ok(provider.id()));
        sleep(Duration::from_millis(5)).await;
    }
    assert!(!late.is_finished());
    drop(silent);
    let late = late.await.unwrap().unwrap();
    assert_eq!(process_id().on(&late).await, Ok(provider.id()));
    late.stop().await;
    g.stop().await;
}
