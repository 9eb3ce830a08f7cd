//! Three processes, of which the one that leads is killed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "the other examples use all of it")]
#[path = "../../tests/programs/program.rs"]
mod program;

use std::collections::BTreeMap;

use daffi::Global;
use program::{Program, Scene};
use replicated_log::raft::Command;
use replicated_log::writer::Writer;
use replicated_log::{LogClient, member_name};
use rustix::process::{Signal, getuid};
use tokio::sync::mpsc;

const PEER: &str = env!("CARGO_BIN_EXE_raft_peer");

fn start(scene: &Scene, controller: &str) -> (Program, BTreeMap<String, Program>) {
    let controller = scene.start(controller, &[]);
    let peer = |number: u32| (member_name(number), scene.start(PEER, &[&number.to_string()]));
    (controller, (1..=3).map(peer).collect())
}

/// This process beside them.
async fn join(scene: &Scene) -> Global {
    let folder = scene.folder(&format!("daffi-{}", getuid().as_raw()));
    Global::builder().unix_sock_path(folder).start().await.unwrap()
}

fn command(id: u128) -> Command {
    let text = format!("command {id}");
    Command { id, text }
}

#[tokio::test]
async fn the_log_goes_on_when_its_leader_is_killed_and_has_all_that_was_added() {
    let scene = Scene::new();
    let (controller, mut peers) = start(&scene, &program::controller(PEER));
    let g = join(&scene).await;

    // One command after the other, and no sooner than the one before was added.
    let (added, mut hears) = mpsc::unbounded_channel();
    let adding = tokio::spawn({
        let mut writer = Writer::new(&g);
        async move {
            for id in 0..60 {
                writer.add(&command(id)).await;
                added.send(id).unwrap();
            }
            writer
        }
    });
    while hears.recv().await.unwrap() < 20 {}
    let log = LogClient::new(&g);
    let first = log.leader(0).await.unwrap();
    let killed = peers.remove(&first.name).unwrap();
    killed.wait_for(&format!("{} leads in term {}", first.name, first.term));
    killed.signal(Signal::KILL);
    let writer = adding.await.unwrap();

    let second = log.leader(first.term).await.unwrap();
    assert!(peers.contains_key(&second.name), "{second:?}");
    let expected: Vec<_> = (0..60).map(command).collect();
    assert_eq!(writer.commands(&second.name).await.unwrap(), expected);
    // The other one hears from time to time how far it is.
    for name in peers.keys() {
        let known = writer.commands(name).await.unwrap();
        assert!(expected.starts_with(&known), "{name} has {known:?}");
    }
    g.stop().await;
    for (_, peer) in peers {
        peer.stop();
    }
    controller.stop();
}

#[tokio::test]
async fn a_client_adds_what_it_is_told_to_and_shows_what_is_there() {
    let scene = Scene::new();
    let controller = program::controller(PEER);
    // It waits for members, and they wait for a controller.
    let client = scene.start(env!("CARGO_BIN_EXE_raft_client"), &["buy milk", "buy bread"]);
    let (controller, peers) = start(&scene, &controller);
    let (told, log) = client.finish();
    assert!(told.starts_with("added at "), "{told}{log}");
    let all = r#"has ["buy milk", "buy bread"]"#;
    assert!(told.contains(all), "{told}");
    for (_, peer) in peers {
        peer.stop();
    }
    controller.stop();
}
