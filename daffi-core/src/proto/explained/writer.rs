//! Where a value is written, and within which bounds.

use std::fmt::Display;

use rmp::encode::{write_ext_meta, write_map_len, write_str};
use serde::ser::Error;

use super::super::{EncodeError, Limits};
use crate::signature::Form;
use crate::signature::form::At;

/// The kinds of numbers of 128 bits, which MessagePack has not: without a sign, and with one.
pub(crate) const WIDE: [i8; 2] = [1, 2];

/// What nothing is written as.
pub(super) const NIL: u8 = 0xc0;

impl Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// Where a value is written.
pub(super) struct Writer<'o> {
    pub(super) out: &'o mut Vec<u8>,
    /// How many types are around.
    pub(super) level: usize,
    /// The type that asks what it is given, if one does.
    pub(super) asks: Option<&'o str>,
    /// What is known of how it is read: what is at this position.
    pub(super) form: &'o Form,
    pub(super) at: At,
}

pub(super) type Written<T = ()> = Result<T, EncodeError>;

#[cold]
pub(super) fn fault<T>(message: impl Display) -> Written<T> {
    Err(EncodeError::custom(message))
}

/// What can be said in no more than 32 bits.
pub(super) fn length(length: usize) -> Written<u32> {
    u32::try_from(length)
        .or_else(|_| fault(format_args!("{length} parts or bytes are too many for one value")))
}

impl<'o> Writer<'o> {
    /// The same for something inside, which is read at that position.
    pub(super) fn inside(&mut self, at: At) -> Written<Writer<'_>> {
        if self.level >= Limits::DEPTH {
            return fault(format_args!("nested deeper than {} levels", Limits::DEPTH));
        }
        Ok(Writer {
            out: self.out,
            level: self.level + 1,
            asks: self.asks.or_else(|| self.form.asks(at)),
            at,
            ..*self
        })
    }

    /// All that fits is written.
    pub(super) fn leaf<E: Display>(self, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Written {
        write(self.out).or_else(fault)
    }

    pub(super) fn wide(self, kind: i8, bytes: [u8; 16]) -> Written {
        if let Some(ty) = self.asks {
            return fault(format_args!(
                "a number of 128 bits is in `{ty}`, which says itself what it is (`untagged`, `tag`, `flatten` and the like): serde \
                 reads none there; send it as a text, or as two numbers of 64 bits"
            ));
        }
        self.leaf(|out| {
            write_ext_meta(out, 16, kind)?;
            out.extend_from_slice(&bytes);
            Ok::<_, rmp::encode::ValueWriteError>(())
        })
    }

    /// At what a variant carries.
    pub(super) fn content(self, owner: &str, name: &str) -> Written<Self> {
        match self.form.variant(self.at, name) {
            Some(at) => Ok(Self { at, ..self }),
            None => fault(format_args!(
                "variant `{name}` of `{owner}` is written and not read: a rename differs between writing and reading, or \
                 #[serde(skip_deserializing)] or #[serde(other)] leaves it out; give it one name, or #[serde(skip)]"
            )),
        }
    }

    /// A variant that carries something, which follows its name.
    pub(super) fn variant(self, owner: &str, name: &str) -> Written<Self> {
        let write = |out: &mut Vec<u8>| {
            write_map_len(out, 1)?;
            write_str(out, name)
        };
        write(self.out).or_else(fault)?;
        self.content(owner, name)
    }
}
