//! One call at a time: run, answered, refused, cancelled, lost.

use std::time::Duration;

use daffi_core::signature::Interface;

use super::*;

#[test]
fn p1_a_call_is_run_by_its_provider_and_answered_to_its_caller() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["other", "add"]), f.join("caller", &[]));
    f.call(caller, call(3, "add"));
    let run = Said::Run {
        number: 0,
        callback: 1,
        caller: "caller".to_owned(),
        payload: bytes("arguments"),
    };
    assert_eq!(f.said(), [(provider, run)]);
    f.reply(provider, 0);
    assert_eq!(f.said(), [(caller, value(3))]);
    assert_eq!(f.router.calls_outstanding(), 0);
}

#[test]
fn a_payload_crosses_as_the_same_bytes() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (arguments, result) = (Bytes::from(vec![1; 100]), Bytes::from(vec![2; 100]));
    f.receive(caller, Header::Call(call(0, "add")), &arguments)
        .unwrap();
    f.try_reply(provider, 0, Status::Value, &result).unwrap();
    let said = f.said();
    let [
        (_, Said::Run { payload, .. }),
        (
            _,
            Said::Reply {
                outcome: Ok(value), ..
            },
        ),
    ] = &*said
    else {
        panic!("{said:?}")
    };
    assert_eq!(
        [payload.as_ptr(), value.as_ptr()],
        [arguments.as_ptr(), result.as_ptr()]
    );
}

#[test]
fn a_call_keeps_its_deadline_trace_and_metadata() {
    let mut f = Fixture::new();
    let (_provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let header = CallHeader {
        deadline: Some(Duration::from_millis(70)),
        trace: Some(TraceContext {
            trace_id: [1; 16],
            span_id: [2; 8],
            flags: 1,
        }),
        metadata: vec![("tenant", "acme"), ("tenant", "again")],
        ..call(0, "add")
    };
    f.call(caller, header.clone());
    let (_, frame) = &f.queues.sent[0];
    let (run, _) = frame.decode().unwrap();
    let expected = RunHeader {
        described: false,
        call: id(0),
        callback: CallbackId(0),
        caller: "caller",
        identity: Who::Nobody,
        deadline: header.deadline,
        trace: header.trace,
        metadata: header.metadata,
        ancestors: Vec::new(),
    };
    assert_eq!(run, Header::Run(expected));
}

#[test]
fn a_call_for_each_item_of_a_stream_is_run_as_that_by_one_provider() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    let provider = f.join("provider", &["add"]);
    f.said();
    let each = CallHeader {
        mode: Mode::Each,
        ..call(0, "add")
    };
    f.call(caller, each);
    let (to, frame) = &f.queues.sent[0];
    assert_eq!(*to, provider);
    let (Header::RunEach(run), _) = frame.decode().unwrap() else {
        panic!("{frame:?}");
    };
    assert_eq!(
        (run.call, run.callback, run.caller),
        (id(0), CallbackId(0), "caller")
    );
    f.queues.sent.clear();
    // Its stream is that of any call, and so is its end.
    let (call, stream) = (id(0), StreamId::Argument(0));
    let credit = Header::Credit {
        call,
        stream,
        items: 3,
        bytes: 4,
    };
    f.receive(provider, credit, &Bytes::new()).unwrap();
    let items = Header::Items {
        call,
        stream,
        items: 1,
        explained: false,
    };
    f.receive(caller, items, &bytes("item")).unwrap();
    let said: Vec<_> = f.said().into_iter().map(|(to, _)| to).collect();
    assert_eq!(said, [caller, provider]);
    f.reply(provider, 0);
    assert_eq!(f.said(), [(caller, value(0))]);
    assert_eq!(f.router.calls_outstanding(), 0);
}

#[test]
fn p1_every_kind_of_end_reaches_the_caller_as_it_is() {
    let remote = RemoteError::new("no milk", vec!["no cow".to_owned()]);
    let app = |typed| Status::App {
        message: "no milk",
        causes: vec!["no cow"],
        typed,
    };
    let panicked = Failed::panicked("boom".to_owned());
    for (status, payload, expected) in [
        (Status::Value, bytes(""), Ok(bytes(""))),
        (app(Own::None), bytes(""), Err(Failure::app(remote.clone(), None))),
        (
            app(Own::Payload),
            bytes("typed"),
            Err(Failure::app(remote, Some(bytes("typed")))),
        ),
        (Status::Failed(panicked.clone()), bytes(""), failed(panicked)),
    ] {
        let mut f = Fixture::new();
        let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
        let (_, run) = f.routed(caller, call(3, "add"));
        f.try_reply(provider, run, status, &payload).unwrap();
        assert_eq!(
            f.said(),
            [(
                caller,
                Said::Reply {
                    number: 3,
                    outcome: expected
                }
            )]
        );
    }
}

// ---------------------------------------------------------------------- nobody to ask

#[test]
fn p3_a_call_that_nobody_can_answer_is_answered_at_once() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &["own"]);
    f.join("other", &["other's"]);
    let unready = f.connect("unready");
    f.offer(unready, &[offered(0, "hidden")], false);
    let check = |f: &mut Fixture, name, to, expected| {
        let refusal = f.refused(caller, CallHeader { to, ..call(0, name) });
        assert_eq!(refusal, Failed::NoProvider(expected), "{name} at {to:?}");
    };
    check(&mut f, "nothing", None, Absence::nobody());
    check(&mut f, "own", None, Absence::OnlyCaller);
    check(&mut f, "hidden", None, Absence::nobody());
    check(&mut f, "other's", Some("nowhere"), Absence::ProcessUnknown);
    check(&mut f, "hidden", Some("unready"), Absence::ProcessUnknown);
    check(&mut f, "nothing", Some("other"), Absence::NotOffered);
    check(&mut f, "own", Some("other"), Absence::NotOffered);
    assert_eq!(f.router.calls_outstanding(), 0);
}

#[test]
fn a_process_calls_itself_only_when_it_says_so() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &["add"]);
    let (to, number) = f.routed(
        caller,
        CallHeader {
            to: Some("caller"),
            ..call(0, "add")
        },
    );
    assert_eq!(to, caller);
    f.reply(caller, number);
    assert_eq!(f.said(), [(caller, value(0))]);
    let other = f.join("other", &["add"]);
    for number in 0..10 {
        assert_eq!(f.routed(caller, call(number, "add")).0, other);
    }
}

#[test]
fn a_call_goes_to_the_process_that_it_names() {
    let mut f = Fixture::new();
    let (_one, two) = (f.join("one", &["add"]), f.join("two", &["add"]));
    let caller = f.join("caller", &[]);
    for number in 0..10 {
        assert_eq!(
            f.routed(
                caller,
                CallHeader {
                    to: Some("two"),
                    ..call(number, "add")
                }
            )
            .0,
            two
        );
    }
}

#[test]
fn another_signature_is_answered_with_the_offered_one() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    let typed = signature(ErrorType::Typed(trace::<String>()));
    f.offer(
        provider,
        &[Offered {
            signature: typed.clone(),
            ..offered(0, "add")
        }],
        true,
    );
    let with = |number, signature| CallHeader {
        signature,
        ..call(number, "add")
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(typed.clone()),
        others: Vec::new(),
    };
    assert_eq!(f.refused(caller, with(0, 12345)), mismatch);
    assert_eq!(
        f.refused(
            caller,
            CallHeader {
                to: Some("provider"),
                ..with(0, 12345)
            }
        ),
        mismatch
    );
    // The same; the same without its error's type; and whatever it takes.
    for (number, signature) in (0..).zip([typed.number, typed.plain_number, 0]) {
        assert_eq!(f.routed(caller, with(number, signature)).0, provider);
    }
}

#[test]
fn a_call_that_asks_for_names_passes_where_they_are_the_same() {
    let named = |names: [&str; 2]| {
        Described::new(&Signature::new(
            names.map(|name| (name, trace::<u32>())),
            Returns {
                ok: trace::<u32>(),
                error: ErrorType::Typed(trace::<String>()),
            },
        ))
    };
    let (offers, other) = (named(["a", "b"]), named(["b", "a"]));
    assert_eq!(offers.number, other.number);
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    f.offer(
        provider,
        &[Offered {
            signature: offers.clone(),
            ..offered(0, "add")
        }],
        true,
    );
    let asks = |number, structure, names| CallHeader {
        signature: Described::named(structure, names),
        ..call(number, "add")
    };
    for (number, structure) in (0..).zip([offers.number, offers.plain_number]) {
        assert_eq!(
            f.routed(caller, asks(number, structure, offers.names)).0,
            provider
        );
        let mismatch = Failed::SignatureMismatch {
            offered: Box::new(offers.clone()),
            others: Vec::new(),
        };
        assert_eq!(f.refused(caller, asks(7, structure, other.names)), mismatch);
    }
    // Whose names are not known is asked by structure alone.
    let unnamed = named(["_", "b"]);
    assert_eq!(unnamed.names, 0);
    assert!(!unnamed.accepts(Described::named(unnamed.number, offers.names)));
    assert!(unnamed.accepts(offers.number));
}

#[test]
fn a_provider_with_the_right_signature_is_found_among_others() {
    let mut f = Fixture::new();
    for (number, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let link = f.connect(name);
        let other = Described::new(&Signature::new(
            [],
            Returns {
                ok: trace::<u8>(),
                error: ErrorType::None,
            },
        ));
        let signature = if number == 2 { OFFERED.clone() } else { other };
        f.offer(
            link,
            &[Offered {
                signature,
                ..offered(0, "add")
            }],
            true,
        );
    }
    let caller = f.join("caller", &[]);
    for number in 0..10 {
        let (to, _) = f.routed(
            caller,
            CallHeader {
                signature: OFFERED.number,
                ..call(number, "add")
            },
        );
        assert_eq!(f.router.process_name(to), Some("c"));
    }
}

/// What the types allow is no part of a signature's number.
#[test]
fn a_call_by_a_version_goes_to_whoever_offers_that() {
    let signature = Signature::new(
        [("count", trace::<u8>())],
        Returns {
            ok: trace::<u8>(),
            error: ErrorType::None,
        },
    );
    let strict = Described::new(&signature);
    let mut interface = Interface::from(signature);
    interface.allows.parameters[0].optional = true;
    let lenient = Described::of(&interface);
    assert_eq!(strict.number, lenient.number);
    assert_ne!(strict.version(), lenient.version());

    let mut f = Fixture::new();
    for (name, signature) in [("a", &strict), ("b", &lenient), ("c", &strict)] {
        let link = f.connect(name);
        let signature = signature.clone();
        let concurrency = Some(2);
        let offered = Offered {
            signature,
            concurrency,
            queue: 8,
            ..offered(0, "add")
        };
        f.offer(link, &[offered], true);
    }
    let caller = f.join("caller", &[]);
    let by = |number, signature| CallHeader {
        signature,
        ..call(number, "add")
    };
    let by_version = |number, version: &Described| CallHeader {
        versions: vec![version.version()],
        ..call(number, "add")
    };
    let (lenient_one, first) = f.routed(caller, by_version(0, &lenient));
    assert_eq!(f.router.process_name(lenient_one), Some("b"));
    f.routed(caller, by_version(1, &lenient));
    // Those of the same signature have places, which are not for this one: it waits.
    f.call(caller, by_version(2, &lenient));
    f.said();
    assert_eq!(f.router.calls_waiting(), 1);
    for number in 3..7 {
        f.routed(caller, by(number, strict.number));
    }
    // Whoever goes together with none of them is told all.
    let Failed::SignatureMismatch { offered, others } = f.refused(caller, by(7, 12345)) else {
        panic!("it is called by another number");
    };
    let told: HashSet<_> = others.iter().chain([&*offered]).map(Described::version).collect();
    assert_eq!(
        (others.len(), told),
        (1, HashSet::from([strict.version(), lenient.version()]))
    );
    f.reply(lenient_one, first);
    let said = f.said();
    assert!(
        said.iter()
            .any(|(to, said)| *to == lenient_one && matches!(said, Said::Run { .. })),
        "{said:?}"
    );
    f.disconnect(lenient_one);
    f.said();
    let refused = f.refused(caller, by_version(8, &lenient));
    let offered = Box::new(strict);
    assert_eq!(
        refused,
        Failed::SignatureMismatch {
            offered,
            others: Vec::new()
        }
    );
}

/// described.whole
#[test]
fn what_is_described_is_told_to_whoever_runs_it_at_once_or_later_or_among_many() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    let concurrency = Some(1);
    f.offer(
        provider,
        &[Offered {
            concurrency,
            queue: 8,
            ..offered(0, "add")
        }],
        true,
    );
    f.said();
    let ran = |f: &mut Fixture| -> Vec<(CallId, bool)> {
        let sent = std::mem::take(&mut f.queues.sent);
        let run = |frame: &Frame| match frame.decode() {
            Ok((Header::Run(run), _)) => Some((run.call, run.described)),
            _ => None,
        };
        sent.iter().filter_map(|(_, frame)| run(frame)).collect()
    };
    let made = |number, described, mode| CallHeader {
        versions: if described {
            vec![OFFERED.version()]
        } else {
            Vec::new()
        },
        mode,
        ..call(number, "add")
    };
    for described in [true, false] {
        f.call(caller, made(0, described, Mode::Answered));
        f.call(caller, made(1, described, Mode::Answered));
        f.call(caller, made(2, described, Mode::Broadcast));
        for _ in 0..3 {
            let [(call, said)] = ran(&mut f)[..] else {
                panic!("one has its turn");
            };
            assert_eq!(said, described);
            let status = Status::Value;
            f.receive(provider, Header::Reply { call, status }, &Bytes::new())
                .unwrap();
        }
    }
}

// ---------------------------------------------------------------------- faults

/// call.number
#[test]
fn p1_a_call_number_in_use_is_a_fault() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (_, run) = f.routed(caller, call(3, "add"));
    f.ask(caller, 4, Query::WaitProcess("later"));
    for number in [3, 4] {
        let numbered = id(number);
        for header in [
            Header::Call(call(number, "add")),
            Header::Offer {
                call: numbered,
                ready: true,
            },
            Header::Withdraw { call: numbered },
            Header::Query {
                call: numbered,
                query: Query::Processes,
            },
        ] {
            // An empty list.
            let payload = Bytes::from_static(&[0]);
            assert!(
                matches!(f.receive(caller, header, &payload), Err(Fault::Unexpected(_))),
                "{number}"
            );
        }
    }
    assert_eq!(f.said(), []);
    f.reply(provider, run);
    f.said();
    f.routed(caller, call(3, "add"));
}

#[test]
fn p6_a_call_number_over_the_limit_is_a_fault() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    f.refused(caller, call(LIMITS.calls - 1, "add"));
    let fault = f.receive(caller, Header::Call(call(LIMITS.calls, "add")), &Bytes::new());
    assert!(matches!(fault, Err(Fault::Unexpected(_))));
}

/// call.number
#[test]
fn p1_a_reply_to_what_was_not_asked_is_a_fault() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let stranger = f.join("stranger", &["add"]);
    let (_, run) = f.routed(
        caller,
        CallHeader {
            to: Some("provider"),
            ..call(3, "add")
        },
    );
    let is_fault = |f: &mut Fixture, from, number| {
        matches!(
            f.try_reply(from, number, Status::Value, &bytes("x")),
            Err(Fault::Unexpected(_))
        )
    };
    assert!(is_fault(&mut f, stranger, run), "another's call");
    assert!(is_fault(&mut f, caller, run), "the caller's own call");
    assert!(is_fault(&mut f, provider, run + 1), "a number that nobody has");
    assert_eq!(f.said(), []);
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(3))]);
    assert!(is_fault(&mut f, provider, run), "a second reply");
    assert_eq!(f.said(), []);
}

// ---------------------------------------------------------------------- cancelling

#[test]
fn p4_a_cancelled_call_is_cancelled_at_its_provider_once() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (_, run) = f.routed(caller, call(3, "add"));
    f.cancel(caller, 3);
    assert_eq!(f.said(), [(provider, Said::Cancel { number: run })]);
    f.cancel(caller, 3);
    assert_eq!(f.said(), []);
    // The reply still comes, and frees the number.
    f.try_reply(
        provider,
        run,
        Status::Failed(Failed::Cancelled { may_have_run: true }),
        &Bytes::new(),
    )
    .unwrap();
    assert_eq!(
        f.said(),
        [(caller, failure(3, Failed::Cancelled { may_have_run: true }))]
    );
    f.routed(caller, call(3, "add"));
}

#[test]
fn p4_a_cancel_that_crossed_the_reply_does_nothing() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (_, run) = f.routed(caller, call(3, "add"));
    f.reply(provider, run);
    f.said();
    f.cancel(caller, 3);
    f.cancel(caller, 9);
    assert_eq!(f.said(), []);
}

#[test]
fn p4_the_calls_of_a_caller_that_leaves_are_cancelled() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let (_, first) = f.routed(caller, call(3, "add"));
    let (_, second) = f.routed(caller, call(4, "add"));
    f.cancel(caller, 4);
    f.said();
    f.disconnect(caller);
    assert_eq!(
        f.said(),
        [(provider, Said::Cancel { number: first })],
        "the other is cancelled already"
    );
    // Their numbers are in use until the provider has answered; nobody hears of it.
    let successor = f.join("successor", &[]);
    let (_, third) = f.routed(successor, call(3, "add"));
    assert!(third != first && third != second);
    f.reply(provider, first);
    f.reply(provider, second);
    assert_eq!(f.said(), []);
    assert_eq!(f.router.calls_outstanding(), 1);
}

#[test]
fn p3_the_callers_of_a_provider_that_is_lost_are_told_its_name() {
    let mut f = Fixture::new();
    let (provider, other) = (f.join("provider", &["add"]), f.join("other", &["add"]));
    let (first, second) = (f.join("first", &[]), f.join("second", &[]));
    let at = |to, number| CallHeader {
        to: Some(to),
        ..call(number, "add")
    };
    f.routed(first, at("provider", 3));
    f.routed(second, at("provider", 7));
    let (_, survivor) = f.routed(second, at("other", 8));
    f.routed(provider, at("other", 0));
    f.said();
    f.disconnect(provider);
    let lost = Failed::ProviderLost {
        process: "provider".to_owned(),
    };
    let mut said = f.said();
    said.sort_by_key(|(to, _)| *to);
    let expected = [
        (other, Said::Cancel { number: survivor + 1 }),
        (first, failure(3, lost.clone())),
        (second, failure(7, lost)),
    ];
    assert_eq!(said, expected);
    f.reply(other, survivor);
    assert_eq!(f.said(), [(second, value(8))]);
    assert_eq!(
        f.refused(first, at("provider", 3)),
        Failed::NoProvider(Absence::ProcessUnknown)
    );
}

#[test]
fn p3_a_process_that_called_itself_and_left_is_forgotten() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &["add"]);
    f.routed(
        caller,
        CallHeader {
            to: Some("caller"),
            ..call(0, "add")
        },
    );
    f.disconnect(caller);
    assert_empty(&f.router);
}

#[test]
fn p5_calls_of_one_caller_to_one_provider_keep_their_order() {
    let mut f = Fixture::new();
    let (_provider, caller) = (f.join("provider", &["add", "sub"]), f.join("caller", &[]));
    let names = ["add", "sub", "sub", "add"];
    for (number, name) in (0..).zip(names) {
        f.call(caller, call(number, name));
    }
    let callbacks: Vec<_> = f
        .said()
        .into_iter()
        .map(|(_, said)| match said {
            Said::Run { callback, .. } => callback,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(callbacks, [0, 1, 1, 0]);
}
