//! The controller against peers that misbehave, over a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod draining;
mod heartbeats;
mod log;
mod nodes;
mod replacing;
mod resuming;
mod sessions;
mod standing_by;
#[cfg(feature = "tls")]
mod tls;
mod turns;
mod waiting;

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::proto::{CallHeader, CallId, Framing, Header, Hello, Limits, Query, Refusal, append};
use daffi_core::transport::{Address, Connection, End, Security, connect};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

/// Connects as a process of this name.
async fn join(address: &Address, name: &str, limits: Limits) -> Connection {
    let mut connection = connect(address, limits, &Security::none()).await.unwrap();
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

/// A process on a line that is slow: what it has said for a long time is one frame that is not whole.
#[tokio::test(start_paused = true)]
async fn a_process_whose_large_frame_takes_many_heartbeats_is_not_cut_off() {
    const PIECES: u32 = 12;
    const PIECE: usize = 32 * 1024;
    let heartbeat = Duration::from_secs(1);
    let folder = tempfile::tempdir().unwrap();
    let mut options = ControllerOptions::new(Address::unix_in(folder.path()));
    options.heartbeat = heartbeat;
    let controller = Controller::start(options).await.unwrap();
    let path = controller.address().path().unwrap();
    let mut socket = UnixStream::connect(path).await.unwrap();
    let mut said = Vec::new();
    append(
        &mut said,
        &Header::Hello(Hello::new("slow", 1, 1)),
        0,
        Framing::newest(usize::MAX),
    )
    .unwrap();
    let payload = vec![0; PIECES as usize * PIECE];
    let call = CallHeader::new(CallId::first(0), "nobody");
    append(
        &mut said,
        &Header::Call(call),
        payload.len(),
        Framing::newest(usize::MAX),
    )
    .unwrap();
    socket.write_all(&said).await.unwrap();
    for piece in payload.chunks(PIECE) {
        sleep(heartbeat).await;
        socket.write_all(piece).await.unwrap();
    }

    let path = path.to_owned();
    let mut connection = Connection::unix(socket, path, Limits::default(), End::Node);
    let answered = loop {
        let frame = connection.inlet.read_one().await.unwrap();
        let frame = frame.expect("it was cut off");
        if let Header::Reply { call, .. } = frame.decode().unwrap().0 {
            break call;
        }
    };
    assert_eq!(answered, CallId::first(0));
    connection.outbox.abort();
    controller.stop().await;
}

#[tokio::test]
async fn p9_who_asks_for_a_name_again_learns_whether_its_holder_was_heard() {
    let folder = tempfile::tempdir().unwrap();
    let controller = Controller::start(ControllerOptions::new(Address::unix_in(folder.path())))
        .await
        .unwrap();
    let limits = Limits::default();
    let mut holder = join(controller.address(), "shop", limits).await;
    let sign = async || {
        let mut other = connect(controller.address(), limits, &Security::none())
            .await
            .unwrap();
        let hello = Header::Hello(Hello::new("shop", 2, 2));
        other.outbox.send(&hello, &Bytes::new()).unwrap();
        other.outbox.flush();
        let refused = other.inlet.read_one().await.unwrap().unwrap();
        match refused.decode().unwrap().0 {
            Header::Refused(Refusal::NameTaken { sign, .. }) => sign,
            other => panic!("{other:?}"),
        }
    };
    let silent = sign().await;
    assert_eq!(sign().await, silent);
    let query = Header::Query {
        call: CallId::first(0),
        query: Query::Processes,
    };
    holder.outbox.send(&query, &Bytes::new()).unwrap();
    holder.outbox.flush();
    let _answer = holder.inlet.read_one().await.unwrap().unwrap();
    assert_ne!(sign().await, silent);
    controller.stop().await;
}
