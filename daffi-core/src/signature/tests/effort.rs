//! Tracing ends, soon, whatever it is given.

use std::cell::Cell;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, Error, SeqAccess, VariantAccess, Visitor};

use super::super::{DEPTH_LIMIT, Panic, SIZE_LIMIT, Type, findings, trace};
use super::check;

/// A `T`, and how often one was asked for on this thread.
struct Counted<T>(PhantomData<T>);

thread_local! {
    static READS: Cell<usize> = const { Cell::new(0) };
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Counted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READS.set(READS.get() + 1);
        T::deserialize(deserializer).map(|_| Self(PhantomData))
    }
}

/// Traces `T`; the counted parts of it are read `limit` times at most.
#[track_caller]
fn check_reads<T: Deserialize<'static>>(limit: usize) -> Type {
    READS.set(0);
    let ty = trace::<T>();
    assert!(READS.get() <= limit, "{} reads of {ty}", READS.get());
    assert!(READS.get() > 0, "nothing was counted");
    assert!(ty.size() <= SIZE_LIMIT);
    ty
}

/// An enum of `N` variants, of which each carries its own kind of thing.
struct Wide<const N: usize>;

impl<'de, const N: usize> Deserialize<'de> for Wide<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Choice<const N: usize>;

        impl<'de, const N: usize> Visitor<'de> for Choice<N> {
            type Value = Wide<N>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a choice")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<Wide<N>, A::Error> {
                READS.set(READS.get() + 1);
                match choice.variant::<u32>()? {
                    (index, _) if index as usize >= N => return Err(A::Error::custom("no such variant")),
                    (index, content) if index % 2 == 0 => content.newtype_variant::<u32>().map(drop)?,
                    (_, content) => content.unit_variant()?,
                }
                Ok(Wide)
            }
        }

        static NAMES: [&str; 5000] = ["v"; 5000];
        deserializer.deserialize_enum("Wide", &NAMES[..N], Choice::<N>)
    }
}

#[test]
fn an_enum_with_a_thousand_variants_is_read_once_for_each() {
    let Type::Enum { variants, .. } = check_reads::<Wide<1000>>(1002) else {
        panic!("it is an enum")
    };
    assert_eq!(variants.len(), 1000);
    let content = |index: usize| &variants[index].content;
    assert_eq!(
        (content(998), content(999)),
        (&Type::Tuple(vec![Type::U32]), &Type::Unit)
    );
}

#[test]
fn enums_side_by_side_are_explored_at_the_same_time() {
    let ty = check_reads::<[Wide<100>; 20]>(20 * 102);
    assert!(!ty.is_opaque_somewhere());
}

#[test]
fn an_enum_with_more_variants_than_anybody_needs_is_opaque() {
    assert_eq!(trace::<Wide<5000>>(), Type::Opaque);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Leaf {
    A,
    B(Counted<u8>),
    C { x: String, y: Option<u16> },
    D(Vec<u8>),
    E(Result<u8, String>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Branch {
    A(Leaf),
    B(Leaf, Leaf),
    C { x: Leaf, y: Option<Leaf> },
    D(Vec<Leaf>),
    E(Result<Leaf, Leaf>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Tree {
    A(Branch),
    B { branches: Vec<(Branch, Leaf)> },
}

#[test]
fn many_fields_of_nested_enums_take_no_more_runs_than_one() {
    let one = check_reads::<Branch>(100);
    assert!(!one.is_opaque_somewhere());
    let many = check_reads::<[Branch; 30]>(30 * 100);
    assert!(!many.is_opaque_somewhere());
    let Type::Tuple(fields) = &many else {
        panic!("an array is a tuple")
    };
    assert!(fields.iter().all(|field| *field == one));
}

#[test]
fn a_type_too_large_to_be_described_is_known_to_some_depth() {
    let ty = check_reads::<[Tree; 30]>(100_000);
    let Type::Tuple(fields) = &ty else {
        panic!("an array is a tuple: {ty}")
    };
    assert!(
        matches!(&fields[29], Type::Enum { variants, .. } if variants.len() == 2),
        "{ty}"
    );
    assert!(ty.is_opaque_somewhere());
    let ty = trace::<[[[u8; 32]; 32]; 32]>();
    assert!(matches!(&ty, Type::Tuple(fields) if fields.len() == 32), "{ty}");
}

/// Two levels: the enum, and what its variant carries.
#[derive(Deserialize)]
enum Two<T> {
    Only(T),
}

type Twenty<T> = Two<Two<Two<Two<Two<Two<Two<Two<Two<Two<T>>>>>>>>>>;
type Hundred<T> = Twenty<Twenty<Twenty<Twenty<Twenty<T>>>>>;

#[test]
fn a_type_nested_too_deep_is_known_to_the_greatest_depth() {
    assert!(
        !trace::<Hundred<Twenty<Two<Two<Two<Two<u8>>>>>>>().is_opaque_somewhere(),
        "{DEPTH_LIMIT} levels"
    );
    let mut ty = &trace::<Hundred<Twenty<Twenty<u8>>>>();
    let mut depth = 0;
    while let Type::Enum { variants, .. } = ty {
        let Type::Tuple(fields) = &variants[0].content else {
            break;
        };
        ty = &fields[0];
        depth += 2;
    }
    assert_eq!((ty, depth), (&Type::Opaque, DEPTH_LIMIT));
}

/// Its conversion asserts what holds for all values that are ever sent.
struct Positive;

impl<'de> Deserialize<'de> for Positive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        READS.set(READS.get() + 1);
        assert_ne!(number, 0, "made up by the test");
        Ok(Self)
    }
}

#[test]
fn a_type_that_panics_is_not_read_again_and_what_was_read_of_it_is_known() {
    fn reads<T: Deserialize<'static>>(expected: &str) {
        READS.set(0);
        let found = findings::<T>();
        assert_eq!(found.ty.to_string(), expected);
        assert_eq!(READS.get(), 1, "{expected}");
        let panic = Panic {
            ty: std::any::type_name::<Positive>(),
            message: "assertion `left != right` failed: made up by the test\n  left: 0\n right: 0".to_owned(),
        };
        assert_eq!(found.panics, [panic], "{expected}");
    }
    reads::<Positive>("u32");
    reads::<(u8, Positive, String, Positive)>("(u8, u32, Hidden { ?: ? }, Hidden)");
    reads::<Option<Positive>>("Option<u32>");
    reads::<(Vec<Positive>, Option<Vec<Positive>>, u8)>("(Vec<u32>, Option<Vec<?>>, u8)");
    reads::<Result<u8, Positive>>("Result<u8, u32>");
}

#[test]
fn a_type_that_always_panics_does_no_harm() {
    struct Panics;

    impl<'de> Deserialize<'de> for Panics {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            READS.set(READS.get() + 1);
            panic!("made up by the test");
        }
    }

    assert_eq!(check_reads::<Panics>(10), Type::Opaque);
    assert_eq!(
        check_reads::<(u8, Panics, u8)>(10).to_string(),
        "(u8, ?, Hidden { ?: ? })"
    );
    assert_eq!(check_reads::<Option<Panics>>(10).to_string(), "Option<?>");
}

#[test]
fn a_type_that_asks_for_more_than_there_is_ends() {
    struct Greedy;

    impl<'de> Deserialize<'de> for Greedy {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Elements;

            impl<'de> Visitor<'de> for Elements {
                type Value = Greedy;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("more")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Greedy, A::Error> {
                    for _ in 0..1_000 {
                        elements.next_element::<Counted<u8>>()?;
                    }
                    Ok(Greedy)
                }
            }

            deserializer.deserialize_seq(Elements)
        }
    }

    assert_eq!(check_reads::<Greedy>(10).to_string(), "Vec<u8>");
}

#[test]
fn a_type_that_reads_nothing_is_a_unit() {
    struct Nothing;

    impl<'de> Deserialize<'de> for Nothing {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Ok(Self)
        }
    }

    check::<(Nothing, u8)>("((), u8)");
}

#[test]
fn a_type_that_is_never_the_same_is_opaque() {
    struct Moody;

    impl<'de> Deserialize<'de> for Moody {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            READS.set(READS.get() + 1);
            match READS.get() % 3 {
                0 => u8::deserialize(deserializer).map(drop),
                1 => <(u8, u16)>::deserialize(deserializer).map(drop),
                _ => Vec::<u32>::deserialize(deserializer).map(drop),
            }?;
            Err(D::Error::custom("not today"))
        }
    }

    assert_eq!(check_reads::<(u8, Moody)>(1_000).to_string(), "(u8, ?)");
    assert_eq!(check_reads::<Vec<Moody>>(1_000).to_string(), "Vec<?>");
}

#[test]
fn a_type_that_swallows_errors_is_traced() {
    struct OrDefault<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrDefault<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let _ = T::deserialize(deserializer);
            Ok(Self(PhantomData))
        }
    }

    check::<(OrDefault<u8>, OrDefault<(u8, String)>, u16)>("(u8, (u8, String), u16)");
}

/// A type inside of itself through a list that only sometimes may be empty: making one up must not go on forever.
#[test]
fn checks_on_recursive_types_do_not_make_values_that_never_end() {
    /// At least `CHILDREN` children, unless it has another name than the first that comes to mind.
    struct Family<const CHILDREN: usize>;

    impl<'de, const CHILDREN: usize> Deserialize<'de> for Family<CHILDREN> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            type Raw<const CHILDREN: usize> = (
                Counted<String>,
                Vec<Family<CHILDREN>>,
                Vec<Family<CHILDREN>>,
                String,
            );
            let (_, a, b, name) = Raw::<CHILDREN>::deserialize(deserializer)?;
            if name.is_empty() || a.len() < CHILDREN || b.len() < CHILDREN {
                return Err(D::Error::custom("refused"));
            }
            Ok(Self)
        }
    }

    let none = check_reads::<Option<(Family<0>, Family<0>)>>(10_000);
    assert!(!none.is_opaque_somewhere(), "{none}");
    check_reads::<Option<(Family<1>, Family<1>)>>(10_000);
    check_reads::<Vec<Family<2>>>(10_000);
}

#[test]
fn a_type_within_the_limit_is_described_in_full() {
    let ty = trace::<[[(u8, u16, u32); 32]; 32]>();
    assert!(!ty.is_opaque_somewhere());
    assert_eq!(ty.size(), 1 + 32 * (1 + 32 * 4));
    assert!(trace::<([[(u8, u16, u32); 32]; 32], [[(u8, u16, u32); 32]; 32])>().is_opaque_somewhere());
}
