//! Encoding under watch, around any serde format: what is written is held to the form of its type.
//!
//! On the way nothing is decided but whether all of it was seen before; if not, the value is looked at in full
//! afterwards, by `Form::check`. So a value of a type of which not all was seen costs a comparison of numbers for each
//! struct, variant, sequence or map in it; of others, one for each tuple struct or tuple variant.
//!
//! Knows serde's data model and forms only: neither `bincode` nor what is encoded.

mod parts;
mod value;
mod watch;

use core::fmt::Display;

use serde::ser::{Serialize, Serializer};

use self::parts::Part;
pub(super) use self::value::Held;
use self::watch::Watch;
pub(super) use self::watch::{Glance, Over, Walk};
use crate::signature::form::Event;

impl<T: Serialize + ?Sized, W: Watch> Serialize for Held<'_, T, W> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Holding {
            inner: serializer,
            watch: self.watch,
        })
    }
}

/// A format, at a position.
struct Holding<S, W> {
    inner: S,
    watch: W,
}

macro_rules! forward {
    ($($method:ident($value:ty);)*) => {
        $(
            #[inline]
            fn $method(self, value: $value) -> Result<S::Ok, S::Error> {
                self.inner.$method(value)
            }
        )*
    };
}

impl<S: Serializer, W: Watch> Serializer for Holding<S, W> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Part<S::SerializeSeq, W>;
    type SerializeTuple = Part<S::SerializeTuple, W>;
    type SerializeTupleStruct = Part<S::SerializeTupleStruct, W>;
    type SerializeTupleVariant = Part<S::SerializeTupleVariant, W>;
    type SerializeMap = Part<S::SerializeMap, W>;
    type SerializeStruct = Part<S::SerializeStruct, W>;
    type SerializeStructVariant = Part<S::SerializeStructVariant, W>;

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    forward! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Held::new(value, self.watch.some()))
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.watch.variant(index, Event::UnitVariant, variant, 0);
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner
            .serialize_newtype_struct(name, &Held::new(value, self.watch))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let inside = self.watch.variant(index, Event::NewtypeVariant, variant, 1);
        self.inner
            .serialize_newtype_variant(name, index, variant, &Held::new(value, inside))
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let inside = self.watch.elements(Event::Seq, length);
        let inner = self.inner.serialize_seq(length)?;
        Ok(Part::new(inner, inside, length.unwrap_or(0)))
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Result<Self::SerializeTuple, S::Error> {
        let inside = self.watch.fields(Event::Tuple, "", length);
        Ok(Part::new(self.inner.serialize_tuple(length)?, inside, length))
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let inside = self.watch.fields(Event::TupleStruct, name, length);
        let inner = self.inner.serialize_tuple_struct(name, length)?;
        Ok(Part::new(inner, inside, length))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let inside = self.watch.variant(index, Event::TupleVariant, variant, length);
        let inner = self.inner.serialize_tuple_variant(name, index, variant, length)?;
        Ok(Part::new(inner, inside, length))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let inside = self.watch.elements(Event::Map, length);
        let inner = self.inner.serialize_map(length)?;
        Ok(Part::new(inner, inside, length.unwrap_or(0)))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self::SerializeStruct, S::Error> {
        let inside = self.watch.fields(Event::Struct, name, length);
        let inner = self.inner.serialize_struct(name, length)?;
        Ok(Part::new(inner, inside, length))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let inside = self.watch.variant(index, Event::StructVariant, variant, length);
        let inner = self
            .inner
            .serialize_struct_variant(name, index, variant, length)?;
        Ok(Part::new(inner, inside, length))
    }
}
