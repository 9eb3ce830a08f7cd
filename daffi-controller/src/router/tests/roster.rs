//! Who is there, and who offers what.

use super::*;

// ---------------------------------------------------------------------- names

#[test]
fn p9_a_second_process_of_a_name_is_refused_and_told_the_holder() {
    let mut f = Fixture::new();
    let holder = f
        .router
        .connect(&Hello::new("shop", 1, 4711), Who::Nobody, None)
        .unwrap();
    let refusal = f.try_connect("shop", 2).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::NameTaken {
            name: "shop".to_owned(),
            pid: 4711,
            sign: 0,
        }
    );
    assert!(
        refusal.to_string().contains("shop") && refusal.to_string().contains("4711"),
        "{refusal}"
    );
    assert_eq!(f.router.process_name(holder), Some("shop"));
}

#[test]
fn p9_a_name_is_free_again_once_its_holder_has_gone() {
    let mut f = Fixture::new();
    let holder = f.join("shop", &["add"]);
    f.goodbye(holder);
    assert!(
        f.try_connect("shop", 2).is_err(),
        "it is leaving, but still there"
    );
    f.disconnect(holder);
    f.try_connect("shop", 2).unwrap();
}

#[test]
fn only_the_same_start_of_a_process_has_a_predecessor() {
    let mut f = Fixture::new();
    let who = || Who::Token("one".into());
    let former = f.router.connect(&Hello::new("shop", 1, 77), who(), None).unwrap();
    let predecessor = |name, instance, who| f.router.predecessor(&Hello::new(name, instance, 77), &who);
    assert_eq!(predecessor("shop", 1, who()), Some(former));
    assert_eq!(predecessor("shop", 2, who()), None);
    assert_eq!(predecessor("market", 1, who()), None);
    // Somebody else knows what it said of itself, and is not it.
    for other in [
        Who::Nobody,
        Who::User(7),
        Who::Token("two".into()),
        Who::Key("one".into()),
    ] {
        assert_eq!(predecessor("shop", 1, other), None);
    }
}

// ---------------------------------------------------------------------- offers

/// offer.ready
#[test]
fn callbacks_can_be_called_once_their_process_is_complete() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    f.offer(provider, &[offered(0, "first")], false);
    assert_eq!(
        f.refused(caller, call(0, "first")),
        Failed::NoProvider(Absence::nobody())
    );
    f.offer(provider, &[offered(1, "second")], true);
    f.routed(caller, call(0, "first"));
    f.routed(caller, call(1, "second"));
    f.offer(provider, &[offered(2, "third")], false);
    f.routed(caller, call(2, "third"));
}

#[test]
fn withdrawn_callbacks_cannot_be_called_any_more() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add", "sub"]), f.join("caller", &[]));
    let (_, run) = f.routed(caller, call(0, "add"));
    f.withdraw(provider, &[0, 9]);
    assert_eq!(
        f.refused(caller, call(1, "add")),
        Failed::NoProvider(Absence::nobody())
    );
    f.routed(caller, call(1, "sub"));
    // What runs is answered.
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(0))]);
}

#[test]
fn a_callback_withdrawn_before_its_process_was_complete_is_not_offered() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.connect("provider"), f.join("caller", &[]));
    f.offer(provider, &[offered(0, "add"), offered(1, "sub")], false);
    f.withdraw(provider, &[0]);
    f.offer(provider, &[], true);
    assert_eq!(
        f.refused(caller, call(0, "add")),
        Failed::NoProvider(Absence::nobody())
    );
    f.routed(caller, call(0, "sub"));
}

#[test]
fn a_process_withdraws_its_own_callbacks_only() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &["own"]));
    f.withdraw(caller, &[0]);
    assert_eq!(f.routed(caller, call(0, "add")).0, provider);
}

#[test]
fn a_number_stays_what_it_means() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["before"]), f.join("caller", &[]));
    let reason = f.denied(provider, &[offered(0, "after")]);
    assert!(reason.contains("`after` is in use"), "{reason}");
    assert_eq!(
        f.refused(caller, call(0, "after")),
        Failed::NoProvider(Absence::nobody())
    );
    let (to, run) = f.routed(caller, call(0, "before"));
    // Once it is withdrawn, it is free, though what it meant still runs.
    f.withdraw(provider, &[0]);
    f.offer(provider, &[offered(0, "after")], true);
    assert_eq!(f.routed(caller, call(1, "after")).0, provider);
    f.reply(to, run);
    assert_eq!(f.said(), [(caller, value(0))]);
}

#[test]
fn one_callback_is_not_offered_under_the_number_of_another() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add", "sub"]);
    let reason = f.denied(provider, &[offered(0, "sub")]);
    assert!(reason.contains("offers `sub` already"), "{reason}");
}

#[test]
fn what_is_offered_later_counts_among_what_a_process_offers() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    f.offer(provider, &[offered(1, "sub"), offered(2, "mul")], true);
    assert_eq!(f.processes(), [process("provider", 3)]);
    f.offer(provider, &[], true);
    assert_eq!(f.processes(), [process("provider", 3)]);
    f.withdraw(provider, &[1]);
    assert_eq!(f.processes(), [process("provider", 2)]);
}

#[test]
fn a_signature_is_accepted_as_long_as_anybody_offers_it() {
    let mut f = Fixture::new();
    let (one, two) = (f.join("one", &["add"]), f.join("two", &["add"]));
    let other = f.connect("other");
    let returns = Returns {
        ok: trace::<u8>(),
        error: ErrorType::None,
    };
    let odd = Offered {
        signature: Described::new(&Signature::new([("n", trace::<u8>())], returns)),
        ..offered(0, "add")
    };
    f.offer(other, &[odd], true);
    let caller = f.join("caller", &[]);
    let own = |number| CallHeader {
        signature: OFFERED.number,
        ..call(number, "add")
    };
    f.withdraw(one, &[0]);
    assert_eq!(f.routed(caller, own(0)).0, two);
    f.withdraw(two, &[0]);
    assert!(matches!(
        f.refused(caller, own(1)),
        Failed::SignatureMismatch { .. }
    ));
}

#[test]
fn a_process_that_says_goodbye_gets_no_more_calls_and_finishes_what_it_runs() {
    let mut f = Fixture::new();
    let (provider, caller) = (f.join("provider", &["add"]), f.join("caller", &["sub"]));
    let (_, run) = f.routed(caller, call(0, "add"));
    f.goodbye(provider);
    assert_eq!(f.said(), []);
    assert_eq!(
        f.refused(caller, call(1, "add")),
        Failed::NoProvider(Absence::nobody())
    );
    let at_provider = CallHeader {
        to: Some("provider"),
        ..call(1, "add")
    };
    assert_eq!(
        f.refused(caller, at_provider),
        Failed::NoProvider(Absence::ProcessUnknown)
    );
    f.reply(provider, run);
    assert_eq!(f.said(), [(caller, value(0))]);
    // What runs may need others until the end.
    assert_eq!(f.routed(provider, call(0, "sub")).0, caller);
}

/// A callback whose calls are shared in this way.
fn shared(callback: u32, name: &str, balance: Balance) -> Offered {
    Offered {
        balance,
        ..offered(callback, name)
    }
}

/// Why an offer was denied.
fn denied(f: &mut Fixture, link: PeerId, callbacks: &[Offered]) -> String {
    f.send_offer(link, callbacks, true);
    match &*f.said() {
        [
            (
                to,
                Said::Reply {
                    number: 15,
                    outcome: Err(Failure::Failed(Failed::Invalid { reason })),
                },
            ),
        ] if *to == link => reason.clone(),
        other => panic!("not denied: {other:?}"),
    }
}

/// offer.balance
#[test]
fn an_offer_with_another_balance_than_others_is_denied_and_nothing_of_it_counts() {
    let mut f = Fixture::new();
    let (holder, caller) = (f.connect("holder"), f.join("caller", &[]));
    f.offer(
        holder,
        &[shared(0, "add", Balance::RoundRobin), offered(1, "sub")],
        true,
    );
    f.ask(caller, 0, function("mul"));
    f.ask(caller, 1, Query::WaitProcess("other"));
    let other = f.connect("other");
    let reason = denied(
        &mut f,
        other,
        &[offered(0, "mul"), shared(1, "add", Balance::Random)],
    );
    for part in [
        "\"holder\"",
        "\"other\"",
        "`add`",
        "\"round_robin\"",
        "\"random\"",
    ] {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
    assert_eq!(f.processes().len(), 2, "it is not on the roster");
    assert_eq!(
        f.refused(caller, call(2, "mul")),
        Failed::NoProvider(Absence::nobody())
    );
    // It may offer the rest, and the same once the other is gone.
    f.send_offer(other, &[offered(2, "mul")], true);
    assert_eq!(
        f.said(),
        [(other, empty(15)), (caller, empty(1)), (caller, empty(0))]
    );
    let random = || [shared(3, "add", Balance::Random)];
    denied(&mut f, other, &random());
    f.withdraw(holder, &[0]);
    f.offer(other, &random(), true);
    denied(&mut f, holder, &[shared(4, "add", Balance::RoundRobin)]);
}

/// What is offered before the process is complete counts only then.
#[test]
fn a_process_does_not_join_while_its_balances_conflict() {
    let mut f = Fixture::new();
    let slow = f.connect("slow");
    f.offer(slow, &[shared(0, "add", Balance::Random)], false);
    let quick = f.join("quick", &["add"]);
    let reason = denied(&mut f, slow, &[offered(1, "sub")]);
    for part in ["quick", "slow", "`add`"] {
        assert!(reason.contains(part), "{part} is not in: {reason}");
    }
    assert_eq!(f.callbacks().len(), 1);
    f.withdraw(slow, &[0]);
    f.offer(slow, &[offered(2, "add")], true);
    assert_eq!(f.callbacks()[0].providers, ["quick", "slow"]);
    f.disconnect(quick);
}

#[test]
fn a_process_alone_may_change_how_its_calls_are_shared() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    f.withdraw(provider, &[0]);
    f.offer(provider, &[shared(1, "add", Balance::Random)], true);
    assert_eq!(f.callbacks()[0].balance, Balance::Random);
}

#[test]
fn a_process_offers_a_name_once_and_nothing_after_its_goodbye() {
    let mut f = Fixture::new();
    let provider = f.join("provider", &["add"]);
    for offered in [
        vec![offered(1, "add")],
        vec![offered(1, "mul"), offered(2, "mul")],
    ] {
        assert!(f.denied(provider, &offered).contains("once"));
    }
    // The same once more changes nothing.
    f.offer(provider, &[offered(0, "add")], true);
    assert_eq!(f.callbacks().len(), 1);
    f.goodbye(provider);
    f.said();
    assert!(f.denied(provider, &[offered(1, "mul")]).contains("stop"));
    assert!(f.callbacks().is_empty() && f.processes().is_empty());
}

/// offer.bound
#[test]
fn p6_what_a_process_offers_is_bounded() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let docs = "x".repeat(Limits::DOCS_BYTES + 1);
    let long = Offered {
        docs,
        ..offered(0, "add")
    };
    assert!(f.denied(provider, &[long]).contains("docs"));
    let of_bytes = |bytes: usize| {
        let named = |length| {
            let words = "x".repeat(length);
            Described::new(&Signature::new(
                [(&*words, trace::<u32>())],
                Returns {
                    ok: trace::<u32>(),
                    error: ErrorType::None,
                },
            ))
        };
        let beside = named(bytes).size() - bytes;
        Offered {
            signature: named(bytes - beside),
            ..offered(0, "add")
        }
    };
    let long = of_bytes(Limits::SIGNATURE_BYTES + 1);
    assert_eq!(long.signature.size(), Limits::SIGNATURE_BYTES + 1);
    assert!(f.denied(provider, &[long]).contains("signature"));
    assert!(f.router.directory.is_empty());
    let longest = Offered {
        docs: "x".repeat(Limits::DOCS_BYTES),
        ..of_bytes(Limits::SIGNATURE_BYTES)
    };
    f.offer(provider, &[longest], true);
    f.withdraw(provider, &[0]);
    let most = u32::try_from(Limits::CALLBACKS).unwrap();
    let many: Vec<_> = (0..most)
        .map(|number| offered(number, &format!("callback {number}")))
        .collect();
    f.offer(provider, &many, false);
    assert!(
        f.denied(provider, &[offered(most, "one more")])
            .contains("at most")
    );
    assert_eq!(f.router.directory.count_of(provider), Limits::CALLBACKS);
}

/// offer.bound
#[test]
fn p6_all_that_a_process_offers_is_bounded_in_bytes() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let offered_in = |f: &mut Fixture, bytes: usize, all: &[(u32, &str)]| {
        let offered = all.iter().map(|(number, name)| {
            let offered = offered(*number, name);
            let version = offered.signature.version();
            (offered, version)
        });
        let offers = Offers {
            offered: offered.collect(),
            bytes,
        };
        let request = Request::Offer {
            call: id(15),
            ready: true,
            offers,
        };
        let mut turn = Turn::new(NOW);
        let work = f
            .router
            .receive(provider, request, &Bytes::new(), &mut turn, &mut f.queues);
        finish(&mut f.router, work.unwrap(), &mut f.queues);
        f.said() == [(provider, empty(15))]
    };
    let half = Limits::OFFER_BYTES / 2;
    assert!(!offered_in(&mut f, Limits::OFFER_BYTES + 1, &[(0, "add")]));
    assert!(offered_in(&mut f, Limits::OFFER_BYTES, &[(0, "add"), (1, "sub")]));
    assert!(!offered_in(&mut f, 1, &[(2, "mul")]));
    // Each of them had as much, which it gives back.
    f.withdraw(provider, &[0]);
    assert!(!offered_in(&mut f, half + 1, &[(2, "mul")]));
    assert!(offered_in(&mut f, half, &[(2, "mul")]));
}

#[test]
fn offers_that_make_no_sense_are_faults() {
    let mut f = Fixture::new();
    let provider = f.connect("provider");
    let long = "x".repeat(Limits::NAME_BYTES + 1);
    for payload in [
        offers(&[offered(0, "")]),
        offers(&[offered(0, &long)]),
        bytes("garbage"),
        Bytes::new(),
    ] {
        let fault = f.receive(
            provider,
            Header::Offer {
                call: id(0),
                ready: true,
            },
            &payload,
        );
        assert!(fault.is_err(), "{payload:?}");
    }
    assert!(
        f.receive(provider, Header::Withdraw { call: id(0) }, &bytes("garbage"))
            .is_err()
    );
    assert_eq!((f.callbacks(), f.processes()), (vec![], vec![]));
}

// ---------------------------------------------------------------------- questions

#[test]
fn the_roster_lists_complete_processes_by_name() {
    let mut f = Fixture::new();
    f.connect("unready");
    let b = f.join("b", &["add", "sub"]);
    let a = f.join("a", &[]);
    let leaving = f.join("leaving", &["add"]);
    f.goodbye(leaving);
    f.ask(a, 0, Query::Processes);
    let expected = vec![process("a", 0), process("b", 2)];
    assert_eq!(f.processes(), expected);
    let outcome = Ok(proto::encode(&expected).unwrap());
    assert_eq!(f.said(), [(a, Said::Reply { number: 0, outcome })]);
    f.disconnect(b);
    assert_eq!(f.processes(), [process("a", 0)]);
}

#[test]
fn callbacks_are_listed_by_name_with_those_who_offer_them() {
    let mut f = Fixture::new();
    f.join("b", &["sub", "add"]);
    let a = f.join("a", &["add"]);
    let unready = f.connect("unready");
    f.offer(unready, &[offered(0, "hidden")], false);
    f.ask(a, 0, Query::Callbacks);
    let expected = vec![
        CallbackEntry::new(&offered(0, "add"), vec!["a".to_owned(), "b".to_owned()]),
        CallbackEntry::new(&offered(0, "sub"), vec!["b".to_owned()]),
    ];
    assert_eq!(f.callbacks(), expected);
    let outcome = Ok(proto::encode(&expected).unwrap());
    assert_eq!(f.said(), [(a, Said::Reply { number: 0, outcome })]);
}

#[test]
fn whoever_waits_for_a_process_is_told_once_it_is_complete() {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    f.ask(asker, 0, Query::WaitProcess("shop"));
    let shop = f.connect("shop");
    f.ask(asker, 1, Query::WaitProcess("shop"));
    assert_eq!(f.said(), []);
    f.receive(
        shop,
        Header::Offer {
            call: id(0),
            ready: true,
        },
        &offers(&[]),
    )
    .unwrap();
    assert_eq!(f.said(), [(shop, empty(0)), (asker, empty(0)), (asker, empty(1))]);
    f.ask(asker, 0, Query::WaitProcess("shop"));
    f.ask(asker, 1, Query::WaitProcess("asker"));
    assert_eq!(f.said(), [(asker, empty(0)), (asker, empty(1))]);
}

#[test]
fn whoever_waits_for_the_callback_of_a_process_is_told_once_that_one_offers_it() {
    let mut f = Fixture::new();
    let of_shop = Query::WaitFunction {
        name: "add",
        process: Some("shop"),
        having: Vec::new(),
    };
    let (asker, _) = (f.join("asker", &[]), f.join("other", &["add"]));
    f.ask(asker, 0, of_shop.clone());
    assert_eq!(f.said(), [], "another process offers it");
    let shop = f.join("shop", &["sub"]);
    assert_eq!(f.said(), [], "it is there and offers something else");
    f.ask(shop, 1, of_shop.clone());
    let offer = Header::Offer {
        call: id(2),
        ready: true,
    };
    f.receive(shop, offer, &offers(&[offered(7, "add")])).unwrap();
    assert_eq!(
        f.said(),
        [(shop, empty(2)), (asker, empty(0)), (shop, empty(1))],
        "its own, too, for it says so"
    );
    f.ask(asker, 0, of_shop.clone());
    assert_eq!(f.said(), [(asker, empty(0))]);
    f.disconnect(shop);
    f.ask(asker, 0, of_shop);
    f.receive(asker, Header::Cancel { call: id(0) }, &Bytes::new())
        .unwrap();
    assert!(f.router.watchers.questions.is_empty());
}

#[test]
fn whoever_waits_for_a_callback_is_told_once_another_offers_it() {
    let mut f = Fixture::new();
    let (first, second) = (f.join("first", &["add"]), f.join("second", &[]));
    f.ask(first, 0, function("add"));
    assert_eq!(f.said(), [], "it offers it itself");
    f.ask(second, 0, function("add"));
    assert_eq!(f.said(), [(second, empty(0))]);
    f.ask(second, 0, function("sub"));
    let offer = |f: &mut Fixture, link, callback, name, ready| {
        let header = Header::Offer { call: id(9), ready };
        f.receive(link, header, &offers(&[offered(callback, name)]))
            .unwrap();
        let said = f.said();
        assert_eq!(said[0], (link, empty(9)));
        said[1..].to_vec()
    };
    assert_eq!(offer(&mut f, second, 5, "add", true), [(first, empty(0))]);
    let third = f.connect("third");
    assert_eq!(offer(&mut f, third, 0, "sub", false), [], "it is not complete");
    assert_eq!(offer(&mut f, third, 1, "more", true), [(second, empty(0))]);
}

#[test]
fn p4_a_question_can_be_taken_back() {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    f.ask(asker, 0, Query::WaitProcess("shop"));
    f.ask(asker, 1, function("add"));
    f.cancel(asker, 0);
    f.cancel(asker, 1);
    let cancelled = Failed::Cancelled { may_have_run: false };
    assert_eq!(
        f.said(),
        [
            (asker, failure(0, cancelled.clone())),
            (asker, failure(1, cancelled))
        ]
    );
    f.join("shop", &["add"]);
    // The numbers are free.
    f.ask(asker, 0, Query::WaitProcess("shop"));
    assert_eq!(f.said(), [(asker, empty(0))]);
}

#[test]
fn questions_of_a_process_that_left_are_forgotten() {
    let mut f = Fixture::new();
    let (asker, other) = (f.join("asker", &[]), f.join("other", &[]));
    for link in [asker, other] {
        f.ask(link, 0, Query::WaitProcess("shop"));
        f.ask(link, 1, function("add"));
    }
    f.disconnect(asker);
    // Whoever comes next has the same place.
    let shop = f.connect("shop");
    assert_eq!(shop.index(), asker.index());
    let payload = offers(&[offered(0, "add")]);
    f.receive(
        shop,
        Header::Offer {
            call: id(9),
            ready: true,
        },
        &payload,
    )
    .unwrap();
    assert_eq!(f.said(), [(shop, empty(9)), (other, empty(0)), (other, empty(1))]);
}

#[test]
fn p6_nobody_waits_for_a_name_that_cannot_be() {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    let long = "x".repeat(Limits::NAME_BYTES + 1);
    for query in [Query::WaitProcess(&long), function(&long)] {
        f.ask(asker, 0, query);
        assert!(matches!(
            &*f.said(),
            [(
                _,
                Said::Reply {
                    outcome: Err(Failure::Failed(Failed::Invalid { .. })),
                    ..
                }
            )]
        ));
    }
    assert!(f.router.watchers.is_empty());
}

// ---------------------------------------------------------------------- coming and going

#[test]
fn everybody_is_told_that_the_controller_stops() {
    let mut f = Fixture::new();
    let (one, two) = (f.join("one", &[]), f.connect("two"));
    f.router.stop(&mut f.queues);
    assert_eq!(f.said(), [(one, Said::Goodbye), (two, Said::Goodbye)]);
}

#[test]
fn frames_of_a_link_that_is_gone_are_ignored() {
    let mut f = Fixture::new();
    let (gone, other) = (f.join("gone", &[]), f.join("other", &["add"]));
    f.disconnect(gone);
    f.disconnect(gone);
    f.receive(gone, Header::Call(call(0, "add")), &Bytes::new())
        .unwrap();
    f.receive(
        gone,
        Header::Reply {
            call: id(0),
            status: Status::Value,
        },
        &Bytes::new(),
    )
    .unwrap();
    assert_eq!(f.said(), []);
    assert_eq!(f.router.process_name(other), Some("other"));
}

#[test]
fn frames_that_only_controllers_send_are_faults() {
    let call = id(0);
    let run = RunHeader {
        described: false,
        call,
        callback: CallbackId(0),
        caller: "c",
        identity: Who::Nobody,
        deadline: None,
        trace: None,
        metadata: vec![],
        ancestors: Vec::new(),
    };
    for header in [
        Header::Hello(Hello::new("again", 1, 1)),
        Header::Refused(Refusal::Stopping),
        Header::Run(run),
        Header::Roster { call },
        Header::Part {
            call,
            index: 0,
            status: Status::Value,
        },
        Header::Happened { call },
    ] {
        let mut f = Fixture::new();
        let link = f.join("node", &[]);
        assert!(matches!(
            f.receive(link, header, &Bytes::new()),
            Err(Fault::Unexpected(_))
        ));
        assert_eq!(f.said(), []);
    }
    let mut f = Fixture::new();
    let link = f.join("node", &[]);
    f.receive(link, Header::Heartbeat { received: 3 }, &Bytes::new())
        .unwrap();
}

#[test]
fn nothing_is_left_of_those_who_have_gone() {
    let mut f = Fixture::new();
    let (one, two, unready) = (
        f.join("one", &["add"]),
        f.join("two", &["add", "sub"]),
        f.connect("unready"),
    );
    f.offer(unready, &[offered(0, "hidden")], false);
    f.routed(one, call(0, "add"));
    f.routed(two, call(0, "add"));
    f.ask(one, 1, Query::WaitProcess("never"));
    f.ask(two, 1, function("never"));
    f.ask(unready, 1, Query::Presence);
    for (number, mode) in (2..).zip([Mode::Broadcast, Mode::HandedOver]) {
        let header = CallHeader {
            mode,
            ..call(number, "sub")
        };
        f.call(one, header);
    }
    f.goodbye(two);
    for link in [one, two, unready] {
        f.disconnect(link);
    }
    assert_empty(&f.router);
}
