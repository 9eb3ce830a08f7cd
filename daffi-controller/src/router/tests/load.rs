//! Limits and full queues: who is skipped, and what is answered then.

use super::*;

/// Two providers of `add`, and a caller.
fn fixture() -> (Fixture, [PeerId; 2], PeerId) {
    let mut f = Fixture::new();
    let providers = [f.join("one", &["add"]), f.join("two", &["add"])];
    let caller = f.join("caller", &[]);
    (f, providers, caller)
}

#[test]
fn p7_a_provider_whose_queue_is_full_is_skipped() {
    for payload in [bytes("arguments"), Bytes::new()] {
        let (mut f, [one, two], caller) = fixture();
        f.queues.full.insert(one);
        for number in 0..10 {
            f.receive(caller, Header::Call(call(number, "add")), &payload)
                .unwrap();
            assert!(
                matches!(&*f.said(), [(to, Said::Run { .. })] if *to == two),
                "with {payload:?}"
            );
        }
    }
}

#[test]
fn p6_a_call_is_refused_when_every_queue_is_full() {
    for payload in [bytes("arguments"), Bytes::new()] {
        let (mut f, providers, caller) = fixture();
        f.queues.full.extend(providers);
        f.receive(caller, Header::Call(call(0, "add")), &payload).unwrap();
        assert_eq!(f.said(), [(caller, failure(0, full()))], "with {payload:?}");
        f.queues.full.clear();
        f.routed(caller, call(0, "add"));
    }
}

#[test]
fn p7_a_full_process_is_not_replaced_when_the_call_names_it() {
    let (mut f, [one, _two], caller) = fixture();
    f.queues.full.insert(one);
    assert_eq!(
        f.refused(
            caller,
            CallHeader {
                to: Some("one"),
                ..call(0, "add")
            }
        ),
        full()
    );
}

#[test]
fn a_queue_that_is_empty_takes_any_frame() {
    let (mut f, _providers, caller) = fixture();
    let largest = Bytes::from(vec![0; LIMITS.frame_bytes - 64]);
    assert!(largest.len() > LIMITS.queue_bytes / 2);
    f.receive(caller, Header::Call(call(0, "add")), &largest).unwrap();
    assert!(matches!(&*f.said(), [(_, Said::Run { .. })]));
}

#[test]
fn a_provider_is_given_no_more_calls_than_it_runs_at_a_time() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    f.offer(
        provider,
        &[Offered {
            concurrency: Some(2),
            ..offered(0, "add")
        }],
        true,
    );
    let (_, first) = f.routed(caller, call(0, "add"));
    f.routed(caller, call(1, "add"));
    assert_eq!(f.refused(caller, call(2, "add")), full());
    // A cancelled call runs until its provider has answered.
    f.cancel(caller, 0);
    f.said();
    assert_eq!(f.refused(caller, call(2, "add")), full());
    f.reply(provider, first);
    f.said();
    f.routed(caller, call(2, "add"));
    assert_eq!(f.refused(caller, call(3, "add")), full());
}

#[test]
fn arguments_over_the_providers_frame_limit_are_refused() {
    let (mut f, providers, caller) = fixture();
    f.queues.limits.extend(providers.map(|provider| (provider, 20)));
    let refusal = f.refused(caller, call(0, "add"));
    assert!(
        matches!(
            refusal,
            Failed::TooLarge {
                size: 26,
                limit: 20,
                may_have_run: false
            }
        ),
        "{refusal:?}"
    );
    assert_eq!(f.router.calls_outstanding(), 0);
    // Nor does the call count as running.
    f.queues.limits.clear();
    let (_, function) = f.router.directory.function("add").unwrap();
    let providers = function
        .shown()
        .iter()
        .map(|key| f.router.directory.provider(*key));
    assert!(providers.flatten().all(|provider| provider.running == 0));
}

#[test]
fn a_result_over_the_callers_frame_limit_is_refused() {
    let (mut f, _providers, caller) = fixture();
    let (provider, run) = f.routed(caller, call(3, "add"));
    f.queues.limits.insert(caller, 20);
    f.try_reply(provider, run, Status::Value, &Bytes::from(vec![0; 30]))
        .unwrap();
    let too_large = Failed::TooLarge {
        size: 34,
        limit: 20,
        may_have_run: true,
    };
    assert_eq!(f.said(), [(caller, failure(3, too_large))]);
}

#[test]
fn p2_a_refusal_over_the_callers_frame_limit_does_not_say_that_it_may_have_run() {
    let (mut f, _providers, caller) = fixture();
    f.queues.limits.insert(caller, 10);
    let wrong = CallHeader {
        signature: 12345,
        ..call(0, "add")
    };
    let refusal = f.refused(caller, wrong);
    assert!(
        matches!(
            refusal,
            Failed::TooLarge {
                limit: 10,
                may_have_run: false,
                ..
            }
        ),
        "{refusal:?}"
    );
}

#[test]
fn p6_a_caller_that_does_not_read_its_answers_gets_small_ones() {
    let long = "long ".repeat(100);
    let overloaded = Failed::Overloaded { may_have_run: true };
    let cancelled = Failed::Cancelled { may_have_run: false };
    for (status, payload, expected) in [
        (Status::Value, bytes("value"), failed(overloaded.clone())),
        (
            Status::App {
                message: &long,
                causes: vec![],
                typed: Own::None,
            },
            bytes(""),
            failed(overloaded.clone()),
        ),
        (
            Status::Failed(Failed::panicked(long.clone())),
            bytes(""),
            failed(overloaded),
        ),
        (Status::Failed(cancelled.clone()), bytes(""), failed(cancelled)),
        (Status::Value, bytes(""), Ok(bytes(""))),
    ] {
        let (mut f, _providers, caller) = fixture();
        let (provider, run) = f.routed(caller, call(3, "add"));
        f.queues.full.insert(caller);
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

#[test]
fn p6_whoever_does_not_read_is_refused_in_few_bytes() {
    let (mut f, [one, two], caller) = fixture();
    let wrong = CallHeader {
        signature: 12345,
        ..call(0, "add")
    };
    let everywhere = CallHeader {
        mode: Mode::Broadcast,
        ..wrong.clone()
    };
    let mismatch = f.refused(caller, wrong.clone());
    assert!(
        matches!(mismatch, Failed::SignatureMismatch { .. }),
        "{mismatch:?}"
    );
    f.queues.full.insert(caller);
    assert_eq!(f.refused(caller, wrong), full());
    // The roster may be long, too.
    assert_eq!(f.refused(caller, everywhere.clone()), full());
    f.queues.full.clear();
    f.call(caller, everywhere);
    assert_eq!(f.said().len(), 4, "a roster, two parts and the end");
    for provider in [one, two, caller] {
        f.disconnect(provider);
    }
    assert_empty(&f.router);
}

#[test]
fn p7_metadata_counts_among_what_a_caller_has_of_a_provider() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let (flooding, other) = (f.join("flooding", &[]), f.join("other", &[]));
    let long = "x".repeat(998);
    let talking = |number| CallHeader {
        metadata: vec![("", &*long)],
        ..call(number, "add")
    };
    let mut send = |from, header| {
        f.receive(from, Header::Call(header), &Bytes::new()).unwrap();
        matches!(&*f.said(), [(_, Said::Run { .. })])
    };
    // Four fifths of the 4 KiB that it holds.
    let taken = (0..10).take_while(|number| send(flooding, talking(*number)));
    assert_eq!(taken.count(), 4);
    let short = CallHeader {
        metadata: vec![("key", "value")],
        ..call(0, "add")
    };
    assert!(send(other, short));
}

#[test]
fn p7_the_parts_of_broadcasts_count_among_the_calls_of_their_caller() {
    let mut f = Fixture {
        router: Router::new(LIMITS, 100, 1 << 30, 1),
        queues: Queues::new(&LIMITS),
    };
    let providers: Vec<_> = (0..20)
        .map(|number| f.join(&format!("provider {number:02}"), &["add"]))
        .collect();
    let (flooding, other) = (f.join("flooding", &[]), f.join("other", &[]));
    for number in 0..10 {
        f.call(
            flooding,
            CallHeader {
                mode: Mode::Broadcast,
                ..call(number, "add")
            },
        );
    }
    f.said();
    assert_eq!(f.router.calls_outstanding(), 80);
    assert_eq!(f.refused(flooding, call(11, "add")), full());
    f.routed(other, call(0, "add"));
    // What it does not wait for any more is still its own.
    f.disconnect(flooding);
    f.said();
    assert_eq!(f.router.calls_outstanding(), 81);
    for provider in providers {
        f.disconnect(provider);
    }
    f.disconnect(other);
    assert_empty(&f.router);
}

#[test]
fn a_process_that_runs_nothing_is_given_nothing() {
    let mut f = Fixture::new();
    f.join_running("capable", 0, 1000);
    let caller = f.join("caller", &[]);
    assert_eq!(f.refused(caller, call(0, "add")), full());
}

#[test]
fn p6_calls_without_arguments_are_bounded_by_their_number_and_others_by_their_bytes() {
    let mut f = Fixture::new();
    let provider = f.join_running("capable", 1000, 5);
    let caller = f.join("caller", &[]);
    let ask = |f: &mut Fixture, number, payload: &'static str| {
        f.receive(caller, Header::Call(call(number, "add")), &bytes(payload))
            .unwrap();
        match &*f.said() {
            [(to, Said::Run { number, .. })] if *to == provider => Some(*number),
            _ => None,
        }
    };
    assert!(ask(&mut f, 0, "").is_some());
    // The first that brings anything runs, however large, and no other beside it that does.
    let run = ask(&mut f, 1, "arguments").unwrap();
    assert_eq!(ask(&mut f, 2, "x"), None);
    assert!(ask(&mut f, 2, "").is_some());
    f.reply(provider, run);
    f.said();
    assert!(ask(&mut f, 3, "arguments").is_some(), "its bytes are given back");
}

#[test]
fn room_for_half_of_a_queue_is_enough_for_any_call() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let caller = f.join("caller", &[]);
    let arguments = Bytes::from(vec![0; 3000]);
    for (number, room, is_enough) in [(0, 2047, false), (1, 2048, true)] {
        f.queues.queue_bytes = room;
        f.receive(caller, Header::Call(call(number, "add")), &arguments)
            .unwrap();
        let said = f.said();
        assert_eq!(
            matches!(&*said, [(to, Said::Run { .. })] if *to == provider),
            is_enough,
            "{said:?}"
        );
    }
}
