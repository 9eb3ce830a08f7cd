//! Calls: too many, too large, never answered, answered by those who were not asked.

use daffi_core::proto::{CallHeader, CallId, Extensions, Header, Hello, Limits, Mode, Offered, Status};

use crate::frames::{Frames, call, described, made, offered, value};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

/// A process that runs at most so many calls.
async fn provider(stage: &Stage, runs: u32) -> Peer {
    let extensions = Extensions::default().with(Extensions::RUNS, &runs).unwrap();
    let hello = Hello {
        extensions,
        ..Hello::new("provider", 1, 1)
    };
    let mut peer = Peer::greet_as(stage, hello).await;
    peer.send(Frames::new().offer(0, true, [offered(0, "f")])).await;
    assert_eq!(peer.reply().await, "value");
    peer
}

/// How many calls somebody who is alone gets of what a process runs.
const fn part_of(runs: usize) -> usize {
    runs / 5 * 4
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_to_be_handed_over_is_all_there_and_no_more_than_is_run() {
    const RUNS: u32 = 10_000;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = provider(&stage, RUNS).await;
    let mut flooding = Peer::join(&stage, "floods", &[]).await;
    let frames = Frames::new().calls((0..15_000).map(|n| n % 500), &made(0, "f", Mode::HandedOver), b"");
    let counts = flooding.ask(frames, 15_000).await;
    let taken = part_of(RUNS as usize);
    assert_eq!(
        counts,
        Counts::from([("value", taken), ("overloaded", 15_000 - taken)])
    );
    // Others have a part of what is left.
    let mut other = Peer::join(&stage, "other", &[]).await;
    let frames = Frames::new().calls(0..500, &made(0, "f", Mode::HandedOver), b"");
    assert_eq!(other.ask(frames, 500).await, Counts::from([("value", 500)]));
    // Those who handed over are gone, and each call is there all the same.
    flooding.closed_by_us().await;
    let mut frames = Frames::new();
    for _ in 0..taken + 500 {
        frames = frames.with(&value(provider.run().await));
    }
    provider.send(frames).await;
    let frames = Frames::new().calls(0..500, &made(0, "f", Mode::HandedOver), b"");
    let counts = other.ask(frames, 500).await;
    assert_eq!(counts, Counts::from([("value", 500)]));
    drop(provider);
    other.assert_open().await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_never_answered_take_memory_only_until_their_provider_leaves() {
    const CALLS: u32 = 40_000;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let flood = async |expected| {
        let silent = provider(&stage, Limits::RUNS).await.deaf();
        let mut flooding = Peer::join(&stage, "floods", &[]).await;
        flooding
            .send(Frames::new().calls(0..CALLS, &call(0, "f"), b""))
            .await;
        // What is sent after them is answered after they are on their way.
        flooding.assert_open().await;
        drop(silent);
        let counts = flooding.replies(CALLS as usize).await;
        assert_eq!(counts, Counts::from([(expected, CALLS as usize)]));
        flooding.send(Frames::new().with(&Header::Goodbye)).await;
    };
    flood("provider lost").await;
    let before = stage.memory();
    flood("provider lost").await;
    // As much as before, and what the allocator makes of it.
    stage.assert_memory(before, 32 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_towards_one_that_does_not_read_leaves_room_for_the_calls_of_others() {
    let long = "x".repeat(Limits::METADATA_BYTES);
    let plain = || match made(0, "f", Mode::HandedOver) {
        Header::Call(call) => call,
        other => panic!("{other:?}"),
    };
    let talking = CallHeader {
        metadata: vec![("", &long)],
        ..plain()
    };
    let arguments = vec![0; 1 << 20];
    for (what, header, payload, count) in [
        ("arguments", plain(), &arguments[..], 100),
        ("metadata", talking, b"", 10_000),
    ] {
        let stage = Stage::new(Transport::Unix);
        let bystanders = stage.bystanders().await;
        let _silent = provider(&stage, Limits::RUNS).await;
        let before = stage.memory();
        let mut flooding = Peer::join(&stage, "floods", &[]).await;
        let frames = Frames::new().calls((0..count).map(|n| n % 50), &Header::Call(header.clone()), payload);
        let counts = flooding.ask(frames, count as usize).await;
        assert!(
            counts["value"] > 10 && counts["overloaded"] > 10,
            "{what}: {counts:?}"
        );
        let mut other = Peer::join(&stage, "other", &[]).await;
        let frames = Frames::new().calls(0..5, &Header::Call(header), payload);
        let counts = other.ask(frames, 5).await;
        assert_eq!(counts, Counts::from([("value", 5)]), "beside a flood of {what}");
        // A queue, and what is read of the next frames.
        stage.assert_memory(before, 160 << 20);
        bystanders.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_read_its_answers_gets_small_ones() {
    const CALLS: u32 = 200;
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut provider = provider(&stage, Limits::RUNS).await;
    let before = stage.memory();
    let mut deaf = Peer::join(&stage, "deaf", &[]).await;
    deaf.send(Frames::new().calls(0..CALLS, &call(0, "f"), b"")).await;
    let mut numbers = Vec::new();
    for _ in 0..CALLS {
        numbers.push(provider.run().await);
    }
    let large = vec![0; 1 << 20];
    for number in numbers {
        provider
            .send(Frames::new().carrying(&value(number), &large))
            .await;
    }
    provider.assert_open().await;
    stage.assert_memory(before, 160 << 20);
    let counts = deaf.replies(CALLS as usize).await;
    assert_eq!(counts.values().sum::<usize>(), CALLS as usize);
    assert!(counts["value"] >= 60 && counts["overloaded"] >= 60, "{counts:?}");
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_tells_of_a_large_signature_is_not_sent_to_whoever_does_not_read() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = Peer::greet(&stage, "provider").await;
    let mut taken = None;
    for (number, size) in (0..).zip([12 << 20, 200 << 10]) {
        let offered = Offered {
            signature: described(size),
            ..offered(number, "f")
        };
        provider.send(Frames::new().offer(number, true, [offered])).await;
        if provider.reply().await == "value" {
            taken = Some(size);
            break;
        }
    }
    assert!(taken.is_some());
    let before = stage.memory();
    let mut deaf = Peer::join(&stage, "deaf", &[]).await;
    let Header::Call(wrong) = call(0, "f") else {
        panic!("it is a call")
    };
    let wrong = Header::Call(CallHeader {
        signature: 1,
        ..wrong
    });
    deaf.send(Frames::new().calls((0..2_000).map(|n| n % 50), &wrong, b""))
        .await;
    provider.assert_open().await;
    bystanders.end().await;
    stage.assert_memory(before, 200 << 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_largest_number_of_a_call_takes_no_more_memory_than_the_smallest() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peers = Vec::new();
    for number in 0..100 {
        let mut peer = Peer::join(&stage, &format!("large {number}"), &[]).await;
        peer.send(Frames::new().with(&call((1 << 18) - 1, "nobody's")))
            .await;
        assert_eq!(peer.reply().await, "no provider");
        peers.push(peer);
    }
    stage.assert_memory(before, 16 << 20);
    drop(peers);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_to_the_call_of_another_process_is_a_fault_and_answers_nothing() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut provider = provider(&stage, 100).await;
    let mut caller = Peer::join(&stage, "caller", &[]).await;
    caller.send(Frames::new().with(&call(3, "f"))).await;
    let call = provider.run().await;
    let CallId { slot, generation } = call;
    for nearby in [
        call,
        CallId {
            slot: slot + 1,
            generation,
        },
        CallId {
            slot,
            generation: generation.wrapping_sub(1),
        },
    ] {
        let mut liar = Peer::join(&stage, &format!("liar {nearby}"), &["g"]).await;
        liar.send(Frames::new().with(&value(nearby))).await;
        liar.told("a reply to a call that it was not given").await;
    }
    let mut long = Peer::join(&stage, "long", &[]).await;
    long.send((1_u32 << 30).to_be_bytes()).await;
    long.told("over the limit of").await;
    // Nor may the caller say how its own call ended, or cancel it for the provider.
    let mut other = Peer::join(&stage, "other", &[]).await;
    other
        .send(Frames::new().with(&Header::Cancel {
            call: CallId::first(3),
        }))
        .await;
    other.assert_open().await;
    let status = Status::Value;
    provider
        .send(Frames::new().with(&Header::Reply { call, status }))
        .await;
    assert_eq!(caller.reply().await, "value");
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_leaves_beside_many_calls_of_others_ends_none_of_them() {
    const CALLS: u32 = 20_000;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = provider(&stage, Limits::RUNS).await;
    let mut caller = Peer::join(&stage, "caller", &[]).await;
    caller
        .send(Frames::new().calls(0..CALLS, &call(0, "f"), b""))
        .await;
    let mut frames = Frames::new();
    for _ in 0..CALLS {
        frames = frames.with(&value(provider.run().await));
    }
    for number in 0..20 {
        let mut idle = Peer::join(&stage, &format!("idle {number}"), &["g"]).await;
        idle.send(Frames::new().calls(0..50, &call(0, "f"), b"")).await;
    }
    provider.send(frames).await;
    let counts = caller.replies(CALLS as usize).await;
    assert_eq!(counts, Counts::from([("value", CALLS as usize)]));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_to_one_that_leaves_and_comes_back_at_once_have_an_end() {
    const CALLS: u32 = 10_000;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let hello = Hello::new("provider", 1, 1);
    let mut caller = Peer::join(&stage, "caller", &[]).await;
    let names: Vec<_> = (0..4_000).map(|number| format!("f{number}")).collect();
    let offers: Vec<_> = (0..)
        .zip(&names)
        .map(|(number, name)| offered(number, name))
        .collect();
    let mut provider = Peer::greet_as(&stage, hello.clone()).await;
    for _ in 0..3 {
        provider.send(Frames::new().offer(0, true, offers.clone())).await;
        assert_eq!(provider.reply().await, "value");
        caller
            .send(Frames::new().calls(0..CALLS, &call(0, "f7"), b""))
            .await;
        for _ in 0..CALLS {
            provider.run().await;
        }
        // What it offers is taken back a little at a time; the same process is let in before that is done.
        provider.send(Frames::new().with(&Header::Goodbye)).await;
        let earlier = std::mem::replace(&mut provider, Peer::greet_as(&stage, hello.clone()).await);
        let counts = caller.replies(CALLS as usize).await;
        assert_eq!(counts, Counts::from([("provider lost", CALLS as usize)]));
        earlier.closed().await;
    }
    bystanders.end().await;
}
