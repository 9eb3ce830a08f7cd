//! Bytes as a structure, and as a value that was written by it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use daffi_core::described::{Layout, Misfit, decode};
use daffi_core::proto::{decode_guarded, encode};
use daffi_core::signature::{Type, trace};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::Target;
use crate::input::{Input, write_block};

pub(crate) const TARGET: Target = Target {
    name: "described_read",
    run,
    seeds,
};

/// Asks what there is, takes all of it, and keeps nothing.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

macro_rules! leaves {
    ($($method:ident($value:ty);)*) => {
        $(
            fn $method<E>(self, _: $value) -> Result<Self, E> {
                Ok(Self)
            }
        )*
    };
}

impl<'de> Visitor<'de> for Anything {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    leaves! {
        visit_bool(bool);
        visit_i64(i64);
        visit_i128(i128);
        visit_u64(u64);
        visit_u128(u128);
        visit_f64(f64);
        visit_str(&str);
        visit_bytes(&[u8]);
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_none<E>(self) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<Self, D::Error> {
        Self::deserialize(inside)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self, A::Error> {
        while elements.next_element::<Self>()?.is_some() {}
        Ok(Self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<Self, Self>()?.is_some() {}
        Ok(Self)
    }
}

/// Something that reads much of what it may be given.
#[derive(Serialize, Deserialize)]
struct Order {
    #[serde(default)]
    id: u64,
    #[serde(default, alias = "rows")]
    lines: Vec<Option<Box<Order>>>,
    note: Option<Note>,
    #[serde(default)]
    tags: HashMap<String, i32>,
}

#[derive(Serialize, Deserialize)]
enum Note {
    Short(String),
    Long {
        words: Vec<u8>,
        by: Option<char>,
    },
    #[serde(other)]
    None,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
    Order(Box<Order>),
    List(Vec<Loose>),
    Map(BTreeMap<String, Loose>),
}

/// An option that contains nothing but itself.
#[derive(Deserialize)]
struct Chain {
    #[serde(alias = "next", default)]
    _next: Option<Box<Chain>>,
}

#[derive(Deserialize)]
struct Bare(#[expect(dead_code, reason = "only read")] Option<Box<Bare>>);

fn check(misfit: &Misfit) {
    assert!(!misfit.words().is_empty() && misfit.words().len() < 1024);
    assert!(misfit.path().len() < 4096);
}

fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let Some(Ok(ty)) = input.block().map(decode_guarded::<Type>) else {
        return;
    };
    let layout = Layout::new(&ty);
    let bytes = input.rest();
    let passed = decode::<IgnoredAny>(&layout, bytes);
    let taken = decode::<Anything>(&layout, bytes);
    // Names that nobody asks for cost nothing; and no type has an option of what says itself what it is, which all of it would do.
    let is_left = |misfit: &Misfit| {
        ["names", "called", "says itself"]
            .iter()
            .any(|word| misfit.words().contains(word))
    };
    let differs = passed.is_ok() && !taken.as_ref().err().is_none_or(is_left);
    assert!(
        !differs && (passed.is_ok() || taken.is_err()),
        "{:?}",
        taken.err()
    );
    passed.err().iter().for_each(check);
    decode::<Order>(&layout, bytes).err().iter().for_each(check);
    decode::<Loose>(&layout, bytes).err().iter().for_each(check);
    decode::<Chain>(&layout, bytes).err().iter().for_each(check);
    decode::<Bare>(&layout, bytes).err().iter().for_each(check);
    decode::<(u8, Option<String>)>(&layout, bytes)
        .err()
        .iter()
        .for_each(check);
}

/// A structure and a value that was written by it.
fn seed<T: Serialize + for<'de> Deserialize<'de> + 'static>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_block(&mut bytes, &encode(&trace::<T>()).expect("it is short"));
    bytes.extend(encode(value).expect("it is short"));
    bytes
}

fn seeds() -> Vec<Vec<u8>> {
    let order = |note, lines| Order {
        id: 300,
        lines,
        note: Some(note),
        tags: HashMap::from([("late".to_owned(), -3)]),
    };
    let long = Note::Long {
        words: vec![1, 2, 3],
        by: Some('ö'),
    };
    let line = order(Note::Short("lamp".to_owned()), vec![None]);
    vec![
        seed(&(1_u8, Some("text".to_owned()))),
        seed(&vec![(); 3]),
        seed(&BTreeMap::from([(1_u128, -1_i64), (2, 1)])),
        seed(&[(true, 'a', 1.5_f32, 2.5_f64)]),
        seed(&order(long, vec![Some(Box::new(line))])),
        seed(&order(Note::None, Vec::new())),
    ]
}
