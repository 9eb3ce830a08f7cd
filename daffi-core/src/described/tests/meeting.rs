//! What is said to be compatible is read as its names say, and never as something else.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::*;
use crate::proto;
use crate::signature::reading;

/// What was written is read as this, or it is refused before there is a value.
#[track_caller]
fn check<W, R>(written: &W, expected: Option<&R>)
where
    W: Serialize + DeserializeOwned + 'static,
    R: DeserializeOwned + PartialEq + Debug + 'static,
{
    let (writer, reader) = (reading::<W>(), reading::<R>());
    let bytes = encode(written).expect("it can be written");
    let verdict = compatible(&writer, &reader);
    assert_eq!(verdict.is_compatible(), expected.is_some(), "{verdict:?}");
    let Some(expected) = expected else {
        return;
    };
    let read = decode::<R>(&Layout::of(&writer), &bytes);
    assert_eq!(read.as_ref(), Ok(expected), "{verdict:?}");
    // Where the types are said to agree, calls read by position.
    if verdict == Verdict::Same || writer.ty.matches(&reader.ty) {
        let read = proto::decode::<R>(&bytes).expect("it can be read");
        assert_eq!(read, *expected, "{verdict:?}");
    }
}

mod old {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Places {
        pub(super) a: u8,
        pub(super) c: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Choice {
        A,
        B,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Merged {
        A,
        Z,
        B,
        #[serde(other)]
        Else,
    }
}

#[test]
fn fields_that_have_changed_places_keep_their_values() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Places {
        c: u8,
        #[serde(alias = "a")]
        b: u8,
    }
    check(&old::Places { a: 1, c: 2 }, Some(&Places { b: 1, c: 2 }));
    check(&Places { b: 1, c: 2 }, Some(&old::Places { a: 1, c: 2 }));
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Size {
        width: u32,
        height: u32,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sale {
        #[serde(alias = "x")]
        price: u32,
        count: u32,
    }
    let size = Size { width: 1, height: 2 };
    check::<_, Sale>(&size, None);
    check::<_, Size>(&Sale { price: 1, count: 2 }, None);
}

#[test]
fn variants_that_have_changed_places_are_the_same_ones() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Choice {
        B,
        #[serde(alias = "A")]
        C,
    }
    check(&old::Choice::A, Some(&Choice::C));
    check(&old::Choice::B, Some(&Choice::B));
    check(&Choice::C, Some(&old::Choice::A));
}

#[test]
fn variants_with_aliases_are_told_apart_where_one_takes_what_nobody_knows() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Merged {
        #[serde(alias = "Z")]
        A,
        B,
        #[serde(other)]
        Else,
    }
    check(&old::Merged::A, Some(&Merged::A));
    check(&old::Merged::Z, Some(&Merged::A));
    check(&old::Merged::B, Some(&Merged::B));
    check(&old::Merged::Else, Some(&Merged::Else));
    check(&Merged::B, Some(&Merged::B));
    check(&Merged::Else, Some(&Merged::Else));
    // Which of its names the first has is not known, and they are those of two.
    check::<_, old::Merged>(&Merged::B, None);
    let own = Layout::new(&trace::<Merged>());
    assert_eq!(decode(&own, &encode(&Merged::B).unwrap()), Ok(Merged::B));
    // What is written is held to the names as well.
    let form = crate::signature::findings::<Merged>().form;
    assert!(proto::encode_held(&Merged::B, &form).is_ok());
}

/// It goes by the name that is written, which is not the first in the alphabet.
#[test]
fn a_field_is_read_by_the_name_that_is_written() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Cents {
        #[serde(alias = "amount")]
        amount_cents: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Both {
        #[serde(default)]
        amount: u32,
        #[serde(default)]
        amount_cents: u32,
    }
    let expected = Both {
        amount: 0,
        amount_cents: 7,
    };
    check(&Cents { amount_cents: 7 }, Some(&expected));
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct B {
        #[serde(alias = "a")]
        b: u8,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Wider {
        b: u16,
        #[serde(default)]
        a: String,
    }
    check(
        &B { b: 7 },
        Some(&Wider {
            b: 7,
            a: String::new(),
        }),
    );
    #[derive(Debug, PartialEq, Deserialize)]
    struct Beside {
        b: u8,
        #[serde(default)]
        a: u8,
    }
    check(&B { b: 7 }, Some(&Beside { b: 7, a: 0 }));
    // Also where nobody can say that it is missing.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Optional {
        #[serde(alias = "a", default)]
        b: Option<u8>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Two {
        a: Option<u8>,
        b: Option<u8>,
    }
    check(&Optional { b: Some(7) }, Some(&Two { a: None, b: Some(7) }));
}

#[test]
fn a_variant_that_may_be_one_of_two_is_refused() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum One {
        #[serde(alias = "A")]
        B,
        D,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Two {
        B,
        A,
        D,
    }
    check::<_, Two>(&One::B, None);
    check(&One::B, Some(&One::B));
    check(&Two::A, Some(&One::B));
    check(&Two::D, Some(&One::D));
}

/// No value of it can be made up.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Iban(String);

impl TryFrom<String> for Iban {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "a text that nobody makes up" {
            Ok(Self(text))
        } else {
            Err("this is none")
        }
    }
}

mod hiding {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Inner {
        pub(super) z: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Move {
        pub(super) x: u8,
        pub(super) y: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Turn {
        pub(super) y: u8,
        #[serde(default)]
        pub(super) x: u8,
    }
}

/// What stands behind something of which no value could be made up takes nothing of what is known of others.
#[test]
fn what_is_known_of_a_type_is_told_of_no_other() {
    use hiding::{Inner, Move, Turn};
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum All {
        Move(Move),
        Turn(Turn),
        Pay(Iban, Inner),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Hiding {
        Pay(Iban, Inner),
        Move(Move),
        Turn(Turn),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Less {
        Move(Move),
        Turn(Turn),
    }
    let moved = || Move { x: 1, y: 2 };
    check(&Hiding::Move(moved()), Some(&Less::Move(moved())));
    check(&Less::Move(moved()), Some(&Hiding::Move(moved())));
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OnlyX {
        x: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Short {
        Move(OnlyX),
    }
    // What may be missing of the one may not of the other.
    check::<_, Hiding>(&Short::Move(OnlyX { x: 1 }), None);
    check::<_, All>(&Short::Move(OnlyX { x: 1 }), None);
}

#[test]
fn what_lost_its_fields_is_read() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Receipt {
        id: u64,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Nothing();
    let receipt = Receipt { id: 7 };
    check(&receipt, Some(&()));
    check(&receipt, Some(&Nothing()));
    check(&receipt, Some(&[0_u8; 0]));
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Before {
        A { x: u8 },
        B(),
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum After {
        A(),
        B,
    }
    check(&Before::A { x: 7 }, Some(&After::A()));
    check(&Before::B(), Some(&After::B));
    check(&(1_u8, receipt, 2_u8), Some(&(1_u8, (), 2_u8)));
}

#[test]
fn a_stream_is_no_struct() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Defaults {
        #[serde(default)]
        x: u8,
    }
    let stream = |reading: crate::signature::Readable| crate::signature::Readable {
        ty: reading.ty.streamed(),
        allows: std::iter::once(None).chain(reading.allows).collect(),
    };
    let numbers = stream(reading::<u32>());
    assert!(!compatible(&numbers, &reading::<()>()).is_compatible());
    assert!(!compatible(&numbers, &reading::<Defaults>()).is_compatible());
    assert!(!compatible(&reading::<u32>(), &numbers).is_compatible());
    assert_eq!(compatible(&numbers, &numbers), Verdict::Same);
    assert_eq!(
        compatible(&numbers, &stream(reading::<u64>())),
        Verdict::Compatible
    );
    assert!(!compatible(&stream(reading::<u64>()), &numbers).is_compatible());
}

#[test]
fn whatever_a_variant_carries_goes_to_the_one_that_takes_all() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Before {
        A,
        Else(u8),
        More { x: u8 },
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum After {
        A,
        #[serde(other)]
        Else,
    }
    check(&Before::A, Some(&After::A));
    check(&Before::Else(7), Some(&After::Else));
    check(&Before::More { x: 7 }, Some(&After::Else));
}

#[test]
fn bytes_are_read_as_numbers_of_a_type_of_their_own() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Level(u8);
    struct Blob(Vec<u8>);
    impl Serialize for Blob {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(&self.0)
        }
    }
    struct AnyBytes;
    impl serde::de::Visitor<'_> for AnyBytes {
        type Value = Blob;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
            Ok(Blob(bytes.to_vec()))
        }
    }
    impl<'de> Deserialize<'de> for Blob {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_byte_buf(AnyBytes)
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Before {
        data: Blob,
        x: u8,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct After {
        x: u8,
        data: Vec<Level>,
    }
    let before = Before {
        data: Blob(vec![1, 2]),
        x: 3,
    };
    let after = After {
        x: 3,
        data: vec![Level(1), Level(2)],
    };
    check(&before, Some(&after));
}

/// Whoever reads by hand may take fields in their order only.
#[test]
fn a_type_that_could_not_be_asked_takes_only_the_same_fields() {
    #[derive(Debug, PartialEq)]
    struct InOrder {
        a: u8,
        b: u8,
    }
    struct ByHand;
    impl<'de> serde::de::Visitor<'de> for ByHand {
        type Value = InOrder;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("two numbers")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut fields: A) -> Result<InOrder, A::Error> {
            let mut next = || {
                fields
                    .next_element()?
                    .ok_or_else(|| serde::de::Error::custom("too few"))
            };
            Ok(InOrder {
                a: next()?,
                b: next()?,
            })
        }
    }
    impl<'de> Deserialize<'de> for InOrder {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_struct("InOrder", &["a", "b"], ByHand)
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Same {
        a: u8,
        b: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct Turned {
        b: u8,
        a: u8,
    }
    #[derive(Serialize, Deserialize)]
    struct More {
        a: u8,
        b: u8,
        c: u8,
    }
    check(&Same { a: 1, b: 2 }, Some(&InOrder { a: 1, b: 2 }));
    check::<_, InOrder>(&Turned { a: 1, b: 2 }, None);
    check::<_, InOrder>(&More { a: 1, b: 2, c: 3 }, None);
    // Inside of it, something may differ all the same.
    check(
        &(Same { a: 1, b: 2 }, 3_u8),
        Some(&(InOrder { a: 1, b: 2 }, 3_u16)),
    );
}

/// A field in front of one of which no value can be made up may be missing; of those behind it that is not known.
#[test]
fn defaults_are_known_up_to_a_field_of_which_no_value_can_be_made_up() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Payment {
        #[serde(default)]
        note: String,
        iban: Iban,
        #[serde(default)]
        copy: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Short {
        iban: Iban,
        copy: u8,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Shorter {
        iban: Iban,
    }
    let iban = || Iban("a text that nobody makes up".to_owned());
    let expected = Payment {
        note: String::new(),
        iban: iban(),
        copy: 7,
    };
    check(
        &Short {
            iban: iban(),
            copy: 7,
        },
        Some(&expected),
    );
    check::<_, Payment>(&Shorter { iban: iban() }, None);
}
