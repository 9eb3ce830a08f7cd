//! Frames of streams beyond all credit.

use daffi_core::proto::{CallId, Header, Mode, Own, Status, StreamId};

use crate::frames::{Frames, call, made};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

const ITEMS: StreamId = StreamId::Result(0);

/// A provider and a caller, with one call between them: the provider's number of it. The caller's is 0.
async fn between(stage: &Stage) -> (Peer, Peer, CallId) {
    let mut provider = Peer::join(stage, "provider", &["f"]).await;
    let mut caller = Peer::join(stage, "caller", &[]).await;
    caller.send(Frames::new().with(&call(0, "f"))).await;
    let number = provider.run().await;
    (provider, caller, number)
}

const fn credit<'a>(call: CallId, stream: StreamId) -> Header<'a> {
    Header::Credit {
        call,
        stream,
        items: 1,
        bytes: 1,
    }
}

fn many(header: &Header<'_>, count: usize) -> Frames {
    (0..count).fold(Frames::new(), |frames, _| frames.with(header))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_credit_reaches_whoever_reads_it_and_slows_nobody_down() {
    const CREDITS: usize = 50_000;
    let stage = Stage::new(Transport::Tcp);
    let mut bystanders = stage.bystanders().await;
    let (mut provider, mut caller, number) = between(&stage).await;
    let flood = many(&credit(CallId::first(0), ITEMS), CREDITS);
    let reading = async {
        for _ in 0..CREDITS {
            let frame = provider.next().await.unwrap();
            let (header, _) = frame.decode().unwrap();
            assert_eq!(header, credit(number, ITEMS));
        }
    };
    tokio::join!(caller.send(&flood), reading, bystanders.go_on(20));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_streams_to_one_that_does_not_read_take_no_more_than_a_queue() {
    let words = "x".repeat(1 << 20);
    let large = vec![0; 1 << 20];
    for (what, from_caller) in [("words", true), ("arguments", true), ("results", false)] {
        let stage = Stage::new(Transport::Unix);
        let bystanders = stage.bystanders().await;
        let (mut provider, mut caller, number) = between(&stage).await;
        let (call, stream) = if from_caller {
            (CallId::first(0), StreamId::Argument(0))
        } else {
            (number, ITEMS)
        };
        let (header, payload) = match what {
            "words" => {
                let status = Status::App {
                    message: &words,
                    causes: Vec::new(),
                    typed: Own::None,
                };
                (Header::Close { call, stream, status }, &[][..])
            }
            _ => (
                Header::Items {
                    call,
                    stream,
                    items: 1,
                    explained: false,
                },
                &large[..],
            ),
        };
        let before = stage.memory();
        let flooding = if from_caller { &mut caller } else { &mut provider };
        for _ in 0..160 {
            flooding.send(Frames::new().carrying(&header, payload)).await;
        }
        flooding.assert_open().await;
        stage.assert_memory(before, 160 << 20);
        // The other end is told that the call has ended.
        if from_caller {
            while !matches!(
                provider.next().await.unwrap().decode().unwrap().0,
                Header::Cancel { .. }
            ) {}
        } else {
            assert_eq!(caller.reply().await, "overloaded", "{what}");
        }
        bystanders.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_items_towards_one_that_does_not_read_leaves_room_for_the_calls_of_others() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let (_provider, mut caller, _number) = between(&stage).await;
    let stream = StreamId::Argument(0);
    let items = Header::Items {
        call: CallId::first(0),
        stream,
        items: 1,
        explained: false,
    };
    let large = vec![0; 1 << 20];
    for _ in 0..100 {
        caller.send(Frames::new().carrying(&items, &large)).await;
    }
    assert_eq!(caller.reply().await, "overloaded");
    let mut other = Peer::join(&stage, "other", &[]).await;
    let handed_over = made(0, "f", Mode::HandedOver);
    let counts = other
        .ask(Frames::new().calls(0..100, &handed_over, b"arguments"), 100)
        .await;
    assert_eq!(counts, Counts::from([("value", 100)]));
    bystanders.end().await;
}
