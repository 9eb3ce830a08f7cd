//! Arguments: a tuple of which some may not have been sent, as they came later, and some never are.

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::super::layout::{At, Place};
use super::super::misfit::{Misfit, Step};
use super::{DEFAULT, NOT_SENT, Reader};

/// A tuple of arguments.
pub(crate) struct Arguments<'a, 'l, 'de>(pub(crate) Reader<'a, 'l, 'de>);

impl<'de> Deserializer<'de> for Arguments<'_, '_, 'de> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        let fields: &[At] = match self.0.place() {
            Place::Tuple(fields) => fields,
            Place::Unit => &[],
            _ => return Err(Misfit::new("these are no arguments")),
        };
        let at = self.0.at;
        let mut row = Sent {
            reader: self.0.inside(at)?,
            fields,
            next: 0,
        };
        let value = visitor.visit_seq(&mut row)?;
        match fields.len() - row.next {
            0 => Ok(value),
            left => Err(Misfit::new(format_args!(
                "{left} arguments are sent that nobody takes"
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple_struct map struct enum identifier ignored_any
    }
}

/// Arguments that were sent.
struct Sent<'a, 'l, 'de> {
    reader: Reader<'a, 'l, 'de>,
    fields: &'l [At],
    next: usize,
}

impl<'de> SeqAccess<'de> for Sent<'_, '_, 'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let number = self.next;
        match One(self).read(seed) {
            Ok(value) => Ok(Some(value)),
            Err(misfit) => Err(misfit.within(Step::Name(format!("argument {}", number + 1)))),
        }
    }
}

/// The next argument, if it was sent.
struct One<'s, 'a, 'l, 'de>(&'s mut Sent<'a, 'l, 'de>);

impl<'l, 'de> One<'_, '_, 'l, 'de> {
    fn sent(&mut self) -> Option<Reader<'_, 'l, 'de>> {
        let at = *self.0.fields.get(self.0.next)?;
        self.0.next += 1;
        Some(self.0.reader.lend(at))
    }
}

impl<'de> One<'_, '_, '_, 'de> {
    fn read<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Misfit> {
        let Sent { reader, fields, next } = &self.0;
        match fields.get(*next).map(|at| reader.layout.place(*at)) {
            Some(Place::Any) => match self.sent() {
                Some(reader) => reader.read(seed),
                None => missing(),
            },
            _ => seed.deserialize(self),
        }
    }
}

#[cold]
fn missing<T>() -> Result<T, Misfit> {
    Err(Misfit::new("this argument was not sent, and has no default"))
}

macro_rules! if_sent {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, $($argument: $type,)* visitor: V) -> Result<V::Value, Misfit> {
            match self.sent() {
                Some(reader) => reader.$method($($argument,)* visitor),
                None => missing(),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for One<'_, '_, '_, 'de> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Misfit> {
        match self.sent() {
            Some(reader) => reader.deserialize_option(visitor),
            None => visitor.visit_none(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        if name == NOT_SENT {
            return visitor.visit_unit();
        }
        if name == DEFAULT && self.0.next == self.0.fields.len() {
            return visitor.visit_unit();
        }
        if self.0.next == self.0.fields.len() {
            // Perhaps it is an option inside.
            return visitor.visit_newtype_struct(self);
        }
        match self.sent() {
            Some(reader) => reader.deserialize_newtype_struct(name, visitor),
            None => missing(),
        }
    }

    if_sent! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}
