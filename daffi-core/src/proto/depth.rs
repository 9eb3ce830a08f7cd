//! Decoding under bounds, around any serde format.
//!
//! bincode has none of these: it takes memory for a string before it looks whether there are so many bytes, passes
//! any claimed length on as a hint of how much memory to take, would exhaust the stack over nested `Some`s, and reads
//! a sequence of 2^60 units from nine bytes. Lengths are checked for every type; only types that can nest without end
//! or hold elements that take no bytes pay for the rest.
//!
//! Knows serde's data model only: neither `bincode` nor what is decoded.

mod bounded;
mod bounds;
#[cfg(test)]
mod tests;

use core::cell::Cell;
use core::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error};

use self::bounded::Bounded;
use self::bounds::Bounds;
use super::Limits;

/// How many elements a payload may hold beyond one for each of its bytes.
const FREE_ELEMENTS: usize = 1024;

/// Decodes a `T` with the lengths of its strings and sequences checked.
pub(super) struct Measured<T> {
    bytes: usize,
    value: PhantomData<fn() -> T>,
}

/// Decodes a `T` with lengths checked, depth bounded and elements counted.
pub(super) struct Guarded<T> {
    bytes: usize,
    value: PhantomData<fn() -> T>,
}

impl<T> Measured<T> {
    /// For a value that comes in a payload of `bytes` bytes.
    pub(super) const fn new(bytes: usize) -> Self {
        Self {
            bytes,
            value: PhantomData,
        }
    }
}

impl<T> Guarded<T> {
    /// For a value that comes in a payload of `bytes` bytes.
    pub(super) const fn new(bytes: usize) -> Self {
        Self {
            bytes,
            value: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Measured<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(Bounded::new(deserializer, Lengths { bytes: self.bytes }))
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Guarded<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let elements = Cell::new(self.bytes.saturating_add(FREE_ELEMENTS));
        T::deserialize(Bounded::new(
            deserializer,
            Place {
                elements: &elements,
                level: 0,
            },
        ))
    }
}

/// Nothing is bounded but what memory is taken for.
#[derive(Clone, Copy)]
struct Lengths {
    /// The size of the payload. No more elements can be in it if each takes a byte.
    bytes: usize,
}

impl Bounds for Lengths {
    fn enter<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn announce<E: Error>(self, _: Option<usize>) -> Result<(), E> {
        Ok(())
    }

    fn count<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn room(self) -> usize {
        self.bytes
    }
}

/// Where in a value the decoder stands.
///
/// Only that is counted which the input decides without paying for it. An element that takes a byte or more is paid
/// for; of those that take none there may be [`FREE_ELEMENTS`]. Options and variants take a byte each, and how many
/// fields there are is for their type to say.
#[derive(Clone, Copy)]
struct Place<'b> {
    /// How many more elements the value may have, those of all its sequences and maps together.
    elements: &'b Cell<usize>,
    /// How many types are around.
    level: usize,
}

impl Bounds for Place<'_> {
    fn enter<E: Error>(self) -> Result<Self, E> {
        if self.level >= Limits::DEPTH {
            return Err(E::custom(format_args!(
                "nested deeper than {} levels",
                Limits::DEPTH
            )));
        }
        Ok(Self {
            level: self.level + 1,
            ..self
        })
    }

    fn announce<E: Error>(self, claimed: Option<usize>) -> Result<(), E> {
        match claimed {
            Some(claimed) if claimed > self.elements.get() => Err(E::custom(format_args!(
                "{claimed} elements are announced, more than so few bytes may hold"
            ))),
            _ => Ok(()),
        }
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.elements.get().checked_sub(1);
        self.elements
            .set(left.ok_or_else(|| E::custom("more elements than so few bytes may hold"))?);
        Ok(())
    }

    fn room(self) -> usize {
        self.elements.get()
    }
}
