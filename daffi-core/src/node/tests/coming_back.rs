//! How often a node looks for a controller that does not keep it, in virtual time.

use super::*;
use crate::proto::Refusal;

/// How often a node looks for a controller, in so many (virtual) seconds, that lets it in and then does something with the
/// connection.
async fn attempts_in(seconds: u64, then: impl AsyncFn(&mut Controller)) -> usize {
    let limits = Limits::default();
    let (ends, mut connections): (_, UnboundedReceiver<Connection>) = unbounded_channel();
    let options = NodeOptions {
        process_name: "node".into(),
        limits,
        reconnect_wait: LONG,
        call_timeout: None,
        traces: Traces::default(),
    };
    let node = Node::new(options, Handle::current());
    let supervisor = Supervisor {
        node: Arc::clone(&node),
        route: Route::Memory(Arc::new(Host { limits, ends })),
        hooks: Hooks {
            connected: Box::new(|| {}),
            disconnected: Box::new(|| {}),
            ended: Arc::new(|| {}),
        },
        connect_timeout: Duration::from_secs(2 * seconds),
    };
    let started = tokio::spawn(supervisor.start());
    let mut attempts = 0;
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Ok(connection) = tokio::time::timeout_at(until, connections.recv()).await {
        attempts += 1;
        let mut controller = Controller {
            connection: connection.unwrap(),
            arrived: std::collections::VecDeque::new(),
        };
        let _hello = controller.next().await;
        then(&mut controller).await;
        controller.connection.outbox.close();
    }
    node.stop_now();
    let _ = started.await;
    attempts
}

fn let_in(controller: &Controller) {
    welcome(controller, VERSION);
}

fn welcome(controller: &Controller, version: u16) {
    let welcome = Welcome {
        version,
        controller: "controller".to_owned(),
        heartbeat: Duration::from_secs(3600),
        frame_bytes: Limits::default().frame_bytes as u64,
        calls: 1,
        extensions: Extensions::default(),
    };
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
async fn a_welcome_in_a_version_that_was_not_offered_is_no_connection() {
    for version in [0, 2, 99] {
        let said = std::cell::Cell::new(0);
        let attempts = attempts_in(10, async |controller| {
            welcome(controller, version);
            let mut frames = Vec::new();
            said.set(said.get() + usize::from(controller.connection.inlet.read(&mut frames).await.unwrap()));
        })
        .await;
        assert!(attempts > 1, "{attempts} attempts in version {version}");
        assert_eq!(said.get(), 0, "something is said in version {version}");
    }
}
