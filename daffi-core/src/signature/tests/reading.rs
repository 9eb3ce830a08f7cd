//! What types allow beyond their structure.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::super::{Allows, Readable, reading, trace};

fn fields(optional: &[bool], strict: bool) -> Option<Allows> {
    Some(Allows::Fields {
        optional: optional.to_vec(),
        strict,
    })
}

const OTHERS: Option<Allows> = Some(Allows::Variants { others: true });

/// What a type allows is this, and its structure is that which is traced.
#[track_caller]
fn check<T: Deserialize<'static>>(expected: &[Option<Allows>]) {
    let Readable { ty, allows } = reading::<T>();
    assert_eq!(ty, trace::<T>());
    assert_eq!(allows, expected, "{ty}");
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Item {
    name: String,
    #[serde(default)]
    stock: u32,
    #[serde(alias = "remark", alias = "comment")]
    note: Option<String>,
    #[serde(skip)]
    left_out: u8,
    #[serde(deserialize_with = "perhaps")]
    needed: Option<u8>,
}

fn perhaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    Option::deserialize(deserializer)
}

fn item() -> Option<Allows> {
    fields(&[false, true, true, false], false)
}

#[test]
fn fields_with_defaults_and_other_names() {
    check::<Item>(&[item()]);
    check::<u8>(&[]);
    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Strict {
        a: u8,
        b: String,
    }
    check::<Strict>(&[fields(&[true, true], true)]);
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only traced")]
    struct StrictAndNeeded {
        a: u8,
        b: u8,
    }
    check::<StrictAndNeeded>(&[fields(&[], true)]);
}

#[test]
fn types_inside_are_asked_wherever_they_are() {
    check::<Vec<Item>>(&[item()]);
    check::<BTreeMap<String, Option<(u8, Box<Item>)>>>(&[item()]);
    check::<(Item, Item)>(&[item(), item()]);
    check::<Result<u8, Item>>(&[None, item()]);
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Folder {
        name: String,
        #[serde(default)]
        inside: Vec<Folder>,
    }
    check::<Folder>(&[fields(&[false, true], false)]);
}

#[test]
fn variants_and_what_they_carry() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Choice {
        A,
        #[serde(alias = "b")]
        B(u8),
        C {
            x: u8,
            #[serde(default)]
            y: u8,
        },
        #[serde(other)]
        Else,
    }
    check::<Option<Choice>>(&[OTHERS, fields(&[false, true], false)]);
    assert_eq!(
        trace::<Choice>().to_string(),
        "Choice { A, B|b(u8), C { x: u8, y: u8 }, Else }"
    );
}

/// Whoever checks its values, or panics, is left alone; what is around it is known all the same, or nothing is.
#[test]
fn types_that_cannot_be_asked_are_not_known() {
    #[derive(Deserialize)]
    #[serde(try_from = "Pair")]
    struct Ordered;
    #[derive(Deserialize)]
    struct Pair {
        a: u8,
        #[serde(default)]
        b: u8,
    }
    impl TryFrom<Pair> for Ordered {
        type Error = String;

        fn try_from(pair: Pair) -> Result<Self, String> {
            if pair.a < pair.b {
                Ok(Self)
            } else {
                Err("no".to_owned())
            }
        }
    }
    let Readable { allows, .. } = reading::<(Item, Ordered)>();
    assert_eq!(allows[0], item());

    struct Panics;
    impl<'de> Deserialize<'de> for Panics {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("it always does");
        }
    }
    let unknown = Readable::unknown(trace::<(Item, Panics)>());
    assert_eq!(reading::<(Item, Panics)>(), unknown);
}

/// What is kept by it depends on defaults as well, of which the structure says nothing.
#[test]
fn the_number_covers_what_is_allowed() {
    mod defaults {
        #[derive(serde::Deserialize)]
        #[expect(dead_code, reason = "only traced")]
        pub(super) struct T {
            a: u8,
            #[serde(default)]
            b: u8,
        }
    }
    mod strict {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only traced")]
        pub(super) struct T {
            a: u8,
            b: u8,
        }
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct T {
        a: u8,
        b: u8,
    }
    let numbers = [
        reading::<T>().number(),
        reading::<defaults::T>().number(),
        reading::<strict::T>().number(),
        Readable::unknown(trace::<T>()).number(),
    ];
    let different: std::collections::BTreeSet<_> = numbers.into_iter().collect();
    assert_eq!(different.len(), 4, "{numbers:?}");
    let ty = trace::<T>();
    assert!(ty.matches(&trace::<defaults::T>()) && ty.matches(&trace::<strict::T>()));
    let shorter = Readable {
        ty,
        allows: Vec::new(),
    };
    assert_eq!(shorter.number(), numbers[0]);
}

/// Who says more than there is says nothing.
#[test]
fn what_is_allowed_is_of_such_structs_and_enums_as_there_are() {
    let readable = |allows| Readable {
        ty: trace::<Result<Item, u8>>(),
        allows,
    };
    assert!(readable(vec![None, item()]).is_consistent());
    assert!(readable(vec![OTHERS]).is_consistent());
    assert!(!readable(vec![item()]).is_consistent());
    assert!(!readable(vec![None, OTHERS]).is_consistent());
    assert!(!readable(vec![None, None, None]).is_consistent());
    assert!(!readable(vec![None, fields(&[true], false)]).is_consistent());
}
