//! What a value writes, and where it goes.

use serde::ser::{Serialize, Serializer};

use super::super::layout::Place;
use super::super::misfit::Misfit;
use super::super::output::Integer;
use super::parts::Parts;
use super::{Writer, Written};

macro_rules! integers {
    ($($method:ident($ty:ty);)*) => {
        $(
            fn $method(self, value: $ty) -> Written {
                self.integer(Integer::Small(value.into()))
            }
        )*
    };
}

impl<'a, 'l> Serializer for Writer<'a, 'l> {
    type Ok = ();
    type Error = Misfit;
    type SerializeSeq = Parts<'a, 'l>;
    type SerializeTuple = Parts<'a, 'l>;
    type SerializeTupleStruct = Parts<'a, 'l>;
    type SerializeTupleVariant = Parts<'a, 'l>;
    type SerializeMap = Parts<'a, 'l>;
    type SerializeStruct = Parts<'a, 'l>;
    type SerializeStructVariant = Parts<'a, 'l>;

    fn is_human_readable(&self) -> bool {
        false
    }

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.integer(i128::try_from(value).map_or(Integer::Huge(value), Integer::Small))
    }

    fn serialize_bool(self, value: bool) -> Written {
        let writer = self.filled()?;
        match writer.place() {
            Place::Bool => {
                writer.out.bytes.push(value.into());
                Ok(())
            }
            _ => writer.differs(&format!("`{value}`")),
        }
    }

    fn serialize_f32(self, value: f32) -> Written {
        let writer = self.filled()?;
        match writer.place() {
            // Not by way of a wider one, which may not keep all bits of what is no number.
            Place::F32 => {
                writer.out.bytes.extend_from_slice(&value.to_le_bytes());
                Ok(())
            }
            _ => writer.float(value.into()),
        }
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Written {
        let writer = self.filled()?;
        match writer.place() {
            Place::Char => writer.text(value.encode_utf8(&mut [0; 4])),
            _ => writer.differs(&format!("char `{value}`")),
        }
    }

    fn serialize_str(self, value: &str) -> Written {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.octets(value)
    }

    fn serialize_none(self) -> Written {
        self.nothing(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        match self.place() {
            Place::Option(inner) => {
                self.out.bytes.push(1);
                value.serialize(self.inside(*inner)?)
            }
            _ => value.serialize(self),
        }
    }

    fn serialize_unit(self) -> Written {
        self.nothing(true)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.nothing(true)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.empty_variant(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let (content, choice) = self.variant(variant)?;
        let written = match content.place() {
            Place::Tuple(fields) if fields.len() == 1 => content.single()?.write(value),
            _ => content.differs("one field"),
        };
        written.map_err(|misfit| misfit.within(choice.step()))
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts<'a, 'l>, Misfit> {
        Parts::unnamed(self.filled()?, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts<'a, 'l>, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Parts<'a, 'l>, Misfit> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Parts<'a, 'l>, Misfit> {
        let (content, choice) = self.variant(variant)?;
        Parts::unnamed(content, Some(length)).map_err(|misfit| misfit.within(choice.step()))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'a, 'l>, Misfit> {
        Parts::named(self, length)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Parts<'a, 'l>, Misfit> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Parts<'a, 'l>, Misfit> {
        let (content, choice) = self.variant(variant)?;
        Parts::named(content, Some(length)).map_err(|misfit| misfit.within(choice.step()))
    }
}
