//! Whether there are bytes of everything that a header can be.

use std::collections::BTreeSet;

use serde::de::value::Error;
use serde::de::{Deserializer, Visitor};
use serde::ser::{Impossible, Serializer};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};

use super::golden::all;
use super::*;

/// The name of an enum, and one of a variant of it.
type Variant = (&'static str, &'static str);

/// Asks a type what variants it has.
struct Ask<'a>(&'a mut Vec<Variant>);

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("it is no enum"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(variants.iter().map(|variant| (name, *variant)));
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn variants<T: Deserialize<'static>>() -> Vec<Variant> {
    let mut variants = Vec::new();
    assert!(T::deserialize(Ask(&mut variants)).is_err());
    assert!(!variants.is_empty(), "{} is no enum", core::any::type_name::<T>());
    variants
}

/// Looks which variants are in a value.
struct Look<'a>(&'a mut BTreeSet<Variant>);

/// What there is within something: nothing is written.
macro_rules! within {
    ($($compound:ident $one:ident($($key:ty)?))*) => {$(
        impl serde::ser::$compound for Look<'_> {
            type Ok = ();
            type Error = Error;

            fn $one<T: Serialize + ?Sized>(&mut self, $(_: $key,)? value: &T) -> Result<(), Error> {
                value.serialize(Look(self.0))
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        }
    )*};
}

within! {
    SerializeSeq serialize_element()
    SerializeTuple serialize_element()
    SerializeTupleStruct serialize_field()
    SerializeTupleVariant serialize_field()
    SerializeStruct serialize_field(&'static str)
    SerializeStructVariant serialize_field(&'static str)
}

macro_rules! leaves {
    ($($leaf:ident($type:ty))*) => {$(
        fn $leaf(self, _: $type) -> Result<(), Error> {
            Ok(())
        }
    )*};
}

impl Serializer for Look<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    leaves! {
        serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128) serialize_f32(f32)
        serialize_f64(f64) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8]) serialize_unit_struct(&'static str)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.0.insert((name, variant));
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.0.insert((name, variant));
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.0.insert((name, variant));
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Err(serde::ser::Error::custom("there is no map in a header"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Error> {
        self.0.insert((name, variant));
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

#[test]
fn each_variant_of_everything_in_a_header_has_its_bytes() {
    let known: BTreeSet<Variant> = [
        variants::<Header<'static>>(),
        variants::<Status<'static>>(),
        variants::<Own<'static>>(),
        variants::<Failed>(),
        variants::<Absence>(),
        variants::<TimeLimit>(),
        variants::<Told>(),
        variants::<Refusal>(),
        variants::<NotResumed>(),
        variants::<Method>(),
        variants::<Measure>(),
        variants::<QuotaOf>(),
        variants::<Query<'static>>(),
        variants::<TaskChange>(),
        variants::<Mode>(),
        variants::<StreamId>(),
        variants::<Large<'static>>(),
        variants::<PieceOf>(),
        variants::<Who<&'static str>>(),
        variants::<Ancestor<'static>>(),
    ]
    .concat()
    .into_iter()
    .collect();
    let mut seen = BTreeSet::new();
    for golden in all() {
        golden.header.serialize(Look(&mut seen)).unwrap();
    }
    let missing: Vec<_> = known.difference(&seen).collect();
    assert!(missing.is_empty(), "there are no bytes of {missing:?}");
    let unknown: Vec<_> = seen.difference(&known).collect();
    assert!(unknown.is_empty(), "ask the types of these, too: {unknown:?}");
}
