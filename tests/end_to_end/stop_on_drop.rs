//! Processes that end with their last handle.

use std::sync::{Arc, Mutex, PoisonError};

use daffi::{Global, LeaveReason, Presence, PresenceEvents};
use tokio::sync::mpsc;

use crate::net::{Net, Transport, over_each};

/// How `process` leaves.
async fn leaves(events: &mut PresenceEvents, process: &str) -> LeaveReason {
    loop {
        match events.next().await.unwrap().unwrap() {
            Presence::Left {
                process: left,
                reason,
            } if left == process => return reason,
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_last_handle_stops_what_it_is_of() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let mut events = net.service.presence().await.unwrap();
        let builder = net.join().process_name("guest").stop_on_drop(true);
        let g = builder.start().await.unwrap();
        let other = g.clone();
        drop(g);
        assert!(
            other
                .processes()
                .await
                .unwrap()
                .iter()
                .any(|process| process.name == "guest")
        );
        drop(other);
        assert_eq!(leaves(&mut events, "guest").await, LeaveReason::Stopped);
        net.stop([]).await;
    })
    .await;
}

#[tokio::test]
async fn without_it_a_process_stays_that_nobody_has_a_handle_of() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let mut events = net.service.presence().await.unwrap();
    let stays = net.join().process_name("stays").start().await.unwrap();
    drop(stays);
    let goes = net
        .join()
        .process_name("goes")
        .stop_on_drop(true)
        .start()
        .await
        .unwrap();
    drop(goes);
    assert_eq!(leaves(&mut events, "goes").await, LeaveReason::Stopped);
    let processes = net.service.processes().await.unwrap();
    assert!(
        processes.iter().any(|process| process.name == "stays"),
        "{processes:?}"
    );
    net.stop([]).await;
}

#[tokio::test]
async fn a_handle_that_a_hook_keeps_is_one_and_that_it_is_given_is_none() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let mut events = net.service.presence().await.unwrap();
    let kept: Arc<Mutex<Option<Global>>> = Arc::default();
    let keeps = Arc::clone(&kept);
    let builder = net.join().process_name("guest").stop_on_drop(true);
    let g = builder
        .on_node_connect(move |g| *keeps.lock().unwrap_or_else(PoisonError::into_inner) = Some(g.clone()))
        .on_node_disconnect(|g| assert_eq!(g.process_name(), "guest"))
        .start()
        .await
        .unwrap();
    drop(g);
    let kept = kept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take()
        .unwrap();
    assert_eq!(kept.processes().await.unwrap().len(), 2);
    drop(kept);
    assert_eq!(leaves(&mut events, "guest").await, LeaveReason::Stopped);
    net.stop([]).await;
}

#[tokio::test]
async fn a_controller_stops_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let service = Global::builder()
        .init_controller(true)
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .stop_on_drop(true)
        .start()
        .await
        .unwrap();
    let (lost, mut losses) = mpsc::unbounded_channel();
    let guest = Global::builder()
        .unix_sock_path(folder.path())
        .auto_callbacks(false)
        .on_node_disconnect(move |_| {
            let _ = lost.send(());
        })
        .start()
        .await
        .unwrap();
    drop(service);
    losses.recv().await.unwrap();
    guest.stop().await;
}

#[test]
fn a_process_without_async_stops_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || {
        Global::builder()
            .unix_sock_path(folder.path())
            .auto_callbacks(false)
    };
    let service = builder()
        .init_controller(true)
        .stop_on_drop(true)
        .start_blocking()
        .unwrap();
    let (lost, losses) = std::sync::mpsc::channel();
    let guest = builder()
        .on_node_disconnect(move |_| {
            let _ = lost.send(());
        })
        .start_blocking()
        .unwrap();
    drop(service);
    losses.recv().unwrap();
    guest.stop_blocking();
}
