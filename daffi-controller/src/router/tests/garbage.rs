//! Frames that no node sends, at any time: the one that sends them is cut off, and nobody else notices.

use proptest::prelude::*;

use super::*;

const TEXTS: [&str; 5] = ["", "add", "honest", "caller", "stranger"];

/// What a header is made of: which kind, and what numbers and texts stand in it.
type Parts = (usize, u32, u32, usize, usize);

fn header((kind, number, other, text, more): Parts) -> Header<'static> {
    let (call, text, more) = (id(number), TEXTS[text], TEXTS[more]);
    match kind {
        0 => Header::Hello(Hello::new(text, 1, number)),
        1 => Header::Refused(Refusal::Stopping),
        2 => Header::Heartbeat {
            received: number.into(),
        },
        3 => Header::Call(CallHeader {
            to: Some(more),
            ..super::call(number, text)
        }),
        4 => Header::Call(CallHeader {
            key: Some(other.into()),
            mode: [Mode::HandedToAll, Mode::HandedOver, Mode::Broadcast][other as usize],
            ..super::call(number, text)
        }),
        5 => Header::Run(RunHeader {
            described: false,
            call,
            callback: CallbackId(other),
            caller: text,
            identity: Who::Nobody,
            deadline: None,
            trace: None,
            metadata: vec![(text, more)],
            ancestors: Vec::new(),
        }),
        6 => Header::Reply {
            call,
            status: Status::Value,
        },
        7 => Header::Reply {
            call,
            status: Status::App {
                message: text,
                causes: vec![more],
                typed: Own::Payload,
            },
        },
        8 => Header::Reply {
            call,
            status: Status::Failed(full()),
        },
        9 if other % 2 == 1 => Header::CancelPart { call, index: other },
        9 => Header::Cancel { call },
        10 => Header::Offer {
            call,
            ready: other % 2 == 0,
        },
        11 => Header::Withdraw { call },
        12 => Header::Query {
            call,
            query: Query::WaitProcess(text),
        },
        13 => Header::Query {
            call,
            query: function(text),
        },
        14 => Header::Query {
            call,
            query: Query::Processes,
        },
        15 => Header::Query {
            call,
            query: Query::Callbacks,
        },
        16 => Header::Query {
            call,
            query: Query::Presence,
        },
        17 => Header::Roster { call },
        18 => Header::Part {
            call,
            index: other,
            status: Status::Value,
        },
        19 => Header::Happened { call },
        20 if other % 2 == 1 => Header::Done {
            call,
            items: u64::from(other),
        },
        20 => Header::Opened { call, index: other },
        21..25 => {
            let stream = if other % 2 == 0 {
                StreamId::Result(other)
            } else {
                StreamId::Argument(other)
            };
            let (items, bytes) = (number, other);
            match kind {
                21 => Header::Items {
                    call,
                    stream,
                    items,
                    explained: number % 2 == 1,
                },
                22 => Header::Close {
                    call,
                    stream,
                    status: Status::Value,
                },
                23 => Header::Credit {
                    call,
                    stream,
                    items,
                    bytes,
                },
                _ => Header::Stop { call, stream },
            }
        }
        25 => Header::CallTo {
            call: CallHeader {
                mode: [Mode::HandedToAll, Mode::Answered, Mode::Broadcast][other as usize],
                ..super::call(number, "add")
            },
            processes: [text, more].into_iter().filter(|name| !name.is_empty()).collect(),
        },
        _ => Header::Goodbye,
    }
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        0..27usize,
        prop_oneof![9 => 0..4u32, 1 => any::<u32>()],
        0..3u32,
        0..5usize,
        0..5usize,
    )
}

/// Payloads: any bytes, or what belongs to an offer or a withdrawal.
fn payload() -> impl Strategy<Value = Bytes> {
    let balances = [Balance::LessLoaded, Balance::RoundRobin];
    let offer = (0..3u32, 0..5usize, 0..2usize).prop_map(move |(callback, name, balance)| {
        offers(&[Offered {
            balance: balances[balance],
            ..offered(callback, TEXTS[name])
        }])
    });
    let withdrawal = prop::collection::vec((0..3u32).prop_map(CallbackId), 0..3)
        .prop_map(|callbacks| proto::encode(&callbacks).unwrap());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        offer,
        withdrawal
    ]
}

/// A list that claims so many callbacks, and has none.
fn claiming(count: u64) -> Bytes {
    proto::encode(&count).unwrap()
}

#[test]
fn p15_a_list_of_more_callbacks_than_a_process_may_offer_is_not_decoded() {
    let most = Limits::CALLBACKS as u64;
    let offer = Header::Offer {
        call: id(0),
        ready: true,
    };
    for header in [offer, Header::Withdraw { call: id(0) }] {
        for (count, is_looked_at) in [(most, true), (most + 1, false), (u64::MAX, false)] {
            let fault = Request::parse(header.clone(), &claiming(count)).unwrap_err();
            assert_eq!(
                matches!(fault, Fault::Decode(_)),
                is_looked_at,
                "{count}: {fault}"
            );
        }
    }
}

proptest! {
    #[test]
    fn p7_garbage_hurts_only_its_sender(frames in prop::collection::vec((0..2usize, parts(), payload()), 0..60)) {
        let mut f = Fixture::new();
        let (provider, caller) = (f.join("honest", &["add"]), f.join("caller", &[]));
        let mut strangers = [None; 2];
        for (index, parts, payload) in frames {
            let stranger = *strangers[index].get_or_insert_with(|| f.connect(["stranger", "other"][index]));
            if f.receive(stranger, header(parts), &payload).is_err() {
                f.disconnect(stranger);
                strangers[index] = None;
            }
            // What strangers asked of the honest is honestly answered.
            for (to, said) in f.said() {
                if let (true, Said::Run { number, .. }) = (to == provider, said) {
                    f.reply(provider, number);
                }
            }
            f.said();
            let (to, run) = f.routed(caller, CallHeader { to: Some("honest"), ..call(7, "add") });
            prop_assert_eq!(to, provider);
            f.reply(provider, run);
            prop_assert_eq!(f.said(), [(caller, value(7))]);
        }
        for link in strangers.into_iter().flatten().chain([provider, caller]) {
            f.disconnect(link);
        }
        assert_empty(&f.router);
    }
}
