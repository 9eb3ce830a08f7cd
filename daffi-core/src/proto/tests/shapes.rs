//! The same for types that are made up: whatever one half of a type leaves out, counts otherwise or takes for something
//! else, no other value arrives.

use std::cell::Cell;
use std::fmt;

use proptest::prelude::*;
use serde::de::{DeserializeSeed, EnumAccess, SeqAccess, VariantAccess, Visitor};
use serde::ser::{SerializeSeq, SerializeStruct, SerializeTupleStruct, SerializeTupleVariant};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::{decode_guarded, encode_held};
use crate::signature::findings;

/// A type, and where its two halves differ.
#[derive(Clone, Debug)]
enum Plan {
    Byte,
    /// Perhaps written as a string.
    Number(bool),
    Text,
    Option(Box<Self>),
    Seq(Box<Self>),
    /// Without names for its fields; one of them may be left out when writing.
    Tuple(Vec<Self>, Option<usize>),
    /// One of the fields may be left out when writing; serde may be told.
    Struct(Vec<Self>, Option<usize>, bool),
    /// So many variants are counted more when writing than when reading.
    Enum(Vec<Vec<Self>>, u32),
}

/// The same with names, for ever, as serde wants them.
enum Shape {
    Byte,
    Number(bool),
    Text,
    Option(&'static Self),
    Seq(&'static Self),
    Tuple(&'static str, &'static [Self], Option<usize>),
    Struct(
        &'static str,
        &'static [&'static str],
        &'static [Self],
        Option<usize>,
        bool,
    ),
    Enum(
        &'static str,
        &'static [&'static str],
        &'static [&'static [Self]],
        u32,
    ),
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Byte(u8),
    Number(u32),
    Text(String),
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
            Plan::Number(as_text) => Self::Number(*as_text),
            Plan::Text => Self::Text,
            Plan::Option(inner) => Self::Option(&leak(vec![Self::new(inner, names)])[0]),
            Plan::Seq(inner) => Self::Seq(&leak(vec![Self::new(inner, names)])[0]),
            Plan::Tuple(fields, left_out) => Self::Tuple(
                own,
                Self::all(fields, names),
                left_out.map(|at| at % fields.len()),
            ),
            Plan::Struct(fields, left_out, told) => {
                let of_fields = fields.iter().map(|_| name()).collect();
                let left_out = left_out.map(|at| at % fields.len());
                Self::Struct(own, leak(of_fields), Self::all(fields, names), left_out, *told)
            }
            Plan::Enum(variants, shift) => {
                let of_variants = variants.iter().map(|_| name()).collect();
                let contents = variants.iter().map(|fields| Self::all(fields, names)).collect();
                Self::Enum(own, leak(of_variants), leak(contents), *shift)
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
            Self::Option(inner) => {
                Value::Option(next().is_multiple_of(2).then(|| Box::new(inner.value(next))))
            }
            Self::Seq(inner) => Value::Many((0..next() % 3).map(|_| inner.value(next)).collect()),
            Self::Tuple(_, fields, _) | Self::Struct(_, _, fields, ..) => {
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
            (Self::Number(as_text), _) => *as_text,
            (Self::Option(inner), Value::Option(value)) => {
                value.as_ref().is_some_and(|value| inner.differs(value))
            }
            (Self::Seq(inner), Value::Many(values)) => values.iter().any(|value| inner.differs(value)),
            (
                Self::Tuple(_, fields, left_out) | Self::Struct(_, _, fields, left_out, _),
                Value::Many(values),
            ) => left_out.is_some() || any(fields, values),
            (Self::Enum(_, _, contents, shift), Value::Variant(variant, values)) => {
                *shift > 0 || any(contents[*variant], values)
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
            (Shape::Number(false), Value::Number(number)) => serializer.serialize_u32(*number),
            (Shape::Number(true), Value::Number(number)) => serializer.collect_str(number),
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
            (Shape::Tuple(name, fields, left_out), Value::Many(values)) => {
                let length = fields.len() - usize::from(left_out.is_some());
                let mut tuple = serializer.serialize_tuple_struct(name, length)?;
                for (at, (field, value)) in fields.iter().zip(values).enumerate() {
                    if *left_out != Some(at) {
                        tuple.serialize_field(&Written(field, value))?;
                    }
                }
                tuple.end()
            }
            (Shape::Struct(name, names, fields, left_out, told), Value::Many(values)) => {
                let length = fields.len() - usize::from(left_out.is_some());
                let mut written = serializer.serialize_struct(name, length)?;
                for (at, (field, value)) in fields.iter().zip(values).enumerate() {
                    if *left_out != Some(at) {
                        written.serialize_field(names[at], &Written(field, value))?;
                    } else if *told {
                        written.skip_field(names[at])?;
                    }
                }
                written.end()
            }
            (Shape::Enum(name, names, contents, shift), Value::Variant(variant, values)) => {
                let index = u32::try_from(*variant).unwrap() + shift;
                match (contents[*variant], &values[..]) {
                    ([], _) => serializer.serialize_unit_variant(name, index, names[*variant]),
                    ([field], [value]) => {
                        let value = Written(field, value);
                        serializer.serialize_newtype_variant(name, index, names[*variant], &value)
                    }
                    (fields, values) => {
                        let length = fields.len();
                        let mut tuple =
                            serializer.serialize_tuple_variant(name, index, names[*variant], length)?;
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
            Shape::Option(_) => deserializer.deserialize_option(self),
            Shape::Seq(_) => deserializer.deserialize_seq(self),
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
    let leaf = prop_oneof![Just(Plan::Byte), fault().prop_map(Plan::Number), Just(Plan::Text),];
    leaf.prop_recursive(4, 24, 4, move |inside| {
        let fields = || proptest::collection::vec(inside.clone(), 1..4);
        let left_out = || (fault(), 0..4_usize).prop_map(|(fault, at)| fault.then_some(at));
        // Serde tells options and sequences apart by what is around them, which here has a name.
        let named = prop_oneof![
            (fields(), left_out()).prop_map(|(fields, left_out)| Plan::Tuple(fields, left_out)),
            (fields(), left_out(), any::<bool>())
                .prop_map(|(fields, left_out, told)| Plan::Struct(fields, left_out, told)),
            (
                proptest::collection::vec(proptest::collection::vec(inside.clone(), 0..3), 1..4),
                fault(),
                1..3_u32,
            )
                .prop_map(|(variants, fault, shift)| Plan::Enum(variants, if fault { shift } else { 0 })),
        ];
        prop_oneof![
            3 => named.clone(),
            1 => named.clone().prop_map(|inner| Plan::Option(Box::new(inner))),
            1 => named.prop_map(|inner| Plan::Seq(Box::new(inner))),
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
