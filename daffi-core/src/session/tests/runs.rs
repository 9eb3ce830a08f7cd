//! The session as a provider: starting, refusing, stopping and answering runs.

use super::wire::Sent;
use super::*;
use crate::proto::{Absence, RemoteError, TimeLimit};

#[test]
fn a_run_brings_what_its_caller_sent() {
    let mut f = Fixture::new();
    f.now = 5;
    let callback = f.session.offer("callback", Terms::default());
    f.run(3, callback, Some(10));
    let events = std::mem::take(&mut f.events);
    let [Event::Start(start)] = &*events else {
        panic!("{events:?}")
    };
    assert_eq!(
        (start.callback, &*start.caller, start.deadline),
        ("callback", "caller", Some(at(15)))
    );
    assert_eq!(start.payload, bytes("arguments"));
    assert_eq!(*start.metadata, [("tenant".into(), "acme".into())]);
    f.finish(start.run, &Ok(bytes("result")));
    assert_eq!(
        f.wire.sent(),
        [Sent::Reply {
            number: 3,
            outcome: Ok(bytes("result"))
        }]
    );
    f.assert_empty();
}

#[test]
fn p1_each_kind_of_outcome_is_answered_as_it_is() {
    let app = |typed| Failure::app(RemoteError::new("no milk", vec!["no cow".to_owned()]), typed);
    for outcome in [
        Ok(bytes("3")),
        Err(app(None)),
        Err(app(Some(bytes("typed")))),
        failed(Failed::panicked("boom".to_owned())),
    ] {
        let mut f = Fixture::new();
        let run = f.running(0);
        f.finish(run, &outcome);
        assert_eq!(f.wire.sent(), [Sent::Reply { number: 0, outcome }]);
    }
}

#[test]
fn p1_a_run_is_answered_once_however_often_it_ends() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.finish(run, &Ok(bytes("first")));
    f.wire.sent();
    f.finish(run, &Ok(bytes("second")));
    // Neither does it end the run that has its place now.
    let successor = f.running(0);
    f.finish(run, &Ok(bytes("third")));
    assert_eq!(f.wire.sent(), []);
    assert!(f.session.is_wanted(successor));
}

#[test]
fn p1_a_result_over_the_frame_limit_becomes_an_error_that_says_so() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.wire.limit = 30;
    f.finish(run, &Ok(Bytes::from(vec![0; 50])));
    let sent = f.wire.sent();
    let [
        Sent::Reply {
            number: 0,
            outcome: Err(Failure::Failed(failed)),
        },
    ] = &*sent
    else {
        panic!("{sent:?}")
    };
    assert!(
        matches!(
            failed,
            Failed::TooLarge {
                size: 54,
                limit: 30,
                may_have_run: true
            }
        ),
        "{failed:?}"
    );
}

#[test]
fn p1_of_an_error_over_the_frame_limit_the_words_are_cut() {
    let long = "l".repeat(5000);
    let message = long.clone();
    let errors = [
        Failure::Failed(Failed::panicked(message)),
        Failure::app(RemoteError::new("short", vec![long]), Some(bytes("typed"))),
    ];
    for error in errors {
        let mut f = Fixture::new();
        let run = f.running(0);
        f.wire.limit = 2000;
        f.finish(run, &Err(error.clone()));
        let sent = f.wire.sent();
        let [
            Sent::Reply {
                number: 0,
                outcome: Err(failure),
            },
        ] = &*sent
        else {
            panic!("{sent:?}")
        };
        let words = format!("{failure:?}");
        assert!(words.contains("lll… (cut: there were 500"), "{words}");
        assert_eq!(std::mem::discriminant(failure), std::mem::discriminant(&error));
    }
}

#[test]
fn p6_long_words_do_not_go_to_a_peer_that_does_not_read() {
    let panicked = |bytes| Failed::panicked("l".repeat(bytes));
    let full = Failed::Overloaded { may_have_run: true };
    for (end, expected) in [(panicked(1000), panicked(1000)), (panicked(5000), full)] {
        let mut f = Fixture::new();
        let run = f.running(0);
        (f.wire.full, f.wire.limit) = (true, 10_000);
        f.finish(run, &failed(end));
        let outcome = failed(expected);
        assert_eq!(f.wire.sent(), [Sent::Reply { number: 0, outcome }]);
    }
}

#[test]
fn p1_an_argument_stream_ends_however_long_the_reason() {
    let mut f = Fixture::new();
    let request = Request {
        streams: 1,
        ..Fixture::request(None)
    };
    let call = f.submit(&Message::Call(request, &bytes("")), "caller").unwrap();
    f.wire.sent();
    f.wire.limit = 2000;
    let end = Err(Failed::Encode {
        message: "l".repeat(5000),
    });
    f.session
        .close_argument(End::Call(call), 0, end, &mut f.wire, &mut f.events);
    let sent = f.wire.sent();
    let [Sent::Close { end: Err(end), .. }] = &*sent else {
        panic!("{sent:?}")
    };
    assert!(
        format!("{end:?}").contains("lll… (cut: there were 5000 bytes)"),
        "{end:?}"
    );
}

#[test]
fn p2_a_refused_run_did_not_run() {
    let mut f = Fixture::with(Limits {
        calls: 2,
        ..Limits::default()
    });
    let one_at_a_time = f.session.offer(
        "one",
        Terms {
            concurrency: Some(1),
            timeout: None,
            blocking: false,
            is_new: false,
        },
    );
    let unlimited = f.session.offer("many", Terms::default());
    let retracted = f.session.offer("gone", Terms::default());
    f.session.retract(retracted);

    f.run(0, one_at_a_time, None);
    f.started();
    f.run(1, one_at_a_time, None);
    f.run(2, retracted, None);
    f.run(3, CallbackId(99), None);
    f.run(4, unlimited, None);
    f.started();
    f.run(5, unlimited, None);
    let overloaded = failed(Failed::Overloaded { may_have_run: false });
    let nobody = failed(Failed::NoProvider(Absence::nobody()));
    let expected =
        [(1, &overloaded), (2, &nobody), (3, &nobody), (5, &overloaded)].map(|(number, outcome)| {
            Sent::Reply {
                number,
                outcome: outcome.clone(),
            }
        });
    assert_eq!(f.wire.sent(), expected);
    assert!(f.events.is_empty());
}

#[test]
fn a_run_for_each_item_of_a_stream_is_one_run_without_the_callbacks_own_time() {
    let mut f = Fixture::new();
    let terms = Terms {
        concurrency: Some(1),
        timeout: Some(MS * 10),
        blocking: false,
        is_new: false,
    };
    let callback = f.session.offer("callback", terms);
    let header = |number, deadline: Option<u32>| {
        Header::RunEach(RunHeader {
            deadline: deadline.map(|ms| MS * ms),
            ..run_header(number, callback, "c")
        })
    };
    f.receive(header(0, None), Bytes::new()).unwrap();
    let Some(Event::Start(start)) = f.events.pop() else {
        panic!("{:?}", f.events);
    };
    assert_eq!((start.times, start.deadline), (Times::Each, None));
    assert_eq!(f.session.next_timeout(), None);
    f.receive(header(1, None), Bytes::new()).unwrap();
    let full = failed(Failed::Overloaded { may_have_run: false });
    assert_eq!(
        f.wire.sent(),
        [Sent::Reply {
            number: 1,
            outcome: full
        }]
    );
    let again = f.receive(header(0, None), Bytes::new());
    assert!(matches!(again, Err(Fault::Unexpected(_))));

    let done = Ok(bytes("how many"));
    f.finish(start.run, &done);
    assert_eq!(
        f.wire.sent(),
        [Sent::Reply {
            number: 0,
            outcome: done
        }]
    );
    // The caller's time holds for all of them.
    f.receive(header(0, Some(20)), Bytes::new()).unwrap();
    let start = f.started();
    f.wait_until(20);
    assert!(!f.session.is_wanted(start));
    f.finish(start, &Ok(bytes("how many")));
    let outcome = failed(Failed::timeout(true));
    assert_eq!(f.wire.sent(), [Sent::Reply { number: 0, outcome }]);
}

#[test]
fn p2_a_run_whose_number_is_in_use_is_a_fault() {
    let mut f = Fixture::new();
    let run = f.running(0);
    let header = run_header(0, CallbackId(0), "c");
    assert!(matches!(
        f.receive(Header::Run(header), Bytes::new()),
        Err(Fault::Unexpected(_))
    ));
    // An answer to the second would be taken for one to the first, which runs.
    assert_eq!(f.wire.sent(), []);
    assert!(f.events.is_empty());
    assert!(f.session.is_wanted(run));
}

#[test]
fn concurrency_counts_runs_until_they_have_stopped() {
    let mut f = Fixture::new();
    let callback = f.session.offer(
        "one",
        Terms {
            concurrency: Some(1),
            timeout: None,
            blocking: false,
            is_new: false,
        },
    );
    f.run(0, callback, None);
    let first = f.started();
    f.receive(Header::Cancel { call: id(0) }, Bytes::new()).unwrap();
    f.events.clear();
    assert_eq!(f.wire.sent(), []);
    f.run(1, callback, None);
    assert_eq!(f.wire.sent(), [overloaded(1)], "the first has not stopped");
    f.finish(first, &Ok(Bytes::new()));
    assert_eq!(f.wire.sent(), [cancelled(0)]);
    f.run(0, callback, None);
    f.started();
}

/// cancel.once
#[test]
fn p4_a_cancelled_run_is_stopped_at_once_and_answered_when_it_has() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.receive(Header::Cancel { call: id(0) }, Bytes::new()).unwrap();
    assert_eq!((f.wire.sent(), f.aborted()), (vec![], vec![run]));
    assert!(!f.session.is_wanted(run));
    f.finish(run, &Ok(bytes("too late")));
    assert_eq!(f.wire.sent(), [cancelled(0)]);
    f.assert_empty();
}

/// cancel.crossed
#[test]
fn p4_a_cancel_that_crossed_the_answer_is_ignored() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.finish(run, &Ok(Bytes::new()));
    f.wire.sent();
    f.receive(Header::Cancel { call: id(0) }, Bytes::new()).unwrap();
    assert_eq!(f.wire.sent(), []);
    assert_eq!(f.aborted(), []);
}

#[test]
fn p4_a_run_is_stopped_at_the_deadline_of_its_call_or_its_own() {
    for (of_call, own, expected) in [
        (Some(10), None, 10),
        (None, Some(20), 20),
        (Some(10), Some(20), 10),
        (Some(20), Some(10), 10),
    ] {
        let mut f = Fixture::new();
        let terms = Terms {
            concurrency: None,
            timeout: own.map(|ms| MS * ms),
            blocking: false,
            is_new: false,
        };
        let callback = f.session.offer("callback", terms);
        f.run(0, callback, of_call);
        let run = f.started();
        assert_eq!(f.session.next_timeout(), Some(at(expected)));
        f.wait_until(expected - 1);
        assert!(f.session.is_wanted(run));
        f.wait_until(expected);
        let is_own = own.is_some_and(|own| of_call.is_none_or(|of_call| own < of_call));
        let limit = if is_own {
            TimeLimit::Callback(MS * expected)
        } else {
            TimeLimit::Call
        };
        let may_have_run = true;
        let outcome = failed(Failed::Timeout { limit, may_have_run });
        let early = Sent::EarlyReply {
            number: 0,
            outcome: outcome.clone(),
        };
        // The caller keeps its own time.
        assert_eq!(f.wire.sent(), Vec::from_iter(is_own.then_some(early)));
        assert_eq!(f.aborted(), [run]);
        f.finish(run, &Ok(bytes("too late")));
        // That of the provider may be over a moment before, and its answer come first.
        assert_eq!(f.wire.sent(), [Sent::Reply { number: 0, outcome }]);
    }
}

#[test]
fn p4_a_lost_connection_stops_what_runs() {
    let mut f = Fixture::new();
    let run = f.running(0);
    f.session.disconnected(&mut f.events);
    assert_eq!(f.aborted(), [run]);
    f.connect();
    // The number is another call's on the new connection.
    let successor = f.running(0);
    f.finish(run, &Ok(bytes("nobody wants this")));
    assert_eq!(f.wire.sent(), []);
    f.finish(successor, &Ok(bytes("result")));
    assert_eq!(
        f.wire.sent(),
        [Sent::Reply {
            number: 0,
            outcome: Ok(bytes("result"))
        }]
    );
    f.assert_empty();
}

#[test]
fn p2_a_run_that_comes_while_the_node_closes_is_refused() {
    let mut f = Fixture::new();
    let callback = f.session.offer("callback", Terms::default());
    f.session.close(&mut f.wire, &mut f.events);
    f.run(0, callback, None);
    assert!(f.events.is_empty());
    let outcome = failed(Failed::Cancelled { may_have_run: false });
    assert_eq!(f.wire.sent(), [Sent::Reply { number: 0, outcome }]);
}

#[test]
fn p1_what_runs_when_the_node_closes_is_answered_as_cancelled() {
    let mut f = Fixture::new();
    let callback = f.session.offer("callback", Terms::default());
    let blocking = f.session.offer(
        "blocking",
        Terms {
            blocking: true,
            ..Terms::default()
        },
    );
    let runs = [(0, callback), (1, blocking)].map(|(number, callback)| {
        f.run(number, callback, None);
        f.started()
    });
    f.session.close(&mut f.wire, &mut f.events);
    let mut sent = f.wire.sent();
    sent.sort_by_key(|sent| match sent {
        Sent::Reply { number, .. } => *number,
        other => panic!("{other:?}"),
    });
    let outcome = failed(Failed::Cancelled { may_have_run: true });
    let expected = [0, 1].map(|number| Sent::Reply {
        number,
        outcome: outcome.clone(),
    });
    assert_eq!(sent, expected);
    // What they end with is nobody's any more.
    runs.into_iter().for_each(|run| f.finish(run, &Ok(bytes("late"))));
    assert_eq!(f.wire.sent(), []);
}

/// call.order
#[test]
fn p5_runs_start_in_the_order_of_arrival() {
    let mut f = Fixture::new();
    let callback = f.session.offer("callback", Terms::default());
    for number in [5, 2, 9] {
        f.run(number, callback, None);
    }
    let runs: Vec<_> = f
        .events
        .drain(..)
        .map(|event| match event {
            Event::Start(start) => start.run,
            other => panic!("{other:?}"),
        })
        .collect();
    for run in runs {
        f.finish(run, &Ok(Bytes::new()));
    }
    let numbers: Vec<_> = f
        .wire
        .sent()
        .into_iter()
        .map(|sent| match sent {
            Sent::Reply { number, .. } => number,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(numbers, [5, 2, 9]);
}

#[test]
fn a_retracted_callback_finishes_what_it_runs() {
    let mut f = Fixture::new();
    let callback = f.session.offer("callback", Terms::default());
    f.run(0, callback, None);
    let run = f.started();
    f.session.retract(callback);
    assert_eq!(f.session.offered().count(), 0);
    f.finish(run, &Ok(bytes("result")));
    assert_eq!(
        f.wire.sent(),
        [Sent::Reply {
            number: 0,
            outcome: Ok(bytes("result"))
        }]
    );
}

#[test]
fn a_registration_number_is_not_used_again() {
    let mut f = Fixture::new();
    let first = f.session.offer("a", Terms::default());
    f.session.retract(first);
    assert_ne!(f.session.offer("b", Terms::default()), first);
}

#[test]
fn what_is_offered_is_known_until_it_is_retracted() {
    let mut f = Fixture::new();
    let add = f.session.offer("add", Terms::default());
    let sub = f.session.offer("sub", Terms::default());
    f.session.retract(add);
    let offered: Vec<_> = f.session.offered().collect();
    assert_eq!(offered, [(sub, &"sub")]);
}

/// A callback that cannot be stopped, one call at a time.
fn blocking(f: &mut Fixture, timeout: Option<Duration>) -> CallbackId {
    let terms = Terms {
        concurrency: Some(1),
        timeout,
        blocking: true,
        is_new: false,
    };
    f.session.offer("blocks", terms)
}

fn cancelled(number: u32) -> Sent {
    Sent::Reply {
        number,
        outcome: failed(Failed::Cancelled { may_have_run: true }),
    }
}

fn overloaded(number: u32) -> Sent {
    Sent::Reply {
        number,
        outcome: failed(Failed::Overloaded { may_have_run: false }),
    }
}

#[test]
fn a_cancelled_call_that_cannot_be_stopped_is_answered_when_it_has_ended() {
    let mut f = Fixture::new();
    let callback = blocking(&mut f, None);
    f.run(4, callback, None);
    let run = f.started();
    f.receive(Header::Cancel { call: id(4) }, Bytes::new()).unwrap();
    assert_eq!(f.aborted(), [run]);
    assert!(!f.session.is_wanted(run));
    assert_eq!(f.wire.sent(), [], "whoever shares its load counts it");
    // Once more, or its deadline, changes nothing.
    f.receive(Header::Cancel { call: id(4) }, Bytes::new()).unwrap();
    assert_eq!((f.aborted(), f.wire.sent()), (vec![], vec![]));
    f.finish(run, &Ok(bytes("too late")));
    let cancelled = Sent::Reply {
        number: 4,
        outcome: failed(Failed::Cancelled { may_have_run: true }),
    };
    assert_eq!(f.wire.sent(), [cancelled]);
    assert_eq!(f.session.running(), 0);
    f.run(4, callback, None);
    f.started();
}

#[test]
fn p14_a_place_is_free_when_its_callback_has_stopped_and_the_callbacks_own_time_is_told_before() {
    for (own, told) in [
        (None, false),
        (Some(MS * 50), false),
        (Some(MS * 10), false),
        (Some(MS * 5), true),
    ] {
        let mut f = Fixture::new();
        let callback = blocking(&mut f, own);
        f.run(4, callback, Some(10));
        let run = f.started();
        f.wait_until(60);
        assert_eq!(f.aborted(), [run]);
        let limit = own.filter(|_| told).map_or(TimeLimit::Call, TimeLimit::Callback);
        let may_have_run = true;
        let outcome = failed(Failed::Timeout { limit, may_have_run });
        let early = Sent::EarlyReply {
            number: 4,
            outcome: outcome.clone(),
        };
        assert_eq!(f.wire.sent(), Vec::from_iter(told.then_some(early)), "{own:?}");
        f.run(5, callback, None);
        assert_eq!(f.wire.sent(), [overloaded(5)], "its place is not free");
        f.finish(run, &Ok(bytes("too late")));
        assert_eq!(f.wire.sent(), [Sent::Reply { number: 4, outcome }], "{own:?}");
        f.run(5, callback, None);
        f.started();
    }
}

#[test]
fn p6_the_arguments_of_what_runs_are_bounded_in_bytes() {
    let mut f = Fixture::with(Limits {
        queue_bytes: 10,
        ..Limits::default()
    });
    let callback = f.session.offer("many", Terms::default());
    let run = |f: &mut Fixture, number| f.run_with(number, callback, None, bytes("seven by"));
    run(&mut f, 0);
    let first = f.started();
    run(&mut f, 1);
    let overloaded = Sent::Reply {
        number: 1,
        outcome: failed(Failed::Overloaded { may_have_run: false }),
    };
    assert_eq!(f.wire.sent(), [overloaded]);
    f.finish(first, &Ok(bytes("")));
    f.wire.sent();
    run(&mut f, 1);
    f.started();
}

#[test]
fn p6_a_peer_that_does_not_read_gets_small_answers() {
    let mut f = Fixture::new();
    let callback = f.session.offer("add", Terms::default());
    f.run(0, callback, None);
    let run = f.started();
    f.wire.full = true;
    f.finish(run, &Ok(bytes("long")));
    let overloaded = Sent::Reply {
        number: 0,
        outcome: failed(Failed::Overloaded { may_have_run: true }),
    };
    assert_eq!(f.wire.sent(), [overloaded]);
}
