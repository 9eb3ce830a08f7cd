//! Calls that wait at the controller when their time is over: whether they ran is asked, and waited for, but not for long.

use super::*;
use crate::proto::Absence;

impl Fixture {
    /// A call with a deadline, which the controller says waits.
    fn waiting(deadline: u32) -> (Self, CallId) {
        let mut f = Self::new();
        let call = f.call(Some(deadline), "waits");
        f.wire.sent();
        f.receive(Header::Waits { call }, Bytes::new()).unwrap();
        (f, call)
    }

    /// A call with a deadline, which is kept where nobody is there.
    fn lasting(deadline: u32) -> (Self, CallId) {
        let mut f = Self::new();
        let request = Request {
            lasting: true,
            ..Self::request(Some(deadline))
        };
        let call = f.submit(&Message::Call(request, &bytes("waits")), "waits");
        (f, call.unwrap())
    }

    /// Its time passes, and the controller is asked.
    fn late() -> (Self, CallId) {
        let (mut f, call) = Self::waiting(20);
        f.wait_until(20);
        assert_eq!(f.wire.sent(), [cancel(call)]);
        assert_eq!(f.woken(), [""; 0]);
        (f, call)
    }

    fn cancel(&mut self, call: CallId) -> bool {
        self.session
            .cancel(at(self.now), call, &mut self.wire, &mut self.events)
    }

    fn ends(&mut self, call: CallId, may_have_run: bool) {
        assert_eq!(self.woken(), ["waits"]);
        let outcome = self.poll(call);
        assert_eq!(outcome, Some(failed(Failed::timeout(may_have_run))));
    }
}

#[test]
fn p2_a_call_whose_time_was_over_while_it_waited_did_not_run() {
    let (mut f, call) = Fixture::late();
    let cancelled = Failed::Cancelled { may_have_run: false };
    f.reply(call, &failed(cancelled)).unwrap();
    f.ends(call, false);
    f.wait_until(1000);
    assert_eq!((f.wire.sent(), f.woken()), (vec![], vec![]));
    f.assert_empty();
}

#[test]
fn p2_a_call_that_a_provider_was_given_meanwhile_may_have_run() {
    for outcome in [Ok(bytes("7")), failed(Failed::Cancelled { may_have_run: true })] {
        let (mut f, call) = Fixture::late();
        f.reply(call, &outcome).unwrap();
        f.ends(call, true);
        f.assert_empty();
    }
}

#[test]
fn p3_a_controller_that_does_not_answer_is_not_waited_for_long() {
    let (mut f, call) = Fixture::late();
    f.wait_until(119);
    assert_eq!(f.woken(), [""; 0]);
    f.wait_until(120);
    f.ends(call, true);
    assert_eq!(f.wire.sent(), [], "it was cancelled before");
    // Its number is free when the answer has come.
    f.reply(call, &Ok(Bytes::new())).unwrap();
    f.assert_empty();

    let (mut f, call) = Fixture::late();
    f.session.disconnected(&mut f.events);
    f.ends(call, true);
}

/// One that nobody was there to answer at first, and that was sent again when somebody was, has its deadline twice.
#[test]
fn p2_a_call_that_was_sent_twice_is_waited_for_as_well() {
    let (mut f, call) = Fixture::lasting(20);
    let nobody = || failed(Failed::NoProvider(Absence::nobody()));
    f.reply(call, &nobody()).unwrap();
    assert_eq!(f.woken(), ["waits"]);
    assert!(matches!(
        f.next_for(call, "waits"),
        Some(Next::Item(Item::Absent(_)))
    ));
    assert_eq!(f.next_for(call, "waits"), None);
    let what = KeptWait::new("add", None, &[]);
    f.session.send_again(at(0), &what, 8, &mut f.wire, &mut f.events);
    f.receive(Header::Waits { call }, Bytes::new()).unwrap();
    f.wire.sent();
    f.wait_until(20);
    assert_eq!((f.wire.sent(), f.woken()), (vec![cancel(call)], vec![]));
    f.reply(call, &nobody()).unwrap();
    f.ends(call, false);
    f.assert_empty();
}

#[test]
fn a_call_that_is_given_up_waits_for_nobody_who_may_come() {
    let (mut f, call) = Fixture::lasting(20);
    f.receive(Header::Waits { call }, Bytes::new()).unwrap();
    f.wait_until(20);
    // The last who offered it has left.
    f.reply(call, &failed(Failed::NoProvider(Absence::nobody())))
        .unwrap();
    f.ends(call, false);
    f.assert_empty();
}

#[test]
fn p2_what_was_cancelled_while_it_waited_did_not_run() {
    let (mut f, call) = Fixture::waiting(200);
    assert!(f.cancel(call) && f.cancel(call));
    assert_eq!((f.wire.sent(), f.woken()), (vec![cancel(call)], vec![]));
    let cancelled = |may_have_run| failed(Failed::Cancelled { may_have_run });
    f.reply(call, &cancelled(false)).unwrap();
    assert_eq!(f.woken(), ["waits"]);
    assert_eq!(f.poll(call), Some(cancelled(false)));
    f.assert_empty();

    // A provider was given it meanwhile, or nobody says anything, or its time is over before that.
    for reply in [Some(Ok(bytes("7"))), Some(cancelled(true)), None] {
        let (mut f, call) = Fixture::waiting(50);
        assert!(f.cancel(call));
        match &reply {
            Some(reply) => f.reply(call, reply).unwrap(),
            None => f.wait_until(99),
        }
        assert_eq!(f.woken().len(), usize::from(reply.is_some()));
        f.wait_until(100);
        assert_eq!(f.poll(call), Some(cancelled(true)));
        assert_eq!(f.wire.sent(), [cancel(call)]);
    }
}

#[test]
fn of_a_call_that_does_not_wait_at_the_controller_nobody_is_asked() {
    let mut f = Fixture::new();
    let call = f.call(None, "runs");
    assert!(!f.cancel(call));
    f.session.disconnected(&mut f.events);
    let parked = f.call(None, "parked");
    assert!(!f.cancel(parked) && !f.session.may_have_run(parked));
    assert_eq!(f.wire.sent().len(), 1);
}

#[test]
fn without_a_connection_nobody_is_asked() {
    let (mut f, call) = Fixture::waiting(20);
    f.session.disconnected(&mut f.events);
    assert_eq!(f.woken(), ["waits"]);
    let lost = Failed::Disconnected { may_have_run: true };
    assert_eq!(f.poll(call), Some(failed(lost)));
}

#[test]
fn that_a_call_waits_which_is_none_is_a_fault() {
    let mut f = Fixture::new();
    let waits = Header::Waits { call: id(3) };
    assert!(matches!(
        f.receive(waits, Bytes::new()),
        Err(Fault::Unexpected(_))
    ));
}
