//! Sequences whose elements are one byte each are written all at once, and are what was sent all the same, or refused.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Debug;

use serde::de::{DeserializeOwned, EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::codec::by_the_library;
use super::super::{decode_guarded, encode_held};
use crate::signature::{Form, findings};

/// They are sent as the library sends them and arrive, first of all and after others, whatever stands around them.
#[track_caller]
fn arrive<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: &[T]) {
    let form = findings::<(u8, Vec<T>, Option<T>)>().form;
    for _ in 0..2 {
        for value in values {
            let whole = (7_u8, vec![value, value], Some(value));
            let bytes = encode_held(&whole, &form).unwrap();
            assert_eq!(bytes, by_the_library(&whole));
            let (_, both, one): (u8, Vec<T>, Option<T>) = decode_guarded(&bytes).unwrap();
            assert!(
                both.iter().chain(&one).all(|arrived| arrived == value),
                "{value:?}"
            );
        }
    }
}

fn form<T: DeserializeOwned>() -> Form {
    findings::<T>().form
}

#[track_caller]
fn refused<T: Serialize + ?Sized>(value: &T, form: &Form, words: &[&str]) {
    // Twice: what is refused is not remembered.
    for _ in 0..2 {
        let error = encode_held(value, form).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{word:?} is not in: {error}");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Decision {
    Approve,
    Reject,
    Defer,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(Decision);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Plain {
    byte: i8,
}

/// Its variants carry nothing, one of them in words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Hardly {
    Nothing,
    Unit(()),
    Pair(),
    Named {},
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Mixed {
    Nothing,
    Something(u16),
}

#[test]
fn sequences_of_single_bytes_arrive() {
    use Decision::{Approve, Defer, Reject};
    arrive(&[vec![], vec![0_u8], vec![250, 251, 255], vec![7; 1000]]);
    arrive(&[vec![], vec![-1_i8, 0, 127, -128]]);
    arrive(&[vec![], vec![true, false, true]]);
    arrive(&[vec![], vec![Approve], vec![Defer, Reject, Approve, Reject]]);
    arrive(&[vec![Wrapped(Reject), Wrapped(Approve)]]);
    arrive(&[vec![Plain { byte: -3 }, Plain { byte: 4 }]]);
    arrive(&[VecDeque::from([Approve, Defer]), VecDeque::new()]);
    arrive(&[BTreeSet::from([Reject, Approve])]);
    arrive(&[vec![vec![Approve], vec![], vec![Defer, Defer]], vec![]]);
    arrive(&[vec![(), ()], vec![]]);
}

#[test]
fn sequences_of_what_is_one_byte_now_and_then_arrive() {
    arrive(&[vec![Mixed::Nothing, Mixed::Something(3), Mixed::Nothing], vec![]]);
    arrive(&[vec![
        Hardly::Nothing,
        Hardly::Unit(()),
        Hardly::Pair(),
        Hardly::Named {},
    ]]);
    arrive(&[vec![None, Some(5_u8)], vec![None]]);
    arrive(&[vec![Ok::<u8, u8>(1), Err(2)]]);
}

/// As many variants as there are.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Numbered<const VARIANTS: u32>(u32);

impl<const VARIANTS: u32> Numbered<VARIANTS> {
    fn names() -> &'static [&'static str] {
        let name = |number| -> &'static str { format!("V{number}").leak() };
        (0..VARIANTS).map(name).collect::<Vec<_>>().leak()
    }
}

impl<const VARIANTS: u32> Serialize for Numbered<VARIANTS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Numbered", self.0, format!("V{}", self.0).leak())
    }
}

impl<'de, const VARIANTS: u32> Deserialize<'de> for Numbered<VARIANTS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<const VARIANTS: u32>;
        impl<'de, const VARIANTS: u32> Visitor<'de> for Read<VARIANTS> {
            type Value = Numbered<VARIANTS>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a variant")
            }

            fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Self::Value, A::Error> {
                let (Index(number), variant) = data.variant()?;
                variant.unit_variant()?;
                if number >= VARIANTS {
                    return Err(serde::de::Error::custom("no such variant"));
                }
                Ok(Numbered(number))
            }
        }
        deserializer.deserialize_enum("Numbered", Self::names(), Read)
    }
}

/// The number of a variant, as derived code reads it.
struct Index(u32);

impl<'de> Deserialize<'de> for Index {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Index;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the number of a variant")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Index, E> {
                u32::try_from(number).map(Index).map_err(E::custom)
            }
        }
        deserializer.deserialize_identifier(Read)
    }
}

#[test]
fn variants_whose_numbers_take_more_than_a_byte_arrive() {
    // An enum of more variants than these is opaque.
    arrive(&[vec![Numbered::<200>(0), Numbered(199), Numbered(7)]]);
    arrive(&[vec![Numbered::<251>(0), Numbered(250)]]);
    arrive(&[vec![Numbered::<252>(250), Numbered(251), Numbered(3)]]);
}

mod skipped {
    use super::{Deserialize, Serialize};

    /// It has the name of another one.
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Decision {
        #[serde(skip)]
        #[allow(dead_code)]
        Unknown,
        Approve,
        Reject,
    }
}

#[test]
fn a_variant_that_one_side_does_not_count_is_named_in_a_sequence() {
    use skipped::Decision;
    let form = form::<Vec<Decision>>();
    for decision in [Decision::Approve, Decision::Reject] {
        refused(
            &vec![decision],
            &form,
            &[&format!("`{decision:?}`"), "`Decision`", "#[serde(skip)]"],
        );
    }
}

#[test]
fn types_of_one_name_are_two_types() {
    use skipped::Decision as Other;
    let right = vec![Decision::Approve, Decision::Reject];
    let both = form::<(Vec<Decision>, Vec<Other>)>();
    // The one of them is found to agree, in the other's place it does not.
    encode_held(&(&right, Vec::<Other>::new()), &both).unwrap();
    refused(
        &(&right, vec![Other::Approve]),
        &both,
        &["`Approve`", "`Decision`"],
    );
    encode_held(&(&right, Vec::<Other>::new()), &both).unwrap();
    // They have a form each, also where the type around them has one name.
    encode_held(&right, &form::<Vec<Decision>>()).unwrap();
    refused(&vec![Other::Reject], &form::<Vec<Other>>(), &["`Reject`"]);
}

/// Says one of several things, though there is one type that reads it.
#[derive(Clone, Copy)]
enum Says {
    Number(u8),
    Long(u16),
    Variant(u32, &'static str),
    Nothing,
    Many,
}

impl Serialize for Says {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Number(number) => serializer.serialize_u8(number),
            Self::Long(number) => serializer.serialize_u16(number),
            Self::Variant(number, name) => serializer.serialize_unit_variant("Decision", number, name),
            Self::Nothing => serializer.serialize_unit(),
            Self::Many => serializer.collect_seq([1_u8]),
        }
    }
}

#[test]
fn an_element_that_is_written_otherwise_is_refused_after_any_that_agree() {
    let others = [Says::Long(1), Says::Long(1000), Says::Nothing, Says::Many];
    let bytes = form::<Vec<u8>>();
    let fine = [Says::Number(1), Says::Number(2)];
    assert_eq!(encode_held(&fine[..], &bytes).unwrap()[..], [2, 1, 2]);
    for other in others.into_iter().chain([Says::Variant(0, "Approve")]) {
        refused(&vec![Says::Number(1), other, Says::Number(2)], &bytes, &["u8"]);
    }
    assert_eq!(encode_held(&fine[..], &bytes).unwrap()[..], [2, 1, 2]);

    let decisions = form::<Vec<Decision>>();
    let fine = [Says::Variant(2, "Defer"), Says::Variant(0, "Approve")];
    assert_eq!(encode_held(&fine[..], &decisions).unwrap()[..], [2, 2, 0]);
    let wrong = [
        Says::Variant(0, "Reject"),
        Says::Variant(3, "Defer"),
        Says::Variant(900, "Defer"),
    ];
    for other in others.into_iter().chain(wrong).chain([Says::Number(0)]) {
        refused(&vec![fine[0], other, fine[1]], &decisions, &["Decision"]);
    }
    assert_eq!(encode_held(&fine[..], &decisions).unwrap()[..], [2, 2, 0]);
}

/// A sequence that says of itself that it is so long.
struct Claimed(usize, Vec<u8>);

impl Serialize for Claimed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Claiming<'a>(usize, std::slice::Iter<'a, u8>);
        impl<'a> Iterator for Claiming<'a> {
            type Item = &'a u8;

            fn next(&mut self) -> Option<&'a u8> {
                self.1.next()
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0, Some(self.0))
            }
        }
        serializer.collect_seq(Claiming(self.0, self.1.iter()))
    }
}

#[test]
fn a_length_that_is_not_true_is_refused_whatever_it_is() {
    let form = form::<Vec<u8>>();
    assert_eq!(
        encode_held(&Claimed(100, vec![5; 100]), &form).unwrap()[..3],
        [100, 5, 5]
    );
    for length in [0, 1, 101, 1 << 20, 1 << 40, usize::MAX] {
        refused(&Claimed(length, vec![5; 100]), &form, &["100"]);
    }
    assert_eq!(
        encode_held(&Claimed(100, vec![5; 100]), &form).unwrap()[..3],
        [100, 5, 5]
    );
}

#[test]
fn a_length_that_is_not_known_is_refused() {
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq([1_u8, 2].iter().filter(|byte| **byte > 0))
        }
    }
    refused(&Endless, &form::<Vec<u8>>(), &["does not say how long it is"]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Of<T> {
    all: Vec<T>,
    last: Option<T>,
}

#[test]
fn a_generic_type_has_a_form_for_each_parameter() {
    arrive(&[Of {
        all: vec![1_u8, 2],
        last: Some(3),
    }]);
    arrive(&[Of {
        all: vec![1_u16, 2000],
        last: None,
    }]);
    arrive(&[Of {
        all: vec![Decision::Defer],
        last: Some(Decision::Reject),
    }]);
    arrive(&[(
        Of {
            all: vec![1_u8, 2],
            last: None,
        },
        Of {
            all: vec![-1_i8],
            last: Some(1),
        },
        Of {
            all: vec![Of {
                all: vec![true],
                last: None,
            }],
            last: None,
        },
    )]);
}
