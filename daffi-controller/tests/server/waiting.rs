//! Nothing is heard of a process at a Unix socket: its connection is the same when it is heard again, so it is waited for.

use std::time::Duration;

use daffi::{Global, Presence, PresenceEvents};
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallHeader, CallId, Extensions, Header, Hello, Limits, Status};
use daffi_core::transport::{Address, Connection, Security, connect};
use tempfile::TempDir;
use tokio::time::Instant;

use super::join;
use super::nodes::{closed, next, offer, reply, start, stop, tell};

const HEARTBEAT: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(3);

async fn started(folder: &TempDir, grace: Duration) -> Controller {
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    (options.heartbeat, options.resume_grace) = (HEARTBEAT, grace);
    start(options).await
}

async fn observer(folder: &TempDir) -> (Global, PresenceEvents) {
    let builder = Global::builder()
        .unix_sock_path(folder.path())
        .auto_callbacks(false);
    let g = builder.process_name("observer").start().await.unwrap();
    let presence = g.presence().await.unwrap();
    (g, presence)
}

/// What is told of the silent one, and after how many seconds since then.
async fn told(presence: &mut PresenceEvents, since: Instant) -> (&'static str, u64) {
    loop {
        let event = presence.next().await.unwrap().unwrap();
        let (what, process) = match &event {
            Presence::Away { process, .. } => ("away", process),
            Presence::Back { process, .. } => ("back", process),
            Presence::Left { process, .. } => ("left", process),
            _ => continue,
        };
        if process == "silent" {
            return (what, since.elapsed().as_secs());
        }
    }
}

/// Answers the call that comes next.
async fn answer(connection: &mut Connection) {
    let frame = next(connection).await.unwrap();
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let call = run.call;
    let status = Status::Value;
    tell(connection, &Header::Reply { call, status });
}

/// link.heartbeat.waits
#[tokio::test(start_paused = true)]
async fn p12_a_process_that_is_missed_at_a_unix_socket_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let controller = started(&folder, GRACE).await;
    let (g, mut presence) = observer(&folder).await;
    let mut silent = join(controller.address(), "silent", Limits::default()).await;
    offer(&mut silent, "one").await;
    let since = Instant::now();
    let mut caller = join(controller.address(), "caller", Limits::default()).await;
    let to_it = |number| {
        let mut call = CallHeader::new(CallId::first(number), "one");
        call.to = Some("silent");
        Header::Call(call)
    };
    tell(&caller, &to_it(1));
    let (what, after) = told(&mut presence, since).await;
    assert!(what == "away" && (6..=8).contains(&after), "{what} after {after}");
    // What is sent to it waits for it.
    tell(&caller, &to_it(2));
    answer(&mut silent).await;
    assert_eq!(told(&mut presence, since).await.0, "back");
    reply(&mut caller).await.unwrap();
    answer(&mut silent).await;
    reply(&mut caller).await.unwrap();
    // And so does one that is silent again, until the grace is over.
    let since = Instant::now();
    assert_eq!(told(&mut presence, since).await.0, "away");
    let (what, after) = told(&mut presence, since).await;
    assert!(
        what == "left" && (9..=12).contains(&after),
        "{what} after {after}"
    );
    closed(silent).await;
    caller.outbox.abort();
    g.stop().await;
    stop(controller).await;
}

/// link.heartbeat.waits
#[tokio::test(start_paused = true)]
async fn p3_without_a_grace_a_process_that_is_missed_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let controller = started(&folder, Duration::ZERO).await;
    let (g, mut presence) = observer(&folder).await;
    let mut silent = join(controller.address(), "silent", Limits::default()).await;
    offer(&mut silent, "one").await;
    let since = Instant::now();
    let (what, after) = told(&mut presence, since).await;
    assert!(what == "left" && (6..=8).contains(&after), "{what} after {after}");
    closed(silent).await;
    g.stop().await;
    stop(controller).await;
}

/// link.heartbeat.waits, link.resume.end
#[tokio::test(start_paused = true)]
async fn p9_a_process_that_is_missed_leaves_its_name_to_one_that_was_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let controller = started(&folder, GRACE).await;
    let (g, mut presence) = observer(&folder).await;
    let mut silent = join(controller.address(), "silent", Limits::default()).await;
    offer(&mut silent, "one").await;
    let since = Instant::now();
    assert_eq!(told(&mut presence, since).await.0, "away");
    let mut again = connect(controller.address(), Limits::default(), &Security::none())
        .await
        .unwrap();
    let since = Instant::now();
    tell(&again, &Header::Hello(Hello::new("silent", 2, 2)));
    let welcome = next(&mut again).await.unwrap();
    let Header::Welcome(welcome) = welcome.decode().unwrap().0 else {
        panic!("{welcome:?}")
    };
    // Each side knows how long it waits for the other.
    assert_eq!(welcome.extensions.get(Extensions::WAITS).unwrap(), Some(GRACE));
    assert_eq!(told(&mut presence, since).await, ("left", 0));
    closed(silent).await;
    again.outbox.abort();
    g.stop().await;
    stop(controller).await;
}
