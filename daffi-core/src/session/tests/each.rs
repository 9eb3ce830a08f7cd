//! Calls for each item of a stream: what is known of how far they came when something from outside ends them.

use super::wire::Sent;
use super::*;
use crate::session::Next;

impl Fixture {
    /// Sends a call for each item of a stream, or another.
    fn each(&mut self, mode: Mode, deadline: Option<u32>) -> CallId {
        let request = Request {
            streams: 1,
            mode,
            ..Self::request(deadline)
        };
        let call = self
            .submit(&Message::Call(request, &bytes("")), "caller")
            .unwrap();
        self.wire.sent();
        call
    }

    fn done(&mut self, call: CallId, items: u64) -> Result<(), Fault> {
        self.receive(Header::Done { call, items }, Bytes::new())
    }

    fn answer_of(&mut self, call: CallId) -> Option<Next> {
        self.session.poll_next(call, &mut Some("caller"))
    }
}

/// each.done
#[test]
fn what_is_known_to_be_done_is_told_before_an_end_from_outside() {
    let cancelled = Failed::Cancelled { may_have_run: true };
    let lost = Failed::ProviderLost {
        process: "provider".to_owned(),
    };
    let disconnected = Failed::Disconnected { may_have_run: true };
    for expected in [cancelled, lost, disconnected, Failed::timeout(true)] {
        let mut f = Fixture::new();
        let call = f.each(Mode::Each, Some(10));
        for items in [2, 5, 4] {
            f.done(call, items).unwrap();
        }
        assert_eq!((f.answer_of(call), f.woken()), (None, vec![]), "nobody has asked");
        match &expected {
            Failed::Disconnected { .. } => f.session.disconnected(&mut f.events),
            Failed::Timeout { .. } => f.wait_until(10),
            failed => f.reply(call, &self::failed(failed.clone())).unwrap(),
        }
        assert_eq!(f.answer_of(call), Some(Next::Item(Item::Done(5))), "{expected:?}");
        assert_eq!(f.answer_of(call), Some(Next::End(failed(expected))));
    }
}

#[test]
fn nothing_is_told_of_other_ends_and_other_calls() {
    let end = Some(Next::End(failed(Failed::Cancelled { may_have_run: true })));
    let mut f = Fixture::new();
    // Nothing is known.
    let call = f.each(Mode::Each, None);
    f.done(call, 0).unwrap();
    f.reply(call, &failed(Failed::Cancelled { may_have_run: true }))
        .unwrap();
    assert_eq!(f.answer_of(call), end);
    // The callback says it by itself.
    let call = f.each(Mode::Each, None);
    f.done(call, 3).unwrap();
    f.reply(call, &Ok(bytes("tally"))).unwrap();
    assert_eq!(f.answer_of(call), Some(Next::End(Ok(bytes("tally")))));
    // It runs once.
    let call = f.each(Mode::Answered, None);
    f.done(call, 3).unwrap();
    f.reply(call, &failed(Failed::Cancelled { may_have_run: true }))
        .unwrap();
    assert_eq!(f.answer_of(call), end);
}

#[test]
fn how_far_a_call_has_come_that_is_not_out_is_a_fault() {
    let mut f = Fixture::new();
    let answered = f.each(Mode::Each, None);
    f.reply(answered, &Ok(Bytes::new())).unwrap();
    for call in [answered, id(6)] {
        let found = f.done(call, 1);
        assert!(matches!(found, Err(Fault::Unexpected(_))), "{found:?}");
    }
    // Of one that nobody waits for, the answer is still to come.
    let abandoned = f.each(Mode::Each, None);
    f.abandon(abandoned);
    f.done(abandoned, 1).unwrap();
}

#[test]
fn p6_a_run_says_how_far_it_has_come_where_there_is_room() {
    let mut f = Fixture::new();
    let run = f.running(3);
    f.session.tell_done(run, 7, &mut f.wire);
    assert_eq!(f.wire.sent(), [Sent::Done { number: 3, items: 7 }]);
    f.wire.full = true;
    f.session.tell_done(run, 8, &mut f.wire);
    f.wire.full = false;
    f.finish(run, &Ok(Bytes::new()));
    f.session.tell_done(run, 9, &mut f.wire);
    assert_eq!(f.wire.sent().len(), 1, "its answer");
}
