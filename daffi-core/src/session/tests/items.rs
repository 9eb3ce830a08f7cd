//! Calls with many answers: broadcasts, and the question what happens.

use super::*;
use crate::proto::{Attributes, Change, RemoteError, encode};
use crate::session::answers::Backlog;

/// How many answers wait at most.
const ITEMS: usize = 65_536;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn joined(process: &str) -> Vec<Change> {
    let process = process.to_owned();
    let (identity, attributes) = (Who::Nobody, Attributes::default());
    vec![Change::Joined {
        process,
        identity,
        attributes,
    }]
}

fn item(item: Item) -> Option<Next> {
    Some(Next::Item(item))
}

fn end(outcome: Outcome) -> Option<Next> {
    Some(Next::End(outcome))
}

fn overloaded() -> Outcome {
    failed(Failed::Overloaded { may_have_run: true })
}

impl Fixture {
    /// Sends a broadcast that `waiter` waits for.
    fn broadcast(&mut self, deadline: Option<u32>, waiter: &'static str) -> CallId {
        let mode = Mode::Broadcast;
        let request = Request {
            mode,
            ..Self::request(deadline)
        };
        let payload = bytes("arguments");
        let call = self.submit(&Message::Call(request, &payload), waiter).unwrap();
        self.wire.sent();
        call
    }

    fn roster(&mut self, call: CallId, roster: &[&str]) -> Result<(), Fault> {
        let payload = encode(&names(roster)).unwrap();
        self.receive(Header::Roster { call }, payload)
    }

    fn part(&mut self, call: CallId, index: u32, outcome: &Outcome) -> Result<(), Fault> {
        with_reply(outcome, |status, payload| {
            self.receive(Header::Part { call, index, status }, payload)
        })
    }

    fn happened(&mut self, call: CallId, events: &[Change]) -> Result<(), Fault> {
        let payload = encode(events).unwrap();
        self.receive(Header::Happened { call }, payload)
    }

    /// A broadcast of which a roster and a part have come, and nobody has looked at them.
    fn begun(&mut self, deadline: Option<u32>) -> CallId {
        let call = self.broadcast(deadline, "a");
        self.roster(call, &["p", "q"]).unwrap();
        self.part(call, 1, &Ok(bytes("from q"))).unwrap();
        assert_eq!(self.woken(), ["a"]);
        call
    }

    /// What has come is still there, and then this end.
    fn assert_kept(&mut self, call: CallId, outcome: Outcome) {
        assert_eq!(self.next(call), item(Item::Roster(names(&["p", "q"]))));
        assert_eq!(self.next(call), item(Item::Part(1, Ok(bytes("from q")))));
        assert_eq!(self.next(call), end(outcome));
    }
}

// ---------------------------------------------------------------------- order

#[test]
fn p8_the_answers_to_a_broadcast_come_in_their_order_and_the_end_after_them() {
    let mut f = Fixture::new();
    let call = f.begun(None);
    f.part(call, 0, &Ok(bytes("from p"))).unwrap();
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.next(call), item(Item::Roster(names(&["p", "q"]))));
    assert_eq!(f.next(call), item(Item::Part(1, Ok(bytes("from q")))));
    assert_eq!(f.next(call), item(Item::Part(0, Ok(bytes("from p")))));
    assert_eq!(f.next(call), end(Ok(Bytes::new())));
    f.assert_empty();
}

#[test]
fn p8_each_kind_of_part_reaches_the_caller_as_it_was() {
    let app = |typed| Failure::app(RemoteError::new("no milk", vec!["no cow".to_owned()]), typed);
    let process = "p".to_owned();
    for outcome in [
        Ok(bytes("3")),
        Ok(Bytes::new()),
        Err(app(None)),
        Err(app(Some(bytes("typed")))),
        failed(Failed::ProviderLost { process }),
    ] {
        let mut f = Fixture::new();
        let call = f.broadcast(None, "a");
        f.part(call, 7, &outcome).unwrap();
        assert_eq!(f.next(call), item(Item::Part(7, outcome)));
    }
}

#[test]
fn what_happens_comes_in_its_order() {
    let mut f = Fixture::new();
    let call = f.submit(&Message::Ask(Query::Presence, None), "asker").unwrap();
    for process in ["p", "q"] {
        f.happened(call, &joined(process)).unwrap();
    }
    f.happened(call, &[]).unwrap();
    for events in [joined("p"), joined("q"), vec![]] {
        assert_eq!(f.next(call), item(Item::Happened(events)));
    }
    assert_eq!(f.next(call), None);
    f.reply(call, &failed(Failed::Overloaded { may_have_run: false }))
        .unwrap();
    assert_eq!(f.woken(), ["asker", "late waiter"]);
    let ended = failed(Failed::Overloaded { may_have_run: false });
    assert_eq!(f.next(call), end(ended));
    f.assert_empty();
}

#[test]
fn the_answers_to_two_calls_are_kept_apart() {
    let mut f = Fixture::new();
    let (one, two) = (f.broadcast(None, "one"), f.broadcast(None, "two"));
    f.part(two, 0, &Ok(bytes("two"))).unwrap();
    assert_eq!(f.woken(), ["two"]);
    f.part(one, 0, &Ok(bytes("one"))).unwrap();
    assert_eq!(f.woken(), ["one"]);
    assert_eq!(f.next(two), item(Item::Part(0, Ok(bytes("two")))));
    assert_eq!(f.next(one), item(Item::Part(0, Ok(bytes("one")))));
    assert_eq!((f.next(one), f.next(two)), (None, None));
}

#[test]
fn a_number_that_is_used_again_has_no_answers_of_the_call_before() {
    let mut f = Fixture::new();
    let before = f.begun(None);
    f.reply(before, &Ok(Bytes::new())).unwrap();
    f.abandon(before);
    assert_eq!(f.wire.sent(), [], "it has ended");
    let next = f.broadcast(None, "b");
    assert_eq!(next.slot, before.slot);
    f.reply(next, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.next(next), end(Ok(Bytes::new())));
}

// ---------------------------------------------------------------------- waking

#[test]
fn who_waits_is_woken_once_and_again_after_it_has_looked() {
    let mut f = Fixture::new();
    let call = f.broadcast(None, "a");
    f.roster(call, &["p"]).unwrap();
    assert_eq!(f.woken(), ["a"]);
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.woken(), [""; 0], "it has not looked yet");
    assert!(f.next(call).is_some());
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.woken(), [""; 0], "nor has it seen that nothing is left");

    let call = f.broadcast(None, "b");
    f.roster(call, &["p"]).unwrap();
    assert_eq!(f.woken(), ["b"]);
    assert!(f.next(call).is_some());
    assert_eq!(f.next(call), None);
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.woken(), ["late waiter"]);
}

#[test]
fn the_end_wakes_who_waits() {
    let mut f = Fixture::new();
    let call = f.begun(None);
    while f.next(call).is_some() {}
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.woken(), ["late waiter"]);
    assert_eq!(f.next(call), end(Ok(Bytes::new())));
}

// ---------------------------------------------------------------------- ends

#[test]
fn p8_what_has_come_is_kept_when_the_call_is_answered() {
    let mut f = Fixture::new();
    let call = f.begun(None);
    f.reply(call, &Ok(Bytes::new())).unwrap();
    f.assert_kept(call, Ok(Bytes::new()));
    f.assert_empty();
}

#[test]
fn p8_what_has_come_is_kept_when_the_deadline_passes() {
    let mut f = Fixture::new();
    let call = f.begun(Some(10));
    f.wait_until(10);
    assert_eq!(f.wire.sent(), [cancel(call)]);
    // What comes later is too late.
    f.part(call, 0, &failed(Failed::Cancelled { may_have_run: true }))
        .unwrap();
    f.assert_kept(call, failed(Failed::timeout(true)));
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    // The place is in use until the reply.
    assert_ne!(f.broadcast(None, "b").slot, call.slot);
    f.reply(call, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.broadcast(None, "c").slot, call.slot);
}

#[test]
fn p8_what_has_come_is_kept_when_the_connection_is_lost() {
    let mut f = Fixture::new();
    let call = f.begun(Some(10));
    f.session.disconnected(&mut f.events);
    f.wait_until(10);
    f.assert_kept(call, failed(Failed::Disconnected { may_have_run: true }));
    f.assert_empty();
}

#[test]
fn p8_what_has_come_is_kept_when_the_node_closes() {
    let mut f = Fixture::new();
    let (call, other) = (f.begun(None), f.begun(None));
    f.session.close(&mut f.wire, &mut f.events);
    for call in [call, other] {
        f.part(call, 0, &Ok(bytes("late"))).unwrap();
        f.roster(call, &["late"]).unwrap();
    }
    f.assert_kept(call, failed(Failed::Cancelled { may_have_run: true }));
    for call in [call, other] {
        f.reply(call, &Ok(Bytes::new())).unwrap();
    }
    f.assert_kept(other, failed(Failed::Cancelled { may_have_run: true }));
    f.assert_empty();
}

#[test]
fn p4_a_dropped_broadcast_is_cancelled_once_and_what_comes_is_ignored() {
    let mut f = Fixture::new();
    let call = f.begun(Some(10));
    f.abandon(call);
    assert_eq!(f.wire.sent(), [cancel(call)]);
    f.part(call, 0, &Ok(bytes("late"))).unwrap();
    f.roster(call, &["late"]).unwrap();
    f.happened(call, &joined("late")).unwrap();
    f.abandon(call);
    f.wait_until(10);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.reply(call, &Ok(Bytes::new())).unwrap();
    f.assert_empty();
}

// ---------------------------------------------------------------------- too many

#[test]
fn p6_a_caller_that_does_not_look_is_told_so_and_its_call_cancelled_once() {
    let mut f = Fixture::new();
    let call = f.broadcast(Some(10), "a");
    for _ in 0..ITEMS {
        f.part(call, 0, &Ok(Bytes::new())).unwrap();
    }
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec!["a"]));
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.wire.sent(), [cancel(call)]);
    // More, and all other reasons to cancel it, change nothing.
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    f.wait_until(10);
    assert_eq!(f.next(call), end(overloaded()));
    f.abandon(call);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    assert_eq!(f.session.calls_outstanding(), 1, "the reply is to come");
    f.reply(call, &failed(Failed::Cancelled { may_have_run: true }))
        .unwrap();
    f.assert_empty();
}

#[test]
fn p6_answers_that_were_looked_at_do_not_count() {
    let mut f = Fixture::new();
    let call = f.broadcast(None, "a");
    for _ in 0..ITEMS {
        f.part(call, 0, &Ok(Bytes::new())).unwrap();
    }
    for _ in 0..10 {
        assert_eq!(f.next(call), item(Item::Part(0, Ok(Bytes::new()))));
        f.part(call, 0, &Ok(Bytes::new())).unwrap();
    }
    assert_eq!(f.wire.sent(), []);
    f.part(call, 0, &Ok(Bytes::new())).unwrap();
    assert_eq!(f.wire.sent(), [cancel(call)]);
    assert_eq!(f.next(call), end(overloaded()));
}

/// Whatever is kept of an answer counts.
#[test]
fn p6_answers_count_with_all_their_bytes() {
    let app = |typed: Option<&'static str>| {
        let remote = RemoteError::new("four", names(&["a", "bc"]));
        Item::Part(0, Err(Failure::app(remote, typed.map(bytes))))
    };
    let lost = Failure::app_lost(
        RemoteError::new("four", names(&["a", "bc"])),
        "because".to_owned(),
    );
    let change = |callback: &str| Change::Offered {
        process: "process".to_owned(),
        callback: callback.to_owned(),
    };
    for (item, answers, bytes) in [
        (Item::Roster(names(&["p", "qr"])), 1, 3),
        (Item::Part(0, Ok(bytes("value"))), 1, 5),
        (app(None), 1, 7),
        (app(Some("typed")), 1, 12),
        (Item::Part(0, Err(lost)), 1, 14),
        (Item::Part(0, failed(Failed::panicked("boom".to_owned()))), 1, 4),
        (
            Item::Part(0, failed(Failed::Cancelled { may_have_run: true })),
            1,
            0,
        ),
        (Item::Happened(vec![change("add"), change("")]), 2, 17),
    ] {
        let held = Backlog::of(&item);
        assert_eq!((held.answers, held.bytes), (answers, bytes), "{item:?}");
    }
}

#[test]
fn p6_as_much_as_may_wait_does() {
    let limit = Backlog { answers: 2, bytes: 5 };
    for (answers, bytes, is_over) in [(2, 5, false), (3, 5, true), (2, 6, true)] {
        assert_eq!(
            Backlog { answers, bytes }.is_over(limit),
            is_over,
            "{answers}, {bytes}"
        );
    }
}

// ---------------------------------------------------------------------- faults

#[test]
fn p1_an_answer_to_no_call_is_a_fault() {
    fn is_fault(f: &mut Fixture, call: CallId) -> bool {
        let found = [
            f.roster(call, &["p"]),
            f.part(call, 0, &Ok(Bytes::new())),
            f.happened(call, &joined("p")),
        ];
        found
            .iter()
            .all(|found| matches!(found, Err(Fault::Unexpected(_))))
    }
    let mut f = Fixture::new();
    assert!(is_fault(&mut f, id(5)), "never sent");
    f.wire.full = true;
    let parked = f.call(None, "parked");
    assert!(is_fault(&mut f, parked), "not sent yet");
    f.abandon(parked);
    f.wire.full = false;

    let answered = f.begun(None);
    f.reply(answered, &Ok(Bytes::new())).unwrap();
    assert!(is_fault(&mut f, answered), "answered");
    f.assert_kept(answered, Ok(Bytes::new()));
    assert!(is_fault(&mut f, answered), "looked at");

    let lost = f.begun(None);
    f.session.disconnected(&mut f.events);
    f.connect();
    assert!(is_fault(&mut f, lost), "of the connection before");
    f.assert_kept(lost, failed(Failed::Disconnected { may_have_run: true }));
}

#[test]
fn answers_that_do_not_decode_are_faults() {
    let mut f = Fixture::new();
    let call = f.broadcast(None, "a");
    // A string that claims more than is there, one that is not UTF-8, and more bytes than there should be.
    for garbage in [&b"\x01\x09abc"[..], b"\x01\x01\xff", b"\x00\x00", b"", b"\xfd"] {
        for header in [Header::Roster { call }, Header::Happened { call }] {
            let found = f.receive(header, Bytes::from_static(garbage));
            assert!(matches!(found, Err(Fault::Decode(_))), "{garbage:?}");
        }
    }
    assert_eq!((f.woken(), f.next(call)), (vec![], None));
}
