use core::fmt::Debug;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use serde::de::value::{
    BorrowedBytesDeserializer, BorrowedStrDeserializer, Error as ValueError, MapDeserializer, SeqDeserializer,
};
use serde::de::{DeserializeOwned, IgnoredAny, IntoDeserializer};
use serde::{Deserialize, Serialize};

use super::super::{decode, decode_guarded, encode};
use super::*;

/// Far more levels than are allowed, and than any stack holds.
const DEEP: usize = 100_000;

const TOO_DEEP: &str = "nested deeper than 128 levels";
const TOO_MANY: &str = "more than so few bytes may hold";

/// Runs `work` on half the stack that a thread usually gets, where running away in depth does not go unnoticed.
fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(work)
        .unwrap();
    thread.join().expect("the bounds hold");
}

fn fault<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> String {
    match decode_guarded::<T>(bytes) {
        Ok(_) => panic!("{} bytes were decoded", bytes.len()),
        Err(error) => error.to_string(),
    }
}

// ------------------------------------------------------------------ depth

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    number: u8,
    next: Option<Box<Link>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Nut {
    Kernel,
    Shell(Box<Nut>),
    Pair(u8, Box<Nut>),
    Named { inside: Box<Nut> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Folder {
    inside: Vec<Folder>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shelf(BTreeMap<u8, Shelf>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Egg(Vec<Hen>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Hen {
    Lays(Egg),
}

/// A type that has no finite value, but is a type.
#[derive(Debug, Serialize, Deserialize)]
struct Endless(Box<Endless>);

fn check_deep<T: DeserializeOwned + Debug>(pattern: &'static [u8]) {
    on_a_small_stack(move || {
        let bytes = pattern.repeat(DEEP);
        assert_eq!(fault::<T>(&bytes), TOO_DEEP, "{}", core::any::type_name::<T>());
    });
}

#[test]
fn a_value_that_nests_without_end_is_refused_before_the_stack_is_exhausted() {
    check_deep::<Chain>(&[1]);
    check_deep::<Link>(&[7, 1]);
    check_deep::<Nut>(&[1]);
    check_deep::<Nut>(&[2, 9]);
    check_deep::<Nut>(&[3]);
    check_deep::<Folder>(&[1]);
    check_deep::<Shelf>(&[1, 5]);
    check_deep::<Egg>(&[1, 0]);
    check_deep::<Endless>(&[0]);
}

/// A chain of `somes` options: each, and each newtype around, is a level.
fn chain(somes: usize) -> Vec<u8> {
    let mut bytes = vec![1; somes];
    bytes.push(0);
    bytes
}

#[test]
fn exactly_128_levels_are_allowed() {
    // The newtype, then per link the option and the newtype in it.
    assert!(decode_guarded::<Chain>(&chain(63)).is_ok(), "127 levels");
    assert_eq!(fault::<Chain>(&chain(64)), TOO_DEEP, "129 levels");
    // Nuts, and nothing between them.
    let nut = |shells: usize| {
        let mut bytes = vec![1; shells];
        bytes.push(0);
        bytes
    };
    assert!(decode_guarded::<Nut>(&nut(127)).is_ok(), "128 levels");
    assert_eq!(fault::<Nut>(&nut(128)), TOO_DEEP, "129 levels");
}

#[test]
fn breadth_is_not_depth() {
    let wide = Folder {
        inside: (0..5_000).map(|_| Folder { inside: Vec::new() }).collect(),
    };
    assert_eq!(decode_guarded::<Folder>(&encode(&wide).unwrap()).unwrap(), wide);
}

#[test]
fn levels_are_given_back_when_a_branch_ends() {
    let branch = || {
        let kernel = (0..100).fold(Nut::Kernel, |inside, _| Nut::Shell(Box::new(inside)));
        Some(kernel)
    };
    let branches: Vec<Option<Nut>> = (0..10).map(|_| branch()).collect();
    assert_eq!(
        decode_guarded::<Vec<Option<Nut>>>(&encode(&branches).unwrap()).unwrap(),
        branches
    );
}

// ------------------------------------------------------------------ elements

/// The encoding of a length.
fn length(length: u64) -> Vec<u8> {
    encode(&length).unwrap().to_vec()
}

fn check_too_many<T: DeserializeOwned + Debug>() {
    for claimed in [u64::MAX >> 1, 1 << 60, 1 << 40, 2_000] {
        let fault = fault::<T>(&length(claimed));
        assert!(
            fault.contains(TOO_MANY),
            "{claimed} of {}: {fault}",
            core::any::type_name::<T>()
        );
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Marker;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
struct Empty {
    nothing: (),
    neither: [Marker; 2],
}

#[test]
fn elements_that_take_no_bytes_are_limited_in_number() {
    check_too_many::<Vec<()>>();
    check_too_many::<Vec<Marker>>();
    check_too_many::<Vec<Empty>>();
    check_too_many::<Vec<[(); 3]>>();
    check_too_many::<Vec<Vec<()>>>();
    check_too_many::<BTreeSet<()>>();
    check_too_many::<HashMap<(), ()>>();
    check_too_many::<BTreeMap<Marker, [(); 2]>>();
    check_too_many::<Box<[()]>>();
    check_too_many::<(Vec<()>, u8)>();
}

#[test]
fn a_few_elements_that_take_no_bytes_are_fine() {
    let units = vec![(); 1_000];
    assert_eq!(
        decode_guarded::<Vec<()>>(&encode(&units).unwrap()).unwrap(),
        units
    );
    let map = HashMap::from([((), ())]);
    assert_eq!(
        decode_guarded::<HashMap<(), ()>>(&encode(&map).unwrap()).unwrap(),
        map
    );
    let fields = [[(); 32]; 32];
    assert_eq!(
        decode_guarded::<[[(); 32]; 32]>(&[]).unwrap(),
        fields,
        "how many there are says the type"
    );
}

#[test]
fn the_elements_of_all_sequences_are_counted_together() {
    // Ten sequences of 1,000 units in about forty bytes.
    let bytes = encode(&vec![vec![(); 1_000]; 10]).unwrap();
    assert!(fault::<Vec<Vec<()>>>(&bytes).contains(TOO_MANY));
    let bytes = encode(&vec![vec![(); 100]; 10]).unwrap();
    assert!(decode_guarded::<Vec<Vec<()>>>(&bytes).is_ok());
}

#[test]
fn elements_that_take_bytes_are_never_refused() {
    let numbers: Vec<Vec<Option<u8>>> = vec![vec![Some(1); 3_000], vec![None; 60_000]];
    assert_eq!(
        decode_guarded::<Vec<Vec<Option<u8>>>>(&encode(&numbers).unwrap()).unwrap(),
        numbers
    );
    let map: BTreeMap<u16, ()> = (0..5_000).map(|number| (number, ())).collect();
    assert_eq!(
        decode_guarded::<BTreeMap<u16, ()>>(&encode(&map).unwrap()).unwrap(),
        map
    );
}

// ------------------------------------------------------------------ memory

/// A collection that believes what it is told.
#[derive(Debug, PartialEq)]
struct Credulous(Vec<u64>);

impl<'de> Deserialize<'de> for Credulous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;

        impl<'de> serde::de::Visitor<'de> for Numbers {
            type Value = Credulous;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("numbers")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut numbers: A) -> Result<Credulous, A::Error> {
                let mut all = Vec::with_capacity(numbers.size_hint().unwrap_or(0));
                while let Some(number) = numbers.next_element()? {
                    all.push(number);
                }
                Ok(Credulous(all))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut numbers: A) -> Result<Credulous, A::Error> {
                let mut all = Vec::with_capacity(numbers.size_hint().unwrap_or(0));
                while let Some((number, ())) = numbers.next_entry()? {
                    all.push(number);
                }
                Ok(Credulous(all))
            }
        }

        deserializer.deserialize_seq(Numbers)
    }
}

#[test]
fn no_memory_is_taken_for_elements_that_are_only_claimed() {
    for claimed in [u64::MAX >> 1, 1 << 60, 1 << 40] {
        let bytes = length(claimed);
        let error = decode::<Credulous>(&bytes).unwrap_err();
        assert_eq!(error.to_string(), "the bytes end in the middle of the value");
        assert!(fault::<Credulous>(&bytes).contains(TOO_MANY));
    }
    let numbers = Credulous(vec![1, 2, 3]);
    assert_eq!(decode::<Credulous>(&[3, 1, 2, 3]).unwrap(), numbers);
    assert_eq!(decode_guarded::<Credulous>(&[3, 1, 2, 3]).unwrap(), numbers);
}

#[test]
fn no_memory_is_taken_for_a_string_that_is_only_claimed() {
    fn check<T: DeserializeOwned + Debug>() {
        for claimed in [u64::MAX, u64::MAX >> 1, 1 << 60, 1 << 45, 100] {
            let bytes = length(claimed);
            let error = decode::<T>(&bytes).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the bytes end in the middle of the value",
                "{claimed} bytes"
            );
            assert_eq!(
                fault::<T>(&bytes),
                "the bytes end in the middle of the value",
                "{claimed} bytes"
            );
        }
    }
    check::<String>();
    check::<Box<str>>();
    check::<Bytes>();
    check::<std::path::PathBuf>();

    #[derive(Debug)]
    struct Bytes;

    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_byte_buf(IgnoredAny).map(|_| Self)
        }
    }
}

// ------------------------------------------------------------------ other formats

/// What a `T` becomes when `deserializer` is guarded as if it had `bytes` bytes.
fn guarded<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
    bytes: usize,
) -> Result<T, D::Error> {
    Guarded::<T>::new(bytes).deserialize(deserializer)
}

#[test]
fn a_format_that_lies_about_its_length_is_believed_within_bounds() {
    struct Lying(u64);

    impl Iterator for Lying {
        type Item = u64;

        fn next(&mut self) -> Option<u64> {
            self.0 = self.0.checked_sub(1)?;
            Some(self.0)
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            (usize::MAX >> 8, Some(usize::MAX >> 8))
        }
    }

    let lying = SeqDeserializer::<_, ValueError>::new(Lying(3));
    let error = guarded::<Credulous, _>(lying, 8).unwrap_err().to_string();
    assert!(error.contains(TOO_MANY), "{error}");
    let lying = MapDeserializer::<_, ValueError>::new(Lying(3).map(|number| (number, ())));
    let error = guarded::<Credulous, _>(lying, 8).unwrap_err().to_string();
    assert!(error.contains(TOO_MANY), "{error}");
    let lying = SeqDeserializer::<_, ValueError>::new(Lying(3));
    let seed = Measured::<Credulous>::new(8);
    assert_eq!(seed.deserialize(lying).unwrap(), Credulous(vec![2, 1, 0]));
}

#[test]
fn a_format_that_does_not_say_its_length_is_counted_as_it_is_read() {
    let endless = || std::iter::repeat(1_u64).filter(|_| true);
    let error = guarded::<Vec<u64>, _>(SeqDeserializer::<_, ValueError>::new(endless()), 8).unwrap_err();
    assert_eq!(error.to_string(), "more elements than so few bytes may hold");
    let entries = MapDeserializer::<_, ValueError>::new(endless().map(|number| (number, ())));
    let error = guarded::<BTreeMap<u64, ()>, _>(entries, 8).unwrap_err();
    assert_eq!(error.to_string(), "more elements than so few bytes may hold");
}

#[test]
fn a_format_that_describes_itself_works_under_guard() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point {
        x: u32,
        y: Option<u32>,
    }

    let point = MapDeserializer::<_, ValueError>::new([("x", 1_u32)].into_iter());
    assert_eq!(
        guarded::<Point, _>(point, 8),
        Ok(Point { x: 1, y: None }),
        "identifiers"
    );
    let point = MapDeserializer::<_, ValueError>::new([("x", 1_u32), ("z", 2), ("y", 3)].into_iter());
    let error = guarded::<Point, _>(point, 8).unwrap_err().to_string();
    assert!(
        error.contains("invalid type: integer `3`, expected option"),
        "the field `z` was ignored: {error}"
    );
    assert_eq!(
        guarded::<Nut, _>(IntoDeserializer::<ValueError>::into_deserializer("Kernel"), 8),
        Ok(Nut::Kernel)
    );
}

#[test]
fn what_the_bytes_lend_is_borrowed() {
    let bytes = encode(&("text", Some("more"))).unwrap();
    let (text, more): (&str, Option<&str>) = decode_guarded(&bytes).unwrap();
    assert_eq!((text, more), ("text", Some("more")));
    assert!(bytes.as_ptr_range().contains(&text.as_ptr()));
    let plain: (&str, Option<&str>) = decode(&bytes).unwrap();
    assert!(core::ptr::eq(plain.0, text));

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Lent<'a>(#[serde(borrow)] Cow<'a, str>);
    let Lent(lent) = guarded(BorrowedStrDeserializer::<ValueError>::new("lent"), 4).unwrap();
    assert!(matches!(lent, Cow::Borrowed("lent")));
    let lent: &[u8] = guarded(BorrowedBytesDeserializer::<ValueError>::new(b"lent"), 4).unwrap();
    assert_eq!(lent, b"lent");
}

#[test]
fn whether_the_format_is_for_people_is_passed_on() {
    let local = IpAddr::from([127, 0, 0, 1]);
    let bytes = encode(&local).unwrap();
    assert_eq!(decode_guarded::<IpAddr>(&bytes).unwrap(), local, "not as text");
    let text = BorrowedStrDeserializer::<ValueError>::new("127.0.0.1");
    assert_eq!(guarded::<IpAddr, _>(text, 9), Ok(local), "as text");
}

// ------------------------------------------------------------------ ordinary values

/// Every kind of thing that serde knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ordinary {
    unit: (),
    marker: Unit,
    flag: bool,
    small: (i8, i16, i32, i64),
    large: i128,
    unsigned: (u8, u16, u32, u64, u128),
    floats: (f32, f64),
    letter: char,
    text: String,
    maybe: Option<Option<u8>>,
    list: Vec<(u16, String)>,
    map: BTreeMap<String, Kind>,
    set: BTreeSet<i8>,
    array: [u16; 5],
    newtype: Wrapped,
    pair: Pair,
    kinds: Vec<Kind>,
    time: Duration,
    result: Result<u8, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(u64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(u8, String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(u32),
    Tuple(u8, Option<Box<Kind>>),
    Struct { name: String, inside: Vec<Kind> },
}

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![Just(Kind::Unit), any::<u32>().prop_map(Kind::Newtype)];
    leaf.prop_recursive(4, 24, 4, |inside| {
        prop_oneof![
            (any::<u8>(), prop::option::of(inside.clone()))
                .prop_map(|(number, inside)| Kind::Tuple(number, inside.map(Box::new))),
            (".{0,6}", prop::collection::vec(inside, 0..4))
                .prop_map(|(name, inside)| Kind::Struct { name, inside }),
        ]
    })
}

fn ordinary() -> impl Strategy<Value = Ordinary> {
    let numbers = (
        any::<(i8, i16, i32, i64)>(),
        any::<i128>(),
        any::<(u8, u16, u32, u64, u128)>(),
        (-1e9_f32..1e9, -1e90_f64..1e90),
    );
    let texts = (
        any::<bool>(),
        any::<char>(),
        ".{0,12}",
        any::<Option<Option<u8>>>(),
    );
    let lists = (
        prop::collection::vec((any::<u16>(), ".{0,4}"), 0..6),
        prop::collection::btree_map(".{0,4}", kinds(), 0..4),
        prop::collection::btree_set(any::<i8>(), 0..9),
        any::<[u16; 5]>(),
        prop::collection::vec(kinds(), 0..4),
    );
    let rest = (
        any::<u64>(),
        any::<u8>(),
        ".{0,4}",
        any::<Duration>(),
        any::<bool>(),
    );
    (numbers, texts, lists, rest).prop_map(
        |(
            (small, large, unsigned, floats),
            (flag, letter, text, maybe),
            (list, map, set, array, kinds),
            (wrapped, byte, word, time, well),
        )| Ordinary {
            unit: (),
            marker: Unit,
            flag,
            small,
            large,
            unsigned,
            floats,
            letter,
            text,
            maybe,
            list,
            map,
            set,
            array,
            newtype: Wrapped(wrapped),
            pair: Pair(byte, word.clone()),
            kinds,
            time,
            result: if well { Ok(byte) } else { Err(word) },
        },
    )
}

proptest! {
    #[test]
    fn ordinary_values_are_the_same_with_and_without_guard(value in ordinary()) {
        let bytes = encode(&value).unwrap();
        prop_assert_eq!(&decode::<Ordinary>(&bytes).unwrap(), &value);
        prop_assert_eq!(&decode_guarded::<Ordinary>(&bytes).unwrap(), &value);
    }

    #[test]
    fn damaged_values_get_the_same_answer_with_and_without_guard(
        value in ordinary(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&value).unwrap().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let plain = decode::<Ordinary>(&bytes).map_err(|error| error.to_string());
        let guarded = decode_guarded::<Ordinary>(&bytes).map_err(|error| error.to_string());
        // A claimed length that cannot be is told apart earlier under guard.
        if guarded.as_ref().is_err_and(|error| error.contains(TOO_MANY)) {
            prop_assert!(plain.is_err());
        } else {
            // Debug, since a float may be NaN by now.
            prop_assert_eq!(format!("{plain:?}"), format!("{guarded:?}"));
        }
    }

    #[test]
    fn arbitrary_bytes_never_exhaust_anything(bytes in prop::collection::vec(0..4_u8, 0..600)) {
        let _ = decode_guarded::<Chain>(&bytes);
        let _ = decode_guarded::<Nut>(&bytes);
        let _ = decode_guarded::<Folder>(&bytes);
        let _ = decode_guarded::<Shelf>(&bytes);
        let _ = decode_guarded::<Egg>(&bytes);
        let _ = decode_guarded::<Vec<Vec<()>>>(&bytes);
        let _ = decode_guarded::<Ordinary>(&bytes);
    }
}
