//! Values that say themselves what they are: written with names, in MessagePack.
//!
//! For what positions cannot carry: types that ask the bytes what they hold, and whatever else is read by names alone. It
//! is as a format for people has it, since serde says so to what it buffers. What MessagePack has no word for is refused:
//! `Some` of nothing, which would be read as nothing.
//!
//! Knows serde's data model and, beside the file that reads it, alone names `rmp`.

mod parts;
mod read;
mod row;
mod writer;

use rmp::encode::{
    write_array_len, write_bin, write_bool, write_f32, write_f64, write_map_len, write_nil, write_sint,
    write_str, write_uint,
};
use serde::ser::{Serialize, Serializer};

use self::parts::Parts;
use self::read::{Looked, Read};
pub(super) use self::row::write_parts;
#[cfg(feature = "runtime")]
pub(crate) use self::row::{Which, encode_by_names};
pub(crate) use self::writer::WIDE;
use self::writer::{NIL, Writer, Written, fault, length};
use super::EncodeError;
use super::numbers::number;
use crate::signature::Form;
use crate::signature::form::At;

/// What is said of a type that goes with names though it does not ask.
const NOT_KNOWN: &str = "a type of which not all is known";

/// Appends `value`, of a type that has this form, with names, as positions cannot carry it.
///
/// # Errors
///
/// When names do not tell either what it is, its `Serialize` fails, or it has something in it that could not be told apart when it is
/// read.
#[cfg(feature = "runtime")]
#[cold]
pub(crate) fn write_by_names<T: Serialize + ?Sized>(
    value: &T,
    form: &Form,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    write_part_by_names(value, (form, At::ROOT), false, out)
}

/// The same of what is at a position of its form, and may be carried by positions all the same.
fn write_part_by_names<T: Serialize + ?Sized>(
    value: &T,
    (form, at): (&Form, At),
    is_carried: bool,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    form.check_names(at, value, is_carried)?;
    write_at(value, (form, at), out)
}

/// Appends `value` with its length in front. Nothing is known of how it is read.
///
/// # Errors
///
/// When its `Serialize` fails, or it has something in it that could not be told apart when it is read.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    static UNKNOWN: Form = Form::unknown();
    write_at(value, (&UNKNOWN, At::NOWHERE), out)
}

/// The same of a value that is read at a position of its form. Where its type asks what it is given, serde buffers what is read.
///
/// # Errors
///
/// As [`write`], or when something in it is written by another name than it is read by.
fn write_at<T: Serialize + ?Sized>(
    value: &T,
    (form, at): (&Form, At),
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    value.serialize(Writer {
        out,
        level: 0,
        asks: form.asks(at).or_else(|| form.has_names(at).then_some(NOT_KNOWN)),
        form,
        at,
    })?;
    let mut front = Vec::new();
    number(&mut front, (out.len() - start) as u64);
    out.splice(start..start, front);
    Ok(())
}

macro_rules! numbers {
    ($($method:ident($ty:ty) $write:ident;)*) => {
        $(
            fn $method(self, value: $ty) -> Written {
                self.leaf(|out| $write(out, value.into()).map(drop))
            }
        )*
    };
}

impl<'o> Serializer for Writer<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Parts<'o>;
    type SerializeTuple = Parts<'o>;
    type SerializeTupleStruct = Parts<'o>;
    type SerializeTupleVariant = Parts<'o>;
    type SerializeMap = Parts<'o>;
    type SerializeStruct = Parts<'o>;
    type SerializeStructVariant = Parts<'o>;

    fn is_human_readable(&self) -> bool {
        true
    }

    numbers! {
        serialize_bool(bool) write_bool;
        serialize_i8(i8) write_sint;
        serialize_i16(i16) write_sint;
        serialize_i32(i32) write_sint;
        serialize_i64(i64) write_sint;
        serialize_u8(u8) write_uint;
        serialize_u16(u16) write_uint;
        serialize_u32(u32) write_uint;
        serialize_u64(u64) write_uint;
        serialize_f32(f32) write_f32;
        serialize_f64(f64) write_f64;
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.wide(WIDE[0], value.to_le_bytes())
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.wide(WIDE[1], value.to_le_bytes())
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        length(value.len())?;
        self.leaf(|out| write_str(out, value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        length(value.len())?;
        self.leaf(|out| write_bin(out, value))
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Written {
        let (start, at) = (self.out.len(), self.form.some(self.at));
        value.serialize(self.inside(at)?)?;
        if self.out[start..] == [NIL] {
            return fault(
                "`Some` of what is nothing itself, as `Some(None)` and `Some(())`, would arrive as `None` where values say themselves \
                 what they are; use an enum for what may be missing in two ways",
            );
        }
        Ok(())
    }

    fn serialize_unit(self) -> Written {
        self.leaf(write_nil)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Written {
        self.content(name, variant)?.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, _: &'static str, value: &T) -> Written {
        let at = self.at;
        value.serialize(self.inside(at)?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let mut content = self.variant(name, variant)?;
        // It is its only part.
        let at = content.form.part(content.at, 1);
        value.serialize(content.inside(at)?)
    }

    fn serialize_seq(self, length: Option<usize>) -> Written<Parts<'o>> {
        let read = Read::Each(self.form.element(self.at));
        Parts::new(self, length, write_array_len, read)
    }

    fn serialize_tuple(self, length: usize) -> Written<Parts<'o>> {
        let read = Read::InTurn(self.form.part(self.at, length));
        Parts::new(self, Some(length), write_array_len, read)
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Written<Parts<'o>> {
        self.serialize_tuple(length)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Parts<'o>> {
        self.variant(name, variant)?.serialize_tuple(length)
    }

    fn serialize_map(self, length: Option<usize>) -> Written<Parts<'o>> {
        let read = Read::Entries(self.form.key(self.at));
        Parts::new(self, length, write_map_len, read)
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Written<Parts<'o>> {
        let read = self.form.named(self.at).map(|fields| Looked::new(name, fields));
        Parts::new(self, Some(length), write_map_len, Read::ByName(read))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Parts<'o>> {
        self.variant(name, variant)?.serialize_struct(variant, length)
    }
}
