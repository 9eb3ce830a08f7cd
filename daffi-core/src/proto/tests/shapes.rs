//! The same for types that are made up: whatever one half of a type leaves out, calls or counts otherwise, or takes for
//! something else, be it for some values only, no other value arrives.

use std::cell::Cell;
use std::fmt;

use proptest::prelude::*;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct, SerializeTupleStruct, SerializeTupleVariant};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::{decode_guarded, encode_held};
use crate::signature::findings;

/// A type, and where its two halves differ for values that are [`odd`].
#[derive(Clone, Debug)]
enum Plan {
    Byte,
    /// Perhaps written as something else.
    Number(Option<Otherwise>),
    Text,
    /// Read as bytes, or as a string. Perhaps written as a sequence of bytes, or of something else.
    Bytes(bool, Option<Otherwise>),
    Option(Box<Self>),
    Seq(Box<Self>),
    Map(Box<Self>),
    /// Without names for its fields; one of them may be left out when writing.
    Tuple(Vec<Self>, Option<usize>),
    /// Something may be wrong with one of the fields.
    Struct(Vec<Self>, Option<(usize, Wrong)>),
    /// The variants may be counted or called otherwise when writing.
    Enum(Vec<Vec<Self>>, Option<Wrong>),
}

/// How something is written instead of as a `u32`.
#[derive(Clone, Copy, Debug)]
enum Otherwise {
    Text,
    Byte,
    Narrow,
    Wide,
    Widest,
    Signed,
    Float,
    Char,
    Bool,
    Nothing,
    Something,
    Unit,
    List,
    EmptyList,
    EmptyMap,
    Pair,
    /// In a tuple of its own, which has the same bytes.
    Alone,
    Variant,
}

impl Otherwise {
    const ALL: [Self; 18] = [
        Self::Text,
        Self::Byte,
        Self::Narrow,
        Self::Wide,
        Self::Widest,
        Self::Signed,
        Self::Float,
        Self::Char,
        Self::Bool,
        Self::Nothing,
        Self::Something,
        Self::Unit,
        Self::List,
        Self::EmptyList,
        Self::EmptyMap,
        Self::Pair,
        Self::Alone,
        Self::Variant,
    ];

    #[expect(clippy::cast_possible_truncation, reason = "any other value will do")]
    fn write<S: Serializer>(self, number: u32, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text => serializer.collect_str(&number),
            Self::Byte => serializer.serialize_u8(number as u8),
            Self::Narrow => serializer.serialize_u16(number as u16),
            Self::Wide => serializer.serialize_u64(number.into()),
            Self::Widest => serializer.serialize_u128(number.into()),
            Self::Signed => serializer.serialize_i32(number.cast_signed()),
            Self::Float => serializer.serialize_f32(f32::from_bits(number)),
            Self::Char => serializer.serialize_char(char::from(number as u8)),
            Self::Bool => serializer.serialize_bool(number.is_multiple_of(2)),
            Self::Nothing => serializer.serialize_none(),
            Self::Something => serializer.serialize_some(&number),
            Self::Unit => serializer.serialize_unit(),
            Self::List => serializer.collect_seq([number]),
            Self::EmptyList => serializer.collect_seq([0_u32; 0]),
            Self::EmptyMap => serializer.collect_map([(0_u32, 0_u32); 0]),
            Self::Pair => (number, number).serialize(serializer),
            Self::Alone => (number,).serialize(serializer),
            Self::Variant => serializer.serialize_unit_variant("Other", number % 3, "variant"),
        }
    }
}

/// What is wrong with a field or a variant.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wrong {
    /// It is left out, and serde is told; or it is counted otherwise.
    Skipped,
    /// It is left out.
    Missing,
    /// It has the name of the next one.
    Renamed,
}

/// Whether a value is one of those that are written otherwise: about half of them.
fn odd(value: &Value) -> bool {
    format!("{value:?}")
        .bytes()
        .fold(0_u8, |sum, letter| sum.wrapping_mul(31).wrapping_add(letter))
        % 2
        == 1
}

/// The same with names, for ever, as serde wants them.
enum Shape {
    Byte,
    Number(Option<Otherwise>),
    Text,
    Bytes(bool, Option<Otherwise>),
    Option(&'static Self),
    Seq(&'static Self),
    Map(&'static Self),
    Tuple(&'static str, &'static [Self], Option<usize>),
    Struct(
        &'static str,
        &'static [&'static str],
        &'static [Self],
        Option<(usize, Wrong)>,
    ),
    Enum(
        &'static str,
        &'static [&'static str],
        &'static [&'static [Self]],
        Option<Wrong>,
    ),
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Byte(u8),
    Number(u32),
    Text(String),
    Bytes(Vec<u8>),
    Option(Option<Box<Self>>),
    Many(Vec<Self>),
    Variant(usize, Vec<Self>),
}

fn leak<T>(values: Vec<T>) -> &'static [T] {
    values.leak()
}

impl Shape {
    /// No two types have one name, so that none is taken for another.
    fn new(plan: &Plan, names: &mut usize) -> Self {
        let mut name = || {
            *names += 1;
            &*format!("t{names}").leak()
        };
        let own = name();
        match plan {
            Plan::Byte => Self::Byte,
            Plan::Number(otherwise) => Self::Number(*otherwise),
            Plan::Text => Self::Text,
            Plan::Bytes(as_text, otherwise) => Self::Bytes(*as_text, *otherwise),
            Plan::Option(inner) => Self::Option(&leak(vec![Self::new(inner, names)])[0]),
            Plan::Seq(inner) => Self::Seq(&leak(vec![Self::new(inner, names)])[0]),
            Plan::Map(inner) => Self::Map(&leak(vec![Self::new(inner, names)])[0]),
            Plan::Tuple(fields, left_out) => Self::Tuple(
                own,
                Self::all(fields, names),
                left_out.map(|at| at % fields.len()),
            ),
            Plan::Struct(fields, wrong) => {
                let of_fields = fields.iter().map(|_| name()).collect();
                let wrong = wrong.map(|(at, wrong)| (at % fields.len(), wrong));
                Self::Struct(own, leak(of_fields), Self::all(fields, names), wrong)
            }
            Plan::Enum(variants, wrong) => {
                let of_variants = variants.iter().map(|_| name()).collect();
                let contents = variants.iter().map(|fields| Self::all(fields, names)).collect();
                Self::Enum(own, leak(of_variants), leak(contents), *wrong)
            }
        }
    }

    fn all(plans: &[Plan], names: &mut usize) -> &'static [Self] {
        leak(plans.iter().map(|plan| Self::new(plan, names)).collect())
    }

    /// A value of it, made of what `next` says.
    fn value(&self, next: &mut impl FnMut() -> u8) -> Value {
        match self {
            Self::Byte => Value::Byte(next()),
            Self::Number(_) => Value::Number(u32::from(next()) * 1000),
            Self::Text => Value::Text("x".repeat(usize::from(next() % 4))),
            Self::Bytes(..) => Value::Bytes((0..next() % 4).map(|_| next() % 128).collect()),
            Self::Option(inner) => {
                Value::Option(next().is_multiple_of(2).then(|| Box::new(inner.value(next))))
            }
            Self::Seq(inner) => Value::Many((0..next() % 3).map(|_| inner.value(next)).collect()),
            Self::Map(inner) => Value::Many((0..next() % 3 * 2).map(|_| inner.value(next)).collect()),
            Self::Tuple(_, fields, _) | Self::Struct(_, _, fields, _) => {
                Value::Many(fields.iter().map(|field| field.value(next)).collect())
            }
            Self::Enum(_, _, contents, _) => {
                let variant = usize::from(next()) % contents.len();
                let fields = contents[variant].iter().map(|field| field.value(next));
                Value::Variant(variant, fields.collect())
            }
        }
    }

    /// Whether a value meets something that is written otherwise than it is read.
    fn differs(&self, value: &Value) -> bool {
        let any = |fields: &[Self], values: &[Value]| {
            fields
                .iter()
                .zip(values)
                .any(|(field, value)| field.differs(value))
        };
        match (self, value) {
            (Self::Number(Some(otherwise)), _) => odd(value) && !matches!(otherwise, Otherwise::Alone),
            // An empty sequence has no elements that differ.
            (Self::Bytes(_, Some(otherwise)), Value::Bytes(bytes)) => {
                odd(value) && !bytes.is_empty() && !matches!(otherwise, Otherwise::Byte)
            }
            (Self::Option(inner), Value::Option(value)) => {
                value.as_ref().is_some_and(|value| inner.differs(value))
            }
            (Self::Seq(inner) | Self::Map(inner), Value::Many(values)) => {
                values.iter().any(|value| inner.differs(value))
            }
            (Self::Tuple(_, fields, left_out), Value::Many(values)) => {
                left_out.is_some() && odd(value) || any(fields, values)
            }
            (Self::Struct(_, _, fields, wrong), Value::Many(values)) => {
                let wrong = wrong.filter(|(_, wrong)| *wrong != Wrong::Renamed || fields.len() > 1);
                wrong.is_some() && odd(value) || any(fields, values)
            }
            (Self::Enum(_, _, contents, wrong), Value::Variant(variant, values)) => {
                let wrong = wrong.filter(|wrong| *wrong != Wrong::Renamed || contents.len() > 1);
                wrong.is_some() && odd(value) || any(contents[*variant], values)
            }
            _ => false,
        }
    }
}

/// A value that is written as its shape says.
struct Written<'a>(&'static Shape, &'a Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Shape::Byte, Value::Byte(byte)) => serializer.serialize_u8(*byte),
            (Shape::Number(Some(otherwise)), Value::Number(number)) if odd(self.1) => {
                otherwise.write(*number, serializer)
            }
            (Shape::Number(_), Value::Number(number)) => serializer.serialize_u32(*number),
            (Shape::Bytes(_, Some(otherwise)), Value::Bytes(bytes)) if odd(self.1) => {
                let elements = bytes.iter().map(|byte| Element(*otherwise, *byte));
                serializer.collect_seq(elements)
            }
            (Shape::Bytes(..), Value::Bytes(bytes)) => serializer.serialize_bytes(bytes),
            (Shape::Text, Value::Text(text)) => serializer.serialize_str(text),
            (Shape::Option(_), Value::Option(None)) => serializer.serialize_none(),
            (Shape::Option(inner), Value::Option(Some(value))) => {
                serializer.serialize_some(&Written(inner, value))
            }
            (Shape::Seq(inner), Value::Many(values)) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    seq.serialize_element(&Written(inner, value))?;
                }
                seq.end()
            }
            (Shape::Map(inner), Value::Many(values)) => {
                let entries = values.chunks_exact(2);
                serializer
                    .collect_map(entries.map(|entry| (Written(inner, &entry[0]), Written(inner, &entry[1]))))
            }
            (Shape::Tuple(name, fields, left_out), Value::Many(values)) => {
                let left_out = left_out.filter(|_| odd(self.1));
                let length = fields.len() - usize::from(left_out.is_some());
                let mut tuple = serializer.serialize_tuple_struct(name, length)?;
                for (at, (field, value)) in fields.iter().zip(values).enumerate() {
                    if left_out != Some(at) {
                        tuple.serialize_field(&Written(field, value))?;
                    }
                }
                tuple.end()
            }
            (Shape::Struct(name, names, fields, wrong), Value::Many(values)) => {
                let wrong = wrong.filter(|_| odd(self.1));
                let is_out = matches!(wrong, Some((_, Wrong::Skipped | Wrong::Missing)));
                let mut written = serializer.serialize_struct(name, fields.len() - usize::from(is_out))?;
                for (at, (field, value)) in fields.iter().zip(values).enumerate() {
                    match wrong {
                        Some((wrong, Wrong::Skipped)) if wrong == at => written.skip_field(names[at])?,
                        Some((wrong, Wrong::Missing)) if wrong == at => {}
                        Some((wrong, Wrong::Renamed)) if wrong == at => {
                            let name = names[(at + 1) % names.len()];
                            written.serialize_field(name, &Written(field, value))?;
                        }
                        _ => written.serialize_field(names[at], &Written(field, value))?,
                    }
                }
                written.end()
            }
            (Shape::Enum(name, names, contents, wrong), Value::Variant(variant, values)) => {
                let wrong = wrong.filter(|_| odd(self.1));
                let (shift, renamed) = match wrong {
                    None => (0, 0),
                    Some(Wrong::Renamed) => (0, 1),
                    Some(_) => (1, 0),
                };
                let index = u32::try_from(*variant).unwrap() + shift;
                let called = names[(variant + renamed) % names.len()];
                match (contents[*variant], &values[..]) {
                    ([], _) => serializer.serialize_unit_variant(name, index, called),
                    ([field], [value]) => {
                        let value = Written(field, value);
                        serializer.serialize_newtype_variant(name, index, called, &value)
                    }
                    (fields, values) => {
                        let length = fields.len();
                        let mut tuple = serializer.serialize_tuple_variant(name, index, called, length)?;
                        for (field, value) in fields.iter().zip(values) {
                            tuple.serialize_field(&Written(field, value))?;
                        }
                        tuple.end()
                    }
                }
            }
            _ => unreachable!("the value is one of the shape"),
        }
    }
}

/// A byte that is written otherwise.
struct Element(Otherwise, u8);

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(self.1.into(), serializer)
    }
}

/// What reads a value of a shape.
#[derive(Clone, Copy)]
struct Reading(&'static Shape);

impl<'de> DeserializeSeed<'de> for Reading {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Shape::Byte => u8::deserialize(deserializer).map(Value::Byte),
            Shape::Number(_) => u32::deserialize(deserializer).map(Value::Number),
            Shape::Text => String::deserialize(deserializer).map(Value::Text),
            Shape::Bytes(false, _) => deserializer.deserialize_byte_buf(self),
            Shape::Bytes(true, _) => {
                String::deserialize(deserializer).map(|text| Value::Bytes(text.into_bytes()))
            }
            Shape::Option(_) => deserializer.deserialize_option(self),
            Shape::Seq(_) => deserializer.deserialize_seq(self),
            Shape::Map(_) => deserializer.deserialize_map(self),
            Shape::Tuple(name, fields, _) => deserializer.deserialize_tuple_struct(name, fields.len(), self),
            Shape::Struct(name, names, ..) => deserializer.deserialize_struct(name, names, self),
            Shape::Enum(name, names, ..) => deserializer.deserialize_enum(name, names, self),
        }
    }
}

/// The fields of something, in their order.
struct Fields(&'static [Shape]);

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Vec<Value>, A::Error> {
        let mut values = Vec::new();
        for field in self.0 {
            let value = fields.next_element_seed(Reading(field))?;
            values.push(value.ok_or_else(|| serde::de::Error::invalid_length(values.len(), &self))?);
        }
        Ok(values)
    }
}

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the shape")
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Option(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Shape::Option(inner) = self.0 else {
            unreachable!("only options are read as such");
        };
        let value = Reading(inner).deserialize(deserializer)?;
        Ok(Value::Option(Some(Box::new(value))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        match self.0 {
            Shape::Tuple(_, fields, _) | Shape::Struct(_, _, fields, ..) => {
                Fields(fields).visit_seq(elements).map(Value::Many)
            }
            Shape::Seq(inner) => {
                let mut values = Vec::new();
                while let Some(value) = elements.next_element_seed(Reading(inner))? {
                    values.push(value);
                }
                Ok(Value::Many(values))
            }
            _ => unreachable!("nothing else has elements"),
        }
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Shape::Map(inner) = self.0 else {
            unreachable!("nothing else has entries");
        };
        let mut values = Vec::new();
        while let Some(key) = entries.next_key_seed(Reading(inner))? {
            values.extend([key, entries.next_value_seed(Reading(inner))?]);
        }
        Ok(Value::Many(values))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<Value, A::Error> {
        let Shape::Enum(_, _, contents, _) = self.0 else {
            unreachable!("only enums are read as such");
        };
        let (variant, content) = choice.variant_seed(Number(contents.len()))?;
        let fields = match contents[variant] {
            [] => content.unit_variant().map(|()| Vec::new())?,
            [field] => vec![content.newtype_variant_seed(Reading(field))?],
            fields => content.tuple_variant(fields.len(), Fields(fields))?,
        };
        Ok(Value::Variant(variant, fields))
    }
}

/// The number of one of so many variants.
struct Number(usize);

impl<'de> DeserializeSeed<'de> for Number {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Number {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a variant")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<usize, E> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if number < self.0 {
            Ok(number)
        } else {
            Err(E::custom("no such variant"))
        }
    }
}

thread_local! {
    /// The shape that is read as a [`Made`].
    static SHAPE: Cell<&'static Shape> = const { Cell::new(&Shape::Byte) };
}

/// A value of the shape that is made up just now.
#[derive(Debug)]
struct Made(Value);

impl<'de> Deserialize<'de> for Made {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reading(SHAPE.get()).deserialize(deserializer).map(Self)
    }
}

/// `faults` says how likely it is, in percent, that something is written otherwise.
fn plan(faults: u32) -> impl Strategy<Value = Plan> {
    let fault = move || (0..100_u32).prop_map(move |chance| chance < faults);
    let otherwise = move || {
        (fault(), proptest::sample::select(&Otherwise::ALL[..]))
            .prop_map(|(fault, otherwise)| fault.then_some(otherwise))
    };
    let wrong = move || {
        let wrong = prop_oneof![Just(Wrong::Skipped), Just(Wrong::Missing), Just(Wrong::Renamed)];
        (fault(), wrong).prop_map(|(fault, wrong)| fault.then_some(wrong))
    };
    let leaf = prop_oneof![
        Just(Plan::Byte),
        otherwise().prop_map(Plan::Number),
        Just(Plan::Text),
        (any::<bool>(), otherwise()).prop_map(|(as_text, otherwise)| Plan::Bytes(as_text, otherwise)),
    ];
    leaf.prop_recursive(4, 24, 4, move |inside| {
        let fields = || proptest::collection::vec(inside.clone(), 1..4);
        let left_out = || (fault(), 0..4_usize).prop_map(|(fault, at)| fault.then_some(at));
        // Serde tells options and sequences apart by what is around them, which here has a name.
        let named = prop_oneof![
            (fields(), left_out()).prop_map(|(fields, left_out)| Plan::Tuple(fields, left_out)),
            (fields(), 0..4_usize, wrong())
                .prop_map(|(fields, at, wrong)| Plan::Struct(fields, wrong.map(|wrong| (at, wrong)))),
            (
                proptest::collection::vec(proptest::collection::vec(inside.clone(), 0..3), 1..4),
                wrong(),
            )
                .prop_map(|(variants, wrong)| Plan::Enum(variants, wrong)),
        ];
        prop_oneof![
            3 => named.clone(),
            1 => named.clone().prop_map(|inner| Plan::Option(Box::new(inner))),
            1 => named.clone().prop_map(|inner| Plan::Seq(Box::new(inner))),
            1 => named.prop_map(|inner| Plan::Map(Box::new(inner))),
        ]
    })
}

/// Each of the values arrives, or is refused because it is written otherwise.
fn check(plan: &Plan, values: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let shape: &'static Shape = &leak(vec![Shape::new(plan, &mut 0)])[0];
    SHAPE.set(shape);
    let form = findings::<Made>().form;
    for bytes in values {
        let mut bytes = bytes.iter().copied().cycle();
        let value = shape.value(&mut || bytes.next().unwrap_or(0));
        let differs = shape.differs(&value);
        match encode_held(&Written(shape, &value), &form) {
            Ok(encoded) => {
                prop_assert!(!differs, "{:?} was sent", value);
                let arrived: Made =
                    decode_guarded(&encoded).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(arrived.0, value);
            }
            Err(error) => prop_assert!(differs, "{:?} was refused: {}", value, error),
        }
    }
    Ok(())
}

fn values() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..12), 1..8)
}

proptest! {
    #[test]
    fn no_other_value_arrives(plan in plan(8), values in values()) {
        check(&plan, &values)?;
    }

    #[test]
    fn values_of_types_that_are_read_as_they_are_written_arrive(plan in plan(0), values in values()) {
        check(&plan, &values)?;
    }
}
