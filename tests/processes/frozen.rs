//! Processes that are frozen for so long that they are missed, at a Unix socket: it ends with them, and not before, so nothing is lost.

use std::time::Duration;

use daffi::{Global, Presence, fetcher};
use rustix::process::Signal;
use tokio::time::sleep;

use crate::actor::{Actor, Stage};
use crate::{caller, count_up, process_id};

#[fetcher]
async fn until_told_to_end() -> u8;

/// Waits until that is told of the provider.
async fn told(presence: &mut daffi::PresenceEvents, is_it: impl Fn(&Presence) -> bool) {
    while !is_it(&presence.next().await.unwrap().unwrap()) {}
}

fn is_away(event: &Presence) -> bool {
    matches!(event, Presence::Away { process, .. } if process == "provider")
}

/// Back, without having been lost in between.
fn is_back(event: &Presence) -> bool {
    assert!(!matches!(event, Presence::Left { process, .. } if process == "provider"));
    matches!(event, Presence::Back { process, .. } if process == "provider")
}

async fn begun(g: &Global, provider: &Actor) -> tokio::task::JoinHandle<Result<u8, daffi::CallError>> {
    g.wait_process("provider").await.unwrap();
    let call = tokio::spawn(until_told_to_end().on(g));
    provider.says("waits to be told").await;
    call
}

/// link.heartbeat.waits
#[tokio::test]
async fn p12_nothing_is_lost_of_a_provider_that_was_missed() {
    let stage = Stage::new();
    let _controller = stage.start("controller that waits").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let mut presence = g.presence().await.unwrap();
    let call = begun(&g, &provider).await;
    let mut items = count_up().on(&g).await.unwrap();
    for expected in 0..1000 {
        assert_eq!(items.next().await.unwrap(), Ok(expected));
    }
    provider.signal(Signal::STOP);
    told(&mut presence, is_away).await;
    // It is waited for.
    let waits = tokio::spawn(process_id().on(&g));
    sleep(Duration::from_millis(100)).await;
    assert!(!waits.is_finished());
    provider.signal(Signal::CONT);
    told(&mut presence, is_back).await;
    assert_eq!(waits.await.unwrap(), Ok(provider.id()));
    for expected in 1000..200_000 {
        assert_eq!(items.next().await.unwrap(), Ok(expected));
    }
    provider.signal(Signal::TERM);
    assert_eq!(call.await.unwrap(), Ok(3));
    g.stop().await;
}

/// link.heartbeat.waits
#[tokio::test]
async fn p12_nothing_is_lost_by_a_controller_that_was_missed() {
    let stage = Stage::new();
    let controller = stage.start("controller that waits").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let call = begun(&g, &provider).await;
    let mut items = count_up().on(&g).await.unwrap();
    controller.signal(Signal::STOP);
    // Twice as long as it takes to miss it.
    sleep(Duration::from_millis(400)).await;
    let waits = tokio::spawn(process_id().on(&g));
    controller.signal(Signal::CONT);
    assert_eq!(waits.await.unwrap(), Ok(provider.id()));
    for expected in 0..200_000 {
        assert_eq!(items.next().await.unwrap(), Ok(expected));
    }
    provider.signal(Signal::TERM);
    assert_eq!(call.await.unwrap(), Ok(3));
    assert!(g.last_disconnect().is_none());
    g.stop().await;
}

/// link.heartbeat.waits
#[tokio::test]
async fn p3_a_provider_that_is_killed_while_it_is_frozen_is_lost_at_once() {
    let stage = Stage::new();
    let _controller = stage.start("controller that waits").await;
    let provider = stage.start("provider").await;
    let g = caller(&stage).await;
    let mut presence = g.presence().await.unwrap();
    let call = begun(&g, &provider).await;
    provider.signal(Signal::STOP);
    told(&mut presence, is_away).await;
    provider.signal(Signal::KILL);
    let lost = tokio::time::timeout(Duration::from_secs(30), call).await;
    let error = lost.expect("its socket has ended").unwrap().unwrap_err();
    assert!(
        matches!(&error, daffi::CallError::ProviderLost { process, .. } if process == "provider"),
        "{error}"
    );
    g.stop().await;
}
