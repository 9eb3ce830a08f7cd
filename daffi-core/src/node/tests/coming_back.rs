//! How often a node looks for a controller that does not keep it, in virtual time.

use super::*;
use crate::proto::{Attributes, Refusal};

/// How often a node looks for a controller, in so many (virtual) seconds, that lets it in and then does something with the
/// connection.
async fn attempts_in(seconds: u64, then: impl AsyncFn(&mut Controller)) -> usize {
    start_in(seconds, LONG * 2, then).await.0
}

/// As [`attempts_in`], with what `start` gives.
async fn start_in(
    seconds: u64,
    connect_timeout: Duration,
    then: impl AsyncFn(&mut Controller),
) -> (usize, Result<(), StartError>) {
    let limits = Limits::default();
    let (ends, mut connections): (_, UnboundedReceiver<Connection>) = unbounded_channel();
    let options = NodeOptions {
        process_name: "node".into(),
        attributes: Attributes::default(),
        replaces: false,
        heartbeat: None,
        limits,
        reconnect_wait: LONG,
        call_timeout: None,
        traces: Traces::default(),
        blocking_threads: 448,
        stream_bytes: 1 << 28,
        trust: Trust::own(1000),
        proving: None,
    };
    let node = Node::new(options, Handle::current());
    let supervisor = Supervisor {
        node: Arc::clone(&node),
        route: Route::Memory(Arc::new(Host { limits, ends })),
        hooks: Hooks {
            connected: Box::new(|| {}),
            disconnected: Box::new(|| {}),
            refused: Refused {
                told: Box::new(|_| {}),
                gives_up: false,
            },
            ended: Arc::new(|| {}),
        },
        connect_timeout,
    };
    let started = tokio::spawn(supervisor.start());
    let mut attempts = 0;
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Ok(Some(connection)) = tokio::time::timeout_at(until, connections.recv()).await {
        attempts += 1;
        let mut controller = Controller {
            connection,
            arrived: std::collections::VecDeque::new(),
        };
        let _hello = controller.next().await;
        then(&mut controller).await;
        controller.connection.outbox.close();
    }
    node.stop_now();
    (attempts, started.await.unwrap())
}

fn let_in(controller: &Controller) {
    welcome(controller, usual());
}

fn usual() -> Welcome {
    Welcome {
        version: VERSION,
        controller: "controller".to_owned(),
        heartbeat: Duration::from_secs(3600),
        frame_bytes: Limits::default().frame_bytes as u64,
        sent_frame_bytes: Limits::default().frame_bytes as u64,
        calls: 1,
        extensions: Extensions::default(),
    }
}

fn welcome(controller: &Controller, welcome: Welcome) {
    controller.send(&Header::Welcome(welcome), &Bytes::new());
    controller.connection.outbox.flush();
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_lets_in_and_then_closes_is_asked_less_and_less() {
    let attempts = attempts_in(600, async |controller| let_in(controller)).await;
    // The pauses are 2.5 seconds long on average. Without growth there would be 24,000.
    assert!((150..400).contains(&attempts), "{attempts} attempts");
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_refuses_is_asked_less_and_less() {
    let seen = std::cell::Cell::new(0);
    let attempts = attempts_in(600, async |controller| {
        seen.set(seen.get() + 1);
        if seen.get() == 1 {
            return let_in(controller);
        }
        controller.send(&Header::Refused(Refusal::Stopping), &Bytes::new());
        controller.connection.outbox.flush();
    })
    .await;
    assert!((150..400).contains(&attempts), "{attempts} attempts");
}

#[tokio::test(start_paused = true)]
async fn after_a_connection_that_worked_the_node_comes_back_at_once() {
    let attempts = attempts_in(30, async |controller| {
        let_in(controller);
        let frame = controller.next().await;
        let Header::Offer { call, .. } = frame.decode().unwrap().0 else {
            panic!("it announces nothing")
        };
        let status = Status::Value;
        controller.send(&Header::Reply { call, status }, &Bytes::new());
        controller.connection.outbox.flush();
        tokio::time::sleep(Duration::from_secs(1)).await;
    })
    .await;
    // Each lasts a second, and the pauses are 50 milliseconds long at most.
    assert!((28..=31).contains(&attempts), "{attempts} attempts");
}

#[tokio::test(start_paused = true)]
async fn a_welcome_that_is_not_usable_is_no_connection() {
    let in_version = |version| Welcome { version, ..usual() };
    let beating = |heartbeat| Welcome { heartbeat, ..usual() };
    // Nobody lets that much come.
    let frame_bytes = (1 << 30) + 1;
    let large = Welcome {
        frame_bytes,
        ..usual()
    };
    let versions = [0, 2, 99].map(in_version);
    let beats = [Duration::ZERO, Duration::MAX].map(beating);
    for unusable in versions.into_iter().chain(beats).chain([large]) {
        let said = std::cell::Cell::new(0);
        let attempts = attempts_in(10, async |controller| {
            welcome(controller, unusable.clone());
            let mut frames = Vec::new();
            said.set(said.get() + usize::from(controller.connection.inlet.read(&mut frames).await.unwrap()));
        })
        .await;
        assert!(attempts > 1, "{attempts} attempts: {unusable:?}");
        assert_eq!(said.get(), 0, "something is said: {unusable:?}");
    }
}

fn name_taken(controller: &Controller, sign: u64) {
    let refusal = Refusal::NameTaken {
        name: "node".to_owned(),
        pid: 7,
        sign,
    };
    controller.send(&Header::Refused(refusal), &Bytes::new());
    controller.connection.outbox.flush();
}

async fn take_callbacks(controller: &mut Controller) {
    let frame = controller.next().await;
    let Header::Offer { call, .. } = frame.decode().unwrap().0 else {
        panic!("it announces nothing")
    };
    let status = Status::Value;
    controller.send(&Header::Reply { call, status }, &Bytes::new());
    controller.connection.outbox.flush();
}

#[tokio::test(start_paused = true)]
async fn p9_a_name_whose_holder_is_silent_is_asked_for_until_it_is_free() {
    let asked = std::cell::Cell::new(0);
    let (attempts, started) = start_in(10, LONG, async |controller| {
        asked.set(asked.get() + 1);
        if asked.get() < 20 {
            name_taken(controller, 5);
        } else {
            let_in(controller);
            take_callbacks(controller).await;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    })
    .await;
    started.unwrap();
    assert_eq!(attempts, 20);
}

#[tokio::test(start_paused = true)]
async fn p9_a_name_whose_holder_is_heard_is_taken() {
    let asked = std::cell::Cell::new(0);
    let (attempts, started) = start_in(10, LONG, async |controller| {
        asked.set(asked.get() + 1);
        name_taken(controller, if asked.get() < 4 { 5 } else { 6 });
    })
    .await;
    assert!(
        matches!(started, Err(StartError::NameTaken { pid: 7, .. })),
        "{started:?}"
    );
    assert_eq!(attempts, 4);
}

#[tokio::test(start_paused = true)]
async fn p9_a_name_whose_holder_stays_silent_is_given_up_in_time() {
    let patience = Duration::from_secs(10);
    let (attempts, started) = start_in(60, patience, async |controller| name_taken(controller, 5)).await;
    assert!(
        matches!(started, Err(StartError::NameTaken { pid: 7, .. })),
        "{started:?}"
    );
    assert!((50..=101).contains(&attempts), "{attempts} attempts");
}
