//! Questions: many at once, asked and not waited for, asked and not read.

use daffi_core::proto::{Header, Limits, Offered, Query};

use crate::frames::{Frames, offered};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_long_questions_in_one_write_are_all_answered_and_stop_nobody() {
    const QUESTIONS: u32 = 64;
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let name = |number| format!("{number:05}{}", "x".repeat(240));
    let mut much = Peer::greet(&stage, "offers much").await;
    let many = (0..16_000).map(|number| offered(number, &name(number)));
    much.send(Frames::new().offer(0, true, many)).await;
    assert_eq!(much.reply().await, "value");
    let before = stage.memory();
    for query in [Query::Callbacks, Query::Processes] {
        let mut asking = Peer::join(&stage, &format!("asks for {query:?}"), &[]).await;
        let frames = (0..QUESTIONS).fold(Frames::new(), |frames, number| {
            frames.query(number, query.clone())
        });
        let counts = asking.ask(frames, QUESTIONS as usize).await;
        assert_eq!(counts, Counts::from([("value", QUESTIONS as usize)]));
    }
    // A queue, and what is being put together.
    stage.assert_memory(before, 128 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_long_questions_whose_answers_are_not_read_take_no_more_than_a_queue() {
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let mut much = Peer::greet(&stage, "offers much").await;
    let docs = "x".repeat(900);
    let many = (0..4_000).map(|number| Offered {
        docs: docs.clone(),
        ..offered(number, &format!("callback{number}"))
    });
    much.send(Frames::new().offer(0, true, many)).await;
    assert_eq!(much.reply().await, "value");
    let before = stage.memory();
    let mut deaf = Peer::join(&stage, "deaf", &[]).await;
    let frames = (0..200).fold(Frames::new(), |frames, number| {
        frames.query(number, Query::Callbacks)
    });
    deaf.send(frames).await;
    bystanders.go_on(100).await;
    // So many more than the queue takes are answered shortly.
    let counts = deaf.replies(200).await;
    assert_eq!(counts.values().sum::<usize>(), 200, "{counts:?}");
    stage.assert_memory(before, 128 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_waits_as_there_are_numbers_are_refused_but_for_some() {
    const WAITS: u32 = 100_000;
    const TAKEN: usize = 4096;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let names: Vec<_> = (0..WAITS)
        .map(|number| format!("nobody {number} {}", "x".repeat(40)))
        .collect();
    let frames = (0..).zip(&names).fold(Frames::new(), |frames, (number, name)| {
        let query = match number % 2 {
            0 => Query::WaitProcess(name),
            _ => Query::WaitFunction {
                name,
                process: None,
                having: Vec::new(),
            },
        };
        frames.query(number, query)
    });
    let mut waiting = Peer::join(&stage, "waits", &[]).await;
    let refused = WAITS as usize - TAKEN;
    let counts = waiting.ask(frames, refused).await;
    assert_eq!(counts, Counts::from([("overloaded", refused)]));
    // Those that wait are told, each once.
    let found: Vec<_> = names[..TAKEN]
        .iter()
        .skip(1)
        .step_by(2)
        .map(String::as_str)
        .collect();
    let mut found_by = Peer::join(&stage, "is waited for", &found).await;
    let counts = waiting.replies(found.len()).await;
    assert_eq!(counts, Counts::from([("value", found.len())]));
    stage.assert_memory(before, 32 << 20);
    drop(waiting);
    found_by.assert_open().await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_beyond_a_few_are_refused_and_those_that_are_not_read_end() {
    const SUBSCRIPTIONS: u32 = 256;
    const TAKEN: usize = 16;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut deaf = Peer::join(&stage, "deaf", &[]).await;
    let frames = (0..SUBSCRIPTIONS).fold(Frames::new(), |frames, number| {
        frames.query(number, Query::Presence)
    });
    let refused = SUBSCRIPTIONS as usize - TAKEN;
    let counts = deaf.ask(frames, refused).await;
    assert_eq!(counts, Counts::from([("overloaded", refused)]));
    // From here on it reads nothing, while others come with long names and go: 100 MiB for all of its questions.
    let long = "x".repeat(Limits::NAME_BYTES - 20);
    let frames = Frames::new().offer(
        0,
        true,
        (0..400).map(|number| offered(number, &format!("{number} {long}"))),
    );
    for number in 0..40 {
        let mut coming = Peer::greet(&stage, &format!("comes {number} {long}")).await;
        coming.send(&frames).await;
        assert_eq!(coming.reply().await, "value");
    }
    stage.assert_memory(before, 128 << 20);
    // It has been told that it did not keep up, and may ask again.
    let counts = deaf.replies(TAKEN).await;
    assert_eq!(counts, Counts::from([("overloaded", TAKEN)]));
    deaf.send(Frames::new().query(0, Query::Presence)).await;
    let told = deaf.next().await.unwrap();
    assert!(matches!(told.decode().unwrap().0, Header::Happened { .. }));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_do_not_read_what_happens_take_no_more_than_there_is_for_all() {
    const BUDGET: usize = 64 << 20;
    let stage = Stage::with_budget(Transport::Unix, BUDGET);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut deaf = Vec::new();
    for number in 0..16 {
        let mut peer = Peer::join(&stage, &format!("deaf {number}"), &[]).await;
        let frames = (0..16).fold(Frames::new(), |frames, number| {
            frames.query(number, Query::Presence)
        });
        peer.send(frames).await;
        peer.next().await;
        deaf.push(peer);
    }
    // 640 MiB, would all of it be kept.
    let long = "x".repeat(Limits::NAME_BYTES - 20);
    let frames = Frames::new().offer(
        0,
        true,
        (0..500).map(|number| offered(number, &format!("{number} {long}"))),
    );
    for number in 0..10 {
        let mut coming = Peer::greet(&stage, &format!("comes {number} {long}")).await;
        coming.send(&frames).await;
        assert_eq!(coming.reply().await, "value");
    }
    stage.assert_memory(before, BUDGET as u64 * 3 / 2 + (32 << 20));
    drop(deaf);
    bystanders.end().await;
}
