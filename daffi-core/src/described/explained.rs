//! Values that say themselves what they are, as they are read: [MessagePack](crate::proto::explained), within bounds.
//!
//! Beside the file that writes it, alone names `rmp`.

mod deserializer;
mod shown;
mod token;

use serde::de::DeserializeSeed;

pub(super) use self::deserializer::Reader;
pub(super) use self::shown::Shown;
use self::token::pass;
use super::misfit::Misfit;

/// What fills `bytes`.
///
/// # Errors
///
/// When the bytes are no value, or not all of one, it nests too deep, or is not taken. The message begins with the path to the place.
pub(super) fn read<'de, S: DeserializeSeed<'de>>(bytes: &'de [u8], seed: S) -> Result<S::Value, Misfit> {
    read_by(bytes, |reader| seed.deserialize(reader))
}

/// The same, as is read by whoever has the reader.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_by<'de, T>(
    bytes: &'de [u8],
    read: impl FnOnce(Reader<'_, 'de>) -> Result<T, Misfit>,
) -> Result<T, Misfit> {
    let mut rest = bytes;
    let value = read(Reader::new(&mut rest))?;
    ended(rest)?;
    Ok(value)
}

/// Whether `bytes` are a value, whatever it is.
///
/// # Errors
///
/// When they are none.
pub(super) fn check(bytes: &[u8]) -> Result<(), Misfit> {
    let mut rest = bytes;
    pass(&mut rest, 0)?;
    ended(rest)
}

fn ended(rest: &[u8]) -> Result<(), Misfit> {
    match rest.len() {
        0 => Ok(()),
        left => Err(Misfit::new(format_args!(
            "{left} bytes are left over after the value"
        ))),
    }
}
