//! What is kept of what was read.

use daffi_core::proto::{CallId, Header, Mode};

use crate::frames::{Frames, made};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

/// So many bytes of a frame, again and again.
fn flood(bytes: usize, header: &Header<'_>, payload: &[u8]) -> Frames {
    let mut frames = Frames::new();
    while frames.len() < bytes {
        frames = frames.carrying(header, payload);
    }
    frames
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_frames_in_one_write_take_no_memory_that_lasts() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let flood = flood(600 << 10, &Header::Heartbeat { received: 0 }, &[]);
    let mut peers = Vec::new();
    for number in 0..8 {
        let mut peer = Peer::join(&stage, &format!("beats {number}"), &[]).await;
        peer.send(&flood).await;
        peer.assert_open().await;
        peers.push(peer);
    }
    // As much as was sent, and as much again for each that is being read.
    stage.assert_memory(before, 12 << 20);
    drop(peers);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_that_wait_keep_nothing_of_what_came_with_them() {
    const CALLS: u32 = 400;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let _silent = Peer::join(&stage, "silent", &["f"]).await;
    let mut flooding = Peer::join(&stage, "floods", &[]).await;
    // What is sent with a frame that has no payload is not looked at.
    let call = CallId::first(0);
    let beside = flood(245 << 10, &Header::Cancel { call }, &[0; 8 << 10]);
    let before = stage.memory();
    let mut frames = Vec::new();
    for number in 0..CALLS {
        let call = made(number % 100, "f", Mode::HandedOver);
        frames.extend_from_slice(Frames::new().carrying(&call, &[0; 6 << 10]).as_ref());
        frames.extend_from_slice(beside.as_ref());
    }
    let counts = flooding.ask(frames, CALLS as usize).await;
    assert_eq!(counts, Counts::from([("value", CALLS as usize)]));
    // Those wait that take 2.4 MiB; 100 MiB have come.
    stage.assert_memory(before, 48 << 20);
    bystanders.end().await;
}
