//! P14: calls of one process beyond what a provider runs of one wait, while those of others go on.

use super::super::meter::looks;
use super::super::work::Turn;
use super::*;

/// A callback that runs so many calls of one process, and perhaps only so many in all.
fn per_caller(limit: u32, concurrency: Option<u32>) -> Offered {
    Offered {
        concurrency,
        concurrency_per_caller: Some(limit),
        queue: 1000,
        ..offered(0, "add")
    }
}

/// A router with the limits of every day.
fn roomy() -> Fixture {
    Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    }
}

impl Fixture {
    fn join_per_caller(&mut self, name: &str, limit: u32, concurrency: Option<u32>) -> PeerId {
        let link = self.connect(name);
        self.offer(link, &[per_caller(limit, concurrency)], true);
        link
    }

    /// The callers whose calls were given to somebody since this was asked last, with the numbers of the runs.
    fn given(&mut self) -> Vec<(PeerId, String, u32)> {
        let said = self.said().into_iter();
        said.filter_map(|(to, said)| match said {
            Said::Run { number, caller, .. } => Some((to, caller, number)),
            _ => None,
        })
        .collect()
    }

    fn answered(&mut self, from: PeerId, run: u32) -> Vec<(PeerId, String, u32)> {
        self.reply(from, run);
        self.given()
    }
}

#[test]
fn p14_calls_of_one_process_wait_and_those_of_others_go_on() {
    let mut f = Fixture::new();
    let provider = f.join_per_caller("provider", 2, None);
    let (many, few) = (f.connect("many"), f.connect("few"));
    let first = [0, 1].map(|number| f.routed(many, call(number, "add")).1);
    (2..5).for_each(|number| f.waits(many, call(number, "add")));
    let (_, other) = f.routed(few, call(0, "add"));
    // What ends of others' makes no place for it.
    f.reply(provider, other);
    assert_eq!(f.said(), [(few, value(0))]);
    assert_eq!(f.router.calls_waiting(), 3);
    assert_eq!(f.router.next_timeout(), None, "its own ends are told");
    let mut next = Vec::new();
    for run in first {
        next.extend(f.answered(provider, run));
    }
    assert!(
        next.iter()
            .all(|(to, caller, _)| (*to, &**caller) == (provider, "many"))
    );
    assert_eq!((next.len(), f.router.calls_waiting()), (2, 1));
    f.disconnect(many);
    f.disconnect(few);
    f.disconnect(provider);
    assert_empty(&f.router);
}

#[test]
fn p14_a_process_goes_to_another_provider_where_it_is_at_the_bound_of_one() {
    let mut f = Fixture::new();
    for name in ["a", "b"] {
        f.join_per_caller(name, 1, None);
    }
    let caller = f.connect("caller");
    let (first, run) = f.routed(caller, call(0, "add"));
    let (second, _) = f.routed(caller, call(1, "add"));
    assert_ne!(first, second);
    f.waits(caller, call(2, "add"));
    let by_name = CallHeader {
        to: Some("a"),
        ..call(3, "add")
    };
    f.waits(caller, by_name);
    let key = CallHeader {
        key: Some(7),
        ..call(4, "add")
    };
    f.waits(caller, key);
    let next = f.answered(first, run);
    assert_eq!(next.len(), 1);
    assert_eq!(f.router.calls_waiting(), 2);
}

#[test]
fn p14_the_queue_is_that_of_the_callback() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let short = Offered {
        queue: 1,
        ..per_caller(1, None)
    };
    f.offer(provider, &[short], true);
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    assert_eq!(f.refused(caller, call(2, "add")), full());
    let other = f.connect("other");
    f.routed(other, call(0, "add"));
}

#[test]
fn p14_what_is_handed_over_streamed_or_left_behind_counts_until_it_ends() {
    let mut f = Fixture::new();
    let provider = f.join_per_caller("provider", 1, None);
    let caller = f.connect("caller");
    let handed = CallHeader {
        mode: Mode::HandedOver,
        ..call(0, "add")
    };
    f.call(caller, handed);
    let [(_, _, run)] = &f.given()[..] else {
        panic!("not one run")
    };
    f.waits(caller, call(1, "add"));
    // It was taken back, and runs until its provider has answered.
    let next = f.answered(provider, *run);
    let [(_, _, run)] = &next[..] else {
        panic!("{next:?}")
    };
    f.waits(caller, call(2, "add"));
    f.cancel(caller, 1);
    assert_eq!(f.router.calls_waiting(), 1);
    f.said();
    assert_eq!(f.answered(provider, *run).len(), 1);
}

#[test]
fn p14_a_broadcast_waits_where_its_caller_is_at_the_bound() {
    let mut f = Fixture::new();
    let providers = ["a", "b"].map(|name| f.join_per_caller(name, 1, None));
    let caller = f.connect("caller");
    let (busy, run) = f.routed(caller, call(0, "add"));
    let all = CallHeader {
        mode: Mode::Broadcast,
        ..call(1, "add")
    };
    f.call(caller, all);
    let given = f.given();
    assert_eq!((given.len(), f.router.calls_waiting()), (1, 1));
    assert!(given[0].0 != busy && providers.contains(&given[0].0));
    assert_eq!(f.answered(busy, run).len(), 1);
}

#[test]
fn p14_a_new_offer_has_a_bound_of_its_own_and_a_process_that_comes_again_is_another() {
    let mut f = Fixture::new();
    let provider = f.join_per_caller("provider", 1, None);
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    f.send_withdrawal(provider, &[0]);
    let absent = Failed::NoProvider(Absence::nobody());
    assert!(f.said().contains(&(caller, failure(1, absent))));
    let other = Offered {
        callback: CallbackId(1),
        ..per_caller(2, None)
    };
    f.offer(provider, &[other], true);
    for number in 2..4 {
        f.routed(caller, call(number, "add"));
    }
    f.waits(caller, call(4, "add"));
    // What runs of the offer that was taken back is none of it.
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(0))]);
    f.disconnect(caller);
    f.said();
    let caller = f.connect("caller");
    f.routed(caller, call(0, "add"));
    f.disconnect(provider);
    f.disconnect(caller);
    assert_empty(&f.router);
}

#[test]
fn p14_a_provider_that_comes_takes_one_call_of_each_who_waits() {
    let mut f = Fixture::new();
    let first = f.join_per_caller("first", 1, None);
    let callers = ["a", "b", "c"].map(|name| f.connect(name));
    for caller in callers {
        f.routed(caller, call(0, "add"));
        (1..3).for_each(|number| f.waits(caller, call(number, "add")));
    }
    let second = f.connect("second");
    f.send_offer(second, &[per_caller(1, None)], true);
    let given = f.given();
    let of: Vec<_> = given.iter().map(|(to, caller, _)| (*to, &**caller)).collect();
    assert_eq!(of, ["a", "b", "c"].map(|name| (second, name)));
    assert_eq!(f.router.calls_waiting(), 3);
    f.disconnect(first);
    assert_eq!(f.router.calls_waiting(), 3);
    for (provider, _, run) in given {
        assert_eq!(f.answered(provider, run).len(), 1);
    }
}

#[test]
fn p14_a_call_that_would_wait_for_a_place_of_its_own_caller_above_it_is_told_so() {
    let mut f = Fixture::new();
    let provider = f.join_per_caller("provider", 1, None);
    let middle = f.join("middle", &["sub"]);
    let caller = f.connect("caller");
    // Its caller is another process each time.
    let (_, outer) = f.routed(caller, call(0, "add"));
    let down = CallHeader {
        within: Some(id(outer)),
        ..call(0, "sub")
    };
    let (_, sub) = f.routed(provider, down);
    let up = |number, run| CallHeader {
        within: Some(id(run)),
        ..call(number, "add")
    };
    let (_, inner) = f.routed(middle, up(0, sub));
    let down = CallHeader {
        within: Some(id(inner)),
        ..call(1, "sub")
    };
    let (_, again) = f.routed(provider, down);
    assert_eq!(f.refused(middle, up(1, again)), Failed::Recursive);
    // One that waits for nothing above it has its turn.
    f.waits(middle, call(2, "add"));
    // So has one that only another one's place is above of.
    let other = f.connect("other");
    f.offer(other, &[offered(0, "mul")], true);
    let (_, mul) = f.routed(caller, call(1, "mul"));
    f.routed(other, call(1, "add"));
    f.waits(other, up(2, mul));
}

/// Whoever is served comes after all others, however many before it are at their bound.
#[test]
fn p14_nobody_starves_behind_those_at_their_bound() {
    const BLOCKED: usize = 40;
    let mut f = roomy();
    let provider = f.join_per_caller("provider", 1, Some(41));
    // They never end, and have more calls that wait.
    for number in 0..BLOCKED {
        let blocked = f.connect(&format!("blocked {number}"));
        f.routed(blocked, call(0, "add"));
        f.waits(blocked, call(1, "add"));
    }
    let (busy, late) = (f.connect("busy"), f.connect("late"));
    let (_, mut run) = f.routed(busy, call(0, "add"));
    (1..10).for_each(|number| f.waits(busy, call(number, "add")));
    (0..2).for_each(|number| f.waits(late, call(number, "add")));
    let mut served = Vec::new();
    // A few of those at their bound are passed over each time.
    for _ in 0..BLOCKED / 8 + 4 {
        let next = f.answered(provider, run);
        let [(_, caller, number)] = &next[..] else {
            panic!("{served:?}, then {next:?}")
        };
        served.push(caller.clone());
        run = *number;
    }
    assert_eq!(served[..5], ["busy"; 5]);
    assert_eq!(served[5..], ["late", "busy", "late", "busy"]);
}

/// A place that one of those has that were passed over is found at once, in its turn.
#[test]
fn p14_who_was_passed_over_has_the_turn_that_it_had() {
    let mut f = Fixture::new();
    let provider = f.join_per_caller("provider", 1, Some(3));
    let callers = ["a", "b", "c", "d"].map(|name| f.connect(name));
    let runs: Vec<_> = callers[..3]
        .iter()
        .map(|caller| f.routed(*caller, call(0, "add")).1)
        .collect();
    for caller in callers {
        f.waits(caller, call(1, "add"));
    }
    // `c` is not the next, but its place is nobody's before it: `a` and `b` run one each, and `d` comes after it.
    assert_eq!(f.answered(provider, runs[2])[0].1, "c");
    assert_eq!(f.answered(provider, runs[1])[0].1, "b");
    assert_eq!(f.answered(provider, runs[0])[0].1, "a");
}

/// What does not read, and reads again, is found behind those at their bound.
#[test]
fn p14_who_waits_for_room_is_found_behind_those_at_their_bound() {
    const BLOCKED: usize = 20;
    let mut f = roomy();
    let provider = f.join_per_caller("provider", 1, None);
    for number in 0..BLOCKED {
        let blocked = f.connect(&format!("blocked {number}"));
        f.routed(blocked, call(0, "add"));
        f.waits(blocked, call(1, "add"));
    }
    let late = f.connect("late");
    let (_, run) = f.routed(late, call(0, "add"));
    f.waits(late, call(1, "add"));
    f.queues.full.insert(provider);
    f.reply(provider, run);
    assert_eq!(f.said(), [(late, value(0))]);
    f.queues.full.remove(&provider);
    f.queues.now = f.queues.now + Duration::from_millis(20);
    let mut turn = Turn::of(f.queues.now, 2);
    let work = f.router.on_timeout(&mut turn, &mut f.queues);
    finish(&mut f.router, work, &mut f.queues);
    assert_eq!(f.given().len(), 1);
    assert_eq!(f.router.calls_waiting(), BLOCKED);
}

/// One at its bound for the caller, and one that does not read: the call goes to whichever has a place first.
#[test]
fn p14_who_waits_for_several_reasons_is_looked_at_again() {
    let mut f = Fixture::new();
    let (one, two) = (
        f.join_per_caller("one", 1, None),
        f.join_per_caller("two", 1, None),
    );
    let caller = f.connect("caller");
    f.queues.full.insert(two);
    assert_eq!(f.routed(caller, call(0, "add")).0, one);
    f.waits(caller, call(1, "add"));
    f.queues.full.remove(&two);
    f.queues.now = f.queues.now + Duration::from_millis(20);
    let mut turn = Turn::of(f.queues.now, 2);
    let work = f.router.on_timeout(&mut turn, &mut f.queues);
    finish(&mut f.router, work, &mut f.queues);
    let given = f.given();
    assert_eq!((given.len(), f.router.calls_waiting()), (1, 0));
    assert_eq!(given[0].0, two);
}

/// A call that nobody serves any more comes between those that wait already, and so between those that were passed over.
#[test]
fn p14_who_comes_from_another_line_is_not_taken_for_one_that_was_passed_over() {
    let mut f = Fixture::new();
    let first = f.join_per_caller("first", 1, None);
    let old = f.connect("old");
    let plain = |number| CallHeader {
        signature: OFFERED.number,
        ..call(number, "add")
    };
    f.routed(old, plain(0));
    f.waits(old, plain(1));
    // It is lost, and for a moment nobody is left who could run what waits.
    let mut lost = f.router.disconnect(first, &mut Turn::of(NOW, 0), &mut f.queues);
    while !f.router.lines.has_adrift() {
        let turn = &mut Turn::of(NOW, 1);
        lost = f.router.resume(lost.unwrap(), turn, &mut f.queues);
    }
    assert!(lost.is_some());
    f.said();
    let second = f.join_per_caller("second", 1, Some(2));
    let (blocked, busy) = (f.connect("blocked"), f.connect("busy"));
    f.routed(blocked, plain(0));
    f.waits(blocked, plain(1));
    let (_, run) = f.routed(busy, plain(0));
    (1..4).for_each(|number| f.waits(busy, plain(number)));
    let next = f.answered(second, run);
    let [(_, caller, run)] = &next[..] else {
        panic!("{next:?}")
    };
    assert_eq!(caller, "busy", "`blocked` was passed over");
    finish(&mut f.router, lost, &mut f.queues);
    f.said();
    assert_eq!(f.answered(second, *run)[0].1, "old");
}

/// However many wait, an answer costs about as much as with few.
#[test]
fn p15_those_at_their_bound_are_looked_at_once_for_each_turn() {
    const CALLERS: usize = 400;
    let mut f = roomy();
    let provider = f.connect("provider");
    let many = Offered {
        queue: 100_000,
        ..per_caller(1, Some(400))
    };
    f.offer(provider, &[many], true);
    let callers: Vec<_> = (0..CALLERS)
        .map(|number| f.connect(&format!("caller {number}")))
        .collect();
    let mut runs: HashMap<String, u32> = HashMap::new();
    for (number, caller) in callers.iter().enumerate() {
        let (_, run) = f.routed(*caller, call(0, "add"));
        runs.insert(format!("caller {number}"), run);
        (1..4).for_each(|number| f.waits(*caller, call(number, "add")));
    }
    let mut all = 0;
    // From the last one: all before it are passed over for the first, and for none after that.
    for number in (0..CALLERS).rev().take(200) {
        let run = runs[&format!("caller {number}")];
        let (next, looked) = looks(|| f.answered(provider, run));
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].1, format!("caller {number}"));
        all += looked;
    }
    assert!(all < CALLERS * 4 + 200 * 16, "{all} looks for 200 answers");
}

/// However many are at the bound of one, whoever is not has the place at once.
#[test]
fn p14_a_place_is_given_at_once_behind_many_who_are_at_the_bound_of_one() {
    let mut f = roomy();
    let provider = f.join_per_caller("provider", 1, Some(21));
    let callers: Vec<_> = (0..22)
        .map(|number| f.connect(&format!("caller {number}")))
        .collect();
    let mut runs = callers[..21]
        .iter()
        .map(|caller| f.routed(*caller, call(0, "add")).1);
    let last = runs.next_back().unwrap();
    runs.for_each(drop);
    callers[..20]
        .iter()
        .for_each(|caller| f.waits(*caller, call(1, "add")));
    f.waits(callers[21], call(0, "add"));
    let reply = Request::Frame(Header::Reply {
        call: id(last),
        status: Status::Value,
    });
    let mut turn = Turn::new(NOW);
    let work = f
        .router
        .receive(provider, reply, &Bytes::new(), &mut turn, &mut f.queues);
    assert!(work.unwrap().is_none());
    let given: Vec<_> = f.given().into_iter().map(|(_, caller, _)| caller).collect();
    assert_eq!(
        (given, f.router.next_timeout()),
        (vec!["caller 21".to_owned()], None)
    );
}
