//! Broadcasts: to many, again and again, and then gone.

use daffi_core::proto::{Header, Mode};

use crate::frames::{Frames, made, value};
use crate::peer::Peer;
use crate::stage::{Stage, Transport};

/// So many processes that offer the same.
async fn providers(stage: &Stage, count: usize, name: impl Fn(usize) -> String) -> Vec<Peer> {
    let mut providers = Vec::new();
    for number in 0..count {
        providers.push(Peer::join(stage, &name(number), &["f"]).await);
    }
    providers
}

fn broadcasts(numbers: std::ops::Range<u32>) -> Frames {
    Frames::new().calls(numbers, &made(0, "f", Mode::Broadcast), b"")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_asks_many_and_leaves_is_cleared_away_and_its_calls_are_cancelled() {
    const PROVIDERS: usize = 64;
    const BROADCASTS: u32 = 200;
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut providers = providers(&stage, PROVIDERS, |number| format!("provider {number:03}")).await;
    let mut asking = Peer::join(&stage, "asks and leaves", &[]).await;
    asking.send(broadcasts(0..BROADCASTS)).await;
    // The last of them is under way.
    asking.assert_open().await;
    drop(asking);
    for provider in &mut providers {
        let (mut given, mut cancelled) = (Vec::new(), 0);
        while cancelled < BROADCASTS as usize {
            let frame = provider.next().await.unwrap();
            match frame.decode().unwrap().0 {
                Header::Run(run) => given.push(run.call),
                Header::Cancel { call } => {
                    assert!(given.contains(&call));
                    cancelled += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        let answers = given
            .iter()
            .fold(Frames::new(), |frames, call| frames.with(&value(*call)));
        provider.send(answers).await;
    }
    // All places are free again, and each of the next has all its parts.
    let mut asking = Peer::join(&stage, "asks again", &[]).await;
    asking.send(broadcasts(0..1)).await;
    for provider in &mut providers {
        let run = provider.run().await;
        provider.send(Frames::new().with(&value(run))).await;
    }
    let mut parts = 0;
    loop {
        let frame = asking.next().await.unwrap();
        match frame.decode().unwrap().0 {
            Header::Roster { .. } => {}
            Header::Part { .. } => parts += 1,
            Header::Reply { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(parts, PROVIDERS);
    bystanders.end().await;
}
