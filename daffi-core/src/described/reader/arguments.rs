//! Arguments: a tuple of which some may not have been sent, as they came later, and some never are.

use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::super::explained;
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
        match seed.deserialize(One(self)) {
            Ok(value) => Ok(Some(value)),
            Err(misfit) => Err(misfit.within(Step::Name(format!("argument {}", number + 1)))),
        }
    }
}

/// The next argument, if it was sent. Whether it was is known once it is asked for: what is never sent takes nothing of what comes next.
struct One<'s, 'a, 'l, 'de>(&'s mut Sent<'a, 'l, 'de>);

impl<'l, 'de> One<'_, '_, 'l, 'de> {
    /// What comes next is one that says itself what it is.
    fn is_explained(&self) -> bool {
        let Sent { reader, fields, next } = &self.0;
        let place = fields.get(*next).map(|at| reader.layout.place(*at));
        matches!(place, Some(Place::Any))
    }

    fn sent(&mut self) -> Option<Reader<'_, 'l, 'de>> {
        let at = *self.0.fields.get(self.0.next)?;
        self.0.next += 1;
        Some(self.0.reader.lend(at))
    }
}

#[cold]
fn missing<T>() -> Result<T, Misfit> {
    Err(Misfit::new("this argument was not sent, and has no default"))
}

macro_rules! sent {
    ($one:ident.$method:ident($($argument:expr),* $(,)?), $missing:expr) => {
        match $one.sent() {
            Some(mut reader) => match reader.explained()? {
                Some(bytes) => explained::read_by(bytes, |value| value.$method($($argument),*)),
                None => reader.$method($($argument),*),
            },
            None => $missing,
        }
    };
}

macro_rules! if_sent {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(mut self, $($argument: $type,)* visitor: V) -> Result<V::Value, Misfit> {
            sent!(self.$method($($argument,)* visitor), missing())
        }
    )*};
}

impl<'de> Deserializer<'de> for One<'_, '_, '_, 'de> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        self.is_explained()
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Misfit> {
        sent!(self.deserialize_option(visitor), visitor.visit_none())
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
        sent!(self.deserialize_newtype_struct(name, visitor), missing())
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
