//! The encoding of values, which is that of arguments and results.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::codec::by_the_library;
use super::*;
use crate::signature::Form;

#[track_caller]
fn check<'de, T>(value: &T, bytes: &'static str)
where
    T: Serialize + Deserialize<'de> + PartialEq + core::fmt::Debug,
{
    assert_eq!(hex(&encode(value).unwrap()), bytes);
    let bytes: &'static [u8] = unhex(bytes).leak();
    assert_eq!(decode::<T>(bytes).unwrap(), *value);
    assert_eq!(decode_guarded::<T>(bytes).unwrap(), *value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(u16);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: Option<u64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Nothing,
    One(u8),
    Two(u8, u8),
    Named { a: u8 },
}

/// A value of everything that serde knows.
#[derive(Clone, Debug, Serialize)]
enum Anything {
    Unit,
    UnitStruct(Marker),
    Bool(bool),
    Unsigned(u8, u16, u32, u64, u128),
    Signed(i8, i16, i32, i64, i128),
    Float(f32, f64),
    Text(char, String),
    Option(Option<Box<Self>>),
    Seq(Vec<Self>),
    Map(BTreeMap<String, Self>),
    Newtype(Box<Wrapper>),
    Named { this: Box<Self>, that: Box<Self> },
}

#[derive(Clone, Debug, Serialize)]
struct Marker;

#[derive(Clone, Debug, Serialize)]
struct Wrapper(Anything);

fn anything() -> impl Strategy<Value = Anything> {
    let leaf = prop_oneof![
        Just(Anything::Unit),
        Just(Anything::UnitStruct(Marker)),
        any::<bool>().prop_map(Anything::Bool),
        // Small numbers are as likely as large ones.
        any::<(u8, u16, u32, u64, u128, u32)>().prop_map(|(a, b, c, d, e, by)| {
            Anything::Unsigned(a, b >> (by % 16), c >> (by % 32), d >> (by % 64), e >> (by % 128))
        }),
        any::<(i8, i16, i32, i64, i128, u32)>().prop_map(|(a, b, c, d, e, by)| {
            Anything::Signed(a, b >> (by % 16), c >> (by % 32), d >> (by % 64), e >> (by % 128))
        }),
        any::<(f32, f64)>().prop_map(|(a, b)| Anything::Float(a, b)),
        any::<(char, String)>().prop_map(|(a, b)| Anything::Text(a, b)),
        (240_usize..260).prop_map(|length| Anything::Text('x', "y".repeat(length))),
    ];
    leaf.prop_recursive(4, 64, 4, |inside| {
        let one = || inside.clone().prop_map(Box::new);
        prop_oneof![
            proptest::option::of(one()).prop_map(Anything::Option),
            proptest::collection::vec(inside.clone(), 0..4).prop_map(Anything::Seq),
            proptest::collection::btree_map(any::<String>(), inside.clone(), 0..3).prop_map(Anything::Map),
            inside
                .clone()
                .prop_map(|inside| Anything::Newtype(Box::new(Wrapper(inside)))),
            (one(), one()).prop_map(|(this, that)| Anything::Named { this, that }),
        ]
    })
}

proptest! {
    #[test]
    fn everything_is_written_as_the_library_writes_it(value in anything()) {
        let expected = by_the_library(&value);
        prop_assert_eq!(&encode(&value).unwrap()[..], &expected[..]);
        prop_assert_eq!(&encode_held(&value, &Form::unknown()).unwrap()[..], &expected[..]);
    }
}

#[test]
fn integers_are_as_long_as_they_need() {
    check(&0_u64, "00");
    check(&250_u64, "fa");
    check(&251_u64, "fb fb 00");
    check(&65_535_u32, "fb ff ff");
    check(&65_536_u32, "fc 00 00 01 00");
    check(&(1_u64 << 32), "fd 00 00 00 00 01 00 00 00");
    check(
        &(1_u128 << 64),
        "fe 00 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00",
    );
    check(&255_u8, "ff");
}

#[test]
fn signed_integers_alternate() {
    check(&0_i64, "00");
    check(&-1_i64, "01");
    check(&1_i64, "02");
    check(&-125_i64, "f9");
    check(&125_i64, "fa");
    check(&-126_i64, "fb fb 00");
    check(&i64::MIN, "fd ff ff ff ff ff ff ff ff");
    check(&-1_i8, "ff");
}

#[test]
fn everything_else() {
    check(&(), "");
    check(&true, "01");
    check(&1.5_f32, "00 00 c0 3f");
    check(&-2.0_f64, "00 00 00 00 00 00 00 c0");
    check(&'a', "61");
    check(&'ß', "c3 9f");
    check(&"añ".to_owned(), "03 61 c3 b1");
    check(&vec![1_u16, 300], "02 01 fb 2c 01");
    check(&(1_u8, "a".to_owned()), "01 01 61");
    check(&[1_u8, 2, 3], "01 02 03");
    check(&None::<u8>, "00");
    check(&Some(7_u8), "01 07");
    check(&BTreeMap::from([(1_u8, 'a'), (2, 'b')]), "02 01 61 02 62");
    check(&Unit, "");
    check(&Newtype(5), "05");
    check(
        &Item {
            name: "pie".to_owned(),
            price: Some(3),
        },
        "03 70 69 65 01 03",
    );
    check(&Kind::Nothing, "00");
    check(&Kind::One(9), "01 09");
    check(&Kind::Two(9, 8), "02 09 08");
    check(&Kind::Named { a: 9 }, "03 09");
    check(&Ok::<u8, String>(1), "00 01");
    check(&core::time::Duration::new(1, 2), "01 02");
    check(&std::net::IpAddr::from([127, 0, 0, 1]), "00 7f 00 00 01");
}

#[test]
fn bytes_are_the_same_as_a_list_of_numbers() {
    struct Raw(&'static [u8]);

    impl Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }

    assert_eq!(encode(&Raw(b"abc")).unwrap(), encode(&b"abc".to_vec()).unwrap());
    assert_eq!(decode::<&[u8]>(&encode(&vec![1_u8, 2]).unwrap()).unwrap(), [1, 2]);
}

#[test]
fn longer_forms_of_an_integer_are_understood() {
    for bytes in ["05", "fb 05 00", "fc 05 00 00 00", "fd 05 00 00 00 00 00 00 00"] {
        assert_eq!(decode::<u64>(&unhex(bytes)).unwrap(), 5, "{bytes}");
    }
}

#[track_caller]
fn check_fault<'de, T: Deserialize<'de> + core::fmt::Debug>(bytes: &'static str, expected: &str) {
    let bytes: &'static [u8] = unhex(bytes).leak();
    assert_eq!(decode::<T>(bytes).unwrap_err().to_string(), expected);
    assert_eq!(decode_guarded::<T>(bytes).unwrap_err().to_string(), expected);
}

/// They are shown to users, who know nothing of the library underneath.
#[test]
fn faults_are_told_in_plain_words() {
    check_fault::<u8>("", "the bytes end in the middle of the value");
    check_fault::<String>("05 61", "the bytes end in the middle of the value");
    check_fault::<Vec<u32>>("05 01 01", "the bytes end in the middle of the value");
    check_fault::<u8>("01 02 03", "2 bytes are left over after the value");
    check_fault::<()>("00", "1 bytes are left over after the value");
    check_fault::<bool>("02", "a bool is 0 or 1, not 2");
    check_fault::<Option<u8>>("07", "an option begins with 0 or 1, not 7");
    check_fault::<char>("ff", "a char is not valid UTF-8");
    check_fault::<String>(
        "02 61 ff",
        "a string is not valid UTF-8: invalid utf-8 sequence of 1 bytes from index 1",
    );
    check_fault::<Kind>(
        "04",
        "invalid value: integer `4`, expected variant index 0 <= i < 4",
    );
    check_fault::<u16>("fc 00 00 01 00", "an integer is larger than its type");
    check_fault::<core::num::NonZeroU8>("00", "invalid value: integer `0`, expected a nonzero u8");
    fn check_asks<'de, T: Deserialize<'de> + core::fmt::Debug>() {
        let expected = format!(
            "`{}`, or a type in it, asks the bytes what they hold, which they do not say: it may use #[serde(untagged)], \
             #[serde(tag = …)] or #[serde(flatten)]; use an enum or a struct without these",
            core::any::type_name::<T>()
        );
        check_fault::<T>("00", &expected);
    }
    check_asks::<serde::de::IgnoredAny>();
    check_asks::<(serde::de::IgnoredAny, u8)>();

    #[derive(Debug, Deserialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        A,
    }

    check_asks::<Adjacent>();
}

#[test]
fn a_value_that_does_not_encode_is_told_in_plain_words() {
    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        rest: Option<Newtype>,
    }

    struct Stubborn;

    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("I would rather not"))
        }
    }

    assert_eq!(encode(&Stubborn).unwrap_err().to_string(), "I would rather not");
    assert_eq!(
        encode(&Flat { rest: None }).unwrap_err().to_string(),
        "a sequence or map does not say how long it is before it is written: it may use #[serde(flatten)]",
    );
}

#[test]
fn a_value_that_encodes_something_while_it_is_encoded_is_encoded() {
    struct Nested;

    impl Serialize for Nested {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let inner = encode(&(1_u8, "inner")).map_err(serde::ser::Error::custom)?;
            serializer.serialize_bytes(&inner)
        }
    }

    assert_eq!(
        hex(&encode(&(Nested, 2_u8)).unwrap()),
        "07 01 05 69 6e 6e 65 72 02"
    );
}

#[test]
fn large_and_small_values_take_turns() {
    for size in [0, 1, 16 * 1024 - 3, 16 * 1024, 16 * 1024 + 1, 1 << 20, 3] {
        let bytes = vec![7_u8; size];
        let encoded = encode(&bytes).unwrap();
        assert_eq!(decode::<Vec<u8>>(&encoded).unwrap(), bytes);
        assert_eq!(decode::<&[u8]>(&encoded).unwrap(), bytes);
    }
}
