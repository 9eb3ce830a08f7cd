//! What processes may do, and what becomes of what they do when they may no longer.

use daffi_core::{Access, Right, Role};

use super::*;
use crate::access::Policy;

/// A process that provides, and one that may do what the test says.
struct Ruled {
    f: Fixture,
    provider: PeerId,
    caller: PeerId,
}

/// The rights of a role.
fn rights(role: Role) -> std::sync::Arc<crate::access::Rights> {
    let access = Access::new().role("tester", role).everyone(["tester"]);
    Policy::new(&access).unwrap().rights(None)
}

fn call_only() -> Role {
    Role::new().allow(Right::Call, ["add"])
}

/// `add` with streams.
fn streaming() -> Offered {
    let mut offered = offered(1, "count");
    offered.signature.streams = true;
    offered
}

fn broadcast(number: u32) -> CallHeader<'static> {
    CallHeader {
        mode: Mode::Broadcast,
        ..call(number, "add")
    }
}

impl Ruled {
    fn new(role: Role) -> Self {
        let mut f = Fixture::new();
        let provider = f.join("provider", &["add"]);
        f.offer(provider, &[streaming()], true);
        let caller = f.join("caller", &[]);
        let mut ruled = Self { f, provider, caller };
        ruled.restrict(role);
        assert_eq!(ruled.f.said(), []);
        ruled
    }

    fn restrict(&mut self, role: Role) {
        let Fixture { router, queues } = &mut self.f;
        router.permit(self.caller, Some(rights(role)));
        let work = router.review(self.caller, &mut Turn::of(NOW, 2), queues);
        finish(router, work, queues);
    }

    /// A call is denied for want of a right, which whoever runs the controller is told, too.
    fn check_denied(&mut self, header: CallHeader<'_>, right: Right) {
        let name = header.name.to_owned();
        let refused = self.f.refused(self.caller, header);
        self.check_words(refused, right, &name);
    }

    fn check_words(&mut self, refused: Failed, right: Right, name: &str) {
        let Failed::Denied {
            reason,
            may_have_run: false,
        } = refused
        else {
            panic!("not denied: {refused:?}");
        };
        let expected = match name {
            "*" => format!("it takes the right `{right}` for every name"),
            name => format!("it takes the right `{right}` for `{name}`"),
        };
        assert!(reason.starts_with(&expected), "{reason}");
        let peer = self.caller;
        let told = self.f.router.take_denials();
        assert_eq!(
            told,
            [Denial {
                peer,
                reason,
                kind: DenialKind::Right,
            }]
        );
    }

    fn check_ended(&mut self, number: u32, may_have_run: bool, right: Right) {
        let said = self.f.said();
        let own: Vec<_> = said.into_iter().filter(|(to, _)| *to == self.caller).collect();
        match &*own {
            [
                (
                    _,
                    Said::Reply {
                        number: answered,
                        outcome:
                            Err(Failure::Failed(Failed::Denied {
                                reason,
                                may_have_run: ran,
                            })),
                    },
                ),
            ] if *answered == number => {
                assert_eq!(*ran, may_have_run);
                assert!(reason.contains(&format!("`{right}`")), "{reason}");
            }
            other => panic!("not one denial: {other:?}"),
        }
    }

    fn check_empty(mut self) {
        self.f.disconnect(self.caller);
        self.f.disconnect(self.provider);
        assert_empty(&self.f.router);
        assert!(!self.f.router.peers.has_restricted());
    }
}

#[test]
fn p11_what_a_process_may_call_it_calls_and_nothing_else() {
    let mut ruled = Ruled::new(call_only());
    let (to, run) = ruled.f.routed(ruled.caller, call(1, "add"));
    assert_eq!(to, ruled.provider);
    ruled.f.reply(ruled.provider, run);
    assert_eq!(ruled.f.said(), [(ruled.caller, value(1))]);
    // Whether it is there or not.
    ruled.check_denied(call(2, "count"), Right::Call);
    ruled.check_denied(call(2, "nowhere"), Right::Call);
    ruled.check_denied(
        CallHeader {
            to: Some("provider"),
            ..call(2, "count")
        },
        Right::Call,
    );
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(2, "count")
    };
    ruled.check_denied(handed_over, Right::Call);
    ruled.check_empty();
}

#[test]
fn p11_to_broadcast_takes_a_right_of_its_own() {
    let mut ruled = Ruled::new(call_only());
    ruled.check_denied(broadcast(1), Right::Broadcast);
    let to = Header::CallTo {
        call: broadcast(1),
        processes: vec!["provider"],
    };
    ruled.f.receive(ruled.caller, to, &bytes("arguments")).unwrap();
    ruled.check_ended(1, false, Right::Broadcast);
    ruled.restrict(Role::new().allow(Right::Broadcast, ["add"]));
    let _ = ruled.f.router.take_denials();
    ruled.check_denied(broadcast(1), Right::Call);
    ruled.restrict(call_only().allow(Right::Broadcast, ["add"]));
    ruled.f.call(ruled.caller, broadcast(1));
    assert_eq!(ruled.f.said().len(), 2);
    ruled.check_empty();
}

#[test]
fn p11_streams_take_a_right_of_their_own() {
    let both = Role::new().allow(Right::Call, ["*"]);
    let mut ruled = Ruled::new(both.clone());
    ruled.check_denied(call(1, "count"), Right::Stream);
    let each = CallHeader {
        mode: Mode::Each,
        ..call(1, "add")
    };
    ruled.check_denied(each.clone(), Right::Stream);
    ruled.f.routed(ruled.caller, call(1, "add"));
    ruled.restrict(both.allow(Right::Stream, ["*"]));
    ruled.f.routed(ruled.caller, call(2, "count"));
    ruled.f.routed(ruled.caller, CallHeader { call: id(3), ..each });
    ruled.check_empty();
}

#[test]
fn p11_streams_take_a_right_as_long_as_anybody_may_have_them() {
    let mut ruled = Ruled::new(Role::new().allow(Right::Call, ["count"]));
    let plain = ruled.f.connect("plain");
    ruled.f.offer(plain, &[offered(0, "count")], true);
    ruled.check_denied(call(1, "count"), Right::Stream);
    ruled.f.withdraw(ruled.provider, &[1]);
    assert_eq!(ruled.f.routed(ruled.caller, call(1, "count")).0, plain);
}

#[test]
fn p11_what_a_process_may_not_provide_it_does_not_offer() {
    let mut ruled = Ruled::new(Role::new().allow(Right::Provide, ["own.*"]));
    ruled.f.offer(ruled.caller, &[offered(1, "own.one")], true);
    let more = [offered(2, "own.two"), offered(3, "add")];
    ruled.f.send_offer(ruled.caller, &more, true);
    ruled.check_ended(15, false, Right::Provide);
    // Nothing of it counts.
    let names: Vec<_> = ruled.f.callbacks().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["add", "count", "own.one"]);
    ruled.check_empty();
}

#[test]
fn p11_what_is_there_is_told_to_those_who_may_know() {
    let check = |role: Role, query: Query<'_>, expected: Option<(Right, &str)>| {
        let mut ruled = Ruled::new(role);
        ruled.f.ask(ruled.caller, 1, query);
        let said = ruled.f.said();
        match (&*said, expected) {
            (
                [
                    (
                        _,
                        Said::Reply {
                            outcome: Err(Failure::Failed(failed)),
                            ..
                        },
                    ),
                ],
                Some((right, name)),
            ) => ruled.check_words(failed.clone(), right, name),
            ([(_, Said::Reply { outcome: Ok(_), .. } | Said::Happened { .. })] | [], None) => {}
            other => panic!("{other:?}"),
        }
        ruled.check_empty();
    };
    let some = Role::new().allow(Right::Observe, ["add", "prov*"]);
    let all = Role::new().allow(Right::Observe, ["*"]);
    for query in [Query::Processes, Query::Callbacks, Query::Presence] {
        check(some.clone(), query.clone(), Some((Right::Observe, "*")));
        check(all.clone(), query, None);
    }
    check(some.clone(), Query::WaitProcess("provider"), None);
    check(
        some.clone(),
        Query::WaitProcess("other"),
        Some((Right::Observe, "other")),
    );
    check(some.clone(), function("add"), None);
    check(some, function("count"), Some((Right::Observe, "count")));
    check(all, Query::WaitProcess("other"), None);
    // Whoever may call it may wait for it.
    check(call_only(), function("add"), None);
    check(call_only(), function("sub"), Some((Right::Observe, "sub")));
    check(call_only(), Query::Describe("add"), None);
    check(call_only(), Query::Describe("sub"), Some((Right::Observe, "sub")));
}

#[test]
fn p11_a_right_that_is_taken_away_ends_what_it_allowed() {
    let everything = Role::everything();
    let mut ruled = Ruled::new(everything.clone());
    let provider = ruled.provider;
    let check = |ruled: &mut Ruled, denied: Right, name: &str, number: u32, may_have_run: bool| {
        ruled.restrict(Role::everything().deny(denied, [name]));
        ruled.check_ended(number, may_have_run, denied);
        ruled.restrict(Role::everything());
        let _ = ruled.f.router.take_denials();
    };
    // A call that runs. Others go on.
    let (_, run) = ruled.f.routed(ruled.caller, call(1, "add"));
    let (_, other) = ruled.f.routed(ruled.caller, call(2, "count"));
    check(&mut ruled, Right::Call, "add", 1, true);
    ruled.f.reply(provider, run);
    assert_eq!(ruled.f.said(), [], "it is answered already");
    check(&mut ruled, Right::Stream, "*", 2, true);
    ruled.f.reply(provider, other);
    // A call for each of a stream's items.
    let each = CallHeader {
        mode: Mode::Each,
        ..call(1, "add")
    };
    ruled.f.call(ruled.caller, each);
    let _ = ruled.f.said();
    check(&mut ruled, Right::Stream, "add", 1, true);
    // One that waits for a place.
    let single = Offered {
        concurrency: Some(1),
        queue: 9,
        ..offered(5, "single")
    };
    ruled.f.offer(provider, &[single], true);
    let (_, run) = ruled.f.routed(ruled.caller, call(3, "single"));
    ruled.f.call(ruled.caller, call(4, "single"));
    let handed_over = CallHeader {
        mode: Mode::HandedOver,
        ..call(5, "single")
    };
    ruled.f.call(ruled.caller, handed_over);
    assert_eq!(ruled.f.router.calls_waiting(), 2);
    ruled.restrict(Role::everything().deny(Right::Call, ["single"]));
    let mut ended: Vec<_> = ruled
        .f
        .said()
        .into_iter()
        .filter_map(|(_, said)| match said {
            Said::Reply {
                number,
                outcome: Err(Failure::Failed(Failed::Denied { may_have_run, .. })),
            } => Some((number, may_have_run)),
            Said::Cancel { number } if number == run => None,
            other => panic!("{other:?}"),
        })
        .collect();
    ended.sort_unstable();
    assert_eq!(ended, [(3, true), (4, false), (5, false)]);
    assert_eq!(ruled.f.router.calls_waiting(), 0);
    ruled.restrict(everything);
    // Questions.
    ruled.f.ask(ruled.caller, 6, Query::WaitProcess("later"));
    check(&mut ruled, Right::Observe, "later", 6, false);
    ruled.f.ask(ruled.caller, 6, function("later"));
    ruled.restrict(Role::everything().deny(Right::Observe, ["*"]));
    assert_eq!(ruled.f.said(), [], "it may call it");
    ruled.restrict(Role::new());
    ruled.check_ended(6, false, Right::Observe);
    ruled.restrict(Role::everything());
    ruled.f.ask(ruled.caller, 7, Query::Presence);
    let _ = ruled.f.said();
    check(&mut ruled, Right::Observe, "other", 7, false);
    ruled.check_empty();
}

#[test]
fn p8_a_broadcast_that_is_taken_away_has_all_its_parts() {
    for denied in [Right::Call, Right::Broadcast] {
        let mut ruled = Ruled::new(Role::everything());
        let second = ruled.f.join("second", &["add"]);
        ruled.f.call(ruled.caller, broadcast(1));
        let asked: Vec<_> = ruled.f.said();
        assert_eq!(asked.len(), 3, "{asked:?}");
        ruled.restrict(Role::everything().deny(denied, ["add"]));
        let mut parts = 0;
        let mut ended = false;
        for (to, said) in ruled.f.said() {
            match said {
                Said::Part {
                    outcome: Err(Failure::Failed(Failed::Denied { may_have_run, .. })),
                    ..
                } => {
                    assert!(may_have_run);
                    parts += 1;
                }
                Said::Reply { number: 1, outcome } => ended = outcome.is_ok(),
                Said::Cancel { .. } => assert_ne!(to, ruled.caller),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((parts, ended), (2, true));
        ruled.f.disconnect(second);
        ruled.check_empty();
    }
}

#[test]
fn p11_a_process_that_offers_what_it_may_not_any_more_is_to_be_cut_off() {
    let mut ruled = Ruled::new(Role::everything());
    ruled.f.offer(ruled.caller, &[offered(1, "own")], true);
    ruled.restrict(Role::everything().deny(Right::Provide, ["other"]));
    assert_eq!(ruled.f.router.take_denials(), []);
    ruled.restrict(Role::everything().deny(Right::Provide, ["own"]));
    let told = ruled.f.router.take_denials();
    assert!(
        told.iter()
            .any(|denial| denial.kind == DenialKind::CutOff && denial.peer == ruled.caller),
        "{told:?}"
    );
    ruled.check_empty();
}

#[test]
fn rights_are_asked_once_for_each_callback() {
    let mut ruled = Ruled::new(
        Role::new()
            .allow(Right::Call, (0..640).map(|n| format!("{n}")))
            .allow(Right::Call, ["add"]),
    );
    let cost = |ruled: &mut Ruled, number, name| {
        let mut turn = Turn::of(NOW, 1_000);
        let request = Request::parse(Header::Call(call(number, name)), &Bytes::new()).unwrap();
        let Fixture { router, queues } = &mut ruled.f;
        let work = router
            .receive(ruled.caller, request, &Bytes::new(), &mut turn, queues)
            .unwrap();
        assert!(work.is_none());
        let mut left = 0;
        while turn.spend() {
            left += 1;
        }
        1_000 - left
    };
    assert_eq!(cost(&mut ruled, 1, "add"), 1 + 641 / 16);
    assert_eq!(cost(&mut ruled, 2, "add"), 1);
    // Of one callback it is remembered beside another.
    assert!(cost(&mut ruled, 3, "count") > 1);
    assert_eq!(cost(&mut ruled, 4, "add"), 1);
    let _ = ruled.f.router.take_denials();
    // Another callback that has the place of the first meanwhile has a name of its own.
    let _ = ruled.f.said();
    ruled.f.disconnect(ruled.provider);
    let _ = ruled.f.said();
    ruled.provider = ruled.f.join("provider", &["other"]);
    ruled.check_denied(call(3, "other"), Right::Call);
    ruled.check_empty();
}

#[test]
fn p6_what_is_denied_is_kept_for_the_log_as_far_as_it_is_taken() {
    let mut f = Fixture::new();
    for process in 0..5 {
        let peer = f.join(&format!("process {process}"), &[]);
        f.router.permit(peer, Some(rights(Role::new())));
        for _ in 0..64 {
            f.refused(peer, call(1, "unknown"));
        }
    }
    assert_eq!(f.router.take_denials().len(), 256);
}

#[test]
fn p15_what_a_process_may_no_longer_is_looked_for_a_little_at_a_time_and_of_itself() {
    let mut f = Fixture {
        router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
        queues: Queues::new(&Limits::default()),
    };
    let names: Vec<_> = (0..300).map(|number| format!("own {number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let peer = f.join("peer", &names);
    f.join("provider", &["add"]);
    (100..400).for_each(|number| f.call(peer, call(number, "add")));
    f.said();
    let role = Role::new()
        .allow(Right::Provide, ["own *"])
        .allow(Right::Call, ["add"]);
    f.router.permit(peer, Some(rights(role)));
    let mut turns = 0;
    let mut work = f.router.review(peer, &mut Turn::new(NOW), &mut f.queues);
    while let Some(rest) = work {
        turns += 1;
        if turns == 1 {
            // Others have the places of those that were not looked at.
            f.withdraw(peer, &(0..300).collect::<Vec<_>>());
            let other: Vec<_> = (0..300)
                .map(|number| offered(number, &format!("other {number}")))
                .collect();
            let link = f.connect("other");
            f.offer(link, &other, true);
        }
        work = f.router.resume(rest, &mut Turn::new(NOW), &mut f.queues);
    }
    assert!((4..8).contains(&turns), "{turns} turns");
    assert_eq!((f.router.take_denials(), f.said()), (vec![], vec![]));
}

#[test]
fn p15_whoever_is_denied_all_the_time_fills_no_log() {
    let mut ruled = Ruled::new(Role::new());
    let mut told = Vec::new();
    for number in 0..1_000 {
        let name = format!("unknown {number}");
        ruled.f.refused(ruled.caller, call(1, &name));
        told.extend(ruled.f.router.take_denials());
    }
    assert_eq!(told.len(), 64);
    assert!(told.last().unwrap().kind == DenialKind::LastRight);
    assert_eq!(
        told.iter()
            .filter(|denial| denial.kind == DenialKind::LastRight)
            .count(),
        1
    );
    ruled.check_empty();
}

#[test]
fn what_a_process_may_is_forgotten_with_it() {
    let mut ruled = Ruled::new(call_only());
    assert!(ruled.f.router.peers.has_restricted());
    let Fixture { router, queues } = &mut ruled.f;
    router.permit(ruled.caller, None);
    let work = router.review(ruled.caller, &mut Turn::of(NOW, 2), queues);
    finish(router, work, queues);
    assert!(!ruled.f.router.peers.has_restricted());
    ruled.f.routed(ruled.caller, call(1, "count"));
    ruled.check_empty();
}

#[test]
fn p11_a_broadcast_that_is_being_asked_goes_no_further_than_its_right() {
    for asked in [0, 3] {
        let mut ruled = Ruled::new(Role::everything());
        let others: Vec<_> = (0..9)
            .map(|n| ruled.f.join(&format!("other {n}"), &["add"]))
            .collect();
        let Fixture { router, queues } = &mut ruled.f;
        let request = Request::parse(Header::Call(broadcast(1)), &Bytes::new()).unwrap();
        let mut work = router
            .receive(
                ruled.caller,
                request,
                &Bytes::new(),
                &mut Turn::of(NOW, 1),
                queues,
            )
            .unwrap();
        for _ in 0..asked {
            work = router.resume(work.unwrap(), &mut Turn::of(NOW, 1), queues);
        }
        let runs = |queues: &mut Queues| {
            let said = queues.said();
            said.iter()
                .filter(|(_, said)| matches!(said, Said::Run { .. }))
                .count()
        };
        let before = runs(queues);
        assert!(before < 10, "{before} were asked already");
        let taken = rights(Role::everything().deny(Right::Broadcast, ["add"]));
        router.permit(ruled.caller, Some(taken));
        let review = router.review(ruled.caller, &mut Turn::of(NOW, 2), queues);
        finish(router, review, queues);
        finish(router, work, queues);
        assert_eq!(runs(queues), 0, "after {before}");
        others.into_iter().for_each(|other| ruled.f.disconnect(other));
        ruled.check_empty();
    }
}

#[test]
fn p11_a_call_is_known_by_its_name_although_its_callback_is_offered_no_more() {
    let mut ruled = Ruled::new(Role::everything());
    ruled.f.routed(ruled.caller, call(1, "add"));
    ruled.f.withdraw(ruled.provider, &[0]);
    // Its place is another's now.
    ruled.f.offer(ruled.provider, &[offered(7, "open")], true);
    ruled.restrict(Role::everything().deny(Right::Call, ["open"]));
    assert_eq!(ruled.f.said(), [], "it is no call of that");
    ruled.restrict(Role::everything().deny(Right::Call, ["add"]));
    ruled.check_ended(1, true, Right::Call);
    ruled.check_empty();
}

#[test]
fn p11_a_call_that_waits_is_not_given_to_a_provider_with_streams_without_that_right() {
    let mut ruled = Ruled::new(Role::new().allow(Right::Call, ["*"]));
    let single = Offered {
        concurrency: Some(1),
        queue: 9,
        ..offered(5, "single")
    };
    ruled.f.offer(ruled.provider, std::slice::from_ref(&single), true);
    ruled.f.routed(ruled.caller, call(1, "single"));
    ruled.f.call(ruled.caller, call(2, "single"));
    assert_eq!(ruled.f.router.calls_waiting(), 1);
    let other = ruled.f.connect("other");
    let mut streams = single;
    streams.signature.streams = true;
    ruled.f.send_offer(other, &[streams], true);
    let said = ruled.f.said();
    assert!(
        said.iter().any(|(_, said)| matches!(
            said,
            Said::Reply {
                number: 2,
                outcome: Err(Failure::Failed(Failed::Denied { .. }))
            }
        )),
        "{said:?}"
    );
    assert!(
        said.iter().all(|(_, said)| !matches!(said, Said::Run { .. })),
        "{said:?}"
    );
    ruled.f.disconnect(other);
    ruled.check_empty();
}

#[test]
fn p11_a_large_call_to_many_that_is_not_allowed_is_refused_before_it_comes() {
    let mut ruled = Ruled::new(call_only());
    let (_, run) = ruled.f.routed(ruled.caller, call(0, "add"));
    assert!(!ruled.f.router.is_idle());
    ruled.f.reply(ruled.provider, run);
    ruled.f.said();
    let frame = Large::Call(broadcast(1));
    let header = Header::Large { bytes: 9, frame };
    ruled.f.receive(ruled.caller, header, &Bytes::new()).unwrap();
    ruled.check_ended(1, false, Right::Broadcast);
    assert!(ruled.f.router.is_idle());
    ruled.restrict(call_only().allow(Right::Broadcast, ["add"]));
    let frame = Large::Call(broadcast(2));
    let header = Header::Large { bytes: 9, frame };
    ruled.f.receive(ruled.caller, header, &Bytes::new()).unwrap();
    assert_eq!(ruled.f.said(), []);
    assert!(!ruled.f.router.is_idle(), "it comes");
    ruled.f.cancel(ruled.caller, 2);
    assert!(ruled.f.router.is_idle());
}
