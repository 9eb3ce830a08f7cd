//! Bytes that no node would send, and those that it sends only in part.

use daffi_core::proto::{self, CallId, Header, Hello, Mode, ProcessEntry, Query, Status, StreamId};
use futures_util::FutureExt as _;

use crate::frames::{Frames, call, made, offered, value};
use crate::peer::Peer;
use crate::random::Random;
use crate::stage::{Stage, Transport};

/// After a greeting, each of these ends its connection.
fn faults() -> Vec<(&'static str, Vec<u8>)> {
    let frame = |header: &Header<'_>| Frames::new().with(header).into();
    let nothing = CallId::first(0);
    let offer = Header::Offer {
        call: nothing,
        ready: true,
    };
    let wait = Query::WaitProcess("nobody");
    let endless = [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let stream = Header::Opened {
        call: nothing,
        index: 0,
    };
    vec![
        ("noise", vec![0xff; 64]),
        ("a frame with nothing in it", vec![0; 4]),
        ("a frame of four gigabytes", vec![0xff, 0xff, 0xff, 0xff, 4]),
        ("a frame over the limit", vec![1, 0, 0, 1]),
        ("an unknown frame", vec![0, 0, 0, 1, 0xfa]),
        ("half a header", vec![0, 0, 0, 2, 4, 0]),
        (
            "a second greeting",
            frame(&Header::Hello(Hello::new("again", 1, 1))),
        ),
        (
            "a roster, which is the controller's",
            frame(&Header::Roster { call: nothing }),
        ),
        (
            "news, which are the controller's",
            frame(&Header::Happened { call: nothing }),
        ),
        ("a call's number over the limit", frame(&call(1 << 18, "f"))),
        ("the largest call's number", frame(&call(u32::MAX, "f"))),
        (
            "a question's number over the limit",
            Frames::new().query(1 << 18, wait.clone()).into(),
        ),
        (
            "a number in use",
            Frames::new().query(7, wait.clone()).query(7, wait).into(),
        ),
        ("a reply to nothing", frame(&value(nothing))),
        (
            "a reply to the largest number",
            frame(&value(CallId::first(u32::MAX))),
        ),
        ("a stream of nothing", frame(&stream)),
        (
            "an acknowledgement of what was never sent",
            frame(&Header::Heartbeat { received: 1 << 40 }),
        ),
        (
            "an offer that is no list",
            Frames::new().carrying(&offer, &[0xfd, 0xff]).into(),
        ),
        (
            "an offer that claims to be endless",
            Frames::new().carrying(&offer, &endless).into(),
        ),
        (
            "a withdrawal that claims to be endless",
            Frames::new()
                .carrying(&Header::Withdraw { call: nothing }, &endless)
                .into(),
        ),
    ]
}

/// garbage.own
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_node_sends_ends_its_own_connection_and_no_other() {
    for transport in [Transport::Unix, Transport::Tcp] {
        let stage = Stage::new(transport);
        let bystanders = stage.bystanders().await;
        let mut looking = Peer::join(&stage, "looking", &[]).await;
        for (what, bytes) in faults() {
            let mut peer = Peer::join(&stage, what, &[]).await;
            peer.send(&bytes).await;
            peer.closed().await;
            until_gone(&mut looking, what).await;
        }
        bystanders.end().await;
    }
}

/// Waits until a process is there no more.
async fn until_gone(looking: &mut Peer, name: &str) {
    for _ in 0..100_000 {
        looking.send(Frames::new().query(1, Query::Processes)).await;
        let frame = looking.next().await.unwrap();
        let (header, payload) = frame.decode().unwrap();
        let is_answer = matches!(header, Header::Reply { status, .. } if status == Status::Value);
        assert!(is_answer);
        let there: Vec<ProcessEntry> = proto::decode(&payload).unwrap();
        if there.iter().all(|process| process.name != name) {
            return;
        }
    }
    panic!("{name} is still there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_that_is_none_ends_its_own_connection_and_no_other() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut late = Vec::from(Frames::new().with(&call(0, "bystander.same")));
    let greeting = Vec::from(Frames::new().with(&Header::Hello(Hello::new("late", 1, 1))));
    late.extend_from_slice(&greeting);
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0xff; 64][..],
        &[0, 0, 0, 0],
        // Greetings are short.
        &[0, 1, 0, 1],
        &late,
    ] {
        let mut peer = Peer::connect(&stage).await;
        peer.send(bytes).await;
        peer.closed().await;
    }
    // Half of one, at every place.
    for end in 0..greeting.len() {
        let mut peer = Peer::connect(&stage).await;
        peer.send(&greeting[..end]).await;
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_say_nothing_or_go_at_once_disturb_nobody() {
    for transport in [Transport::Unix, Transport::Tcp] {
        let stage = Stage::new(transport);
        let mut bystanders = stage.bystanders().await;
        let before = stage.memory();
        let mut silent = Vec::new();
        for number in 0..400 {
            let peer = Peer::connect(&stage).await;
            // Each second one stays.
            if usize::is_multiple_of(number, 2) {
                silent.push(peer);
            }
        }
        bystanders.go_on(20).await;
        let mut late = Peer::join(&stage, "late", &[]).await;
        late.assert_open().await;
        stage.assert_memory(before, 32 << 20);
        bystanders.end().await;
    }
}

/// limit.announced
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_announced_takes_no_memory_before_it_comes() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peers = Vec::new();
    for number in 0..64 {
        let mut peer = Peer::join(&stage, &format!("announces {number}"), &[]).await;
        // 16 MiB, and one byte of it.
        peer.send([1, 0, 0, 0, 4]).await;
        peers.push(peer);
    }
    for number in 0..64 {
        let mut peer = Peer::connect(&stage).await;
        peer.send([0, 1, 0, 0, number]).await;
        peers.push(peer);
    }
    stage.assert_memory(before, 32 << 20);
    drop(peers);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_ends_in_the_middle_is_forgotten_with_its_connection() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut half = vec![0; 8 << 20];
    half[..4].copy_from_slice(&[1, 0, 0, 0]);
    for number in 0..16 {
        let mut peer = Peer::join(&stage, &format!("half {number}"), &[]).await;
        peer.send(&half).await;
    }
    // One or two at a time are there.
    stage.assert_memory(before, 64 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_comes_back_again_and_again_is_always_let_in() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let hello = Hello::new("again", 1, 1);
    let mut earlier = None;
    for _ in 0..200 {
        // The earlier one is closed then, whatever it has begun.
        let mut peer = Peer::greet_as(&stage, hello.clone()).await;
        peer.send(Frames::new().offer(0, true, []).with(&call(1, "bystander.same")))
            .await;
        if let Some(earlier) = earlier.replace(peer) {
            Peer::closed(earlier).await;
        }
    }
    stage.assert_memory(before, 32 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_with_many_extensions_takes_no_more_memory_than_its_bytes_do() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peers = Vec::new();
    for number in 0..64 {
        let hello = Hello::new(format!("talks {number}"), 1, 1);
        let mut frame = Vec::from(Frames::new().with(&Header::Hello(hello)));
        // Instead of none, as many as a greeting has room for: of two bytes each.
        let count = (15_u16 << 10) / 2;
        frame.pop();
        frame.push(0xfb);
        frame.extend_from_slice(&count.to_le_bytes());
        frame.extend((0..count).flat_map(|_| [9, 0]));
        let length = u32::try_from(frame.len() - 4).unwrap();
        frame[..4].copy_from_slice(&length.to_be_bytes());
        let mut peer = Peer::connect(&stage).await;
        peer.send(&frame).await;
        // It is let in, or not.
        peer.next().await;
        peers.push(peer);
    }
    // Four times what they have sent.
    stage.assert_memory(before, 16 << 20);
    drop(peers);
    bystanders.end().await;
}

/// Frames that a node might send, which some bytes are changed in.
fn damaged(random: &mut Random) -> Vec<u8> {
    let number = *random.pick(&[0, 1, 2, 3, 250, 251, 70_000, u32::MAX]);
    let (id, stream) = (
        CallId::first(number),
        *random.pick(&[StreamId::Result(0), StreamId::Argument(0)]),
    );
    let name = *random.pick(&["f", "bystander.same", "", "nobody's"]);
    let offers = [
        offered(number, name),
        offered(number + u32::from(number == 0), "f"),
    ];
    let frames = match random.below(13) {
        0 => Frames::new().with(&call(number, name)),
        1 => Frames::new().with(&made(number, name, Mode::Broadcast)),
        2 => Frames::new().with(&made(number, name, Mode::HandedOver)),
        3 => Frames::new().with(&value(id)),
        4 => Frames::new().with(&Header::Cancel { call: id }),
        5 => Frames::new().offer(number, random.below(2) == 0, offers),
        6 => Frames::new().carrying(&Header::Withdraw { call: id }, &[2, 0, 1]),
        7 => Frames::new().query(
            number,
            Query::WaitFunction {
                name,
                process: None,
                having: Vec::new(),
            },
        ),
        8 => Frames::new().query(number, Query::Presence),
        9 => Frames::new().query(number, Query::Callbacks),
        10 => Frames::new().with(&Header::Opened {
            call: id,
            index: number,
        }),
        11 => Frames::new().carrying(
            &Header::Items {
                call: id,
                stream,
                items: number,
                explained: number % 2 == 1,
            },
            b"items",
        ),
        _ => Frames::new().with(&Header::Credit {
            call: id,
            stream,
            items: number,
            bytes: number,
        }),
    };
    let mut bytes = Vec::from(frames);
    // The length stays, so that the next frame is looked at, too.
    for _ in 0..random.below(3) {
        let place = 4 + random.below(bytes.len() - 4);
        bytes[place] = u8::try_from(random.below(256)).unwrap();
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_damaged_hurt_nobody_but_who_sends_them() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut looking = Peer::join(&stage, "looking", &[]).await;
    let before = stage.memory();
    let mut random = Random::new(1);
    for number in 0..300 {
        let name = format!("damaged {number}");
        let mut peer = Peer::join(&stage, &name, &["f"]).await;
        for _ in 0..30 {
            peer.send(damaged(&mut random)).await;
        }
        peer.closed_by_us().await;
        until_gone(&mut looking, &name).await;
    }
    stage.assert_memory(before, 32 << 20);
    bystanders.end().await;
}

/// greeting.bound
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_that_comes_byte_by_byte_has_no_more_time_than_any() {
    const SLOW: usize = 20;
    let stage = Stage::new(Transport::Tcp);
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut slow = Vec::new();
    for _ in 0..SLOW {
        let mut peer = Peer::connect(&stage).await;
        // A greeting of 15,000 bytes.
        peer.send([0, 0, 0x3a, 0x98]).await;
        slow.push(peer);
    }
    // At this pace it would take minutes until it is whole, and no time is without a byte.
    while let Some(open) = slow.last_mut() {
        if open.next().now_or_never().is_some() {
            slow.pop();
        }
        for peer in &mut slow {
            peer.send([0]).await;
        }
        bystanders.go_on(20).await;
    }
    stage.assert_memory(before, 4 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arguments_that_are_nested_without_an_end_are_refused_by_who_would_read_them() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut peer = Peer::join(&stage, "nests", &[]).await;
    for depth in [10, 1_000_000] {
        // A tree of one branch.
        let mut nested = vec![1; depth];
        nested.push(0);
        let frames = Frames::new().carrying(&call(7, "bystander.depth"), &nested);
        let expected = if depth == 10 { "value" } else { "another failure" };
        peer.send(frames).await;
        assert_eq!(peer.reply().await, expected, "{depth}");
    }
    peer.assert_open().await;
    bystanders.end().await;
}
