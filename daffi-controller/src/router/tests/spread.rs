//! One stream of a caller's that goes to each of a broadcast by itself.

use super::*;

const fn argument(part: u32) -> StreamId {
    StreamId::ArgumentOf { part, index: 1 }
}

const AT_PROVIDER: StreamId = StreamId::Argument(1);

/// Two providers, of which the second runs one call at a time, and a caller whose broadcast 3 they are asked.
struct Two {
    f: Fixture,
    ann: PeerId,
    bob: PeerId,
    caller: PeerId,
}

impl Two {
    fn new() -> Self {
        let mut f = Fixture::new();
        let (ann, bob, caller) = (f.join("ann", &["add"]), f.connect("bob"), f.join("caller", &[]));
        let once = Offered {
            concurrency: Some(1),
            queue: 9,
            ..offered(0, "add")
        };
        f.offer(bob, &[once], true);
        Self { f, ann, bob, caller }
    }

    /// Broadcasts; the numbers of those who run it, in the order of their names.
    fn asked(&mut self) -> Vec<u32> {
        let mode = Mode::Broadcast;
        self.f.call(
            self.caller,
            CallHeader {
                mode,
                ..call(3, "add")
            },
        );
        self.runs()
    }

    fn runs(&mut self) -> Vec<u32> {
        let said = self.f.said().into_iter();
        said.filter_map(|(_, said)| match said {
            Said::Run { number, .. } => Some(number),
            _ => None,
        })
        .collect()
    }

    fn items(&mut self, part: u32, payload: &Bytes) {
        let (call, stream) = (id(3), argument(part));
        let header = Header::Items {
            call,
            stream,
            items: 2,
            explained: true,
        };
        self.f.receive(self.caller, header, payload).unwrap();
    }

    fn close(&mut self, part: u32, status: Status<'static>) {
        let (call, stream) = (id(3), argument(part));
        let header = Header::Close { call, stream, status };
        self.f.receive(self.caller, header, &Bytes::new()).unwrap();
    }

    fn provider_says(&mut self, provider: PeerId, header: Header<'_>) {
        self.f.receive(provider, header, &Bytes::new()).unwrap();
    }
}

fn items(number: u32, payload: &Bytes) -> Said {
    Said::Items {
        number,
        stream: AT_PROVIDER,
        items: 2,
        explained: true,
        payload: payload.clone(),
    }
}

#[test]
fn p8_each_of_a_broadcast_has_the_stream_by_itself() {
    let mut two = Two::new();
    let runs = two.asked();
    let payload = bytes("items");
    for (part, provider) in (0..).zip([two.ann, two.bob]) {
        let run = runs[part as usize];
        let (call, stream) = (id(run), AT_PROVIDER);
        two.provider_says(
            provider,
            Header::Credit {
                call,
                stream,
                items: 5,
                bytes: 50,
            },
        );
        let credit = Said::Credit {
            number: 3,
            stream: argument(part),
            items: 5,
            bytes: 50,
        };
        assert_eq!(two.f.said(), [(two.caller, credit)]);
        two.items(part, &payload);
        let said = two.f.said();
        assert_eq!(said, [(provider, items(run, &payload))]);
        assert!(matches!(&said[0].1, Said::Items { payload: sent, .. } if sent.as_ptr() == payload.as_ptr()));
        two.provider_says(provider, Header::Stop { call, stream });
        let stop = Said::Stop {
            number: 3,
            stream: argument(part),
        };
        assert_eq!(two.f.said(), [(two.caller, stop)]);
        two.close(part, Status::Value);
        let close = Said::Close {
            number: run,
            stream: AT_PROVIDER,
            end: Ok(Bytes::new()),
        };
        assert_eq!(two.f.said(), [(provider, close)]);
    }
}

#[test]
fn what_belongs_to_no_part_goes_nowhere() {
    let mut two = Two::new();
    let runs = two.asked();
    for part in [2, u32::MAX] {
        two.items(part, &bytes("items"));
        two.close(part, Status::Value);
    }
    let (call, stream) = (id(3), AT_PROVIDER);
    two.f
        .receive(
            two.caller,
            Header::Items {
                call,
                stream,
                items: 2,
                explained: false,
            },
            &bytes("items"),
        )
        .unwrap();
    assert_eq!(two.f.said(), []);
    // One that has ended hears no more of it, and the other does.
    two.f.reply(two.ann, runs[0]);
    two.f.said();
    two.items(0, &bytes("late"));
    assert_eq!(two.f.said(), []);
    two.items(1, &bytes("in time"));
    assert_eq!(two.f.said(), [(two.bob, items(runs[1], &bytes("in time")))]);
    // And of a call to one, nothing is a part's.
    let (_, run) = two.f.routed(
        two.caller,
        CallHeader {
            to: Some("ann"),
            ..call_of(9)
        },
    );
    let part = Header::Items {
        call: id(9),
        stream: argument(0),
        items: 2,
        explained: false,
    };
    two.f.receive(two.caller, part, &bytes("items")).unwrap();
    assert_eq!(two.f.said(), []);
    two.f.reply(two.ann, run);
}

fn call_of(number: u32) -> CallHeader<'static> {
    call(number, "add")
}

#[test]
fn p7_items_that_one_has_no_room_for_end_its_part_only() {
    let mut two = Two::new();
    let runs = two.asked();
    two.f.queues.full.insert(two.ann);
    two.items(0, &bytes("too many"));
    let overloaded = failed(Failed::Overloaded { may_have_run: true });
    let part = Said::Part {
        number: 3,
        index: 0,
        outcome: overloaded,
    };
    assert_eq!(
        two.f.said(),
        [(two.ann, Said::Cancel { number: runs[0] }), (two.caller, part)]
    );
    two.items(1, &bytes("fits"));
    assert_eq!(two.f.said(), [(two.bob, items(runs[1], &bytes("fits")))]);
}

#[test]
fn a_provider_does_not_speak_of_parts() {
    for header in [
        |call| Header::Stop {
            call,
            stream: argument(0),
        },
        |call| Header::Credit {
            call,
            stream: argument(0),
            items: 1,
            bytes: 1,
        },
    ] {
        let mut two = Two::new();
        let runs = two.asked();
        let header: Header<'static> = header(id(runs[0]));
        assert!(two.f.receive(two.ann, header, &Bytes::new()).is_err());
    }
}

#[test]
fn p14_a_part_that_waits_hears_later_that_its_stream_has_ended() {
    let mut two = Two::new();
    let (_, first) = two.f.routed(
        two.caller,
        CallHeader {
            to: Some("bob"),
            ..call_of(0)
        },
    );
    assert_eq!(two.asked().len(), 1, "bob is busy");
    let broken = Failed::panicked("at the caller".to_owned());
    two.close(1, Status::Failed(broken.clone()));
    assert_eq!(two.f.said(), []);
    two.f.reply(two.bob, first);
    let said = two.f.said();
    let run = said.iter().find_map(|(_, said)| match said {
        Said::Run { number, .. } => Some(*number),
        _ => None,
    });
    let close = Said::Close {
        number: run.unwrap(),
        stream: AT_PROVIDER,
        end: failed(broken),
    };
    assert_eq!(said.last(), Some(&(two.bob, close)));
}

fn cancel_part(two: &mut Two, index: u32) {
    let header = Header::CancelPart { call: id(3), index };
    two.f.receive(two.caller, header, &Bytes::new()).unwrap();
}

#[test]
fn p4_one_part_is_cancelled_by_itself_and_still_comes() {
    let mut two = Two::new();
    let runs = two.asked();
    cancel_part(&mut two, 1);
    assert_eq!(two.f.said(), [(two.bob, Said::Cancel { number: runs[1] })]);
    cancel_part(&mut two, 1);
    assert_eq!(two.f.said(), [], "once");
    two.items(0, &bytes("go on"));
    assert_eq!(two.f.said(), [(two.ann, items(runs[0], &bytes("go on")))]);
    two.f.reply(two.bob, runs[1]);
    two.f.reply(two.ann, runs[0]);
    let heard: Vec<_> = two.f.said().into_iter().map(|(to, _)| to).collect();
    assert_eq!(heard, [two.caller; 3], "two parts and the reply");
}

#[test]
fn p4_one_part_that_waits_for_a_place_is_taken_back() {
    let mut two = Two::new();
    let (_, first) = two.f.routed(
        two.caller,
        CallHeader {
            to: Some("bob"),
            ..call_of(0)
        },
    );
    two.asked();
    cancel_part(&mut two, 1);
    let part = Said::Part {
        number: 3,
        index: 1,
        outcome: failed(Failed::Cancelled { may_have_run: false }),
    };
    assert_eq!(two.f.said(), [(two.caller, part)]);
    // Its place is not given to it any more.
    two.f.reply(two.bob, first);
    assert_eq!(two.runs(), [] as [u32; 0]);
}

#[test]
fn cancelling_a_part_that_is_none_does_nothing() {
    let mut two = Two::new();
    let runs = two.asked();
    two.f.reply(two.ann, runs[0]);
    two.f.said();
    // The number of the one that has ended is another call's by now.
    let (_, run) = two.f.routed(
        two.caller,
        CallHeader {
            to: Some("ann"),
            ..call_of(9)
        },
    );
    for index in [0, 2, u32::MAX] {
        cancel_part(&mut two, index);
    }
    for call in [9, 77] {
        let header = Header::CancelPart {
            call: id(call),
            index: 0,
        };
        two.f.receive(two.caller, header, &Bytes::new()).unwrap();
        let header = Header::CancelPart {
            call: id(3),
            index: 1,
        };
        two.f.receive(two.ann, header, &Bytes::new()).unwrap();
    }
    assert_eq!(two.f.said(), []);
    two.f.reply(two.ann, run);
}
