//! Arguments and results that come in pieces, each behaviour by itself.

use super::*;
use crate::proto::{Large, PieceOf, StreamId};
use crate::session::Item;

const ARGUMENTS: PieceOf = PieceOf::Arguments;
const RESULT: PieceOf = PieceOf::Result(0);

impl Fixture {
    fn begin_run(
        &mut self,
        number: u32,
        caller: &str,
        callback: CallbackId,
        deadline: Option<u32>,
        bytes: u64,
    ) -> Result<(), Fault> {
        let run = RunHeader {
            deadline: deadline.map(|ms| MS * ms),
            ..run_header(number, callback, caller)
        };
        let frame = Large::Run(run);
        self.receive(Header::Large { bytes, frame }, Bytes::new())
    }

    fn whole_run(&mut self, number: u32, caller: &str, callback: CallbackId) {
        let run = Header::Run(run_header(number, callback, caller));
        self.receive(run, bytes("whole")).unwrap();
    }

    fn piece(&mut self, number: u32, of: PieceOf, piece: &'static str) -> Result<(), Fault> {
        self.receive(Header::Piece { call: id(number), of }, bytes(piece))
    }

    fn begin_reply(&mut self, call: CallId, bytes: u64) -> Result<(), Fault> {
        let status = Status::Value;
        let frame = Large::Reply { call, status };
        self.receive(Header::Large { bytes, frame }, Bytes::new())
    }

    /// The payloads with which callbacks have begun since the last look.
    fn begun_with(&mut self) -> Vec<Bytes> {
        let begun = |event| match event {
            Event::Start(start) => Some(start.payload),
            Event::Dismiss(_) | Event::Wake(_) | Event::Drop(_) => None,
            other => panic!("not a start: {other:?}"),
        };
        self.events.drain(..).filter_map(begun).collect()
    }

    fn offered(&mut self, terms: Terms) -> CallbackId {
        self.session.offer("callback", terms)
    }
}

fn refused(number: u32, failure: Failed) -> Sent {
    Sent::Reply {
        number,
        outcome: failed(failure),
    }
}

#[test]
fn a_run_begins_when_all_of_its_arguments_are_there() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    f.begin_run(3, "a", callback, None, 9).unwrap();
    f.piece(3, ARGUMENTS, "argu").unwrap();
    assert_eq!((f.begun_with(), f.session.running()), (vec![], 1));
    f.piece(3, ARGUMENTS, "ments").unwrap();
    assert_eq!(f.begun_with(), [bytes("arguments")]);
    assert_eq!(f.wire.sent(), []);
}

#[test]
fn p5_later_runs_of_one_caller_wait_and_others_do_not() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    let another = f.offered(Terms::default());
    f.begin_run(1, "a", callback, None, 3).unwrap();
    // It is another callback of the same process.
    f.whole_run(2, "a", another);
    assert_eq!(f.begun_with(), Vec::<Bytes>::new());
    f.whole_run(3, "b", callback);
    assert_eq!(f.begun_with(), [bytes("whole")]);
    f.piece(1, ARGUMENTS, "one").unwrap();
    assert_eq!(f.begun_with(), [bytes("one"), bytes("whole")]);
    f.whole_run(4, "a", callback);
    assert_eq!(f.begun_with(), [bytes("whole")]);
}

#[test]
fn p5_those_that_wait_go_on_when_what_they_wait_for_is_taken_back() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    f.begin_run(1, "a", callback, None, 3).unwrap();
    f.begin_run(2, "a", callback, None, 3).unwrap();
    f.piece(2, ARGUMENTS, "two").unwrap();
    assert_eq!(f.begun_with(), Vec::<Bytes>::new());
    f.receive(Header::Cancel { call: id(1) }, Bytes::new()).unwrap();
    assert_eq!(
        f.wire.sent(),
        [refused(1, Failed::Cancelled { may_have_run: false })]
    );
    assert_eq!((f.begun_with(), f.session.running()), (vec![bytes("two")], 1));
    // Its pieces were on their way.
    f.piece(1, ARGUMENTS, "one").unwrap();
    assert_eq!((f.begun_with(), f.wire.sent()), (vec![], vec![]));
}

/// The caller's time counts from the beginning, the callback's own from when it begins.
#[test]
fn whose_time_is_over_before_all_has_come_has_not_run() {
    let mut f = Fixture::new();
    let own = Some(MS * 10);
    let callback = f.offered(Terms {
        timeout: own,
        ..Terms::default()
    });
    f.begin_run(1, "a", callback, Some(30), 3).unwrap();
    f.wait_until(20);
    assert_eq!(f.wire.sent(), []);
    f.wait_until(30);
    assert_eq!(f.wire.sent(), [refused(1, Failed::timeout(false))]);
    assert_eq!(f.session.running(), 0);

    f.begin_run(2, "a", callback, Some(30), 3).unwrap();
    f.wait_until(45);
    f.events.clear();
    f.piece(2, ARGUMENTS, "two").unwrap();
    let run = match &*f.events {
        [Event::Start(start)] => {
            assert_eq!(start.deadline, Some(at(55)));
            start.run
        }
        other => panic!("{other:?}"),
    };
    f.events.clear();
    f.wait_until(55);
    let limit = crate::proto::TimeLimit::Callback(MS * 10);
    let may_have_run = true;
    let outcome = Err(Failed::Timeout { limit, may_have_run }.into());
    assert_eq!(f.wire.sent(), [Sent::EarlyReply { number: 2, outcome }]);
    assert_eq!(f.aborted(), [run]);
}

/// What is declared counts, so what was taken runs.
/// large.declared
#[test]
fn p6_what_is_declared_counts_as_if_it_were_there() {
    let mut f = Fixture::with(Limits {
        queue_bytes: 1000,
        ..Limits::default()
    });
    let callback = f.offered(Terms {
        concurrency: Some(2),
        ..Terms::default()
    });
    f.begin_run(1, "a", callback, None, 900).unwrap();
    f.begin_run(2, "b", callback, None, 200).unwrap();
    let full = Failed::Overloaded { may_have_run: false };
    assert_eq!(f.wire.sent(), [refused(2, full.clone())]);
    f.piece(2, ARGUMENTS, "late").unwrap();
    f.begin_run(3, "b", callback, None, 50).unwrap();
    f.begin_run(4, "c", callback, None, 1).unwrap();
    assert_eq!(f.wire.sent(), [refused(4, full)]);
    f.receive(Header::Cancel { call: id(1) }, Bytes::new()).unwrap();
    f.wire.sent();
    f.begin_run(5, "c", callback, None, 900).unwrap();
    assert_eq!(f.wire.sent(), []);
}

/// large.pieces
#[test]
fn what_is_not_as_it_was_declared_is_a_fault() {
    type Offence = fn(&mut Fixture, CallbackId) -> Result<(), Fault>;
    let faults: [Offence; 8] = [
        |f, callback| f.begin_run(2, "a", callback, None, 0),
        |f, callback| f.begin_run(2, "a", callback, None, ITEM_BYTES as u64 + 1),
        |f, callback| f.begin_run(1, "a", callback, None, 3),
        |f, _| f.piece(1, ARGUMENTS, ""),
        |f, _| f.piece(1, ARGUMENTS, "four"),
        |f, _| {
            f.piece(1, ARGUMENTS, "one")?;
            f.piece(1, ARGUMENTS, "a")
        },
        |f, _| f.piece(1, RESULT, "a"),
        |f, _| f.begin_reply(id(1), 3),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let mut f = Fixture::new();
        let callback = f.offered(Terms::default());
        f.begin_run(1, "a", callback, None, 3).unwrap();
        assert!(fault(&mut f, callback).is_err(), "{index}");
    }
}

#[test]
fn a_connection_that_is_lost_takes_what_has_come_along() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    let call = f.call(None, "waits");
    f.begin_reply(call, 9).unwrap();
    f.begin_run(1, "a", callback, None, 3).unwrap();
    f.whole_run(2, "a", callback);
    f.session.disconnected(&mut f.events);
    let dismissed = f.events.iter().filter(|event| matches!(event, Event::Dismiss(_)));
    assert_eq!((dismissed.count(), f.session.running()), (2, 0));
    assert_eq!(f.session.results.count(), (0, 0));
    assert!(f.poll(call).is_some_and(|outcome| outcome.is_err()));
    f.assert_empty();
}

#[test]
fn whoever_stops_answers_what_has_not_begun_that_it_did_not_run() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    f.begin_run(1, "a", callback, None, 3).unwrap();
    f.session.close(&mut f.wire, &mut f.events);
    assert_eq!(
        f.wire.sent(),
        [refused(1, Failed::Cancelled { may_have_run: false })]
    );
    f.piece(1, ARGUMENTS, "one").unwrap();
    assert_eq!(f.session.running(), 0);
}

/// It may have to wait for what its caller sent before.
#[test]
fn a_stream_that_ends_before_its_run_begins_has_ended_when_it_is_read() {
    let mut f = Fixture::new();
    let callback = f.offered(Terms::default());
    f.begin_run(1, "a", callback, None, 3).unwrap();
    f.whole_run(2, "a", callback);
    for index in [0, 1, 5000] {
        let close = Header::Close {
            call: id(2),
            stream: StreamId::Argument(index),
            status: Status::Value,
        };
        f.receive(close, Bytes::new()).unwrap();
    }
    // Callbacks have fewer.
    assert_eq!(f.session.streams.len(), 2);
    f.piece(1, ARGUMENTS, "one").unwrap();
    let runs: Vec<_> = f
        .events
        .drain(..)
        .filter_map(|event| match event {
            Event::Start(start) => Some(start.run),
            _ => None,
        })
        .collect();
    f.session.accept(runs[1], 1, Window::DEFAULT, &mut f.wire);
    assert_eq!(
        f.session.take(runs[1], 1, &mut Some("reader")),
        Some(Taken::End(Ok(())))
    );
    f.finish(runs[1], &Ok(Bytes::new()));
    assert_eq!(f.session.streams.len(), 0);
}

#[test]
fn a_result_is_given_when_all_of_it_has_come() {
    let mut f = Fixture::new();
    let call = f.call(None, "waits");
    f.begin_reply(call, 9).unwrap();
    f.piece(number(call), RESULT, "the ").unwrap();
    assert_eq!((f.woken(), f.poll(call)), (vec![], None));
    f.piece(number(call), RESULT, "value").unwrap();
    assert_eq!(f.woken(), ["late waiter"]);
    assert_eq!(f.poll(call), Some(Ok(bytes("the value"))));
    f.assert_empty();
}

#[test]
fn a_large_error_of_a_callback_keeps_its_words() {
    let mut f = Fixture::new();
    let call = f.call(None, "waits");
    let status = Status::App {
        message: "no",
        causes: vec!["never"],
        typed: crate::proto::Own::Payload,
    };
    let frame = Large::Reply { call, status };
    f.receive(Header::Large { bytes: 3, frame }, Bytes::new())
        .unwrap();
    f.piece(number(call), RESULT, "err").unwrap();
    let remote = crate::proto::RemoteError::new("no", vec!["never".to_owned()]);
    let expected = Err(Failure::app(remote, Some(bytes("err"))));
    assert_eq!(f.poll(call), Some(expected));
}

#[test]
fn what_comes_instead_of_the_rest_is_the_answer() {
    let mut f = Fixture::new();
    let call = f.call(None, "waits");
    f.begin_reply(call, 9).unwrap();
    f.piece(number(call), RESULT, "the ").unwrap();
    let lost = failed(Failed::ProviderLost {
        process: "p".to_owned(),
    });
    f.reply(call, &lost).unwrap();
    assert_eq!((f.poll(call), f.session.results.count()), (Some(lost), (0, 0)));
    assert!(f.piece(number(call), RESULT, "value").is_err());
}

/// Its number is in use until the rest has come, and nothing of that is kept.
#[test]
fn p6_a_result_that_nobody_wants_is_not_kept() {
    for drops in [true, false] {
        let mut f = Fixture::new();
        let call = f.call(Some(10), "waits");
        f.begin_reply(call, 9).unwrap();
        f.piece(number(call), RESULT, "the ").unwrap();
        if drops {
            f.abandon(call);
        } else {
            f.wait_until(10);
            assert_eq!(f.poll(call), Some(failed(Failed::timeout(true))));
        }
        assert_eq!(
            (f.session.calls_outstanding(), f.session.results.count()),
            (1, (1, 0))
        );
        f.piece(number(call), RESULT, "value").unwrap();
        assert_eq!(f.session.results.count(), (0, 0));
        f.assert_empty();
    }
}

/// Many processes may each send a large part: what is declared counts against what is kept for a call.
#[test]
fn p6_parts_that_are_coming_are_bounded_together() {
    const PART: u64 = 16 << 20;
    let mut f = Fixture::new();
    f.session.item_bytes = 1 << 24;
    let call = f.call(None, "waits");
    f.wire.sent();
    for index in 0..4 {
        let status = Status::Value;
        let frame = Large::Part { call, index, status };
        f.receive(Header::Large { bytes: PART, frame }, Bytes::new())
            .unwrap();
    }
    assert_eq!((f.wire.sent(), f.session.results.count()), (vec![], (4, 4)));
    let frame = Large::Part {
        call,
        index: 4,
        status: Status::Value,
    };
    f.receive(Header::Large { bytes: 1, frame }, Bytes::new())
        .unwrap();
    // The one that is too much, and no other.
    assert_eq!((f.wire.sent(), f.session.results.count()), (vec![], (5, 4)));
    let overloaded = Err(Failed::Overloaded { may_have_run: true }.into());
    let next = f.session.poll_next(call, &mut Some("waits"));
    assert_eq!(next, Some(Next::Item(Item::Part(4, overloaded))));
    f.piece(number(call), PieceOf::Result(4), "v").unwrap();
    assert_eq!(f.session.results.count(), (4, 4));
    assert_eq!(
        f.session.poll_next(call, &mut Some("waits")),
        None,
        "it was told once"
    );
    f.piece(number(call), PieceOf::Result(0), "more").unwrap();
    // What is given up counts no more.
    let mut f = Fixture::new();
    f.session.item_bytes = 1 << 24;
    let call = f.call(None, "waits");
    f.wire.sent();
    for round in 0..10 {
        let frame = Large::Part {
            call,
            index: round,
            status: Status::Value,
        };
        f.receive(Header::Large { bytes: PART, frame }, Bytes::new())
            .unwrap();
        let part = Header::Part {
            call,
            index: round,
            status: Status::Failed(Failed::Overloaded { may_have_run: true }),
        };
        f.receive(part, Bytes::new()).unwrap();
        let next = f.session.poll_next(call, &mut Some("waits"));
        assert!(matches!(next, Some(Next::Item(Item::Part(..)))), "{next:?}");
    }
    assert_eq!(f.wire.sent(), []);
}
