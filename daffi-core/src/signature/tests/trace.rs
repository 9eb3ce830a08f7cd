//! What types without recursion look like.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::num::{NonZeroI64, NonZeroU8, NonZeroU32, NonZeroU128, Wrapping};
use std::ops::{Bound, Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::check;

#[test]
fn plain_types_are_what_they_are() {
    check::<()>("()");
    check::<bool>("bool");
    check::<i8>("i8");
    check::<i16>("i16");
    check::<i32>("i32");
    check::<i64>("i64");
    check::<i128>("i128");
    check::<u8>("u8");
    check::<u16>("u16");
    check::<u32>("u32");
    check::<u64>("u64");
    check::<u128>("u128");
    check::<f32>("f32");
    check::<f64>("f64");
    check::<char>("char");
    check::<usize>("u64");
    check::<isize>("i64");
}

#[test]
fn a_string_is_a_string_however_it_is_held() {
    check::<String>("String");
    check::<&'static str>("String");
    check::<Box<str>>("String");
    check::<Cow<'static, str>>("String");
    check::<PathBuf>("String");
    check::<&'static Path>("String");
}

#[test]
fn bytes_are_bytes_or_a_sequence() {
    check::<&'static [u8]>("Bytes");
    check::<Vec<u8>>("Vec<u8>");
    check::<Box<[u8]>>("Vec<u8>");
    check::<Cow<'static, [u8]>>("Vec<u8>");
}

#[test]
fn pointers_do_not_show() {
    check::<Box<u8>>("u8");
    check::<Option<Box<[String]>>>("Option<Vec<String>>");
    check::<Mutex<u8>>("u8");
    check::<std::cell::Cell<u8>>("u8");
    check::<Wrapping<u8>>("u8");
    check::<std::cmp::Reverse<u8>>("u8");
    // serde's feature `rc` is off here, and another crate may switch it on.
    let _ = (size_of::<Rc<u8>>(), size_of::<Arc<u8>>());
}

#[test]
fn sequences_and_sets_are_sequences() {
    check::<Vec<u16>>("Vec<u16>");
    check::<VecDeque<u16>>("Vec<u16>");
    check::<LinkedList<u16>>("Vec<u16>");
    check::<BinaryHeap<u16>>("Vec<u16>");
    check::<HashSet<String>>("Vec<String>");
    check::<BTreeSet<char>>("Vec<char>");
    check::<Vec<Vec<Vec<u8>>>>("Vec<Vec<Vec<u8>>>");
}

#[test]
fn maps_have_keys_and_values() {
    check::<HashMap<String, u8>>("Map<String, u8>");
    check::<BTreeMap<(u8, char), Vec<bool>>>("Map<(u8, char), Vec<bool>>");
    check::<HashMap<u8, HashMap<u16, ()>>>("Map<u8, Map<u16, ()>>");
}

#[test]
fn tuples_have_their_elements_in_order() {
    check::<(u8,)>("(u8,)");
    check::<(u8, String)>("(u8, String)");
    check::<(u8, (u16, (u32, u64)))>("(u8, (u16, (u32, u64)))");
    check::<(u8, u8, u8)>("(u8, u8, u8)");
    check::<(
        i8,
        i16,
        i32,
        i64,
        i128,
        u8,
        u16,
        u32,
        u64,
        u128,
        f32,
        f64,
        bool,
        char,
        String,
        (),
    )>("(i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, f32, f64, bool, char, String, ())");
}

#[test]
fn arrays_are_tuples_of_one_type() {
    check::<[u8; 0]>("()");
    check::<[u8; 1]>("(u8,)");
    check::<[u8; 3]>("(u8, u8, u8)");
    check::<[u8; 4]>("[u8; 4]");
    check::<[u8; 32]>("[u8; 32]");
    check::<[[u16; 8]; 4]>("[[u16; 8]; 4]");
    check::<[Option<String>; 4]>("[Option<String>; 4]");
}

/// As crates for arrays longer than serde knows do it.
mod big_array {
    use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: DeserializeOwned, const N: usize>(
        deserializer: D,
    ) -> Result<[T; N], D::Error> {
        struct Elements<T, const N: usize>(std::marker::PhantomData<T>);

        impl<'de, T: DeserializeOwned, const N: usize> Visitor<'de> for Elements<T, N> {
            type Value = [T; N];

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{N} elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<[T; N], A::Error> {
                let mut all = Vec::new();
                while let Some(element) = elements.next_element()? {
                    all.push(element);
                }
                let length = all.len();
                all.try_into()
                    .map_err(|_| A::Error::invalid_length(length, &self))
            }
        }

        deserializer.deserialize_tuple(N, Elements(std::marker::PhantomData))
    }
}

#[test]
fn long_arrays_by_a_function_of_their_own_are_arrays_too() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Key {
        #[serde(with = "big_array")]
        bytes: [u8; 64],
        #[serde(deserialize_with = "big_array::deserialize")]
        matrix: [[u8; 3]; 100],
    }

    check::<Key>("Key { bytes: [u8; 64], matrix: [(u8, u8, u8); 100] }");
}

#[test]
fn an_array_too_long_to_be_looked_into_is_opaque() {
    fn longer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        big_array::deserialize::<D, u8, 1025>(deserializer).map(drop)
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Long {
        name: String,
        #[serde(deserialize_with = "longer")]
        long: (),
    }

    check::<Long>("Long { name: String, long: ? }");
}

#[test]
fn options_and_results_are_shown_as_such() {
    check::<Option<u8>>("Option<u8>");
    check::<Option<Option<Option<u8>>>>("Option<Option<Option<u8>>>");
    check::<Result<u8, String>>("Result<u8, String>");
    check::<Result<IpAddr, Result<(), char>>>(
        "Result<IpAddr { V4([u8; 4]), V6([u8; 16]) }, Result<(), char>>",
    );
    check::<Vec<Option<Result<Vec<u8>, ()>>>>("Vec<Option<Result<Vec<u8>, ()>>>");
}

#[test]
fn types_of_the_standard_library_are_seen_through() {
    check::<Ipv4Addr>("[u8; 4]");
    check::<Ipv6Addr>("[u8; 16]");
    check::<IpAddr>("IpAddr { V4([u8; 4]), V6([u8; 16]) }");
    check::<SocketAddrV4>("([u8; 4], u16)");
    check::<SocketAddr>("SocketAddr { V4(([u8; 4], u16)), V6(([u8; 16], u16)) }");
    check::<Duration>("Duration { secs: u64, nanos: u32 }");
    check::<SystemTime>("SystemTime { secs_since_epoch: u64, nanos_since_epoch: u32 }");
    check::<Range<u16>>("Range { start: u16, end: u16 }");
    check::<RangeInclusive<char>>("RangeInclusive { start: char, end: char }");
    check::<Bound<u8>>("Bound { Unbounded, Included(u8), Excluded(u8) }");
    check::<NonZeroU8>("u8");
    check::<NonZeroU32>("u32");
    check::<NonZeroI64>("i64");
    check::<NonZeroU128>("u128");
    check::<Option<Vec<(NonZeroU32, NonZeroU32)>>>("Option<Vec<(u32, u32)>>");
    check::<std::marker::PhantomData<String>>("PhantomData");
}

#[derive(Deserialize)]
struct Unit;

#[derive(Deserialize)]
struct Newtype(#[expect(dead_code)] u32);

#[derive(Deserialize)]
struct Tuple(#[expect(dead_code)] u8, #[expect(dead_code)] String);

#[derive(Deserialize)]
struct EmptyTuple();

#[derive(Deserialize)]
struct Empty {}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Named {
    id: u64,
    unit: Unit,
    newtype: Newtype,
    tuple: Tuple,
    empty: (EmptyTuple, Empty),
}

#[test]
fn structs_of_every_kind() {
    check::<Unit>("Unit");
    check::<Newtype>("Newtype(u32)");
    check::<Tuple>("Tuple(u8, String)");
    check::<EmptyTuple>("EmptyTuple()");
    check::<Empty>("Empty {}");
    check::<Named>(
        "Named { id: u64, unit: Unit, newtype: Newtype(u32), tuple: Tuple(u8, String), empty: (EmptyTuple(), Empty {}) }",
    );
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Shape {
    Dot,
    Circle(f64),
    Pair(f32, f32),
    Box { width: u16, height: u16 },
    Nothing(),
    None {},
    Unit(()),
    Nested(Inner),
    Both(Inner, Option<Inner>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Inner {
    A,
    B(Deepest),
    C { first: Deepest, second: Vec<Deepest> },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Deepest {
    X(u8),
    Y(String),
}

#[test]
fn every_variant_of_an_enum_is_found_and_of_nested_ones_too() {
    check::<Deepest>("Deepest { X(u8), Y(String) }");
    check::<Shape>(
        "Shape { Dot, Circle(f64), Pair(f32, f32), Box { width: u16, height: u16 }, Nothing(), None {}, Unit(()), \
         Nested(Inner { A, B(Deepest { X(u8), Y(String) }), C { first: Deepest, second: Vec<Deepest> } }), \
         Both(Inner, Option<Inner>) }",
    );
}

#[test]
fn enums_without_values_and_with_one_variant() {
    #[derive(Deserialize)]
    enum Never {}

    #[derive(Deserialize)]
    enum One {
        Only(Option<Never>),
    }

    check::<Never>("Never {}");
    check::<Option<Never>>("Option<Never {}>");
    check::<One>("One { Only(Option<Never {}>) }");
}

#[test]
fn a_variant_without_values_hides_no_other() {
    #[derive(Deserialize)]
    enum Never {}

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Some {
        Impossible(Never, u8),
        Also { never: Never },
        Possible(u16),
        Last,
    }

    check::<Vec<Some>>(
        "Vec<Some { Impossible(Never {}, Hidden { ?: ? }), Also { never: Never }, Possible(u16), Last }>",
    );
}

#[test]
fn one_generic_type_with_different_parameters_is_several_types() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Gen<T> {
        value: T,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Choice<A, B> {
        Left(A),
        Right { value: B },
    }

    check::<(Gen<u8>, Gen<String>)>("(Gen { value: u8 }, Gen { value: String })");
    check::<Gen<Gen<Gen<bool>>>>("Gen { value: Gen { value: Gen { value: bool } } }");
    check::<Vec<(Gen<Option<u8>>, Option<Gen<u8>>)>>(
        "Vec<(Gen { value: Option<u8> }, Option<Gen { value: u8 }>)>",
    );
    check::<Choice<Choice<u8, u16>, Choice<u16, u8>>>(
        "Choice { Left(Choice { Left(u8), Right { value: u16 } }), \
         Right { value: Choice { Left(u16), Right { value: u8 } } } }",
    );
    check::<(Result<u8, IpAddr>, Result<IpAddr, u8>)>(
        "(Result<u8, IpAddr { V4([u8; 4]), V6([u8; 16]) }>, Result<IpAddr, u8>)",
    );
}

mod shop {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Item {
        pub(super) price: u64,
        pub(super) inside: Option<super::bakery::Item>,
    }
}

mod bakery {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Item {
        pub(super) weight: f32,
    }
}

#[test]
fn types_of_one_name_in_different_modules_are_different_types() {
    check::<(shop::Item, bakery::Item)>(
        "(Item { price: u64, inside: Option<Item { weight: f32 }> }, Item { weight: f32 })",
    );
    check::<Vec<bakery::Item>>("Vec<Item { weight: f32 }>");
}

#[test]
fn renamed_parts_have_the_names_that_travel() {
    #[derive(Deserialize)]
    #[serde(rename = "item", rename_all = "camelCase")]
    #[expect(dead_code, reason = "only traced")]
    struct Item {
        unit_price: u64,
        #[serde(rename = "kg")]
        weight: f32,
        r#type: Kind,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    #[expect(dead_code, reason = "only traced")]
    enum Kind {
        FreshFruit,
        #[serde(rename = "other")]
        Other(u8),
    }

    check::<Item>("item { unitPrice: u64, kg: f32, type: Kind { FRESH_FRUIT, other(u8) } }");
}

/// serde lists aliases among the names, in alphabetical order. Of a field it says which one is written, of a variant it does not.
#[test]
fn all_names_are_told_where_there_are_aliases() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Item {
        price: u64,
        #[serde(alias = "kg", alias = "mass")]
        weight: f32,
        kind: Kind,
        last: Plain,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Kind {
        #[serde(alias = "Apple", alias = "Pear")]
        Fruit,
        Other(u8),
        Named {
            #[serde(alias = "a")]
            b: bool,
        },
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Plain {
        name: String,
    }

    check::<Item>(
        "Item { price: u64, weight|kg|mass: f32, kind: Kind { Apple|Fruit|Pear, Other(u8), Named { b|a: bool } }, last: Plain { \
         name: String } }",
    );
}

#[test]
fn skipped_parts_do_not_travel_and_defaults_do() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Cached {
        #[serde(skip)]
        cache: Vec<String>,
        #[serde(default)]
        value: u8,
        #[serde(skip_deserializing)]
        computed: u64,
        #[serde(default = "seven")]
        last: Option<u16>,
    }

    fn seven() -> Option<u16> {
        Some(7)
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Some {
        A(u8),
        #[serde(skip)]
        Hidden(std::time::Instant),
        B(u16),
    }

    check::<Cached>("Cached { value: u8, last: Option<u16> }");
    check::<Some>("Some { A(u8), B(u16) }");
}

#[test]
fn a_type_read_by_another_is_that_other() {
    fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer).map(|text| text.len() as u64)
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Read {
        #[serde(deserialize_with = "text")]
        number: u64,
        transparent: Transparent,
        from: From,
    }

    #[derive(Deserialize)]
    #[serde(transparent)]
    #[expect(dead_code, reason = "only traced")]
    struct Transparent {
        inner: Vec<u8>,
    }

    #[derive(Deserialize)]
    #[serde(from = "(u8, u16)")]
    #[expect(dead_code, reason = "only traced")]
    struct From(u32);

    impl std::convert::From<(u8, u16)> for From {
        fn from((a, b): (u8, u16)) -> Self {
            Self(u32::from(a) + u32::from(b))
        }
    }

    check::<Read>("Read { number: String, transparent: Vec<u8>, from: (u8, u16) }");
}

/// Types that accept only some values are still seen as long as a likely one is among them.
#[test]
fn types_that_check_their_values_are_seen_as_what_they_are_read_from() {
    macro_rules! checked {
        ($($name:ident: $raw:ty, $accepts:expr;)*) => {$(
            struct $name;

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let accepts: fn($raw) -> bool = $accepts;
                    if accepts(<$raw>::deserialize(deserializer)?) { Ok(Self) } else { Err(D::Error::custom("refused")) }
                }
            }
        )*};
    }

    checked! {
        Port: u16, |port| port != 0;
        Email: String, |text| text.contains('@');
        Date: String, |text| text.len() == 10 && text.split('-').count() == 3;
        Increasing: (i64, i64), |(a, b)| a < b;
        Decreasing: (i64, i64), |(a, b)| a > b;
        Filled: Vec<u8>, |bytes| !bytes.is_empty();
        Pair: Vec<u8>, |bytes| bytes.len() == 2;
        Known: Option<u8>, |known| known.is_some();
        Yes: bool, |yes| yes;
    }

    check::<Vec<Port>>("Vec<u16>");
    check::<(Email, Date)>("(String, String)");
    check::<(Increasing, Decreasing)>("((i64, i64), (i64, i64))");
    check::<(Filled, Pair, Known, Yes, u8)>("(Vec<u8>, Vec<u8>, Option<u8>, bool, u8)");
}

#[test]
fn unsized_and_owned_forms_of_one_type_are_the_same() {
    fn same<A: Deserialize<'static>, B: Deserialize<'static>>() {
        assert_eq!(super::super::trace::<A>(), super::super::trace::<B>());
    }

    same::<&'static str, String>();
    same::<Box<[u8]>, Vec<u8>>();
    same::<HashSet<u8>, Vec<u8>>();
    same::<Box<Option<Box<u8>>>, Option<u8>>();
}

#[test]
fn tracing_twice_gives_the_same() {
    fn twice<T: DeserializeOwned>() {
        assert_eq!(super::super::trace::<T>(), super::super::trace::<T>());
    }

    twice::<Shape>();
    twice::<HashMap<String, Shape>>();
}
