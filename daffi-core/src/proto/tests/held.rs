//! A value arrives as it was sent, or not at all, whatever serde's attributes say.
//!
//! Each value is encoded under the form of its type, as an argument, a result or an item is, and decoded as the same
//! type: the other side's type agrees with it, or the call is refused. What comes out is what went in, or there is an
//! error that names what is at fault.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::{decode_guarded, encode_held};
use crate::signature::{Findings, Form, findings};

fn form<T: DeserializeOwned>() -> Form {
    findings::<T>().form
}

/// What becomes of a value: it arrives, or the error.
fn send<T: Serialize + DeserializeOwned + PartialEq + Debug>(form: &Form, value: &T) -> Result<(), String> {
    let bytes = encode_held(value, form).map_err(|error| error.to_string())?;
    let arrived: T = decode_guarded(&bytes).map_err(|error| format!("when decoding: {error}"))?;
    assert_eq!(&arrived, value, "another value arrived");
    Ok(())
}

#[track_caller]
fn arrives<T: Serialize + DeserializeOwned + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
    let form = form::<T>();
    for value in values {
        // Twice: the first is looked at, the second only compared.
        for _ in 0..2 {
            if let Err(error) = send(&form, &value) {
                panic!("{value:?}: {error}");
            }
        }
        arrives_inside(&value);
    }
}

/// The same inside of others, where it is not the first thing.
#[track_caller]
fn arrives_inside<T: Serialize + DeserializeOwned>(value: &T) {
    let inside = (7u8, Some([value]), vec![(value,)]);
    let form = form::<(u8, Option<[T; 1]>, Vec<(T,)>)>();
    for _ in 0..2 {
        encode_held(&inside, &form).unwrap();
    }
}

/// The value is refused when it is encoded, wherever it stands, by an error with all these `words`.
#[track_caller]
fn refused<T: Serialize + DeserializeOwned>(value: &T, words: &[&str]) {
    let errors = [
        encode_held(value, &form::<T>()),
        encode_held(&(value, 1u8), &form::<(T, u8)>()),
        encode_held(&vec![value], &form::<Vec<T>>()),
        encode_held(&BTreeMap::from([(1u8, value)]), &form::<BTreeMap<u8, T>>()),
        encode_held(&Some(value), &form::<Option<T>>()),
        encode_held(&Around::Named { inside: value }, &form::<Around<T>>()),
        encode_held(&Around::Newtype(value), &form::<Around<T>>()),
        encode_held(&Around::Pair(value, value), &form::<Around<T>>()),
    ];
    for (number, error) in errors.into_iter().enumerate() {
        let error = error.expect_err("it was encoded").to_string();
        for word in words {
            assert!(error.contains(word), "{number}: no {word:?} in: {error}");
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Around<T> {
    Newtype(T),
    Pair(T, T),
    Named { inside: T },
}

// ------------------------------------------------------------------- fields

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u8>,
    level: u8,
    ids: Vec<u8>,
}

#[test]
fn a_field_that_is_skipped_by_its_value_is_named() {
    let rule = |limit| Rule {
        limit,
        level: 0,
        ids: vec![2, 9, 9],
    };
    arrives([rule(Some(3))]);
    refused(&rule(None), &["`limit`", "`Rule`", "skip_serializing_if"]);
    // Also after others were fine.
    let form = form::<Vec<Rule>>();
    encode_held(&vec![rule(Some(1)), rule(Some(2))], &form).unwrap();
    let error = encode_held(&vec![rule(Some(1)), rule(None)], &form).unwrap_err();
    assert!(error.to_string().contains("`limit`"), "{error}");
    encode_held(&vec![rule(Some(1))], &form).unwrap();
}

#[test]
fn a_skipped_field_is_named_where_nothing_is_known_about_the_type() {
    let rule = Rule {
        limit: None,
        level: 1,
        ids: vec![],
    };
    for form in [Form::unknown(), Findings::nothing().form] {
        let error = encode_held(&(1u8, &rule), &form).unwrap_err().to_string();
        assert!(error.contains("`limit`") && error.contains("`Rule`"), "{error}");
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Circle {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        radius: u8,
    },
    Line(
        u8,
        #[serde(default, skip_serializing_if = "is_zero")] u8,
        #[serde(default)] u8,
    ),
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Pair(
    u8,
    #[serde(default, skip_serializing_if = "is_zero")] u8,
    #[serde(default)] u8,
);

#[test]
fn a_skipped_field_of_a_variant_or_tuple_is_named() {
    arrives([
        Shape::Circle {
            name: Some("a".into()),
            radius: 1,
        },
        Shape::Line(1, 2, 3),
    ]);
    let nameless = Shape::Circle {
        name: None,
        radius: 1,
    };
    refused(&nameless, &["`name`", "`Circle`", "skip_serializing_if"]);
    refused(
        &Shape::Line(1, 0, 3),
        &["`Line`", "2 fields", "skip_serializing_if"],
    );
    arrives([Pair(1, 2, 3)]);
    refused(&Pair(1, 0, 3), &["`Pair`", "2 fields", "skip_serializing_if"]);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Login {
    user: u8,
    #[serde(default, skip_serializing)]
    password: u32,
    role: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Stamped {
    user: u8,
    #[serde(skip_deserializing)]
    at: u8,
    role: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Crossed {
    #[serde(default, skip_serializing)]
    read: u8,
    #[serde(skip_deserializing)]
    written: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct CrossedBesideAlias {
    #[serde(default, skip_serializing)]
    read: u8,
    #[serde(skip_deserializing)]
    written: u8,
    #[serde(alias = "z")]
    other: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct OneWay(
    #[serde(default, skip_serializing)] u8,
    #[serde(default)] u8,
    #[serde(default)] u8,
);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum OneWayVariant {
    Single(#[serde(skip_deserializing)] u8),
    Named {
        #[serde(default, skip_serializing)]
        a: u8,
        b: u8,
    },
}

#[test]
fn a_field_that_one_side_leaves_out_is_named() {
    let login = Login {
        user: 1,
        password: 7,
        role: 0,
    };
    refused(&login, &["`Login`", "`password`", "skip_serializing"]);
    let stamped = Stamped {
        user: 1,
        at: 2,
        role: 3,
    };
    refused(&stamped, &["`Stamped`", "`at`", "skip_deserializing"]);
    let crossed = Crossed { read: 1, written: 2 };
    refused(
        &crossed,
        &[
            "`Crossed`",
            "`read`",
            "`written`",
            "skip_serializing",
            "skip_deserializing",
        ],
    );
    let crossed = CrossedBesideAlias {
        read: 1,
        written: 2,
        other: 3,
    };
    refused(&crossed, &["`CrossedBesideAlias`", "`written`"]);
    refused(&OneWay(1, 2, 3), &["`OneWay`", "skip_serializing"]);
    refused(&OneWayVariant::Single(1), &["`Single`", "skip_deserializing"]);
    refused(
        &OneWayVariant::Named { a: 1, b: 2 },
        &["`Named`", "`a`", "skip_serializing"],
    );
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct BothWays {
    a: u8,
    #[serde(skip)]
    cache: u64,
    b: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    rename_all(serialize = "camelCase", deserialize = "SCREAMING-KEBAB-CASE"),
    deny_unknown_fields,
    default
)]
#[derive(Default)]
struct Renamed {
    first_name: String,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(alias = "q", alias = "z")]
    c: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Aliased {
    #[serde(alias = "b1", alias = "a1")]
    first_one: u8,
    second_one: u16,
    #[serde(alias = "y")]
    z: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent {
    inner: Vec<Option<u8>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wrapped(Box<Transparent>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Braces {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Generic<T> {
    one: T,
    many: Vec<T>,
    perhaps: Option<Box<Generic<T>>>,
}

#[test]
fn fields_that_both_sides_leave_out_or_rename_arrive() {
    arrives([BothWays { a: 1, cache: 0, b: 2 }]);
    arrives([Renamed {
        first_name: "x".into(),
        kind: 1,
        c: 2,
    }]);
    arrives([Aliased {
        first_one: 1,
        second_one: 2,
        z: 3,
    }]);
    arrives([Wrapped(Box::new(Transparent {
        inner: vec![None, Some(1)],
    }))]);
    arrives([Unit]);
    arrives([Braces {}]);
    let leaf = |one: &str| Generic {
        one: one.to_owned(),
        many: Vec::new(),
        perhaps: None,
    };
    arrives([
        leaf("a"),
        Generic {
            many: vec!["b".into()],
            perhaps: Some(Box::new(leaf("c"))),
            ..leaf("d")
        },
    ]);
}

#[test]
fn one_generic_type_may_be_fine_for_one_parameter_only() {
    let form = form::<(Generic<u8>, Generic<Login>)>();
    let fine = Generic {
        one: 1u8,
        many: vec![2],
        perhaps: None,
    };
    let login = Login {
        user: 1,
        password: 2,
        role: 3,
    };
    let wrong = Generic {
        one: login,
        many: Vec::new(),
        perhaps: None,
    };
    let error = encode_held(&(fine, wrong), &form).unwrap_err().to_string();
    assert!(error.contains("`password`"), "{error}");
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct RenamedApart {
    #[serde(rename(serialize = "out", deserialize = "in"))]
    a: u8,
    b: u8,
}

#[test]
fn a_field_that_is_called_differently_on_both_sides_might_be_two() {
    refused(
        &RenamedApart { a: 1, b: 2 },
        &["`RenamedApart`", "`out`", "`in`", "rename"],
    );
}

// ----------------------------------------------------------------- variants

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Decision {
    #[serde(skip)]
    #[allow(dead_code)]
    Unknown,
    Approve,
    Reject,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum SkippedLast {
    Approve,
    Reject(u8),
    #[serde(skip)]
    #[allow(dead_code)]
    Unknown,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum OnlyWritten {
    A,
    #[serde(skip_deserializing)]
    Old(u8),
    B {
        x: u8,
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum OnlyRead {
    A,
    #[serde(skip_serializing)]
    Old,
    B(u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum SkippedBesideAlias {
    #[serde(skip)]
    #[allow(dead_code)]
    Unknown,
    #[serde(alias = "a1", alias = "z1")]
    A,
    B,
    C,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum AliasedVariants {
    #[serde(alias = "a1", alias = "z1")]
    A,
    B(u8),
    #[serde(alias = "c1")]
    C {
        x: u8,
    },
    D(u8, u8),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Open {
    A,
    B,
    #[serde(other)]
    Rest,
}

#[test]
fn the_right_variant_arrives_or_it_is_named() {
    for decision in [Decision::Approve, Decision::Reject] {
        refused(
            &decision,
            &[&format!("`{decision:?}`"), "`Decision`", "#[serde(skip)]"],
        );
    }
    arrives([SkippedLast::Approve, SkippedLast::Reject(2)]);
    arrives([OnlyWritten::A]);
    refused(
        &OnlyWritten::Old(1),
        &["`Old`", "`OnlyWritten`", "skip_deserializing"],
    );
    refused(
        &OnlyWritten::B { x: 1 },
        &["`B`", "`OnlyWritten`", "skip_deserializing"],
    );
    arrives([OnlyRead::A, OnlyRead::B(1)]);
    refused(&OnlyRead::Old, &["OnlyRead::Old cannot be serialized"]);
    arrives([
        AliasedVariants::A,
        AliasedVariants::B(1),
        AliasedVariants::C { x: 1 },
        AliasedVariants::D(1, 2),
    ]);
    arrives([Open::A, Open::B, Open::Rest]);
}

#[test]
fn aliases_hide_no_variant_that_is_skipped() {
    for value in [
        SkippedBesideAlias::A,
        SkippedBesideAlias::B,
        SkippedBesideAlias::C,
    ] {
        refused(&value, &[&format!("`{value:?}`"), "`SkippedBesideAlias`"]);
    }
}

// --------------------------------------------------- types that ask, and lengths

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
struct TaggedStruct {
    x: u8,
}

#[test]
fn a_tag_that_is_written_and_not_read_is_named() {
    refused(&TaggedStruct { x: 1 }, &["`TaggedStruct`", "`kind`"]);
}

/// Writes fewer elements than it says.
#[derive(Debug, PartialEq, Deserialize)]
struct Liar(Vec<u8>);

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq as _;
        let mut elements = serializer.serialize_seq(Some(self.0.len() + 1))?;
        for element in &self.0 {
            elements.serialize_element(element)?;
        }
        elements.end()
    }
}

/// Does not say how many elements it has.
#[derive(Debug, PartialEq, Deserialize)]
struct Endless(Vec<u8>);

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter(|_| true))
    }
}

#[test]
fn lengths_that_are_wrong_or_missing_are_refused() {
    refused(&Liar(vec![1]), &["2 elements", "writes 1"]);
    refused(&Liar(vec![]), &["1 elements", "writes 0"]);
    refused(&Endless(vec![1]), &["how long it is"]);
}

// ------------------------------------------------------- halves made by others

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('@') {
            Ok(Self(text))
        } else {
            Err(text)
        }
    }
}

impl From<Email> for String {
    fn from(Email(text): Email) -> Self {
        text
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "(u16, u16)")]
struct OnlyInto {
    a: u8,
    b: u8,
}

impl From<OnlyInto> for (u16, u16) {
    fn from(OnlyInto { a, b }: OnlyInto) -> Self {
        (a.into(), b.into())
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct WrittenAsText {
    #[serde(serialize_with = "as_text")]
    number: u8,
    rest: Vec<u8>,
}

fn as_text<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct BothAsText {
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    number: u8,
    rest: Vec<u8>,
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.parse().unwrap_or(0))
}

#[test]
fn conversions_on_both_sides_arrive_and_on_one_are_named() {
    arrives([Email("a@b".into())]);
    arrives([BothAsText {
        number: 7,
        rest: vec![1],
    }]);
    refused(&OnlyInto { a: 1, b: 2 }, &["`u16`", "`u8`", "into"]);
    let text = WrittenAsText {
        number: 1,
        rest: vec![2],
    };
    refused(&text, &["`number`", "`WrittenAsText`", "serialize_with"]);
}

#[test]
fn what_is_empty_at_first_is_looked_at_when_it_is_not() {
    let form = form::<(Vec<Decision>, Option<Login>)>();
    encode_held(&(Vec::<Decision>::new(), None::<Login>), &form).unwrap();
    assert!(encode_held(&(vec![Decision::Approve], None::<Login>), &form).is_err());
    let login = Login {
        user: 1,
        password: 2,
        role: 3,
    };
    assert!(encode_held(&(Vec::<Decision>::new(), Some(login)), &form).is_err());
    // An error is not remembered as if it had been fine.
    assert!(encode_held(&(vec![Decision::Approve], None::<Login>), &form).is_err());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct List {
    next: Option<Box<List>>,
}

#[test]
fn what_is_nested_too_deep_to_be_read_is_refused_before_it_is_sent() {
    let nested = |levels: usize| {
        (0..levels).fold(List { next: None }, |next, _| List {
            next: Some(Box::new(next)),
        })
    };
    arrives([nested(40)]);
    let error = encode_held(&nested(1000), &form::<List>())
        .unwrap_err()
        .to_string();
    assert!(error.contains("nested deeper than 128 levels"), "{error}");
}

/// Each is renamed to the other when it is written.
#[derive(Serialize, Deserialize)]
struct Swapped {
    #[serde(rename(serialize = "b"))]
    a: u8,
    #[serde(rename(serialize = "a"))]
    b: u8,
}

#[test]
fn p13_fields_in_another_order_are_refused_in_words_that_say_so() {
    refused(
        &Swapped { a: 1, b: 2 },
        &[
            "`Swapped` is not read as it is written",
            ": its fields are written in another order than they are read",
        ],
    );
}
