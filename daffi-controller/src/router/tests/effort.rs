//! What takes long ends a turn earlier: things are counted by what they cost, where that is up to who asks.

use super::super::meter::looks;
use super::*;

/// A router with the limits of every day.
fn fixture() -> Fixture {
    Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    }
}

/// Makes calls until the turn is over; how many, and how many looks they took.
fn turn(f: &mut Fixture, from: PeerId, call: &CallHeader<'_>) -> (u32, usize) {
    let mut turn = Turn::new(NOW);
    let mut made = 0;
    let ((), looked) = looks(|| {
        while !turn.is_over() {
            let header = CallHeader {
                call: id(made),
                ..call.clone()
            };
            let request = Request::Frame(Header::Call(header));
            let work = f
                .router
                .receive(from, request, &Bytes::new(), &mut turn, &mut f.queues);
            assert!(work.unwrap().is_none());
            made += 1;
        }
    });
    f.said();
    (made, looked)
}

/// A process that offers `add` in some way.
fn provider(f: &mut Fixture, name: &str, offer: Offered) -> PeerId {
    let provider = f.connect(name);
    f.offer(provider, &[offer], true);
    provider
}

#[test]
fn p15_calls_that_look_at_many_providers_are_few_in_a_turn() {
    const PROVIDERS: usize = 2000;
    let mut f = fixture();
    for number in 0..PROVIDERS {
        provider(&mut f, &format!("provider {number}"), offered(0, "add"));
    }
    // One that is always busy accepts what no other does.
    let odd = Offered {
        signature: signature(ErrorType::Typed(trace::<u8>())),
        concurrency: Some(0),
        ..offered(0, "add")
    };
    let odd_number = odd.signature.number;
    provider(&mut f, "odd", odd);
    let caller = f.join("caller", &[]);
    let plain = call(0, "add");
    assert_eq!(turn(&mut f, caller, &plain).0, 128);
    let by_key = CallHeader {
        key: Some(5),
        ..plain.clone()
    };
    let as_odd = CallHeader {
        signature: odd_number,
        ..plain
    };
    for (what, call) in [("by key", by_key), ("as the odd one", as_odd)] {
        let other = f.join(what, &[]);
        let (made, looked) = turn(&mut f, other, &call);
        assert!(
            looked < 128 * 12 + 4 * PROVIDERS,
            "{looked} looks for {made} calls {what}"
        );
    }
}

#[test]
fn p15_calls_that_look_at_many_of_a_group_are_few_in_a_turn() {
    const PROVIDERS: usize = 1000;
    let mut f = fixture();
    let resizer = &[("kind", "resizer")];
    for number in 0..PROVIDERS {
        let peer = f.enter_as(&format!("provider {number}"), resizer);
        f.offer(peer, &[offered(0, "add")], true);
    }
    let caller = f.join("caller", &[]);
    let by_key = CallHeader {
        key: Some(5),
        having: resizer.to_vec(),
        ..call(0, "add")
    };
    let (made, looked) = turn(&mut f, caller, &by_key);
    assert!(
        looked < 128 * 12 + 6 * PROVIDERS,
        "{looked} looks for {made} calls"
    );
}

#[test]
fn p15_calls_of_a_name_that_is_like_many_are_few_in_a_turn() {
    let mut f = fixture();
    // Each takes as long as a name can to be told from the one that is called.
    let name = |begin: usize, end: usize| format!("{begin:02}{}{end:02}", "x".repeat(60));
    for begin in 10..26 {
        let names: Vec<_> = (10..90).map(|end| name(begin, end)).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        f.join(&format!("provider {begin}"), &names);
    }
    let caller = f.join("caller", &[]);
    assert_eq!(turn(&mut f, caller, &call(0, "nobody's")).0, 4);
    assert_eq!(turn(&mut f, caller, &call(0, &name(0, 0))).0, 2);
}

#[test]
fn p15_calls_with_many_words_are_few_in_a_turn() {
    let mut f = fixture();
    let talkative = provider(&mut f, "provider", offered(0, "add"));
    let caller = f.join("caller", &[]);
    let long = "x".repeat(4096);
    for metadata in [vec![("", &*long)], vec![("", ""); 2048]] {
        let calls = CallHeader {
            metadata,
            ..call(0, "nobody's")
        };
        assert_eq!(turn(&mut f, caller, &calls).0, 8);
    }
    // So are calls that are refused with many, and replies.
    let long_signature = Described::new(&Signature::new(
        [(&*long, trace::<u32>())],
        Returns {
            ok: trace::<u32>(),
            error: ErrorType::None,
        },
    ));
    let mismatching = Offered {
        signature: long_signature,
        ..offered(0, "mul")
    };
    provider(&mut f, "other provider", mismatching);
    let wrong = CallHeader {
        signature: 12345,
        ..call(0, "mul")
    };
    assert_eq!(turn(&mut f, caller, &wrong).0, 8);
    let runs: Vec<_> = (0..10)
        .map(|number| f.routed(caller, call(number, "add")).1)
        .collect();
    let mut turn = Turn::new(NOW);
    let mut answered = 0;
    while !turn.is_over() {
        let reply = Header::Reply {
            call: id(runs[answered]),
            status: Status::App {
                message: &long,
                causes: vec![&*long; 3],
                typed: Own::None,
            },
        };
        let request = Request::Frame(reply);
        let work = f
            .router
            .receive(talkative, request, &Bytes::new(), &mut turn, &mut f.queues);
        assert!(work.unwrap().is_none());
        answered += 1;
    }
    assert_eq!(answered, 2);
}

#[test]
fn p15_a_broadcast_with_many_words_is_begun_a_few_at_a_time() {
    let mut f = fixture();
    for number in 0..40 {
        provider(&mut f, &format!("provider {number}"), offered(0, "add"));
    }
    let caller = f.join("caller", &[]);
    let long = "x".repeat(4096);
    let call = CallHeader {
        metadata: vec![("", &*long)],
        mode: Mode::Broadcast,
        ..call(0, "add")
    };
    let request = Request::Frame(Header::Call(call));
    let mut work = f
        .router
        .receive(caller, request, &Bytes::new(), &mut Turn::new(NOW), &mut f.queues)
        .unwrap();
    let mut most = 0;
    while let Some(rest) = work {
        most = most.max(runs(&f.said()));
        work = f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues);
    }
    assert_eq!(most, 8);
}

fn runs(said: &[(PeerId, Said)]) -> usize {
    let runs = said.iter().filter(|(_, said)| matches!(said, Said::Run { .. }));
    runs.count()
}

#[test]
fn p15_a_list_of_what_many_offer_is_put_together_a_little_at_a_time() {
    const PROVIDERS: u32 = 300;
    let mut f = fixture();
    let names: Vec<_> = (0..100).map(|number| format!("callback {number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for number in 0..PROVIDERS {
        f.join(&format!("provider {number}"), &names);
    }
    let asking = f.join("asking", &[]);
    let query = Header::Query {
        call: id(0),
        query: Query::Callbacks,
    };
    let (mut work, mut most) = looks(|| {
        f.router
            .receive(
                asking,
                Request::Frame(query),
                &Bytes::new(),
                &mut Turn::new(NOW),
                &mut f.queues,
            )
            .unwrap()
    });
    while let Some(mut rest) = work {
        rest.prepare();
        let (left, looked) = looks(|| f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues));
        most = most.max(looked);
        work = left;
    }
    assert_eq!(f.said().len(), 1);
    assert!(most < 128 * 12 + 4 * PROVIDERS as usize, "{most} looks in a turn");
}

#[test]
fn p15_what_is_cancelled_again_or_offered_without_news_costs_nothing_however_much_there_is() {
    const PROVIDERS: usize = 500;
    let mut f = fixture();
    for number in 0..PROVIDERS {
        provider(&mut f, &format!("provider {number}"), offered(0, "add"));
    }
    let caller = f.join("caller", &[]);
    f.call(
        caller,
        CallHeader {
            mode: Mode::Broadcast,
            ..call(0, "add")
        },
    );
    let ((), first) = looks(|| f.cancel(caller, 0));
    let ((), second) = looks(|| f.cancel(caller, 0));
    assert!(first > PROVIDERS && second < 12, "{first} looks, then {second}");
    f.said();

    let many: Vec<_> = (0..1000)
        .map(|number| offered(number, &format!("callback {number}")))
        .collect();
    f.offer(caller, &many, true);
    let listing = f.router.peers.get(caller).unwrap().listing.clone();
    f.offer(caller, &many[..1], true);
    let after = &f.router.peers.get(caller).unwrap().listing;
    assert!(std::sync::Arc::ptr_eq(&listing, after), "it is made anew");
}

#[test]
fn p15_for_who_does_not_read_nobody_is_looked_for() {
    const PROVIDERS: usize = 500;
    let mut f = fixture();
    for number in 0..PROVIDERS {
        provider(&mut f, &format!("provider {number}"), offered(0, "add"));
    }
    let caller = f.join("caller", &[]);
    f.queues.full.insert(caller);
    let everywhere = CallHeader {
        mode: Mode::Broadcast,
        ..call(0, "add")
    };
    let (failed, looked) = looks(|| f.refused(caller, everywhere));
    assert_eq!(failed, Failed::Overloaded { may_have_run: false });
    assert!(looked < 12, "{looked} looks");
}
