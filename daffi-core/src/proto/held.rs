//! Encoding under watch: serde's values as the bytes that [`codec`](super::codec) reads, held to the form of their type.
//!
//! On the way nothing is decided but whether all of it was seen before; if not, the value is looked at in full
//! afterwards, by `Form::check`. So a value of a type of which not all was seen costs a comparison of numbers for each
//! struct, variant, sequence or map in it; of others, one for each tuple struct or tuple variant.
//!
//! It writes the bytes itself, rather than wrap the library's serializer: around another serializer every value inside
//! of a value would have to be wrapped as well, which the compiler does not see through, and which costs more than the
//! bytes. The format is so small that this is no loss: little endian, integers as long as they have to be. That both
//! write the same is held by a test.

mod parts;
mod value;
mod watch;

use serde::ser::{Serialize, Serializer};

use self::parts::Part;
use self::value::Written;
pub(super) use self::value::{Held, Unwritten};
use self::watch::Watch;
pub(super) use self::watch::{Away, Glance, Over, Walk};
use crate::signature::form::Event;

impl<'o, W: Watch> Held<'o, W> {
    /// Writes what has so many elements or fields inside, of which `watch` sees the first.
    #[inline]
    const fn part(self, watch: W, length: usize) -> Part<'o, W> {
        Part::new(self.out, watch, length)
    }
}

/// Appends a number that takes one byte if it is small.
#[inline]
fn number(out: &mut Vec<u8>, number: u64) {
    if number < 251 {
        #[expect(clippy::cast_possible_truncation, reason = "it is small")]
        out.push(number as u8);
    } else {
        large_number(out, number);
    }
}

fn large_number(out: &mut Vec<u8>, number: u64) {
    if let Ok(number) = u16::try_from(number) {
        let [a, b] = number.to_le_bytes();
        out.extend_from_slice(&[251, a, b]);
    } else if let Ok(number) = u32::try_from(number) {
        let [a, b, c, d] = number.to_le_bytes();
        out.extend_from_slice(&[252, a, b, c, d]);
    } else {
        let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
        out.extend_from_slice(&[253, a, b, c, d, e, f, g, h]);
    }
}

fn huge_number(out: &mut Vec<u8>, huge: u128) {
    match u64::try_from(huge) {
        Ok(small) => number(out, small),
        Err(_) => {
            out.push(254);
            out.extend_from_slice(&huge.to_le_bytes());
        }
    }
}

/// Small numbers of either sign as small numbers.
#[inline]
const fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

#[inline]
fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

macro_rules! numbers {
    ($($method:ident($value:ident: $ty:ty) $number:expr;)*) => {
        $(
            #[inline]
            fn $method(self, $value: $ty) -> Written {
                number(self.out, $number);
                Ok(())
            }
        )*
    };
}

impl<'o, W: Watch> Serializer for Held<'o, W> {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Part<'o, W>;
    type SerializeTuple = Part<'o, W>;
    type SerializeTupleStruct = Part<'o, W>;
    type SerializeTupleVariant = Part<'o, W>;
    type SerializeMap = Part<'o, W>;
    type SerializeStruct = Part<'o, W>;
    type SerializeStructVariant = Part<'o, W>;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        serialize_u16(value: u16) value.into();
        serialize_u32(value: u32) value.into();
        serialize_u64(value: u64) value;
        serialize_i16(value: i16) zigzag(value.into());
        serialize_i32(value: i32) zigzag(value.into());
        serialize_i64(value: i64) zigzag(value);
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Written {
        self.serialize_u8(value.into())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Written {
        self.out.push(value);
        Ok(())
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Written {
        self.serialize_u8(value.cast_unsigned())
    }

    fn serialize_u128(self, value: u128) -> Written {
        huge_number(self.out, value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.serialize_u128(((value << 1) ^ (value >> 127)).cast_unsigned())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Written {
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Written {
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        let letters = &mut [0; 4];
        self.out.extend_from_slice(value.encode_utf8(letters).as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Written {
        self.serialize_bytes(value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Written {
        bytes(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Written {
        self.serialize_u8(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        let Self { out, watch } = self;
        out.push(1);
        value.serialize(Self {
            out,
            watch: watch.some(),
        })
    }

    #[inline]
    fn serialize_unit(self) -> Written {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, index: u32, variant: &'static str) -> Written {
        self.watch.variant(index, Event::UnitVariant, variant, 0);
        self.serialize_u32(index)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        let Self { out, watch } = self;
        number(out, index.into());
        value.serialize(Self {
            out,
            watch: watch.variant(index, Event::NewtypeVariant, variant, 1),
        })
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Written<Part<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.out, length as u64);
        let inside = self.watch.elements(Event::Seq, length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Written<Part<'o, W>> {
        let inside = self.watch.fields(Event::Tuple, "", length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Written<Part<'o, W>> {
        let inside = self.watch.fields(Event::TupleStruct, name, length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Part<'o, W>> {
        number(self.out, index.into());
        let inside = self.watch.variant(index, Event::TupleVariant, variant, length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Written<Part<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.out, length as u64);
        let inside = self.watch.elements(Event::Map, length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, length: usize) -> Written<Part<'o, W>> {
        let inside = self.watch.fields(Event::Struct, name, length);
        Ok(self.part(inside, length))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Part<'o, W>> {
        number(self.out, index.into());
        let inside = self.watch.variant(index, Event::StructVariant, variant, length);
        Ok(self.part(inside, length))
    }
}
