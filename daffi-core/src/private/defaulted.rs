//! An argument that older callers do not send.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::check::HasDefault;
use crate::described::DEFAULT;

/// An argument that is its default where it was not sent. It is sent as what is in it.
#[derive(Debug)]
pub struct Defaulted<T>(Option<T>);

impl<T: HasDefault> Defaulted<T> {
    /// The argument.
    pub fn or_default(self) -> T {
        self.0.unwrap_or_else(T::default_of)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Defaulted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(DEFAULT, Sent(PhantomData))
    }
}

struct Sent<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Sent<T> {
    type Value = Defaulted<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an argument")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Defaulted<T>, D::Error> {
        T::deserialize(deserializer).map(|sent| Defaulted(Some(sent)))
    }

    fn visit_unit<E>(self) -> Result<Defaulted<T>, E> {
        Ok(Defaulted(None))
    }
}
