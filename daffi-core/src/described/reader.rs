//! The deserializer: what the structure says is at a place, handed to whoever reads it.

mod arguments;
mod choice;
mod deserializer;
mod fields;
mod many;
mod name;

use serde::de::{DeserializeSeed, Visitor};

pub(super) use arguments::Arguments;

use super::depth::deeper;
use super::explained;
use super::input::Input;
use super::layout::{At, Layout, Place};
use super::misfit::Misfit;
use super::skip::{opaque, skip};
use super::words::Expected;

/// What an argument calls itself that has a default.
pub const DEFAULT: &str = "$daffi::default";

/// What stands among arguments and is never sent.
pub const NOT_SENT: &str = "$daffi::not_sent";

/// A place from which a value is read.
pub(super) struct Reader<'a, 'l, 'de> {
    input: &'a mut Input<'de>,
    layout: &'l Layout,
    at: At,
    /// How many types are around.
    level: usize,
}

impl<'a, 'l, 'de> Reader<'a, 'l, 'de> {
    pub(super) const fn new(input: &'a mut Input<'de>, layout: &'l Layout) -> Self {
        Self {
            input,
            layout,
            at: layout.root(),
            level: 0,
        }
    }

    #[inline]
    fn place(&self) -> &'l Place {
        self.layout.place(self.at)
    }

    /// The same for a place inside.
    #[inline]
    fn inside(self, at: At) -> Result<Self, Misfit> {
        Ok(Self {
            at,
            level: deeper(self.level)?,
            ..self
        })
    }

    /// The same, for a part of it.
    #[inline]
    fn lend(&mut self, at: At) -> Reader<'_, 'l, 'de> {
        Reader {
            input: self.input,
            layout: self.layout,
            at,
            level: self.level,
        }
    }

    /// Reads what is here, which may say itself what it is.
    #[inline]
    pub(super) fn read<S: DeserializeSeed<'de>>(mut self, seed: S) -> Result<S::Value, Misfit> {
        match self.explained()? {
            Some(bytes) => explained::read(bytes, seed),
            None => seed.deserialize(self),
        }
    }

    /// The bytes of what is here, if it says itself what it is.
    #[inline]
    fn explained(&mut self) -> Result<Option<&'de [u8]>, Misfit> {
        match self.place() {
            Place::Any => self.input.bytes().map(Some),
            _ => Ok(None),
        }
    }

    /// Passes over what is here.
    fn skip(self) -> Result<(), Misfit> {
        skip(self.input, self.layout, self.at, self.level)
    }

    /// Something else is here than a type asks for.
    #[cold]
    fn differs<T>(&self, expected: &dyn serde::de::Expected) -> Result<T, Misfit> {
        match self.place() {
            Place::Opaque => Err(opaque()),
            _ => Err(Misfit::new(format_args!(
                "{expected} is expected, and {} came",
                Expected(self.layout, self.at)
            ))),
        }
    }

    fn unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.input.pass()?;
        visitor.visit_unit()
    }
}
