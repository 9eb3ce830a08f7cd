//! Types that write some of their values in another way than others: each value is held to what is read, not only the
//! first of them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::{DeserializeOwned, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::{decode_guarded, encode_held};
use crate::signature::{Form, findings};

/// What becomes of values that are sent one after the other: those of `fine` arrive, those of `wrong` are refused by an
/// error with these `words`.
#[track_caller]
fn check<T>(fine: &[T], wrong: &[T], words: &[&str])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let form = findings::<T>().form;
    let many = findings::<Vec<T>>().form;
    for _ in 0..2 {
        for value in fine {
            let bytes = encode_held(value, &form).unwrap();
            assert_eq!(decode_guarded::<T>(&bytes).unwrap(), *value);
        }
        for value in wrong {
            let all: Vec<&T> = fine.iter().chain([value]).collect();
            for error in [encode_held(value, &form), encode_held(&all, &many)] {
                let error = error.expect_err("it was encoded").to_string();
                for word in words {
                    assert!(error.contains(word), "{value:?}: no {word:?} in: {error}");
                }
            }
        }
    }
}

/// Written as serde's `untagged` has it, and read by hand.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Id {
    Number(u64),
    Text(String),
    Nothing,
    Perhaps(Option<u64>),
    Pair(u64, u64),
    Named { id: u64, rest: u64 },
    List(Vec<u64>),
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::Number)
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    id: Id,
    rest: Vec<u8>,
}

#[test]
fn p13_a_variant_without_a_tag_is_what_is_read_or_refused() {
    let row = |id| Row { id, rest: vec![7] };
    let others = [
        Id::Text("\u{1}".into()),
        Id::Nothing,
        Id::Perhaps(None),
        Id::Perhaps(Some(1)),
        Id::Pair(1, 2),
        Id::Named { id: 1, rest: 2 },
        Id::List(vec![]),
        Id::List(vec![1]),
    ];
    check(
        &[row(Id::Number(1))],
        &others.map(row),
        &["`id`", "`Row`", "`u64`"],
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    #[serde(serialize_with = "unit_for_none")]
    a: Option<u8>,
    b: Option<u8>,
    c: Vec<u8>,
}

fn unit_for_none<S: Serializer>(value: &Option<u8>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_some(value),
        None => serializer.serialize_unit(),
    }
}

#[test]
fn p13_a_function_that_writes_some_values_otherwise_is_noticed_each_time() {
    let sparse = |a, b| Sparse { a, b, c: vec![1] };
    check(
        &[sparse(Some(1), None), sparse(Some(2), Some(3))],
        &[sparse(None, Some(0)), sparse(None, None)],
        &["`a`", "`Sparse`", "`()`", "an option"],
    );
}

/// Writes its fields in the order of their size.
#[derive(Debug, PartialEq, Deserialize)]
struct Range {
    low: u8,
    high: u8,
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = [("low", self.low), ("high", self.high)];
        fields.sort_by_key(|(_, value)| *value);
        let mut written = serializer.serialize_struct("Range", 2)?;
        for (name, value) in fields {
            written.serialize_field(name, &value)?;
        }
        written.end()
    }
}

/// Two enums whose variants are counted alike.
#[derive(Debug, PartialEq, Deserialize)]
enum Answer {
    Yes,
    No(u8),
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes => serializer.serialize_unit_variant("Answer", 0, "Yes"),
            Self::No(0) => serializer.serialize_newtype_variant("Answer", 1, "No", &0_u8),
            Self::No(why) => serializer.serialize_newtype_variant("Question", 1, "Why", why),
        }
    }
}

#[test]
fn p13_fields_and_variants_have_their_names_in_every_value() {
    let range = |low, high| Range { low, high };
    check(&[range(1, 2), range(2, 2)], &[range(2, 1)], &["`Range`", "order"]);
    check(
        &[Answer::No(0), Answer::Yes],
        &[Answer::No(1)],
        &["`Why`", "`No`"],
    );
}

/// Whether a name is the same is not a matter of where it is in memory.
#[derive(Debug, PartialEq, Deserialize)]
struct Prefix {
    ab: u8,
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: &'static str = "abcd";
        let mut written = serializer.serialize_struct("Prefix", 1)?;
        written.serialize_field(&names[..usize::from(self.ab)], &self.ab)?;
        written.end()
    }
}

#[test]
fn p13_a_part_of_a_name_is_another_name() {
    check(
        &[Prefix { ab: 2 }],
        &[Prefix { ab: 1 }, Prefix { ab: 3 }],
        &["`Prefix`", "`ab`"],
    );
}

// ------------------------------------------------------------- bytes and text

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct Bytes;
    impl Visitor<'_> for Bytes {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
            Ok(bytes.to_vec())
        }
    }
    deserializer.deserialize_bytes(Bytes)
}

fn wide<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(bytes.iter().map(|byte| u32::from(*byte)))
}

/// Small ones as bytes, others as numbers.
fn wide_if_large<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut elements = serializer.serialize_seq(Some(bytes.len()))?;
    for byte in bytes {
        if *byte < 100 {
            elements.serialize_element(byte)?;
        } else {
            elements.serialize_element(&u64::from(*byte))?;
        }
    }
    elements.end()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wide {
    #[serde(serialize_with = "wide", deserialize_with = "bytes")]
    a: Vec<u8>,
    b: Vec<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct WideIfLarge {
    #[serde(serialize_with = "wide_if_large", deserialize_with = "bytes")]
    a: Vec<u8>,
    b: Vec<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Elements {
    #[serde(deserialize_with = "bytes")]
    a: Vec<u8>,
    #[serde(serialize_with = "as_bytes")]
    b: Vec<u8>,
}

fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

#[test]
fn p13_a_sequence_is_read_as_bytes_if_each_element_is_a_byte() {
    let elements = |a: &[u8], b: &[u8]| Elements {
        a: a.to_vec(),
        b: b.to_vec(),
    };
    check(&[elements(&[1, 251], &[2, 255]), elements(&[], &[])], &[], &[]);
    let wide = |a: &[u8]| Wide {
        a: a.to_vec(),
        b: vec![1],
    };
    check(
        &[wide(&[])],
        &[wide(&[1]), wide(&[251, 0])],
        &["`u32`", "`u8`", "`a`", "`Wide`"],
    );
    let wide = |a: &[u8]| WideIfLarge {
        a: a.to_vec(),
        b: vec![1],
    };
    check(
        &[wide(&[]), wide(&[1, 99])],
        &[wide(&[1, 251])],
        &["`u64`", "`u8`", "`a`"],
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Letters {
    #[serde(serialize_with = "letters")]
    a: String,
    b: String,
}

fn letters<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    text.chars().collect::<Vec<_>>().serialize(serializer)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Utf8 {
    #[serde(serialize_with = "utf8")]
    a: String,
    b: String,
}

fn utf8<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(text.bytes())
}

#[test]
fn p13_a_sequence_is_read_as_text_if_it_is_the_bytes_of_it() {
    let words = |a: &str| Letters {
        a: a.into(),
        b: "c".into(),
    };
    check(
        &[words("")],
        &[words("ab"), words("aé")],
        &["`char`", "`a`", "`Letters`"],
    );
    let words = |a: &str| Utf8 {
        a: a.into(),
        b: "c".into(),
    };
    check(&[words(""), words("ab"), words("aé")], &[], &[]);
}

// ------------------------------------------------------------- maps and lengths

/// Writes a key without a value where the value is 0, and one value more where it is 1.
#[derive(Debug, PartialEq, Deserialize)]
struct Sloppy(BTreeMap<u8, u8>);

impl Serialize for Sloppy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            entries.serialize_key(key)?;
            if *value != 0 {
                entries.serialize_value(value)?;
            }
            if *value == 1 {
                entries.serialize_value(value)?;
            }
        }
        entries.end()
    }
}

#[test]
fn p13_a_map_has_a_value_for_each_key() {
    let sloppy = |entries: &[(u8, u8)]| Sloppy(entries.iter().copied().collect());
    check(
        &[sloppy(&[]), sloppy(&[(1, 2), (3, 4)])],
        &[
            sloppy(&[(1, 0)]),
            sloppy(&[(1, 1)]),
            sloppy(&[(1, 0), (2, 2)]),
            sloppy(&[(1, 0), (2, 1)]),
            sloppy(&[(1, 1), (2, 0)]),
        ],
        &["a key without a value"],
    );
}

/// A pair, to which very many fields of nothing are added.
#[derive(Debug, PartialEq, Deserialize)]
struct Long(u8, u8);

impl Serialize for Long {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let more = if self.0 == 1 { 0 } else { 1 << 24 };
        let mut fields = serializer.serialize_tuple(2 + more)?;
        fields.serialize_element(&self.0)?;
        fields.serialize_element(&self.1)?;
        for _ in 0..more {
            fields.serialize_element(&())?;
        }
        fields.end()
    }
}

#[test]
fn p13_lengths_are_not_taken_for_others() {
    let form = findings::<Long>().form;
    encode_held(&Long(1, 1), &form).unwrap();
    encode_held(&Long(2, 1), &form).unwrap_err();
}

/// Says something else each time it is asked, as what is behind a lock may.
struct Unsteady {
    calls: Cell<usize>,
    /// What it says, whether as a number or as text; the last for ever.
    says: &'static [Says],
}

#[derive(Clone, Copy)]
enum Says {
    Number(u64),
    Text(&'static str),
    Nothing,
    /// A sequence that says that it has two elements, and has one.
    Short,
}

impl Unsteady {
    const fn new(says: &'static [Says]) -> Self {
        Self {
            calls: Cell::new(0),
            says,
        }
    }
}

impl Serialize for Unsteady {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let call = self.calls.get();
        self.calls.set(call + 1);
        match self.says[call.min(self.says.len() - 1)] {
            Says::Number(number) => serializer.serialize_u64(number),
            Says::Text(text) => serializer.serialize_str(text),
            Says::Nothing => serializer.serialize_none(),
            Says::Short => {
                let mut list = serializer.serialize_seq(Some(2))?;
                list.serialize_element(&1u8)?;
                list.end()
            }
        }
    }
}

#[test]
fn p13_a_value_that_changes_while_it_is_encoded_is_one_that_was_looked_at() {
    let form = findings::<(u64, Vec<u8>)>().form;
    for says in [
        &[Says::Text("\u{7}\u{8}"), Says::Number(5)][..],
        &[Says::Nothing, Says::Number(5)],
        &[Says::Short, Says::Number(5)],
        &[Says::Text("a"), Says::Number(4), Says::Text("a"), Says::Number(5)],
    ] {
        let bytes = encode_held(&(Unsteady::new(says), vec![1u8, 2]), &form).unwrap();
        let (number, rest): (u64, Vec<u8>) = decode_guarded(&bytes).unwrap();
        assert_eq!((number, rest), (5, vec![1, 2]));
    }
    // Where nothing is known of the type, what contradicts itself is noticed.
    let form = Form::default();
    let value = (Unsteady::new(&[Says::Short, Says::Number(5)]), 1u8);
    assert_eq!(
        decode_guarded::<(u64, u8)>(&encode_held(&value, &form).unwrap()).unwrap(),
        (5, 1)
    );
}

#[test]
fn p13_a_value_that_never_says_the_same_is_refused() {
    let form = findings::<u64>().form;
    let says = &[
        Says::Text("a"),
        Says::Number(1),
        Says::Text("a"),
        Says::Number(1),
        Says::Text("a"),
        Says::Number(1),
        Says::Text("a"),
        Says::Number(1),
        Says::Text("a"),
        Says::Number(1),
        Says::Text("a"),
    ];
    let error = encode_held(&Unsteady::new(says), &form).unwrap_err().to_string();
    assert!(error.contains("changes while it is encoded"), "{error}");
}
