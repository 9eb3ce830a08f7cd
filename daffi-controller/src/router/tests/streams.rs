//! Streams of calls: each frame goes to the other end of its call, as it is, and to nobody else.

use super::*;

const ITEMS: StreamId = StreamId::Result(0);

fn argument(index: u32) -> StreamId {
    StreamId::Argument(index)
}

fn cancelled() -> Status<'static> {
    Status::Failed(Failed::Cancelled { may_have_run: true })
}

const fn overloaded() -> Failed {
    Failed::Overloaded { may_have_run: true }
}

fn items(number: u32, stream: StreamId, payload: &'static str) -> Said {
    Said::Items {
        number,
        stream,
        items: 2,
        explained: false,
        payload: bytes(payload),
    }
}

fn credit(number: u32, stream: StreamId) -> Said {
    Said::Credit {
        number,
        stream,
        items: 5,
        bytes: 50,
    }
}

fn is_fault<T: std::fmt::Debug>(found: &Result<T, Fault>) -> bool {
    matches!(found, Err(Fault::Unexpected(_)))
}

impl Fixture {
    fn items(&mut self, from: PeerId, number: u32, stream: StreamId, payload: &Bytes) -> Result<(), Fault> {
        let call = id(number);
        let items = 2;
        self.receive(
            from,
            Header::Items {
                call,
                stream,
                items,
                explained: false,
            },
            payload,
        )
    }

    fn open(&mut self, from: PeerId, number: u32) -> Result<(), Fault> {
        let call = id(number);
        self.receive(from, Header::Opened { call, index: 0 }, &Bytes::new())
    }

    fn credit(&mut self, from: PeerId, number: u32, stream: StreamId) -> Result<(), Fault> {
        let credit = Header::Credit {
            call: id(number),
            stream,
            items: 5,
            bytes: 50,
        };
        self.receive(from, credit, &Bytes::new())
    }

    fn close(
        &mut self,
        from: PeerId,
        number: u32,
        stream: StreamId,
        status: Status<'_>,
    ) -> Result<(), Fault> {
        let call = id(number);
        self.receive(from, Header::Close { call, stream, status }, &Bytes::new())
    }

    fn stop(&mut self, from: PeerId, number: u32, stream: StreamId) -> Result<(), Fault> {
        let call = id(number);
        self.receive(from, Header::Stop { call, stream }, &Bytes::new())
    }

    /// All that a caller may send of its call's streams.
    fn caller_sends(&mut self, caller: PeerId, number: u32) {
        self.items(caller, number, argument(0), &bytes("late")).unwrap();
        self.close(caller, number, argument(0), Status::Value).unwrap();
        self.credit(caller, number, ITEMS).unwrap();
    }

    /// All that a provider may send of its run's streams.
    fn provider_sends(&mut self, provider: PeerId, number: u32) {
        self.open(provider, number).unwrap();
        self.items(provider, number, ITEMS, &bytes("late")).unwrap();
        self.credit(provider, number, argument(0)).unwrap();
        self.stop(provider, number, argument(0)).unwrap();
    }

    /// Expects that all that may be sent of a run's streams is a fault.
    fn assert_not_its_run(&mut self, from: PeerId, number: u32) {
        let found = [
            self.open(from, number),
            self.items(from, number, ITEMS, &bytes("strange")),
            self.credit(from, number, argument(0)),
            self.stop(from, number, argument(0)),
        ];
        assert!(found.iter().all(is_fault), "{found:?}");
        assert_eq!(self.said(), []);
    }
}

/// A provider of `add` and a caller, whose call 3 it runs; the controller's number of that. The controller's numbers are
/// others than the caller's.
fn fixture() -> (Fixture, PeerId, PeerId, u32) {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (_, run) = f.routed(caller, call(3, "add"));
    assert_ne!(run, 3);
    (f, provider, caller, run)
}

// ---------------------------------------------------------------------- both ways

#[test]
fn an_argument_goes_to_the_provider_as_it_is() {
    let (mut f, provider, caller, run) = fixture();
    let payload = Bytes::from(vec![7; 100]);
    f.items(caller, 3, argument(4), &payload).unwrap();
    let said = f.said();
    let [
        (
            to,
            Said::Items {
                payload: passed_on, ..
            },
        ),
    ] = &*said
    else {
        panic!("{said:?}")
    };
    assert_eq!((*to, passed_on.as_ptr()), (provider, payload.as_ptr()));
    f.items(caller, 3, argument(4), &bytes("ab")).unwrap();
    f.items(caller, 3, argument(0), &bytes("c")).unwrap();
    f.close(caller, 3, argument(4), Status::Value).unwrap();
    f.close(caller, 3, argument(0), cancelled()).unwrap();
    let close = |stream, end| Said::Close {
        number: run,
        stream,
        end,
    };
    let expected = [
        items(run, argument(4), "ab"),
        items(run, argument(0), "c"),
        close(argument(4), Ok(Bytes::new())),
        close(argument(0), failed(Failed::Cancelled { may_have_run: true })),
    ];
    assert_eq!(f.said(), expected.map(|said| (provider, said)));
}

#[test]
fn a_result_goes_to_the_caller_as_it_is() {
    let (mut f, provider, caller, run) = fixture();
    f.open(provider, run).unwrap();
    f.items(provider, run, ITEMS, &bytes("ab")).unwrap();
    f.items(provider, run, ITEMS, &Bytes::new()).unwrap();
    let opened = Said::Opened { number: 3, index: 0 };
    let expected = [opened, items(3, ITEMS, "ab"), items(3, ITEMS, "")];
    assert_eq!(f.said(), expected.map(|said| (caller, said)));
    let payload = Bytes::from(vec![7; 100]);
    f.items(provider, run, ITEMS, &payload).unwrap();
    let said = f.said();
    let [
        (
            _,
            Said::Items {
                payload: passed_on, ..
            },
        ),
    ] = &*said
    else {
        panic!("{said:?}")
    };
    assert_eq!(passed_on.as_ptr(), payload.as_ptr());
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(3))]);
}

#[test]
fn credit_and_stop_go_to_who_sends() {
    let (mut f, provider, caller, run) = fixture();
    f.credit(caller, 3, ITEMS).unwrap();
    f.credit(provider, run, argument(2)).unwrap();
    f.stop(provider, run, argument(2)).unwrap();
    let stop = Said::Stop {
        number: 3,
        stream: argument(2),
    };
    let expected = [
        (provider, credit(run, ITEMS)),
        (caller, credit(3, argument(2))),
        (caller, stop),
    ];
    assert_eq!(f.said(), expected);
}

#[test]
fn the_streams_of_calls_are_kept_apart() {
    let mut f = Fixture::new();
    let (ann, bob) = (f.join("ann", &["add"]), f.join("bob", &["sub"]));
    // The same number at both, and each at the other.
    let (_, at_ann) = f.routed(bob, call(3, "add"));
    let (_, at_bob) = f.routed(ann, call(3, "sub"));
    f.items(ann, at_ann, ITEMS, &bytes("to bob")).unwrap();
    f.items(bob, at_bob, ITEMS, &bytes("to ann")).unwrap();
    f.items(ann, 3, argument(0), &bytes("for bob")).unwrap();
    f.items(bob, 3, argument(0), &bytes("for ann")).unwrap();
    let expected = [
        (bob, items(3, ITEMS, "to bob")),
        (ann, items(3, ITEMS, "to ann")),
        (bob, items(at_bob, argument(0), "for bob")),
        (ann, items(at_ann, argument(0), "for ann")),
    ];
    assert_eq!(f.said(), expected);
    f.assert_not_its_run(ann, at_bob);
}

#[test]
fn a_process_may_stream_to_itself() {
    let mut f = Fixture::new();
    let own = f.join("own", &["add"]);
    let header = CallHeader {
        to: Some("own"),
        ..call(3, "add")
    };
    let (_, run) = f.routed(own, header);
    f.items(own, 3, argument(0), &bytes("in")).unwrap();
    f.items(own, run, ITEMS, &bytes("out")).unwrap();
    assert_eq!(
        f.said(),
        [
            (own, items(run, argument(0), "in")),
            (own, items(3, ITEMS, "out"))
        ]
    );
}

// ---------------------------------------------------------------------- broadcasts

/// Two providers, and a caller, whose broadcast 3 they run; the controller's numbers of that.
fn broadcast() -> (Fixture, [PeerId; 2], PeerId, [u32; 2]) {
    let mut f = Fixture::new();
    let (bob, ann) = (f.join("bob", &["add"]), f.join("ann", &["add"]));
    let caller = f.join("caller", &[]);
    let header = CallHeader {
        mode: Mode::Broadcast,
        ..call(3, "add")
    };
    f.call(caller, header);
    let said = f.said();
    let [
        _,
        (_, Said::Run { number: one, .. }),
        (_, Said::Run { number: two, .. }),
    ] = &*said
    else {
        panic!("{said:?}")
    };
    (f, [ann, bob], caller, [*one, *two])
}

#[test]
fn p8_results_of_a_broadcast_say_whose_they_are() {
    let (mut f, providers, caller, runs) = broadcast();
    for index in [1, 0] {
        let (provider, run) = (providers[index], runs[index]);
        f.open(provider, run).unwrap();
        f.items(provider, run, ITEMS, &bytes("ab")).unwrap();
        let index = u32::try_from(index).unwrap();
        let expected = [
            Said::Opened { number: 3, index },
            items(3, StreamId::Result(index), "ab"),
        ];
        assert_eq!(f.said(), expected.map(|said| (caller, said)));
        f.credit(caller, 3, StreamId::Result(index)).unwrap();
        assert_eq!(f.said(), [(provider, credit(run, ITEMS))]);
    }
    for index in [2, u32::MAX] {
        f.credit(caller, 3, StreamId::Result(index)).unwrap();
    }
    assert_eq!(f.said(), [], "nobody has that place");
}

#[test]
fn p8_a_part_that_has_ended_gets_no_credit_and_neither_does_who_has_its_number() {
    let (mut f, [ann, bob], caller, [first, second]) = broadcast();
    f.reply(ann, first);
    f.said();
    let (_, again) = f.routed(bob, call(9, "add"));
    assert_eq!(again, first | 1 << 16, "its place is used again");
    f.credit(caller, 3, StreamId::Result(0)).unwrap();
    assert_eq!(f.said(), []);
    f.items(ann, again, ITEMS, &bytes("for bob")).unwrap();
    f.items(bob, second, ITEMS, &bytes("for the caller")).unwrap();
    let expected = [
        (bob, items(9, ITEMS, "for bob")),
        (caller, items(3, StreamId::Result(1), "for the caller")),
    ];
    assert_eq!(f.said(), expected);
    f.disconnect(bob);
    f.said();
    f.credit(caller, 3, StreamId::Result(1)).unwrap();
    assert_eq!(f.said(), []);
}

#[test]
fn p8_items_that_do_not_fit_end_one_part_only() {
    let (mut f, [ann, bob], caller, [first, second]) = broadcast();
    f.queues.full.insert(caller);
    f.items(ann, first, ITEMS, &bytes("too many")).unwrap();
    let part = Said::Part {
        number: 3,
        index: 0,
        outcome: failed(overloaded()),
    };
    assert_eq!(f.said(), [(ann, Said::Cancel { number: first }), (caller, part)]);
    f.queues.full.clear();
    f.items(bob, second, ITEMS, &bytes("fits")).unwrap();
    f.provider_sends(ann, first);
    f.credit(caller, 3, StreamId::Result(0)).unwrap();
    assert_eq!(f.said(), [(caller, items(3, StreamId::Result(1), "fits"))]);
    f.reply(ann, first);
    assert_eq!(f.said(), [], "it has had its part");
    f.reply(bob, second);
    let said: Vec<_> = f.said().into_iter().map(|(_, said)| said).collect();
    let part = Said::Part {
        number: 3,
        index: 1,
        outcome: Ok(bytes("value")),
    };
    assert_eq!(said, [part, empty(3)]);
    assert_eq!(f.router.calls_outstanding(), 0);
}

// ---------------------------------------------------------------------- ends

#[test]
fn p4_after_a_cancel_the_streams_go_on_until_the_reply() {
    let (mut f, provider, caller, run) = fixture();
    f.cancel(caller, 3);
    assert_eq!(f.said(), [(provider, Said::Cancel { number: run })]);
    f.items(provider, run, ITEMS, &bytes("on its way")).unwrap();
    assert_eq!(f.said(), [(caller, items(3, ITEMS, "on its way"))]);
    f.try_reply(provider, run, cancelled(), &Bytes::new()).unwrap();
    f.said();
    f.caller_sends(caller, 3);
    assert_eq!(f.said(), []);
}

#[test]
fn what_crosses_the_reply_is_ignored_and_does_not_reach_who_has_the_number_next() {
    let (mut f, provider, caller, run) = fixture();
    f.reply(provider, run);
    f.said();
    // The controller's number is another's now.
    let other = f.join("other", &[]);
    let (_, again) = f.routed(other, call(3, "add"));
    assert_eq!(again, run | 1 << 16);
    f.caller_sends(caller, 3);
    assert_eq!(f.said(), []);
    f.items(other, 3, argument(0), &bytes("mine")).unwrap();
    assert_eq!(f.said(), [(provider, items(again, argument(0), "mine"))]);
}

#[test]
fn after_the_reply_a_provider_has_no_streams() {
    let (mut f, provider, _caller, run) = fixture();
    f.reply(provider, run);
    f.said();
    f.assert_not_its_run(provider, run);
}

#[test]
fn p4_a_provider_whose_caller_is_lost_sends_to_nobody() {
    let (mut f, provider, caller, run) = fixture();
    f.disconnect(caller);
    assert_eq!(f.said(), [(provider, Said::Cancel { number: run })]);
    // Whoever comes next has the same place, and calls under the same number.
    let successor = f.join("successor", &[]);
    assert_eq!(successor.index(), caller.index());
    let (_, other) = f.routed(successor, call(3, "add"));
    f.provider_sends(provider, run);
    assert_eq!(f.said(), []);
    f.caller_sends(caller, 3);
    assert_eq!(f.said(), []);
    f.caller_sends(successor, 3);
    let numbers: Vec<_> = f
        .said()
        .into_iter()
        .map(|(to, said)| match said {
            Said::Items { number, .. } | Said::Close { number, .. } | Said::Credit { number, .. } => {
                (to, number)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [(provider, other); 3]);
}

#[test]
fn p3_a_caller_whose_provider_is_lost_sends_to_nobody() {
    let (mut f, provider, caller, run) = fixture();
    f.disconnect(provider);
    f.said();
    let successor = f.join("successor", &["add"]);
    assert_eq!(successor.index(), provider.index());
    let other = f.join("other", &[]);
    assert_eq!(f.routed(other, call(3, "add")), (successor, run | 1 << 16));
    f.caller_sends(caller, 3);
    assert_eq!(f.said(), []);
}

#[test]
fn streams_of_a_call_that_was_handed_over_come_from_nobody_and_go_to_nobody() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let header = CallHeader {
        mode: Mode::HandedOver,
        ..call(3, "add")
    };
    f.call(caller, header);
    let said = f.said();
    let [(_, Said::Run { number, .. }), _] = &*said else {
        panic!("{said:?}")
    };
    f.provider_sends(provider, *number);
    f.caller_sends(caller, 3);
    let to_provider: Vec<_> = f.said();
    assert!(
        to_provider.iter().all(|(to, _)| *to == provider),
        "{to_provider:?}"
    );
    f.reply(provider, *number);
    f.said();
    f.disconnect(provider);
    f.disconnect(caller);
    assert_empty(&f.router);
}

// ---------------------------------------------------------------------- limits

/// Items from one end of a call do not fit the queue, or the frame, of the other: the call has ended with `failure`, once.
fn check_ended(mut f: Fixture, [provider, caller]: [PeerId; 2], run: u32, from: PeerId, failure: Failed) {
    let payload = bytes("more than there is room for");
    if from == caller {
        f.items(caller, 3, argument(0), &payload).unwrap();
    } else {
        f.items(provider, run, ITEMS, &payload).unwrap();
    }
    let expected = [
        (provider, Said::Cancel { number: run }),
        (caller, super::failure(3, failure)),
    ];
    assert_eq!(f.said(), expected);
    f.queues.full.clear();
    f.queues.limits.clear();
    // Whatever comes until the provider has stopped is ignored, and it is not told again.
    f.caller_sends(caller, 3);
    f.provider_sends(provider, run);
    f.cancel(caller, 3);
    assert_eq!(f.said(), []);
    // The caller's number is free, the provider's is not.
    let (_, other) = f.routed(caller, call(3, "add"));
    assert_ne!(other, run);
    f.provider_sends(provider, run);
    f.try_reply(provider, run, cancelled(), &Bytes::new()).unwrap();
    assert_eq!(f.said(), [], "it has been answered");
    f.items(provider, other, ITEMS, &bytes("ab")).unwrap();
    assert_eq!(f.said(), [(caller, items(3, ITEMS, "ab"))]);
    f.reply(provider, other);
    assert_eq!(f.router.calls_outstanding(), 0);
}

/// stream.room
#[test]
fn p6_items_for_a_full_queue_end_the_call() {
    for from_caller in [true, false] {
        let (mut f, provider, caller, run) = fixture();
        let (from, to) = if from_caller {
            (caller, provider)
        } else {
            (provider, caller)
        };
        f.queues.full.insert(to);
        check_ended(f, [provider, caller], run, from, overloaded());
    }
}

#[test]
fn p6_too_large_a_frame_ends_the_call() {
    // What is allowed is enough to say so.
    let too_large = Failed::ItemTooLarge { size: 34, limit: 20 };
    for from_caller in [true, false] {
        let (mut f, provider, caller, run) = fixture();
        let (from, to) = if from_caller {
            (caller, provider)
        } else {
            (provider, caller)
        };
        f.queues.limits.insert(to, 20);
        check_ended(f, [provider, caller], run, from, too_large.clone());
    }
}

#[test]
fn p6_a_full_queue_takes_what_has_no_payload() {
    let (mut f, provider, caller, run) = fixture();
    f.queues.full.extend([provider, caller]);
    f.open(provider, run).unwrap();
    f.credit(provider, run, argument(0)).unwrap();
    f.stop(provider, run, argument(0)).unwrap();
    f.credit(caller, 3, ITEMS).unwrap();
    f.close(caller, 3, argument(0), Status::Value).unwrap();
    assert_eq!(f.said().len(), 5);
    assert_eq!(f.router.calls_outstanding(), 1);
}

#[test]
fn p6_a_full_queue_takes_but_a_few_frames_without_payload_of_each_call() {
    type Flood = fn(&mut Fixture, [PeerId; 2], u32) -> Result<(), Fault>;
    let floods: [(Flood, usize); 4] = [
        (|f, [_, caller], _| f.credit(caller, 3, ITEMS), 0),
        (
            |f, [_, caller], _| f.close(caller, 3, argument(0), Status::Value),
            0,
        ),
        (|f, [provider, _], run| f.open(provider, run), 1),
        (
            |f, [provider, _], run| f.items(provider, run, ITEMS, &Bytes::new()),
            1,
        ),
    ];
    for (flood, to) in floods {
        let (mut f, provider, caller, run) = fixture();
        let ends = [provider, caller];
        f.queues.full.insert(ends[to]);
        let passed_on = |f: &mut Fixture| {
            (0..50).for_each(|_| flood(f, ends, run).unwrap());
            f.said().into_iter().filter(|(end, _)| *end == ends[to]).count()
        };
        let most = passed_on(&mut f);
        // And the end of the call.
        assert_eq!(most, 17, "of flood {to}");
        assert_eq!(passed_on(&mut f), 0);
        f.try_reply(provider, run, cancelled(), &Bytes::new()).unwrap();
        assert_eq!(f.router.calls_outstanding(), 0);
    }
}

#[test]
fn p6_a_full_queue_takes_no_long_words_about_the_end_of_a_stream() {
    let (mut f, provider, caller, run) = fixture();
    f.queues.full.insert(provider);
    let words = Status::App {
        message: "long",
        causes: vec![],
        typed: Own::None,
    };
    f.close(caller, 3, argument(0), words).unwrap();
    assert_eq!(
        f.said(),
        [
            (provider, Said::Cancel { number: run }),
            (caller, failure(3, overloaded()))
        ]
    );
}

#[test]
fn p7_items_leave_an_eighth_of_a_queue_to_calls_and_answers() {
    for (room, is_passed_on) in [
        (LIMITS.queue_bytes / 8 + 1, true),
        (LIMITS.queue_bytes / 8, false),
    ] {
        let (mut f, provider, caller, _run) = fixture();
        f.queues.queue_bytes = room;
        let other = f.join("other", &[]);
        f.routed(other, call(0, "add"));
        f.items(caller, 3, argument(0), &bytes("ab")).unwrap();
        let passed_on = matches!(&*f.said(), [(to, Said::Items { .. })] if *to == provider);
        assert_eq!(passed_on, is_passed_on, "with room for {room}");
        f.routed(other, call(1, "add"));
    }
}

#[test]
fn p6_short_frames_are_counted_anew_once_there_is_room() {
    let (mut f, provider, caller, _run) = fixture();
    for _ in 0..5 {
        f.queues.full.insert(provider);
        (0..16).for_each(|_| f.credit(caller, 3, ITEMS).unwrap());
        f.queues.full.clear();
        f.credit(caller, 3, ITEMS).unwrap();
    }
    assert_eq!(f.said().len(), 5 * 17);
    assert_eq!(f.router.calls_outstanding(), 1);
}

#[test]
fn p1_a_call_that_ended_for_want_of_room_is_not_answered_again_when_its_provider_is_lost() {
    let (mut f, provider, caller, run) = fixture();
    f.queues.full.insert(caller);
    f.items(provider, run, ITEMS, &bytes("too many")).unwrap();
    f.said();
    f.disconnect(provider);
    assert_eq!(f.said(), []);
    f.disconnect(caller);
    assert_empty(&f.router);
}

// ---------------------------------------------------------------------- faults

/// stream.apart
#[test]
fn p7_a_stream_of_a_run_that_it_was_not_given_is_a_fault() {
    let (mut f, provider, caller, run) = fixture();
    let stranger = f.join("stranger", &[]);
    for from in [stranger, caller] {
        f.assert_not_its_run(from, run);
    }
    for number in [run + 1, u32::MAX] {
        f.assert_not_its_run(provider, number);
    }
    // Nobody else has noticed.
    f.disconnect(stranger);
    f.items(provider, run, ITEMS, &bytes("ab")).unwrap();
    assert_eq!(f.said(), [(caller, items(3, ITEMS, "ab"))]);
}

/// stream.apart
#[test]
fn p7_a_frame_of_a_stream_from_the_wrong_end_is_a_fault() {
    let (mut f, provider, caller, run) = fixture();
    let found = [
        f.stop(caller, 3, ITEMS),
        f.close(provider, run, ITEMS, Status::Value),
        f.close(caller, 3, ITEMS, Status::Value),
        f.items(provider, run, StreamId::Result(1), &bytes("not the only one")),
        f.receive(
            provider,
            Header::Opened {
                call: id(run),
                index: 1,
            },
            &Bytes::new(),
        ),
    ];
    assert!(found.iter().all(is_fault), "{found:?}");
    assert_eq!(f.said(), []);
}

#[test]
fn how_far_a_call_has_come_goes_to_its_caller_if_that_has_room() {
    let (mut f, provider, caller, run) = fixture();
    let done = |number, items| Header::Done {
        call: id(number),
        items,
    };
    f.receive(provider, done(run, 7), &Bytes::new()).unwrap();
    let said = Said::Done { number: 3, items: 7 };
    assert_eq!(f.said(), [(caller, said)]);
    f.queues.full.insert(caller);
    for items in 8..100 {
        f.receive(provider, done(run, items), &Bytes::new()).unwrap();
    }
    f.queues.full.clear();
    assert_eq!(f.said(), [], "nor has the call ended");
    for (from, number) in [(caller, 3), (provider, run + 1)] {
        let found = f.receive(from, done(number, 1), &Bytes::new());
        assert!(is_fault(&found), "{found:?}");
    }
}

#[test]
fn a_stream_of_a_call_that_is_not_out_goes_nowhere() {
    let (mut f, provider, caller, run) = fixture();
    let stranger = f.join("stranger", &[]);
    f.ask(caller, 5, Query::WaitProcess("nobody"));
    for (from, number) in [
        (stranger, 3),
        (stranger, run),
        (provider, run),
        (caller, 4),
        (caller, u32::MAX),
    ] {
        f.caller_sends(from, number);
    }
    f.caller_sends(caller, 5);
    f.credit(caller, 3, StreamId::Result(1)).unwrap();
    assert_eq!(f.said(), []);
}

/// In front of a stream stands what describes its items, and that is no longer than a signature.
#[test]
fn p6_what_stands_in_front_of_items_is_passed_on_if_it_is_not_too_long() {
    let most = 4 + Limits::SIGNATURE_BYTES;
    for (bytes, expected) in [(3, 3), (most, most), (most + 1, 0)] {
        let mut f = Fixture {
            router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
            queues: Queues::new(&Limits::default()),
        };
        let provider = f.join("provider", &["add"]);
        let caller = f.join("caller", &[]);
        let (_, run) = f.routed(caller, call(3, "add"));
        let opened = Header::Opened {
            call: id(run),
            index: 0,
        };
        f.receive(provider, opened, &vec![0; bytes].into()).unwrap();
        let [(to, frame)] = &*f.queues.sent else {
            panic!("{:?}", f.queues.sent);
        };
        assert_eq!((*to, frame.decode().unwrap().1.len()), (caller, expected));
    }
}
