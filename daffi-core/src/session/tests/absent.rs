//! Calls that wait for somebody to be there.

use super::*;
use crate::proto::Absence;

fn lasting(to: Option<&'static str>) -> Request<'static> {
    Request {
        to,
        lasting: true,
        ..Fixture::request(None)
    }
}

fn nobody() -> Outcome {
    failed(Failed::NoProvider(Absence::nobody()))
}

impl Fixture {
    /// A lasting call, which is told that nobody is there.
    fn absent(&mut self, to: Option<&'static str>, waiter: &'static str) -> CallId {
        let call = self
            .submit(&Message::Call(lasting(to), &bytes(waiter)), waiter)
            .unwrap();
        self.reply(call, &nobody()).unwrap();
        assert_eq!(self.woken(), [waiter]);
        self.wire.sent();
        call
    }

    fn send_again(&mut self, to: Option<&str>, most: usize) -> bool {
        let what = KeptWait::new("add", to, &[]);
        let now = at(self.now);
        self.session
            .send_again(now, &what, most, &mut self.wire, &mut self.events)
    }

    fn leave(&mut self, call: CallId) -> bool {
        self.session.leave_absent(call, &mut self.wire, &mut self.events)
    }

    /// The arguments of what was sent since.
    fn arguments(&mut self) -> Vec<Bytes> {
        let frames = self.wire.frames();
        frames
            .iter()
            .map(|frame| match frame.decode().unwrap() {
                (Header::Call(_), payload) => payload,
                (other, _) => panic!("it sends {other:?}"),
            })
            .collect()
    }
}

#[test]
fn p5_calls_that_nobody_is_there_to_answer_are_sent_again_in_their_order() {
    let mut f = Fixture::new();
    let calls = ["a", "b", "c", "d", "e"].map(|waiter| f.absent(None, waiter));
    let of_one = f.absent(Some("shop"), "f");
    // Whoever looks first is not sent first, and one of them is given up.
    assert_eq!(
        f.next(calls[2]),
        Some(Next::Item(Item::Absent(Absence::nobody())))
    );
    assert_eq!(f.next(calls[2]), None);
    f.abandon(calls[1]);
    assert!(!f.session.may_have_run(calls[0]));
    assert_eq!(f.session.unanswered(), 5);
    assert!(f.send_again(None, 3));
    assert_eq!(f.arguments(), ["a", "c", "d"]);
    assert!(f.session.may_have_run(calls[0]));
    assert!(!f.send_again(None, 3));
    assert_eq!(f.arguments(), ["e"]);
    assert!(!f.send_again(Some("shop"), 3));
    assert_eq!(f.arguments(), ["f"]);
    assert!(!f.send_again(None, 3) && !f.send_again(Some("shop"), 3));
    // Its number is the same, and so is what becomes of it.
    f.reply(calls[0], &Ok(bytes("value"))).unwrap();
    assert_eq!(
        f.next(calls[0]),
        Some(Next::Item(Item::Absent(Absence::nobody())))
    );
    assert_eq!(f.next(calls[0]), Some(Next::End(Ok(bytes("value")))));
    // The second time, that is its outcome.
    f.reply(calls[2], &nobody()).unwrap();
    assert_eq!(f.next(calls[2]), Some(Next::End(nobody())));
    // It was sent again, so it is no longer one that waits.
    assert!(!f.leave(of_one));
}

#[test]
fn a_call_that_waits_for_nobody_ends_where_nobody_is() {
    let mut f = Fixture::new();
    let call = f.call(None, "a");
    f.reply(call, &nobody()).unwrap();
    assert_eq!(f.next(call), Some(Next::End(nobody())));
    assert!(!f.send_again(None, 1));
    // And any other failure is the outcome of one that waits.
    let call = f.submit(&Message::Call(lasting(None), &bytes("a")), "a").unwrap();
    let full = failed(Failed::Overloaded { may_have_run: false });
    f.reply(call, &full).unwrap();
    assert_eq!(f.next(call), Some(Next::End(full)));
    f.assert_empty();
}

#[test]
fn what_waits_for_somebody_waits_for_a_connection_as_well_and_keeps_its_place() {
    let mut f = Fixture::new();
    f.absent(None, "a");
    f.absent(None, "b");
    f.session.disconnected(&mut f.events);
    assert_eq!(f.woken(), [""; 0]);
    let later = f.call(None, "c");
    assert!(!f.send_again(None, 8));
    assert_eq!(f.wire.sent(), []);
    f.connect();
    assert_eq!(f.arguments(), ["a", "b", "c"]);
    assert_eq!(f.next(later), None);
}

#[test]
fn one_that_was_kept_before_it_was_sent_waits_as_well() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let call = f.submit(&Message::Call(lasting(None), &bytes("a")), "a").unwrap();
    f.wire.full = false;
    f.session.send_parked(at(0), &mut f.wire, &mut f.events);
    f.reply(call, &nobody()).unwrap();
    assert_eq!(f.next(call), Some(Next::Item(Item::Absent(Absence::nobody()))));
    // It has no time of its own: who has made it says when that is over.
    f.wait_until(1_000_000);
    assert_eq!(f.next(call), None);
    assert!(f.leave(call));
    assert!(!f.leave(call));
    assert!(!f.send_again(None, 1));
    f.assert_empty();
}

#[test]
fn its_deadline_counts_from_when_it_is_sent_again() {
    let mut f = Fixture::new();
    let request = Request {
        deadline: Some(at(100)),
        ..lasting(None)
    };
    let call = f.submit(&Message::Call(request, &bytes("a")), "a").unwrap();
    f.reply(call, &nobody()).unwrap();
    f.now = 60;
    f.wire.sent();
    assert!(!f.send_again(None, 1));
    let frames = f.wire.frames();
    let (Header::Call(header), _) = frames[0].decode().unwrap() else {
        panic!("{frames:?}")
    };
    assert_eq!(header.deadline, Some(40 * MS));
    f.wait_until(100);
    assert_eq!(f.next(call), Some(Next::Item(Item::Absent(Absence::nobody()))));
    assert_eq!(f.next(call), Some(Next::End(failed(Failed::timeout(true)))));
}

#[test]
fn a_session_that_is_closed_ends_those_that_wait() {
    let mut f = Fixture::new();
    let call = f.absent(None, "a");
    assert_eq!(f.next(call), Some(Next::Item(Item::Absent(Absence::nobody()))));
    assert_eq!(f.next(call), None);
    f.session.close(&mut f.wire, &mut f.events);
    assert_eq!(f.woken(), ["late waiter"]);
    let cancelled = failed(Failed::Cancelled { may_have_run: false });
    assert_eq!(f.next(call), Some(Next::End(cancelled)));
    assert!(!f.send_again(None, 1));
    f.assert_empty();
}

/// It waited for a connection before, which may take no longer than the session's patience.
#[test]
fn what_waits_for_somebody_does_not_end_by_the_time_that_it_had_for_a_connection() {
    let mut f = Fixture::new();
    f.session.disconnected(&mut f.events);
    let call = f.submit(&Message::Call(lasting(None), &bytes("a")), "a").unwrap();
    f.connect();
    f.wire.sent();
    f.reply(call, &nobody()).unwrap();
    assert_eq!(f.woken(), ["a"]);
    f.session.disconnected(&mut f.events);
    // Somebody is there, says the connection that is lost just now.
    assert!(!f.send_again(None, 8));
    f.wait_until(60);
    assert_eq!(f.woken(), [""; 0]);
    f.connect();
    assert_eq!(f.arguments(), ["a"]);
}
