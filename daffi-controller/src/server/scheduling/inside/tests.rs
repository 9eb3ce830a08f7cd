//! What callers inside are told, by how much of it there is.

use daffi_core::proto::{Who, encode};

use super::*;
use crate::router::tests::OFFERED;

fn peer(index: u32, identity: &str, inside: &mut Inside) -> PeerId {
    let peer = PeerId::of(index);
    inside.insert(peer, Standing::new(false, &Who::Token(identity.into())));
    peer
}

fn call(number: u32) -> CallId {
    CallId::first(number)
}

fn failed(words: &str) -> Status<'_> {
    Status::App {
        message: words,
        causes: Vec::new(),
        typed: daffi_core::proto::Own::None,
    }
}

fn all(inside: &mut Inside) -> Vec<Told> {
    let (told, has_more) = inside.take(usize::MAX);
    assert!(!has_more && inside.is_heard());
    told
}

#[test]
fn p7_a_broadcast_at_however_many_tells_few_things() {
    const MANY: u32 = 10_000;
    let mut inside = Inside::default();
    let peer = peer(1, "one", &mut inside);
    let names: Vec<_> = (0..MANY).map(|number| format!("process {number}")).collect();
    let names = encode(&names).unwrap();
    let call = call(0);
    inside.tell(peer, &Header::Roster { call }, &names);
    for index in 0..MANY {
        let status = if index % 2 == 0 {
            Status::Value
        } else {
            failed("no")
        };
        inside.tell(peer, &Header::Part { call, index, status }, &Bytes::new());
    }
    assert!(inside.room(peer).unwrap() < usize::try_from(Limits::share(0, BYTES as u64)).unwrap());
    let status = Status::Value;
    inside.tell(peer, &Header::Reply { call, status }, &Bytes::new());
    let told = all(&mut inside);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(matches!(&told[0].what, What::Roster(told) if *told == names));
    assert!(matches!(told[1].what, What::Failed(1, _)));
    assert!(
        matches!(told[2].what, What::Ended { error: None, also_failed, .. } if also_failed == MANY / 2 - 1)
    );
    assert_eq!(inside.bytes, 0);
    assert!(inside.told.is_empty());
}

#[test]
fn p6_what_is_kept_is_bounded_in_bytes_and_leaves_something_for_others() {
    let mut inside = Inside::default();
    let (one, its_second) = (peer(1, "one", &mut inside), peer(2, "one", &mut inside));
    let other = peer(3, "other", &mut inside);
    let names = Bytes::from(vec![0; 1 << 20]);
    // Each asks so many that their names have a mebibyte, while there is room: that is what the router looks at.
    let mut begun = 0;
    while inside.room(one).unwrap() > 0 {
        let caller = if begun % 2 == 0 { one } else { its_second };
        inside.tell(caller, &Header::Roster { call: call(begun) }, &names);
        // That it was looked at leaves no room: the names are held.
        all(&mut inside);
        begun += 1;
        assert!(begun < 1000, "there is a bound");
    }
    assert!((50..56).contains(&begun), "four fifths: {begun}");
    assert_eq!(inside.room(its_second), Some(0));
    assert!(inside.room(other).unwrap() > 8 << 20);
    // Those that end give it back, as does a caller that leaves.
    inside.tell(
        one,
        &Header::Reply {
            call: call(0),
            status: Status::Value,
        },
        &Bytes::new(),
    );
    assert_eq!(inside.room(one), Some(0), "it was not looked at");
    all(&mut inside);
    assert!(inside.room(one).unwrap() > 0);
    assert!(inside.remove(one) && inside.remove(its_second));
    assert_eq!(inside.bytes, 0);
    assert!(inside.told.is_empty());
    assert_eq!(inside.room(one), None);
}

#[test]
fn p6_signatures_of_those_that_were_not_called_count() {
    let mut inside = Inside::default();
    let one = peer(1, "one", &mut inside);
    let described = OFFERED.clone();
    let call = call(0);
    inside.tell(one, &Header::Roster { call }, &Bytes::new());
    let before = inside.room(one).unwrap();
    let status = || {
        Status::Failed(Failed::SignatureMismatch {
            offered: Box::new(described.clone()),
            others: Vec::new(),
        })
    };
    for index in 0..100 {
        let status = status();
        inside.tell(one, &Header::Part { call, index, status }, &Bytes::new());
    }
    let held = 101 * size_of::<Told>() + 100 * described.size();
    assert_eq!(inside.bytes, held);
    assert!(inside.room(one).unwrap() < before);
    let told = all(&mut inside);
    assert_eq!(told.len(), 101);
    assert!(matches!(told[100].what, What::MismatchedAt(99, _)));
}

#[test]
fn p7_one_thing_of_each_identity_is_looked_at_after_the_other() {
    let mut inside = Inside::default();
    let one = peer(1, "one", &mut inside);
    let other = peer(2, "other", &mut inside);
    let reply = |number| Header::Reply {
        call: call(number),
        status: Status::Value,
    };
    for number in 0..10_000 {
        inside.tell(one, &reply(number), &Bytes::new());
    }
    inside.tell(other, &reply(7), &Bytes::new());
    let (told, has_more) = inside.take(64);
    assert!(has_more);
    assert_eq!(told.len(), 64);
    assert_eq!(told[1].peer, other);
    let of_one = told.iter().filter(|told| told.peer == one);
    assert!(of_one.map(|told| told.call).eq((0..63).map(call)), "in order");
}
