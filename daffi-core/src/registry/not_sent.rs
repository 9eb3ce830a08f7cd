//! What stands among arguments and is never sent.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::described::NOT_SENT;

/// Stands for what is not sent.
#[derive(Debug)]
pub struct NotSent(());

impl<'de> Deserialize<'de> for NotSent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nothing;

        impl<'de> Visitor<'de> for Nothing {
            type Value = NotSent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nothing")
            }

            fn visit_unit<E>(self) -> Result<NotSent, E> {
                Ok(NotSent(()))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, _: D) -> Result<NotSent, D::Error> {
                Ok(NotSent(()))
            }
        }

        // Positions have no bytes for it, and names no name.
        deserializer.deserialize_newtype_struct(NOT_SENT, Nothing)
    }
}
