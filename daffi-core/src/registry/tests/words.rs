//! Errors in words.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::super::words::{LIMIT_BYTES, of_error};

#[derive(Debug, Serialize)]
enum Fault {
    Empty,
    Late(u8),
    Two(i8, f64),
    Torn { at: Option<u8>, by: (char, bool) },
    Other(Named),
}

#[derive(Debug, Serialize)]
struct Named {
    name: String,
    list: Vec<Unit>,
    map: BTreeMap<u8, &'static str>,
}

#[derive(Debug, Serialize)]
struct Unit;

#[derive(Debug, Serialize)]
struct Inner(u64);

#[derive(Debug, Serialize)]
struct Pair(u64, ());

fn words<E: Serialize>(error: E) -> Option<String> {
    of_error(&Err::<(), E>(error))
}

#[test]
fn they_are_those_of_debug() {
    fn check<E: Serialize + fmt::Debug>(error: E) {
        let expected = format!("{error:?}");
        assert_eq!(words(error), Some(expected));
    }
    check(Fault::Empty);
    check(Fault::Late(7));
    check(Fault::Two(-7, 0.5));
    check(Fault::Torn {
        at: Some(1),
        by: ('"', true),
    });
    check(Fault::Other(Named {
        name: "a \"b\"".to_owned(),
        list: vec![Unit, Unit],
        map: BTreeMap::from([(1, "one"), (2, "two")]),
    }));
    check(Unit);
    check(Inner(7));
    check(Pair(7, ()));
    check(());
    check(Vec::<u8>::new());
    check(None::<u8>);
    check(Some(Some(1)));
    check(Err::<u8, _>(Ok::<_, u8>(1)));
}

#[test]
fn a_string_is_its_own_words() {
    assert_eq!(words("no \"milk\""), Some("no \"milk\"".to_owned()));
    assert_eq!(words(Some("milk")), Some("Some(\"milk\")".to_owned()));
}

#[test]
fn a_value_has_none() {
    assert_eq!(of_error(&Ok::<_, u8>("milk")), None);
    assert_eq!(of_error(&Ok::<_, u8>(Err::<u8, u8>(1))), None);
}

#[test]
fn they_are_bounded() {
    let long = words("ä".repeat(LIMIT_BYTES)).unwrap_or_default();
    assert!(long.len() <= LIMIT_BYTES + '…'.len_utf8(), "{}", long.len());
    assert!(long.ends_with("ä…"));
    let many = words(vec![Fault::Empty; LIMIT_BYTES]).unwrap_or_default();
    assert!(many.len() <= LIMIT_BYTES + '…'.len_utf8());

    #[derive(Serialize)]
    struct Chain(Option<Box<Chain>>);
    let chain = (0..1000).fold(None, |inner, _| Some(Box::new(Chain(inner))));
    let deep = words(chain).unwrap_or_default();
    assert!(deep.ends_with('…'), "{deep}");
}

impl Clone for Fault {
    fn clone(&self) -> Self {
        Self::Empty
    }
}
