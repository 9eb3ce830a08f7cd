//! What a type asks for, and what it is given.

use serde::de::{Deserializer, Visitor};

use super::super::super::Type;
use super::super::asked::Question;
use super::super::candidates::{BOOLS, BYTES, CHARS, FLOATS, INTEGERS, STRINGS};
use super::super::node::Kind;
use super::super::refused::Refused;
use super::Cursor;
use super::choice::{Choice, Chosen};
use super::fields::{Elements, Entries, code_of_fields};

macro_rules! scalars {
    ($($method:ident, $visit:ident, $ty:ident, $index:ident => $value:expr;)*) => {
        $(
            fn $method<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
                let $index = self.leaf(Type::$ty)?;
                visitor.$visit($value)
            }
        )*
    };
}

impl<'a> Deserializer<'static> for Cursor<'a> {
    type Error = Refused;

    fn is_human_readable(&self) -> bool {
        self.tree.asks_for_whom.set(true);
        false
    }

    scalars! {
        deserialize_bool, visit_bool, Bool, i => BOOLS[i];
        deserialize_i8, visit_i8, I8, i => INTEGERS[i];
        deserialize_i16, visit_i16, I16, i => INTEGERS[i].into();
        deserialize_i32, visit_i32, I32, i => INTEGERS[i].into();
        deserialize_i64, visit_i64, I64, i => INTEGERS[i].into();
        deserialize_i128, visit_i128, I128, i => INTEGERS[i].into();
        deserialize_u8, visit_u8, U8, i => INTEGERS[i].unsigned_abs();
        deserialize_u16, visit_u16, U16, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u32, visit_u32, U32, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u64, visit_u64, U64, i => INTEGERS[i].unsigned_abs().into();
        deserialize_u128, visit_u128, U128, i => INTEGERS[i].unsigned_abs().into();
        deserialize_f32, visit_f32, F32, i => FLOATS[i];
        deserialize_f64, visit_f64, F64, i => FLOATS[i].into();
        deserialize_char, visit_char, Char, i => CHARS[i];
        deserialize_str, visit_borrowed_str, Str, i => STRINGS[i];
        deserialize_string, visit_borrowed_str, Str, i => STRINGS[i];
        deserialize_bytes, visit_borrowed_bytes, Bytes, i => BYTES[i];
        deserialize_byte_buf, visit_borrowed_bytes, Bytes, i => BYTES[i];
    }

    fn deserialize_any<V: Visitor<'static>>(self, _: V) -> Result<V::Value, Refused> {
        self.tree.ask(self.spot)
    }

    fn deserialize_identifier<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        if self.tree.probe.is_some() {
            return visitor.visit_unit();
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_unit<V: Visitor<'static>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.leaf(Type::Unit)?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'static>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.leaf(Type::UnitStruct {
            name: name.to_owned(),
        })?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Option, 0)?;
        match self.tree.elements(self.spot) {
            0 => visitor.visit_none(),
            _ => self.inside(|cursor| visitor.visit_some(cursor)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let code = V::visit_newtype_struct::<Self> as fn(V, Self) -> _ as usize;
        self.enter::<V>(Kind::Newtype(name), code)?;
        self.inside(|cursor| visitor.visit_newtype_struct(cursor))
    }

    fn deserialize_seq<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Seq, 0)?;
        let end = self.tree.elements(self.spot);
        visitor.visit_seq(Elements {
            tree: self.tree,
            spot: self.spot,
            next: 0,
            end,
            repeating: true,
        })
    }

    fn deserialize_map<V: Visitor<'static>>(mut self, visitor: V) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Map, 0)?;
        let left = self.tree.elements(self.spot);
        visitor.visit_map(Entries {
            tree: self.tree,
            spot: self.spot,
            left,
        })
    }

    fn deserialize_tuple<V: Visitor<'static>>(
        mut self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Tuple(length), code_of_fields::<V>())?;
        visitor.visit_seq(self.fields())
    }

    fn deserialize_tuple_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::TupleStruct(name, length), code_of_fields::<V>())?;
        visitor.visit_seq(self.fields())
    }

    fn deserialize_struct<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.enter::<V>(Kind::Struct(name, fields), code_of_fields::<V>())?;
        self.named_fields(visitor)
    }

    fn deserialize_enum<V: Visitor<'static>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let code = V::visit_enum::<Choice<'a>> as fn(V, Choice<'a>) -> _ as usize;
        self.enter::<V>(Kind::Enum(name, variants), code)?;
        let asked = self.tree.question(self.spot);
        let variant = match (asked, self.tree.name_to_try(self.spot)) {
            (Some(Question::Variant(name)), _) => Chosen::Asked(name),
            (_, Some(name)) => Chosen::Name(name),
            _ => Chosen::Number(self.tree.variant(self.spot)?),
        };
        visitor.visit_enum(Choice {
            cursor: self,
            variant,
        })
    }
}
