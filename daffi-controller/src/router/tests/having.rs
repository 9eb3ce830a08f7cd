//! Calls for whoever has some attributes, what becomes of them where there are many such, and what they cost.

use daffi_core::proto::{Lacking, Told};
use daffi_core::{Access, Right, Role};

use super::super::groups::{OF_ALL, OF_ONE};
use super::super::having::{self, Having};
use super::super::made::Made;
use super::super::meter::looks;
use super::*;

type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A router with the limits of every day.
fn fixture() -> Fixture {
    Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    }
}

impl Fixture {
    /// A process that says this of itself, and offers `add` so.
    fn join_as(&mut self, name: &str, said: Pairs<'_>, offer: Offered) -> PeerId {
        let peer = self.enter_as(name, said);
        self.send_offer(peer, &[offer], true);
        self.queues.said();
        peer
    }

    pub(super) fn enter_as(&mut self, name: &str, said: Pairs<'_>) -> PeerId {
        let mut attributes = Attributes::default();
        said.iter().for_each(|(key, value)| attributes.set(*key, *value));
        let mut hello = Hello::new(name, 1, 77);
        let extensions = Extensions::default().with(Extensions::ATTRIBUTES, &attributes);
        hello.extensions = extensions.unwrap();
        self.router.connect(&hello, Who::Nobody, None).unwrap()
    }
}

fn to_where(number: u32, having: Pairs<'static>) -> CallHeader<'static> {
    CallHeader {
        having: having.to_vec(),
        ..call(number, "add")
    }
}

fn one_at_a_time() -> Offered {
    Offered {
        concurrency: Some(1),
        queue: 8,
        ..offered(0, "add")
    }
}

fn lacking(wanted: Pairs<'_>, there: Pairs<'_>, told: Told) -> Failed {
    let owned = |pairs: Pairs<'_>| {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    let lacking = Lacking::new(owned(wanted), owned(there), told);
    Failed::NoProvider(Absence::Lacking(Box::new(lacking)))
}

const RESIZER: Pairs<'static> = &[("kind", "resizer")];

#[test]
fn attributes_that_are_wanted_are_compared_and_counted_as_a_whole() {
    let wanted: Pairs<'static> = &[("kind", "resizer"), ("zone", "a")];
    let kept = Having::new(wanted);
    assert_eq!((having::bytes(wanted), kept.bytes()), (16, 16));
    assert!(kept.is(wanted) && !kept.is(RESIZER) && !kept.is(&[("kind", "resizer"), ("zone", "b")]));
}

/// What waits takes memory for all that it names.
#[test]
fn p6_a_call_that_waits_counts_with_what_it_wants_and_its_versions() {
    let kept = |versions: &[u64], having: Pairs<'static>| {
        let header = CallHeader {
            versions: versions.to_vec(),
            ..to_where(0, having)
        };
        Made::new(&header).kept()
    };
    let plain = kept(&[], &[]);
    assert_eq!(kept(&[], RESIZER) - plain, "kindresizer".len());
    let one = kept(&[1], &[]) - plain;
    assert!(one > 0);
    assert_eq!(kept(&[1, 2], RESIZER) - plain, 2 * one + "kindresizer".len());
}

#[test]
fn a_call_goes_to_the_one_that_has_all_that_it_wants() {
    let mut f = Fixture::new();
    let a = f.join_as("a", &[("kind", "resizer"), ("zone", "a")], offered(0, "add"));
    let b = f.join_as("b", &[("kind", "resizer"), ("zone", "b")], offered(0, "add"));
    let other = f.join_as("other", &[("kind", "joiner"), ("zone", "a")], offered(0, "add"));
    let caller = f.join("caller", &[]);
    for number in 0..4 {
        let at_b = to_where(number, &[("kind", "resizer"), ("zone", "b")]);
        assert_eq!(f.routed(caller, at_b).0, b);
    }
    let any: HashSet<_> = (4..12)
        .map(|number| f.routed(caller, to_where(number, RESIZER)).0)
        .collect();
    assert_eq!(any, HashSet::from([a, b]));
    // The caller is asked by nobody but itself.
    assert_eq!(f.routed(a, to_where(0, RESIZER)).0, b);
    assert_eq!(f.routed(other, to_where(0, &[("zone", "b")])).0, b);
}

#[test]
fn where_nobody_has_what_is_wanted_it_is_told_what_there_is() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    assert_eq!(
        f.refused(caller, to_where(0, RESIZER)),
        Failed::NoProvider(Absence::nobody())
    );
    let values: Vec<_> = (0..10).map(|number| format!("kind {number}")).collect();
    for value in &values[..8] {
        f.join_as(value, &[("kind", value)], offered(0, "add"));
    }
    let known: Vec<_> = values[..8].iter().map(|value| ("kind", &**value)).collect();
    let wanted: Pairs<'static> = &[("kind", "resizer"), ("zone", "a")];
    assert_eq!(
        f.refused(caller, to_where(0, wanted)),
        lacking(wanted, &known, Told::All)
    );
    // More than 8 are too many to tell.
    f.join_as(&values[8], &[("kind", &values[8])], offered(0, "add"));
    assert_eq!(
        f.refused(caller, to_where(0, RESIZER)),
        lacking(RESIZER, &known, Told::Some)
    );
    let named = CallHeader {
        to: Some("kind 3"),
        ..to_where(0, RESIZER)
    };
    assert_eq!(
        f.refused(caller, named.clone()),
        lacking(RESIZER, &[("kind", "kind 3")], Told::All)
    );
    let many = CallHeader {
        mode: Mode::Broadcast,
        ..to_where(0, RESIZER)
    };
    assert_eq!(f.refused(caller, many), lacking(RESIZER, &known, Told::Some));
    let right: CallHeader<'_> = CallHeader {
        having: vec![("kind", "kind 3")],
        ..named
    };
    f.routed(caller, right);
}

/// Of many it is not known whether one more is another.
#[test]
fn p15_so_many_are_looked_at_for_what_there_is() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    let joiner: Pairs<'static> = &[("kind", "joiner")];
    for number in 0..64 {
        f.join_as(&format!("p{number}"), joiner, offered(0, "add"));
    }
    let refused = f.refused(caller, to_where(0, RESIZER));
    assert_eq!(refused, lacking(RESIZER, joiner, Told::All));
    f.join_as("one more", joiner, offered(0, "add"));
    let refused = f.refused(caller, to_where(0, RESIZER));
    assert_eq!(refused, lacking(RESIZER, joiner, Told::Some));
    let named = CallHeader {
        to: Some("p3"),
        ..to_where(0, RESIZER)
    };
    assert_eq!(f.refused(caller, named), lacking(RESIZER, joiner, Told::All));
}

#[test]
fn where_it_is_only_its_caller_that_offers_it_that_is_told() {
    let mut f = Fixture::new();
    let caller = f.join_as("caller", RESIZER, offered(0, "add"));
    assert_eq!(
        f.refused(caller, to_where(0, RESIZER)),
        Failed::NoProvider(Absence::OnlyCaller)
    );
    let leaving = f.join_as("leaving", RESIZER, offered(0, "add"));
    f.goodbye(leaving);
    assert_eq!(
        f.refused(caller, to_where(0, RESIZER)),
        Failed::NoProvider(Absence::OnlyCaller)
    );
}

/// That it would take the call itself makes nobody wait for others, however many there are.
#[test]
fn of_many_none_is_waited_for_where_only_the_caller_itself_fits() {
    let mut f = Fixture::new();
    let returns = Returns {
        ok: trace::<u8>(),
        error: ErrorType::None,
    };
    let signature = Described::new(&Signature::new([("n", trace::<u8>())], returns));
    let number = signature.number;
    let odd = Offered {
        signature,
        ..offered(0, "add")
    };
    let caller = f.join_as("caller", RESIZER, odd);
    for number in 0..65 {
        f.join_as(&format!("p{number}"), RESIZER, offered(0, "add"));
    }
    for having in [&[], RESIZER] {
        let header = CallHeader {
            signature: number,
            ..to_where(0, having)
        };
        let refused = f.refused(caller, header);
        assert!(matches!(refused, Failed::SignatureMismatch { .. }), "{refused:?}");
    }
}

/// Values that are as long as may be are told only as far as there is room, and the answer is one that can be read.
#[test]
fn p6_what_there_is_is_told_in_few_bytes() {
    let mut f = Fixture::new();
    let caller = f.join("caller", &[]);
    for number in 0..9 {
        let value = format!("{number}{}", "x".repeat(500));
        f.join_as(&format!("p{number}"), &[("kind", &value)], offered(0, "add"));
    }
    let Failed::NoProvider(Absence::Lacking(lacking)) = f.refused(caller, to_where(0, RESIZER)) else {
        panic!("somebody is a resizer");
    };
    assert!(
        lacking.told == Told::Some && lacking.there.len() == 2,
        "{lacking:?}"
    );
}

/// Whoever may not know who is there learns nothing of those whom it may call but that nobody is it.
#[test]
fn p11_what_there_is_is_told_to_those_who_may_know() {
    let mut f = Fixture::new();
    f.join_as("a", &[("kind", "joiner")], offered(0, "add"));
    let caller = f.join("caller", &[]);
    for (role, expected) in [
        (
            Role::new().allow(Right::Call, ["add"]),
            lacking(RESIZER, &[], Told::Nothing),
        ),
        (
            Role::new()
                .allow(Right::Call, ["add"])
                .allow(Right::Observe, ["*"]),
            lacking(RESIZER, &[("kind", "joiner")], Told::All),
        ),
    ] {
        let access = Access::new().role("tester", role).everyone(["tester"]);
        let rights = Policy::new(&access).unwrap().rights(None);
        f.router.permit(caller, Some(rights));
        assert_eq!(f.refused(caller, to_where(0, RESIZER)), expected);
        assert_eq!(f.router.take_denials(), []);
    }
}

#[test]
fn p14_a_call_waits_for_the_first_that_has_what_it_wants_and_a_place() {
    let mut f = Fixture::new();
    let a = f.join_as("a", RESIZER, one_at_a_time());
    let other = f.join_as("other", &[("kind", "joiner")], one_at_a_time());
    let caller = f.join("caller", &[]);
    let (_, run) = f.routed(caller, to_where(0, RESIZER));
    f.call(caller, to_where(1, RESIZER));
    f.call(caller, to_where(2, RESIZER));
    assert_eq!(f.said(), []);
    // What the other has a place for is not what they wait for.
    let (at, joined) = f.routed(caller, call(3, "add"));
    assert_eq!(at, other);
    f.reply(other, joined);
    assert_eq!(f.said(), [(caller, value(3))]);
    f.reply(a, run);
    assert!(matches!(&*f.said(), [_, (to, Said::Run { .. })] if *to == a));
    // One that comes has a place at once.
    let b = f.enter_as("b", RESIZER);
    f.send_offer(b, &[one_at_a_time()], true);
    assert!(
        f.said()
            .iter()
            .any(|(to, said)| *to == b && matches!(said, Said::Run { .. }))
    );
    assert_eq!(f.router.calls_waiting(), 0);
}

/// A provider that is in as many groups as one may be in is given calls for others all the same, and what waited for one that was
/// given up waits on.
#[test]
fn p14_calls_of_more_groups_than_are_kept_wait_and_run() {
    let mut f = fixture();
    let keys = ["a", "b", "c", "d", "e"];
    let said: Vec<_> = keys.iter().map(|key| (*key, "yes")).collect();
    let offer = Offered {
        queue: 100,
        ..one_at_a_time()
    };
    let provider = f.join_as("provider", &said, offer);
    let caller = f.join("caller", &[]);
    let (_, mut run) = f.routed(caller, call(0, "add"));
    let choices = 1_u32..1 << keys.len();
    let calls = u32::try_from(choices.len()).unwrap();
    assert!(calls as usize > OF_ONE);
    for choice in choices {
        let having = said
            .iter()
            .enumerate()
            .filter(|(place, _)| choice >> place & 1 == 1);
        let header = CallHeader {
            having: having.map(|(_, attribute)| *attribute).collect(),
            ..call(choice, "add")
        };
        f.call(caller, header);
        f.router.directory.check_groups();
    }
    assert_eq!(f.said(), []);
    assert_eq!(f.router.calls_waiting(), calls as usize);
    let (_, function) = f.router.directory.function("add").unwrap();
    assert_eq!(function.groups.len(), OF_ONE);
    let mut done = Vec::new();
    for _ in 0..calls {
        f.reply(provider, run);
        let said = f.said();
        let [(_, answered), (_, Said::Run { number, .. })] = &*said else {
            panic!("not an answer and a run: {said:?}");
        };
        done.push(answered.clone());
        run = *number;
    }
    // In the order in which they were made.
    let expected: Vec<_> = (0..calls).map(value).collect();
    assert_eq!(done, expected);
    f.disconnect(provider);
    f.disconnect(caller);
    assert_empty(&f.router);
}

/// What waited for a group that is given up runs at whoever of it has a place first, and so does what comes meanwhile.
#[test]
fn p7_calls_of_a_group_that_others_displace_are_bound_to_nobody() {
    for balance in [Balance::LessLoaded, Balance::RoundRobin, Balance::Random] {
        displaced(balance);
    }
}

/// A process calls where some of these are said, in each way: more groups of one callback than there may be.
fn ask_for_all_of(f: &mut Fixture, by: PeerId, said: &[(&'static str, &'static str)]) {
    for choice in 1_u32..1 << said.len() {
        let having = said
            .iter()
            .enumerate()
            .filter(|(place, _)| choice >> place & 1 == 1);
        let header = CallHeader {
            having: having.map(|(_, attribute)| *attribute).collect(),
            ..call(choice, "add")
        };
        f.call(by, header);
    }
}

fn displaced(balance: Balance) {
    let mut f = fixture();
    let said = ["a", "b", "c", "d", "e"].map(|key| (key, "yes"));
    let many: Vec<_> = said.iter().chain(RESIZER).copied().collect();
    let offer = || Offered {
        queue: 100,
        balance,
        ..one_at_a_time()
    };
    let busy = f.join_as("busy", &many, offer());
    let others = ["one", "two"].map(|name| f.join_as(name, RESIZER, offer()));
    let [caller, spoiler] = ["caller", "spoiler"].map(|name| f.join(name, &[]));
    let begun = [0, 1, 2].map(|number| f.routed(caller, to_where(number, RESIZER)));
    f.call(caller, to_where(3, RESIZER));
    ask_for_all_of(&mut f, spoiler, &said);
    assert_eq!(f.said(), []);
    assert!(f.router.directory.group("add", RESIZER).is_none());
    let mut after = Vec::new();
    for (peer, run) in begun.into_iter().filter(|(peer, _)| *peer != busy) {
        f.reply(peer, run);
        let mut said = f.said();
        assert_eq!(said.remove(0).0, caller);
        after.extend(said);
    }
    f.queues.now = f.router.next_timeout().unwrap();
    let mut turn = Turn::new(f.queues.now);
    let work = f.router.on_timeout(&mut turn, &mut f.queues);
    finish(&mut f.router, work, &mut f.queues);
    after.extend(f.said());
    assert!(
        matches!(&*after, [(to, Said::Run { .. })] if others.contains(to)),
        "{after:?}"
    );
    for peer in others.into_iter().chain([busy, caller, spoiler]) {
        f.disconnect(peer);
    }
    assert_empty(&f.router);
}

#[test]
fn a_question_is_answered_when_somebody_comes_who_has_what_is_wanted() {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    let wait = |process, having: Pairs<'static>| Query::WaitFunction {
        name: "add",
        process,
        having: having.to_vec(),
    };
    f.ask(asker, 0, wait(None, RESIZER));
    f.ask(asker, 1, wait(None, &[("kind", "resizer"), ("zone", "a")]));
    f.ask(asker, 2, wait(Some("b"), RESIZER));
    f.ask(asker, 3, wait(None, RESIZER));
    assert_eq!(f.said(), []);
    f.cancel(asker, 3);
    f.said();
    let enter = |f: &mut Fixture, name: &str, said: Pairs<'_>| {
        let peer = f.enter_as(name, said);
        f.send_offer(peer, &[offered(0, "add")], true);
        let said = f.said();
        (
            peer,
            said.into_iter()
                .filter(|(to, _)| *to == asker)
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(
        enter(&mut f, "joiner", &[("kind", "joiner"), ("zone", "a")]).1,
        []
    );
    let (b, told) = enter(
        &mut f,
        "b",
        &[("kind", "resizer"), ("shape", "round"), ("zone", "b")],
    );
    assert_eq!(told, [(asker, empty(0)), (asker, empty(2))]);
    // Who is there is told at once, if it has all of it.
    f.ask(asker, 4, wait(Some("b"), RESIZER));
    f.ask(asker, 5, wait(None, &[("zone", "b")]));
    assert_eq!(f.said(), [(asker, empty(4)), (asker, empty(5))]);
    f.ask(asker, 4, wait(Some("b"), &[("zone", "a")]));
    assert_eq!(f.said(), []);
    assert_eq!(
        enter(&mut f, "c", &[("kind", "resizer"), ("zone", "a")]).1,
        [(asker, empty(1))]
    );
    // Its own is not what it waits for.
    f.ask(b, 0, wait(None, &[("zone", "b")]));
    assert_eq!(f.said(), []);
    f.disconnect(asker);
    f.disconnect(b);
    assert!(f.router.watchers.is_empty());
}

/// To find one of many takes as long as to find any: the group is made once.
#[test]
fn p15_to_find_one_that_has_what_is_wanted_takes_as_long_however_many_have_not() {
    let mut f = Fixture::new();
    for number in 0..2000 {
        let zone = format!("zone {}", number % 1000);
        f.join_as(&format!("p{number}"), &[("zone", &zone)], offered(0, "add"));
    }
    let caller = f.join("caller", &[]);
    let at: Pairs<'static> = &[("zone", "zone 999")];
    let (_, first) = looks(|| f.routed(caller, to_where(0, at)));
    let (_, again) = looks(|| f.routed(caller, to_where(1, at)));
    assert!(first >= 2000 && again < 40, "{first} looks, then {again}");
    let (_, plain) = looks(|| f.routed(caller, call(2, "add")));
    // As long as without wanting anything.
    assert_eq!(again, plain);
    // So it is for all of them, and for who waits for one.
    let many = |number, having: Pairs<'static>| CallHeader {
        mode: Mode::Broadcast,
        ..to_where(number, having)
    };
    let ((), all) = looks(|| f.call(caller, many(3, at)));
    let wait = Query::WaitFunction {
        name: "add",
        process: None,
        having: at.to_vec(),
    };
    let ((), waits) = looks(|| f.ask(caller, 4, wait));
    assert!(all < 80 && waits < 40, "{all} looks, then {waits}");
    f.said();
    // Without a group, all were looked at, and nothing more is done in that turn.
    let elsewhere: Pairs<'static> = &[("zone", "zone 8")];
    for (number, having, is_over) in [(5, elsewhere, true), (6, at, false)] {
        let request = Request::Frame(Header::Call(many(number, having)));
        let mut turn = Turn::new(NOW);
        let work = f
            .router
            .receive(caller, request, &Bytes::new(), &mut turn, &mut f.queues);
        assert_eq!(turn.is_over(), is_over);
        super::finish(&mut f.router, work.unwrap(), &mut f.queues);
        f.said();
    }
}

/// Each waits for the one of them for whom the fewest do, and for nobody who made it.
#[test]
fn p14_calls_of_a_group_that_is_given_up_wait_where_the_fewest_do() {
    let mut f = fixture();
    let said = ["a", "b", "c", "d", "e"].map(|key| (key, "yes"));
    let many: Vec<_> = said.iter().chain(RESIZER).copied().collect();
    let offer = || Offered {
        queue: 100,
        ..one_at_a_time()
    };
    let busy = f.join_as("busy", &many, offer());
    let other = f.join_as("other", RESIZER, offer());
    let [caller, third, spoiler] = ["caller", "third", "spoiler"].map(|name| f.join(name, &[]));
    let begun = [0, 1].map(|number| f.routed(caller, to_where(number, RESIZER)));
    let run_of = |peer| begun.iter().find(|(at, _)| *at == peer).unwrap().1;
    f.waits(caller, to_where(2, RESIZER));
    f.waits(other, to_where(0, RESIZER));
    f.waits(third, to_where(0, RESIZER));
    ask_for_all_of(&mut f, spoiler, &said);
    f.said();
    assert!(f.router.directory.group("add", RESIZER).is_none());
    let given = |f: &mut Fixture| {
        let said = f.said().into_iter();
        let runs = said.filter_map(|(to, said)| match said {
            Said::Run { caller, .. } => Some((to, caller)),
            _ => None,
        });
        runs.collect::<Vec<_>>()
    };
    f.reply(other, run_of(other));
    assert_eq!(given(&mut f), [(other, "third".to_owned())]);
    f.reply(busy, run_of(busy));
    assert_eq!(given(&mut f), [(busy, "caller".to_owned())]);
}

/// Whoever does not ask for some of them makes no group.
#[test]
fn p6_there_are_groups_only_of_those_that_were_asked_for() {
    let mut f = Fixture::new();
    f.join_as("a", RESIZER, offered(0, "add"));
    let caller = f.join("caller", &[]);
    let groups = |f: &Fixture| f.router.directory.function("add").unwrap().1.groups.len();
    f.routed(caller, call(0, "add"));
    let named = CallHeader {
        to: Some("a"),
        ..to_where(1, RESIZER)
    };
    f.routed(caller, named);
    assert_eq!(groups(&f), 0);
    f.routed(caller, to_where(2, RESIZER));
    assert_eq!(groups(&f), 1);
}

/// A process that comes may be in more groups than one may be in. What waited for one that is given up for it has a place there.
#[test]
fn p14_calls_of_a_group_that_is_given_up_for_a_newcomer_run_there() {
    let mut f = fixture();
    let both = || {
        [(0, "add"), (1, "sub")].map(|(callback, name)| Offered {
            name: name.to_owned(),
            callback: CallbackId(callback),
            ..one_at_a_time()
        })
    };
    let enter = |f: &mut Fixture, said: Pairs<'_>| {
        let name: String = said.iter().map(|(key, _)| *key).collect();
        let peer = f.enter_as(&name, said);
        f.send_offer(peer, &both(), true);
        peer
    };
    let keys = ["a", "b", "c", "d", "e", "f"].map(|key| (key, "yes"));
    let caller = f.join("caller", &[]);
    for said in [&keys[..4], &keys[4..5], &keys[5..]] {
        enter(&mut f, said);
    }
    f.said();
    for (first, name) in [(0_u32, "add"), (100, "sub")] {
        let want = |number, having: Vec<(&'static str, &'static str)>| CallHeader {
            having,
            ..call(first + number, name)
        };
        // What is waited for is the group that was asked for the longest time ago.
        f.routed(caller, want(0, keys[4..5].to_vec()));
        f.waits(caller, want(1, keys[4..5].to_vec()));
        let choices = (1_u32..1 << 4).map(|choice| {
            let chosen = (0..4).filter(|place| choice >> place & 1 == 1);
            chosen.map(|place| keys[place]).collect()
        });
        for (number, having) in (2..).zip(choices.chain([keys[5..].to_vec()])) {
            let (to, run) = f.routed(caller, want(number, having));
            f.reply(to, run);
            f.said();
        }
    }
    let newcomer = enter(&mut f, &keys);
    f.said();
    f.queues.now = f.router.next_timeout().unwrap();
    let mut turn = Turn::new(f.queues.now);
    let work = f.router.on_timeout(&mut turn, &mut f.queues);
    super::finish(&mut f.router, work, &mut f.queues);
    let runs = f.said().into_iter();
    let runs = runs.filter(|(to, said)| *to == newcomer && matches!(said, Said::Run { .. }));
    assert_eq!((runs.count(), f.router.calls_waiting()), (2, 0));
    f.router.directory.check_groups();
}

/// However many groups are asked for, no more are kept than may be.
#[test]
fn p6_groups_are_few() {
    let mut f = fixture();
    let caller = f.join("caller", &[]);
    for number in 0..OF_ALL + 10 {
        let zone = format!("zone {number}");
        f.join_as(&format!("p{number}"), &[("zone", &zone)], offered(0, "add"));
        let header = CallHeader {
            having: vec![("zone", &zone)],
            ..call(0, "add")
        };
        let (to, run) = f.routed(caller, header);
        f.reply(to, run);
        f.said();
        // Nobody is in these.
        f.refused(caller, to_where(0, RESIZER));
    }
    let (_, function) = f.router.directory.function("add").unwrap();
    assert_eq!(function.groups.len(), OF_ALL);
    f.router.directory.check_groups();
    assert_eq!(f.callbacks().len(), 1);
    // The one that was asked for the longest time ago is given up.
    let last: Pairs<'static> = &[("zone", "zone 10")];
    let next: Pairs<'static> = &[("zone", "zone 11")];
    assert!(f.router.directory.group("add", last).is_some());
    let (to, run) = f.routed(caller, to_where(0, last));
    f.reply(to, run);
    f.said();
    f.routed(caller, to_where(0, &[("zone", "zone 0")]));
    assert!(f.router.directory.group("add", last).is_some());
    assert!(f.router.directory.group("add", next).is_none());
}

#[test]
fn a_broadcast_goes_to_all_that_have_what_it_wants() {
    let mut f = Fixture::new();
    let a = f.join_as("a", RESIZER, offered(0, "add"));
    let b = f.join_as("b", RESIZER, offered(0, "add"));
    let other = f.join_as("other", &[("kind", "joiner")], offered(0, "add"));
    let caller = f.join("caller", &[]);
    let many = CallHeader {
        mode: Mode::Broadcast,
        ..to_where(0, RESIZER)
    };
    // With a group of them, and without.
    for made in [false, true] {
        if made {
            let (to, run) = f.routed(caller, to_where(1, RESIZER));
            f.reply(to, run);
            f.said();
        }
        f.call(caller, many.clone());
        let asked = f.said().into_iter().filter_map(|(to, said)| match said {
            Said::Run { number, .. } => Some((to, number)),
            _ => None,
        });
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [a, b]);
        asked.into_iter().for_each(|(to, run)| f.reply(to, run));
        f.said();
    }
    let named = Header::CallTo {
        call: many,
        processes: vec!["a", "other"],
    };
    f.receive(caller, named, &Bytes::new()).unwrap();
    let said = f.said();
    assert!(
        said.iter()
            .any(|(to, said)| *to == a && matches!(said, Said::Run { .. }))
    );
    let part = Said::Part {
        number: 0,
        index: 1,
        outcome: failed(lacking(RESIZER, &[("kind", "joiner")], Told::All)),
    };
    assert!(said.contains(&(caller, part)) && !said.iter().any(|(to, _)| *to == other));
}
