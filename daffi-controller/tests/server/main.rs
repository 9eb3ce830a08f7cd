//! The controller against peers that misbehave, over a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallId, Header, Hello, Limits, Query};
use daffi_core::transport::{Address, Connection, connect};
use tokio::time::timeout;

/// Connects as a process of this name.
async fn join(address: &Address, name: &str, limits: Limits) -> Connection {
    let mut connection = connect(address, limits).await.unwrap();
    let hello = Header::Hello(Hello::new(name, 1, 1));
    connection.outbox.send(&hello, &Bytes::new()).unwrap();
    connection.outbox.flush();
    let welcome = connection.inlet.read_one().await.unwrap().unwrap();
    assert!(matches!(welcome.decode().unwrap().0, Header::Welcome(_)));
    connection
}

#[tokio::test]
async fn p6_a_peer_that_does_not_read_is_not_read_and_loses_nothing() {
    const LONG: u32 = 2_000;
    const ALL: u32 = 22_000;
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        queue_bytes: 64 * 1024,
        ..Limits::default()
    };
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    options.limits = limits;
    let controller = Controller::start(options).await.unwrap();
    let name = "n".repeat(Limits::NAME_BYTES);
    let Connection {
        outbox, mut inlet, ..
    } = join(controller.address(), &name, limits).await;
    let writer = tokio::spawn({
        let outbox = Arc::clone(&outbox);
        async move { outbox.run().await }
    });

    let ready = Header::Offer {
        call: CallId::first(ALL),
        ready: true,
    };
    outbox.send(&ready, &Bytes::from_static(&[0])).unwrap();
    // First questions whose answers fill every buffer, then long ones that would fill the queue with short answers.
    let mut asked = 0;
    let mut stalled = false;
    while asked < ALL {
        let query = if asked < LONG {
            Query::Processes
        } else {
            Query::WaitProcess(&name)
        };
        let call = CallId::first(asked);
        outbox
            .send(&Header::Query { call, query }, &Bytes::new())
            .unwrap();
        outbox.kick();
        asked += 1;
        let room = poll_fn(|cx| outbox.poll_room(cx));
        if timeout(Duration::from_secs(1), room).await.is_err() {
            stalled = true;
            break;
        }
    }
    assert!(stalled, "it reads on though nobody takes its answers");

    // Another process is served meanwhile (P7).
    let other = join(controller.address(), "other", limits).await;
    drop(other);

    let mut answers = HashSet::new();
    let mut frames = Vec::new();
    while answers.len() <= asked as usize {
        assert!(inlet.read(&mut frames).await.unwrap());
        for frame in frames.drain(..) {
            match frame.decode().unwrap().0 {
                Header::Reply { call, .. } => assert!(answers.insert(call), "{call} is answered twice"),
                Header::Heartbeat { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    outbox.close();
    writer.await.unwrap();
    controller.stop().await;
}
