//! Calls that are handed over: answered as soon as a provider has them, and then nobody's any more.

use super::*;

/// A call of `name` whose outcome nobody wants to know.
fn handed_over(number: u32, name: &str) -> CallHeader<'_> {
    CallHeader {
        mode: Mode::HandedOver,
        ..call(number, name)
    }
}

/// A provider of `add`, and a caller that has handed a call over to it; the controller's number of that.
fn fixture() -> (Fixture, PeerId, PeerId, u32) {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let run = hand_over(&mut f, caller, handed_over(3, "add"));
    (f, provider, caller, run)
}

/// Hands a call over, and expects that it is run, and then answered.
fn hand_over(f: &mut Fixture, from: PeerId, header: CallHeader<'_>) -> u32 {
    let asked = number(header.call);
    f.call(from, header);
    match &*f.said() {
        [
            (
                _,
                Said::Run {
                    number,
                    caller,
                    payload,
                    ..
                },
            ),
            answer,
        ] => {
            assert_eq!(Some(&**caller), f.router.process_name(from));
            assert_eq!((payload, answer), (&bytes("arguments"), &(from, empty(asked))));
            *number
        }
        other => panic!("not a run and an answer: {other:?}"),
    }
}

/// call.handed
#[test]
fn nobody_learns_how_a_call_that_was_handed_over_ended() {
    let app = Status::App {
        message: "no milk",
        causes: vec![],
        typed: Own::Payload,
    };
    for (status, payload) in [
        (Status::Value, bytes("value")),
        (app, bytes("typed")),
        (Status::Failed(full()), bytes("")),
    ] {
        let (mut f, provider, _caller, run) = fixture();
        f.try_reply(provider, run, status, &payload).unwrap();
        assert_eq!(f.said(), []);
        assert_eq!(f.router.calls_outstanding(), 0);
        assert!(
            f.try_reply(provider, run, Status::Value, &payload).is_err(),
            "a second answer"
        );
    }
}

/// call.handed
#[test]
fn a_call_that_was_handed_over_goes_on_when_its_caller_leaves() {
    let (mut f, provider, caller, run) = fixture();
    f.disconnect(caller);
    assert_eq!(f.said(), []);
    assert_eq!(f.router.calls_outstanding(), 1);
    // Whoever comes next has the same place.
    assert_eq!(f.join("successor", &[]).index(), caller.index());
    f.reply(provider, run);
    assert_eq!(f.said(), []);
    assert_eq!(f.router.calls_outstanding(), 0);
}

#[test]
fn a_call_that_was_handed_over_cannot_be_cancelled() {
    let (mut f, provider, caller, run) = fixture();
    f.cancel(caller, 3);
    assert_eq!(f.said(), []);
    // Nor is another one that has its number by now.
    let (_, other) = f.routed(caller, call(3, "add"));
    assert_ne!(other, run);
    f.reply(provider, run);
    assert_eq!(f.said(), []);
    f.reply(provider, other);
    assert_eq!(f.said(), [(caller, value(3))]);
}

#[test]
fn nobody_is_told_when_a_call_that_was_handed_over_is_lost() {
    let (mut f, provider, caller, _run) = fixture();
    f.disconnect(provider);
    assert_eq!(f.said(), []);
    f.disconnect(caller);
    assert_empty(&f.router);
}

#[test]
fn p3_a_call_that_cannot_be_handed_over_is_refused() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &["own"]));
    let once = Offered {
        concurrency: Some(1),
        ..offered(0, "add")
    };
    f.offer(provider, &[once], true);
    let absent = |absence| Failed::NoProvider(absence);
    let refused = |f: &mut Fixture, name, to| {
        let header = CallHeader {
            to,
            ..handed_over(3, name)
        };
        f.refused(caller, header)
    };
    assert_eq!(refused(&mut f, "nothing", None), absent(Absence::nobody()));
    assert_eq!(refused(&mut f, "own", None), absent(Absence::OnlyCaller));
    assert_eq!(
        refused(&mut f, "add", Some("nobody")),
        absent(Absence::ProcessUnknown)
    );
    assert_eq!(
        refused(&mut f, "own", Some("provider")),
        absent(Absence::NotOffered)
    );
    let signature = 12345;
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(OFFERED.clone()),
        others: Vec::new(),
    };
    let other = CallHeader {
        signature,
        ..handed_over(3, "add")
    };
    assert_eq!(f.refused(caller, other), mismatch);
    f.queues.limits.insert(provider, 20);
    let too_large = Failed::TooLarge {
        size: 26,
        limit: 20,
        may_have_run: false,
    };
    assert_eq!(refused(&mut f, "add", None), too_large);
    f.queues.limits.clear();
    f.queues.full.insert(provider);
    assert_eq!(refused(&mut f, "add", None), full());
    f.queues.full.clear();
    // It counts among what its provider runs.
    let run = hand_over(&mut f, caller, handed_over(3, "add"));
    assert_eq!(refused(&mut f, "add", None), full());
    f.reply(provider, run);
    hand_over(&mut f, caller, handed_over(3, "add"));
}

#[test]
fn p6_a_caller_that_does_not_read_is_still_told_that_its_call_was_handed_over() {
    let (mut f, _provider, caller, _run) = fixture();
    f.queues.full.insert(caller);
    hand_over(&mut f, caller, handed_over(3, "add"));
}

#[test]
fn p5_calls_that_are_handed_over_keep_their_place_among_others() {
    let mut f = Fixture::new();
    let (_provider, caller) = (f.join("provider", &["add", "sub"]), f.join("caller", &[]));
    for (number, name) in (0..).zip(["add", "sub", "sub", "add"]) {
        let handed_over = handed_over(number, name);
        f.call(
            caller,
            if number % 2 == 0 {
                handed_over
            } else {
                call(number, name)
            },
        );
    }
    let callbacks: Vec<_> = f
        .said()
        .into_iter()
        .filter_map(|(_, said)| match said {
            Said::Run { callback, .. } => Some(callback),
            _ => None,
        })
        .collect();
    assert_eq!(callbacks, [0, 1, 1, 0]);
}

#[test]
fn a_process_that_handed_a_call_to_itself_and_left_is_forgotten() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &["add"]);
    let to_itself = CallHeader {
        to: Some("caller"),
        ..handed_over(0, "add")
    };
    hand_over(&mut f, caller, to_itself);
    f.disconnect(caller);
    assert_eq!(f.said(), []);
    assert_empty(&f.router);
}
