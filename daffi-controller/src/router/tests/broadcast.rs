//! Calls that go to every provider: who is on the roster, and what each of them is told of (P8).

use std::time::Duration;

use super::super::broadcasts::Broadcasts;
use super::*;

/// Three providers of `add`, which come in another order than that of their names, and a caller.
struct Restaurants {
    f: Fixture,
    ann: PeerId,
    bob: PeerId,
    cid: PeerId,
    caller: PeerId,
}

const EVERYBODY: [&str; 3] = ["ann", "bob", "cid"];

impl Restaurants {
    fn new() -> Self {
        let mut f = Fixture::new();
        let (cid, ann) = (f.join("cid", &["add"]), f.join("ann", &["sub", "add"]));
        let (caller, bob) = (f.join("caller", &[]), f.join("bob", &["add"]));
        Self {
            f,
            ann,
            bob,
            cid,
            caller,
        }
    }

    /// Broadcasts, and expects that all three run it; gives the numbers, by name.
    fn asked(&mut self, number: u32) -> [u32; 3] {
        self.f.call(self.caller, everywhere(number, "add"));
        let said = self.f.said();
        assert_eq!(said[0], (self.caller, roster(number, &EVERYBODY)));
        let runs: Vec<_> = said[1..]
            .iter()
            .map(|(to, said)| match said {
                Said::Run { number, .. } => (*to, *number),
                other => panic!("{other:?}"),
            })
            .collect();
        let [(first, a), (second, b), (third, c)] = *runs else {
            panic!("not three: {runs:?}")
        };
        assert_eq!([first, second, third], [self.ann, self.bob, self.cid]);
        [a, b, c]
    }

    /// Broadcasts and expects what is said of it, without runs.
    fn answered(&mut self, header: CallHeader<'_>) -> Vec<Said> {
        self.f.call(self.caller, header);
        self.heard()
    }

    /// What the caller was sent.
    fn heard(&mut self) -> Vec<Said> {
        let said = self.f.said().into_iter();
        said.filter_map(|(to, said)| (to == self.caller).then_some(said))
            .collect()
    }
}

/// A call of `name` at every provider.
fn everywhere(number: u32, name: &str) -> CallHeader<'_> {
    CallHeader {
        mode: Mode::Broadcast,
        ..call(number, name)
    }
}

fn roster(number: u32, names: &[&str]) -> Said {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Said::Roster { number, names }
}

const fn part(number: u32, index: u32, outcome: Outcome) -> Said {
    Said::Part {
        number,
        index,
        outcome,
    }
}

fn cancelled() -> Status<'static> {
    Status::Failed(Failed::Cancelled { may_have_run: true })
}

fn lost(process: &str) -> Outcome {
    failed(Failed::ProviderLost {
        process: process.to_owned(),
    })
}

// ---------------------------------------------------------------------- who is asked

#[test]
fn p8_every_provider_runs_a_broadcast_and_the_caller_does_not() {
    let mut r = Restaurants::new();
    r.f.offer(r.caller, &[offered(0, "add")], true);
    r.f.call(r.caller, everywhere(3, "add"));
    let run = |number, callback| Said::Run {
        number,
        callback,
        caller: "caller".to_owned(),
        payload: bytes("arguments"),
    };
    assert_eq!(
        r.f.said(),
        [
            (r.caller, roster(3, &EVERYBODY)),
            (r.ann, run(0, 1)),
            (r.bob, run(1, 0)),
            (r.cid, run(2, 0)),
        ]
    );
}

/// broadcast.roster
#[test]
fn p8_the_roster_is_fixed_when_the_call_arrives() {
    let mut r = Restaurants::new();
    let unready = r.f.connect("unready");
    r.f.offer(unready, &[offered(0, "add")], false);
    let [a, b, c] = r.asked(3);
    r.f.offer(unready, &[], true);
    r.f.join("late", &["add"]);
    r.f.withdraw(r.ann, &[1]);
    r.f.goodbye(r.bob);
    assert_eq!(r.f.said(), []);
    for (from, run) in [(r.ann, a), (r.bob, b), (r.cid, c)] {
        r.f.reply(from, run);
    }
    let value = || Ok(bytes("value"));
    assert_eq!(
        r.heard(),
        [
            part(3, 0, value()),
            part(3, 1, value()),
            part(3, 2, value()),
            empty(3)
        ]
    );
}

#[test]
fn a_broadcast_does_not_care_for_a_receiver_or_a_key() {
    for to in ["ann", "caller", "nobody"] {
        let mut r = Restaurants::new();
        let header = CallHeader {
            to: Some(to),
            key: Some(5),
            ..everywhere(3, "add")
        };
        assert_eq!(r.answered(header), [roster(3, &EVERYBODY)]);
        assert_eq!(r.f.router.calls_outstanding(), 3);
    }
}

#[test]
fn a_broadcast_that_nobody_can_run_is_answered_with_that_only() {
    let mut r = Restaurants::new();
    let unready = r.f.connect("unready");
    r.f.offer(unready, &[offered(0, "hidden")], false);
    r.f.offer(r.caller, &[offered(0, "own")], true);
    for (name, absence) in [
        ("nothing", Absence::nobody()),
        ("hidden", Absence::nobody()),
        ("own", Absence::OnlyCaller),
    ] {
        let refusal = r.f.refused(r.caller, everywhere(3, name));
        assert_eq!(refusal, Failed::NoProvider(absence), "{name}");
    }
}

#[test]
fn everybody_gets_the_deadline_trace_and_metadata_of_a_broadcast() {
    let mut r = Restaurants::new();
    let header = CallHeader {
        deadline: Some(Duration::from_millis(70)),
        trace: Some(TraceContext {
            trace_id: [1; 16],
            span_id: [2; 8],
            flags: 1,
        }),
        metadata: vec![("tenant", "acme")],
        ..everywhere(0, "add")
    };
    r.f.call(r.caller, header.clone());
    for (_, frame) in &r.f.queues.sent[1..] {
        let (Header::Run(run), _) = frame.decode().unwrap() else {
            panic!("{frame:?}")
        };
        assert_eq!(
            (run.deadline, run.trace, run.metadata),
            (header.deadline, header.trace, header.metadata.clone())
        );
    }
}

#[test]
fn the_payload_of_a_broadcast_is_shared_by_all() {
    let mut r = Restaurants::new();
    let (arguments, result) = (Bytes::from(vec![1; 100]), Bytes::from(vec![2; 100]));
    r.f.receive(r.caller, Header::Call(everywhere(3, "add")), &arguments)
        .unwrap();
    let runs: Vec<_> =
        r.f.said()
            .into_iter()
            .filter_map(|(_, said)| match said {
                Said::Run { number, payload, .. } => Some((number, payload.as_ptr())),
                _ => None,
            })
            .collect();
    assert_eq!(runs.len(), 3);
    assert!(runs.iter().all(|(_, payload)| *payload == arguments.as_ptr()));
    r.f.try_reply(r.ann, runs[0].0, Status::Value, &result).unwrap();
    let heard = r.heard();
    assert!(
        matches!(&*heard, [Said::Part { outcome: Ok(value), .. }] if value.as_ptr() == result.as_ptr()),
        "{heard:?}"
    );
}

// ---------------------------------------------------------------------- how it ends

/// broadcast.parts
#[test]
fn p8_there_is_one_part_for_each_as_it_comes_and_the_reply_after_the_last() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.try_reply(r.bob, b, Status::Value, &bytes("from bob"))
        .unwrap();
    assert_eq!(r.heard(), [part(3, 1, Ok(bytes("from bob")))]);
    r.f.try_reply(r.cid, c, Status::Value, &bytes("")).unwrap();
    assert_eq!(r.heard(), [part(3, 2, Ok(bytes("")))]);
    r.f.try_reply(r.ann, a, Status::Value, &bytes("from ann"))
        .unwrap();
    assert_eq!(r.heard(), [part(3, 0, Ok(bytes("from ann"))), empty(3)]);
    assert!(
        r.f.try_reply(r.bob, b, Status::Value, &bytes("again")).is_err(),
        "a second answer"
    );
    assert_eq!(r.f.router.calls_outstanding(), 0);
}

#[test]
fn p8_every_kind_of_end_reaches_the_caller_in_a_part() {
    let remote = RemoteError::new("no milk", vec!["no cow".to_owned()]);
    let app = |typed| Status::App {
        message: "no milk",
        causes: vec!["no cow"],
        typed,
    };
    let panicked = Failed::panicked("boom".to_owned());
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.try_reply(r.ann, a, app(Own::None), &bytes("")).unwrap();
    r.f.try_reply(r.bob, b, app(Own::Payload), &bytes("typed"))
        .unwrap();
    r.f.try_reply(r.cid, c, Status::Failed(panicked.clone()), &bytes(""))
        .unwrap();
    assert_eq!(
        r.heard(),
        [
            part(3, 0, Err(Failure::app(remote.clone(), None))),
            part(3, 1, Err(Failure::app(remote, Some(bytes("typed"))))),
            part(3, 2, failed(panicked)),
            empty(3),
        ]
    );
}

#[test]
fn p8_who_cannot_be_asked_has_a_part_that_says_why() {
    let mut r = Restaurants::new();
    let other = Described::new(&Signature::new(
        [],
        Returns {
            ok: trace::<u8>(),
            error: ErrorType::None,
        },
    ));
    let different = r.f.connect("different");
    let signature = other.clone();
    r.f.offer(
        different,
        &[Offered {
            signature,
            ..offered(0, "add")
        }],
        true,
    );
    let busy = r.f.connect("exhausted");
    let concurrency = Some(0);
    r.f.offer(
        busy,
        &[Offered {
            concurrency,
            ..offered(0, "add")
        }],
        true,
    );
    r.f.queues.full.insert(r.bob);
    r.f.queues.limits.insert(r.cid, 20);
    let header = CallHeader {
        signature: OFFERED.number,
        ..everywhere(3, "add")
    };
    r.f.call(r.caller, header);
    let too_large = Failed::TooLarge {
        size: 26,
        limit: 20,
        may_have_run: false,
    };
    let mismatch = Failed::SignatureMismatch {
        offered: Box::new(other),
        others: Vec::new(),
    };
    let said = r.f.said();
    assert!(
        matches!(said[1], (to, Said::Run { number: 0, .. }) if to == r.ann),
        "{said:?}"
    );
    let heard: Vec<_> = said
        .into_iter()
        .filter_map(|(to, said)| (to == r.caller).then_some(said))
        .collect();
    assert_eq!(
        heard,
        [
            roster(3, &["ann", "bob", "cid", "different", "exhausted"]),
            part(3, 1, failed(full())),
            part(3, 2, failed(too_large)),
            part(3, 3, failed(mismatch)),
            part(3, 4, failed(full())),
        ]
    );
    r.f.reply(r.ann, 0);
    assert_eq!(r.heard(), [part(3, 0, Ok(bytes("value"))), empty(3)]);
}

#[test]
fn p8_a_broadcast_that_none_of_them_takes_is_answered_at_once() {
    let mut r = Restaurants::new();
    r.f.queues.full.extend([r.ann, r.bob, r.cid]);
    let full = || failed(full());
    assert_eq!(
        r.answered(everywhere(3, "add")),
        [
            roster(3, &EVERYBODY),
            part(3, 0, full()),
            part(3, 1, full()),
            part(3, 2, full()),
            empty(3)
        ]
    );
    // The number is free.
    r.f.queues.full.clear();
    r.asked(3);
}

#[test]
fn a_part_counts_among_the_calls_that_its_provider_runs() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    let once = Offered {
        concurrency: Some(1),
        ..offered(0, "add")
    };
    f.offer(provider, &[once], true);
    f.call(caller, everywhere(0, "add"));
    f.said();
    assert_eq!(f.refused(caller, call(1, "add")), full());
    f.reply(provider, 0);
    f.said();
    f.routed(caller, call(1, "add"));
}

// ---------------------------------------------------------------------- providers that go

#[test]
fn p3_a_provider_that_is_lost_has_a_part_that_names_it() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.reply(r.cid, c);
    r.heard();
    r.f.disconnect(r.bob);
    assert_eq!(r.heard(), [part(3, 1, lost("bob"))]);
    r.f.disconnect(r.cid);
    assert_eq!(r.heard(), [], "it has answered before");
    r.f.disconnect(r.ann);
    assert_eq!(r.heard(), [part(3, 0, lost("ann")), empty(3)]);
    assert!([a, b].iter().all(|run| r.f.router.calls.get(id(*run)).is_none()));
}

#[test]
fn p3_one_process_that_is_lost_ends_its_part_of_every_broadcast() {
    let mut r = Restaurants::new();
    let other = r.f.join("other", &[]);
    r.asked(3);
    r.f.call(other, everywhere(3, "add"));
    r.f.said();
    r.f.disconnect(r.bob);
    assert_eq!(
        r.f.said(),
        [
            (r.caller, part(3, 1, lost("bob"))),
            (other, part(3, 1, lost("bob")))
        ]
    );
}

// ---------------------------------------------------------------------- callers that go, or do not want it

#[test]
fn p4_a_cancelled_broadcast_is_cancelled_once_at_each_that_has_not_answered() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.reply(r.bob, b);
    r.f.said();
    r.f.cancel(r.caller, 3);
    assert_eq!(
        r.f.said(),
        [
            (r.ann, Said::Cancel { number: a }),
            (r.cid, Said::Cancel { number: c })
        ]
    );
    r.f.cancel(r.caller, 3);
    assert_eq!(r.f.said(), []);
    // The parts still come.
    r.f.try_reply(r.ann, a, cancelled(), &Bytes::new()).unwrap();
    r.f.reply(r.cid, c);
    assert_eq!(
        r.heard(),
        [
            part(3, 0, failed(Failed::Cancelled { may_have_run: true })),
            part(3, 2, Ok(bytes("value"))),
            empty(3)
        ]
    );
    r.f.cancel(r.caller, 3);
    assert_eq!(r.f.said(), [], "that crossed the reply");
}

/// The number of a part that has ended may be that of another call by then, or of a part of another broadcast.
#[test]
fn p4_cancelling_a_broadcast_cancels_nothing_else() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.reply(r.ann, a);
    r.f.reply(r.bob, b);
    r.f.said();
    let other = r.f.join("other", &[]);
    r.f.call(other, everywhere(0, "add"));
    assert_eq!(
        r.f.router.calls_outstanding(),
        4,
        "two of the numbers are used again"
    );
    r.f.said();
    r.f.cancel(r.caller, 3);
    assert_eq!(r.f.said(), [(r.cid, Said::Cancel { number: c })]);
}

#[test]
fn p4_a_broadcast_whose_caller_leaves_is_cancelled_and_nobody_is_told() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.reply(r.bob, b);
    r.f.said();
    r.f.disconnect(r.caller);
    assert_eq!(
        r.f.said(),
        [
            (r.ann, Said::Cancel { number: a }),
            (r.cid, Said::Cancel { number: c })
        ]
    );
    // Whoever comes next has the same place, and calls under the same number.
    let successor = r.f.join("successor", &[]);
    assert_eq!(successor.index(), r.caller.index());
    r.caller = successor;
    let [second, ..] = r.asked(3);
    assert!(second != a && second != c);
    r.f.try_reply(r.ann, a, cancelled(), &Bytes::new()).unwrap();
    r.f.disconnect(r.cid);
    assert_eq!(r.f.said(), [(successor, part(3, 2, lost("cid")))]);
}

#[test]
fn p4_who_was_told_of_the_cancel_is_not_told_again_when_the_caller_leaves() {
    let mut r = Restaurants::new();
    r.asked(3);
    r.f.cancel(r.caller, 3);
    assert_eq!(r.f.said().len(), 3);
    r.f.disconnect(r.caller);
    assert_eq!(r.f.said(), []);
    for provider in [r.ann, r.bob, r.cid] {
        r.f.disconnect(provider);
    }
    assert_empty(&r.f.router);
}

#[test]
fn p1_the_number_of_a_broadcast_is_in_use_until_its_reply() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.reply(r.ann, a);
    r.f.reply(r.bob, b);
    let fault = r.f.receive(r.caller, Header::Call(call(3, "add")), &Bytes::new());
    assert!(matches!(fault, Err(Fault::Unexpected(_))));
    r.f.reply(r.cid, c);
    r.f.said();
    r.asked(3);
}

// ---------------------------------------------------------------------- limits of the caller

#[test]
fn p6_a_caller_that_does_not_read_gets_small_parts() {
    let mut r = Restaurants::new();
    let [a, b, c] = r.asked(3);
    r.f.queues.full.insert(r.caller);
    let long = "long ".repeat(100);
    let panicked = Failed::panicked(long);
    r.f.reply(r.ann, a);
    r.f.try_reply(r.bob, b, Status::Failed(panicked), &Bytes::new())
        .unwrap();
    r.f.try_reply(r.cid, c, cancelled(), &Bytes::new()).unwrap();
    let overloaded = || failed(Failed::Overloaded { may_have_run: true });
    assert_eq!(
        r.heard(),
        [
            part(3, 0, overloaded()),
            part(3, 1, overloaded()),
            part(3, 2, failed(Failed::Cancelled { may_have_run: true })),
            empty(3)
        ]
    );
}

#[test]
fn a_part_over_the_callers_frame_limit_is_replaced() {
    let mut r = Restaurants::new();
    let [a, ..] = r.asked(3);
    r.f.queues.limits.insert(r.caller, 20);
    r.f.try_reply(r.ann, a, Status::Value, &Bytes::from(vec![0; 30]))
        .unwrap();
    let too_large = Failed::TooLarge {
        size: 35,
        limit: 20,
        may_have_run: true,
    };
    assert_eq!(r.heard(), [part(3, 0, failed(too_large))]);
}

/// Nothing has run there, and what is told instead says so.
#[test]
fn p2_a_refusal_over_the_callers_frame_limit_does_not_say_that_it_may_have_run() {
    let mut r = Restaurants::new();
    let returns = Returns {
        ok: trace::<u8>(),
        error: ErrorType::None,
    };
    let long = Offered {
        signature: Described::new(&Signature::new(
            [("a name that takes some bytes", trace::<u8>())],
            returns,
        )),
        ..offered(7, "mul")
    };
    r.f.offer(r.ann, &[long], true);
    r.f.queues.limits.insert(r.caller, 20);
    let wrong = CallHeader {
        signature: 12345,
        ..everywhere(3, "mul")
    };
    let answered = r.answered(wrong);
    let [
        Said::Roster { .. },
        Said::Part { outcome, .. },
        Said::Reply { .. },
    ] = &*answered
    else {
        panic!("{answered:?}")
    };
    assert!(
        matches!(
            outcome,
            Err(Failure::Failed(Failed::TooLarge {
                limit: 20,
                may_have_run: false,
                ..
            }))
        ),
        "{outcome:?}"
    );
}

#[test]
fn nobody_is_asked_when_the_roster_is_over_the_callers_frame_limit() {
    let mut r = Restaurants::new();
    r.f.queues.limits.insert(r.caller, 14);
    let refusal = r.f.refused(r.caller, everywhere(3, "add"));
    let too_large = Failed::TooLarge {
        size: 16,
        limit: 14,
        may_have_run: false,
    };
    assert_eq!(refusal, too_large);
    assert_eq!(r.f.router.calls_outstanding(), 0);
    r.f.queues.limits.clear();
    r.asked(3);
}

#[test]
fn a_broadcast_that_has_ended_is_not_taken_for_the_next_in_its_place() {
    let mut broadcasts = Broadcasts::default();
    let first = broadcasts.begin(PeerId::of(0), id(0), 1);
    broadcasts.forget(first);
    let second = broadcasts.begin(PeerId::of(0), id(1), 1);
    assert_eq!(second.index, first.index);
    assert!(broadcasts.get(first).is_none() && broadcasts.get_mut(first).is_none());
    broadcasts.forget(first);
    assert!(
        broadcasts
            .get(second)
            .is_some_and(|broadcast| broadcast.call == id(1))
    );
}
