//! What one value shows of its type.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};

use super::super::{SIZE_LIMIT, Type, shape, trace};

/// The shape of `value` is written as `expected`, and matches the type.
#[track_caller]
fn check<T: Serialize + Deserialize<'static>>(value: &T, expected: &str) {
    let shape = shape(value).unwrap();
    assert_eq!(shape.to_string(), expected);
    assert!(shape.matches(&trace::<T>()), "{shape} and {}", trace::<T>());
    assert!(trace::<T>().matches(&shape), "{} and {shape}", trace::<T>());
}

#[derive(Serialize, Deserialize)]
struct Unit;

#[derive(Serialize, Deserialize)]
struct Meters(f64);

#[derive(Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Serialize, Deserialize)]
struct Named {
    id: u64,
    tags: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Kind {
    Nothing,
    One(u8),
    Two(u8, Option<u16>),
    Named { list: Vec<Kind> },
}

#[test]
fn plain_values_show_their_whole_type() {
    check(&(), "()");
    check(
        &(true, 1_i8, 2_i16, 3_i32, 4_i64, 5_i128),
        "(bool, i8, i16, i32, i64, i128)",
    );
    check(&(1_u8, 2_u16, 3_u32, 4_u64, 5_u128), "(u8, u16, u32, u64, u128)");
    check(&(1.0_f32, 2.0_f64, 'c'), "(f32, f64, char)");
    check(&String::new(), "String");
    check(&"text", "String");
    check(&Cow::Borrowed("text"), "String");
    check(&[1_u8, 2, 3, 4], "[u8; 4]");
    check(&Unit, "Unit");
    check(&Meters(1.0), "Meters(f64)");
    check(&Pair(1, String::new()), "Pair(u8, String)");
    check(
        &Named {
            id: 1,
            tags: vec![String::new()],
        },
        "Named { id: u64, tags: Vec<String> }",
    );
    check(&Duration::from_secs(1), "Duration { secs: u64, nanos: u32 }");
    check(&HashMap::from([("a".to_owned(), 1_u8)]), "Map<String, u8>");
    check(&b"bytes".to_vec(), "Vec<u8>");
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"bytes")
        }
    }
    assert!(shape(&Bytes).unwrap().matches(&trace::<&'static [u8]>()));
    assert!(shape(&Bytes).unwrap().matches(&trace::<Vec<u8>>()));
}

#[test]
fn what_is_not_there_is_not_known() {
    check(&None::<u8>, "Option<?>");
    check(&Some(1_u8), "Option<u8>");
    check(&Vec::<u8>::new(), "Vec<?>");
    check(&HashMap::<u8, u8>::new(), "Map<?, ?>");
    check(&vec![None, Some(1_u8)], "Vec<Option<u8>>");
    check(&vec![vec![], vec![1_u8], vec![]], "Vec<Vec<u8>>");
    check(
        &BTreeMap::from([(1_u8, None), (2, Some('c'))]),
        "Map<u8, Option<char>>",
    );
}

#[test]
fn an_enum_shows_the_variants_that_are_there() {
    check(&Kind::Nothing, "Kind { Nothing, .. }");
    check(&Kind::One(1), "Kind { One(u8), .. }");
    check(
        &vec![Kind::Two(1, None), Kind::Nothing, Kind::Two(2, Some(3))],
        "Vec<Kind { Nothing, Two(u8, Option<u16>), .. }>",
    );
    check(
        &Kind::Named {
            list: vec![Kind::One(1)],
        },
        "Kind { Named { list: Vec<Kind { One(u8), .. }> }, .. }",
    );
    check(&Ok::<u8, String>(1), "Result { Ok(u8), .. }");
    check(&IpAddr::V4(Ipv4Addr::LOCALHOST), "IpAddr { V4([u8; 4]), .. }");
}

#[test]
fn an_enum_with_other_variants_does_not_match() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Other {
        Nothing,
        One(u16),
        Three(u8),
    }

    let matches = |kind: &Kind| shape(kind).unwrap().matches(&trace::<Other>());
    assert!(matches(&Kind::Nothing));
    assert!(!matches(&Kind::One(1)), "another content");
    assert!(!matches(&Kind::Two(1, None)), "another name");
    assert!(!matches(&Kind::Named { list: Vec::new() }), "there is no fourth");
}

/// As a format without types would have it.
#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Any {
    Number(u64),
    Byte(u8),
    Text(&'static str),
    Unit,
    Wrapped(Wrapped),
    Perhaps(Option<u8>),
    List(Vec<Any>),
    Map(BTreeMap<u8, Any>),
    Pair(u8, u8),
    Triple(u8, u8, u8),
    Named { a: u8, b: u8 },
    Others { a: u8, c: u8 },
    One(First),
    Other(Second),
    More(Third),
}

#[derive(Clone, Serialize)]
struct Wrapped(u64);

#[derive(Clone, Serialize)]
enum First {
    A,
    B(u8),
    N { a: u8, b: u8 },
}

#[derive(Clone, Serialize)]
enum Second {
    A,
    C(u8),
    N { a: u8 },
}

#[derive(Clone, Serialize)]
enum Third {
    A,
    B(u8),
}

/// Two elements of one sequence have no type in common, wherever they stand, and the error shows `words`.
#[track_caller]
fn differ(one: Any, other: Any, words: [&str; 2]) {
    let far: Vec<Any> = std::iter::repeat_n(one.clone(), 100)
        .chain([other.clone()])
        .collect();
    let lists = Any::List(vec![Any::List(vec![one.clone()]), Any::List(vec![other.clone()])]);
    let values = BTreeMap::from([(1_u8, one.clone()), (2, other.clone())]);
    for (found, element) in [
        (shape(&(vec![one.clone(), other.clone()],)), 1),
        (shape(&(vec![other, one],)), 1),
        (shape(&(far,)), 100),
        (shape(&lists), 0),
        (shape(&(values,)), 1),
    ] {
        let error = found.expect_err("a contradiction").to_string();
        for word in words {
            assert!(error.contains(word), "no {word:?} in: {error}");
        }
        assert!(error.contains(&format!("in element {element}, ")), "{error}");
    }
}

#[test]
fn p13_elements_that_disagree_are_no_sequence() {
    differ(Any::Number(1), Any::Text("\u{1}"), ["`u64`", "`String`"]);
    differ(Any::Number(1), Any::Byte(1), ["`u64`", "`u8`"]);
    differ(Any::Wrapped(Wrapped(1)), Any::Byte(1), ["`u64`", "`u8`"]);
    differ(Any::Number(1), Any::Unit, ["`u64`", "`()`"]);
    differ(Any::Number(1), Any::Perhaps(None), ["`u64`", "an option"]);
    differ(Any::Number(1), Any::List(vec![]), ["`u64`", "a sequence"]);
    differ(
        Any::List(vec![]),
        Any::Map(BTreeMap::new()),
        ["a sequence", "a map"],
    );
    differ(
        Any::Pair(1, 2),
        Any::Triple(1, 2, 3),
        ["a tuple of 2", "a tuple of 3"],
    );
    differ(
        Any::Pair(1, 2),
        Any::Named { a: 1, b: 2 },
        ["a tuple of 2", "the struct `Any`"],
    );
    differ(
        Any::Named { a: 1, b: 2 },
        Any::Others { a: 1, c: 2 },
        ["field `b`", "field `c`"],
    );
    differ(
        Any::One(First::B(1)),
        Any::Other(Second::C(1)),
        ["variant `B`", "variant `C`"],
    );
    differ(
        Any::One(First::N { a: 1, b: 2 }),
        Any::Other(Second::N { a: 1 }),
        ["a variant with 2 named fields", "a variant with 1 named field"],
    );
    differ(Any::One(First::A), Any::Unit, ["the enum `First`", "`()`"]);
}

#[test]
fn elements_that_are_the_same_on_the_wire_agree() {
    check_alike(Any::Number(1), Any::Wrapped(Wrapped(1)), "Vec<u64>");
    check_alike(Any::Wrapped(Wrapped(1)), Any::Number(1), "Vec<Wrapped(u64)>");
    check_alike(
        Any::One(First::A),
        Any::More(Third::B(1)),
        "Vec<First { A, B(u8), .. }>",
    );
    check_alike(
        Any::Other(Second::A),
        Any::More(Third::A),
        "Vec<Second { A, .. }>",
    );
    check_alike(Any::Perhaps(None), Any::Perhaps(Some(1)), "Vec<Option<u8>>");
    check_alike(Any::List(vec![]), Any::List(vec![Any::Unit]), "Vec<Vec<()>>");
}

#[track_caller]
fn check_alike(one: Any, other: Any, expected: &str) {
    assert_eq!(shape(&vec![one, other]).unwrap().to_string(), expected);
}

#[test]
fn a_value_that_does_not_serialize_is_not_known() {
    struct Fails;

    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }

    assert_eq!(shape(&(1_u8, Fails)).unwrap(), Type::Opaque);
}

#[derive(Serialize)]
struct Chain(Option<Box<Chain>>);

#[derive(Serialize)]
enum Nut {
    Kernel,
    Shell(Box<Nut>),
    Named { inside: Box<Nut> },
}

/// What is refused by whoever receives it is not worth sending.
#[track_caller]
fn check_fits(value: &impl Serialize) {
    let shape = shape(value).unwrap();
    assert!(shape.size() <= SIZE_LIMIT);
    let bytes = crate::proto::encode(&shape).unwrap();
    assert_eq!(crate::proto::decode::<Type>(&bytes).unwrap(), shape);
}

#[test]
fn large_and_deep_values_have_a_shape_that_can_be_sent() {
    let chain = |length| (0..length).fold(Chain(None), |inside, _| Chain(Some(Box::new(inside))));
    let shells = |count| (0..count).fold(Nut::Kernel, |inside, _| Nut::Shell(Box::new(inside)));
    let named = |count| {
        (0..count).fold(Nut::Kernel, |inside, _| Nut::Named {
            inside: Box::new(inside),
        })
    };
    for size in [1, 10, 62, 63, 64, 65, 66, 127, 128, 129, 1_000] {
        check_fits(&chain(size));
        check_fits(&Some(chain(size)));
        check_fits(&shells(size));
        check_fits(&Some(shells(size)));
        check_fits(&named(size));
        check_fits(&Some(named(size)));
    }
    check_fits(&vec![(1_u8, vec![Some("a"); 100]); 10_000]);
    check_fits(&[[[0_u8; 32]; 32]; 32]);
    check_fits(&[[[Some(0_u8); 32]; 32]; 16]);
}

#[test]
fn p13_all_elements_of_a_long_list_are_looked_at() {
    let mut list = vec![None; 100_000];
    check(&list, "Vec<Option<?>>");
    list.push(Some(1_u8));
    check(&list, "Vec<Option<u8>>");
}

#[test]
fn bytes_and_sequences_of_bytes_agree() {
    struct Bytes(bool);
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if self.0 {
                serializer.serialize_bytes(b"bytes")
            } else {
                serializer.collect_seq([1_u8])
            }
        }
    }
    for (first, expected) in [(true, "Vec<Vec<u8>>"), (false, "Vec<Vec<u8>>")] {
        let shape = shape(&vec![Bytes(first), Bytes(!first), Bytes(first)]).unwrap();
        assert_eq!(shape.to_string(), expected);
    }
    assert!(shape(&vec![vec![1_u16]]).is_ok());
}

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Nothing),
        any::<u8>().prop_map(Kind::One),
        any::<(u8, Option<u16>)>().prop_map(|(a, b)| Kind::Two(a, b)),
    ];
    leaf.prop_recursive(5, 30, 4, |inside| {
        prop::collection::vec(inside, 0..4).prop_map(|list| Kind::Named { list })
    })
}

proptest! {
    #[test]
    fn the_shape_of_a_value_matches_its_type(
        kinds in prop::collection::vec(kinds(), 0..5),
        rest in any::<(Option<bool>, Result<u8, String>, [Option<char>; 3])>(),
    ) {
        type Value = (Vec<Kind>, (Option<bool>, Result<u8, String>, [Option<char>; 3]));
        let shape = shape(&(kinds, rest)).unwrap();
        prop_assert!(shape.matches(&trace::<Value>()), "{}", shape);
        prop_assert!(trace::<Value>().matches(&shape), "{}", shape);
        prop_assert!(!shape.matches(&trace::<(Vec<u8>, ())>()));
    }
}
