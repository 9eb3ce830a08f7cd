//! Where a value is written, and within which bounds.

use std::fmt::Display;

use rmp::encode::{write_ext_meta, write_map_len, write_str};
use serde::ser::Error;

use super::super::{EncodeError, Limits};

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
    /// The same for something inside.
    pub(super) fn inside(&mut self) -> Written<Writer<'_>> {
        if self.level >= Limits::DEPTH {
            return fault(format_args!("nested deeper than {} levels", Limits::DEPTH));
        }
        Ok(Writer {
            out: self.out,
            level: self.level + 1,
            asks: self.asks,
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

    /// A variant that carries something, which follows its name.
    pub(super) fn variant(self, name: &str) -> Written<Self> {
        let write = |out: &mut Vec<u8>| {
            write_map_len(out, 1)?;
            write_str(out, name)
        };
        write(self.out).or_else(fault)?;
        Ok(self)
    }
}
