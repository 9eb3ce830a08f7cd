//! What has as many parts as the bytes say.

use serde::de::value::U8Deserializer;
use serde::de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess};

use super::super::key::shown;
use super::super::layout::{At, Place};
use super::super::misfit::{Misfit, Step};
use super::Reader;

/// What is wrong with a reader that stops early.
#[cold]
fn left_over(what: &str, left: usize) -> Misfit {
    Misfit::new(format_args!("{left} {what} are there that were not read"))
}

/// The elements of a sequence.
pub(super) struct Elements<'a, 'l, 'de> {
    reader: Reader<'a, 'l, 'de>,
    element: At,
    count: usize,
    left: usize,
}

impl<'a, 'l, 'de> Elements<'a, 'l, 'de> {
    #[inline]
    pub(super) fn new(reader: Reader<'a, 'l, 'de>) -> Result<Self, Misfit> {
        let Place::Seq(element) = reader.place() else {
            return Err(Misfit::new("this is no sequence"));
        };
        let count = reader.input.elements()?;
        Ok(Self {
            reader,
            element: *element,
            count,
            left: count,
        })
    }

    pub(super) fn end(self) -> Result<(), Misfit> {
        match self.left {
            0 => Ok(()),
            left => Err(left_over("elements", left)),
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, 'de> {
    type Error = Misfit;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.reader.input.count()?;
        match seed.deserialize(self.reader.lend(self.element)) {
            Ok(value) => Ok(Some(value)),
            Err(misfit) => Err(misfit.within(Step::Element(self.count - self.left - 1))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.reader.input.room(self.left))
    }
}

/// Bytes as numbers.
pub(super) struct Octets<'de>(&'de [u8]);

impl<'de> Octets<'de> {
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn end(self) -> Result<(), Misfit> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(left_over("bytes", left)),
        }
    }
}

impl<'de> SeqAccess<'de> for Octets<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((first, rest)) = self.0.split_first() else {
            return Ok(None);
        };
        self.0 = rest;
        let byte: U8Deserializer<Misfit> = first.into_deserializer();
        seed.deserialize(byte).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// The entries of a map.
pub(super) struct Entries<'a, 'l, 'de> {
    reader: Reader<'a, 'l, 'de>,
    key: At,
    value: At,
    count: usize,
    left: usize,
    /// The bytes from the last key on.
    last: &'de [u8],
}

impl<'a, 'l, 'de> Entries<'a, 'l, 'de> {
    pub(super) fn new(reader: Reader<'a, 'l, 'de>) -> Result<Self, Misfit> {
        let Place::Map(key, value, _) = reader.place() else {
            return Err(Misfit::new("this is no map"));
        };
        let count = reader.input.elements()?;
        Ok(Self {
            reader,
            key: *key,
            value: *value,
            count,
            left: count,
            last: &[],
        })
    }

    pub(super) fn end(self) -> Result<(), Misfit> {
        match self.left {
            0 => Ok(()),
            left => Err(left_over("entries", left)),
        }
    }

    fn number(&self) -> Step {
        Step::Element(self.count - self.left - 1)
    }

    /// The step to the value of the last key: the key, if it is short to write down, or else its number.
    #[cold]
    fn step(&self) -> Step {
        let key = shown(self.reader.layout, self.key, self.last);
        key.map_or_else(|| self.number(), Step::Key)
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_, 'de> {
    type Error = Misfit;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.reader.input.count()?;
        self.last = self.reader.input.rest();
        match seed.deserialize(self.reader.lend(self.key)) {
            Ok(key) => Ok(Some(key)),
            Err(misfit) => Err(misfit.within(self.number())),
        }
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        match seed.deserialize(self.reader.lend(self.value)) {
            Ok(value) => Ok(value),
            Err(misfit) => Err(misfit.within(self.step())),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.reader.input.room(self.left))
    }
}
