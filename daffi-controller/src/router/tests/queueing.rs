//! P14: calls beyond a callback's concurrency wait, in order, fair among callers, bounded.

use super::super::line::{CLOSED, CLOSED_BYTES};
use super::super::made::Made;
use super::super::work::Turn;
use super::*;

/// A callback that runs so many calls at a time, and lets so many wait.
fn bounded(concurrency: u32, queue: u32) -> Offered {
    Offered {
        concurrency: Some(concurrency),
        queue,
        ..offered(0, "add")
    }
}

fn to<'a>(number: u32, process: &'a str) -> CallHeader<'a> {
    CallHeader {
        to: Some(process),
        ..call(number, "add")
    }
}

#[test]
fn p2_those_who_wait_at_a_controller_that_stops_are_told_that_nobody_has_run_them() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 100);
    let [a, b] = ["a", "b"].map(|name| f.connect(name));
    f.call(a, call(1, "add"));
    f.said();
    f.waits(a, call(2, "add"));
    f.waits(b, call(1, "add"));
    f.router.stop(&mut f.queues);
    let lost = |number| Said::Reply {
        number,
        outcome: failed(Failed::Disconnected { may_have_run: false }),
    };
    assert_eq!(
        f.said(),
        [
            (a, lost(2)),
            (b, lost(1)),
            (provider, Said::Goodbye),
            (a, Said::Goodbye),
            (b, Said::Goodbye),
        ]
    );
    assert_eq!(f.router.calls_waiting(), 0);
}

#[test]
fn who_waits_is_told_so_once() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 100);
    let [a, b] = ["a", "b"].map(|name| f.connect(name));
    f.said();
    f.call(a, call(1, "add"));
    f.call(a, call(2, "add"));
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(3, "add")
    };
    f.call(b, handed_over);
    assert_eq!(
        std::mem::take(&mut f.queues.waits),
        [(a, 2), (b, 3)],
        "and not who was given to somebody"
    );
    f.reply(provider, 0);
    assert_eq!(f.queues.waits, []);
    // One that does not read is told nothing.
    f.queues.full.insert(b);
    f.call(b, call(4, "add"));
    assert_eq!((f.router.calls_waiting(), &f.queues.waits[..]), (2, &[][..]));
}

impl Fixture {
    /// A process that offers `add`.
    fn join_with(&mut self, name: &str, concurrency: u32, queue: u32) -> PeerId {
        let link = self.connect(name);
        self.offer(link, &[bounded(concurrency, queue)], true);
        link
    }

    /// Calls, and expects that it waits.
    pub(super) fn waits(&mut self, from: PeerId, header: CallHeader<'_>) {
        let waiting = self.router.calls_waiting();
        self.call(from, header);
        assert_eq!(self.said(), []);
        assert_eq!(self.router.calls_waiting(), waiting + 1);
    }

    /// Somebody answers, and expects that only its caller hears of it.
    fn replies(&mut self, from: PeerId, run: u32, caller: PeerId, call: u32) {
        self.reply(from, run);
        assert_eq!(self.said(), [(caller, value(call))]);
    }

    /// Somebody answers a call and is given the next one: by whom, and its number.
    pub(super) fn next(&mut self, from: PeerId, run: u32) -> (String, u32) {
        self.reply(from, run);
        let runs: Vec<_> = self.said().into_iter().filter_map(ran).collect();
        match &*runs {
            [(to, caller, number)] if *to == from => (caller.clone(), *number),
            other => panic!("not one run: {other:?}"),
        }
    }

    fn passes(&mut self, millis: u64) {
        self.queues.now = self.queues.now + Duration::from_millis(millis);
    }

    /// The router is told the time.
    fn tick(&mut self) {
        let mut turn = Turn::of(self.queues.now, 2);
        let work = self.router.on_timeout(&mut turn, &mut self.queues);
        finish(&mut self.router, work, &mut self.queues);
    }
}

fn ran((to, said): (PeerId, Said)) -> Option<(PeerId, String, u32)> {
    match said {
        Said::Run { number, caller, .. } => Some((to, caller, number)),
        _ => None,
    }
}

/// call.wait
#[test]
fn p14_calls_beyond_the_concurrency_wait_in_their_order() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    let (_, mut run) = f.routed(caller, call(0, "add"));
    (1..7).for_each(|number| f.waits(caller, call(number, "add")));
    for number in 0..6 {
        f.reply(provider, run);
        let said = f.said();
        assert_eq!(said[0], (caller, value(number)));
        let (
            _,
            Said::Run {
                number: next,
                payload,
                ..
            },
        ) = &said[1]
        else {
            panic!("{said:?}");
        };
        assert_eq!((said.len(), payload), (2, &bytes("arguments")));
        run = *next;
    }
    f.replies(provider, run, caller, 6);
    f.disconnect(provider);
    f.disconnect(caller);
    assert_empty(&f.router);
}

#[test]
fn p14_the_first_free_provider_is_given_the_oldest_call() {
    let mut f = Fixture::new();
    let providers = ["a", "b"].map(|name| f.join_with(name, 1, 1000));
    let caller = f.connect("caller");
    let runs = [0, 1].map(|number| f.routed(caller, call(number, "add")));
    (2..6).for_each(|number| f.waits(caller, call(number, "add")));
    // One of them is quick, and does all that waits.
    let (quick, mut run) = runs[1];
    assert!(providers.contains(&quick));
    for _ in 0..4 {
        run = f.next(quick, run).1;
    }
    assert_eq!(f.router.calls_waiting(), 0);
}

/// call.wait
#[test]
fn p14_callers_take_turns() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let (many, few) = (f.connect("many"), f.connect("few"));
    let (_, mut run) = f.routed(many, call(0, "add"));
    (1..5).for_each(|number| f.waits(many, call(number, "add")));
    (0..2).for_each(|number| f.waits(few, call(number, "add")));
    let mut callers = Vec::new();
    for _ in 0..5 {
        let (caller, next) = f.next(provider, run);
        callers.push(caller);
        run = next;
    }
    assert_eq!(callers, ["many", "few", "many", "few", "many"]);
}

/// call.wait
#[test]
fn p14_as_many_wait_as_may_and_overloaded_means_that_they_do() {
    let mut f = Fixture::new();
    f.join_with("provider", 2, 3);
    let caller = f.connect("caller");
    for number in 0..2 {
        f.routed(caller, call(number, "add"));
    }
    (2..5).for_each(|number| f.waits(caller, call(number, "add")));
    assert_eq!(f.refused(caller, call(5, "add")), full());
    f.cancel(caller, 2);
    let cancelled = Failed::Cancelled { may_have_run: false };
    assert_eq!(f.said(), [(caller, failure(2, cancelled))]);
    f.waits(caller, call(5, "add"));
}

#[test]
fn p14_without_a_queue_nobody_waits() {
    let mut f = Fixture::new();
    f.join_with("provider", 1, 0);
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    assert_eq!(f.refused(caller, call(1, "add")), full());
    assert_eq!(f.refused(caller, to(1, "provider")), full());
    // Of several, the largest counts.
    f.join_with("other", 1, 2);
    f.routed(caller, call(1, "add"));
    (2..4).for_each(|number| f.waits(caller, call(number, "add")));
    assert_eq!(f.refused(caller, call(4, "add")), full());
    // Who is named says for itself.
    assert_eq!(f.refused(caller, to(4, "provider")), full());
    f.waits(caller, to(4, "other"));
}

#[test]
fn p14_whoever_holds_most_of_a_full_queue_makes_room() {
    let mut f = Fixture::new();
    f.join_with("provider", 1, 4);
    let (many, few, third) = (f.connect("many"), f.connect("few"), f.connect("third"));
    f.routed(many, call(0, "add"));
    (1..5).for_each(|number| f.waits(many, call(number, "add")));
    assert_eq!(f.refused(many, call(5, "add")), full());
    // The newest of those that wait for the one with the most.
    for (number, evicted) in [(0, 4), (1, 3)] {
        f.call(few, call(number, "add"));
        assert_eq!(f.said(), [(many, failure(evicted, full()))]);
    }
    // Both have as many: nobody has too many.
    assert_eq!(f.refused(few, call(2, "add")), full());
    f.call(third, call(0, "add"));
    assert_eq!(f.said().len(), 1);
    assert_eq!(f.router.calls_waiting(), 4);
    f.router.lines.check();
}

#[test]
fn p14_what_waits_is_bounded_in_bytes_too() {
    let limits = Limits {
        queue_bytes: 32 * 1024,
        calls: 1 << 10,
        ..LIMITS
    };
    let mut f = Fixture {
        router: Router::new(limits, 1 << 20, 1 << 30, 1),
        queues: Queues::new(&limits),
    };
    f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    let mut waiting = 0;
    for number in 1..100 {
        f.call(caller, call(number, "add"));
        match &*f.said() {
            [] => waiting += 1,
            other => assert_eq!(other, [(caller, failure(number, full()))]),
        }
    }
    // Each counts with its arguments and 512 bytes; one caller has four fifths of the queue at most.
    assert_eq!(waiting, 32 * 1024 * 4 / 5 / (512 + 9) + 1);
    let other = f.connect("other");
    f.waits(other, call(0, "add"));
}

#[test]
fn p14_what_all_queues_hold_is_bounded() {
    let mut f = Fixture::new();
    f.router = Router::new(LIMITS, 1 << 20, 2000, 1);
    let provider = f.connect("provider");
    let names = ["a", "b", "c", "d", "e", "f"];
    let offers = (0..).zip(names).map(|(number, name)| Offered {
        callback: CallbackId(number),
        name: name.to_owned(),
        ..bounded(1, 1000)
    });
    let offers: Vec<_> = offers.into_iter().collect();
    f.offer(provider, &offers, true);
    let caller = f.connect("caller");
    for (number, name) in (0..).zip(names) {
        f.routed(caller, call(number, name));
    }
    f.waits(caller, call(6, "a"));
    f.waits(caller, call(7, "b"));
    f.waits(caller, call(8, "c"));
    assert_eq!(f.refused(caller, call(9, "d")), full());
}

/// call.deadline
#[test]
fn p14_the_time_that_a_call_has_waited_is_taken_off_its_deadline() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    let until = |number, millis| CallHeader {
        deadline: Some(Duration::from_millis(millis)),
        ..call(number, "add")
    };
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, until(1, 100));
    f.waits(caller, until(2, 30));
    f.waits(caller, until(3, 500));
    f.passes(40);
    f.reply(provider, run);
    let deadline = |frame: &Frame| match frame.decode().unwrap().0 {
        Header::Run(run) => Some(run.deadline),
        _ => None,
    };
    let deadlines: Vec<_> = f
        .queues
        .sent
        .iter()
        .filter_map(|(_, frame)| deadline(frame))
        .collect();
    assert_eq!(deadlines, [Some(Duration::from_millis(60))]);
    let run = f.said().into_iter().find_map(ran).unwrap().2;
    f.passes(10);
    f.reply(provider, run);
    // The second is too late, and does not run.
    let late = failure(2, Failed::timeout(false));
    let said = f.said();
    assert_eq!(said[..2], [(caller, value(1)), (caller, late)]);
    assert!(matches!(said[2], (_, Said::Run { .. })), "{said:?}");
}

#[test]
fn p14_a_call_that_is_handed_over_is_taken_when_a_provider_has_it() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let (caller, other) = (f.connect("caller"), f.connect("other"));
    let handed = |number| CallHeader {
        mode: Mode::HandedOver,
        ..call(number, "add")
    };
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, handed(1));
    f.waits(other, handed(0));
    f.waits(caller, handed(2));
    f.cancel(caller, 2);
    assert_eq!(
        f.said(),
        [(caller, failure(2, Failed::Cancelled { may_have_run: false }))]
    );
    // What was not taken goes with its caller.
    f.disconnect(other);
    assert_eq!(f.router.calls_waiting(), 1);
    f.reply(provider, run);
    let said = f.said();
    assert_eq!(said[0], (caller, value(0)));
    assert!(matches!(said[1], (_, Said::Run { .. })), "{said:?}");
    assert_eq!(said[2..], [(caller, empty(1))]);
}

#[test]
fn p14_who_is_named_is_waited_for() {
    let mut f = Fixture::new();
    let [a, b] = ["a", "b"].map(|name| f.join_with(name, 1, 1000));
    let caller = f.connect("caller");
    let (_, first) = f.routed(caller, to(0, "a"));
    f.waits(caller, to(1, "a"));
    // The other one is free, for whoever does not name one.
    let (at, second) = f.routed(caller, call(2, "add"));
    assert_eq!(at, b);
    f.waits(caller, call(3, "add"));
    f.waits(caller, to(4, "a"));
    // The one that has waited longest is first, whether it names a provider or not.
    let (_, third) = f.next(a, first);
    f.reply(a, third);
    assert_eq!(f.said()[0], (caller, value(1)));
    f.replies(b, second, caller, 2);
    assert_eq!(f.router.calls_waiting(), 1);
}

#[test]
fn p14_parts_of_a_broadcast_wait_too() {
    let mut f = Fixture::new();
    let [a, b] = ["a", "b"].map(|name| f.join_with(name, 1, 1000));
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, to(0, "a"));
    f.call(
        caller,
        CallHeader {
            mode: Mode::Broadcast,
            ..call(1, "add")
        },
    );
    let said = f.said();
    let runs: Vec<_> = said.into_iter().filter_map(ran).collect();
    assert_eq!(runs.len(), 1, "the other one waits");
    assert_eq!((runs[0].0, f.router.calls_waiting()), (b, 1));
    let (_, next) = f.next(a, run);
    f.reply(b, runs[0].2);
    f.reply(a, next);
    let part = |index| Said::Part {
        number: 1,
        index,
        outcome: Ok(bytes("value")),
    };
    assert_eq!(
        f.said(),
        [(caller, part(1)), (caller, part(0)), (caller, empty(1))]
    );
    // One that is taken back ends at once where it waits.
    let (_, run) = f.routed(caller, to(0, "a"));
    f.call(
        caller,
        CallHeader {
            mode: Mode::Broadcast,
            ..call(1, "add")
        },
    );
    f.said();
    f.cancel(caller, 1);
    let said = f.said();
    let outcome = failed(Failed::Cancelled { may_have_run: false });
    assert!(
        said.contains(&(
            caller,
            Said::Part {
                number: 1,
                index: 0,
                outcome
            }
        )),
        "{said:?}"
    );
    f.disconnect(caller);
    assert_eq!(f.router.calls_waiting(), 0);
    let _ = run;
}

#[test]
fn p14_when_nobody_is_left_those_who_wait_are_told() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let (caller, other) = (f.connect("caller"), f.connect("other"));
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    f.waits(other, to(0, "provider"));
    f.withdraw_and(provider);
    let said = f.said();
    for expected in [
        (caller, failure(1, Failed::NoProvider(Absence::nobody()))),
        (other, failure(0, Failed::NoProvider(Absence::NotOffered))),
    ] {
        assert!(said.contains(&expected), "{said:?}");
    }
    // What runs goes on.
    f.replies(provider, run, caller, 0);

    let lost = f.join_with("lost", 1, 1000);
    f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    f.waits(caller, to(2, "lost"));
    f.disconnect(lost);
    let told = f.said();
    let lost = Failed::ProviderLost {
        process: "lost".to_owned(),
    };
    for expected in [
        failure(0, lost),
        failure(1, Failed::NoProvider(Absence::nobody())),
        failure(2, Failed::NoProvider(Absence::ProcessUnknown)),
    ] {
        assert!(told.contains(&(caller, expected)), "{told:?}");
    }
    assert_eq!((told.len(), f.router.calls_waiting()), (3, 0));
}

impl Fixture {
    fn withdraw_and(&mut self, link: PeerId) {
        self.send_withdrawal(link, &[0]);
        let place = self
            .queues
            .sent
            .iter()
            .position(|(_, frame)| said(frame) == empty(15));
        self.queues.sent.remove(place.unwrap());
    }
}

#[test]
fn p14_only_the_caller_itself_is_left() {
    let mut f = Fixture::new();
    let own = f.join_with("own", 1, 1000);
    let provider = f.join_with("provider", 1, 1000);
    let other = f.connect("other");
    f.routed(own, call(0, "add"));
    f.routed(other, to(0, "own"));
    f.waits(own, call(1, "add"));
    f.waits(other, call(1, "add"));
    f.disconnect(provider);
    let said = f.said();
    assert!(
        said.contains(&(own, failure(1, Failed::NoProvider(Absence::OnlyCaller)))),
        "{said:?}"
    );
    assert_eq!(
        f.router.calls_waiting(),
        1,
        "the other's call waits for the one that is left"
    );
}

#[test]
fn p14_those_who_wait_are_served_by_one_who_comes() {
    let mut f = Fixture::new();
    f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    (1..7).for_each(|number| f.waits(caller, call(number, "add")));
    let helper = f.connect("helper");
    f.send_offer(helper, &[bounded(4, 1000)], true);
    let runs: Vec<_> = f.said().into_iter().filter_map(ran).collect();
    assert!(runs.iter().all(|(to, ..)| *to == helper));
    assert_eq!((runs.len(), f.router.calls_waiting()), (4, 2));
}

#[test]
fn p14_what_a_provider_does_not_take_is_looked_at_again() {
    looked_at_again(|number| call(number, "add"));
    looked_at_again(|number| to(number, "provider"));
}

fn looked_at_again(asks: impl Fn(u32) -> CallHeader<'static>) {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, asks(0));
    f.waits(caller, asks(1));
    assert_eq!(f.router.next_timeout(), None, "its end is told");
    // It has a place, and does not read.
    f.queues.full.insert(provider);
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(0))]);
    let again = f.router.next_timeout().expect("nobody tells when it reads again");
    // Before that nobody looks, whoever comes by.
    f.passes(5);
    f.tick();
    assert_eq!((f.said(), f.router.next_timeout()), (vec![], Some(again)));
    // A call of before comes first when it reads again.
    f.queues.full.remove(&provider);
    f.waits(caller, asks(2));
    f.queues.now = again;
    f.tick();
    let runs: Vec<_> = f.said().into_iter().filter_map(ran).collect();
    assert_eq!(runs.len(), 1);
    assert_eq!(
        f.router.next_timeout(),
        None,
        "the other one waits for the end of this one"
    );
    f.next(provider, runs[0].2);
}

#[test]
fn p14_what_waits_for_one_that_is_busy_and_one_that_is_full_is_looked_at_until_either_takes_it() {
    let mut f = Fixture::new();
    f.join_with("one", 1, 10);
    let other = f.join_with("other", 1, 10);
    let [first, second] = ["first", "second"].map(|name| f.connect(name));
    let runs = [0, 1].map(|number| f.routed(first, call(number, "add")));
    f.waits(first, call(2, "add"));
    f.waits(second, call(0, "add"));
    f.queues.full.insert(other);
    let (_, run) = runs.into_iter().find(|(peer, _)| *peer == other).unwrap();
    f.reply(other, run);
    f.said();
    for _ in 0..3 {
        f.queues.now = f.router.next_timeout().unwrap();
        f.tick();
        assert_eq!(f.said(), []);
    }
    f.queues.full.remove(&other);
    f.queues.now = f.router.next_timeout().unwrap();
    f.tick();
    let given: Vec<_> = f.said().into_iter().filter_map(ran).collect();
    assert!(matches!(&*given, [(to, ..)] if *to == other), "{given:?}");
}

#[test]
fn p15_looking_again_comes_to_an_end_however_little_is_done_in_a_turn() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let callers = ["a", "b", "c", "d", "e"].map(|name| f.connect(name));
    let (_, run) = f.routed(callers[0], call(0, "add"));
    callers.iter().for_each(|caller| f.waits(*caller, call(1, "add")));
    f.queues.full.insert(provider);
    f.reply(provider, run);
    assert_eq!(f.said(), [(callers[0], value(0))]);
    let again = f.router.next_timeout().expect("nobody tells when it reads again");
    f.queues.now = again;
    let mut work = f.router.on_timeout(&mut Turn::of(again, 1), &mut f.queues);
    let mut turns = 1;
    while let Some(rest) = work {
        work = f.router.resume(rest, &mut Turn::of(again, 1), &mut f.queues);
        turns += 1;
        assert!(turns <= 10, "five calls are looked at");
    }
    assert_eq!((f.said(), f.router.calls_waiting()), (vec![], 5));
    assert!(f.router.next_timeout().is_some_and(|next| next > again));
}

#[test]
fn p14_streams_that_end_before_their_call_begins_are_ended_where_it_runs() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    let close = |stream| Header::Close {
        call: id(1),
        stream: StreamId::Argument(stream),
        status: Status::Failed(Failed::Cancelled { may_have_run: false }),
    };
    f.receive(caller, close(0), &Bytes::new()).unwrap();
    f.receive(caller, close(1), &Bytes::new()).unwrap();
    assert_eq!(f.said(), []);
    f.reply(provider, run);
    let said = f.said();
    let streams: Vec<_> = said
        .iter()
        .filter_map(|(to, said)| match said {
            Said::Close {
                stream, end: Err(_), ..
            } if *to == provider => Some(*stream),
            _ => None,
        })
        .collect();
    assert_eq!(streams, [StreamId::Argument(0), StreamId::Argument(1)]);
    // More than a call may have is not kept.
    f.waits(caller, call(0, "add"));
    for stream in 0..200 {
        let close = Header::Close {
            call: id(0),
            stream: StreamId::Argument(stream),
            status: Status::Value,
        };
        f.receive(caller, close, &Bytes::new()).unwrap();
    }
    assert_eq!(f.said(), [(caller, failure(0, full()))]);
    f.router.lines.check();
}

/// How much it is counts with all that waits.
#[test]
fn p6_what_streams_of_a_call_end_with_is_kept_while_it_waits_as_far_as_it_is_not_too_much() {
    let parked = "arguments".len() + Made::new(&call(1, "add")).kept();
    let reason = |length| Failed::Invalid {
        reason: "x".repeat(length),
    };
    let beside = proto::encode(&Status::Failed(reason(1000))).unwrap().len() - 1000 + CLOSED;
    let is_kept = |length: usize, waiting_bytes: usize| {
        let mut f = Fixture {
            router: Router::new(LIMITS, 1 << 20, waiting_bytes, 1),
            queues: Queues::new(&LIMITS),
        };
        f.join_with("provider", 1, 1000);
        let caller = f.connect("caller");
        f.routed(caller, call(0, "add"));
        f.waits(caller, call(1, "add"));
        let close = |stream, length| Header::Close {
            call: id(1),
            stream: StreamId::Argument(stream),
            status: Status::Failed(reason(length)),
        };
        f.receive(caller, close(0, length), &Bytes::new()).unwrap();
        let is_kept = f.said().is_empty();
        if is_kept {
            // And nothing beyond it.
            f.receive(caller, close(1, 0), &Bytes::new()).unwrap();
            assert_eq!(f.said(), [(caller, failure(1, full()))]);
        }
        is_kept
    };
    let most = CLOSED_BYTES - beside;
    assert!(is_kept(most, 1 << 30) && !is_kept(most + 1, 1 << 30));
    let waiting = parked + beside + 1000;
    assert!(is_kept(1000, waiting) && !is_kept(1000, waiting - 1));
}

#[test]
fn p14_a_place_is_taken_until_its_callback_has_stopped_whatever_its_caller_is_told() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let (caller, other) = (f.connect("caller"), f.connect("other"));
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(other, call(1, "add"));
    let early = |run| Header::EarlyReply {
        call: id(run),
        status: Status::Failed(Failed::timeout(true)),
    };
    f.receive(provider, early(run), &Bytes::new()).unwrap();
    assert_eq!(f.said(), [(caller, failure(0, Failed::timeout(true)))]);
    // Nobody is told twice.
    let again = f.receive(provider, early(run), &Bytes::new());
    assert!(matches!(again, Err(Fault::Unexpected("two replies to a call"))));
    // Its number is free, and a cancel of it nothing.
    f.receive(caller, Header::Cancel { call: id(0) }, &Bytes::new())
        .unwrap();
    assert_eq!(f.said(), []);
    let (_, next) = f.next(provider, run);
    assert_eq!(f.router.calls_waiting(), 0);
    f.replies(provider, next, other, 1);
    // Of what was not given to it, it can tell nothing.
    let unknown = f.receive(provider, early(next), &Bytes::new());
    assert!(matches!(unknown, Err(Fault::Unexpected(_))));
}

#[test]
fn p14_what_is_granted_of_the_stream_of_a_call_that_waits_is_granted_where_it_runs() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    let credit = |items, bytes| Header::Credit {
        call: id(1),
        stream: StreamId::Result(0),
        items,
        bytes,
    };
    f.receive(caller, credit(3, 100), &Bytes::new()).unwrap();
    f.receive(caller, credit(2, u32::MAX), &Bytes::new()).unwrap();
    assert_eq!(f.said(), []);
    f.reply(provider, run);
    let granted: Vec<_> = f
        .said()
        .into_iter()
        .filter_map(|(to, said)| match said {
            Said::Credit {
                stream, items, bytes, ..
            } if to == provider => Some((stream, items, bytes)),
            _ => None,
        })
        .collect();
    assert_eq!(granted, [(StreamId::Result(0), 5, u32::MAX)]);
}

#[test]
fn p14_what_is_granted_while_a_call_waits_is_told_if_it_is_anything() {
    for granted in [Some((3, 0)), Some((0, 3)), None] {
        let mut f = Fixture::new();
        let provider = f.join_with("provider", 1, 1000);
        let caller = f.connect("caller");
        let (_, run) = f.routed(caller, call(0, "add"));
        f.waits(caller, call(1, "add"));
        if let Some((items, bytes)) = granted {
            let credit = Header::Credit {
                call: id(1),
                stream: StreamId::Result(0),
                items,
                bytes,
            };
            f.receive(caller, credit, &Bytes::new()).unwrap();
        }
        f.reply(provider, run);
        let told = f.said().into_iter().find_map(|(_, said)| match said {
            Said::Credit { items, bytes, .. } => Some((items, bytes)),
            _ => None,
        });
        assert_eq!(told, granted);
    }
}

#[test]
fn what_a_provider_grants_is_of_no_call_of_its_own_that_waits() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let (caller, both) = (f.connect("caller"), f.connect("both"));
    f.offer(both, &[bounded(1, 1000)], true);
    let (_, run) = f.routed(
        caller,
        CallHeader {
            to: Some("both"),
            ..call(0, "add")
        },
    );
    let other = f.routed(
        caller,
        CallHeader {
            to: Some("provider"),
            ..call(1, "add")
        },
    );
    // It has the same number for a call of its own, which waits.
    f.waits(
        both,
        CallHeader {
            to: Some("provider"),
            ..call(run, "add")
        },
    );
    let credit = Header::Credit {
        call: id(run),
        stream: StreamId::Argument(0),
        items: 7,
        bytes: 700,
    };
    f.receive(both, credit, &Bytes::new()).unwrap();
    f.said();
    f.reply(provider, other.1);
    let granted = f
        .said()
        .into_iter()
        .any(|(to, said)| to == provider && matches!(said, Said::Credit { .. }));
    assert!(!granted, "it was granted to the caller of another call");
}

#[test]
fn p14_calls_that_wait_count_for_the_share_of_their_caller() {
    let mut f = Fixture::new();
    f.router = Router::new(LIMITS, 10, 1 << 30, 1);
    f.join_with("provider", 1, 1000);
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    (1..7).for_each(|number| f.waits(caller, call(number, "add")));
    // Four times what is left of ten is eight at eight.
    f.waits(caller, call(7, "add"));
    assert_eq!(f.refused(caller, call(8, "add")), full());
}

/// What the mean wait is of jobs of two sizes at twenty providers: each given to the less loaded of two random ones when it
/// comes, and each given to the first that is free.
#[test]
fn p14_one_queue_waits_less_than_one_at_each_provider() {
    const PROVIDERS: usize = 20;
    const JOBS: u32 = 4000;
    // One in ten takes twenty times as long. Jobs come as fast as nine tenths of the providers do them.
    let long = |job: u32| job % 10 == 3;
    let takes = |job: u32| if long(job) { 20_000u64 } else { 1_000 };
    let mean = 2_900u64;
    let comes = |job: u32| u64::from(job) * mean * 10 / 9 / PROVIDERS as u64;

    let wait = |concurrency: Option<u32>| -> u64 {
        let limits = Limits {
            calls: 1 << 15,
            ..Limits::default()
        };
        let mut f = Fixture {
            router: Router::new(limits, 1 << 20, 1 << 30, 7),
            queues: Queues::new(&limits),
        };
        let providers: Vec<_> = (0..PROVIDERS)
            .map(|index| {
                let link = f.connect(&format!("provider {index}"));
                let offer = Offered {
                    concurrency,
                    ..bounded(1, 1 << 20)
                };
                f.offer(link, &[offer], true);
                link
            })
            .collect();
        let caller = f.connect("caller");
        // What each has, in order, and when it has done the first of it.
        let mut given: Vec<VecDeque<(u32, u32)>> = vec![VecDeque::new(); PROVIDERS];
        let mut ends: Vec<Option<u64>> = vec![None; PROVIDERS];
        let (mut waited, mut next) = (0, 0);
        loop {
            let end = ends.iter().flatten().min().copied();
            let start = (next < JOBS).then(|| comes(next));
            let now = match (end, start) {
                (None, None) => break,
                (Some(end), Some(start)) => end.min(start),
                (end, start) => end.or(start).unwrap(),
            };
            if end == Some(now) {
                let place = ends.iter().position(|end| *end == Some(now)).unwrap();
                let (_, run) = given[place].pop_front().unwrap();
                ends[place] = None;
                f.reply(providers[place], run);
            } else {
                let trace = world::lines::trace_of(next as usize);
                f.call(
                    caller,
                    CallHeader {
                        trace: Some(trace),
                        ..call(next, "add")
                    },
                );
                next += 1;
            }
            for (to, frame) in std::mem::take(&mut f.queues.sent) {
                if let (Header::Run(run), _) = frame.decode().unwrap() {
                    let place = providers.iter().position(|provider| *provider == to).unwrap();
                    let job = u128::from_be_bytes(run.trace.unwrap().trace_id);
                    given[place].push_back((u32::try_from(job).unwrap(), number(run.call)));
                }
            }
            for (given, end) in given.iter().zip(&mut ends) {
                if let (Some((job, _)), None) = (given.front(), *end) {
                    waited += now - comes(*job);
                    *end = Some(now + takes(*job));
                }
            }
        }
        waited / u64::from(JOBS)
    };
    let (queued, spread) = (wait(Some(1)), wait(None));
    assert!(
        queued * 3 < spread,
        "a job waits {queued} µs in one queue, {spread} in many"
    );
}

#[test]
fn p14_as_many_wait_as_those_let_who_are_there() {
    let mut f = Fixture::new();
    let generous = f.join_with("generous", 1, 2);
    f.join_with("strict", 1, 1);
    f.join_with("as generous", 1, 2);
    let caller = f.connect("caller");
    for number in 0..3 {
        f.routed(caller, call(number, "add"));
    }
    f.waits(caller, call(3, "add"));
    f.waits(caller, call(4, "add"));
    assert_eq!(f.refused(caller, call(5, "add")), full());
    f.cancel(caller, 4);
    f.said();
    // The other one lets as many wait.
    f.disconnect(generous);
    f.said();
    f.waits(caller, call(4, "add"));
    let last = f.router.holder("as generous").unwrap();
    f.disconnect(last);
    f.said();
    f.cancel(caller, 4);
    f.said();
    assert_eq!(f.refused(caller, call(6, "add")), full());
}

/// A part of a call to many is one of the calls of its caller, which keep their order.
#[test]
fn p5_a_part_does_not_overtake_what_waits_for_its_provider() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 2, 1000);
    let caller = f.connect("caller");
    let runs = [0, 1].map(|number| f.routed(caller, call(number, "add")).1);
    f.waits(caller, call(2, "add"));
    f.queues.full.insert(provider);
    for run in runs {
        f.reply(provider, run);
    }
    f.said();
    f.queues.full.remove(&provider);
    let part = CallHeader {
        mode: Mode::Broadcast,
        ..call(3, "add")
    };
    f.receive(caller, Header::Call(part), &bytes("of many")).unwrap();
    assert!(!f.said().into_iter().any(|told| ran(told).is_some()));
    f.queues.now = f.router.next_timeout().unwrap();
    f.tick();
    let given = f.said().into_iter().filter_map(|(_, said)| match said {
        Said::Run { payload, .. } => Some(payload),
        _ => None,
    });
    assert_eq!(given.collect::<Vec<_>>(), [bytes("arguments"), bytes("of many")]);
}

#[test]
fn p14_what_a_process_calls_waits_for_itself_where_it_says_so_and_for_others_elsewhere() {
    let mut f = Fixture::new();
    let (one, other) = (f.join_with("one", 1, 10), f.join_with("other", 1, 10));
    let caller = f.connect("caller");
    let runs = ["one", "other"].map(|name| f.routed(caller, to(u32::from(name == "one"), name)).1);
    f.waits(one, to(0, "one"));
    let (from, run) = f.next(one, runs[0]);
    assert_eq!(from, "one");
    f.waits(one, call(1, "add"));
    f.waits(one, to(2, "one"));
    // Its own place is for the one that names it, though that came later.
    let (from, _) = f.next(one, run);
    assert_eq!((&*from, f.router.calls_waiting()), ("one", 1));
    let (from, _) = f.next(other, runs[1]);
    assert_eq!((&*from, f.router.calls_waiting()), ("one", 0));
}

/// However late it is seen that a place is free, it is given to whoever has waited longest for it.
#[test]
fn p14_a_place_that_is_seen_late_is_given_to_whoever_has_waited_longest() {
    let mut f = Fixture::new();
    let provider = f.join_with("provider", 1, 1000);
    let [first, second] = ["first", "second"].map(|name| f.connect(name));
    let (_, run) = f.routed(second, call(0, "add"));
    // They wait in lines of their own.
    let own = CallHeader {
        signature: OFFERED.number,
        ..call(1, "add")
    };
    f.waits(first, own);
    f.waits(second, call(1, "add"));
    f.queues.full.insert(provider);
    f.reply(provider, run);
    f.said();
    f.queues.full.remove(&provider);
    f.queues.now = f.router.next_timeout().unwrap();
    f.tick();
    let given: Vec<_> = f.said().into_iter().filter_map(ran).collect();
    assert!(matches!(&*given, [(_, from, _)] if from == "first"), "{given:?}");
}

/// Some lines are looked at each time, and others the next time.
#[test]
fn p14_however_many_lines_are_to_be_looked_at_again_each_is() {
    let mut f = Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    };
    let caller = f.connect("caller");
    let mut providers = Vec::new();
    for number in 0..300 {
        let name = format!("provider {number}");
        let provider = f.join_with(&name, 1, 10);
        let (_, run) = f.routed(caller, to(number, &name));
        f.waits(caller, to(1000 + number, &name));
        f.queues.full.insert(provider);
        providers.push((provider, run));
    }
    providers
        .iter()
        .for_each(|(provider, run)| f.reply(*provider, *run));
    f.said();
    f.queues.full.clear();
    for (provider, _) in &providers[..256] {
        f.queues.full.insert(*provider);
    }
    let mut given = 0;
    for _ in 0..2 {
        f.queues.now = f.router.next_timeout().unwrap();
        f.tick();
        given += f.said().into_iter().filter_map(ran).count();
    }
    assert_eq!(given, 44);
}

#[test]
fn p7_one_caller_leaves_a_fifth_of_what_may_wait_to_others() {
    let each = "arguments".len() + Made::new(&call(1, "add")).kept();
    let mut f = Fixture {
        router: Router::new(LIMITS, 1 << 20, 5 * each, 1),
        queues: Queues::new(&LIMITS),
    };
    f.join_with("provider", 1, 1000);
    let [many, few] = ["many", "few"].map(|name| f.connect(name));
    f.routed(many, call(0, "add"));
    (1..5).for_each(|number| f.waits(many, call(number, "add")));
    assert_eq!(f.refused(many, call(5, "add")), full());
    f.waits(few, call(1, "add"));
    assert_eq!(f.refused(few, call(2, "add")), full());
}
