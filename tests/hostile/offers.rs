//! Offers that are large, many, or made again and again.

use daffi_core::proto::{self, CallId, CallbackId, Header, Offered, Query};

use crate::frames::{Frames, described, offered};
use crate::peer::{Counts, Peer};
use crate::stage::{Stage, Transport};

/// The most callbacks that a process may offer.
const MOST: u32 = 16 << 10;

fn many(count: u32) -> impl Iterator<Item = Offered> {
    (0..count).map(|number| offered(number, &format!("callback{number:06}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_offer_again_and_again_stops_nobody() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let mut peer = Peer::greet(&stage, "again").await;
    let mut frames = Frames::new();
    for call in 0..3 {
        frames = frames.offer(call, false, many(MOST));
    }
    let size = frames.len() as u64;
    assert_eq!(peer.ask(frames, 3).await, Counts::from([("value", 3)]));
    // One callback more is one too many, and an offer without it is taken still.
    let frames = Frames::new()
        .offer(1, true, [offered(MOST, "one more")])
        .offer(2, true, many(10));
    let counts = peer.ask(frames, 2).await;
    assert_eq!(counts, Counts::from([("invalid", 1), ("value", 1)]));
    stage.assert_memory(before, 32 * size);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_offers_take_no_more_than_twice_their_bytes() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let signature = described(8_000);
    let mut peers = Vec::new();
    let mut size = 0;
    for number in 0..3 {
        let offers = (0..1_900).map(|callback| Offered {
            signature: signature.clone(),
            ..offered(callback, &format!("large{number}.{callback}"))
        });
        let mut peer = Peer::greet(&stage, &format!("large {number}")).await;
        let frames = Frames::new().offer(0, true, offers);
        size += frames.len() as u64;
        assert_eq!(peer.ask(frames, 1).await, Counts::from([("value", 1)]));
        // More than a process may offer in all.
        let frames = Frames::new().offer(
            1,
            true,
            (2_000..2_400).map(|callback| Offered {
                signature: signature.clone(),
                ..offered(callback, &format!("more{number}.{callback}"))
            }),
        );
        assert_eq!(peer.ask(frames, 1).await, Counts::from([("invalid", 1)]));
        peers.push(peer);
    }
    stage.assert_memory(before, 2 * size + (32 << 20));
    drop(peers);
    bystanders.end().await;
}

/// A frame of an offer of callbacks with nothing in them but a name of one letter.
fn tiny(count: u32) -> Frames {
    let mut payload = Vec::from(proto::encode(&count).unwrap());
    for number in 0..count {
        payload.extend_from_slice(&proto::encode(&CallbackId(number)).unwrap());
        payload.extend_from_slice(&[1, b'f', 0, 1, 1, 0, 0, 0]);
    }
    let offer = Header::Offer {
        call: CallId::first(0),
        ready: true,
    };
    Frames::new().carrying(&offer, &payload)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_of_a_million_callbacks_takes_no_more_memory_than_its_bytes_do() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let frames = tiny(1_000_000);
    let size = frames.len() as u64;
    for number in 0..2 {
        let mut peer = Peer::greet(&stage, &format!("million {number}")).await;
        peer.send(&frames).await;
        // It is refused, or closed for it.
        peer.send(Frames::new().with(&Header::Goodbye)).await;
        peer.next().await;
    }
    stage.assert_memory(before, 2 * size + (32 << 20));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn taking_back_a_million_callbacks_takes_no_more_memory_than_its_bytes_do() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let ids: Vec<_> = (0..1_000_000).map(CallbackId).collect();
    let payload = proto::encode(&ids).unwrap();
    let frames = Frames::new().carrying(
        &Header::Withdraw {
            call: CallId::first(1),
        },
        &payload,
    );
    let size = frames.len() as u64;
    let mut peer = Peer::greet(&stage, "takes back").await;
    peer.send(Frames::new().offer(0, true, many(100))).await;
    assert_eq!(peer.reply().await, "value");
    peer.send(&frames).await;
    // It is done, or closed for it.
    peer.next().await;
    stage.assert_memory(before, 2 * size + (32 << 20));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_with_all_that_one_may_offer_and_leaving_at_once_leaves_nothing() {
    let stage = Stage::new(Transport::Unix);
    let mut bystanders = stage.bystanders().await;
    let frames = Frames::new().offer(0, true, many(MOST));
    let come_and_go = async |number: u32| {
        let mut peer = Peer::greet(&stage, &format!("comes and goes {number}")).await;
        peer.send(&frames).await;
        // Some leave before they are answered.
        if number.is_multiple_of(2) {
            assert_eq!(peer.reply().await, "value");
        }
    };
    come_and_go(0).await;
    let before = stage.memory();
    for number in 1..8 {
        come_and_go(number).await;
    }
    bystanders.go_on(1).await;
    // As much as two of them take, since one may not be cleared away when the next comes.
    stage.assert_memory(before, 48 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_and_leaving_is_told_in_full_to_those_who_read_it() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut watching = Peer::join(&stage, "watching", &[]).await;
    watching.send(Frames::new().query(0, Query::Presence)).await;
    let mut peer = Peer::greet(&stage, "comes and goes").await;
    peer.send(Frames::new().offer(0, true, many(MOST))).await;
    assert_eq!(peer.reply().await, "value");
    drop(peer);
    let mut told = 0;
    while told < MOST + 2 {
        let frame = watching.next().await.unwrap();
        let (header, payload) = frame.decode().unwrap();
        assert!(matches!(header, Header::Happened { .. }), "{header:?}");
        let changes: Vec<proto::Change> = proto::decode(&payload).unwrap();
        let of_it = changes.iter().filter(|change| match change {
            proto::Change::Joined { process, .. }
            | proto::Change::Left { process, .. }
            | proto::Change::Offered { process, .. }
            | proto::Change::Withdrawn { process, .. }
            | proto::Change::Away { process }
            | proto::Change::Back { process } => process == "comes and goes",
        });
        told += u32::try_from(of_it.count()).unwrap();
        // It may have left before all that it offered was told.
        if matches!(changes.last(), Some(proto::Change::Left { process, .. }) if process == "comes and goes")
        {
            break;
        }
    }
    watching.assert_open().await;
    bystanders.end().await;
}
