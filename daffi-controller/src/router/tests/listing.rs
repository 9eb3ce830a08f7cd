//! Lists of what there is: how long they may be, what is left out of them, and which are put together outside of a turn.

use super::*;

/// A router with frames of so many bytes, whose processes take any.
fn fixture(frame_bytes: usize) -> Fixture {
    let limits = Limits {
        frame_bytes,
        ..Limits::default()
    };
    let mut queues = Queues::new(&limits);
    queues.frame_bytes = usize::MAX;
    Fixture {
        router: Router::new(limits, 1 << 20, 1 << 30, 1),
        queues,
    }
}

/// Asks in a turn that is not over soon; what is left to do.
fn ask(f: &mut Fixture, asker: PeerId, query: Query<'_>) -> Option<Work> {
    let request = Request::Frame(Header::Query { call: id(0), query });
    let mut turn = Turn::of(NOW, 100_000);
    f.router
        .receive(asker, request, &Bytes::new(), &mut turn, &mut f.queues)
        .unwrap()
}

/// It is answered at once.
#[track_caller]
fn assert_at_once(f: &mut Fixture, asker: PeerId, query: Query<'_>) {
    assert!(ask(f, asker, query).is_none());
    assert_eq!(f.said().len(), 1);
}

/// It is prepared where nobody waits for it, and answered then.
#[track_caller]
fn assert_prepared(f: &mut Fixture, asker: PeerId, query: Query<'_>) {
    let work = ask(f, asker, query);
    assert!(work.is_some());
    assert_eq!(f.said(), []);
    finish(&mut f.router, work, &mut f.queues);
    assert_eq!(f.said().len(), 1);
}

fn documented(number: u32, bytes: usize) -> Offered {
    Offered {
        docs: "x".repeat(bytes),
        ..offered(number, &format!("callback {number:02}"))
    }
}

#[test]
fn p15_a_list_of_many_is_sorted_outside_of_a_turn() {
    let mut f = fixture(16 << 20);
    let asker = f.join("asker", &[]);
    for number in 1..128 {
        f.join(&format!("process {number}"), &[]);
    }
    assert_at_once(&mut f, asker, Query::Processes);
    f.join("one more", &[]);
    assert_prepared(&mut f, asker, Query::Processes);
}

#[test]
fn p15_a_list_of_many_bytes_is_encoded_outside_of_a_turn() {
    let mut f = fixture(16 << 20);
    let (provider, asker) = (f.connect("provider"), f.join("asker", &[]));
    // Sixteen that have 64 KiB together.
    let docs = 4096 - "callback 00".len() - OFFERED.size() - "provider".len();
    let all: Vec<_> = (0..16).map(|number| documented(number, docs)).collect();
    f.offer(provider, &all, true);
    assert_at_once(&mut f, asker, Query::Callbacks);
    f.withdraw(provider, &[7]);
    f.offer(provider, &[documented(7, docs + 1)], true);
    assert_prepared(&mut f, asker, Query::Callbacks);
}

#[test]
fn docs_are_told_as_long_as_they_do_not_make_a_list_long() {
    let docs = |f: &mut Fixture| {
        let callbacks = f.callbacks().into_iter();
        callbacks.map(|callback| callback.docs.len()).collect::<Vec<_>>()
    };
    let mut f = fixture(4096);
    let provider = f.connect("provider");
    // A quarter of a frame.
    f.offer(provider, &[documented(0, 512), documented(1, 512)], true);
    assert_eq!(docs(&mut f), [512, 512]);
    f.withdraw(provider, &[1]);
    f.offer(provider, &[documented(1, 513)], true);
    assert_eq!(docs(&mut f), [0, 0]);
    // What is left out does not make it too long for a frame.
    f.withdraw(provider, &[1]);
    f.offer(provider, &[documented(1, 3500)], true);
    assert_eq!(docs(&mut f), [0, 0]);
}

#[test]
fn p6_docs_that_are_left_out_are_not_gathered() {
    let mut f = fixture(40_000);
    let (provider, asker) = (f.connect("provider"), f.join("asker", &[]));
    let all: Vec<_> = (0..30).map(|number| documented(number, 3000)).collect();
    f.offer(provider, &all, true);
    // All together would be more than is encoded at once.
    assert_at_once(&mut f, asker, Query::Callbacks);
}

#[test]
fn p6_a_list_that_no_frame_takes_is_not_put_together_and_its_size_is_told() {
    let mut attributes = Attributes::default();
    attributes.set("kind", "resizer");
    let each = "process 0".len() + "ann".len() + attributes.bytes();
    let all = "asker".len() + 9 * each;
    for (frame_bytes, fits) in [(all, true), (all - 1, false)] {
        let mut f = fixture(frame_bytes);
        for number in 0..9 {
            let mut hello = Hello::new(format!("process {number}"), 1, 77);
            let extensions = Extensions::default().with(Extensions::ATTRIBUTES, &attributes);
            hello.extensions = extensions.unwrap();
            let who = Who::Token("ann".into());
            let peer = f.router.connect(&hello, who, None).unwrap();
            f.offer(peer, &[], true);
        }
        let asker = f.join("asker", &[]);
        f.ask(asker, 0, Query::Processes);
        let too_large = Failed::TooLarge {
            size: all as u64,
            limit: frame_bytes as u64,
            may_have_run: false,
        };
        let said = f.said();
        match &*said {
            [(to, Said::Reply { outcome: Ok(_), .. })] if fits => assert_eq!(*to, asker),
            said => assert!(!fits && *said == [(asker, failure(0, too_large))], "{said:?}"),
        }
    }
}

#[test]
fn p6_no_list_is_put_together_for_who_does_not_read() {
    let queries = [
        Query::Processes,
        Query::Callbacks,
        Query::Presence,
        Query::Describe("add"),
    ];
    for query in queries {
        let mut f = Fixture::new();
        f.join("provider", &["add"]);
        let asker = f.join("asker", &[]);
        f.queues.full.insert(asker);
        f.ask(asker, 0, query);
        assert_eq!(f.said(), [(asker, failure(0, full()))]);
    }
}

#[test]
fn p15_what_is_there_is_sorted_outside_of_a_turn_and_what_happens_meanwhile_comes_after_it() {
    let mut f = fixture(16 << 20);
    let (provider, asker) = (f.connect("provider"), f.join("asker", &[]));
    // Two processes, and what one of them offers.
    let all: Vec<_> = (0..126).map(|number| documented(number, 0)).collect();
    f.offer(provider, &all, true);
    assert!(ask(&mut f, asker, Query::Presence).is_none());
    assert!(!f.said().is_empty());
    f.cancel(asker, 0);
    f.said();
    f.offer(provider, &[documented(126, 0)], true);
    let work = ask(&mut f, asker, Query::Presence);
    assert!(work.is_some());
    f.join("newcomer", &[]);
    finish(&mut f.router, work, &mut f.queues);
    let events = f.said().into_iter().flat_map(|(_, said)| match said {
        Said::Happened { events, .. } => events,
        other => panic!("{other:?}"),
    });
    let events: Vec<_> = events.collect();
    assert_eq!(events.len(), 2 + 127 + 1);
    assert!(matches!(events.last(), Some(Change::Joined { process, .. }) if process == "newcomer"));
}

#[test]
fn p15_a_long_list_is_made_anew_outside_of_a_turn_where_some_of_it_is_taken_back() {
    let mut f = fixture(16 << 20);
    let provider = f.connect("provider");
    let all: Vec<_> = (0..131).map(|number| documented(number, 0)).collect();
    f.offer(provider, &all, true);
    let mut withdraw = |callback, is_long| {
        let payload = proto::encode(&[CallbackId(callback)].to_vec()).unwrap();
        let header = Header::Withdraw { call: id(0) };
        let request = Request::parse(header, &payload).unwrap();
        let mut turn = Turn::of(NOW, 100_000);
        let work = f
            .router
            .receive(provider, request, &payload, &mut turn, &mut f.queues)
            .unwrap();
        assert_eq!(work.is_some(), is_long);
        finish(&mut f.router, work, &mut f.queues);
        f.said();
        f.processes()[0].callbacks
    };
    // As long as it was.
    assert_eq!(withdraw(0, true), 130);
    assert_eq!(withdraw(1, true), 129);
    assert_eq!(withdraw(2, true), 128);
    assert_eq!(withdraw(3, false), 127);
}
