//! A controller that is about to stop: what begins then waits for the next one.

use super::wire::Sent;
use super::*;

/// A session whose controller stops in so many milliseconds.
fn held(within: u32) -> Fixture {
    let mut f = Fixture::new();
    hold(&mut f, within);
    f
}

fn hold(f: &mut Fixture, within: u32) {
    f.receive(Header::Stopping { within: MS * within }, Bytes::new())
        .unwrap();
}

/// What was sent, but for what is granted.
fn sent(f: &mut Fixture) -> Vec<Sent> {
    f.wire.sent()
}

fn is_call(sent: &Sent, call: CallId) -> bool {
    matches!(sent, Sent::Call { number: sent, .. } if *sent == number(call))
}

/// controller.stop.hold
#[test]
fn what_is_called_then_waits_for_the_next_controller() {
    let mut f = held(1000);
    assert_eq!(sent(&mut f), [Sent::Stopping]);
    let call = f.call(None, "a");
    assert_eq!(sent(&mut f), []);
    assert!(!f.session.waits_for_room(), "nothing that may be sent waits");
    // It waits for as long as that may take, and then for as long as for any connection.
    f.wait_until(1000);
    assert_eq!(f.poll(call), None);
    f.session.disconnected(&mut f.events);
    assert_eq!(f.woken(), Vec::<&str>::new());
    f.connect();
    let sent = sent(&mut f);
    assert!(matches!(&*sent, [only] if is_call(only, call)), "{sent:?}");
}

/// controller.stop.hold
#[test]
fn what_waits_for_a_controller_that_never_comes_ends_and_did_not_run() {
    let mut f = held(1000);
    let call = f.call(None, "a");
    let patience = u32::try_from(PATIENCE.as_millis()).unwrap();
    f.wait_until(999 + patience);
    assert_eq!(f.poll(call), None);
    f.wait_until(1000 + patience);
    let lost = Failed::Disconnected { may_have_run: false };
    assert_eq!(f.poll(call), Some(failed(lost)));
}

/// controller.stop.nested
#[test]
fn p5_what_callbacks_wait_for_goes_before_what_is_held_and_in_its_order() {
    let mut f = Fixture::new();
    let run = f.running(3);
    hold(&mut f, 1000);
    let before = f.call(None, "before");
    sent(&mut f);
    let nested = ["one", "two", "three"].map(|name| {
        let mut request = Fixture::request(None);
        request.within = Some(run);
        f.submit(&Message::Call(request, &bytes(name)), name).unwrap()
    });
    let now = sent(&mut f);
    assert_eq!(now.len(), nested.len(), "{now:?}");
    assert!(
        now.iter().zip(nested).all(|(sent, call)| is_call(sent, call)),
        "{now:?}"
    );
    // What waits is the first of what the next controller is sent.
    f.session.disconnected(&mut f.events);
    f.connect();
    let after = f.call(None, "after");
    let now: Vec<_> = sent(&mut f)
        .into_iter()
        .filter(|sent| matches!(sent, Sent::Call { .. }))
        .collect();
    assert_eq!(now.len(), 2, "{now:?}");
    assert!(is_call(&now[0], before) && is_call(&now[1], after), "{now:?}");
}

/// controller.stop.nested
#[test]
fn p16_what_a_callback_waits_for_is_sent_all_the_same() {
    let mut f = Fixture::new();
    let run = f.running(3);
    hold(&mut f, 1000);
    sent(&mut f);
    let mut request = Fixture::request(None);
    request.within = Some(run);
    let nested = Message::Call(request.clone(), &bytes("nested"));
    let call = f.submit(&nested, "nested").unwrap();
    let now = sent(&mut f);
    assert!(matches!(&*now, [only] if is_call(only, call)), "{now:?}");
    // Nobody waits for it any more.
    f.finish(run, &Ok(bytes("done")));
    sent(&mut f);
    f.submit(&nested, "late").unwrap();
    assert_eq!(sent(&mut f), []);
}

/// controller.stop.heard
#[test]
fn the_controller_is_told_that_nothing_more_comes_when_that_is_so() {
    let mut f = Fixture::new();
    f.wire.full = true;
    let before = f.call(None, "before");
    hold(&mut f, 1000);
    let after = f.call(None, "after");
    assert_eq!(sent(&mut f), []);
    f.wire.full = false;
    let now = at(f.now);
    f.session.send_parked(now, &mut f.wire, &mut f.events);
    let now = sent(&mut f);
    assert!(
        matches!(&*now, [first, Sent::Stopping] if is_call(first, before)),
        "{now:?}"
    );
    // It says so once.
    hold(&mut f, 1000);
    assert_eq!(sent(&mut f), []);
    assert_eq!(f.poll(after), None);
}
