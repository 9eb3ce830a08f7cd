//! How callbacks are offered, as those are told who ask.

use daffi_core::proto::{CallbackOffers, OfferedVersion};
use daffi_core::{Access, Right, Role};

use super::*;

fn described(f: &mut Fixture, name: &str) -> CallbackOffers {
    proto::decode_guarded(&f.answer_to(Query::Describe(name))).unwrap()
}

fn names(version: &OfferedVersion) -> Vec<&str> {
    version.providers.iter().map(|provider| &*provider.name).collect()
}

/// describe.versions
#[test]
fn those_who_say_the_same_of_a_callback_are_one_version() {
    let mut f = Fixture::new();
    f.join("one", &["add", "sub"]);
    f.join("two", &["add"]);
    let others = [
        Offered {
            docs: "Adds.".to_owned(),
            ..offered(0, "add")
        },
        Offered {
            signature: signature(ErrorType::Remote),
            ..offered(0, "add")
        },
        Offered {
            concurrency: Some(1),
            ..offered(0, "add")
        },
        Offered {
            concurrency_per_caller: Some(1),
            ..offered(0, "add")
        },
        Offered {
            queue: 7,
            ..offered(0, "add")
        },
    ];
    for (number, offered) in others.iter().enumerate() {
        let process = f.connect(&format!("other {number}"));
        f.offer(process, std::slice::from_ref(offered), true);
    }
    let offers = described(&mut f, "add");
    assert_eq!((offers.versions.len(), offers.more), (6, 0));
    let plain = offers.versions.iter().find(|version| version.count == 2).unwrap();
    assert_eq!(names(plain), ["one", "two"]);
    assert_eq!((&plain.signature, &*plain.docs), (&*OFFERED, ""));
    for offered in &others {
        let said = offers.versions.iter().find(|version| {
            version.signature == offered.signature
                && version.docs == offered.docs
                && version.concurrency == offered.concurrency
                && version.concurrency_per_caller == offered.concurrency_per_caller
                && version.queue == offered.queue
        });
        assert_eq!(said.map(|version| version.count), Some(1));
    }
    assert_eq!(described(&mut f, "sub").versions.len(), 1);
}

/// describe.versions
#[test]
fn p6_what_is_told_of_a_callback_is_bounded() {
    let mut f = Fixture::new();
    for number in 0..40 {
        let process = f.connect(&format!("process {number}"));
        let docs = number.to_string();
        f.offer(
            process,
            &[Offered {
                docs,
                ..offered(0, "add")
            }],
            true,
        );
    }
    let offers = described(&mut f, "add");
    assert_eq!((offers.versions.len(), offers.more), (Limits::VERSIONS, 8));
}

/// A process that offers `add` with so many bytes of docs, which are nobody else's.
fn documented(f: &mut Fixture, number: usize, docs: usize) -> PeerId {
    let peer = f.enter_as(&format!("process {number:02}"), &[("kind", "resizer")]);
    let docs = format!("{number:02}{}", "x".repeat(docs - 2));
    let offered = Offered {
        docs,
        ..offered(0, "add")
    };
    f.offer(peer, &[offered], true);
    peer
}

/// How many bytes are counted of one, beside its docs: its signature, and who it is.
fn beside_docs() -> (usize, usize) {
    let mut attributes = Attributes::default();
    attributes.set("kind", "resizer");
    (OFFERED.size(), "process 00".len() + attributes.bytes())
}

/// describe.versions
#[test]
fn p6_a_description_takes_no_more_than_a_frame() {
    let (signature, name) = beside_docs();
    let most = 4096 / 4 * 3;
    let told = |bytes: usize| {
        let mut f = Fixture::new();
        let docs = bytes - 2 * signature;
        documented(&mut f, 0, docs / 2);
        documented(&mut f, 1, docs - docs / 2);
        let offers = described(&mut f, "add");
        let names = offers.versions.iter().map(|version| version.providers.len());
        (offers.versions.len(), offers.more, names.sum::<usize>())
    };
    assert_eq!(told(most - 2 * name), (2, 0, 2));
    // Who it is is left out first.
    assert_eq!(told(most - 2 * name + 1), (2, 0, 1));
    assert_eq!(told(most - name), (2, 0, 1));
    assert_eq!(told(most - name + 1), (1, 1, 1));
}

#[test]
fn p15_a_description_of_many_bytes_is_encoded_outside_of_a_turn() {
    let (signature, name) = beside_docs();
    for more in [0, 1] {
        let mut f = Fixture {
            router: Router::new(Limits::default(), 1 << 20, 1 << 30, 1),
            queues: Queues::new(&Limits::default()),
        };
        // Sixteen that have 64 KiB together.
        let docs = 4096 - signature - name;
        documented(&mut f, 0, docs + more);
        for number in 1..16 {
            documented(&mut f, number, docs);
        }
        let asker = f.join("asker", &[]);
        let header = Header::Query {
            call: id(0),
            query: Query::Describe("add"),
        };
        let nothing = Bytes::new();
        let mut turn = Turn::of(NOW, 100_000);
        let work = f
            .router
            .receive(asker, Request::Frame(header), &nothing, &mut turn, &mut f.queues)
            .unwrap();
        assert_eq!((work.is_some(), f.said().is_empty()), (more > 0, more > 0));
        finish(&mut f.router, work, &mut f.queues);
        assert_eq!(f.said().len(), more);
    }
}

/// Nobody is shown yet when they say it, so nothing tells the one of the other.
#[test]
fn those_who_come_to_say_the_same_at_the_same_time_are_one_version() {
    let mut f = Fixture::new();
    let both = ["one", "two"].map(|name| f.connect(name));
    for ready in [false, true] {
        for peer in both {
            f.offer(peer, &[offered(0, "add")], ready);
        }
    }
    let offers = described(&mut f, "add");
    assert_eq!((offers.versions.len(), offers.versions[0].count), (1, 2));
}

/// describe.nobody
#[test]
fn of_a_callback_that_nobody_offers_there_is_nothing_to_tell() {
    let mut f = Fixture::new();
    let asker = f.join("asker", &[]);
    let hidden = f.connect("hidden");
    f.offer(hidden, &[offered(0, "later")], false);
    for (number, name) in ["none", "later"].into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        f.ask(asker, number, Query::Describe(name));
        let expected = failure(number, Failed::NoProvider(Absence::nobody()));
        assert_eq!(f.said(), [(asker, expected)]);
    }
}

/// describe.names
#[test]
fn providers_are_named_to_those_who_may_see_all() {
    let check = |role: Role, expected: &[&str]| {
        let mut f = Fixture::new();
        f.join("one", &["add"]);
        let asker = f.join("asker", &[]);
        let access = Access::new().role("tester", role).everyone(["tester"]);
        let rights = Policy::new(&access).unwrap().rights(None);
        f.router.permit(asker, Some(rights));
        f.ask(asker, 0, Query::Describe("add"));
        let said = f.said();
        let [
            (
                _,
                Said::Reply {
                    outcome: Ok(payload), ..
                },
            ),
        ] = &*said
        else {
            panic!("{said:?}");
        };
        let offers: CallbackOffers = proto::decode_guarded(payload).unwrap();
        assert_eq!(names(&offers.versions[0]), expected);
        assert_eq!(offers.versions[0].count, 1);
    };
    check(Role::new().allow(Right::Call, ["add"]), &[]);
    check(Role::new().allow(Right::Observe, ["add"]), &[]);
    check(Role::new().allow(Right::Observe, ["*"]), &["one"]);
}

/// However many there are, others have their turns in between.
#[test]
fn p15_a_long_description_is_put_together_in_turns() {
    let mut f = Fixture::new();
    let first = f.join("process 0", &["add"]);
    for number in 1..300 {
        f.join(&format!("process {number}"), &["add"]);
    }
    let asker = f.join("asker", &[]);
    let Fixture { router, queues } = &mut f;
    let header = Header::Query {
        call: id(0),
        query: Query::Describe("add"),
    };
    let nothing = Bytes::new();
    let request = Request::parse(header, &nothing).unwrap();
    let mut turn = Turn::new(NOW);
    let work = router
        .receive(asker, request, &nothing, &mut turn, queues)
        .unwrap();
    assert!(work.is_some() && turn.is_over());
    // One that was not looked at offers something else by then, in the same place.
    f.withdraw(first, &[0]);
    f.offer(first, &[offered(1, "sub")], true);
    finish(&mut f.router, work, &mut f.queues);
    let said = f.said();
    let [
        (
            _,
            Said::Reply {
                outcome: Ok(payload), ..
            },
        ),
    ] = &*said
    else {
        panic!("{said:?}");
    };
    let offers: CallbackOffers = proto::decode_guarded(payload).unwrap();
    assert_eq!(offers.versions[0].count, 299);
}
