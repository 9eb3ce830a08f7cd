//! Which types and signatures agree.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::{ErrorType, Returns, Signature, Type, Variant, trace};
use super::{gives, takes};

/// Whether `A` and `B` match, in both directions and by number.
#[track_caller]
fn check<A: Deserialize<'static>, B: Deserialize<'static>>(same: bool) {
    let (a, b) = (trace::<A>(), trace::<B>());
    assert_eq!(a.matches(&b), same, "{a} and {b}");
    assert_eq!(b.matches(&a), same, "{b} and {a}");
    for (a, b) in [
        (takes([("a", a.clone())]), takes([("b", b.clone())])),
        (
            gives(a.clone(), ErrorType::None),
            gives(b.clone(), ErrorType::None),
        ),
        (
            gives(Type::Unit, ErrorType::Typed(a)),
            gives(Type::Unit, ErrorType::Typed(b)),
        ),
    ] {
        assert_eq!(a.number() == b.number(), same, "{a} and {b}");
        assert_eq!(a.is_compatible_with(&b), same, "{a} and {b}");
    }
}

mod one {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Item {
        pub(super) name: String,
        pub(super) price: u64,
    }
}

mod other {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Article {
        pub(super) name: Box<str>,
        pub(super) price: u64,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Swapped {
        pub(super) price: u64,
        pub(super) name: String,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Item {
        pub(super) name: String,
        pub(super) cost: u64,
    }

    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Longer {
        pub(super) name: String,
        pub(super) price: u64,
        pub(super) note: (),
    }
}

#[test]
fn a_renamed_type_with_the_same_fields_is_the_same() {
    check::<one::Item, other::Article>(true);
    check::<Vec<one::Item>, HashSet<String>>(false);
}

#[test]
fn other_fields_are_another_type() {
    check::<one::Item, other::Swapped>(false);
    check::<one::Item, other::Item>(false);
    check::<one::Item, other::Longer>(false);
    check::<one::Item, (String, u64)>(false);
}

#[test]
fn numbers_of_different_width_or_sign_are_different() {
    check::<i32, i64>(false);
    check::<u32, i32>(false);
    check::<f32, f64>(false);
    check::<u64, usize>(true);
    check::<u32, NonZeroU32>(true);
    check::<u32, char>(false);
    check::<u8, bool>(false);
}

#[test]
fn how_a_value_is_held_does_not_matter() {
    check::<String, &'static str>(true);
    check::<String, Cow<'static, str>>(true);
    check::<String, PathBuf>(true);
    check::<Vec<u8>, &'static [u8]>(true);
    check::<Vec<u8>, Box<[u8]>>(true);
    check::<Vec<u16>, BTreeSet<u16>>(true);
    check::<HashMap<u8, String>, BTreeMap<u8, Box<str>>>(true);
    check::<Option<Box<u8>>, Option<u8>>(true);
}

#[test]
fn what_looks_alike_is_not_the_same() {
    check::<Vec<u8>, Vec<i8>>(false);
    check::<Vec<u8>, [u8; 4]>(false);
    check::<[u8; 4], [u8; 5]>(false);
    check::<Option<u8>, u8>(false);
    check::<Option<u8>, Vec<u8>>(false);
    check::<Vec<(String, u8)>, HashMap<String, u8>>(false);
    check::<HashMap<u8, u16>, HashMap<u16, u8>>(false);
    check::<(u8, u16), (u16, u8)>(false);
    check::<(u8, u16), (u8, u16, ())>(false);
    check::<(u8, (u16, u32)), ((u8, u16), u32)>(false);
    check::<Result<u8, u16>, Result<u16, u8>>(false);
    check::<Result<u8, ()>, Option<u8>>(false);
    check::<IpAddr, Ipv4Addr>(false);
    check::<Duration, (u64, u32)>(false);
    check::<(), Option<()>>(false);
    check::<String, Vec<u8>>(false);
}

#[derive(Deserialize)]
struct Meters(#[expect(dead_code)] f64);

#[derive(Deserialize)]
struct Kilometers(#[expect(dead_code)] Meters);

#[derive(Deserialize)]
struct Point(#[expect(dead_code)] u8, #[expect(dead_code)] u16);

#[derive(Deserialize)]
struct Unit;

#[derive(Deserialize)]
struct NoFields();

#[test]
fn a_newtype_is_what_it_wraps_and_a_tuple_struct_is_a_tuple() {
    check::<Meters, f64>(true);
    check::<Kilometers, Meters>(true);
    check::<Vec<Kilometers>, Vec<f64>>(true);
    check::<Point, (u8, u16)>(true);
    check::<Meters, (f64,)>(false);
    check::<Unit, ()>(true);
    check::<NoFields, ()>(true);
    check::<[u8; 0], ()>(true);
    check::<(Unit, Meters), ((), f64)>(true);
}

#[test]
fn variants_agree_by_name_order_and_content() {
    macro_rules! variants {
        ($($name:ident { $($variant:tt)* })*) => {$(
            #[derive(Deserialize)]
            #[expect(dead_code, reason = "only traced")]
            enum $name { $($variant)* }
        )*};
    }

    variants! {
        Order { Nothing, One(u8), Two(u8, u16), Named { a: u8 } }
        Renamed { Nothing, One(u8), Two(u8, u16), Named { a: u8 } }
        Swapped { One(u8), Nothing, Two(u8, u16), Named { a: u8 } }
        OtherName { Nothing, Uno(u8), Two(u8, u16), Named { a: u8 } }
        OtherType { Nothing, One(i8), Two(u8, u16), Named { a: u8 } }
        OtherField { Nothing, One(u8), Two(u8, u16), Named { b: u8 } }
        OtherKind { Nothing, One(u8), Two((u8, u16)), Named { a: u8 } }
        Empty { Nothing(), One(u8), Two(u8, u16), Named { a: u8 } }
        Longer { Nothing, One(u8), Two(u8, u16), Named { a: u8 }, More }
    }

    check::<Order, Renamed>(true);
    check::<Order, Swapped>(false);
    check::<Order, OtherName>(false);
    check::<Order, OtherType>(false);
    check::<Order, OtherField>(false);
    check::<Order, OtherKind>(false);
    check::<Order, Empty>(true);
    check::<Order, Longer>(false);
    check::<Vec<(u8, Order)>, Vec<(u8, Renamed)>>(true);
    check::<Vec<(u8, Order)>, Vec<(u8, OtherType)>>(false);
}

#[test]
fn recursive_types_agree_however_they_are_written_down() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Chain {
        value: u8,
        next: Option<Box<Chain>>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Twice {
        value: u8,
        next: Option<Box<Thrice>>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Thrice {
        value: u8,
        next: Option<Box<Fourfold>>,
    }

    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Fourfold(#[expect(dead_code)] Wrapped);

    #[derive(Deserialize)]
    struct Wrapped(#[expect(dead_code)] Box<Twice>);

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Other {
        value: u8,
        next: Option<Box<Ends>>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Ends {
        value: u8,
        next: Option<()>,
    }

    check::<Chain, Twice>(true);
    check::<Chain, Thrice>(true);
    check::<(Chain, Vec<Twice>), (Thrice, Vec<Chain>)>(true);
    check::<Chain, Other>(false);
    check::<Twice, Other>(false);
}

/// Whichever name is written, it is read at the same place.
///
/// signature.names
#[test]
fn a_name_is_one_of_several_at_the_same_place() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Titled {
        #[serde(alias = "name")]
        title: String,
        price: u64,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Renamed {
        #[serde(alias = "label")]
        title: String,
        price: u64,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Plain {
        One(u8),
        Two,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum WithAlias {
        #[serde(alias = "Uno")]
        One(u8),
        Two,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Other {
        #[serde(alias = "Two")]
        One(u8),
        Three,
    }

    let compatible = |a: Type, b: Type| {
        assert_eq!(a.matches(&b), b.matches(&a));
        a.matches(&b)
    };
    assert!(compatible(trace::<Titled>(), trace::<one::Item>()));
    assert!(compatible(trace::<Titled>(), trace::<Renamed>()));
    assert!(!compatible(trace::<Renamed>(), trace::<one::Item>()));
    assert!(!compatible(trace::<Titled>(), trace::<other::Swapped>()));
    assert!(!compatible(trace::<Titled>(), trace::<other::Longer>()));
    assert!(compatible(trace::<WithAlias>(), trace::<Plain>()));
    assert!(!compatible(trace::<Other>(), trace::<Plain>()));
    assert!(!compatible(trace::<WithAlias>(), trace::<Result<u8, u8>>()));
    check::<Titled, Titled>(true);
}

// ------------------------------------------------------------------ whole signatures

fn error() -> ErrorType {
    ErrorType::Typed(trace::<Option<String>>())
}

#[track_caller]
fn check_signatures(caller: &Signature, callback: &Signature, compatible: bool) {
    assert_eq!(
        caller.is_compatible_with(callback),
        compatible,
        "called as {caller}, offered as {callback}"
    );
}

#[test]
fn the_names_of_parameters_do_not_matter_and_their_order_does() {
    let offered = takes([("a", Type::U8), ("b", Type::Str)]);
    let renamed = takes([("x", Type::U8), ("y", Type::Str)]);
    assert_eq!(offered.number(), renamed.number());
    check_signatures(&renamed, &offered, true);
    for other in [
        takes([("b", Type::Str), ("a", Type::U8)]),
        takes([("a", Type::U8)]),
        takes([("a", Type::U8), ("b", Type::Str), ("c", Type::Unit)]),
        takes([("a", Type::Tuple(vec![Type::U8, Type::Str]))]),
        takes([]),
    ] {
        assert_ne!(offered.number(), other.number(), "{other}");
        check_signatures(&other, &offered, false);
    }
}

#[test]
fn arguments_by_value_are_parameters_without_names() {
    let returns = || Returns {
        ok: Type::Unit,
        error: ErrorType::None,
    };
    let tuple = Type::Tuple(vec![Type::U8, Type::Str]);
    let by_value = Signature::from_arguments(tuple, returns());
    assert_eq!(
        by_value.number(),
        takes([("a", Type::U8), ("b", Type::Str)]).number()
    );
    assert_eq!(
        Signature::from_arguments(Type::Unit, returns()).number(),
        takes([]).number()
    );
    let unknown = Signature::from_arguments(Type::Opaque, returns());
    check_signatures(&unknown, &takes([("a", Type::U8)]), true);
    check_signatures(&takes([("a", Type::U8)]), &unknown, true);
    check_signatures(&unknown, &gives(Type::U8, ErrorType::None), false);
}

/// Rows: how it is called. Columns: how it is offered.
#[test]
fn a_caller_may_know_less_about_the_error_than_the_callback_but_not_more() {
    let kinds = || {
        [
            ErrorType::None,
            ErrorType::Remote,
            error(),
            ErrorType::Typed(Type::U8),
        ]
    };
    let expected = [
        [true, true, true, true],
        [true, true, true, true],
        [false, false, true, false],
        [false, false, false, true],
    ];
    for (called, row) in kinds().into_iter().zip(expected) {
        for (offered, expected) in kinds().into_iter().zip(row) {
            check_signatures(
                &gives(Type::U8, called.clone()),
                &gives(Type::U8, offered),
                expected,
            );
        }
        let other = gives(Type::I8, ErrorType::None);
        check_signatures(&gives(Type::U8, called), &other, false);
    }
}

#[test]
fn the_plain_number_is_that_of_a_caller_without_an_error() {
    let plain = gives(Type::U8, ErrorType::None);
    let remote = gives(Type::U8, ErrorType::Remote);
    let typed = gives(Type::U8, error());
    assert_eq!(plain.number(), plain.plain_number());
    assert_eq!(plain.number(), remote.number());
    assert_eq!(plain.number(), typed.plain_number());
    assert_ne!(plain.number(), typed.number());
    assert_ne!(
        typed.number(),
        gives(Type::U8, ErrorType::Typed(Type::Str)).number()
    );
    assert_ne!(typed.plain_number(), gives(Type::I8, error()).plain_number());
}

#[test]
fn a_result_as_a_value_is_not_an_error_type() {
    let value = gives(trace::<Result<u8, Option<String>>>(), ErrorType::None);
    let typed = gives(Type::U8, error());
    assert_ne!(value.number(), typed.number());
    check_signatures(&value, &typed, false);
}

#[test]
fn gaps_in_a_signature_are_filled_by_anything_and_have_another_number() {
    let known = takes([("a", trace::<Vec<(u8, String)>>())]);
    let gap = takes([("a", trace::<Vec<(u8, IgnoredAny)>>())]);
    assert_ne!(known.number(), gap.number());
    check_signatures(&gap, &known, true);
    check_signatures(&known, &gap, true);
    check_signatures(&gap, &takes([("a", trace::<Vec<(u16, String)>>())]), false);
}

/// These numbers travel. If one changes, callers and callbacks of different releases disagree: that is a change of the
/// protocol, and needs a note in `docs/protocol.md`.
/// signature.number
#[test]
fn numbers_are_the_same_forever() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Folder {
        name: String,
        inside: Vec<Folder>,
    }

    let none = || ErrorType::None;
    let golden = [
        (takes([]), 12_690_859_417_722_931_256),
        (
            takes([("a", Type::I64), ("b", Type::I64)]),
            4_069_282_117_138_077_057,
        ),
        (gives(Type::I64, none()), 14_400_257_695_133_333_447),
        (
            gives(Type::I64, ErrorType::Typed(Type::Str)),
            12_819_427_273_036_406_326,
        ),
        (
            takes([(
                "all",
                trace::<(
                    bool,
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
                    char,
                    String,
                    (),
                )>(),
            )]),
            18_297_207_270_469_867_641,
        ),
        (
            takes([("option", trace::<Option<Vec<HashMap<u8, (u16,)>>>>())]),
            15_934_410_042_273_701_806,
        ),
        (
            takes([("item", trace::<one::Item>())]),
            15_545_672_961_284_749_886,
        ),
        (
            gives(trace::<Result<IpAddr, Duration>>(), none()),
            18_051_109_708_991_024_153,
        ),
        (gives(trace::<Folder>(), none()), 7_059_763_476_538_610_952),
        (takes([("any", Type::Opaque)]), 1_232_941_486_686_933_041),
        (
            Signature::from_arguments(Type::Opaque, gives(Type::Unit, none()).returns),
            18_367_029_579_827_855_011,
        ),
    ];
    for (signature, number) in golden {
        assert_eq!(signature.number(), number, "{signature}");
    }
}

#[test]
fn a_number_is_never_zero() {
    // Zero means "any signature" on the wire. There is no telling which signature would have it; this one has some.
    assert_ne!(takes([]).number(), 0);
}

// ------------------------------------------------------------------ types made up

/// Types of few kinds, so that equal ones are likely, with recursions into whatever is around.
fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        2 => Just(Type::U8),
        1 => Just(Type::Str),
        4 => (0..6_u32).prop_map(Type::Recursive),
    ];
    let made_up = leaf.prop_recursive(5, 12, 2, |inside| {
        prop_oneof![
            inside.clone().prop_map(|inner| Type::Option(Box::new(inner))),
            inside.clone().prop_map(|element| Type::Seq(Box::new(element))),
            (inside.clone(), inside.clone()).prop_map(|(a, b)| Type::Tuple(vec![a, b])),
            (inside.clone(), inside).prop_map(|(a, b)| Type::Enum {
                name: "E".to_owned(),
                variants: vec![
                    Variant {
                        index: 0,
                        name: "A".to_owned(),
                        content: Type::Tuple(vec![a])
                    },
                    Variant {
                        index: 1,
                        name: "B".to_owned(),
                        content: b
                    },
                ],
                open: false,
            }),
        ]
    });
    made_up.prop_map(|mut ty| {
        close(&mut ty, 0);
        ty
    })
}

/// Makes recursions that lead out of the type end at its root, or in a `u8` if there is nothing around.
fn close(ty: &mut Type, around: u32) {
    match ty {
        Type::Recursive(_) if around == 0 => *ty = Type::U8,
        Type::Recursive(level) => *level %= around,
        Type::Option(inner) | Type::Seq(inner) => close(inner, around + 1),
        Type::Tuple(fields) => fields.iter_mut().for_each(|field| close(field, around + 1)),
        Type::Enum { variants, .. } => {
            variants
                .iter_mut()
                .for_each(|variant| close(&mut variant.content, around + 1));
        }
        _ => {}
    }
}

/// `ty` with the first recursion to its root replaced by the root itself.
fn unrolled(ty: &Type) -> Type {
    fn unroll(ty: &mut Type, around: u32, root: &Type, done: &mut bool) {
        match ty {
            Type::Recursive(level) if !*done && *level + 1 == around => {
                *ty = root.clone();
                *done = true;
            }
            Type::Option(inner) | Type::Seq(inner) => unroll(inner, around + 1, root, done),
            Type::Tuple(fields) => fields
                .iter_mut()
                .for_each(|field| unroll(field, around + 1, root, done)),
            Type::Enum { variants, .. } => {
                variants
                    .iter_mut()
                    .for_each(|variant| unroll(&mut variant.content, around + 1, root, done));
            }
            _ => {}
        }
    }
    let mut unrolled = ty.clone();
    unroll(&mut unrolled, 0, ty, &mut false);
    unrolled
}

fn number(ty: &Type) -> u64 {
    gives(ty.clone(), ErrorType::None).number()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The two are computed in quite different ways.
    #[test]
    fn numbers_are_equal_just_when_types_match(a in types(), b in types()) {
        prop_assert_eq!(number(&a) == number(&b), a.matches(&b), "{} and {}", a, b);
    }

    #[test]
    fn a_type_that_is_unrolled_is_the_same_type(ty in types()) {
        let unrolled = unrolled(&ty);
        prop_assert!(ty.matches(&unrolled), "{} and {}", ty, unrolled);
        prop_assert_eq!(number(&ty), number(&unrolled));
        let twice = self::unrolled(&unrolled);
        prop_assert_eq!(number(&ty), number(&twice));
    }
}

#[test]
fn names_have_a_number_of_their_own() {
    let takes = |names: [&str; 2]| takes(names.map(|name| (name, Type::I64)));
    let ab = takes(["a", "b"]);
    assert_eq!(ab.names_number(), takes(["a", "b"]).names_number());
    assert_ne!(ab.names_number(), takes(["b", "a"]).names_number());
    assert_ne!(ab.names_number(), takes(["ab", ""]).names_number());
    assert_ne!(ab.names_number(), 0);
    assert_eq!(ab.number(), takes(["b", "a"]).number());
    assert_eq!(takes(["a", "_"]).names_number(), 0, "one is not known");
    assert_eq!(
        super::takes([("a", Type::I64)]).names_number(),
        0,
        "one alone has its place"
    );
    assert_eq!(super::takes([]).names_number(), 0);
}

#[test]
fn arguments_of_one_type_may_change_places() {
    let check = |mine: [(&str, Type); 3], others: [&str; 3], expected: bool| {
        let types = mine.clone().map(|(_, ty)| ty);
        let mut others = others.into_iter().zip(types);
        let others = std::array::from_fn::<_, 3, _>(|_| others.next().expect("there are as many"));
        assert_eq!(takes(mine).may_be_confused_with(&takes(others)), expected);
    };
    let all_alike = || [("a", Type::I64), ("b", Type::I64), ("c", Type::Str)];
    check(all_alike(), ["a", "b", "c"], false);
    check(all_alike(), ["b", "a", "c"], true);
    check(all_alike(), ["x", "b", "c"], true);
    check(all_alike(), ["a", "b", "x"], false);
    check(
        [("a", Type::I64), ("b", Type::I32), ("c", Type::Str)],
        ["x", "y", "z"],
        false,
    );
    check(
        [("a", Type::I64), ("b", Type::Opaque), ("c", Type::Str)],
        ["b", "a", "c"],
        true,
    );
}
