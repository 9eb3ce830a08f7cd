//! Encoding under watch: serde's values as the bytes that [`codec`](super::codec) reads, held to the form of their type.
//!
//! On the way nothing is decided but whether all of it was seen before, at the cost of a comparison of numbers for each
//! thing in the value; if not, the value is looked at in full afterwards, by `Form::check`.
//!
//! It writes the bytes itself, rather than wrap the library's serializer: around another serializer every value inside
//! of a value would have to be wrapped as well, which the compiler does not see through, and which costs more than the
//! bytes. The format is so small that this is no loss: little endian, integers as long as they have to be. That both
//! write the same is held by a test.

mod parts;
mod value;
mod watch;

use serde::ser::{Serialize, Serializer};

use self::parts::{Elements, Entries, Fields};
use self::value::Written;
pub(super) use self::value::{Held, Unwritten};
use self::watch::Watch;
pub(super) use self::watch::{Away, Glance, Over, Walk};
use crate::signature::form::Event;

impl<'o, W: Watch> Held<'o, W> {
    /// Writes which variant it is, and goes on at its content.
    #[inline]
    fn content(self, index: u32, variant: &'static str) -> Self {
        let Self { out, watch } = self;
        number(out, index.into());
        Self {
            out,
            watch: watch.variant(index, variant),
        }
    }

    /// Writes what has so many fields inside.
    #[inline]
    fn fields(self, event: Event, length: usize) -> Fields<'o, W> {
        let inside = self.watch.fields(event, length);
        Fields::new(self.out, self.watch, inside, length)
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
    ($($method:ident($value:ident: $ty:ty) $event:ident, $number:expr;)*) => {
        $(
            #[inline]
            fn $method(self, $value: $ty) -> Written {
                self.watch.leaf(Event::$event);
                number(self.out, $number);
                Ok(())
            }
        )*
    };
}

impl<'o, W: Watch> Serializer for Held<'o, W> {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Elements<'o, W>;
    type SerializeTuple = Fields<'o, W>;
    type SerializeTupleStruct = Fields<'o, W>;
    type SerializeTupleVariant = Fields<'o, W>;
    type SerializeMap = Entries<'o, W>;
    type SerializeStruct = Fields<'o, W>;
    type SerializeStructVariant = Fields<'o, W>;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        serialize_u16(value: u16) U16, value.into();
        serialize_u32(value: u32) U32, value.into();
        serialize_u64(value: u64) U64, value;
        serialize_i16(value: i16) I16, zigzag(value.into());
        serialize_i32(value: i32) I32, zigzag(value.into());
        serialize_i64(value: i64) I64, zigzag(value);
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Written {
        self.watch.leaf(Event::Bool);
        self.out.push(value.into());
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Written {
        self.watch.leaf(Event::U8);
        self.out.push(value);
        Ok(())
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Written {
        self.watch.leaf(Event::I8);
        self.out.push(value.cast_unsigned());
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Written {
        self.watch.leaf(Event::U128);
        huge_number(self.out, value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Written {
        self.watch.leaf(Event::I128);
        huge_number(self.out, ((value << 1) ^ (value >> 127)).cast_unsigned());
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Written {
        self.watch.leaf(Event::F32);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Written {
        self.watch.leaf(Event::F64);
        self.out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Written {
        self.watch.leaf(Event::Char);
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
        self.watch.leaf(Event::Bytes);
        bytes(self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Written {
        self.watch.leaf(Event::Option);
        self.out.push(0);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        let Self { out, watch } = self;
        out.push(1);
        value.serialize(Self {
            out,
            watch: watch.only(Event::Option, 0),
        })
    }

    #[inline]
    fn serialize_unit(self) -> Written {
        self.watch.leaf(Event::Unit);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, index: u32, variant: &'static str) -> Written {
        self.content(index, variant).watch.leaf(Event::UnitVariant);
        Ok(())
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
        let Self { out, watch } = self.content(index, variant);
        value.serialize(Self {
            out,
            watch: watch.only(Event::NewtypeVariant, 1),
        })
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Written<Elements<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.out, length as u64);
        Ok(Elements::new(self.out, self.watch.only(Event::Seq, 0), length))
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Written<Fields<'o, W>> {
        Ok(self.fields(Event::Tuple, length))
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Written<Fields<'o, W>> {
        self.serialize_tuple(length)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Fields<'o, W>> {
        let content = self.content(index, variant);
        Ok(content.fields(Event::TupleVariant, length))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Written<Entries<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.out, length as u64);
        let mut inside = self.watch.inside(Event::Map, 0, 2);
        let (key, value) = (self.watch.next(&mut inside), self.watch.next(&mut inside));
        Ok(Entries::new(self.out, key, value, length))
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, length: usize) -> Written<Fields<'o, W>> {
        Ok(self.fields(Event::Struct, length))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Fields<'o, W>> {
        let content = self.content(index, variant);
        Ok(content.fields(Event::StructVariant, length))
    }
}
