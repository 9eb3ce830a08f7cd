//! What a process sends to others by way of the controller: it may spoil its own calls, and nothing else of theirs.

use daffi::{CallError, Global, Stream, fetcher};
use daffi_core::proto::{
    self, CallId, Described, Failed, Header, Mode, Offered, Own, RunHeader, Status, StreamId,
};
use daffi_core::signature::Signature;

use crate::frames::{Frames, call, encoded, made, offered, signature};
use crate::peer::{AbortOnDrop, Peer};
use crate::random::Random;
use crate::stage::{Stage, Transport};

#[fetcher]
async fn hostile_items(number: u64) -> impl Stream<Item = u64>;

/// A callback of whose types nothing is known: all callers may try.
fn unknown(number: u32, name: &str) -> Offered {
    let unknown: Signature = proto::decode(&[0, 1, 0, 0]).unwrap();
    Offered {
        signature: Described::new(&unknown),
        ..offered(number, name)
    }
}

/// Something that comes before the answer to a call.
fn before_the_answer(random: &mut Random, call: CallId) -> Frames {
    let number = *random.pick(&[0, 1, 2, 250, 70_000, u32::MAX]);
    let stream = StreamId::Argument(number);
    let items = Header::Items {
        call,
        stream: StreamId::Result(0),
        items: number,
        explained: number % 2 == 1,
    };
    let credit = Header::Credit {
        call,
        stream,
        items: number,
        bytes: number,
    };
    match random.below(4) {
        0 => Frames::new()
            .with(&Header::Done {
                call,
                items: u64::MAX,
            })
            .with(&Header::Opened { call, index: 0 }),
        1 => Frames::new().carrying(&items, &random.bytes()),
        2 => Frames::new().with(&credit),
        _ => Frames::new().with(&Header::Stop { call, stream }),
    }
}

fn answer(random: &mut Random, call: CallId) -> Frames {
    let payload = random.bytes();
    let app = |typed| Status::App {
        message: "it says",
        causes: vec!["because"],
        typed,
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(encoded(&payload)),
        others: Vec::new(),
    };
    let status = match random.below(7) {
        0 => app(Own::Payload),
        1 => app(Own::None),
        2 => Status::Failed(mismatch),
        4 => app(Own::Lost { reason: "it is odd" }),
        3 => Status::Failed(Failed::Disconnected { may_have_run: false }),
        _ => Status::Value,
    };
    Frames::new().carrying(&Header::Reply { call, status }, &payload)
}

/// Answers whatever it is asked, each time in another way.
fn answers(mut provider: Peer) -> AbortOnDrop {
    AbortOnDrop::spawn(async move {
        let mut random = Random::new(3);
        while let Some(frame) = provider.next().await {
            let (Header::Run(RunHeader { call, .. }), _) = frame.decode().unwrap() else {
                continue;
            };
            for _ in 0..random.below(4) {
                provider.send(before_the_answer(&mut random, call)).await;
            }
            provider.send(answer(&mut random, call)).await;
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_make_no_sense_spoil_no_other_call_of_the_caller() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = Peer::greet(&stage, "provider").await;
    let offers = [unknown(0, "hostile_value"), unknown(1, "hostile_items")];
    provider.send(Frames::new().offer(0, true, offers)).await;
    assert_eq!(provider.reply().await, "value");
    let _answers = answers(provider);
    let caller: &Global = bystanders.one();
    let mut ended = 0;
    for number in 0..150_u64 {
        let one = caller.call::<u64>("hostile_value", (number,));
        ended += u32::from(one.await.is_err());
        let all = caller.call::<u64>("hostile_value", (number,)).broadcast();
        ended += u32::from(all.await.is_err());
        match hostile_items(number).on(caller).await {
            Err(_) => ended += 1,
            Ok(mut items) => while items.next().await.is_some() {},
        }
    }
    // Some were answered, by chance.
    assert!((1..450).contains(&ended), "{ended}");
    bystanders.end().await;
}

/// Each time its signature has another number and matches all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_never_agrees_is_not_asked_for_ever() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = Peer::greet(&stage, "provider").await;
    let offer = unknown(0, "hostile_value");
    let other = offer.signature.clone();
    provider.send(Frames::new().offer(0, true, [offer])).await;
    assert_eq!(provider.reply().await, "value");
    let _answers = AbortOnDrop::spawn(async move {
        let mut number = 100;
        while let Some(frame) = provider.next().await {
            let (Header::Run(RunHeader { call, .. }), _) = frame.decode().unwrap() else {
                continue;
            };
            number += 1;
            let mut other = Box::new(other.clone());
            (other.number, other.plain_number) = (number, number);
            let status = if number < 200 {
                Status::Failed(Failed::SignatureMismatch {
                    offered: other,
                    others: Vec::new(),
                })
            } else {
                Status::Value
            };
            provider
                .send(Frames::new().carrying(&Header::Reply { call, status }, b"\x01"))
                .await;
        }
    });
    let caller = bystanders.one();
    let error = caller.call::<u64>("hostile_value", (1_u64,)).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    let one = || caller.call::<u64>("hostile_value", (1_u64,));
    let all = one().broadcast().await.unwrap();
    assert!(
        matches!(all["provider"], Err(CallError::SignatureMismatch { .. })),
        "{all:?}"
    );
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_is_none_spoils_no_other_call_of_the_caller() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut provider = Peer::greet(&stage, "provider").await;
    let mut random = Random::new(4);
    let valid = proto::encode(&signature()).unwrap();
    let names: Vec<_> = (0..200).map(|number| format!("hostile.{number}")).collect();
    let offers = (0..).zip(&names).map(|(number, name)| {
        let mut bytes = valid.to_vec();
        for _ in 0..=random.below(3) {
            let place = random.below(bytes.len());
            bytes[place] = u8::try_from(random.below(256)).unwrap();
        }
        Offered {
            signature: encoded(&bytes),
            ..offered(number, name)
        }
    });
    let nested = Offered {
        // Options in options, without an end.
        signature: encoded(&[&[0, 0xfb, 0xff, 0xff][..], &[0x12; 0xffff], &[0]].concat()),
        ..offered(1000, "hostile.nested")
    };
    let frames = Frames::new().offer(0, true, offers.chain([nested]));
    provider.send(frames).await;
    assert_eq!(provider.reply().await, "value");
    let _answers = answers(provider);
    for name in names.iter().map(String::as_str).chain(["hostile.nested"]) {
        // Whatever becomes of it: it ends.
        let _ = bystanders.one().call::<u32>(name, (1_u32,)).await;
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_and_items_that_make_no_sense_spoil_nothing_for_other_callers_of_a_provider() {
    let stage = Stage::new(Transport::Unix);
    let bystanders = stage.bystanders().await;
    let mut caller = Peer::join(&stage, "caller", &[]).await;
    let mut random = Random::new(5);
    let names = [
        "bystander.same",
        "bystander.sum",
        "bystander.count",
        "bystander.items",
    ];
    for number in 0..200_u32 {
        let name = *random.pick(&names);
        let header = match random.below(3) {
            0 => made(number, name, Mode::Each),
            1 => made(number, name, Mode::Broadcast),
            _ => call(number, name),
        };
        let mut frames = Frames::new().carrying(&header, &random.bytes());
        for _ in 0..random.below(6) {
            let (call, other) = (CallId::first(number), *random.pick(&[0, 1, 3, 16_384, u32::MAX]));
            let stream = *random.pick(&[StreamId::Argument(0), StreamId::Argument(other)]);
            let status = Status::Failed(Failed::Overloaded { may_have_run: true });
            frames = match random.below(4) {
                0 | 1 => {
                    let items = *random.pick(&[0, 1, 2, other]);
                    frames.carrying(
                        &Header::Items {
                            call,
                            stream,
                            items,
                            explained: random.below(2) == 0,
                        },
                        &random.bytes(),
                    )
                }
                2 => frames.with(&Header::Close { call, stream, status }),
                _ => frames.with(&Header::Credit {
                    call,
                    stream: StreamId::Result(other),
                    items: other,
                    bytes: other,
                }),
            };
        }
        caller
            .send(frames.with(&Header::Cancel {
                call: CallId::first(number),
            }))
            .await;
        // Each has one end.
        loop {
            let frame = caller.next().await.expect("the connection is open");
            if let (Header::Reply { call, .. }, _) = frame.decode().unwrap() {
                assert_eq!(call, CallId::first(number));
                break;
            }
        }
    }
    let mut other = Peer::join(&stage, "other", &[]).await;
    other
        .send(Frames::new().carrying(&call(0, "bystander.same"), &proto::encode(&5_u64).unwrap()))
        .await;
    assert_eq!(other.reply().await, "value");
    bystanders.end().await;
}
