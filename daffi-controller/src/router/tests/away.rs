//! Processes whose connection is lost, and which may come back.

use super::*;

/// `add`, of which one call runs at a time, while so many wait.
fn single(queue: u32) -> Offered {
    Offered {
        concurrency: Some(1),
        queue,
        ..offered(0, "add")
    }
}

impl Fixture {
    fn join_one(&mut self, name: &str, callback: Offered) -> PeerId {
        let peer = self.connect(name);
        self.offer(peer, &[callback], true);
        peer
    }

    fn set_away(&mut self, peer: PeerId, is_away: bool) {
        let mut turn = Turn::of(self.queues.now, 2);
        let work = self.router.set_away(peer, is_away, &mut turn, &mut self.queues);
        finish(&mut self.router, work, &mut self.queues);
    }
}

/// A fixture with a caller, a provider whose only place is taken by the call 0, and one that is away and has places.
fn busy_and_away(queue: u32) -> (Fixture, PeerId, u32, PeerId, PeerId) {
    let mut f = Fixture::new();
    let busy = f.join_one("busy", single(queue));
    let caller = f.connect("caller");
    let (_, run) = f.routed(caller, call(0, "add"));
    let away = f.join_one("away", single(queue));
    f.set_away(away, true);
    (f, caller, run, busy, away)
}

/// link.resume.away
#[test]
fn p14_a_call_waits_for_one_that_is_away_where_it_would_be_refused_otherwise() {
    let (mut f, caller, run, busy, away) = busy_and_away(1);
    // It waits for the first who has a place, as long as it may.
    f.waits(caller, call(1, "add"));
    // Of many, none may be given away before those that came before it.
    assert_eq!(f.refused(caller, call(2, "add")), full());
    let other = f.connect("other");
    let (to, _) = f.routed(other, call(0, "add"));
    assert_eq!(to, away);
    // Where both are busy, it is as it is without.
    assert_eq!(f.refused(other, call(1, "add")), full());
    // The call that has waited is given to whoever has a place first.
    assert_eq!(f.next(busy, run).0, "caller");
}

/// link.resume.away
#[test]
fn p14_a_call_that_would_wait_for_itself_waits_for_one_that_is_away() {
    let (mut f, _, run, busy, away) = busy_and_away(1000);
    let sub = f.join("sub", &["sub"]);
    f.call(
        busy,
        CallHeader {
            within: Some(id(run)),
            ..call(0, "sub")
        },
    );
    let Some((to, Said::Run { number, .. })) = f.said().pop() else {
        panic!()
    };
    assert_eq!(to, sub);
    let back = CallHeader {
        within: Some(id(number)),
        ..call(0, "add")
    };
    let (to, _) = f.routed(sub, back.clone());
    assert_eq!(to, away);
    let again = CallHeader { call: id(1), ..back };
    assert_eq!(f.refused(sub, again), Failed::Recursive);
}

/// link.resume.away
#[test]
fn whoever_asks_what_there_is_is_told_who_is_away() {
    let mut f = Fixture::new();
    let names: Vec<_> = (0..63).map(|number| format!("{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    // What is told of it just fills a frame, and goes on in the next.
    let provider = f.join("a", &names);
    f.set_away(provider, true);
    f.join("b", &[]);
    let watcher = f.connect("watcher");
    f.ask(watcher, 0, Query::Presence);
    let events = |f: &mut Fixture| {
        let said = f.said().into_iter();
        let events = said.map(|(to, said)| match said {
            Said::Happened { number: 0, events } if to == watcher => events,
            other => panic!("{other:?}"),
        });
        events.flatten().collect::<Vec<_>>()
    };
    let told = events(&mut f);
    let process = "a".to_owned();
    assert_eq!(told.len(), 66);
    assert_eq!(told[64], Change::Away { process });
    assert!(matches!(&told[65], Change::Joined { process, .. } if process == "b"));
    f.set_away(provider, false);
    let process = "a".to_owned();
    assert_eq!(events(&mut f), [Change::Back { process }]);
    f.ask(watcher, 1, Query::Presence);
    assert!(!f.said().iter().any(|(_, said)| match said {
        Said::Happened { events, .. } => events.iter().any(|event| matches!(event, Change::Away { .. })),
        _ => false,
    }));
}

/// link.resume.away
#[test]
fn a_call_that_names_who_is_busy_does_not_run_at_one_that_is_away() {
    let (mut f, caller, ..) = busy_and_away(0);
    let named = CallHeader {
        to: Some("busy"),
        ..call(1, "add")
    };
    assert_eq!(f.refused(caller, named), full());
}

/// link.resume.away
#[test]
fn who_loses_its_connection_may_come_back_unless_it_has_finished() {
    let mut f = Fixture::new();
    let peer = f.join("a", &["add"]);
    let asked = |f: &Fixture| {
        let router = &f.router;
        (
            router.may_be_away(peer),
            router.is_away(peer),
            router.leaves(peer),
        )
    };
    assert_eq!(asked(&f), (true, false, false));
    f.set_away(peer, true);
    assert_eq!(asked(&f), (true, true, false));
    f.set_away(peer, false);
    // It finishes what it runs, and may come back for that.
    f.goodbye(peer);
    assert_eq!(asked(&f), (true, false, true));
    let other = f.join("b", &[]);
    f.receive(peer, Header::Finished, &Bytes::new()).unwrap();
    assert_eq!(asked(&f), (false, false, true));
    f.receive(other, Header::Finished, &Bytes::new()).unwrap();
    assert!(f.router.leaves(other) && !f.router.may_be_away(other));
    f.disconnect(peer);
    assert_eq!(asked(&f), (false, false, false));
}

/// link.resume.away
#[test]
fn p7_an_identity_has_no_more_away_than_it_leaves_for_others() {
    // What they take is bounded: as many as that, or a few.
    for (bytes, most) in [(0, 32), (1 << 20, 128)] {
        let mut f = Fixture {
            router: Router::new(Limits::default(), 1 << 20, bytes, 1),
            queues: Queues::new(&Limits::default()),
        };
        let enter = |f: &mut Fixture, name: &str, who: Who<std::sync::Arc<str>>| {
            let peer = f.router.connect(&Hello::new(name, 1, 77), who, None).unwrap();
            let may_be_away = f.router.may_be_away(peer);
            if may_be_away {
                f.set_away(peer, true);
            }
            (peer, may_be_away)
        };
        let ann = || Who::Token("ann".into());
        let mut away = Vec::new();
        for number in 0..most {
            let (peer, may_be_away) = enter(&mut f, &format!("ann's {number}"), ann());
            if may_be_away {
                away.push(peer);
            }
        }
        assert_eq!(away.len(), most / 2);
        // Whoever is away already stays so.
        assert!(f.router.may_be_away(away[0]));
        assert!(enter(&mut f, "eve's", Who::Token("eve".into())).1);
        assert!(!enter(&mut f, "ann's last", ann()).1);
        // As one comes back, there are places for others and for it.
        f.set_away(away[0], false);
        assert!(f.router.may_be_away(away[0]));
        f.set_away(away[0], true);
        assert!(!enter(&mut f, "ann's very last", ann()).1);
        for peer in &away {
            f.disconnect(*peer);
        }
        let (peer, may_be_away) = enter(&mut f, "ann's first", ann());
        assert!(may_be_away && f.router.is_away(peer));
    }
}

#[test]
fn p9_a_start_that_was_replaced_is_told_so_and_not_that_its_name_is_taken() {
    let mut f = Fixture::new();
    let who = || Who::Token("ann".into());
    let enter =
        |f: &mut Fixture, instance, who| f.router.connect(&Hello::new("shop", instance, 77), who, None);
    let first = enter(&mut f, 1, who()).unwrap();
    assert_eq!(f.router.holder("shop"), Some(first));
    assert_eq!(f.router.identity(first), Some(&who()));
    assert!(matches!(
        enter(&mut f, 0, who()),
        Err(Refusal::NameTaken { pid: 77, .. })
    ));
    // Each replaces the one before it, of which eight are known.
    let mut last = first;
    for instance in 2..=10 {
        let replaced = f.router.replaced_with(last);
        f.disconnect(last);
        assert_eq!(f.router.holder("shop"), None);
        last = enter(&mut f, instance, who()).unwrap();
        f.router.has_replaced(last, replaced);
    }
    for instance in 2..10 {
        assert_eq!(enter(&mut f, instance, who()), Err(Refusal::Replaced { pid: 77 }));
    }
    let taken = |entered| matches!(entered, Err(Refusal::NameTaken { .. }));
    assert!(taken(enter(&mut f, 1, who())), "it is forgotten");
    assert!(taken(enter(&mut f, 10, who())), "it is the one that is there");
    assert!(
        taken(enter(&mut f, 9, Who::Nobody)),
        "that one is somebody else's"
    );
}
