//! What has as many parts as the bytes say.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::super::key::shown;
use super::super::layout::{At, Layout, Place};
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
        let element = match reader.place() {
            Place::Seq(element) => *element,
            Place::Bytes => Layout::OCTET,
            _ => return Err(Misfit::new("this is no sequence")),
        };
        let count = reader.input.elements()?;
        Ok(Self {
            reader,
            element,
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
        let left = self.reader.input.left();
        match seed.deserialize(self.reader.lend(self.element)) {
            Ok(value) => self.reader.input.element(left).map(|()| Some(value)),
            Err(misfit) => Err(misfit.within(Step::Element(self.count - self.left - 1))),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.reader.input.room(self.left))
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
        self.last = self.reader.input.rest();
        match seed.deserialize(self.reader.lend(self.key)) {
            Ok(key) => Ok(Some(key)),
            Err(misfit) => Err(misfit.within(self.number())),
        }
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Misfit> {
        match seed.deserialize(self.reader.lend(self.value)) {
            Ok(value) => self.reader.input.element(self.last.len()).map(|()| value),
            Err(misfit) => Err(misfit.within(self.step())),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.reader.input.room(self.left))
    }
}
