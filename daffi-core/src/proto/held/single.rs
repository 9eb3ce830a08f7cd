//! Sequences whose elements are one byte each: small integers, and enums whose variants carry nothing.
//!
//! To write them one by one costs several times what there is to be written, and what each of them is compared with is
//! known before the first. So they are written all at once, and what each of them is comes as a value that the compiler
//! sees through.

use core::fmt::Display;

use serde::ser::{Impossible, Serialize, Serializer};

use crate::signature::form::{At, Event, Mark, Marks, Print};

/// So many are written at once, since there is room made for all: as much as nobody gets by claiming that there are many.
const ELEMENTS: usize = 64 * 1024 * 1024;

/// Writes the elements, each of which is to be what is read at `at`, and says how many they are, or none if one is not.
/// Gives them back if these are not single bytes.
#[inline]
pub(super) fn write<T, I>(
    out: &mut Vec<u8>,
    marks: Marks<'_>,
    at: At,
    elements: I,
) -> Result<Option<usize>, I>
where
    T: Serialize,
    I: Iterator<Item = T>,
{
    let Some(contents) = at.is_byte(marks).filter(|_| elements.size_hint().0 <= ELEMENTS) else {
        return Err(elements);
    };
    let expected = at.expects(marks);
    let is_enum = expected.is(Print::of(Event::Enum, 0));
    let start = out.len();
    let mut all_agree = true;
    out.extend(elements.map(|element| match element.serialize(Single) {
        Ok(Byte::Leaf(byte, print)) => {
            all_agree &= expected.is(print);
            byte
        }
        Ok(Byte::Variant(index, print)) => {
            all_agree &= is_enum && contents.get(usize::from(index)).map(Mark::written) == Some(print);
            index
        }
        Err(Other) => {
            all_agree = false;
            0
        }
    }));
    Ok(all_agree.then_some(out.len() - start))
}

/// What one byte says, and what was written to say it.
enum Byte {
    Leaf(u8, Print),
    /// Which variant it is, and what it carries.
    Variant(u8, Print),
}

/// Takes what is one byte.
struct Single;

/// It is not one byte, or not always.
#[derive(Debug, thiserror::Error)]
#[error("not one byte")]
struct Other;

impl serde::ser::Error for Other {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

type Taken = Result<Byte, Other>;

macro_rules! others {
    ($($method:ident($($ty:ty),*) -> $taken:ty;)*) => {
        $(
            #[inline]
            fn $method(self, $(_: $ty),*) -> Result<$taken, Other> {
                Err(Other)
            }
        )*
    };
}

impl Serializer for Single {
    type Ok = Byte;
    type Error = Other;
    type SerializeSeq = Impossible<Byte, Other>;
    type SerializeTuple = Impossible<Byte, Other>;
    type SerializeTupleStruct = Impossible<Byte, Other>;
    type SerializeTupleVariant = Impossible<Byte, Other>;
    type SerializeMap = Impossible<Byte, Other>;
    type SerializeStruct = Impossible<Byte, Other>;
    type SerializeStructVariant = Impossible<Byte, Other>;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Taken {
        Ok(Byte::Leaf(value.into(), Print::of(Event::Bool, 0)))
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Taken {
        Ok(Byte::Leaf(value.cast_unsigned(), Print::of(Event::I8, 0)))
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Taken {
        Ok(Byte::Leaf(value, Print::of(Event::U8, 0)))
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, index: u32, variant: &'static str) -> Taken {
        let index = u8::try_from(index).map_err(|_| Other)?;
        Ok(Byte::Variant(
            index,
            Print::of(Event::UnitVariant, 0).name(variant).end(),
        ))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Taken {
        value.serialize(self)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Taken {
        Err(Other)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Taken {
        Err(Other)
    }

    #[inline]
    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Taken {
        Err(Other)
    }

    others! {
        serialize_i16(i16) -> Byte;
        serialize_i32(i32) -> Byte;
        serialize_i64(i64) -> Byte;
        serialize_i128(i128) -> Byte;
        serialize_u16(u16) -> Byte;
        serialize_u32(u32) -> Byte;
        serialize_u64(u64) -> Byte;
        serialize_u128(u128) -> Byte;
        serialize_f32(f32) -> Byte;
        serialize_f64(f64) -> Byte;
        serialize_char(char) -> Byte;
        serialize_str(&str) -> Byte;
        serialize_bytes(&[u8]) -> Byte;
        serialize_none() -> Byte;
        serialize_unit() -> Byte;
        serialize_unit_struct(&'static str) -> Byte;
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}
