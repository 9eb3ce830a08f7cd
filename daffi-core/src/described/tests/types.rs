//! Types that are read as what they were written as, and damaged bytes as bincode reads them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::{NonZeroU8, NonZeroU128, Wrapping};
use std::ops::{Bound, Range};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::proto::decode_guarded;

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static>(values: &[T]) {
    for value in values {
        assert_eq!(&read::<T, T>(value).unwrap(), value);
    }
}

#[test]
fn what_serde_knows_of_the_standard_library() {
    check(&[()]);
    check(&[true, false]);
    check(&[0, 1, 250, u8::MAX]);
    check(&[0, -1, i8::MIN]);
    check(&[0, 250, 251, u16::MAX]);
    check(&[0, -126, i16::MIN]);
    check(&[0, 251, 65536, u32::MAX]);
    check(&[0, -1, i32::MAX]);
    check(&[0, u64::MAX, u64::MAX >> 31]);
    check(&[0, i64::MIN, i64::MAX]);
    check(&[0, u128::MAX, u128::MAX >> 63]);
    check(&[0, i128::MIN, i128::MAX]);
    check(&[0_usize, 7]);
    check(&[0.5_f32, f32::MIN, f32::INFINITY]);
    check(&[0.5_f64, f64::MAX]);
    check(&['a', 'ö', '€', '🦀']);
    check(&[String::new(), "text".to_owned()]);
    check(&[Cow::<'static, str>::Borrowed("text")]);
    check(&[PathBuf::from("/a")]);
    check(&[vec![1_u8, 2], Vec::new()]);
    check(&[Some(7_u8), None]);
    check(&[Some(Some(7_u8)), Some(None), None]);
    check(&[Some(()), None]);
    check(&[VecDeque::from([1_u16, 2])]);
    check(&[BTreeSet::from(['a', 'b'])]);
    check(&[HashMap::from([("a".to_owned(), 7_u8)])]);
    check(&[BTreeMap::from([((1_u8, 'a'), vec![true])])]);
    check(&[[[1_u16, 2], [3, 4]]]);
    check(&[[0_u8; 0]]);
    check(&[[7_u8; 32]]);
    check(&[(1_u8, "two".to_owned(), 3.0_f32)]);
    check(&[Ok::<u8, String>(7), Err("no".to_owned())]);
    check(&[Duration::new(3, 500)]);
    check(&[SystemTime::UNIX_EPOCH + Duration::from_secs(7)]);
    check(&[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
    check(&[SocketAddr::from(([127, 0, 0, 1], 80))]);
    check(&[NonZeroU8::MIN]);
    check(&[NonZeroU128::MAX]);
    check(&[Wrapping(7_i64)]);
    check(&[Range { start: 1_u8, end: 3 }]);
    check(&[Bound::Included(7_u8), Bound::Unbounded]);
    check(&[Box::<str>::from("text")]);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf,
    Number(i32),
    Pair(Box<Tree>, u16),
    Named {
        left: Option<Box<Tree>>,
        right: Vec<Tree>,
    },
    Map(BTreeMap<String, Tree>),
    Wrapped(Meters),
    Nothing(Empty),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Meters(u8);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Empty;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    #[serde(rename = "é")]
    first_name: String,
    #[serde(skip)]
    left_out: u8,
    #[serde(with = "as_text")]
    as_text: u64,
    #[serde(default)]
    by_default: Meters2,
    #[serde(alias = "older")]
    newer: Option<Sorts>,
    last_of_all: (Empty, Meters),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Meters2 {
    meters: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE", from = "Plain", into = "Plain")]
enum Sorts {
    First,
    Other(u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Plain {
    #[serde(alias = "one", alias = "eins")]
    First,
    #[serde(rename = "zwei")]
    Other(u8),
}

impl From<Plain> for Sorts {
    fn from(plain: Plain) -> Self {
        match plain {
            Plain::First => Self::First,
            Plain::Other(number) => Self::Other(number),
        }
    }
}

impl From<Sorts> for Plain {
    fn from(sorts: Sorts) -> Self {
        match sorts {
            Sorts::First => Self::First,
            Sorts::Other(number) => Self::Other(number),
        }
    }
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn trees() -> Vec<Tree> {
    let pair = Tree::Pair(Box::new(Tree::Number(-7)), 300);
    let named = Tree::Named {
        left: Some(Box::new(pair.clone())),
        right: vec![Tree::Leaf, Tree::Wrapped(Meters(3)), Tree::Nothing(Empty)],
    };
    let map = Tree::Map(BTreeMap::from([("a".to_owned(), named.clone())]));
    vec![Tree::Leaf, pair, named, map]
}

fn attributes(newer: Option<Sorts>) -> Attributes {
    Attributes {
        first_name: "Ada".to_owned(),
        left_out: 0,
        as_text: 17,
        by_default: Meters2 { meters: 9 },
        newer,
        last_of_all: (Empty, Meters(1)),
    }
}

#[test]
fn types_that_contain_themselves_and_those_with_attributes() {
    check(&trees());
    check(&[
        attributes(None),
        attributes(Some(Sorts::First)),
        attributes(Some(Sorts::Other(7))),
    ]);
}

/// Both take the same bytes, and for the same value.
fn same<T: Serialize + DeserializeOwned + PartialEq + Debug + 'static>(
    layout: &Layout,
    bytes: &[u8],
) -> Result<(), TestCaseError> {
    let (plain, described) = (decode_guarded::<T>(bytes).ok(), decode::<T>(layout, bytes).ok());
    prop_assert_eq!(plain, described);
    Ok(())
}

proptest! {
    #[test]
    fn damaged_bytes_are_read_as_without_a_structure(
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), 0..8_u8, 250..=255_u8],
        tree in 0..4_usize,
        cut in any::<bool>(),
    ) {
        let trees = Layout::new(&trace::<Tree>());
        let mut bytes = encode(&super::types::trees()[tree]).unwrap().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(place + 1);
        }
        same::<Tree>(&trees, &bytes)?;
        let numbers = Layout::new(&trace::<Numbers>());
        let mut bytes = encode(&numbers_sample()).unwrap().to_vec();
        let place = place % bytes.len();
        bytes[place] = byte;
        same::<Numbers>(&numbers, &bytes)?;
    }
}

type Numbers = (
    (u8, i8, u16, i16, u32, i32, u64, i64),
    (u128, i128, bool, char, Option<String>, Vec<u16>),
);

fn numbers_sample() -> Numbers {
    let text = Some("text".to_owned());
    (
        (1, -2, 300, -300, 70000, -70000, 1 << 40, -1 << 40),
        (1 << 80, -1 << 80, true, '€', text, vec![1, 2, 300]),
    )
}
