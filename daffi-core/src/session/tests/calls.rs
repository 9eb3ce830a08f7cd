//! The session as a caller: replies, deadlines, cancelling, lost connections.

use super::wire::Sent;
use super::*;
use crate::proto::{Absence, RemoteError};
use crate::proto::{Exceeded, Measure, QuotaOf};

fn sent(call: CallId, payload: &'static str) -> Sent {
    Sent::Call {
        number: number(call),
        payload: bytes(payload),
    }
}

#[test]
fn p1_a_reply_ends_its_call_once() {
    let mut f = Fixture::new();
    let call = f.call(None, "a");
    assert_eq!(f.poll(call), None);
    f.reply(call, &Ok(bytes("3"))).unwrap();
    assert_eq!(f.woken(), ["late waiter"]);
    assert_eq!(f.poll(call), Some(Ok(bytes("3"))));
    f.assert_empty();
}

#[test]
fn calls_are_unanswered_from_when_they_are_made_until_they_have_an_outcome_or_nobody_wants_it() {
    let check = |f: &Fixture, expected: usize| {
        assert_eq!(f.session.unanswered(), expected);
        assert_eq!(f.session.is_unanswered(), expected > 0);
    };
    let mut f = Fixture::new();
    f.submit(&Message::Ask(Query::Presence, None), "asker").unwrap();
    check(&f, 0);
    let (a, b, c) = (f.call(None, "a"), f.call(None, "b"), f.call(Some(10), "c"));
    f.wire.full = true;
    f.call(None, "parked");
    check(&f, 4);
    f.reply(a, &Ok(bytes("3"))).unwrap();
    check(&f, 3);
    f.poll(a);
    f.abandon(b);
    check(&f, 2);
    // Its reply may still come.
    f.wait_until(10);
    check(&f, 1);
    f.poll(c);
    f.session.close(&mut f.wire, &mut f.events);
    check(&f, 0);
}

#[test]
fn p1_each_kind_of_outcome_reaches_the_caller_as_it_was() {
    let app = |typed| Failure::app(RemoteError::new("no milk", vec!["no cow".to_owned()]), typed);
    for outcome in [
        Ok(bytes("3")),
        Ok(Bytes::new()),
        Err(app(None)),
        Err(app(Some(bytes("typed")))),
        failed(Failed::panicked("boom".to_owned())),
        failed(Failed::NoProvider(Absence::nobody())),
    ] {
        let mut f = Fixture::new();
        let call = f.call(None, "a");
        f.reply(call, &outcome).unwrap();
        assert_eq!(f.poll(call), Some(outcome));
    }
}

#[test]
fn p1_a_second_reply_is_a_fault_and_changes_nothing() {
    let mut f = Fixture::new();
    let call = f.call(None, "a");
    f.reply(call, &Ok(bytes("first"))).unwrap();
    assert!(matches!(
        f.reply(call, &Ok(bytes("second"))),
        Err(Fault::Unexpected(_))
    ));
    assert_eq!(f.poll(call), Some(Ok(bytes("first"))));
    assert!(matches!(
        f.reply(call, &Ok(bytes("third"))),
        Err(Fault::Unexpected(_))
    ));
}

#[test]
fn p1_a_reply_to_a_call_that_was_not_sent_is_a_fault() {
    let mut f = Fixture::new();
    assert!(matches!(
        f.reply(id(5), &Ok(Bytes::new())),
        Err(Fault::Unexpected(_))
    ));
    f.wire.full = true;
    let parked = f.call(None, "a");
    assert!(matches!(
        f.reply(parked, &Ok(Bytes::new())),
        Err(Fault::Unexpected(_))
    ));
    assert_eq!(f.poll(parked), None);
}

#[test]
fn p1_a_late_reply_is_dropped() {
    let mut f = Fixture::new();
    let call = f.call(Some(10), "a");
    f.wait_until(10);
    f.reply(call, &Ok(bytes("late"))).unwrap();
    assert_eq!(f.woken(), ["a"]);
    assert_eq!(f.poll(call), Some(failed(Failed::timeout(true))));
    f.assert_empty();
}

#[test]
fn p1_a_lost_connection_ends_every_call_that_was_sent() {
    let mut f = Fixture::new();
    let (a, b) = (f.call(None, "a"), f.call(Some(10), "b"));
    let abandoned = f.call(None, "c");
    f.abandon(abandoned);
    f.wire.sent();
    f.session.disconnected(&mut f.events);
    assert_eq!(f.woken(), ["a", "b"]);
    f.wait_until(20);
    assert_eq!(f.wire.sent(), []);
    for call in [a, b] {
        assert_eq!(
            f.poll(call),
            Some(failed(Failed::Disconnected { may_have_run: true }))
        );
    }
    f.assert_empty();
}

#[test]
fn p1_a_parked_call_survives_a_lost_connection_and_is_sent_on_the_next() {
    let mut f = Fixture::new();
    f.session.disconnected(&mut f.events);
    let call = f.call(Some(100), "a");
    f.session.connected(ITEM_BYTES);
    assert_eq!(f.wire.sent(), [], "what the process offers is not announced");
    f.session.disconnected(&mut f.events);
    f.now = 20;
    f.connect();
    assert_eq!(f.wire.sent(), [sent(call, "a")]);
    f.wait_until(50);
    assert_eq!(
        (f.woken(), f.poll(call)),
        (vec![], None),
        "its patience ended when it was sent"
    );
    f.wait_until(100);
    assert_eq!(
        (f.woken(), f.wire.sent()),
        (vec!["late waiter"], vec![cancel(call)])
    );
    assert_eq!(f.poll(call), Some(failed(Failed::timeout(true))));
}

#[test]
fn p1_a_parked_call_ends_when_its_patience_does() {
    for (full, deadline, expected) in [
        (true, None, Failed::Overloaded { may_have_run: false }),
        (false, None, Failed::Disconnected { may_have_run: false }),
        (false, Some(100), Failed::Disconnected { may_have_run: false }),
        (false, Some(40), Failed::timeout(false)),
    ] {
        let mut f = Fixture::new();
        f.wire.full = full;
        if !full {
            f.session.disconnected(&mut f.events);
        }
        let call = f.call(deadline, "a");
        let until = deadline.filter(|ms| *ms < 50).unwrap_or(50);
        assert_eq!(f.session.next_timeout(), Some(at(until)));
        f.wait_until(until - 1);
        assert_eq!(f.woken(), [""; 0]);
        f.wait_until(until);
        assert_eq!((f.woken(), f.poll(call)), (vec!["a"], Some(failed(expected))));
        f.wire.full = false;
        f.session.connected(ITEM_BYTES);
        f.session.announced(at(until), &mut f.wire, &mut f.events);
        assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
        f.assert_empty();
    }
}

/// Whoever waits for others waits for the controller, too.
#[test]
fn a_question_that_waits_for_something_is_parked_without_an_end() {
    let mut f = Fixture::new();
    f.session.disconnected(&mut f.events);
    let name = "b".to_owned();
    let call = f
        .submit(&Message::Ask(Query::WaitProcess(&name), None), "a")
        .unwrap();
    assert_eq!(f.session.next_timeout(), None);
    drop(name);
    f.connect();
    assert_eq!(f.wire.sent(), [Sent::Ask { number: number(call) }]);
}

#[test]
fn p5_parked_calls_go_first_and_in_order() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let (a, b) = (f.call(None, "a"), f.call(None, "b"));
    assert!(f.session.waits_for_room());
    f.wire.full = false;
    // There is room again, of which a newer call hears first.
    let c = f.call(None, "c");
    assert_eq!(f.wire.sent(), []);
    f.session.send_parked(at(0), &mut f.wire, &mut f.events);
    assert_eq!(f.wire.sent(), [sent(a, "a"), sent(b, "b"), sent(c, "c")]);
    assert!(!f.session.waits_for_room());
    assert_eq!(f.woken(), [""; 0], "nothing has happened to them");
    let d = f.call(None, "d");
    assert_eq!(f.wire.sent(), [sent(d, "d")]);
}

#[test]
fn p5_a_parked_call_that_cannot_be_sent_keeps_its_place() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let (a, b) = (f.call(None, "a"), f.call(None, "b"));
    (f.wire.full, f.wire.closed) = (false, true);
    f.session.send_parked(at(0), &mut f.wire, &mut f.events);
    f.session.disconnected(&mut f.events);
    f.wire.closed = false;
    let c = f.call(None, "c");
    f.connect();
    assert_eq!(f.wire.sent(), [sent(a, "a"), sent(b, "b"), sent(c, "c")]);
}

#[test]
fn a_parked_call_that_is_too_large_ends_and_holds_nobody_up() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let (a, b) = (
        f.call(None, "more than fits a frame of twenty bytes"),
        f.call(None, "b"),
    );
    (f.wire.full, f.wire.limit) = (false, 20);
    f.session.send_parked(at(0), &mut f.wire, &mut f.events);
    assert_eq!(f.wire.sent(), [sent(b, "b")]);
    assert_eq!(f.woken(), ["more than fits a frame of twenty bytes"]);
    let ended = f.poll(a);
    assert!(
        matches!(
            ended,
            Some(Err(Failure::Failed(Failed::TooLarge {
                limit: 20,
                may_have_run: false,
                ..
            })))
        ),
        "{ended:?}"
    );
}

/// The announcement is what the others wait for.
#[test]
fn what_a_connection_begins_with_waits_for_nothing() {
    let mut f = Fixture::new();
    let payload = bytes("offered");
    let first = Message::Announce {
        payload: &payload,
        ready: true,
        first: true,
    };
    f.session.disconnected(&mut f.events);
    assert_eq!(
        f.submit(&first, "a"),
        Err(Failed::Disconnected { may_have_run: false })
    );
    f.call(None, "b");
    f.session.connected(ITEM_BYTES);
    f.wire.full = true;
    let number = number(f.submit(&first, "a").unwrap());
    assert_eq!(f.wire.sent(), [Sent::Offer { number, ready: true }]);
}

/// It belongs to its connection: the next begins with one of its own.
#[test]
fn what_a_connection_begins_with_is_not_kept_when_that_has_closed() {
    let mut f = Fixture::new();
    let first = Message::Announce {
        payload: &bytes("offered"),
        ready: true,
        first: true,
    };
    f.wire.closed = true;
    let lost = Failed::Disconnected { may_have_run: false };
    assert_eq!(f.submit(&first, "a"), Err(lost));
    f.assert_empty();
}

/// A waker that is dropped may do anything, such as give up another call.
#[test]
fn no_waiter_is_dropped_inside() {
    let mut f = Fixture::new();
    let call = f.call(None, "a");
    let mut waiter = Some("b");
    assert_eq!(f.session.poll(call, &mut waiter), None);
    assert_eq!(waiter, Some("a"), "the one from before is given back");
    f.abandon(call);
    assert!(matches!(&*std::mem::take(&mut f.events), [Event::Drop("b")]));
    f.wire.full = true;
    let parked = f.call(None, "c");
    f.abandon(parked);
    assert!(matches!(&*f.events, [Event::Drop("c")]));
    let mut refused = Some("d");
    let late = Message::Call(Fixture::request(Some(0)), &Bytes::new());
    assert!(f.session.submit(at(0), &late, &mut refused, &mut f.wire).is_err());
    assert_eq!(refused, Some("d"));
}

#[test]
fn p1_closing_ends_every_call() {
    let mut f = Fixture::new();
    let sent = f.call(None, "sent");
    f.wire.full = true;
    let parked = f.call(None, "parked");
    f.session.close(&mut f.wire, &mut f.events);
    assert_eq!(f.woken(), ["sent", "parked"]);
    assert_eq!(
        f.poll(sent),
        Some(failed(Failed::Cancelled { may_have_run: true }))
    );
    assert_eq!(
        f.poll(parked),
        Some(failed(Failed::Disconnected { may_have_run: false }))
    );
    assert_eq!(
        f.try_call(None, "x"),
        Err(Failed::Disconnected { may_have_run: false })
    );
    f.session.disconnected(&mut f.events);
    f.assert_empty();
}

#[test]
fn a_reply_that_comes_while_the_node_closes_is_no_fault() {
    let mut f = Fixture::new();
    let (looked_at, waiting, abandoned) = (f.call(None, "a"), f.call(None, "b"), f.call(None, "c"));
    f.abandon(abandoned);
    f.session.close(&mut f.wire, &mut f.events);
    assert!(f.poll(looked_at).is_some());
    for call in [looked_at, waiting, abandoned] {
        f.reply(call, &Ok(bytes("late"))).unwrap();
    }
    assert_eq!(
        f.poll(waiting),
        Some(failed(Failed::Cancelled { may_have_run: true }))
    );
    f.assert_empty();
}

#[test]
fn p2_a_call_that_was_not_sent_did_not_run() {
    let mut f = Fixture::with(Limits {
        calls: 1,
        ..Limits::default()
    });
    f.now = 5;
    assert_eq!(f.try_call(Some(5), "x"), Err(Failed::timeout(false)));
    f.wire.limit = 20;
    let long = "more than fits a frame of twenty bytes";
    let too_large = f.try_call(None, long).unwrap_err();
    assert!(matches!(too_large, Failed::TooLarge { size, limit: 20, may_have_run: false } if size > 38));
    f.assert_empty();
    assert_eq!(f.wire.sent(), []);

    f.wire.limit = 1000;
    f.call(None, "a");
    assert_eq!(
        f.try_call(None, "x"),
        Err(Failed::Overloaded { may_have_run: false })
    );
    f.session.disconnected(&mut f.events);
    assert_eq!(
        f.try_call(None, "x"),
        Err(Failed::Overloaded { may_have_run: false }),
        "nor is it parked"
    );
}

/// cancel.once
#[test]
fn p4_a_dropped_call_is_cancelled_once() {
    let mut f = Fixture::new();
    let call = f.call(Some(10), "a");
    f.wire.sent();
    f.abandon(call);
    assert_eq!(f.wire.sent(), [cancel(call)]);
    f.abandon(call);
    f.wait_until(10);
    assert_eq!(f.wire.sent(), []);
    f.reply(call, &failed(Failed::Cancelled { may_have_run: true }))
        .unwrap();
    assert_eq!(f.woken(), [""; 0]);
    f.assert_empty();
}

#[test]
fn p4_a_passed_deadline_cancels_once() {
    let mut f = Fixture::new();
    let call = f.call(Some(10), "a");
    f.wire.sent();
    f.wait_until(9);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.wait_until(10);
    assert_eq!((f.wire.sent(), f.woken()), (vec![cancel(call)], vec!["a"]));
    f.wait_until(11);
    assert_eq!(f.poll(call), Some(failed(Failed::timeout(true))));
    f.abandon(call);
    assert_eq!(f.wire.sent(), []);
}

#[test]
fn p4_a_call_that_has_ended_is_not_cancelled() {
    let mut f = Fixture::new();
    let (answered, looked_at) = (f.call(Some(10), "a"), f.call(Some(10), "b"));
    f.wire.sent();
    for call in [answered, looked_at] {
        f.reply(call, &Ok(Bytes::new())).unwrap();
    }
    assert!(f.poll(looked_at).is_some());
    f.abandon(answered);
    f.wait_until(10);
    assert_eq!(f.wire.sent(), []);
    f.assert_empty();
}

#[test]
fn p4_a_parked_call_that_is_dropped_sends_nothing() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let call = f.call(Some(10), "a");
    f.abandon(call);
    f.assert_empty();
    f.wire.full = false;
    f.session.send_parked(at(0), &mut f.wire, &mut f.events);
    f.wait_until(10);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
}

/// call.number
#[test]
fn p4_a_number_is_used_again_only_after_its_reply() {
    let mut f = Fixture::new();
    let (dropped, expired) = (f.call(None, "a"), f.call(Some(10), "b"));
    f.abandon(dropped);
    f.wait_until(10);
    assert!(f.poll(expired).is_some());
    let next = f.call(None, "c");
    assert!(next != dropped && next != expired);
    for call in [dropped, expired] {
        f.reply(call, &failed(Failed::Cancelled { may_have_run: true }))
            .unwrap();
    }
    let mut again = [f.call(None, "d"), f.call(None, "e")];
    again.sort();
    let next = |call: CallId| CallId {
        generation: 1,
        ..call
    };
    assert_eq!(
        again,
        [next(dropped), next(expired)],
        "the places, under other numbers"
    );
    // What comes late is recognised, and reaches nobody.
    assert!(f.reply(dropped, &Ok(Bytes::new())).is_err());
    assert_eq!(f.poll(again[0]), None);
}

/// The deadline of a call that ended early must not hit a later call that has its number.
#[test]
fn p1_the_deadline_of_an_answered_call_does_not_end_its_successor() {
    let mut f = Fixture::new();
    let first = f.call(Some(10), "a");
    f.reply(first, &Ok(Bytes::new())).unwrap();
    assert!(f.poll(first).is_some());
    let second = f.call(Some(20), "b");
    assert_eq!((second.slot, second.generation), (first.slot, 1));
    f.events.clear();
    f.wait_until(10);
    assert_eq!(f.poll(second), None);
    f.wait_until(20);
    assert_eq!(f.poll(second), Some(failed(Failed::timeout(true))));
}

#[test]
fn p5_calls_are_sent_in_the_order_of_the_callers() {
    let mut f = Fixture::new();
    let payloads = ["one", "two", "three"];
    let numbers = payloads.map(|payload| number(f.try_call(None, payload).unwrap()));
    let expected: Vec<_> = numbers
        .iter()
        .zip(payloads)
        .map(|(n, p)| Sent::Call {
            number: *n,
            payload: bytes(p),
        })
        .collect();
    assert_eq!(f.wire.sent(), expected);
}

#[test]
fn a_call_carries_the_time_that_is_left() {
    let trace = TraceContext {
        trace_id: [1; 16],
        span_id: [2; 8],
        flags: 1,
    };
    let metadata = [("tenant".to_owned(), "acme".to_owned())];
    let request = Request {
        versions: &[],
        name: "add",
        signature: 7,
        to: Some("calculator"),
        processes: &[],
        deadline: Some(at(100)),
        trace: Some(trace),
        metadata: &metadata,
        streams: 0,
        key: Some(9),
        mode: Mode::HandedOver,
        within: None,
        window: None,
        lasting: false,
        having: &[],
    };
    let payload = bytes("x");
    // Sent at once, or later.
    for parked in [false, true] {
        let mut f = Fixture::new();
        f.now = 30;
        f.wire.full = parked;
        let call = f.submit(&Message::Call(request.clone(), &payload), "a").unwrap();
        f.wire.full = false;
        f.session.send_parked(at(40), &mut f.wire, &mut f.events);
        check_sent(&mut f, call, if parked { 60 } else { 70 }, trace);
    }
}

fn check_sent(f: &mut Fixture, call: CallId, left: u32, trace: TraceContext) {
    let frames = f.wire.frames();
    let (header, payload) = frames[0].decode().unwrap();
    assert_eq!(payload, bytes("x"));
    let expected = CallHeader {
        signature: 7,
        to: Some("calculator"),
        deadline: Some(MS * left),
        trace: Some(trace),
        metadata: vec![("tenant", "acme")],
        key: Some(9),
        mode: Mode::HandedOver,
        ..CallHeader::new(call, "add")
    };
    assert_eq!(header, Header::Call(expected));
}

#[test]
fn the_processes_that_a_call_names_are_sent_with_it() {
    let processes = ["ann".to_owned(), "bob".to_owned()];
    let request = Request {
        processes: &processes,
        mode: Mode::HandedToAll,
        ..Fixture::request(None)
    };
    let payload = bytes("x");
    // Sent at once, or later.
    for parked in [false, true] {
        let mut f = Fixture::new();
        f.wire.full = parked;
        f.submit(&Message::Call(request.clone(), &payload), "a").unwrap();
        f.wire.full = false;
        f.session.send_parked(at(40), &mut f.wire, &mut f.events);
        let frames = f.wire.frames();
        let (Header::CallTo { call, processes }, _) = frames[0].decode().unwrap() else {
            panic!("{frames:?}")
        };
        assert_eq!((call.mode, processes), (Mode::HandedToAll, vec!["ann", "bob"]));
    }
}

/// A controller would close the connection, with every other call on it.
#[test]
fn more_processes_than_a_call_may_name_are_not_sent() {
    let mut f = Fixture::new();
    let mut call = |processes: &[String]| {
        let request = Request {
            processes,
            mode: Mode::Broadcast,
            ..Fixture::request(None)
        };
        f.submit(&Message::Call(request, &Bytes::new()), "a").map(drop)
    };
    assert_eq!(call(&vec![String::new(); 900]), Ok(()));
    assert_eq!(call(&["a".repeat(255)]), Ok(()));
    for processes in [vec![String::new(); 1025], vec!["a".repeat(256)]] {
        assert!(matches!(call(&processes), Err(Failed::Invalid { .. })));
    }
    assert_eq!(f.wire.sent().len(), 2);
}

#[test]
fn offers_withdrawals_and_questions_are_answered_like_calls() {
    let mut f = Fixture::new();
    let (payload, withdrawn) = (bytes("offered"), bytes("withdrawn"));
    let announcement = Message::Announce {
        payload: &payload,
        ready: true,
        first: false,
    };
    let offer = f.submit(&announcement, "a").unwrap();
    let withdrawal = f.submit(&Message::Withdraw(&withdrawn), "b").unwrap();
    let question = f
        .submit(&Message::Ask(Query::Processes, Some(at(10))), "c")
        .unwrap();
    let expected = [
        Sent::Offer {
            number: number(offer),
            ready: true,
        },
        Sent::Withdraw {
            number: number(withdrawal),
        },
        Sent::Ask {
            number: number(question),
        },
    ];
    assert_eq!(f.wire.sent(), expected);
    for call in [offer, withdrawal] {
        assert_eq!(f.poll(call), None);
        f.reply(call, &Ok(Bytes::new())).unwrap();
        assert_eq!(f.poll(call), Some(Ok(Bytes::new())));
    }
    f.wait_until(10);
    assert_eq!(
        f.wire.sent(),
        [cancel(question)],
        "nobody waits for the answer any more"
    );
}

#[test]
fn the_next_timeout_is_that_of_the_earliest_deadline() {
    let mut f = Fixture::new();
    assert_eq!(f.session.next_timeout(), None);
    f.call(Some(20), "a");
    f.call(Some(10), "b");
    f.call(None, "c");
    assert_eq!(f.session.next_timeout(), Some(at(10)));
    f.wait_until(10);
    assert_eq!(f.session.next_timeout(), Some(at(20)));
    f.wait_until(20);
    assert_eq!(f.session.next_timeout(), None);
}

/// A controller takes a longer name for garbage and closes the connection, with every other call on it.
#[test]
fn a_name_that_nobody_can_have_is_not_sent() {
    let mut f = Fixture::new();
    let (longest, longer) = ("a".repeat(255), "a".repeat(256));
    let mut call = |name: &str, to: Option<&str>| {
        let request = Request {
            name,
            to,
            ..Fixture::request(None)
        };
        f.submit(&Message::Call(request, &Bytes::new()), "a").map(drop)
    };
    assert_eq!(call(&longest, Some(&longest)), Ok(()));
    assert_eq!(call(&longer, None), Err(Failed::NoProvider(Absence::nobody())));
    assert_eq!(
        call("add", Some(&longer)),
        Err(Failed::NoProvider(Absence::ProcessUnknown))
    );
    let mut ask = |query| f.submit(&Message::Ask(query, None), "a").map(drop);
    let denied = || {
        Err(Failed::Invalid {
            reason: "nobody can have a name of 256 bytes: check it, names have 1 to 255".to_owned(),
        })
    };
    assert_eq!(ask(Query::WaitProcess(&longest)), Ok(()));
    assert_eq!(ask(Query::WaitProcess(&longer)), denied());
    assert_eq!(
        ask(Query::WaitFunction {
            name: &longer,
            process: None,
            having: Vec::new()
        }),
        denied()
    );
    assert_eq!(f.wire.sent().len(), 2);
}

#[test]
fn a_controller_says_why_it_ends_the_connection() {
    let mut f = Fixture::new();
    let exceeded = Exceeded::new(Measure::CallsPerSecond, QuotaOf::Connection, 5, None);
    let refused = f.receive(Header::Refused(Refusal::Abuse(exceeded)), Bytes::new());
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the controller ends the connection: it goes on and on beyond its quota: 5 calls per second for the connection of this process"
    );
}

#[test]
fn p2_what_was_never_written_did_not_run() {
    let mut f = Fixture::new();
    let (written, unwritten, given_up) = (f.call(None, "a"), f.call(None, "b"), f.call(None, "c"));
    f.abandon(given_up);
    let answered = f.call(None, "d");
    f.reply(answered, &Ok(bytes("7"))).unwrap();
    f.woken();
    f.session
        .was_not_sent(&[unwritten, given_up, answered, id(77)], &mut f.events);
    f.session.disconnected(&mut f.events);
    assert_eq!(f.woken(), ["b", "a"]);
    let lost = |may_have_run| Some(failed(Failed::Disconnected { may_have_run }));
    assert_eq!(f.poll(unwritten), lost(false));
    assert_eq!(f.poll(written), lost(true));
    assert_eq!(f.poll(answered), Some(Ok(bytes("7"))));
    f.assert_empty();
}
