//! What a field or a variant is called, for those who look it up.

use std::sync::Arc;

use serde::de::{Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::super::input::Input;
use super::super::layout::At;
use super::super::misfit::Misfit;
use super::super::names::Names;

/// A name.
pub(super) struct Name<'l>(pub(super) &'l str);

/// The names that a reader knows.
pub(super) type Known = &'static [&'static str];

/// Which of its names is meant of each of several fields: the only one, or that of this number.
#[derive(Clone)]
pub(super) enum Meant {
    Only,
    These(Arc<[u8]>),
}

impl Meant {
    /// Those that somebody understands. It is found out once for a value, however often it comes in it.
    #[inline]
    pub(super) fn by(at: At, known: Known, input: &mut Input<'_>, names: &[Names]) -> Result<Self, Misfit> {
        if names.iter().all(|names| names.only().is_some()) {
            return Ok(Self::Only);
        }
        if !names.iter().all(Names::is_known) {
            return Err(not_known());
        }
        let key = (at, known.as_ptr().addr(), known.len());
        let several = names.iter().filter(|names| names.only().is_none());
        let looks = || several.map(|names| names.all().count()).sum();
        let make = || {
            let meant = names.iter().map(|names| match names.only() {
                Some(_) => 0,
                None => names.among(known),
            });
            meant.map(|number| u8::try_from(number).unwrap_or(0)).collect()
        };
        Ok(Self::These(input.meant(key, looks, make)?))
    }

    #[inline]
    pub(super) fn of<'l>(&self, names: &'l Names, number: usize) -> &'l str {
        match self {
            Self::Only => names.shown(),
            Self::These(meant) => names.name(meant.get(number).copied().unwrap_or(0).into()),
        }
    }
}

#[cold]
pub(super) fn not_known() -> Misfit {
    Misfit::new("what is here is called is not known")
}

impl<'de> Deserializer<'de> for Name<'_> {
    type Error = Misfit;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_str(self.0)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
