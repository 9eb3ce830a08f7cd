//! What was found to agree is not looked at again, whatever the value is: looking costs as much as writing.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::encode_held;
use crate::signature::findings;

thread_local! {
    /// How often a [`Counted`] was written.
    static WRITTEN: Cell<u32> = const { Cell::new(0) };
}

/// Counts how often it is written, and is `()` otherwise.
#[derive(Clone, Debug)]
struct Counted;

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer).map(|()| Self)
    }
}

/// Each of the values is looked at when it is encoded first, and not again, in whatever order they come.
#[track_caller]
fn looked_at_once<T: Serialize + for<'de> Deserialize<'de> + 'static>(values: &[T]) {
    let form = findings::<(Counted, T)>().form;
    let looks = |value: &T| {
        WRITTEN.set(0);
        encode_held(&(Counted, value), &form).unwrap();
        WRITTEN.get() - 1
    };
    // Looked at, and written anew as it was then.
    assert_eq!(looks(&values[0]), 2, "the first of all");
    values.iter().for_each(|value| assert!(looks(value) <= 2));
    for (number, value) in values.iter().chain(values.iter().rev()).enumerate() {
        assert_eq!(looks(value), 0, "value {number}");
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Everything {
    plain: (bool, i8, i16, i32, i64, i128, u8, u16, u32),
    rest: (u64, u128, f32, f64, char, (), Unit, Pair, Wrapped),
    text: String,
    perhaps: Option<Box<Everything>>,
    choice: Choice,
    many: Vec<Choice>,
    map: BTreeMap<Choice, Option<String>>,
    array: [Option<u8>; 3],
    a_name_that_is_longer_than_most_names_are: u8,
}

#[derive(Clone, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Serialize, Deserialize)]
struct Pair(u8, Option<u8>);

#[derive(Clone, Serialize, Deserialize)]
struct Wrapped(Option<u8>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Choice {
    None,
    One(Option<u8>),
    Two(u8, Option<u8>),
    Named { a: u8, b: Vec<u8> },
    Nested(Box<Choice>),
}

#[derive(Clone, Serialize, Deserialize)]
enum Bare {
    First,
    Last,
}

fn everything(choice: &Choice, n: Option<u8>) -> Everything {
    Everything {
        plain: (true, 1, 2, 3, 4, 5, 6, 7, 8),
        rest: (1, 2, 3.0, 4.0, 'c', (), Unit, Pair(1, n), Wrapped(n)),
        text: "text".into(),
        perhaps: None,
        choice: choice.clone(),
        many: vec![choice.clone(); usize::from(n.unwrap_or(0))],
        map: n.iter().map(|_| (choice.clone(), Some("x".into()))).collect(),
        array: [n, None, Some(1)],
        a_name_that_is_longer_than_most_names_are: 1,
    }
}

#[test]
fn what_was_found_to_agree_is_not_looked_at_again() {
    let choices = [
        Choice::None,
        Choice::One(None),
        Choice::One(Some(1)),
        Choice::Two(1, None),
        Choice::Two(1, Some(2)),
        Choice::Named { a: 1, b: vec![] },
        Choice::Named { a: 1, b: vec![2, 3] },
        Choice::Nested(Box::new(Choice::Two(1, Some(2)))),
    ];
    looked_at_once(&choices);
    let mut values: Vec<Everything> = choices
        .iter()
        .flat_map(|choice| [None, Some(2)].map(|n| everything(choice, n)))
        .collect();
    let inner = values[3].clone();
    values[0].perhaps = Some(Box::new(inner));
    looked_at_once(&values);
    looked_at_once(&[vec![], vec![1_u8], vec![1, 2]]);
    looked_at_once(&[vec![Some(true)], vec![None], vec![Some(false), None]]);
    looked_at_once(&[vec![Bare::First, Bare::Last], vec![], vec![Bare::Last]]);
    looked_at_once(&[vec![Choice::None], vec![Choice::None, Choice::One(Some(2))]]);
    looked_at_once(&[Ok::<u8, String>(1), Err("no".into())]);
    looked_at_once(&[Some(Some(1_u8)), Some(None), None]);
}

/// Of some of its parts nothing is known.
#[derive(Clone, Serialize, Deserialize)]
struct Partly {
    long: Long,
    perhaps: Option<Long>,
    many: Vec<Long>,
    choice: PartlyChoice,
    after: Option<u8>,
}

#[derive(Clone, Serialize, Deserialize)]
enum PartlyChoice {
    Long(Long),
    Short(Option<u8>),
    Named { long: Long, after: Option<u8> },
}

/// Too long to be looked into.
#[derive(Clone)]
struct Long(Option<u8>);

impl Serialize for Long {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple;
        let mut fields = serializer.serialize_tuple(2000)?;
        for _ in 0..2000 {
            fields.serialize_element(&self.0)?;
        }
        fields.end()
    }
}

impl<'de> Deserialize<'de> for Long {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> serde::de::Visitor<'de> for Fields {
            type Value = Long;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a long tuple")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut fields: A) -> Result<Long, A::Error> {
                let mut last = None;
                while let Some(field) = fields.next_element()? {
                    last = field;
                }
                Ok(Long(last))
            }
        }
        deserializer.deserialize_tuple(2000, Fields)
    }
}

#[test]
fn what_cannot_be_compared_is_not_looked_at_either() {
    let partly = |n, choice| Partly {
        long: Long(n),
        perhaps: n.map(|_| Long(None)),
        many: vec![Long(n); usize::from(n.unwrap_or(0))],
        choice,
        after: n,
    };
    let values = [None, Some(2)].map(|n| {
        [
            partly(n, PartlyChoice::Long(Long(n))),
            partly(n, PartlyChoice::Short(n)),
            partly(
                n,
                PartlyChoice::Named {
                    long: Long(n),
                    after: n,
                },
            ),
        ]
    });
    looked_at_once(values.as_flattened());
}
