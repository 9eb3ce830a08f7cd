//! What a type asks for, and what it is given.

use serde::de::{Deserializer, Visitor};

use super::super::layout::Place;
use super::super::misfit::Misfit;
use super::super::skip::opaque;
use super::Reader;
use super::choice::{Choice, OneEntry};
use super::many::{Elements, Entries};

/// An integer of a type that is not the one that is asked for.
enum Integer {
    Small(i128),
    Huge(u128),
}

impl Integer {
    fn show<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Huge(number) => visitor.visit_u128(number),
            Self::Small(number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_i128(number),
            },
        }
    }
}

impl<'de> Reader<'_, '_, 'de> {
    /// The integer that is here; `None` if there is something else.
    fn integer(&mut self) -> Result<Option<Integer>, Misfit> {
        Ok(Some(Integer::Small(match self.place() {
            Place::U8 => self.input.u8()?.into(),
            Place::U16 => self.input.u16()?.into(),
            Place::U32 => self.input.u32()?.into(),
            Place::U64 => self.input.u64()?.into(),
            Place::I8 => self.input.i8()?.into(),
            Place::I16 => self.input.i16()?.into(),
            Place::I32 => self.input.i32()?.into(),
            Place::I64 => self.input.i64()?.into(),
            Place::I128 => self.input.i128()?,
            Place::U128 => {
                let number = self.input.u128()?;
                match i128::try_from(number) {
                    Ok(number) => number,
                    Err(_) => return Ok(Some(Integer::Huge(number))),
                }
            }
            _ => return Ok(None),
        })))
    }

    fn elements<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let at = self.at;
        let mut elements = Elements::new(self.inside(at)?)?;
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn entries<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        let at = self.at;
        let mut entries = Entries::new(self.inside(at)?)?;
        let value = visitor.visit_map(&mut entries)?;
        entries.end()?;
        Ok(value)
    }
}

macro_rules! integers {
    ($($method:ident, $visit:ident, $ty:ident, $place:ident $(, $narrow:ident as $read:ident)*;)*) => {
        $(
            #[inline]
            fn $method<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Misfit> {
                match self.place() {
                    Place::$place => return visitor.$visit(self.input.$ty()?),
                    // It became wider.
                    $(Place::$narrow => return visitor.$visit(self.input.$read()?.into()),)*
                    _ => {}
                }
                match self.integer()? {
                    Some(Integer::Small(number)) => match $ty::try_from(number) {
                        Ok(number) => visitor.$visit(number),
                        Err(_) => Integer::Small(number).show(visitor),
                    },
                    Some(huge) => huge.show(visitor),
                    None => self.differs(&visitor),
                }
            }
        )*
    };
}

macro_rules! as_it_is {
    ($($method:ident, $place:ident, $visit:ident, $read:ident;)*) => {
        $(
            #[inline]
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
                match self.place() {
                    Place::$place => visitor.$visit(self.input.$read()?),
                    _ => self.differs(&visitor),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Reader<'_, '_, 'de> {
    type Error = Misfit;

    /// The same as for the format without names: what a type writes depends on it.
    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Opaque => Err(opaque()),
            // It stands where no value of a known structure has one.
            Place::Any => self.differs(&visitor),
            Place::Unit => self.unit(visitor),
            Place::Bool => visitor.visit_bool(self.input.bool()?),
            Place::I8 => visitor.visit_i8(self.input.i8()?),
            Place::I16 => visitor.visit_i16(self.input.i16()?),
            Place::I32 => visitor.visit_i32(self.input.i32()?),
            Place::I64 => visitor.visit_i64(self.input.i64()?),
            // Many of those that ask take no more than 64 bits.
            Place::I128 => Integer::Small(self.input.i128()?).show(visitor),
            Place::U8 => visitor.visit_u8(self.input.u8()?),
            Place::U16 => visitor.visit_u16(self.input.u16()?),
            Place::U32 => visitor.visit_u32(self.input.u32()?),
            Place::U64 => visitor.visit_u64(self.input.u64()?),
            Place::U128 => {
                let number = self.input.u128()?;
                let integer = i128::try_from(number).map_or(Integer::Huge(number), Integer::Small);
                integer.show(visitor)
            }
            Place::F32 => visitor.visit_f32(self.input.f32()?),
            Place::F64 => visitor.visit_f64(self.input.f64()?),
            Place::Char => visitor.visit_char(self.input.char()?),
            Place::Str => visitor.visit_borrowed_str(self.input.str()?),
            Place::Bytes => visitor.visit_borrowed_bytes(self.input.bytes()?),
            Place::Option(_) => self.deserialize_option(visitor),
            Place::Seq(_) => self.elements(visitor),
            Place::Map(..) => self.entries(visitor),
            Place::Tuple(fields) => self.row(fields, visitor),
            Place::Struct(structure) => self.named(structure, &[], visitor),
            Place::Enum(choices) => {
                let choice = self.choice(choices)?;
                if *self.layout.place(choice.content) == Place::Unit {
                    self.input.pass()?;
                    self.input.name(choice.names.shown())?;
                    return visitor.visit_str(choice.names.shown());
                }
                let mut entry = OneEntry::new(self.inside(choice.content)?, choice);
                let value = visitor.visit_map(&mut entry)?;
                entry.end()?;
                Ok(value)
            }
        }
    }

    integers! {
        deserialize_u8, visit_u8, u8, U8;
        deserialize_u16, visit_u16, u16, U16, U8 as u8;
        deserialize_u32, visit_u32, u32, U32, U8 as u8, U16 as u16;
        deserialize_u64, visit_u64, u64, U64, U8 as u8, U16 as u16, U32 as u32;
        deserialize_i8, visit_i8, i8, I8;
        deserialize_i16, visit_i16, i16, I16, I8 as i8;
        deserialize_i32, visit_i32, i32, I32, I8 as i8, I16 as i16;
        deserialize_i64, visit_i64, i64, I64, I8 as i8, I16 as i16, I32 as i32;
        deserialize_i128, visit_i128, i128, I128;
        deserialize_u128, visit_u128, u128, U128;
    }

    as_it_is! {
        deserialize_bool, Bool, visit_bool, bool;
        deserialize_f32, F32, visit_f32, f32;
        deserialize_char, Char, visit_char, char;
        deserialize_str, Str, visit_borrowed_str, str;
        deserialize_string, Str, visit_borrowed_str, str;
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::F64 => visitor.visit_f64(self.input.f64()?),
            Place::F32 => visitor.visit_f64(self.input.f32()?.into()),
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            // A sequence of bytes is bytes to those that ask for them.
            Place::Seq(element) if *self.layout.place(*element) == Place::U8 => {
                visitor.visit_borrowed_bytes(self.input.bytes()?)
            }
            Place::Bytes => visitor.visit_borrowed_bytes(self.input.bytes()?),
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_bytes(visitor)
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Option(inner) => {
                if self.input.is_some()? {
                    visitor.visit_some(self.inside(*inner)?)
                } else {
                    visitor.visit_none()
                }
            }
            // It became an option. That is a level: an option may contain nothing but itself.
            _ => {
                let at = self.at;
                visitor.visit_some(self.inside(at)?)
            }
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            // Nobody asks for what is in it.
            Place::Struct(_) => {
                self.skip()?;
                visitor.visit_unit()
            }
            Place::Unit => self.unit(visitor),
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let at = self.at;
        visitor.visit_newtype_struct(self.inside(at)?)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Seq(_) | Place::Bytes => self.elements(visitor),
            _ => self.differs(&visitor),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Tuple(fields) => self.row(fields, visitor),
            Place::Unit | Place::Struct(_) if length == 0 => self.nothing(visitor),
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_tuple(length, visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.place() {
            // So do those that take whatever fields there are.
            Place::Map(..) | Place::Struct(_) => self.deserialize_any(visitor),
            _ => self.differs(&visitor),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Struct(structure) => self.named(structure, fields, visitor),
            Place::Unit => self.unnamed(visitor),
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.place() {
            Place::Enum(choices) => {
                let choice = self.choice(choices)?;
                let at = self.at;
                let chosen = Choice::new(self.inside(choice.content)?, at, choice, variants)?;
                visitor
                    .visit_enum(chosen)
                    .map_err(|misfit| misfit.within(choice.step()))
            }
            _ => self.differs(&visitor),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.skip()?;
        visitor.visit_unit()
    }
}
