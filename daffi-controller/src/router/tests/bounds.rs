//! Nobody stalls the router (P15): whatever is asked for, a turn has a bound, and what something costs depends on what it is
//! about and not on what else there is. Work is counted in looks at processes, calls and providers.

use super::super::meter::looks;
use super::*;

/// A router with the limits of every day.
fn fixture() -> Fixture {
    Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    }
}

/// Lets the router do all that a frame asks for, in whole turns; how many looks each took.
fn turns(f: &mut Fixture, from: PeerId, header: Header<'_>, payload: &Bytes) -> Vec<usize> {
    let request = Request::parse(header, payload).unwrap();
    let (work, first) = looks(|| {
        f.router
            .receive(from, request, payload, &mut Turn::new(NOW), &mut f.queues)
            .unwrap()
    });
    finished(f, work, first)
}

fn finished(f: &mut Fixture, mut work: Option<Work>, first: usize) -> Vec<usize> {
    let mut turns = vec![first];
    while let Some(mut rest) = work {
        rest.prepare();
        let (left, looked) = looks(|| f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues));
        turns.push(looked);
        work = left;
    }
    turns
}

/// No turn takes more looks than a few for each of its 128 things.
#[track_caller]
fn assert_short(turns: &[usize]) {
    let longest = turns.iter().max().unwrap();
    assert!(*longest <= 128 * 12, "a turn of {longest} looks: {turns:?}");
}

fn many(count: usize) -> Bytes {
    let offered: Vec<_> = (0..u32::try_from(count).unwrap())
        .map(|number| offered(number, &format!("callback {number}")))
        .collect();
    offers(&offered)
}

fn offer(ready: bool) -> Header<'static> {
    Header::Offer { call: id(15), ready }
}

fn handed_over(number: u32) -> CallHeader<'static> {
    CallHeader {
        mode: Mode::HandedOver,
        ..call(number, "add")
    }
}

fn broadcast(number: u32) -> CallHeader<'static> {
    CallHeader {
        mode: Mode::Broadcast,
        ..call(number, "add")
    }
}

#[test]
fn p15_what_is_offered_again_costs_as_much_for_each_callback_however_many_they_are() {
    let mut costs = Vec::new();
    for count in [1000, 16_000] {
        let mut f = fixture();
        let peer = f.connect("a");
        let mut all = 0;
        for ready in [false, false, true, true] {
            let turns = turns(&mut f, peer, offer(ready), &many(count));
            assert_short(&turns);
            // A turn is used up before the next.
            let few = count / 128..=count / 16;
            assert!(few.contains(&turns.len()), "{} turns", turns.len());
            all += turns.iter().sum::<usize>();
        }
        f.said();
        assert_eq!(f.callbacks().len(), count);
        costs.push(all / count);
    }
    assert!(costs[1] <= costs[0] + 1, "{costs:?} looks for each callback");
}

#[test]
fn p15_what_is_offered_while_calls_wait_takes_few_turns() {
    let mut f = fixture();
    let busy = f.connect("busy");
    let single = Offered {
        concurrency: Some(1),
        queue: 10,
        ..offered(0, "add")
    };
    f.offer(busy, &[single], true);
    let caller = f.join("caller", &[]);
    f.routed(caller, call(0, "add"));
    f.waits(caller, call(1, "add"));
    let peer = f.connect("a");
    let turns = turns(&mut f, peer, offer(true), &many(1000));
    assert_short(&turns);
    assert!((40..64).contains(&turns.len()), "{} turns", turns.len());
    assert_eq!(f.router.calls_waiting(), 1);
}

#[test]
fn p15_callbacks_are_withdrawn_and_left_behind_some_at_a_time() {
    let mut f = fixture();
    let peer = f.connect("a");
    turns(&mut f, peer, offer(true), &many(3000));
    let numbers: Vec<_> = (0..1000).map(CallbackId).collect();
    let withdrawn = turns(
        &mut f,
        peer,
        Header::Withdraw { call: id(0) },
        &proto::encode(&numbers).unwrap(),
    );
    assert_short(&withdrawn);
    assert!((8..32).contains(&withdrawn.len()), "{withdrawn:?}");
    let left = turns(&mut f, peer, Header::Goodbye, &Bytes::new());
    assert_short(&left);
    assert!((16..64).contains(&left.len()), "{left:?}");
    f.disconnect(peer);
    assert_empty(&f.router);
}

#[test]
fn p15_a_call_among_many_providers_costs_what_it_costs_among_few() {
    let mut costs = Vec::new();
    for count in [10, 4000] {
        let mut f = fixture();
        for number in 0..count {
            f.join(&format!("provider {number}"), &["add"]);
        }
        let caller = f.join("caller", &[]);
        f.said();
        let (_, cost) = looks(|| {
            for number in 0..100 {
                let (to, run) = f.routed(caller, call(number, "add"));
                f.reply(to, run);
                f.said();
            }
        });
        costs.push(cost / 100);
    }
    assert!(costs[1] <= costs[0] + 2, "{costs:?} looks for a call");
}

#[test]
fn p15_a_call_that_nobody_can_take_costs_the_same_among_many() {
    let mut costs = Vec::new();
    for count in [100, 4000] {
        let mut f = fixture();
        for number in 0..count {
            let peer = f.connect(&format!("provider {number}"));
            let busy = Offered {
                concurrency: Some(0),
                ..offered(0, "add")
            };
            f.offer(peer, &[busy, offered(1, "sub")], true);
        }
        let caller = f.join("caller", &[]);
        let wrong = CallHeader {
            signature: 5,
            ..call(0, "add")
        };
        let (refused, busy) = looks(|| f.refused(caller, call(0, "add")));
        assert_eq!(refused, full());
        let (_, mismatch) = looks(|| f.refused(caller, wrong.clone()));
        // Nor where they are free, and accept something else.
        let wrong = CallHeader { name: "sub", ..wrong };
        let (_, free) = looks(|| f.refused(caller, wrong));
        costs.push(busy.max(mismatch).max(free));
    }
    assert!(costs[1] <= costs[0] + 2, "{costs:?} looks for a call");
}

#[test]
fn p15_a_process_that_leaves_costs_as_much_as_its_own_calls() {
    let mut costs = Vec::new();
    for others in [10, 20_000] {
        let mut f = fixture();
        let provider = f.join("provider", &["add"]);
        let busy = f.join("busy", &[]);
        for number in 0..others {
            f.call(busy, call(number, "add"));
        }
        f.said();
        let leaving = f.join("leaving", &["sub"]);
        for number in 0..10 {
            f.call(leaving, call(number, "add"));
        }
        for number in 0..10 {
            f.call(busy, call(others + number, "sub"));
        }
        f.said();
        let (_, cost) = looks(|| f.disconnect(leaving));
        costs.push(cost);
        assert_eq!(f.said().len(), 20, "ten are cancelled, ten are lost");
        assert_eq!(f.router.calls_outstanding(), others as usize + 10);
        f.disconnect(provider);
    }
    assert!(costs[1] <= costs[0] + 2, "{costs:?} looks");
}

#[test]
fn p15_a_process_with_many_calls_leaves_some_at_a_time() {
    let mut f = fixture();
    let provider = f.join("provider", &["add"]);
    let caller = f.join("caller", &[]);
    for number in 0..5000 {
        f.call(caller, call(number, "add"));
    }
    f.said();
    let work = f.router.disconnect(provider, &mut Turn::new(NOW), &mut f.queues);
    let lost = finished(&mut f, work, 0);
    assert_short(&lost);
    assert!((40..160).contains(&lost.len()), "{} turns", lost.len());
    assert_eq!(f.said().len(), 5000, "each is told");
    // Whoever has made many does, too.
    let provider = f.join("another", &["add"]);
    for number in 0..5000 {
        f.call(caller, call(number, "add"));
    }
    f.said();
    let work = f.router.disconnect(caller, &mut Turn::new(NOW), &mut f.queues);
    let left = finished(&mut f, work, 0);
    assert_short(&left);
    assert!((39..160).contains(&left.len()), "{} turns", left.len());
    assert_eq!(f.said().len(), 5000, "each is cancelled");
    f.disconnect(provider);
    assert_empty(&f.router);
}

#[test]
fn p15_a_broadcast_to_many_asks_some_at_a_time() {
    let mut f = fixture();
    for number in 0..2000 {
        f.join(&format!("provider {number:04}"), &["add"]);
    }
    let caller = f.join("caller", &[]);
    let asked = turns(&mut f, caller, Header::Call(broadcast(0)), &Bytes::new());
    assert_short(&asked[1..]);
    assert!(asked.len() > 15, "{} turns", asked.len());
    let said = f.said();
    assert_eq!(said.len(), 2001, "a roster and the parts");
    assert_eq!(f.router.calls_outstanding(), 2000);
    let cancelled = turns(&mut f, caller, Header::Cancel { call: id(0) }, &Bytes::new());
    assert_short(&cancelled);
    assert!(cancelled.len() > 15, "{} turns", cancelled.len());
    assert_eq!(f.said().len(), 2000);
    f.disconnect(caller);
    assert_eq!(f.said(), [], "each was told once");
}

#[test]
fn p15_a_long_roster_is_sorted_outside_of_a_turn() {
    let mut f = fixture();
    let caller = f.join("caller", &[]);
    for number in 0..128 {
        f.join(&format!("provider {number}"), &["add"]);
    }
    for (number, is_long) in [(0, false), (1, true)] {
        let request = Request::Frame(Header::Call(broadcast(number)));
        let mut turn = Turn::of(NOW, 100_000);
        let work = f
            .router
            .receive(caller, request, &Bytes::new(), &mut turn, &mut f.queues)
            .unwrap();
        assert_eq!((work.is_some(), f.said().is_empty()), (is_long, is_long));
        finish(&mut f.router, work, &mut f.queues);
        f.said();
        f.join(&format!("one more {number}"), &["add"]);
    }
}

#[test]
fn p8_who_leaves_while_others_are_asked_has_a_part_all_the_same() {
    let mut f = fixture();
    let peers: Vec<_> = (0..300)
        .map(|number| f.join(&format!("provider {number:03}"), &["add"]))
        .collect();
    let caller = f.join("caller", &[]);
    let request = Request::parse(Header::Call(broadcast(0)), &Bytes::new()).unwrap();
    let work = f
        .router
        .receive(caller, request, &Bytes::new(), &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    let mut work = work.expect("there are too many for one turn");
    work.prepare();
    let work = f.router.resume(work, &mut Turn::new(NOW), &mut f.queues);
    assert!(work.is_some());
    // One was asked already, the other not yet.
    f.disconnect(peers[0]);
    f.disconnect(peers[299]);
    finished(&mut f, work, 0);
    let parts: Vec<_> = f
        .said()
        .into_iter()
        .filter_map(|(_, said)| match said {
            Said::Part { index, outcome, .. } => Some((index, outcome)),
            _ => None,
        })
        .collect();
    let lost = Failed::ProviderLost {
        process: "provider 000".to_owned(),
    };
    let nobody = Failed::NoProvider(Absence::NotOffered);
    assert_eq!(parts, [(0, failed(lost)), (299, failed(nobody))]);
    for peer in &peers[1..299] {
        f.disconnect(*peer);
    }
    let said = f.said();
    assert_eq!(said.len(), 299, "298 parts, and the end");
    assert_eq!(said.last(), Some(&(caller, empty(0))));
}

#[test]
fn p4_a_caller_that_leaves_while_others_are_asked_leaves_nothing() {
    let mut f = fixture();
    let peers: Vec<_> = (0..300)
        .map(|number| f.join(&format!("provider {number:03}"), &["add"]))
        .collect();
    let caller = f.join("caller", &[]);
    let request = Request::parse(Header::Call(broadcast(0)), &Bytes::new()).unwrap();
    let work = f
        .router
        .receive(caller, request, &Bytes::new(), &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    let work = f.router.resume(work.unwrap(), &mut Turn::new(NOW), &mut f.queues);
    let asked = f.router.calls_outstanding();
    assert!((1..300).contains(&asked));
    // Its connection is replaced by another one, whose task clears it away.
    f.disconnect(caller);
    finished(&mut f, work, 0);
    assert_eq!(f.router.calls_outstanding(), asked, "nobody else is asked");
    let cancels = f.said();
    let cancels = cancels
        .iter()
        .filter(|(_, said)| matches!(said, Said::Cancel { .. }));
    assert_eq!(cancels.count(), asked);
    for peer in peers {
        f.disconnect(peer);
    }
    assert_empty(&f.router);
}

#[test]
fn p15_lists_are_put_together_some_at_a_time() {
    let mut f = fixture();
    let peer = f.connect("a");
    turns(&mut f, peer, offer(true), &many(2000));
    f.said();
    for query in [Query::Callbacks, Query::Presence] {
        let query = Header::Query { call: id(1), query };
        let listed = turns(&mut f, peer, query, &Bytes::new());
        assert_short(&listed);
        f.cancel(peer, 1);
    }
    let callbacks = turns(
        &mut f,
        peer,
        Header::Query {
            call: id(2),
            query: Query::Callbacks,
        },
        &Bytes::new(),
    );
    assert!(callbacks.len() > 15, "{} turns", callbacks.len());
}

#[test]
fn those_who_ask_what_happens_are_told_of_nothing_twice_and_of_everything_in_order() {
    let mut f = fixture();
    let first = f.connect("first");
    turns(&mut f, first, offer(true), &many(10_000));
    f.said();
    let asker = f.join("somebody", &[]);
    f.said();
    let query = Header::Query {
        call: id(1),
        query: Query::Presence,
    };
    let request = Request::parse(query, &Bytes::new()).unwrap();
    let mut work = f
        .router
        .receive(asker, request, &Bytes::new(), &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    // While it is told what there was, others come and go.
    for name in ["second", "third"] {
        work = work.and_then(|mut work| {
            work.prepare();
            f.router.resume(work, &mut Turn::of(NOW, 10), &mut f.queues)
        });
        assert!(work.is_some());
        let peer = f.connect(name);
        f.send_offer(peer, &[offered(0, "add")], true);
        f.disconnect(peer);
    }
    finished(&mut f, work, 0);
    let said = f.said();
    let told: Vec<_> = said
        .into_iter()
        .filter_map(|(to, said)| match said {
            Said::Happened { events, .. } if to == asker => Some(events),
            _ => None,
        })
        .flatten()
        .collect();
    let offered_by = |name: &str| {
        let of = |change: &&Change| matches!(change, Change::Offered { process, .. } if process == name);
        told.iter().filter(of).count()
    };
    assert_eq!(offered_by("first"), 10_000);
    let tail: Vec<_> = told[told.len() - 6..]
        .iter()
        .map(|change| format!("{change:?}"))
        .collect();
    for (place, name) in [(0, "second"), (3, "third")] {
        for (step, what) in ["Joined", "Offered", "Left"].into_iter().enumerate() {
            assert!(
                tail[place + step].starts_with(what) && tail[place + step].contains(name),
                "{tail:?}"
            );
        }
    }
    assert_eq!(told.len(), 2 + 10_000 + 6);
}

#[test]
fn an_offer_in_the_middle_is_seen_by_nobody_and_undone_as_a_whole() {
    let mut f = fixture();
    let other = f.connect("other");
    let turn = Offered {
        balance: Balance::RoundRobin,
        ..offered(0, "callback 500")
    };
    f.offer(other, &[turn], true);
    let peer = f.connect("a");
    let asker = f.join("asker", &[]);
    let request = Request::parse(offer(true), &many(1000)).unwrap();
    let mut work = f
        .router
        .receive(peer, request, &Bytes::new(), &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    while let Some(rest) = work {
        let there = f.processes();
        assert!(there.iter().all(|process| process.name != "a"));
        // None of them is what may be meant, either.
        let refusal = f.refused(asker, call(0, "callback 1"));
        let expected = [Absence::nobody(), Absence::misspelt("callback 500")].map(Failed::NoProvider);
        assert!(expected.contains(&refusal), "{refusal:?}");
        work = f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues);
    }
    assert!(matches!(
        &*f.said(),
        [(
            to,
            Said::Reply {
                outcome: Err(Failure::Failed(Failed::Invalid { .. })),
                ..
            }
        )] if *to == peer
    ));
    assert_eq!(f.callbacks().len(), 1);
    f.disconnect(peer);
    f.disconnect(other);
    f.disconnect(asker);
    assert_empty(&f.router);
}

#[test]
fn p6_a_number_takes_no_more_memory_than_the_call() {
    let mut f = fixture();
    f.join("provider", &["add"]);
    let caller = f.join("caller", &[]);
    let (to, run) = f.routed(caller, call(Limits::default().calls - 1, "add"));
    let places = |f: &Fixture| f.router.peers.get(caller).unwrap().sent.capacity();
    assert!(places(&f) < 64, "{} places for one call", places(&f));
    f.reply(to, run);
    f.said();
    let runs: Vec<_> = (0..20_000)
        .map(|number| f.routed(caller, call(number, "add")).1)
        .collect();
    assert!(places(&f) >= 20_000);
    runs.into_iter().for_each(|run| f.reply(to, run));
    assert!(places(&f) <= 64, "{} places for none", places(&f));
}

#[test]
fn p6_what_is_handed_over_is_what_its_provider_runs() {
    let mut f = fixture();
    let provider = f.join_running("provider", 100, 1 << 20);
    let (flooder, other) = (f.join("flooder", &[]), f.join("other", &[]));
    let mut hand_over = |from, count: u32| {
        let mut taken = 0;
        for number in 0..count {
            f.call(from, handed_over(number));
            let said = f.said();
            match &*said {
                [(to, Said::Run { .. }), (_, Said::Reply { outcome: Ok(_), .. })] if *to == provider => {
                    taken += 1;
                }
                [(_, Said::Reply { outcome, .. })] => assert_eq!(outcome, &failed(full())),
                other => panic!("{other:?}"),
            }
        }
        taken
    };
    assert_eq!(hand_over(flooder, 1000), 80, "four fifths");
    assert_eq!(hand_over(other, 1000), 16, "four fifths of the rest");
    assert_eq!(hand_over(flooder, 10), 0);
    assert_eq!(f.router.calls_outstanding(), 96);
    // The flooder leaves, which ends nothing: it goes on until it is done or the provider is gone.
    f.disconnect(flooder);
    assert_eq!(f.router.calls_outstanding(), 96);
    f.disconnect(provider);
    assert_eq!(f.router.calls_outstanding(), 0);
    f.disconnect(other);
    assert_empty(&f.router);
}

#[test]
fn p7_one_caller_does_not_use_up_what_others_need_of_a_provider() {
    let mut f = fixture();
    let provider = f.join_running("provider", 1000, 10_000);
    let (flooder, other) = (f.join("flooder", &[]), f.join("other", &[]));
    let large: Bytes = vec![0; 1000].into();
    let ask = |f: &mut Fixture, from, number| {
        f.receive(from, Header::Call(call(number, "add")), &large)
            .unwrap();
        matches!(&*f.said(), [(to, Said::Run { .. })] if *to == provider)
    };
    let taken = (0..100).filter(|number| ask(&mut f, flooder, *number)).count();
    assert_eq!(taken, 8, "four fifths of ten");
    assert!(ask(&mut f, other, 0));
    assert!(!ask(&mut f, flooder, 100));
    // One that is alone is run, however large.
    let huge: Bytes = vec![0; 20_000].into();
    let idle = f.join_running("idle", 1000, 10_000);
    let header = CallHeader {
        to: Some("idle"),
        ..call(101, "add")
    };
    f.receive(flooder, Header::Call(header), &huge).unwrap();
    assert!(matches!(&*f.said(), [(to, Said::Run { .. })] if *to == idle));
}

#[test]
fn p6_all_calls_together_are_bounded_and_who_has_few_may_go_on() {
    let mut f = Fixture {
        router: Router::new(Limits::default(), 100, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    };
    f.join("provider", &["add"]);
    let (flooder, other) = (f.join("flooder", &[]), f.join("other", &[]));
    let mut ask = |from, count| {
        let mut taken = 0;
        for number in 0..count {
            f.call(from, call(number, "add"));
            taken += usize::from(matches!(&*f.said(), [(_, Said::Run { .. })]));
        }
        taken
    };
    assert_eq!(ask(flooder, 200), 80);
    assert_eq!(ask(other, 10), 10);
}

#[test]
fn p6_questions_that_wait_are_bounded() {
    let mut f = fixture();
    let asker = f.join("asker", &[]);
    for number in 0..4096 {
        f.ask(asker, number, Query::WaitProcess("nobody"));
    }
    assert_eq!(f.said(), []);
    f.ask(asker, 4096, function("nothing"));
    assert_eq!(f.said(), [(asker, failure(4096, full()))]);
    f.cancel(asker, 7);
    f.said();
    f.ask(asker, 4096, function("nothing"));
    assert_eq!(f.said(), [], "there is a place again");
    // All are told, some at a time.
    let nobody = f.connect("nobody");
    let told = turns(&mut f, nobody, offer(true), &offers(&[]));
    assert_short(&told);
    assert!(told.len() > 31, "{} turns", told.len());
    assert_eq!(f.said().len(), 4096);
    f.disconnect(asker);
    f.disconnect(nobody);
    assert_empty(&f.router);
}

#[test]
fn p6_questions_that_waited_leave_nothing_behind() {
    let mut f = fixture();
    let names: Vec<_> = (0..4096).map(|number| format!("nobody {number}")).collect();
    let asker = f.join("asker", &[]);
    for (number, name) in (0..).zip(&names) {
        let query = match number % 3 {
            0 => Query::WaitProcess(name),
            1 => function(name),
            _ => Query::WaitFunction {
                name: "add",
                process: Some(name),
                having: Vec::new(),
            },
        };
        f.ask(asker, number, query);
    }
    let full = f.router.watchers.questions.capacity();
    for number in 0..4096 {
        f.cancel(asker, number);
    }
    let left = f.router.watchers.questions.capacity();
    assert!(left * 16 < full, "{left} of {full}");
}

/// What happens is written once for each question of it.
#[test]
fn p6_questions_what_happens_are_bounded_for_each_process() {
    let mut f = fixture();
    let (watcher, other) = (f.join("watcher", &[]), f.join("other", &[]));
    (0..16).for_each(|number| f.ask(watcher, number, Query::Presence));
    f.said();
    f.ask(watcher, 16, Query::Presence);
    let overloaded = Failed::Overloaded { may_have_run: false };
    assert_eq!(f.said(), [(watcher, failure(16, overloaded))]);
    f.ask(other, 0, Query::Presence);
    assert!(
        !f.said()
            .contains(&(other, failure(0, Failed::Overloaded { may_have_run: false })))
    );
    f.cancel(watcher, 3);
    f.said();
    f.ask(watcher, 16, Query::Presence);
    let said = f.said();
    assert!(
        matches!(said[..], [(to, Said::Happened { .. })] if to == watcher),
        "{said:?}"
    );
}

#[test]
fn what_was_withdrawn_while_it_runs_is_forgotten_when_it_ends() {
    let mut f = fixture();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &[]));
    let mut runs = Vec::new();
    for round in 0..10 {
        runs.push(f.routed(caller, call(round, "add")).1);
        f.withdraw(provider, &[round]);
        f.offer(provider, &[offered(round + 1, "add")], true);
    }
    runs.into_iter().for_each(|run| f.reply(provider, run));
    f.said();
    f.withdraw(provider, &[10]);
    f.disconnect(provider);
    f.disconnect(caller);
    assert_empty(&f.router);
}
