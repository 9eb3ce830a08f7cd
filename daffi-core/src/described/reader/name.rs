//! What a field or a variant is called, for those who look it up.

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::super::layout::Names;
use super::super::misfit::Misfit;

/// A name; or, where none is known, the number.
pub(super) struct Name<'l> {
    names: &'l Names,
    number: u32,
    /// The names that the reader knows.
    known: &'static [&'static str],
}

impl<'l> Name<'l> {
    pub(super) const fn new(names: &'l Names, number: u32, known: &'static [&'static str]) -> Self {
        Self { names, number, known }
    }
}

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.names.among(self.known) {
            Some(name) => visitor.visit_str(name),
            None => visitor.visit_u64(self.number.into()),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
