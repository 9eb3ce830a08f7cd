//! Who is served when: one that sends without end waits for its turn as others do.

use bytes::Bytes;
use daffi_controller::Controller;
use daffi_core::proto::{Header, Limits, Status};
use daffi_core::transport::Connection;
use tokio::time::timeout;

use super::join;
use super::nodes::{HANGS, call, next, offer, options, reply, start, stop, tell};

/// How much the one sends.
const FLOOD: u32 = 40_000;

/// Whoever is served gives way to others after so many frames.
const TURN: u32 = 128;

/// Answers whatever comes, until this is dropped.
async fn answer(mut connection: Connection) {
    let mut frames = Vec::new();
    while let Ok(true) = connection.inlet.read(&mut frames).await {
        for frame in frames.drain(..) {
            if let Header::Run(run) = frame.decode().unwrap().0 {
                let (call, status) = (run.call, Status::Value);
                connection
                    .outbox
                    .send(&Header::Reply { call, status }, &Bytes::new())
                    .unwrap();
            }
        }
        connection.outbox.flush();
    }
}

/// Writes what is queued, as long as there is a connection.
fn write(connection: &Connection) {
    let outbox = connection.outbox.clone();
    tokio::spawn(async move { outbox.run().await });
}

/// A process that answers calls of this callback.
async fn provider(controller: &Controller, callback: &str) -> Connection {
    let mut connection = join(controller.address(), callback, Limits::default()).await;
    offer(&mut connection, callback).await;
    write(&connection);
    connection
}

/// All are in one thread, and take what there is in turns: so it counts how often each is served, and not how fast.
#[tokio::test]
async fn p7_one_that_floods_is_served_for_a_few_turns_between_two_frames_of_another() {
    let controller = start(options()).await;
    for callback in ["sink", "echo"] {
        tokio::spawn(answer(provider(&controller, callback).await));
    }
    let mut floods = join(controller.address(), "floods", Limits::default()).await;
    let mut calls = join(controller.address(), "calls", Limits::default()).await;
    for number in 1..=FLOOD {
        floods.outbox.send(&call(number, "sink"), &Bytes::new()).unwrap();
    }
    write(&floods);
    let mut flood = tokio::spawn(async move {
        let mut answered = 0;
        while answered < FLOOD {
            let frame = next(&mut floods).await.unwrap();
            answered += u32::from(matches!(frame.decode().unwrap().0, Header::Reply { .. }));
        }
    });
    let mut round_trips = 0;
    let others = async {
        loop {
            round_trips += 1;
            tell(&calls, &call(round_trips, "echo"));
            assert_eq!(reply(&mut calls).await, Ok(()));
        }
    };
    tokio::select! {
        flooded = timeout(HANGS, &mut flood) => flooded.expect("it hangs").unwrap(),
        () = others => {}
    }
    // There and back it waits for what the one says, and for what that is answered: about four turns, where one read of the one has more than thirty.
    let between = FLOOD / round_trips;
    println!("{between} of the one between two of the other");
    assert!(between <= 8 * TURN, "{round_trips} beside {FLOOD}");
    stop(controller).await;
}
