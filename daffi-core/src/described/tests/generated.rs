//! Structures that are made up, and values of them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use serde::ser::{SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleVariant};
use serde::{Serialize, Serializer};

use super::super::{Layout, decode};
use super::dynamic::Value;
use crate::proto::{by_the_library, encode};
use crate::signature::{Type, Variant};

/// Random numbers that are the same at each time.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// All of a number.
    pub(super) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        (self.number() >> 16) % limit
    }

    pub(super) fn count(&mut self, limit: u64) -> usize {
        usize::try_from(self.below(limit)).expect("it is small")
    }
}

const LEAVES: [Type; 17] = [
    Type::Unit,
    Type::Bool,
    Type::I8,
    Type::I16,
    Type::I32,
    Type::I64,
    Type::I128,
    Type::U8,
    Type::U16,
    Type::U32,
    Type::U64,
    Type::U128,
    Type::F32,
    Type::F64,
    Type::Char,
    Type::Str,
    Type::Bytes,
];

fn name(number: usize) -> String {
    format!("f{number}")
}

/// A type, no deeper than that, inside of so many others.
pub(super) fn ty(dice: &mut Dice, depth: usize, around: u32) -> Type {
    let kind = if depth == 0 { 0 } else { dice.below(12) };
    let around = around + 1;
    let inner = |dice: &mut Dice| Box::new(ty(dice, depth - 1, around));
    let some = |dice: &mut Dice, least: usize| -> Vec<Type> {
        let count = least + dice.count(4);
        (0..count).map(|_| ty(dice, depth - 1, around)).collect()
    };
    match kind {
        4 => Type::Option(inner(dice)),
        5 => Type::Seq(inner(dice)),
        6 => Type::Map(inner(dice), inner(dice)),
        7 => Type::Tuple(some(dice, 1)),
        8 => Type::NewtypeStruct {
            name: "New".to_owned(),
            inner: inner(dice),
        },
        9 | 10 => {
            let fields = some(dice, 0).into_iter().enumerate();
            Type::Struct {
                name: "Struct".to_owned(),
                fields: fields.map(|(number, ty)| (name(number), ty)).collect(),
            }
        }
        11 => {
            let variants = (0..1 + dice.count(4)).map(|number| Variant {
                index: u32::try_from(number).expect("it is small"),
                name: name(number),
                content: content(dice, depth - 1, around + 1),
            });
            Type::Enum {
                name: "Enum".to_owned(),
                variants: variants.collect(),
                open: false,
            }
        }
        // A value ends where a list of the type around is empty.
        3 if around > 1 => {
            let level = dice.below(u64::from(around) - 1);
            let inner = Type::Recursive(u32::try_from(level).expect("it is small") + 1);
            Type::Seq(Box::new(inner))
        }
        _ => LEAVES[dice.count(17)].clone(),
    }
}

/// What a variant carries.
fn content(dice: &mut Dice, depth: usize, around: u32) -> Type {
    let kind = dice.below(3);
    let count = 1 + dice.count(3);
    let mut types = (0..count).map(|_| ty(dice, depth, around));
    match kind {
        0 => Type::Unit,
        1 => Type::Tuple(types.collect()),
        _ => Type::Struct {
            name: String::new(),
            fields: types
                .by_ref()
                .enumerate()
                .map(|(number, ty)| (name(number), ty))
                .collect(),
        },
    }
}

/// Makes values.
pub(super) struct Maker<'t> {
    pub(super) dice: Dice,
    /// The types around, outermost first.
    around: Vec<&'t Type>,
    /// How many parts more, about.
    left: usize,
}

impl<'t> Maker<'t> {
    pub(super) const fn new(dice: Dice) -> Self {
        Self {
            dice,
            around: Vec::new(),
            left: 60,
        }
    }

    fn signed(&mut self, bits: u32) -> Value {
        let number = (u128::from(self.dice.number()) << 64) | u128::from(self.dice.number());
        let number = number.cast_signed() >> (128 - bits);
        Value::Integer(number >> self.dice.below(bits.into()))
    }

    fn unsigned(&mut self, bits: u32) -> Value {
        let number = (u128::from(self.dice.number()) << 64) | u128::from(self.dice.number());
        let number = number >> (128 - bits) >> self.dice.below(bits.into());
        i128::try_from(number).map_or(Value::Huge(number), Value::Integer)
    }

    /// So many elements, or fewer.
    fn count(&mut self, limit: u64) -> usize {
        match self.left {
            0 => 0,
            _ => self.dice.count(limit),
        }
    }

    pub(super) fn value(&mut self, ty: &'t Type) -> Value {
        self.left = self.left.saturating_sub(1);
        if let Type::Recursive(level) = ty {
            let keep = self.around.len() - *level as usize;
            let cut = self.around.split_off(keep);
            let again = self.around.pop().expect("there is one");
            let value = self.value(again);
            self.around.push(again);
            self.around.extend(cut);
            return value;
        }
        self.around.push(ty);
        let value = self.inside(ty);
        self.around.pop();
        value
    }

    fn inside(&mut self, ty: &'t Type) -> Value {
        match ty {
            Type::Bool => Value::Bool(self.dice.below(2) == 1),
            Type::I8 => self.signed(8),
            Type::I16 => self.signed(16),
            Type::I32 => self.signed(32),
            Type::I64 => self.signed(64),
            Type::I128 => self.signed(128),
            Type::U8 => self.unsigned(8),
            Type::U16 => self.unsigned(16),
            Type::U32 => self.unsigned(32),
            Type::U64 => self.unsigned(64),
            Type::U128 => self.unsigned(128),
            Type::F32 => {
                let bits = u32::try_from(self.dice.below(1 << 32)).expect("it fits");
                let number = f32::from_bits(bits);
                Value::Float(if number.is_nan() { 0.5 } else { number.into() })
            }
            Type::F64 => {
                let number = f64::from_bits(self.dice.number());
                Value::Float(if number.is_nan() { -0.5 } else { number })
            }
            Type::Char => Value::Char(['a', 'ö', '€', '🦀'][self.dice.count(4)]),
            Type::Str => Value::text(["", "a", "ö€🦀", "a text of some words"][self.dice.count(4)]),
            Type::Bytes => Value::Bytes(vec![7; self.dice.count(300)]),
            Type::Option(inner) => match self.count(2) {
                0 => Value::None,
                _ => Value::Some(Box::new(self.value(inner))),
            },
            Type::Seq(element) => {
                let count = self.count(5);
                Value::List((0..count).map(|_| self.value(element)).collect())
            }
            Type::Map(key, value) => {
                let count = self.count(4);
                let entries = (0..count).map(|_| (self.value(key), self.value(value)));
                Value::Map(entries.collect())
            }
            Type::Tuple(fields) => Value::List(fields.iter().map(|field| self.value(field)).collect()),
            Type::NewtypeStruct { inner, .. } => self.value(inner),
            Type::Struct { fields, .. } => {
                let fields = fields
                    .iter()
                    .map(|(name, ty)| (Value::text(name), self.value(ty)));
                Value::Map(fields.collect())
            }
            Type::Enum { variants, .. } => {
                let variant = &variants[self.dice.count(variants.len() as u64)];
                let name = Value::text(&variant.name);
                if variant.content == Type::Unit {
                    return name;
                }
                let mut carried = self.value(&variant.content);
                if let Value::List(fields) = &mut carried
                    && let [single] = &mut **fields
                {
                    carried = std::mem::replace(single, Value::Unit);
                }
                Value::Map(vec![(name, carried)])
            }
            _ => Value::Unit,
        }
    }
}

/// A value of a type, written as that type would write it.
pub(super) struct Typed<'t> {
    pub(super) ty: &'t Type,
    /// The types around, outermost first.
    pub(super) around: Vec<&'t Type>,
    pub(super) value: &'t Value,
}

/// A name for ever, as serde wants it.
pub(super) fn forever(name: &str) -> &'static str {
    thread_local! {
        static NAMES: RefCell<BTreeSet<&'static str>> = const { RefCell::new(BTreeSet::new()) };
    }
    NAMES.with_borrow_mut(|names| match names.get(name) {
        Some(name) => name,
        None => {
            let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
            names.insert(name);
            name
        }
    })
}

impl<'t> Typed<'t> {
    pub(super) fn new(ty: &'t Type, value: &'t Value) -> Self {
        Self {
            ty,
            around: Vec::new(),
            value,
        }
    }

    fn inside(&self, ty: &'t Type, value: &'t Value) -> Self {
        let mut around = self.around.clone();
        around.push(self.ty);
        if let Type::Recursive(level) = ty {
            around.truncate(around.len() - *level as usize);
            let ty = around.pop().expect("there is one");
            return Self { ty, around, value };
        }
        Self { ty, around, value }
    }
}

/// As `f32`, where it is one.
#[expect(clippy::cast_possible_truncation, reason = "it is one")]
const fn narrow(number: f64) -> f32 {
    number as f32
}

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! number {
            ($method:ident, $number:expr) => {
                serializer.$method((*$number).try_into().expect("it was made for the type"))
            };
        }
        match (self.ty, self.value) {
            (Type::Unit | Type::UnitStruct { .. }, Value::Unit) => serializer.serialize_unit(),
            (Type::Bool, Value::Bool(value)) => serializer.serialize_bool(*value),
            (Type::I8, Value::Integer(value)) => number!(serialize_i8, value),
            (Type::I16, Value::Integer(value)) => number!(serialize_i16, value),
            (Type::I32, Value::Integer(value)) => number!(serialize_i32, value),
            (Type::I64, Value::Integer(value)) => number!(serialize_i64, value),
            (Type::I128, Value::Integer(value)) => number!(serialize_i128, value),
            (Type::U8, Value::Integer(value)) => number!(serialize_u8, value),
            (Type::U16, Value::Integer(value)) => number!(serialize_u16, value),
            (Type::U32, Value::Integer(value)) => number!(serialize_u32, value),
            (Type::U64, Value::Integer(value)) => number!(serialize_u64, value),
            (Type::U128, Value::Integer(value)) => number!(serialize_u128, value),
            (Type::U128, Value::Huge(value)) => number!(serialize_u128, value),
            (Type::F32, Value::Float(value)) => serializer.serialize_f32(narrow(*value)),
            (Type::F64, Value::Float(value)) => serializer.serialize_f64(*value),
            (Type::Char, Value::Char(value)) => serializer.serialize_char(*value),
            (Type::Str, Value::Text(value)) => serializer.serialize_str(value),
            (Type::Bytes, Value::Bytes(value)) => serializer.serialize_bytes(value),
            (Type::Option(_), Value::None) => serializer.serialize_none(),
            (Type::Option(inner), Value::Some(value)) => {
                serializer.serialize_some(&self.inside(inner, value))
            }
            (Type::Seq(element), Value::List(list)) => {
                serializer.collect_seq(list.iter().map(|value| self.inside(element, value)))
            }
            (Type::Map(key, of), Value::Map(map)) => serializer.collect_map(
                map.iter()
                    .map(|(name, value)| (self.inside(key, name), self.inside(of, value))),
            ),
            (Type::Tuple(fields), Value::List(list)) => {
                let mut tuple = serializer.serialize_tuple(fields.len())?;
                for (ty, value) in fields.iter().zip(list) {
                    tuple.serialize_element(&self.inside(ty, value))?;
                }
                tuple.end()
            }
            (Type::NewtypeStruct { inner, .. }, value) => {
                serializer.serialize_newtype_struct("New", &self.inside(inner, value))
            }
            (Type::Struct { fields, .. }, Value::Map(map)) => {
                let mut written = serializer.serialize_struct("Struct", fields.len())?;
                for ((name, ty), (_, value)) in fields.iter().zip(map) {
                    written.serialize_field(forever(name), &self.inside(ty, value))?;
                }
                written.end()
            }
            (Type::Enum { variants, .. }, value) => self.variant(variants, value, serializer),
            (ty, value) => panic!("{value:?} was made for {ty}"),
        }
    }
}

impl<'t> Typed<'t> {
    fn variant<S: Serializer>(
        &self,
        variants: &'t [Variant],
        value: &'t Value,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let (name, carried) = match value {
            Value::Text(name) => (name, &Value::Unit),
            Value::Map(entry) => match &**entry {
                [(Value::Text(name), carried)] => (name, carried),
                _ => panic!("it was made for the type"),
            },
            _ => panic!("it was made for the type"),
        };
        let variant = variants.iter().find(|variant| variant.name == *name);
        let variant = variant.expect("it was made for the type");
        let (index, name) = (variant.index, forever(&variant.name));
        let inside = self.inside(&variant.content, carried);
        match (&variant.content, carried) {
            (Type::Tuple(fields), carried) if fields.len() == 1 => {
                serializer.serialize_newtype_variant("Enum", index, name, &inside.inside(&fields[0], carried))
            }
            (Type::Tuple(fields), Value::List(list)) => {
                let mut written = serializer.serialize_tuple_variant("Enum", index, name, fields.len())?;
                for (ty, value) in fields.iter().zip(list) {
                    written.serialize_field(&inside.inside(ty, value))?;
                }
                written.end()
            }
            (Type::Struct { fields, .. }, Value::Map(map)) => {
                let mut written = serializer.serialize_struct_variant("Enum", index, name, fields.len())?;
                for ((name, ty), (_, value)) in fields.iter().zip(map) {
                    written.serialize_field(forever(name), &inside.inside(ty, value))?;
                }
                written.end()
            }
            _ => serializer.serialize_unit_variant("Enum", index, name),
        }
    }
}

/// So many structures.
const STRUCTURES: u64 = 3000;

/// Does something with structures that are made up, and values of each.
pub(super) fn each(mut with: impl FnMut(&Type, &Value, &[u8])) {
    for seed in 0..STRUCTURES {
        let mut dice = Dice::new(seed + 1);
        let depth = dice.count(6);
        let ty = ty(&mut dice, depth, 0);
        for _ in 0..3 {
            let mut maker = Maker::new(Dice::new(dice.number()));
            let value = maker.value(&ty);
            let bytes = by_the_library(&Typed::new(&ty, &value));
            with(&ty, &value, &bytes);
        }
    }
}

#[test]
fn what_was_written_is_read_by_its_structure() {
    let mut parts = 0;
    each(|ty, value, bytes| {
        let layout = Layout::new(ty);
        assert_eq!(decode::<Value>(&layout, bytes).as_ref(), Ok(value), "{ty}");
        assert_eq!(decode::<IgnoredAny>(&layout, bytes), Ok(IgnoredAny), "{ty}");
        assert_eq!(*encode(&Typed::new(ty, value)).unwrap(), *bytes, "{ty}");
        parts += bytes.len();
    });
    assert!(parts > 100_000, "{parts} bytes are much");
}

#[test]
fn bytes_that_end_early_are_refused() {
    each(|ty, _, bytes| {
        let layout = Layout::new(ty);
        for end in 0..bytes.len().min(40) {
            assert!(decode::<Value>(&layout, &bytes[..end]).is_err(), "{ty}");
            assert!(decode::<IgnoredAny>(&layout, &bytes[..end]).is_err(), "{ty}");
        }
    });
}
