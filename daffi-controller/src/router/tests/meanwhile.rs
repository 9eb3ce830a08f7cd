//! What others may do while long work goes on, a turn at a time.

use super::*;

fn fixture() -> Fixture {
    Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    }
}

/// The first turn of what a frame asks for; what is left.
fn begin(f: &mut Fixture, from: PeerId, header: Header<'_>, payload: &Bytes) -> Option<Work> {
    let request = Request::parse(header, payload).unwrap();
    f.router
        .receive(from, request, payload, &mut Turn::new(NOW), &mut f.queues)
        .unwrap()
}

/// One turn more.
fn go_on(f: &mut Fixture, work: Option<Work>) -> Option<Work> {
    let mut rest = work.expect("there is more to do");
    rest.prepare();
    f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues)
}

fn finish(f: &mut Fixture, work: Option<Work>) {
    super::finish(&mut f.router, work, &mut f.queues);
}

fn many(count: u32) -> Bytes {
    let offered: Vec<_> = (0..count)
        .map(|number| offered(number, &format!("callback {number}")))
        .collect();
    offers(&offered)
}

const OFFER: Header<'_> = Header::Offer {
    call: id(15),
    ready: true,
};

/// What somebody is told who asked what happens.
fn told(f: &mut Fixture, watcher: PeerId) -> Vec<Change> {
    let events = f.said().into_iter().filter_map(|(to, said)| match said {
        Said::Happened { events, .. } if to == watcher => Some(events),
        _ => None,
    });
    events.flatten().collect()
}

#[test]
fn a_broadcast_runs_what_was_called_though_its_provider_offers_something_else_by_then() {
    let mut f = fixture();
    let peers: Vec<_> = (0..300)
        .map(|number| f.join(&format!("provider {number:03}"), &["add"]))
        .collect();
    let caller = f.join("caller", &[]);
    let broadcast = CallHeader {
        mode: Mode::Broadcast,
        ..call(0, "add")
    };
    let work = begin(&mut f, caller, Header::Call(broadcast), &Bytes::new());
    let work = go_on(&mut f, work);
    f.said();
    f.withdraw(peers[299], &[0]);
    f.offer(peers[299], &[offered(1, "erase everything")], true);
    finish(&mut f, work);
    let said = f.said();
    assert!(
        said.iter().all(|(to, _)| *to != peers[299]),
        "nothing is run there"
    );
    let part = Said::Part {
        number: 0,
        index: 299,
        outcome: failed(Failed::NoProvider(Absence::NotOffered)),
    };
    assert!(said.contains(&(caller, part)));
}

#[test]
fn p1_a_goodbye_and_a_lost_connection_at_the_same_time_leave_nothing_and_each_caller_is_told() {
    let mut f = fixture();
    let provider = f.connect("p");
    let work = begin(&mut f, provider, OFFER, &many(1000));
    finish(&mut f, work);
    f.said();
    let caller = f.join("caller", &[]);
    for number in 0..1000 {
        f.call(caller, call(number, "callback 1"));
    }
    f.said();
    let goodbye = begin(&mut f, provider, Header::Goodbye, &Bytes::new());
    assert!(goodbye.is_some());
    // A connection of the same start replaces it in the middle of that.
    let clearing = f.router.disconnect(provider, &mut Turn::new(NOW), &mut f.queues);
    finish(&mut f, goodbye);
    finish(&mut f, clearing);
    assert_eq!(f.said().iter().filter(|(to, _)| *to == caller).count(), 1000);
    f.disconnect(caller);
    assert_empty(&f.router);
}

#[test]
fn nobody_hears_that_a_process_has_left_after_its_successor_has_joined() {
    let mut f = fixture();
    let old = f.join("a", &["add"]);
    let (caller, watcher) = (f.join("caller", &[]), f.join("watcher", &[]));
    for number in 0..1000 {
        f.call(caller, call(number, "add"));
    }
    f.ask(watcher, 0, Query::Presence);
    f.said();
    let clearing = f.router.disconnect(old, &mut Turn::new(NOW), &mut f.queues);
    assert!(f.router.is_clearing("a"), "its name is not free yet");
    assert!(f.try_connect("a", 2).is_err());
    assert_eq!(
        f.router.predecessor(&Hello::new("a", 1, 77), &Who::Nobody),
        None,
        "it is cleared away already"
    );
    finish(&mut f, clearing);
    assert!(!f.router.is_clearing("a"));
    let new = f.try_connect("a", 2).unwrap();
    f.send_offer(new, &[offered(0, "add")], true);
    let told: Vec<_> = told(&mut f, watcher)
        .iter()
        .map(|change| format!("{change:?}"))
        .collect();
    assert!(
        told[0].starts_with("Left") && told[1].starts_with("Joined"),
        "{told:?}"
    );
}

#[test]
fn who_waits_for_a_callback_is_told_of_one_that_is_there_beside_one_that_goes() {
    let mut f = fixture();
    let gone = f.join("gone", &["add"]);
    f.join("there", &["add"]);
    let caller = f.join("caller", &[]);
    for number in 0..1000 {
        let header = CallHeader {
            to: Some("gone"),
            ..call(number, "add")
        };
        f.call(caller, header);
    }
    let clearing = f.router.disconnect(gone, &mut Turn::new(NOW), &mut f.queues);
    f.said();
    f.ask(caller, 5000, function("add"));
    assert_eq!(f.said(), [(caller, empty(5000))]);
    finish(&mut f, clearing);
}

#[test]
fn nothing_of_an_offer_is_called_before_all_of_it_counts() {
    let mut f = fixture();
    let other = f.join("other", &[]);
    let asker = f.join("asker", &[]);
    for joined in [false, true] {
        let peer = f.connect("a");
        if joined {
            f.offer(peer, &[], true);
        }
        let mut work = begin(&mut f, peer, OFFER, &many(1000));
        let mut turns = 0;
        while work.is_some() {
            turns += 1;
            if turns == 10 {
                // Another process speaks against it, when most of it is shown.
                let last = Offered {
                    balance: Balance::RoundRobin,
                    ..offered(7, "callback 999")
                };
                f.send_offer(other, &[last], true);
                f.said();
            }
            let refusal = f.refused(asker, call(0, "callback 1"));
            assert_eq!(refusal, Failed::NoProvider(Absence::nobody()));
            assert!(
                f.callbacks()
                    .iter()
                    .all(|callback| callback.name == "callback 999")
            );
            work = go_on(&mut f, work);
        }
        assert!(turns > 10);
        let said = f.said();
        assert!(
            matches!(&*said, [(to, Said::Reply { outcome: Err(_), .. })] if *to == peer),
            "{said:?}"
        );
        f.disconnect(peer);
        f.withdraw(other, &[7]);
    }
}

#[test]
fn p6_an_answer_that_finds_too_little_room_is_a_small_one() {
    let mut f = fixture();
    let provider = f.join("provider", &["add"]);
    let caller = f.join("caller", &[]);
    let (_, run) = f.routed(caller, call(3, "add"));
    f.queues.queue_bytes = 100;
    let large = Bytes::from(vec![0; 1000]);
    f.try_reply(provider, run, Status::Value, &large).unwrap();
    assert_eq!(
        f.said(),
        [(caller, failure(3, Failed::Overloaded { may_have_run: true }))]
    );
    let (_, run) = f.routed(caller, call(4, "add"));
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(4))]);
}
