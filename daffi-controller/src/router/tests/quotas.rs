//! Quotas: what is over one is refused by name, what is not goes on, and what is given back is all that was taken.

use daffi_core::proto::{Exceeded, Lacking, Measure, QuotaOf, Told};
use proptest::prelude::*;

use super::super::account::{Account, Brings, longer};
use super::*;
use crate::access::Allowed;

fn allowed(identity: Option<&str>, quotas: Quotas) -> Option<Allowed> {
    Policy::allowed(None, identity, &quotas)
}

const fn exceeded(measure: Measure, of: QuotaOf, limit: u64) -> Exceeded {
    Exceeded::new(measure, of, limit, None)
}

impl Fixture {
    /// Connects a process with quotas.
    fn metered(&mut self, name: &str, identity: Option<&str>, quotas: Quotas) -> PeerId {
        let link = self.join(name, &[]);
        self.allow(link, identity, quotas);
        link
    }

    fn allow(&mut self, link: PeerId, identity: Option<&str>, quotas: Quotas) {
        let allowed = allowed(identity, quotas);
        self.router.allow(link, allowed.as_ref(), self.queues.now);
        check_tallies(&self.router);
    }

    fn owes(&mut self, link: PeerId) -> Option<Duration> {
        self.router.owes(link, &Turn::new(self.queues.now))
    }

    fn pass(&mut self, time: Duration) {
        self.queues.now = self.queues.now + time;
    }

    /// A provider that runs two calls at the same time, for which others wait.
    fn provider_of_two(&mut self) -> PeerId {
        let provider = self.connect("provider");
        let busy = Offered {
            concurrency: Some(2),
            queue: 10,
            ..offered(0, "add")
        };
        self.offer(provider, &[busy], true);
        provider
    }

    fn exceeds(&mut self, from: PeerId, header: CallHeader<'_>) -> Exceeded {
        match self.refused(from, header) {
            Failed::OverQuota(exceeded) => exceeded,
            other => panic!("{other:?}"),
        }
    }
}

/// The quota that a call is said to be over.
fn over(said: &Said) -> Option<Exceeded> {
    match said {
        Said::Reply {
            outcome: Err(Failure::Failed(Failed::OverQuota(exceeded))),
            ..
        } => Some(*exceeded),
        _ => None,
    }
}

/// A call for each item of a stream.
fn each(number: u32) -> CallHeader<'static> {
    CallHeader {
        mode: Mode::Each,
        ..call(number, "add")
    }
}

const fn connection(quota: Quota) -> Quotas {
    Quotas::new().connection(quota)
}

const fn identity(quota: Quota) -> Quotas {
    Quotas::new().identity(quota)
}

#[test]
fn calls_at_the_same_time_are_as_many_as_a_connection_may_have() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().calls(2)));
    let other = f.join("other", &[]);
    let (_, first) = f.routed(caller, call(0, "add"));
    f.routed(caller, call(1, "add"));
    let over = f.exceeds(caller, call(2, "add"));
    assert_eq!(over, exceeded(Measure::Calls, QuotaOf::Connection, 2));
    f.routed(other, call(0, "add"));
    f.reply(provider, first);
    f.said();
    f.routed(caller, call(2, "add"));
}

#[test]
fn an_identity_has_its_quota_once_over_all_its_connections() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let quotas = identity(Quota::new().calls(3));
    let [one, two] = ["one", "two"].map(|name| f.metered(name, Some("ann"), quotas));
    let eve = f.metered("eve", Some("eve"), quotas);
    let nobody = f.metered("nobody", None, quotas);
    f.routed(one, call(0, "add"));
    let (_, run) = f.routed(two, call(0, "add"));
    f.routed(two, call(1, "add"));
    let over = exceeded(Measure::Calls, QuotaOf::Identity, 3);
    assert_eq!(f.exceeds(one, call(1, "add")), over);
    assert_eq!(f.exceeds(two, call(2, "add")), over);
    for number in 0..5 {
        f.routed(nobody, call(number, "add"));
    }
    f.routed(eve, call(0, "add"));
    f.reply(provider, run);
    f.said();
    f.routed(one, call(1, "add"));
    assert_eq!(f.exceeds(two, call(2, "add")), over);
    // What a connection has goes with it.
    f.disconnect(two);
    f.said();
    f.routed(one, call(2, "add"));
    assert_eq!(f.exceeds(one, call(3, "add")), over);
}

#[test]
fn calls_that_wait_and_calls_that_were_handed_over_count() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let offer = Offered {
        concurrency: Some(1),
        queue: 10,
        ..offered(0, "add")
    };
    f.offer(provider, &[offer], true);
    let caller = f.metered("caller", None, connection(Quota::new().calls(2)));
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(0, "add")
    };
    f.call(caller, handed_over);
    f.said();
    f.call(caller, call(1, "add"));
    assert_eq!(f.router.calls_waiting(), 1);
    f.exceeds(caller, call(2, "add"));
    f.cancel(caller, 1);
    f.said();
    f.call(caller, call(1, "add"));
    assert_eq!(f.router.calls_waiting(), 1);
}

#[test]
fn calls_in_a_second_are_refused_until_there_is_room_and_it_is_said_when() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().calls_per_second(4)));
    for number in 0..4 {
        f.routed(caller, call(number, "add"));
    }
    let time = Duration::from_millis(250);
    let over = Exceeded::new(Measure::CallsPerSecond, QuotaOf::Connection, 4, Some(time));
    assert_eq!(f.exceeds(caller, call(4, "add")), over);
    f.pass(Duration::from_millis(249));
    f.exceeds(caller, call(4, "add"));
    f.pass(Duration::from_millis(1));
    f.routed(caller, call(4, "add"));
    f.exceeds(caller, call(5, "add"));
    // Answers are no calls.
    f.router.allow(
        provider,
        allowed(None, connection(Quota::new().calls_per_second(0))).as_ref(),
        f.queues.now,
    );
    f.reply(provider, 0);
    assert!(!f.said().is_empty());
}

#[test]
fn each_that_a_call_to_many_asks_is_a_call() {
    let mut f = Fixture::new();
    for name in ["one", "two", "three", "four"] {
        f.join(name, &["add"]);
    }
    let broadcast = |number| CallHeader {
        mode: Mode::Broadcast,
        ..call(number, "add")
    };
    let refused = |f: &mut Fixture| {
        let parts = f.said().into_iter().filter_map(|(_, said)| match said {
            Said::Part {
                outcome: Err(Failure::Failed(Failed::OverQuota(exceeded))),
                ..
            } => Some(exceeded.measure),
            _ => None,
        });
        parts.collect::<Vec<_>>()
    };
    let caller = f.metered("caller", None, connection(Quota::new().calls_per_second(6)));
    f.call(caller, broadcast(0));
    assert_eq!(refused(&mut f), []);
    f.call(caller, broadcast(1));
    assert_eq!(refused(&mut f), [Measure::CallsPerSecond; 2]);
    f.exceeds(caller, broadcast(2));
    let caller = f.metered("another", None, connection(Quota::new().calls(3)));
    f.call(caller, broadcast(0));
    assert_eq!(refused(&mut f), [Measure::Calls]);
}

#[test]
fn streams_at_the_same_time_are_as_many_as_one_may_have() {
    let mut f = Fixture::new();
    let provider = f.provider_of_two();
    let caller = f.metered("caller", Some("ann"), identity(Quota::new().streams(1)));
    let other = f.metered("other", Some("ann"), identity(Quota::new().streams(1)));
    let (_, run) = f.routed(caller, each(0));
    let over = exceeded(Measure::Streams, QuotaOf::Identity, 1);
    assert_eq!(f.exceeds(other, each(0)), over);
    // One that waits is looked at when it is to run.
    f.routed(other, call(0, "add"));
    f.call(other, each(1));
    assert_eq!(f.router.calls_waiting(), 1);
    f.said();
    f.reply(provider, run);
    assert_eq!(f.router.calls_waiting(), 0);
    f.said();
    assert_eq!(f.router.peers.holders().counted().next().unwrap().1.1.streams, 1);
}

#[test]
fn a_call_that_waits_for_a_place_is_refused_if_it_would_be_one_stream_too_many_then() {
    let mut f = Fixture::new();
    let provider = f.provider_of_two();
    let caller = f.metered("caller", None, connection(Quota::new().streams(1)));
    f.routed(caller, each(0));
    let (_, run) = f.routed(caller, call(1, "add"));
    f.call(caller, each(2));
    assert_eq!(f.router.calls_waiting(), 1);
    f.said();
    f.reply(provider, run);
    let over = exceeded(Measure::Streams, QuotaOf::Connection, 1);
    assert!(f.said().contains(&(caller, failure(2, Failed::OverQuota(over)))));
}

#[test]
fn a_stream_that_nobody_has_offered_counts_as_any_other() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let quotas = identity(Quota::new().streams(1));
    let [one, two] = ["one", "two"].map(|name| f.metered(name, Some("ann"), quotas));
    let [(_, first), (_, second), (_, third)] =
        [(one, 0), (two, 0), (two, 1)].map(|(from, number)| f.routed(from, call(number, "add")));
    let opened = |number| Header::Opened {
        call: id(number),
        index: 0,
    };
    f.receive(provider, opened(first), &Bytes::new()).unwrap();
    f.receive(provider, opened(first), &Bytes::new()).unwrap();
    f.said();
    check_tallies(&f.router);
    let items = |number, stream| Header::Items {
        call: id(number),
        stream,
        items: 1,
        explained: false,
    };
    let over = Failed::OverQuota(exceeded(Measure::Streams, QuotaOf::Identity, 1));
    // Neither opened, nor sent without a word; not by its provider, and not by its caller.
    f.receive(provider, opened(second), &Bytes::new()).unwrap();
    let said = f.said();
    assert!(said.contains(&(two, failure(0, over.clone()))), "{said:?}");
    assert!(
        said.contains(&(provider, Said::Cancel { number: second })),
        "{said:?}"
    );
    f.receive(two, items(1, StreamId::Argument(0)), &Bytes::from("x"))
        .unwrap();
    assert!(f.said().contains(&(two, failure(1, over))));
    for number in [second, third] {
        f.reply(provider, number);
    }
    f.said();
    let (_, fourth) = f.routed(two, call(2, "add"));
    f.reply(provider, first);
    f.said();
    f.receive(provider, items(fourth, StreamId::Result(0)), &Bytes::from("x"))
        .unwrap();
    assert!(matches!(&*f.said(), [(to, Said::Items { .. })] if *to == two));
    check_tallies(&f.router);
    f.reply(provider, fourth);
    f.said();
    assert_eq!(f.router.peers.holders().counted().next().unwrap().1.1.streams, 0);
}

#[test]
fn callbacks_are_as_many_as_one_may_offer() {
    let mut f = Fixture::new();
    let quotas = Quotas::new()
        .connection(Quota::new().callbacks(2))
        .identity(Quota::new().callbacks(3));
    let one = f.metered("one", Some("ann"), quotas);
    let two = f.metered("two", Some("ann"), quotas);
    f.offer(one, &[offered(0, "a"), offered(1, "b")], true);
    let reason = f.denied(one, &[offered(2, "c")]);
    assert!(
        reason.starts_with("the controller takes no more than 2 callbacks for the connection"),
        "{reason}"
    );
    assert!(
        reason.ends_with("by `callbacks` of `quotas.connection` in its configuration"),
        "{reason}"
    );
    // Whoever runs the controller is told of it.
    let told = f.router.take_denials();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].peer, told[0].kind), (one, DenialKind::OverQuota));
    assert_eq!(
        told[0].reason,
        "2 callbacks for the connection of this process (`callbacks` of `quotas.connection`)"
    );
    // An offer counts as a whole or not at all.
    let reason = f.denied(two, &[offered(0, "d"), offered(1, "e")]);
    assert!(
        reason.contains("3 callbacks for all processes of its identity"),
        "{reason}"
    );
    f.offer(two, &[offered(0, "d")], true);
    f.denied(two, &[offered(1, "e")]);
    f.withdraw(one, &[0]);
    f.offer(two, &[offered(1, "e")], true);
    f.disconnect(two);
    f.said();
    f.offer(one, &[offered(2, "c")], true);
}

#[test]
fn a_call_without_room_for_its_bytes_is_refused_and_what_cannot_be_refused_is_owed() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(1000)));
    let send = |f: &mut Fixture, number, size: usize| {
        let payload = Bytes::from(vec![0; size]);
        f.receive(caller, Header::Call(call(number, "add")), &payload)
            .unwrap();
        match &*f.said() {
            [(to, Said::Run { .. })] if *to == provider => None,
            [(_, refused)] => Some(over(refused).unwrap()),
            other => panic!("{other:?}"),
        }
    };
    // Beside its payload, a call has its name, and 32 bytes.
    assert_eq!(send(&mut f, 0, 665), None);
    let over = send(&mut f, 1, 300).unwrap();
    assert_eq!((over.measure, over.limit), (Measure::BytesPerSecond, 1000));
    assert_eq!(over.room_in, Some(Duration::from_millis(35)));
    assert_eq!(f.owes(caller), None);
    assert_eq!(send(&mut f, 1, 265), None);
    // What is more than a second's is let through when nothing else is.
    f.pass(Duration::from_secs(1));
    assert_eq!(send(&mut f, 2, 2965), None);
    assert_eq!(f.owes(caller), Some(Duration::from_secs(2)));
    let cancel = Header::Cancel { call: id(2) };
    f.receive(caller, cancel, &Bytes::new()).unwrap();
    assert_eq!(f.owes(caller), Some(Duration::from_millis(2032)));
}

#[test]
fn the_bytes_of_an_identity_are_owed_by_all_its_connections() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let quotas = identity(Quota::new().bytes_per_second(100));
    let [one, two] = ["one", "two"].map(|name| f.metered(name, Some("ann"), quotas));
    f.receive(one, Header::Call(call(0, "add")), &Bytes::from(vec![0; 165]))
        .unwrap();
    assert_eq!(f.owes(two), Some(Duration::from_secs(1)));
    // Who comes again owes what was owed.
    f.disconnect(one);
    f.disconnect(two);
    f.said();
    let one = f.metered("one", Some("ann"), quotas);
    assert_eq!(f.owes(one), Some(Duration::from_secs(1)));
    f.disconnect(one);
    f.pass(Duration::from_secs(61));
    f.metered("other", Some("eve"), quotas);
    assert_eq!(f.router.peers.holders().counted().count(), 1);
}

#[test]
fn an_identity_has_no_new_second_by_coming_again() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let quotas = identity(Quota::new().calls_per_second(2));
    let come = |f: &mut Fixture| {
        let link = f.metered("caller", Some("ann"), quotas);
        f.said();
        f.call(link, call(0, "add"));
        let refused = f.said().iter().any(|(to, _)| *to == link);
        f.disconnect(link);
        f.said();
        refused
    };
    assert_eq!([0; 3].map(|_| come(&mut f)), [false, false, true]);
    f.pass(Duration::from_secs(60));
    // Somebody else comes, and it is forgotten.
    let eve = f.metered("eve", Some("eve"), quotas);
    assert_eq!(f.router.peers.holders().counted().count(), 1);
    f.disconnect(eve);
    f.said();
    assert!(!come(&mut f));
}

const fn declares(number: u32, bytes: u64) -> Header<'static> {
    Header::Large {
        bytes,
        frame: Large::Call(call(number, "add")),
    }
}

fn piece(number: u32) -> Header<'static> {
    Header::Piece {
        call: id(number),
        of: PieceOf::Arguments,
    }
}

#[test]
fn a_large_call_is_looked_at_when_it_is_declared_and_counted_as_it_comes() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(1000)));
    f.receive(caller, declares(0, 500), &Bytes::new()).unwrap();
    assert!(matches!(&*f.said(), [(_, Said::Large { .. })]));
    f.receive(caller, piece(0), &Bytes::from(vec![0; 500])).unwrap();
    // Its head is counted with 35, and each piece with 32 beside its bytes; so there is no room for another one.
    f.receive(caller, declares(1, 500), &Bytes::new()).unwrap();
    let said = f.said();
    let [_, (_, refused)] = &*said else {
        panic!("{said:?}")
    };
    let exceeded = over(refused).unwrap();
    // The pieces are on their way: when there is room it has been made up for them.
    assert_eq!(exceeded.room_in, Some(Duration::from_millis(500 + 102)));
    assert_eq!(f.owes(caller), None);
    f.receive(caller, piece(1), &Bytes::from(vec![0; 500])).unwrap();
    assert_eq!(f.owes(caller), Some(Duration::from_millis(99)));
    f.pass(Duration::from_millis(500 + 102 + 32));
    f.receive(caller, declares(2, 500), &Bytes::new()).unwrap();
    assert!(matches!(&*f.said(), [(_, Said::Large { .. })]));
}

#[test]
fn what_is_declared_and_does_not_come_is_owed_by_nobody() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let quotas = identity(Quota::new().bytes_per_second(50));
    let [one, two] = ["one", "two"].map(|name| f.metered(name, Some("ann"), quotas));
    // What is let through, and what never is.
    for (number, bytes) in [(0, 1000), (1, 4000)] {
        f.pass(Duration::from_secs(2));
        f.receive(one, declares(number, bytes), &Bytes::new()).unwrap();
        f.said();
        assert_eq!([one, two].map(|link| f.owes(link)), [None; 2], "{bytes}");
    }
    f.pass(Duration::from_secs(2));
    f.routed(two, call(0, "add"));
}

#[test]
fn pieces_are_counted_however_much_was_declared() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", Some("ann"), identity(Quota::new().bytes_per_second(50)));
    for _ in 0..300 {
        f.receive(caller, declares(0, 4000), &Bytes::new()).unwrap();
        assert!(matches!(&*f.said(), [(_, Said::Reply { outcome: Err(_), .. })]));
    }
    f.pass(Duration::from_secs(60));
    let bytes = Bytes::from(vec![0; 50 - 32]);
    for taken in 0..10 {
        f.receive(caller, piece(7), &bytes).unwrap();
        let owed = (taken > 0).then(|| Duration::from_secs(taken));
        assert_eq!(f.owes(caller), owed);
    }
}

#[test]
fn whoever_would_not_be_read_for_long_is_not_let_in_and_told_why() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    for quotas in [
        identity(Quota::new().bytes_per_second(100)),
        connection(Quota::new().bytes_per_second(100)),
    ] {
        let one = f.metered("one", Some("ann"), quotas);
        let ann = allowed(Some("ann"), quotas).unwrap();
        let check = |f: &mut Fixture| f.router.check_connection(&ann, f.queues.now);
        assert_eq!(check(&mut f), Ok(()));
        f.receive(one, piece(0), &Bytes::from(vec![0; 268 + 100]))
            .unwrap();
        if quotas.of(QuotaOf::Identity).is_any() {
            let room_in = Some(Duration::from_secs(3));
            let over = Exceeded::new(Measure::BytesPerSecond, QuotaOf::Identity, 100, room_in);
            assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
            // It would wait for no longer than others of its identity do at any time.
            f.pass(Duration::from_secs(2));
            assert_eq!(check(&mut f), Ok(()));
        } else {
            // A connection owes what is its own.
            assert_eq!(check(&mut f), Ok(()));
        }
        f.disconnect(one);
        f.said();
    }
}

impl Fixture {
    /// A provider, and two processes of an identity, which may all send a hundred bytes in a second.
    fn slow_ones(&mut self) -> (PeerId, [PeerId; 2]) {
        let slow = Quota::new().bytes_per_second(100);
        let provider = self.metered("provider", Some("service"), connection(slow).identity(slow));
        self.offer(provider, &[offered(0, "add")], true);
        let callers = ["one", "two"].map(|name| self.metered(name, Some("ann"), identity(slow)));
        self.said();
        // Of what they have done until then nothing is owed.
        self.pass(Duration::from_secs(60));
        (provider, callers)
    }

    /// Answers with a value that is counted with so many bytes.
    fn answer(&mut self, provider: PeerId, run: u32, bytes: usize) {
        let header = Header::Reply {
            call: id(run),
            status: Status::Value,
        };
        self.receive(provider, header, &Bytes::from(vec![0; bytes - 32]))
            .unwrap();
        self.said();
    }

    /// Sends items that are counted with so many bytes.
    fn streamed(&mut self, provider: PeerId, run: u32, bytes: usize) {
        let header = Header::Items {
            call: id(run),
            stream: StreamId::Result(0),
            items: 1,
            explained: false,
        };
        self.receive(provider, header, &Bytes::from(vec![0; bytes - 32]))
            .unwrap();
        self.said();
    }
}

#[test]
fn an_answer_counts_for_who_asked_whose_calls_wait_and_not_for_who_gives_it() {
    let mut f = Fixture::new();
    let (provider, [one, two]) = f.slow_ones();
    let eve = f.join("eve", &[]);
    let (_, run) = f.routed(one, call(0, "add"));
    f.answer(provider, run, 300);
    assert_eq!([provider, one, two].map(|link| f.owes(link)), [None; 3]);
    // What it has sent is nothing beside that.
    let room_in = Some(Duration::from_secs(2));
    let over = Exceeded::new(Measure::BytesPerSecond, QuotaOf::Identity, 100, room_in);
    assert_eq!(f.exceeds(one, call(1, "add")), over);
    assert_eq!(f.exceeds(two, call(0, "add")), over);
    f.routed(eve, call(0, "add"));
    f.pass(Duration::from_secs(2));
    f.routed(two, call(0, "add"));
}

#[test]
fn the_answer_to_a_call_that_was_handed_over_counts_for_who_made_it() {
    let mut f = Fixture::new();
    let (provider, [one, _]) = f.slow_ones();
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(0, "add")
    };
    f.call(one, handed_over);
    let run = f.said().into_iter().find_map(|(_, said)| match said {
        Said::Run { number, .. } => Some(number),
        _ => None,
    });
    f.answer(provider, run.unwrap(), 300);
    assert_eq!(f.owes(provider), None);
    assert_eq!(
        f.exceeds(one, call(1, "add")).room_in,
        Some(Duration::from_secs(2))
    );
}

#[test]
fn who_has_a_stream_waits_for_what_it_brings_and_what_nobody_reads_is_its_senders() {
    let mut f = Fixture::new();
    let (provider, [one, two]) = f.slow_ones();
    let (_, run) = f.routed(one, call(0, "add"));
    let opens = |f: &mut Fixture, run| {
        let opened = Header::Opened {
            call: id(run),
            index: 0,
        };
        f.receive(provider, opened, &Bytes::new()).unwrap();
        f.said();
    };
    opens(&mut f, run);
    check_tallies(&f.router);
    assert_eq!(f.router.peers.get(one).map(|peer| peer.streaming), Some(1));
    f.streamed(provider, run, 300);
    // Whoever has none is read, and what it asks for is refused.
    assert_eq!(
        [provider, one, two].map(|link| f.owes(link)),
        [None, Some(Duration::from_secs(2)), None]
    );
    f.pass(Duration::from_secs(60));
    f.answer(provider, run, 32);
    assert_eq!(f.router.peers.get(one).map(|peer| peer.streaming), Some(0));
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(1, "add")
    };
    f.call(two, handed_over);
    let run = f.said().into_iter().find_map(|(_, said)| match said {
        Said::Run { number, .. } => Some(number),
        _ => None,
    });
    opens(&mut f, run.unwrap());
    f.streamed(provider, run.unwrap(), 300);
    assert_eq!(f.owes(two), None);
    assert!(f.owes(provider) > Some(Duration::from_secs(1)));
}

#[test]
fn what_is_never_let_through_is_told_so() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(50)));
    f.receive(caller, declares(0, 3016), &Bytes::new()).unwrap();
    let said = f.said();
    let [(_, refused)] = &*said else {
        panic!("{said:?}")
    };
    let exceeded = over(refused).unwrap();
    assert!(!exceeded.may_pass());
    assert_eq!(
        exceeded.to_string(),
        "50 bytes per second for the connection of this process, so that one call may bring 3050, and this one brings 3051"
    );
    f.receive(caller, declares(0, 3015), &Bytes::new()).unwrap();
    assert!(matches!(&*f.said(), [(_, Said::Large { .. })]));
    let nothing = f.metered("nothing", None, connection(Quota::new().bytes_per_second(0)));
    assert!(!f.exceeds(nothing, call(0, "add")).may_pass());
}

#[test]
fn a_call_to_many_that_is_let_through_on_credit_reaches_all() {
    let mut f = Fixture::new();
    for name in ["one", "two", "three"] {
        f.join(name, &["add"]);
    }
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(1000)));
    let header = CallHeader {
        mode: Mode::Broadcast,
        ..call(0, "add")
    };
    f.receive(caller, Header::Call(header), &Bytes::from(vec![0; 3000]))
        .unwrap();
    let runs = f
        .said()
        .into_iter()
        .filter(|(_, said)| matches!(said, Said::Run { .. }));
    assert_eq!(runs.count(), 3);
}

#[test]
fn nothing_means_nothing_also_for_what_cannot_be_refused() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(0)));
    let exceeded = f.exceeds(caller, call(0, "add"));
    assert_eq!((exceeded.limit, exceeded.room_in), (0, None));
    assert_eq!(f.owes(caller), None);
    f.receive(caller, Header::Cancel { call: id(7) }, &Bytes::from(vec![0; 50]))
        .unwrap();
    // It is read as slowly as anything can be.
    assert_eq!(f.owes(caller), Some(Duration::from_secs(60)));
}

#[test]
fn of_two_quotas_the_one_that_has_room_later_is_told() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let quotas = Quotas::new()
        .connection(Quota::new().calls_per_second(10))
        .identity(Quota::new().calls_per_second(1));
    let caller = f.metered("caller", Some("ann"), quotas);
    f.call(caller, call(0, "add"));
    f.said();
    let other = f.metered("other", Some("ann"), quotas);
    let exceeded = f.exceeds(other, call(0, "add"));
    assert_eq!(
        (exceeded.of, exceeded.room_in),
        (QuotaOf::Identity, Some(Duration::from_secs(1)))
    );
    // Where both have none, too; it may be of another thing.
    let [calls, bytes] = [
        Quota::new().calls_per_second(1),
        Quota::new().bytes_per_second(10),
    ];
    for (name, quotas, longer) in [
        ("bob", connection(calls).identity(bytes), QuotaOf::Identity),
        ("cid", connection(bytes).identity(calls), QuotaOf::Connection),
    ] {
        let caller = f.metered(name, Some(name), quotas);
        f.receive(caller, Header::Call(call(0, "add")), &Bytes::new())
            .unwrap();
        f.said();
        let exceeded = f.exceeds(caller, call(1, "add"));
        assert_eq!((exceeded.of, exceeded.measure), (longer, Measure::BytesPerSecond));
        // Of 35 bytes, 25 are owed, and then it takes a full second.
        assert_eq!(exceeded.room_in, Some(Duration::from_millis(3500)));
    }
}

/// How often a process is refused what comes with so many bytes until it is cut off; no more than `most` times.
fn endured(f: &mut Fixture, from: PeerId, bytes: usize, most: usize) -> usize {
    let payload = Bytes::from(vec![0; bytes]);
    (0..most)
        .take_while(|_| {
            let taken = f.receive(from, Header::Call(call(0, "add")), &payload);
            f.said();
            taken.is_ok()
        })
        .count()
}

#[test]
fn patience_is_not_new_when_quotas_are_read_again() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    for (quotas, bytes, all) in [
        (connection(Quota::new().calls_per_second(0)), 0, 6000),
        (
            connection(Quota::new().bytes_per_second(0)),
            4000,
            60 * 1024 * 1024 / 4035,
        ),
    ] {
        let caller = f.metered("caller", None, quotas);
        assert_eq!(endured(&mut f, caller, bytes, all - 10), all - 10);
        f.allow(caller, None, quotas);
        assert_eq!(endured(&mut f, caller, bytes, all), 10);
        f.disconnect(caller);
        f.said();
    }
}

#[test]
fn patience_with_an_identity_is_not_new_when_it_comes_again_within_a_minute() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let quotas = connection(Quota::new().calls_per_second(0));
    let ann = |f: &mut Fixture| f.metered("caller", Some("ann"), quotas);
    let caller = ann(&mut f);
    assert_eq!(endured(&mut f, caller, 0, 10_000), 6000);
    f.disconnect(caller);
    f.said();
    let caller = ann(&mut f);
    assert_eq!(endured(&mut f, caller, 0, 10_000), 0);
    f.disconnect(caller);
    f.said();
    // Ten times as many as are allowed in a second, in each second.
    f.pass(Duration::from_secs(2));
    let caller = ann(&mut f);
    let eve = f.metered("eve", Some("eve"), quotas);
    assert_eq!(endured(&mut f, eve, 0, 5000), 5000);
    assert!((1900..2001).contains(&endured(&mut f, caller, 0, 10_000)));
    // What another one was refused that is still there is its own.
    let other = f.metered("other", Some("eve"), quotas);
    assert_eq!(endured(&mut f, other, 0, 5000), 5000);
    // Of several that have ended, the one counts that was refused most.
    let patient = f.metered("patient", Some("eve"), quotas);
    for ended in [eve, other, patient] {
        f.disconnect(ended);
        f.said();
    }
    let eve = f.metered("eve", Some("eve"), quotas);
    assert_eq!(endured(&mut f, eve, 0, 10_000), 1000);
    f.disconnect(caller);
    f.said();
    f.pass(Duration::from_secs(61));
    f.metered("another", Some("bob"), quotas);
    let caller = ann(&mut f);
    assert_eq!(endured(&mut f, caller, 0, 10_000), 6000);
    // Of nobody it is not known that it has come again.
    let nobody = |f: &mut Fixture| f.metered("nobody", None, quotas);
    for _ in 0..2 {
        let caller = nobody(&mut f);
        assert_eq!(endured(&mut f, caller, 0, 10_000), 6000);
        f.disconnect(caller);
        f.said();
    }
}

#[test]
fn patience_is_not_new_for_bytes_that_were_bounded_after_another_connection_had_ended() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let unbounded = connection(Quota::new().calls_per_second(1_000_000));
    let bounded = connection(Quota::new().bytes_per_second(0));
    let [ended, other] = ["ended", "other"].map(|name| f.metered(name, Some("ann"), unbounded));
    f.disconnect(ended);
    f.said();
    f.allow(other, Some("ann"), bounded);
    let all = 60 * 1024 * 1024 / 4035;
    assert!(endured(&mut f, other, 4000, 2 * all) >= all - 10);
    f.disconnect(other);
    f.said();
    let again = f.metered("again", Some("ann"), bounded);
    assert_eq!(endured(&mut f, again, 4000, all), 0);
}

#[test]
fn a_large_call_has_its_turn_beside_many_small_ones() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let quotas = identity(Quota::new().bytes_per_second(1000));
    let [large, small] = ["large", "small"].map(|name| f.metered(name, Some("ann"), quotas));
    let send = |f: &mut Fixture, from, size| {
        f.receive(from, Header::Call(call(0, "add")), &Bytes::from(vec![0; size]))
            .unwrap();
        let said = f.said();
        let over = said.iter().find_map(|(_, said)| over(said));
        if let [(_, Said::Run { number, .. })] = &*said {
            f.reply(provider, *number);
            f.said();
        }
        over
    };
    let mut got = 0;
    for _ in 0..30 {
        got += usize::from(send(&mut f, small, 100).is_none());
        f.pass(Duration::from_millis(100));
    }
    assert!(got > 20, "{got}");
    // More than there is in a second, which takes a second in which nobody else takes any.
    let over = send(&mut f, large, 2000).unwrap();
    let mut left = over.room_in.unwrap();
    while left > Duration::ZERO {
        send(&mut f, small, 100);
        let step = left.min(Duration::from_millis(100));
        f.pass(step);
        left -= step;
    }
    assert_eq!(send(&mut f, large, 2000), None);
}

#[test]
fn what_is_kept_for_a_large_call_is_kept_until_it_was_told_to_come_whichever_quota_said_so() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    // The connection of the large one is what is told of; the identity, which others use as well, would have room earlier.
    let whole = identity(Quota::new().bytes_per_second(5000));
    let both = whole.connection(Quota::new().bytes_per_second(1000));
    let large = f.metered("large", Some("ann"), both);
    let small = f.metered("small", Some("ann"), whole);
    let send = |f: &mut Fixture, from, bytes| {
        f.receive(from, Header::Call(call(0, "add")), &Bytes::from(vec![0; bytes]))
            .unwrap();
        if let [(_, Said::Run { number, .. })] = &*f.said() {
            f.reply(provider, *number);
            f.said();
        }
    };
    send(&mut f, large, 900);
    (0..50).for_each(|_| send(&mut f, small, 100));
    f.receive(large, declares(0, 3000), &Bytes::new()).unwrap();
    let said = f.said();
    let told = said.iter().find_map(|(_, said)| over(said)).unwrap();
    assert_eq!(told.of, QuotaOf::Connection);
    let mut left = told.room_in.unwrap();
    // Its pieces are on their way all the same.
    (0..3).for_each(|_| f.receive(large, piece(0), &Bytes::from(vec![0; 968])).unwrap());
    while left > Duration::ZERO {
        send(&mut f, small, 100);
        let step = left.min(Duration::from_millis(20));
        f.pass(step);
        left -= step;
    }
    f.receive(large, declares(1, 3000), &Bytes::new()).unwrap();
    let said = f.said();
    assert!(matches!(&*said, [(_, Said::Large { .. })]), "{said:?}");
}

#[test]
fn a_quota_of_its_identity_that_comes_or_goes_forgives_a_connection_nothing() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let own = connection(Quota::new().bytes_per_second(100));
    let caller = f.metered("caller", Some("ann"), own);
    let stray = Header::Cancel { call: id(7) };
    f.receive(caller, stray, &Bytes::from(vec![0; 268])).unwrap();
    assert_eq!(f.owes(caller), Some(Duration::from_secs(2)));
    f.allow(caller, Some("ann"), own.identity(Quota::new().calls(5)));
    assert_eq!(f.owes(caller), Some(Duration::from_secs(2)));
    f.allow(caller, Some("ann"), own);
    assert_eq!(f.owes(caller), Some(Duration::from_secs(2)));
}

#[test]
fn who_goes_on_and_on_over_a_quota_is_cut_off() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    // Of what is refused ten times as much a second is endured, and sixty times as much at once.
    for (quota, endured) in [
        (Quota::new().calls_per_second(200), 12_000),
        (Quota::new().calls_per_second(1), 6_000),
        (Quota::new().calls(0), 60_000),
    ] {
        let caller = f.metered("caller", None, connection(quota));
        let mut refused = 0;
        let fault = loop {
            match f.receive(caller, Header::Call(call(0, "add")), &Bytes::new()) {
                Ok(()) => {
                    refused += u32::from(matches!(&*f.said(), [(_, Said::Reply { outcome: Err(_), .. })]));
                }
                Err(fault) => break fault,
            }
            assert!(refused <= endured, "{quota:?}");
            if f.router.calls_outstanding() > 0 {
                f.cancel(caller, 0);
                let run = f.queues.said().into_iter().find_map(|(to, said)| match said {
                    Said::Cancel { number } => Some((to, number)),
                    _ => None,
                });
                let (to, number) = run.unwrap();
                f.reply(to, number);
                f.said();
            }
        };
        assert!(
            matches!(fault, Fault::Abuse(Exceeded { room_in: None, .. })),
            "{fault:?}"
        );
        assert_eq!(refused, endured, "{quota:?}");
        f.disconnect(caller);
        f.said();
    }
}

#[test]
fn who_goes_on_and_on_where_it_is_known_late_is_cut_off_with_its_next_frame() {
    let mut f = Fixture::new();
    (0..10).for_each(|number| _ = f.join(&format!("provider {number}"), &["add"]));
    let quotas = [Quota::new().streams(0), Quota::new().calls(1)];
    for (mode, quota) in [Mode::Each, Mode::Broadcast].into_iter().zip(quotas) {
        let caller = f.metered("caller", None, connection(quota));
        let mut refused = 0;
        let fault = loop {
            let header = CallHeader {
                mode,
                ..call(0, "add")
            };
            if let Err(fault) = f.receive(caller, Header::Call(header), &Bytes::new()) {
                break fault;
            }
            assert!(refused < 100_000, "{mode:?}");
            for (to, said) in f.said() {
                match said {
                    Said::Part { outcome: Err(_), .. } => refused += 1,
                    Said::Reply { outcome: Err(_), .. } if mode == Mode::Each => refused += 1,
                    Said::Run { number, .. } => f.reply(to, number),
                    _ => {}
                }
            }
            f.said();
        };
        assert!(matches!(fault, Fault::Abuse(_)), "{fault:?}");
        assert!((60_000..60_010).contains(&refused), "{refused}");
        f.disconnect(caller);
        f.said();
    }
}

#[test]
fn who_is_refused_ten_times_as_often_as_not_stays() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered(
        "caller",
        None,
        connection(Quota::new().calls_per_second(0).calls(0)),
    );
    for _ in 0..200 {
        for _ in 0..1000 {
            f.exceeds(caller, call(0, "add"));
        }
        f.pass(Duration::from_secs(1));
    }
}

#[test]
fn refused_bytes_are_endured_as_refused_calls_are() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().bytes_per_second(0)));
    let payload = Bytes::from(vec![0; 4000]);
    let refused = (0..100_000)
        .take_while(|_| {
            let taken = f.receive(caller, Header::Call(call(0, "add")), &payload);
            f.said();
            taken.is_ok()
        })
        .count();
    assert_eq!(refused, 60 * 1024 * 1024 / 4035);
}

#[test]
fn an_identity_comes_as_often_as_it_may_in_a_second() {
    let mut f = Fixture::new();
    let quotas = identity(Quota::new().connections_per_second(2));
    let ann = allowed(Some("ann"), quotas).unwrap();
    let check = |f: &mut Fixture| f.router.check_connection(&ann, f.queues.now);
    assert_eq!(check(&mut f), Ok(()));
    let one = f.metered("one", Some("ann"), quotas);
    assert_eq!(check(&mut f), Ok(()));
    let room_in = Some(Duration::from_millis(500));
    let over = Exceeded::new(Measure::ConnectionsPerSecond, QuotaOf::Identity, 2, room_in);
    assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
    // To go and come again is no new second, and others have their own.
    f.disconnect(one);
    f.said();
    assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
    let bob = allowed(Some("bob"), quotas).unwrap();
    assert_eq!(f.router.check_connection(&bob, f.queues.now), Ok(()));
    f.pass(Duration::from_millis(500));
    assert_eq!(check(&mut f), Ok(()));
    let none = allowed(Some("eve"), identity(Quota::new().connections_per_second(0))).unwrap();
    let Err(Refusal::OverQuota(over)) = f.router.check_connection(&none, f.queues.now) else {
        panic!("nothing is allowed")
    };
    assert!(!over.may_pass());
}

#[test]
fn an_identity_has_as_many_connections_as_it_may_have() {
    let mut f = Fixture::new();
    let quotas = identity(Quota::new().connections(2));
    let ann = allowed(Some("ann"), quotas).unwrap();
    let check = |f: &mut Fixture| f.router.check_connection(&ann, f.queues.now);
    let one = f.metered("one", Some("ann"), quotas);
    assert_eq!(check(&mut f), Ok(()));
    f.metered("two", Some("ann"), quotas);
    let over = exceeded(Measure::Connections, QuotaOf::Identity, 2);
    assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
    let eve = allowed(Some("eve"), quotas).unwrap();
    assert_eq!(f.router.check_connection(&eve, f.queues.now), Ok(()));
    f.disconnect(one);
    assert_eq!(check(&mut f), Ok(()));
}

#[test]
fn callers_inside_of_the_controller_are_no_connections() {
    let mut f = Fixture::new();
    let quotas = identity(Quota::new().connections(1));
    let ann = allowed(Some("ann"), quotas).unwrap();
    let check = |f: &mut Fixture| f.router.check_connection(&ann, f.queues.now);
    let enter = |f: &mut Fixture| {
        let inside = f.router.enter_inside(&"ann's".into(), Who::Nobody, None);
        f.allow(inside, Some("ann"), quotas);
        inside
    };
    let (first, second) = (enter(&mut f), enter(&mut f));
    assert_eq!(check(&mut f), Ok(()));
    let one = f.metered("one", Some("ann"), quotas);
    let over = exceeded(Measure::Connections, QuotaOf::Identity, 1);
    assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
    f.disconnect(first);
    assert_eq!(check(&mut f), Err(Refusal::OverQuota(over)));
    f.disconnect(one);
    assert_eq!(check(&mut f), Ok(()));
    f.disconnect(second);
}

#[test]
fn what_an_identity_has_already_counts_when_it_is_given_a_quota_and_goes_with_its_connection() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let one = f.join("one", &["a", "b"]);
    f.routed(one, each(0));
    let quotas = identity(Quota::new().callbacks(3).streams(1));
    f.allow(one, Some("ann"), quotas);
    let two = f.metered("two", Some("ann"), quotas);
    let over = exceeded(Measure::Streams, QuotaOf::Identity, 1);
    assert_eq!(f.exceeds(two, each(0)), over);
    f.denied(two, &[offered(0, "c"), offered(1, "d")]);
    f.offer(two, &[offered(0, "c")], true);
    f.disconnect(one);
    f.said();
    f.routed(two, each(0));
    assert_eq!(f.exceeds(two, each(1)), over);
    f.offer(two, &[offered(1, "d"), offered(2, "e")], true);
    f.denied(two, &[offered(3, "f")]);
}

/// How many bytes a process has sent that may send a thousand in a second.
fn taken(f: &mut Fixture, peer: PeerId) -> usize {
    assert_eq!(f.owes(peer), None);
    // Each frame counts with 32, whoever it is for.
    f.router.count(peer, 2000 - 32, &Turn::new(f.queues.now));
    usize::try_from(f.owes(peer).unwrap().as_millis()).unwrap() - 1000
}

#[test]
fn each_frame_counts_with_its_payload_and_its_words() {
    let made = CallHeader {
        metadata: vec![("key", "value")],
        ..call(0, "add")
    };
    let many = CallHeader {
        mode: Mode::Broadcast,
        ..made.clone()
    };
    let (words, processes) = (3 + 3 + 5 + 2, || vec!["one", "three"]);
    let close = |status| Header::Close {
        call: id(0),
        stream: StreamId::Argument(0),
        status,
    };
    let app = Status::App {
        message: "it failed",
        causes: vec!["cause"],
        typed: Own::Lost { reason: "lost" },
    };
    let lacking = Lacking::new(
        vec![("kind".to_owned(), "resizer".to_owned())],
        Vec::new(),
        Told::Nothing,
    );
    let lacked = lacking.bytes();
    assert!(lacked > 0);
    let lacking = Failed::NoProvider(Absence::Lacking(Box::new(lacking)));
    let cases = [
        (
            Header::Query {
                call: id(0),
                query: Query::Processes,
            },
            0,
        ),
        (
            Header::Schedule {
                call: made.clone(),
                instead_of: None,
            },
            words,
        ),
        (Header::Call(made), words),
        (
            Header::CallTo {
                call: many.clone(),
                processes: processes(),
            },
            words + 8,
        ),
        (close(app), 9 + 5 + 4),
        (
            close(Status::Failed(Failed::Invalid {
                reason: "it cannot be".to_owned(),
            })),
            12,
        ),
        (
            close(Status::Failed(Failed::NoProvider(Absence::misspelt("sub")))),
            3,
        ),
        (close(Status::Failed(lacking)), lacked),
        (Header::Heartbeat { received: 3 }, 0),
    ];
    for (header, words) in cases {
        let mut f = Fixture::new();
        let quotas = connection(Quota::new().bytes_per_second(1000));
        let peer = f.metered("peer", None, quotas);
        let what = format!("{header:?}");
        // Whether it makes sense is another thing.
        let _ = f.receive(peer, header, &bytes("arguments"));
        assert_eq!(taken(&mut f, peer), 32 + 9 + words, "{what}");
    }
}

#[test]
fn whatever_is_answered_is_a_call() {
    let asks = [
        Header::Query {
            call: id(0),
            query: Query::Processes,
        },
        Header::Schedule {
            call: call(0, "add"),
            instead_of: None,
        },
        Header::Call(call(0, "add")),
        Header::CallTo {
            call: CallHeader {
                mode: Mode::Broadcast,
                ..call(0, "add")
            },
            processes: vec!["provider"],
        },
    ];
    for header in asks {
        let mut f = Fixture::new();
        f.join("provider", &["add"]);
        let peer = f.metered("peer", None, connection(Quota::new().calls_per_second(1)));
        f.receive(peer, header, &Bytes::new()).unwrap();
        f.said();
        assert_eq!(f.exceeds(peer, call(1, "add")).measure, Measure::CallsPerSecond);
    }
}

#[test]
fn pieces_of_a_result_are_not_its_senders() {
    let mut f = Fixture::new();
    let quotas = connection(Quota::new().bytes_per_second(1000));
    let provider = f.metered("provider", None, quotas);
    f.offer(provider, &[offered(0, "add")], true);
    let offered = taken(&mut f, provider);
    f.pass(Duration::from_secs(10));
    let caller = f.join("caller", &[]);
    let (_, run) = f.routed(caller, call(0, "add"));
    let frame = Large::Reply {
        call: id(run),
        status: Status::Value,
    };
    f.receive(provider, Header::Large { bytes: 9, frame }, &Bytes::new())
        .unwrap();
    let piece = Header::Piece {
        call: id(run),
        of: PieceOf::Result(0),
    };
    f.receive(provider, piece, &bytes("arguments")).unwrap();
    assert!(offered > 0);
    assert_eq!(taken(&mut f, provider), 0);
}

#[test]
fn of_what_is_owed_and_what_is_lacking_the_longer_is_told() {
    let quota = Quota::new().bytes_per_second(1000);
    let over = |time| {
        Err(Exceeded::new(
            Measure::BytesPerSecond,
            QuotaOf::Connection,
            1000,
            Some(Duration::from_millis(time)),
        ))
    };
    let brings = |here| Brings { here, to_come: 0 };
    let mut account = Account::new(QuotaOf::Connection, &quota, NOW);
    assert_eq!(account.check_bytes(brings(100), NOW), Ok(()));
    account.charge_answer(3000, NOW);
    assert_eq!(account.check_bytes(brings(100), NOW), over(2000));
    account.charge(0, 2000, NOW);
    assert_eq!(account.check_bytes(brings(100), NOW), over(2000));
    account.charge(0, 2000, NOW);
    assert_eq!(account.check_bytes(brings(100), NOW), over(3100));
    let never = account.check_bytes(brings(1 << 40), NOW).unwrap_err();
    assert_eq!((never.room_in, never.may_pass()), (None, false));
    // Of two that last as long it is the first.
    let calls = Err(Exceeded::new(
        Measure::CallsPerSecond,
        QuotaOf::Connection,
        1,
        Some(Duration::from_millis(2000)),
    ));
    assert_eq!(longer(calls, over(2000)), calls);
    assert_eq!(longer(calls, over(2001)), over(2001));
}

#[test]
fn a_quota_that_is_lowered_lets_go_on_what_runs_and_nothing_more() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    let caller = f.join("caller", &[]);
    let runs: Vec<_> = (0..3)
        .map(|number| f.routed(caller, call(number, "add")).1)
        .collect();
    f.allow(caller, Some("ann"), identity(Quota::new().calls(2)));
    assert_eq!(f.said(), []);
    let over = exceeded(Measure::Calls, QuotaOf::Identity, 2);
    assert_eq!(f.exceeds(caller, call(3, "add")), over);
    f.reply(provider, runs[0]);
    f.said();
    assert_eq!(f.exceeds(caller, call(3, "add")), over);
    f.reply(provider, runs[1]);
    f.said();
    f.routed(caller, call(3, "add"));
    f.allow(caller, Some("ann"), Quotas::new());
    f.routed(caller, call(4, "add"));
    assert!(!f.router.peers.has_metered());
}

#[test]
fn whoever_runs_the_controller_is_told_of_a_process_once_a_second() {
    let mut f = Fixture::new();
    f.join("provider", &["add"]);
    let caller = f.metered("caller", None, connection(Quota::new().calls(0)));
    for _ in 0..10 {
        f.exceeds(caller, call(0, "add"));
    }
    let told = f.router.take_denials();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].peer, told[0].kind), (caller, DenialKind::OverQuota));
    f.pass(Duration::from_secs(1));
    f.exceeds(caller, call(0, "add"));
    assert_eq!(f.router.take_denials().len(), 1);
}

/// Something that happens where quotas are low.
#[derive(Clone, Debug)]
enum Op {
    Connect(usize),
    Call(usize, Mode),
    Cancel(usize, u32),
    Reply(usize),
    Offer(usize, bool),
    Disconnect(usize),
    Pass(u64),
    Allow(usize, u64),
}

fn op() -> impl Strategy<Value = Op> {
    let node = 0..4_usize;
    let modes = vec![
        Mode::Answered,
        Mode::Each,
        Mode::HandedOver,
        Mode::Broadcast,
        Mode::HandedToAll,
    ];
    prop_oneof![
        3 => node.clone().prop_map(Op::Connect),
        12 => (node.clone(), prop::sample::select(modes)).prop_map(|(node, mode)| Op::Call(node, mode)),
        2 => (node.clone(), 0..8_u32).prop_map(|(node, number)| Op::Cancel(node, number)),
        8 => (0..16_usize).prop_map(Op::Reply),
        3 => (node.clone(), any::<bool>()).prop_map(|(node, offers)| Op::Offer(node, offers)),
        2 => node.clone().prop_map(Op::Disconnect),
        2 => (0..400_u64).prop_map(Op::Pass),
        1 => (node, 0..4_u64).prop_map(|(node, most)| Op::Allow(node, most)),
    ]
}

const LOW: u64 = 3;

fn low(most: u64) -> Quotas {
    let quota = Quota::new()
        .calls(most)
        .streams(most.min(2))
        .callbacks(most)
        .calls_per_second(20);
    Quotas::new().connection(quota).identity(quota)
}

proptest! {
    /// However little is allowed: nobody has more of anything than that, all that was counted is there, and in the end nothing is.
    #[test]
    fn nobody_has_more_than_a_quota_and_what_is_given_back_is_what_was_taken(ops in prop::collection::vec(op(), 1..200)) {
        let mut f = Fixture::new();
        let mut links = [None; 4];
        let mut running = Vec::new();
        let mut lowered = false;
        for op in ops {
            let link = |node: usize| links[node];
            match op {
                Op::Connect(node) if links[node].is_none() => {
                    let name = ["ann", "bob", "cid", "dan"][node];
                    let link = f.metered(name, Some(["even", "odd"][node % 2]), low(LOW));
                    links[node] = Some(link);
                }
                Op::Call(node, mode) => if let Some(link) = link(node) {
                    let free = (0..8).find(|number| f.router.peers.get(link).is_some_and(|peer| !peer.sent.contains_key(&id(*number))));
                    if let Some(number) = free {
                        f.call(link, CallHeader { mode, ..call(number, "add") });
                    }
                },
                Op::Cancel(node, number) => if let Some(link) = link(node) {
                    f.cancel(link, number);
                },
                Op::Reply(index) if !running.is_empty() => {
                    let (provider, number) = running.remove(index % running.len());
                    f.reply(provider, number);
                }
                Op::Offer(node, true) => if let Some(link) = link(node) {
                    let offer = Offered { concurrency: Some(2), queue: 3, ..offered(0, "add") };
                    f.send_offer(link, &[offer, offered(1, "sub")], true);
                },
                Op::Offer(node, false) => if let Some(link) = link(node) {
                    f.send_withdrawal(link, &[0, 1]);
                },
                Op::Disconnect(node) => if let Some(link) = links[node].take() {
                    f.disconnect(link);
                    running.retain(|(provider, _)| *provider != link);
                },
                Op::Pass(milliseconds) => f.pass(Duration::from_millis(milliseconds)),
                Op::Allow(node, most) => if let Some(link) = link(node) {
                    lowered = true;
                    f.allow(link, Some(["even", "odd"][node % 2]), low(most));
                },
                Op::Connect(_) | Op::Reply(_) => {}
            }
            for (to, said) in f.said() {
                if let Said::Run { number, .. } = said {
                    running.push((to, number));
                }
            }
            check_tallies(&f.router);
            if lowered {
                continue;
            }
            for (_, (_, tally)) in f.router.peers.holders().counted() {
                prop_assert!(tally.calls as u64 <= LOW && tally.streams <= 2 && tally.callbacks as u64 <= LOW, "{:?}", tally);
            }
        }
        for link in links.into_iter().flatten() {
            f.disconnect(link);
        }
        assert_empty(&f.router);
        prop_assert!(f.router.peers.holders().counted().all(|(_, counted)| counted == Default::default()));
    }
}
