//! Those who take more than whoever runs the controller allows, and those who say nothing at all.

use std::time::{Duration, Instant};

use daffi::CallErrorKind;
use daffi_core::proto::{
    CallId, Exceeded, Failed, Header, Hello, Large, Measure, Query, QuotaOf, Refusal, Status, StreamId,
};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::frames::{Frames, call};
use crate::handshakes::{Holder, assert_welcome, refusal};
use crate::peer::Peer;
use crate::stage::{Stage, Transport};

/// A process of the identity that has quotas.
async fn join(stage: &Stage, name: &str) -> Peer {
    let mut peer = Peer::connect(stage).await;
    let holder = Holder::new(stage.other_token());
    let (_, welcome) = holder
        .greet(&mut peer, Hello::new(name, 1, 1), |proof| proof)
        .await;
    assert_welcome(welcome.as_ref());
    peer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_identity_with_a_thousand_connections_has_those_that_it_may_have() {
    let stage = Stage::holding();
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let holder = Holder::new(stage.other_token());
    let mut peers = Vec::new();
    for number in 0..1000 {
        let mut peer = Peer::connect(&stage).await;
        let hello = Hello::new(format!("one of many {number}"), 1, 1);
        let (_, answer) = holder.greet(&mut peer, hello, |proof| proof).await;
        if number < 50 {
            assert_welcome(answer.as_ref());
            peers.push(peer);
            continue;
        }
        let Refusal::OverQuota(exceeded) = refusal(answer.as_ref()) else {
            panic!("number {number} is not over a quota")
        };
        assert_eq!(
            (exceeded.measure, exceeded.of, exceeded.limit),
            (Measure::Connections, QuotaOf::Identity, 50)
        );
        peer.closed().await;
    }
    bystanders.go_on(20).await;
    stage.assert_memory(before, 8 << 20);
    peers.pop().unwrap().closed_by_us().await;
    // That it is gone is seen a moment later than its connection is closed.
    loop {
        let mut peer = Peer::connect(&stage).await;
        let (_, answer) = holder
            .greet(&mut peer, Hello::new("after one has gone", 1, 1), |proof| proof)
            .await;
        match answer.unwrap().decode().unwrap().0 {
            Header::Welcome(_) => break,
            Header::Refused(Refusal::OverQuota(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_with_a_thousand_connections_has_those_of_its_second() {
    let stage = Stage::bounding_addresses();
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let begun = Instant::now();
    let mut let_in = 0;
    let mut told = 0;
    for number in 0..1000_u128 {
        let mut peer = Peer::connect(&stage).await;
        let hello = Hello::new(format!("from there {number}"), number, 1);
        peer.send(Frames::new().with(&Header::Hello(hello))).await;
        // Of one that is closed the words may be lost with what it has sent itself.
        let Some(answer) = peer.next().await else { continue };
        match answer.decode().unwrap().0 {
            Header::Welcome(_) => let_in += 1,
            Header::Refused(Refusal::OverQuota(exceeded)) => {
                assert_eq!(
                    (exceeded.measure, exceeded.of, exceeded.limit),
                    (Measure::ConnectionsPerSecond, QuotaOf::Address, 50)
                );
                told += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    let seconds = begun.elapsed().as_secs() + 1;
    assert!(
        let_in > 0 && let_in <= 50 + 50 * seconds,
        "{let_in} in {seconds} s"
    );
    assert!(told > 0);
    bystanders.go_on(20).await;
    stage.assert_memory(before, 8 << 20);
    // Who comes when there is room is let in.
    loop {
        let mut peer = Peer::connect(&stage).await;
        let hello = Header::Hello(Hello::new("comes again", 1, 1));
        peer.send(Frames::new().with(&hello)).await;
        let answer = peer.next().await;
        if answer.is_some_and(|answer| matches!(answer.decode().unwrap().0, Header::Welcome(_))) {
            break;
        }
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_says_to_come_again_at_the_end_of_time_harms_no_caller() {
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let mut liar = Peer::join(&stage, "liar", &["lie"]).await;
    let g = bystanders.one().clone();
    let call = tokio::spawn(async move {
        let call = g.call::<u32>("lie", (1_u32,)).retry(3);
        call.timeout(Duration::from_secs(3600)).await
    });
    let run = liar.run().await;
    let exceeded = Exceeded::new(Measure::Calls, QuotaOf::Connection, 1, Some(Duration::MAX));
    let status = Status::Failed(Failed::OverQuota(exceeded));
    liar.send(Frames::new().with(&Header::Reply { call: run, status }))
        .await;
    // There is no time left in which it could be made again.
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), CallErrorKind::Overloaded, "{error}");
    bystanders.go_on(20).await;
    bystanders.end().await;
}

/// quota.abuse
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_never_stops_is_refused_and_then_cut_off_and_told_why() {
    let stage = Stage::holding();
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peer = join(&stage, "never stops").await;
    let (mut refused, mut taken) = (0_u32, 0_u32);
    let told = 'cut: loop {
        let mut frames = Frames::new();
        for number in 0..500 {
            frames = frames.with(&call(number, "nobody offers this"));
        }
        peer.send(frames).await;
        for _ in 0..500 {
            let frame = peer.next().await.expect("it is told before the connection ends");
            match frame.decode().unwrap().0 {
                Header::Reply { status, .. } => match crate::peer::word(&status) {
                    "over quota" => refused += 1,
                    "no provider" => taken += 1,
                    other => panic!("{other}"),
                },
                Header::Refused(refusal) => break 'cut refusal,
                other => panic!("{other:?}"),
            }
        }
    };
    let Refusal::Abuse(exceeded) = told else {
        panic!("{told:?}")
    };
    assert_eq!((exceeded.measure, exceeded.limit), (Measure::CallsPerSecond, 100));
    assert!(
        refused >= 6000 && taken >= 100,
        "{refused} were refused, and {taken} were not"
    );
    peer.closed().await;
    bystanders.go_on(20).await;
    stage.assert_memory(before, 8 << 20);
    // It may come back, and its second is no new one.
    let mut peer = join(&stage, "never stops").await;
    let mut calls = Frames::new();
    for number in 0..200 {
        calls = calls.with(&call(number, "nobody offers this"));
    }
    let counts = peer.ask(calls, 200).await;
    assert!(counts["over quota"] > 0, "{counts:?}");
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_bytes_is_read_no_faster_than_allowed_and_costs_no_memory() {
    const SIZE: usize = 64 << 10;
    const FRAMES: usize = 256;
    let stage = Stage::holding();
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peer = join(&stage, "flood").await;
    // Items of a stream of no call, which cannot be refused, and signs of life that bring what nobody asked for.
    let items = Header::Items {
        call: CallId::first(7),
        stream: StreamId::Argument(0),
        items: 1,
        explained: false,
    };
    let heartbeat = Header::Heartbeat { received: 0 };
    let mut flood = Frames::new();
    for _ in 0..FRAMES / 2 {
        flood = flood
            .carrying(&items, &[0; SIZE])
            .carrying(&heartbeat, &[0; SIZE]);
    }
    let question = Header::Query {
        call: CallId::first(0),
        query: Query::WaitProcess("left"),
    };
    let begun = Instant::now();
    let counts = peer.ask(flood.with(&question), 1).await;
    assert_eq!(counts["value"], 1, "{counts:?}");
    // Of 16 MiB, a second's four million may come at once.
    assert!(
        begun.elapsed() > Duration::from_millis(2500),
        "{:?}",
        begun.elapsed()
    );
    stage.assert_memory(before, 8 << 20);
    bystanders.go_on(20).await;
    bystanders.end().await;
}

/// quota.read
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_owes_and_comes_again_is_not_read_before_that_is_paid() {
    let stage = Stage::holding();
    let mut bystanders = stage.bystanders().await;
    let mut witness = join(&stage, "witness").await;
    let mut peer = join(&stage, "comes again").await;
    let items = Header::Items {
        call: CallId::first(7),
        stream: StreamId::Argument(0),
        items: 1,
        explained: false,
    };
    // Of twelve million, a second's four million are there.
    peer.send(Frames::new().carrying(&items, &vec![0; 12_000_000]))
        .await;
    // As soon as all of it is counted, its identity is told so.
    let mut number = 0;
    loop {
        let counts = witness
            .ask(Frames::new().with(&call(number, "nobody offers this")), 1)
            .await;
        if counts.contains_key("over quota") {
            break;
        }
        number += 1;
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    drop(peer);
    // Where it would not be read for long it is not even let in.
    let holder = Holder::new(stage.other_token());
    let mut peer = loop {
        let mut peer = Peer::connect(&stage).await;
        let (_, answer) = holder
            .greet(&mut peer, Hello::new("comes again, really", 1, 1), |proof| proof)
            .await;
        match answer.unwrap().decode().unwrap().0 {
            Header::Welcome(_) => break peer,
            Header::Refused(Refusal::OverQuota(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    let question = Header::Query {
        call: CallId::first(0),
        query: Query::WaitProcess("left"),
    };
    let counts = peer.ask(Frames::new().with(&question), 1).await;
    assert_eq!(counts["value"], 1, "{counts:?}");
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
    bystanders.go_on(20).await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_that_say_nothing_are_in_nobodys_way() {
    are_in_nobodys_way(10_000, &[], 3 << 10).await;
    are_in_nobodys_way(1_000, &[1], 20 << 10).await;
}

/// Checks that so many strangers who say so much take less than `most` bytes each, and end.
async fn are_in_nobodys_way(many: usize, says: &[u8], most: u64) {
    let stage = Stage::new(Transport::Tcp);
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let port = stage.address().port().unwrap();
    let mut silent = Vec::with_capacity(many);
    for _ in 0..many {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(says).await.unwrap();
        silent.push(stream);
    }
    bystanders.go_on(20).await;
    // Whoever comes now is let in behind all of them.
    let mut peer = Peer::greet(&stage, "says something").await;
    peer.assert_open().await;
    stage.assert_memory(before, (many as u64) * most);
    // None of them is there for longer than its time.
    for stream in &silent {
        stream.readable().await.unwrap();
        assert_eq!(stream.try_read(&mut [0; 16]).unwrap(), 0);
    }
    peer.assert_open().await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_over_the_quota_of_their_sender_end_its_connection() {
    let stage = Stage::holding();
    let mut bystanders = stage.bystanders().await;
    let whole = |bytes| Frames::new().carrying(&call(0, "nobody offers this"), &vec![0; bytes]);
    let declared = |bytes| {
        let Header::Call(call) = call(0, "nobody offers this") else {
            panic!("it is a call")
        };
        let frame = Large::Call(call);
        Frames::new().with(&Header::Large { bytes, frame })
    };
    for (what, frames, is_allowed) in [
        ("a frame", whole(100 << 10), true),
        ("a larger one", whole(13_000_000), false),
        ("one that is declared", declared(13_000_000), true),
        ("a larger one that is declared", declared(13_000_001), false),
    ] {
        let mut peer = join(&stage, what).await;
        peer.send(frames).await;
        if is_allowed {
            let answer = peer.next().await.expect(what);
            assert!(
                matches!(answer.decode().unwrap().0, Header::Reply { .. }),
                "{what}"
            );
            peer.closed_by_us().await;
        } else {
            peer.closed().await;
        }
    }
    bystanders.go_on(20).await;
    bystanders.end().await;
}
