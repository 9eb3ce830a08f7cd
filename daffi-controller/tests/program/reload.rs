//! What is read again on SIGHUP, and what becomes of those who are there.

use std::fs;
use std::sync::Arc;

use daffi_core::{CallError, CallErrorKind, Global, GlobalBuilder};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::tls::port;
use super::{Running, configuration, run, socket, text};

/// A process of the user who runs the controller.
fn join(folder: &TempDir, name: &str) -> GlobalBuilder {
    let socket = socket(folder);
    Global::builder()
        .unix_sock_path(socket.parent().unwrap())
        .process_name(name)
}

/// A controller with a configuration, a provider, and a caller.
async fn net(folder: &TempDir, said: &str) -> (Running, Global, Global) {
    let file = configuration(folder, said);
    let (running, _) = Running::start(folder, &["--config", &file]);
    let provider = join(folder, "provider").start().await.unwrap();
    provider
        .register_fn("same", |number: u32| async move { number })
        .await
        .unwrap();
    let caller = join(folder, "caller").start().await.unwrap();
    (running, provider, caller)
}

async fn same(caller: &Global) -> Result<u32, CallError> {
    caller.call("same", (7_u32,)).await
}

async fn end(running: Running, globals: [Global; 2]) {
    for g in globals {
        g.stop().await;
    }
    running.signal(Signal::TERM);
    assert!(running.end().0.success());
}

#[tokio::test]
async fn a_right_is_taken_away_though_the_quotas_are_gone_which_stay() {
    let folder = tempfile::tempdir().unwrap();
    let roles = "everyone = [\"all\"]\n[roles.all]\nprovide = [\"*\"]\n";
    let said = format!("{roles}call = [\"*\"]\n[quotas.connection]\ncalls = 0\n");
    let (mut running, provider, caller) = net(&folder, &said).await;
    assert_eq!(same(&caller).await.unwrap_err().kind(), CallErrorKind::Overloaded);
    configuration(&folder, roles);
    running.signal(Signal::HUP);
    running.says("so that does not change; to have no quotas");
    // What is over a quota is refused before it is denied.
    assert_eq!(same(&caller).await.unwrap_err().kind(), CallErrorKind::Overloaded);
    configuration(&folder, &format!("{roles}[quotas.connection]\ncalls = 5\n"));
    running.signal(Signal::HUP);
    running.says("how much each may have is as the configuration says now");
    assert_eq!(same(&caller).await.unwrap_err().kind(), CallErrorKind::Denied);
    configuration(&folder, &format!("{roles}call = [\"*\"]\n"));
    running.signal(Signal::HUP);
    running.says("who may do what is as the configuration says now");
    running.says("so that does not change; to have no quotas");
    assert_eq!(same(&caller).await, Ok(7));
    end(running, [provider, caller]).await;
}

#[tokio::test]
async fn quotas_may_be_moved_to_roles_and_stay_there() {
    let folder = tempfile::tempdir().unwrap();
    let roles = "everyone = [\"all\"]\n[roles.all]\nprovide = [\"*\"]\ncall = [\"*\"]\n";
    let (mut running, provider, caller) =
        net(&folder, &format!("{roles}[quotas.connection]\ncalls = 5\n")).await;
    assert_eq!(same(&caller).await, Ok(7));
    configuration(&folder, &format!("{roles}quotas.connection.calls = 0\n"));
    running.signal(Signal::HUP);
    running.says("how much each may have is as the configuration says now");
    assert_eq!(same(&caller).await.unwrap_err().kind(), CallErrorKind::Overloaded);
    end(running, [provider, caller]).await;
}

#[tokio::test]
async fn who_is_known_is_read_again_and_who_is_known_no_more_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known");
    let made: Vec<_> = ["ann", "bob"]
        .map(|name| text(&run(&["token", name]).stdout))
        .into();
    let [(ann, line_of_ann), (bob, line_of_bob)] = [0, 1].map(|at| made[at].split_once('\n').unwrap());
    fs::write(&file, format!("{line_of_ann}{line_of_bob}")).unwrap();
    let (mut running, said) = Running::start(
        &folder,
        &[
            "--port",
            "0",
            "--known",
            file.to_str().unwrap(),
            "--heartbeat",
            "3600000",
        ],
    );
    let join = |token: &str| Global::builder().port(port(&said)).token(token);
    let [lost_ann, lost_bob] = [(); 2].map(|()| Arc::new(Notify::new()));
    let start = |token, lost: &Arc<Notify>| {
        let lost = Arc::clone(lost);
        join(token).on_node_disconnect(move |_| lost.notify_one()).start()
    };
    let ann_there = start(ann, &lost_ann).await.unwrap();
    let bob_there = start(bob, &lost_bob).await.unwrap();

    // One that is being written, and one that is none, change nothing.
    for (content, expected) in [
        ("", "names nobody, so nothing changes"),
        ("ann", "nothing changes"),
    ] {
        fs::write(&file, content).unwrap();
        running.signal(Signal::HUP);
        running.says(expected);
    }
    ann_there.processes().await.unwrap();

    fs::write(&file, line_of_bob).unwrap();
    running.signal(Signal::HUP);
    running.says("ann (token) is not among those who are known any more");
    running.says("who is known is as the file says now");
    lost_ann.notified().await;
    let unknown = join(ann).start().await.unwrap_err().to_string();
    assert!(unknown.contains("token"), "{unknown}");
    // It has its connection still, and may make others.
    bob_there.processes().await.unwrap();
    join(bob).start().await.unwrap().stop().await;

    // Another token under the same name is another one.
    let other = text(&run(&["token", "bob"]).stdout);
    fs::write(&file, other.split_once('\n').unwrap().1).unwrap();
    running.signal(Signal::HUP);
    lost_bob.notified().await;
    end(running, [ann_there, bob_there]).await;
}
