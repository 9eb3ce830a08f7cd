//! Being told what happens: what is there first, then everything in its order, to those who asked and nobody else.

use super::*;

/// Asks what happens under `number`, and expects one frame; what is there.
fn watch(f: &mut Fixture, from: PeerId, number: u32) -> Vec<Change> {
    f.ask(from, number, Query::Presence);
    match &*f.said() {
        [(to, Said::Happened { number: told, events })] if (*to, *told) == (from, number) => events.clone(),
        other => panic!("not one frame: {other:?}"),
    }
}

/// A process that watches, under the number 0, and has seen what was there.
fn watcher() -> (Fixture, PeerId) {
    let mut f = Fixture::new();
    let watcher = f.join("watcher", &[]);
    watch(&mut f, watcher, 0);
    (f, watcher)
}

/// Connects a process that offers callbacks of these names, numbered from 0, while somebody watches.
fn enter(f: &mut Fixture, name: &str, callbacks: &[&str]) -> PeerId {
    let link = f.connect(name);
    let offers: Vec<_> = (0..)
        .zip(callbacks)
        .map(|(number, name)| offered(number, name))
        .collect();
    f.send_offer(link, &offers, true);
    link
}

fn told(number: u32, events: &[Change]) -> Said {
    let events = events.to_vec();
    Said::Happened { number, events }
}

fn joined(process: &str) -> Change {
    let process = process.to_owned();
    let identity = Who::Nobody;
    Change::Joined {
        process,
        identity,
        attributes: Attributes::default(),
    }
}

fn left(process: &str, reason: Parting) -> Change {
    let process = process.to_owned();
    Change::Left { process, reason }
}

fn offers_it(process: &str, callback: &str) -> Change {
    let (process, callback) = (process.to_owned(), callback.to_owned());
    Change::Offered { process, callback }
}

fn withdrew(process: &str, callback: &str) -> Change {
    let (process, callback) = (process.to_owned(), callback.to_owned());
    Change::Withdrawn { process, callback }
}

// ---------------------------------------------------------------------- what is there

#[test]
fn what_is_there_comes_first_by_name() {
    let mut f = Fixture::new();
    f.join("b", &["sub", "add"]);
    let a = f.join("a", &["add"]);
    let unready = f.connect("unready");
    f.offer(unready, &[offered(0, "hidden")], false);
    let leaving = f.join("leaving", &["gone"]);
    f.goodbye(leaving);
    let expected = [
        joined("a"),
        offers_it("a", "add"),
        joined("b"),
        offers_it("b", "add"),
        offers_it("b", "sub"),
    ];
    assert_eq!(watch(&mut f, a, 7), expected);
    assert_eq!(
        watch(&mut f, unready, 7),
        expected,
        "one that is not complete may ask, too"
    );
}

#[test]
fn one_who_asks_where_nothing_is_is_told_that() {
    let mut f = Fixture::new();
    let first = f.connect("first");
    assert_eq!(watch(&mut f, first, 0), []);
}

#[test]
fn much_that_is_there_comes_in_several_frames() {
    let mut f = Fixture::new();
    let names: Vec<_> = (0..150).map(|number| format!("callback {number:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    f.join("provider", &names);
    let watcher = f.connect("watcher");
    f.ask(watcher, 0, Query::Presence);
    let frames: Vec<_> = f
        .said()
        .into_iter()
        .map(|(to, said)| match said {
            Said::Happened { number: 0, events } if to == watcher => events,
            other => panic!("{other:?}"),
        })
        .collect();
    let sizes: Vec<_> = frames.iter().map(Vec::len).collect();
    assert_eq!(sizes, [64, 64, 23]);
    let offered = names.iter().map(|name| offers_it("provider", name));
    let expected: Vec<_> = [joined("provider")].into_iter().chain(offered).collect();
    assert_eq!(frames.concat(), expected);
}

// ---------------------------------------------------------------------- what happens

#[test]
fn a_process_that_joins_is_told_of_with_all_that_it_offers() {
    let (mut f, watcher) = watcher();
    let shop = f.connect("shop");
    f.offer(shop, &[offered(0, "first")], false);
    f.offer(shop, &[offered(1, "taken back")], false);
    f.withdraw(shop, &[1]);
    f.send_offer(shop, &[offered(2, "a last")], true);
    let expected = [
        joined("shop"),
        offers_it("shop", "first"),
        offers_it("shop", "a last"),
    ];
    assert_eq!(f.said(), [(shop, empty(15)), (watcher, told(0, &expected))]);
}

#[test]
fn later_offers_and_withdrawals_are_told() {
    let (mut f, watcher) = watcher();
    let shop = enter(&mut f, "shop", &["add"]);
    f.said();
    f.send_offer(shop, &[offered(5, "sub"), offered(6, "mul")], false);
    let offered = [offers_it("shop", "sub"), offers_it("shop", "mul")];
    assert_eq!(f.said(), [(shop, empty(15)), (watcher, told(0, &offered))]);
    f.send_withdrawal(shop, &[6, 0, 99]);
    let withdrawn = [withdrew("shop", "mul"), withdrew("shop", "add")];
    assert_eq!(f.said(), [(shop, empty(15)), (watcher, told(0, &withdrawn))]);
    // Where nothing happens, nothing is told.
    f.withdraw(shop, &[6]);
    f.offer(shop, &[], true);
    f.call(watcher, call(1, "sub"));
    assert!(matches!(&*f.said(), [(_, Said::Run { .. })]));
}

#[test]
fn an_offer_that_is_denied_is_not_told() {
    let (mut f, _watcher) = watcher();
    enter(&mut f, "shop", &["add"]);
    f.said();
    let other = f.connect("other");
    let random = Offered {
        balance: Balance::Random,
        ..offered(0, "add")
    };
    f.send_offer(other, &[random], true);
    assert!(matches!(&*f.said(), [(to, Said::Reply { outcome: Err(_), .. })] if *to == other));
}

#[test]
fn a_process_that_stops_leaves_once() {
    let (mut f, watcher) = watcher();
    let shop = enter(&mut f, "shop", &["add"]);
    f.said();
    f.goodbye(shop);
    let stopped = left("shop", Parting::Stopped);
    assert_eq!(f.said(), [(watcher, told(0, &[stopped]))]);
    f.goodbye(shop);
    f.disconnect(shop);
    assert_eq!(f.said(), []);
}

#[test]
fn a_process_whose_connection_is_lost_leaves() {
    let (mut f, watcher) = watcher();
    let shop = enter(&mut f, "shop", &["add"]);
    f.said();
    f.disconnect(shop);
    let lost = left("shop", Parting::Lost);
    assert_eq!(f.said(), [(watcher, told(0, &[lost]))]);
}

#[test]
fn a_process_that_never_was_there_does_not_leave() {
    let (mut f, _watcher) = watcher();
    for says_goodbye in [true, false] {
        let unready = f.connect("unready");
        f.offer(unready, &[offered(0, "hidden")], false);
        if says_goodbye {
            f.goodbye(unready);
        }
        f.disconnect(unready);
        assert_eq!(f.said(), []);
    }
}

/// presence.order
#[test]
fn everything_is_told_in_its_order_to_all_who_asked() {
    let mut f = Fixture::new();
    let (one, two) = (f.connect("one"), f.connect("two"));
    watch(&mut f, one, 0);
    watch(&mut f, two, 4);
    // A process may ask more than once, and sees itself.
    watch(&mut f, two, 5);
    f.send_offer(two, &[offered(0, "own")], true);
    let shop = enter(&mut f, "shop", &["add"]);
    f.send_withdrawal(shop, &[0]);
    f.send_offer(shop, &[offered(1, "sub")], true);
    f.disconnect(shop);
    enter(&mut f, "shop", &[]);
    let expected = [
        joined("two"),
        offers_it("two", "own"),
        joined("shop"),
        offers_it("shop", "add"),
        withdrew("shop", "add"),
        offers_it("shop", "sub"),
        left("shop", Parting::Lost),
        joined("shop"),
    ];
    let said = f.said();
    for (link, asked) in [(one, 0), (two, 4), (two, 5)] {
        let heard: Vec<_> = said
            .iter()
            .filter_map(|(to, said)| match said {
                Said::Happened { number, events } if (*to, *number) == (link, asked) => Some(events.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(heard.concat(), expected, "{link:?} under {asked}");
    }
}

/// How many frames it takes that a thousand processes come and go.
fn frames_of_a_thousand(f: &mut Fixture) -> usize {
    let links: Vec<_> = (0..1000)
        .map(|number| enter(f, &number.to_string(), &["add"]))
        .collect();
    links.into_iter().for_each(|link| f.disconnect(link));
    f.said().len()
}

/// presence.order
#[test]
fn nobody_is_told_who_has_not_asked() {
    let mut f = Fixture::new();
    f.join("uninterested", &[]);
    assert_eq!(frames_of_a_thousand(&mut f), 1000, "each has its offer answered");
    let watcher = f.join("watcher", &[]);
    watch(&mut f, watcher, 0);
    assert_eq!(
        frames_of_a_thousand(&mut f),
        3000,
        "one is told that each comes and goes"
    );
}

// ---------------------------------------------------------------------- how it ends

#[test]
fn the_question_what_happens_is_open_until_it_is_cancelled() {
    let (mut f, watcher) = watcher();
    let again = Header::Query {
        call: id(0),
        query: Query::Presence,
    };
    assert!(
        f.receive(watcher, again, &Bytes::new()).is_err(),
        "its number is in use"
    );
    f.cancel(watcher, 0);
    let cancelled = Failed::Cancelled { may_have_run: false };
    assert_eq!(f.said(), [(watcher, failure(0, cancelled))]);
    f.cancel(watcher, 0);
    f.join("shop", &["add"]);
    // The number is free.
    assert_eq!(watch(&mut f, watcher, 0).len(), 3);
}

#[test]
fn one_question_is_cancelled_and_another_stays() {
    let (mut f, watcher) = watcher();
    watch(&mut f, watcher, 1);
    f.cancel(watcher, 0);
    f.said();
    let shop = enter(&mut f, "shop", &[]);
    assert_eq!(
        f.said(),
        [(shop, empty(15)), (watcher, told(1, &[joined("shop")]))]
    );
}

/// presence.full
#[test]
fn p6_who_does_not_read_what_happens_is_told_that_and_no_more() {
    let (mut f, watcher) = watcher();
    let other = f.connect("other");
    watch(&mut f, other, 0);
    f.queues.full.insert(watcher);
    let shop = enter(&mut f, "shop", &[]);
    let there = told(0, &[joined("shop")]);
    assert_eq!(
        f.said(),
        [(shop, empty(15)), (watcher, failure(0, full())), (other, there)]
    );
    f.goodbye(shop);
    assert_eq!(f.said().len(), 1, "it is not told a second time");
    f.ask(watcher, 0, Query::Presence);
    assert_eq!(f.said(), [(watcher, failure(0, full()))]);
    // It may ask again, and begins anew.
    f.queues.full.clear();
    assert_eq!(watch(&mut f, watcher, 0), [joined("watcher")]);
}

#[test]
fn p6_what_is_there_is_not_told_in_part() {
    let mut f = Fixture::new();
    let names: Vec<_> = (0..150).map(|number| format!("callback {number:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    f.join("provider", &names);
    let watcher = f.connect("watcher");
    f.queues.limits.insert(watcher, 100);
    f.ask(watcher, 0, Query::Presence);
    assert_eq!(f.said(), [(watcher, failure(0, full()))]);
    f.disconnect(watcher);
    assert!(f.router.watchers.is_empty());
}

#[test]
fn the_questions_of_a_process_that_left_are_forgotten() {
    let (mut f, watcher) = watcher();
    watch(&mut f, watcher, 1);
    f.disconnect(watcher);
    assert_eq!(f.said(), [], "nor is it told of itself");
    assert!(f.router.watchers.is_empty());
    // Whoever comes next has the same place.
    assert_eq!(f.join("successor", &["add"]).index(), watcher.index());
}

#[test]
fn a_process_that_said_goodbye_is_still_told_what_happens() {
    let (mut f, watcher) = watcher();
    f.goodbye(watcher);
    let stopped = left("watcher", Parting::Stopped);
    assert_eq!(f.said(), [(watcher, told(0, &[stopped]))]);
    let shop = enter(&mut f, "shop", &[]);
    assert_eq!(
        f.said(),
        [(shop, empty(15)), (watcher, told(0, &[joined("shop")]))]
    );
}
