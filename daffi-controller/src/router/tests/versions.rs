//! Callbacks that are offered in several versions.

use std::collections::{BTreeMap, VecDeque};

use daffi_core::signature::Interface;

use super::*;

/// So many versions of a signature.
fn versions<const N: usize>() -> [Described; N] {
    std::array::from_fn(|number| {
        let names: Vec<_> = (0..=number).map(|parameter| format!("p{parameter}")).collect();
        let parameters = names.iter().map(|name| (&**name, trace::<u8>()));
        let returns = Returns {
            ok: trace::<u8>(),
            error: ErrorType::None,
        };
        Described::of(&Interface::from(Signature::new(parameters, returns)))
    })
}

fn offer(f: &mut Fixture, name: &str, signature: &Described, concurrency: Option<u32>) -> PeerId {
    let link = f.connect(name);
    let offered = Offered {
        concurrency,
        ..of_version(signature)
    };
    f.send_offer(link, &[offered], true);
    f.said();
    link
}

/// What one offers that runs one call at a time.
fn of_version(signature: &Described) -> Offered {
    Offered {
        signature: signature.clone(),
        concurrency: Some(1),
        queue: 8,
        ..offered(0, "add")
    }
}

/// The first turn of an offer, with another callback behind it, as short as one can be.
fn begin_offer(f: &mut Fixture, from: PeerId, signature: &Described) -> Option<Work> {
    let payload = offers(&[of_version(signature), offered(1, "mul"), offered(2, "sub")]);
    let header = Header::Offer {
        call: id(15),
        ready: true,
    };
    let request = Request::parse(header, &payload).unwrap();
    f.router
        .receive(from, request, &payload, &mut Turn::of(NOW, 1), &mut f.queues)
        .unwrap()
}

/// So many turns more, as short as they can be.
fn go_on(f: &mut Fixture, work: &mut Option<Work>, turns: usize) {
    for _ in 0..turns {
        let left = work.take();
        *work = left.and_then(|work| f.router.resume(work, &mut Turn::of(NOW, 1), &mut f.queues));
    }
}

fn by(number: u32, versions: &[&Described]) -> CallHeader<'static> {
    let mut versions: Vec<_> = versions.iter().map(|version| version.version()).collect();
    versions.sort_unstable();
    CallHeader {
        versions,
        ..call(number, "add")
    }
}

/// Who was given a call since the last look, and what was told of versions.
fn seen(f: &mut Fixture) -> (Vec<PeerId>, Vec<(PeerId, Vec<u64>)>) {
    let said = f.said().into_iter();
    let runs = said.filter(|(_, said)| matches!(said, Said::Run { .. }));
    (
        runs.map(|(to, _)| to).collect(),
        std::mem::take(&mut f.queues.versions),
    )
}

fn numbers(versions: &[&Described]) -> Vec<u64> {
    let mut numbers: Vec<_> = versions.iter().map(|version| version.version()).collect();
    numbers.sort_unstable();
    numbers
}

/// described.several
#[test]
fn p14_a_call_goes_to_all_versions_that_it_names_and_to_no_other() {
    let [one, two, three] = versions();
    let mut f = Fixture::new();
    let peers =
        [("a", &one), ("b", &two), ("c", &three)].map(|(name, version)| offer(&mut f, name, version, None));
    let caller = f.join("caller", &[]);
    let mut given = BTreeMap::new();
    for number in 0..10 {
        let (peer, _) = f.routed(caller, by(number, &[&one, &three]));
        *given.entry(peer).or_insert(0) += 1;
    }
    assert_eq!(given.len(), 2, "{given:?}");
    assert!(!given.contains_key(&peers[1]), "{given:?}");
    // Among the less loaded of two that are looked at.
    assert!(given.values().all(|given| *given >= 3), "{given:?}");
    let Failed::SignatureMismatch { offered, others } = f.refused(caller, by(10, &[&versions::<5>()[4]]))
    else {
        panic!("nobody offers that");
    };
    assert_eq!(others.len(), 2);
    assert!([&one, &two, &three].contains(&&*offered));
}

/// described.several
#[test]
fn p14_a_call_that_names_versions_waits_for_the_first_that_has_a_place() {
    let [one, two, three] = versions();
    for first in 0..2 {
        let mut f = Fixture::new();
        let peers = [("a", &one), ("b", &two), ("c", &three)]
            .map(|(name, version)| offer(&mut f, name, version, Some(1)));
        let caller = f.join("caller", &[]);
        let mut runs = Vec::new();
        for (number, version) in [(0, &one), (1, &two), (2, &three)] {
            runs.push(f.routed(caller, by(number, &[version])).1);
        }
        f.call(caller, by(3, &[&one, &two]));
        f.call(caller, by(4, &[&one, &two]));
        f.said();
        assert_eq!(f.router.calls_waiting(), 2);
        // The third has a place, which is not for them.
        f.reply(peers[2], runs[2]);
        assert_eq!(seen(&mut f).0, []);
        for place in [first, 1 - first] {
            f.reply(peers[place], runs[place]);
            assert_eq!(seen(&mut f).0, [peers[place]]);
        }
        assert_eq!(f.router.calls_waiting(), 0);
        f.router.lines.check();
    }
}

#[test]
fn a_call_that_waits_for_versions_of_which_one_goes_waits_for_the_others() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let peers = [("a", &one), ("b", &two)].map(|(name, version)| offer(&mut f, name, version, Some(1)));
    let caller = f.join("caller", &[]);
    let runs = [(0, &one), (1, &two)].map(|(number, version)| f.routed(caller, by(number, &[version])).1);
    f.call(caller, by(2, &[&one, &two]));
    f.said();
    f.disconnect(peers[0]);
    f.said();
    assert_eq!(f.router.calls_waiting(), 1);
    f.router.lines.check();
    // It comes again meanwhile.
    let again = offer(&mut f, "again", &one, Some(1));
    assert_eq!(f.router.calls_waiting(), 0);
    f.call(caller, by(3, &[&one, &two]));
    f.said();
    f.disconnect(again);
    f.reply(peers[1], runs[1]);
    assert_eq!(seen(&mut f).0, [peers[1]]);
    assert_eq!(f.router.calls_waiting(), 0);
    f.call(caller, by(4, &[&one, &two]));
    f.said();
    f.disconnect(peers[1]);
    let said = f.said();
    let gone = failure(4, Failed::NoProvider(Absence::nobody()));
    assert!(said.contains(&(caller, gone)), "{said:?}");
    f.router.lines.check();
}

/// Whoever had a turn a moment ago does not have the next one, since a version goes.
#[test]
fn p14_a_version_that_goes_changes_no_turns() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let [first, second] =
        [("a", &one), ("b", &two)].map(|(name, version)| offer(&mut f, name, version, Some(1)));
    let [busy, many, few] = ["busy", "many", "few"].map(|name| f.join(name, &[]));
    let runs = [(0, &one), (1, &two)].map(|(number, version)| f.routed(busy, by(number, &[version])).1);
    for (caller, number) in [(many, 0), (many, 1), (few, 0)] {
        f.call(caller, by(number, &[&one, &two]));
    }
    f.said();
    f.reply(first, runs[0]);
    let given = |f: &mut Fixture| {
        let given = f.said().into_iter().find_map(|(to, said)| match said {
            Said::Run { number, caller, .. } => Some((to, number, caller)),
            _ => None,
        });
        given.unwrap()
    };
    let (to, run, caller) = given(&mut f);
    assert_eq!((to, &*caller), (first, "many"));
    f.disconnect(second);
    f.said();
    assert_eq!(f.router.calls_waiting(), 2);
    f.reply(first, run);
    let (to, run, caller) = given(&mut f);
    assert_eq!((to, &*caller), (first, "few"));
    f.reply(first, run);
    assert_eq!(given(&mut f).2, "many");
}

#[test]
fn a_call_that_waits_for_versions_of_which_only_its_caller_offers_one_is_told_so() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let [caller, other] =
        [("caller", &one), ("b", &two)].map(|(name, version)| offer(&mut f, name, version, Some(1)));
    let busy = f.join("busy", &[]);
    f.routed(busy, by(0, &[&two]));
    f.waits(caller, by(0, &[&one, &two]));
    f.send_withdrawal(other, &[0]);
    let only = failure(0, Failed::NoProvider(Absence::OnlyCaller));
    assert_eq!(f.said(), [(other, empty(15)), (caller, only)]);
    assert_eq!(f.router.calls_waiting(), 0);
}

/// However many calls wait, they come to wait for a version that comes in as few turns as that takes.
#[test]
fn p15_calls_that_wait_join_a_version_that_comes_many_in_a_turn() {
    let [one, two, _] = versions();
    let mut f = Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    };
    let roomy = |version| Offered {
        queue: 1000,
        ..of_version(version)
    };
    let first = f.connect("a");
    f.offer(first, &[roomy(&one)], true);
    let caller = f.join("caller", &[]);
    f.routed(caller, by(0, &[&one]));
    (1..=500).for_each(|number| f.waits(caller, by(number, &[&one, &two])));
    let second = f.connect("b");
    let payload = offers(&[roomy(&two)]);
    let offer = Header::Offer {
        call: id(15),
        ready: true,
    };
    let request = Request::parse(offer, &payload).unwrap();
    let mut turns = 1;
    let mut work = f
        .router
        .receive(second, request, &payload, &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    while let Some(rest) = work {
        work = f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues);
        turns += 1;
    }
    assert!((4..10).contains(&turns), "{turns} turns");
    assert_eq!((seen(&mut f).0, f.router.calls_waiting()), (vec![second], 499));
}

#[test]
fn a_call_that_names_versions_may_be_taken_back_while_it_waits() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let peers = [("a", &one), ("b", &two)].map(|(name, version)| offer(&mut f, name, version, Some(1)));
    let caller = f.join("caller", &[]);
    let runs = [(0, &one), (1, &two)].map(|(number, version)| f.routed(caller, by(number, &[version])).1);
    f.call(caller, by(2, &[&one, &two]));
    f.cancel(caller, 2);
    f.said();
    assert_eq!(f.router.calls_waiting(), 0);
    f.router.lines.check();
    for (peer, run) in peers.into_iter().zip(runs) {
        f.reply(peer, run);
    }
    assert_eq!(seen(&mut f).0, []);
}

/// described.several
#[test]
fn a_call_that_waits_goes_to_a_version_that_comes_meanwhile_and_to_nobody_else() {
    let [one, two, three] = versions();
    let mut f = Fixture::new();
    let first = offer(&mut f, "a", &one, Some(1));
    let caller = f.join("caller", &[]);
    f.routed(caller, by(0, &[&one]));
    f.call(caller, by(1, &[&one, &two]));
    f.said();
    offer(&mut f, "c", &three, Some(1));
    assert_eq!((seen(&mut f).0, f.router.calls_waiting()), (vec![], 1));
    let second = f.connect("b");
    f.send_offer(second, &[of_version(&two)], true);
    assert_eq!((seen(&mut f).0, f.router.calls_waiting()), (vec![second], 0));
    f.disconnect(first);
    f.router.lines.check();
}

/// Makes a call with its number as its payload.
fn call_with(f: &mut Fixture, caller: PeerId, header: CallHeader<'_>) {
    let number = u8::try_from(number(header.call)).unwrap();
    f.receive(caller, Header::Call(header), &Bytes::from(vec![number]))
        .unwrap();
}

/// What was given to somebody to run since the last look: to whom, its number there, and its payload.
fn runs_of(f: &mut Fixture) -> VecDeque<(PeerId, u32, Bytes)> {
    let runs = f.said().into_iter().filter_map(|(to, said)| match said {
        Said::Run { number, payload, .. } => Some((to, number, payload)),
        _ => None,
    });
    runs.collect()
}

/// P5: at whatever point of it others have the router.
#[test]
fn while_a_version_is_offered_calls_that_wait_are_served_as_ever_and_are_not_overtaken() {
    let [one, two, _] = versions();
    let mut breaks = 0;
    for turns in 0.. {
        let mut f = Fixture::new();
        let first = offer(&mut f, "a", &one, Some(1));
        let caller = f.join("caller", &[]);
        let (_, run) = f.routed(caller, by(0, &[&one]));
        for number in 1..4 {
            call_with(&mut f, caller, by(number, &[&one, &two]));
        }
        let second = f.connect("b");
        let mut work = begin_offer(&mut f, second, &two);
        go_on(&mut f, &mut work, turns);
        f.router.lines.check();
        let mut runs = runs_of(&mut f);
        let was_there = work.is_some();
        breaks += usize::from(was_there);
        f.reply(first, run);
        call_with(&mut f, caller, by(4, &[&one, &two]));
        finish(&mut f.router, work, &mut f.queues);
        f.router.lines.check();
        // Those at either, in the order in which they were given.
        let mut given = Vec::new();
        runs.extend(runs_of(&mut f));
        assert_eq!(runs.len(), 2, "{turns}: {runs:?}");
        while let Some((peer, number, payload)) = runs.pop_front() {
            given.extend(payload);
            f.reply(peer, number);
            runs.extend(runs_of(&mut f));
        }
        assert_eq!(given, [1, 2, 3, 4], "{turns}");
        if !was_there {
            break;
        }
    }
    assert!(breaks > 6, "{breaks}");
}

/// A version that its own process offers as well, which runs nothing of it.
#[test]
fn a_call_that_waits_goes_to_a_version_that_it_did_without_for_a_while() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let [first, second] =
        [("a", &one), ("b", &two)].map(|(name, version)| offer(&mut f, name, version, Some(1)));
    let caller = offer(&mut f, "caller", &two, Some(1));
    for (number, version) in [(0, &one), (1, &two)] {
        f.routed(caller, by(number, &[version]));
    }
    f.call(caller, by(2, &[&one, &two]));
    f.disconnect(second);
    f.router.lines.check();
    assert_eq!((seen(&mut f).0, f.router.calls_waiting()), (vec![], 1));
    let third = f.connect("c");
    f.send_offer(third, &[of_version(&two)], true);
    assert_eq!(seen(&mut f).0, [third]);
    f.disconnect(first);
    f.router.lines.check();
}

#[test]
fn a_call_that_waits_goes_to_a_version_that_two_offer_at_the_same_time() {
    let [one, two, _] = versions();
    for turns in 0..12 {
        for leaves in [false, true] {
            let mut f = Fixture::new();
            offer(&mut f, "a", &one, Some(1));
            let caller = f.join("caller", &[]);
            f.routed(caller, by(0, &[&one]));
            f.call(caller, by(1, &[&one, &two]));
            f.said();
            let [second, third] = ["b", "c"].map(|name| f.connect(name));
            let mut work = begin_offer(&mut f, second, &two);
            go_on(&mut f, &mut work, turns);
            f.router.lines.check();
            let other = begin_offer(&mut f, third, &two);
            if leaves {
                f.disconnect(second);
            }
            finish(&mut f.router, other, &mut f.queues);
            finish(&mut f.router, work, &mut f.queues);
            f.router.lines.check();
            assert_eq!(f.router.calls_waiting(), 0, "{turns} {leaves}");
            assert!(seen(&mut f).0.iter().all(|peer| [second, third].contains(peer)));
        }
    }
}

#[test]
fn a_call_that_waits_goes_to_a_version_that_is_back_before_it_hears_that_it_was_gone() {
    let [one, two, _] = versions();
    for turns in 0..12 {
        let mut f = Fixture::new();
        let first = f.connect("a");
        let others = (1..4).map(|number| offered(number, &format!("other {number}")));
        let all: Vec<_> = [of_version(&one)].into_iter().chain(others).collect();
        f.send_offer(first, &all, true);
        offer(&mut f, "b", &two, Some(1));
        let caller = f.join("caller", &[]);
        for (number, version) in [(0, &one), (1, &two)] {
            f.routed(caller, by(number, &[version]));
        }
        f.call(caller, by(2, &[&one, &two]));
        f.said();
        let mut work = f.router.disconnect(first, &mut Turn::of(NOW, 1), &mut f.queues);
        go_on(&mut f, &mut work, turns);
        f.router.lines.check();
        let again = f.connect("c");
        f.send_offer(again, &[of_version(&one)], true);
        finish(&mut f.router, work, &mut f.queues);
        f.router.lines.check();
        assert_eq!(f.router.calls_waiting(), 0, "{turns}");
        assert_eq!(seen(&mut f).0, [again], "{turns}");
    }
}

/// P5: nobody offers what calls wait for, and before all of them hear of it somebody does again, their caller makes one more, and
/// some are answered.
#[test]
fn calls_that_have_lost_their_line_are_not_overtaken() {
    let [one] = versions();
    let mut most = 0;
    for (before, between, is_answered) in (0..12)
        .flat_map(|before| (0..6).map(move |between| (before, between)))
        .flat_map(|(before, between)| [false, true].map(|is_answered| (before, between, is_answered)))
    {
        let mut f = Fixture::new();
        let first = f.connect("a");
        let others = (1..4).map(|number| offered(number, &format!("other {number}")));
        let all: Vec<_> = [of_version(&one)].into_iter().chain(others).collect();
        f.send_offer(first, &all, true);
        f.said();
        let caller = f.join("caller", &[]);
        f.routed(caller, by(0, &[&one]));
        for number in 1..4 {
            call_with(&mut f, caller, by(number, &[&one]));
        }
        let mut work = f.router.disconnect(first, &mut Turn::of(NOW, 1), &mut f.queues);
        go_on(&mut f, &mut work, before);
        let again = f.connect("b");
        let two_at_once = Offered {
            concurrency: Some(2),
            ..of_version(&one)
        };
        f.send_offer(again, &[two_at_once], true);
        go_on(&mut f, &mut work, between);
        call_with(&mut f, caller, by(4, &[&one]));
        let (mut given, mut runs) = (Vec::new(), runs_of(&mut f));
        if is_answered {
            for (peer, number, payload) in std::mem::take(&mut runs) {
                given.extend(payload);
                f.reply(peer, number);
            }
            f.router.lines.check();
        }
        let later = f.router.next_timeout().unwrap_or(NOW);
        let looked = f.router.on_timeout(&mut Turn::new(later), &mut f.queues);
        finish(&mut f.router, looked, &mut f.queues);
        go_on(&mut f, &mut work, 100);
        f.router.lines.check();
        runs.extend(runs_of(&mut f));
        loop {
            let Some((peer, number, payload)) = runs.pop_front() else {
                let Some(later) = f.router.next_timeout() else {
                    break;
                };
                let looked = f.router.on_timeout(&mut Turn::new(later), &mut f.queues);
                finish(&mut f.router, looked, &mut f.queues);
                runs.extend(runs_of(&mut f));
                continue;
            };
            given.extend(payload);
            f.reply(peer, number);
            runs.extend(runs_of(&mut f));
        }
        // Those that heard of it before are refused.
        let at = (before, between, is_answered);
        assert!(given.is_sorted() && given.last() == Some(&4), "{at:?}: {given:?}");
        most = most.max(given.len());
    }
    assert_eq!(most, 4);
}

/// A place in the directory may be another callback's when a call finds out that nobody offers its own any more.
#[test]
fn a_call_that_waits_for_versions_of_which_some_are_not_there_waits_in_no_line_of_theirs() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    let first = offer(&mut f, "a", &one, Some(1));
    let caller = f.join("caller", &[]);
    f.routed(caller, by(0, &[&one]));
    f.call(caller, by(1, &[&one, &two]));
    f.said();
    assert_eq!(f.router.lines.lines(), 1);
    let second = offer(&mut f, "b", &two, Some(1));
    f.said();
    f.call(caller, by(2, &[&one, &two]));
    f.said();
    assert_eq!((f.router.lines.lines(), f.router.calls_waiting()), (2, 1));
    f.disconnect(first);
    f.said();
    assert_eq!((f.router.lines.lines(), f.router.calls_waiting()), (1, 1));
    f.disconnect(second);
    f.said();
    assert_eq!((f.router.lines.lines(), f.router.calls_waiting()), (0, 0));
}

/// versions.told
#[test]
fn a_caller_is_told_of_versions_once_for_each_change() {
    let [one, two, three] = versions();
    let mut f = Fixture::new();
    let first = offer(&mut f, "a", &one, None);
    let (caller, other) = (f.join("caller", &[]), f.join("other", &[]));
    let own = |number| CallHeader {
        signature: one.number,
        ..call(number, "add")
    };
    f.call(caller, own(0));
    assert_eq!(seen(&mut f), (vec![first], vec![]));
    let second = offer(&mut f, "b", &two, None);
    f.call(caller, own(1));
    assert_eq!(seen(&mut f).1, [(caller, numbers(&[&one, &two]))]);
    f.call(caller, own(2));
    // More of them are no other ones.
    let fourth = offer(&mut f, "b2", &two, None);
    f.call(caller, own(3));
    assert_eq!(seen(&mut f).1, []);
    // Whoever calls hears of it, and nobody else.
    f.call(
        other,
        CallHeader {
            mode: Mode::Broadcast,
            ..own(0)
        },
    );
    assert_eq!(seen(&mut f).1, [(other, numbers(&[&one, &two]))]);
    let third = offer(&mut f, "c", &three, None);
    f.call(caller, own(4));
    assert_eq!(seen(&mut f).1, [(caller, numbers(&[&one, &two, &three]))]);
    // When there is but one again, that is of interest to who believes otherwise.
    f.disconnect(third);
    f.disconnect(second);
    f.disconnect(fourth);
    f.said();
    for number in 5..10 {
        f.call(caller, own(number));
    }
    assert_eq!(seen(&mut f).1, []);
    for number in 10..15 {
        f.call(caller, by(number, &[&one, &two]));
    }
    assert_eq!(seen(&mut f).1, [(caller, numbers(&[&one]))]);
}

/// versions.told
#[test]
fn of_a_callback_with_one_version_nobody_is_told_whatever_others_have() {
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    offer(&mut f, "a", &one, None);
    offer(&mut f, "b", &two, None);
    f.join("c", &["sub"]);
    let caller = f.join("caller", &[]);
    f.call(caller, call(0, "sub"));
    assert_eq!(seen(&mut f).1, []);
}

#[test]
fn of_very_many_versions_some_are_told() {
    let many = versions::<20>();
    let mut f = Fixture::new();
    for (number, version) in many.iter().enumerate() {
        offer(&mut f, &format!("p{number}"), version, None);
    }
    let caller = f.join("caller", &[]);
    f.call(caller, by(0, &[&many[19]]));
    let told = seen(&mut f).1;
    assert_eq!(told[0].1.len(), Limits::COMPATIBLE);
}

/// versions.told
#[test]
fn who_may_not_call_is_told_of_no_versions() {
    // The rights are looked at before anything is told.
    let [one, two, _] = versions();
    let mut f = Fixture::new();
    offer(&mut f, "a", &one, None);
    offer(&mut f, "b", &two, None);
    let caller = f.join("caller", &[]);
    f.call(
        caller,
        CallHeader {
            to: Some("nobody"),
            ..by(0, &[&one])
        },
    );
    assert_eq!(seen(&mut f).1, []);
}

/// versions.told
#[test]
fn a_version_that_comes_after_another_has_gone_is_told_as_any_other() {
    let [one, two, three] = versions();
    let mut f = Fixture::new();
    offer(&mut f, "a", &one, None);
    let second = offer(&mut f, "b", &two, None);
    let caller = f.join("caller", &[]);
    let own = |number| CallHeader {
        signature: one.number,
        ..call(number, "add")
    };
    f.call(caller, own(0));
    assert_eq!(seen(&mut f).1, [(caller, numbers(&[&one, &two]))]);
    f.disconnect(second);
    assert!(!f.router.directory.is_mixed());
    let third = offer(&mut f, "c", &three, None);
    assert!(f.router.directory.is_mixed());
    f.call(caller, own(1));
    f.call(caller, own(2));
    assert_eq!(seen(&mut f).1, [(caller, numbers(&[&one, &three]))]);
    f.disconnect(third);
    assert!(!f.router.directory.is_mixed());
}
