//! Values to bytes and back: the only file that names `bincode`, which reads them. What it would write is written in
//! [`held`](super::held).
//!
//! One configuration: little endian, variable-length integers. It must stay replaceable, because the crate is no
//! longer developed; whatever replaces it has to write the same bytes, which the golden tests hold.

use core::any::type_name;

use bytes::Bytes;
use serde::de::DeserializeSeed;
use serde::{Deserialize, Serialize};

use super::depth::{Guarded, Measured};
use super::held::{Away, Glance, Held, Unwritten, Walk, Watched};
use super::scratch::in_scratch;
use crate::signature::form::At;
use crate::signature::{Form, Mismatch};

const CONFIG: bincode::config::Configuration = bincode::config::standard();

/// A value could not be turned into bytes.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EncodeError {
    message: String,
    /// Whether names would tell what positions do not.
    is_told_by_names: bool,
}

impl EncodeError {
    /// A fault found by whoever writes the bytes, said in `message`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_told_by_names: false,
        }
    }

    /// The same, of what goes with names because of another one.
    #[cfg(any(feature = "runtime", test))]
    pub(crate) fn where_names_were_for(self, other: &Self) -> Self {
        if self.message == other.message {
            return self;
        }
        Self::new(format!(
            "{self}; positions cannot carry what has to be sent: {other}"
        ))
    }

    /// Whether names would tell what positions do not.
    pub(crate) const fn is_told_by_names(&self) -> bool {
        self.is_told_by_names
    }
}

impl From<Mismatch> for EncodeError {
    fn from(mismatch: Mismatch) -> Self {
        Self {
            message: mismatch.to_string(),
            is_told_by_names: mismatch.is_told_by_names(),
        }
    }
}

/// Bytes could not be turned into a value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    /// A fault found by whoever interprets the bytes, said in `message`.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Appends the bytes of `value`, a type of the protocol's own, to `out`.
///
/// # Errors
///
/// When the value's `Serialize` fails. `out` then holds a part of it.
pub fn encode_into<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Held::new(out, Away)
        .write(value)
        .map_err(|error| encode_error(&error))
}

/// Appends the bytes of `value`, a part of a user's at a position of its form, to `out` if that is what its type would read.
///
/// # Errors
///
/// When the value's `Serialize` fails, or its bytes would be read as another value.
#[inline]
pub(super) fn encode_part_into<T: Serialize + ?Sized>(
    value: &T,
    (form, at): (&Form, At),
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    let (written, seen) = Watched::lend(out, form.marks(), |sink| {
        Held::new(sink, Walk::new(at)).write(value)
    });
    if seen.is_odd || written.is_err() {
        out.truncate(start);
        look_at(value, (form, at), out)?;
    }
    Ok(())
}

/// A value may be another one each time that it is written, as what is behind a lock is: so often it is tried to write what
/// was looked at.
const TRIES: usize = 4;

/// Looks at all of it, and writes what was looked at.
#[cold]
fn look_at<T: Serialize + ?Sized>(
    value: &T,
    (form, at): (&Form, At),
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    for _ in 0..TRIES {
        let looked_at = form.check(at, value)?;
        let (written, seen) = Watched::lend(out, form.marks(), |sink| {
            Held::new(sink, Glance::ROOT).write(value)
        });
        if written.is_ok() && !seen.is_odd && seen.told == looked_at {
            return Ok(());
        }
        out.truncate(start);
        written.map_err(|error| encode_error(&error))?;
    }
    Err(EncodeError::new(format!(
        "`{}` changes while it is encoded, and not all that it says can be read: lock or copy it first",
        type_name::<T>()
    )))
}

/// The bytes of `value`, a type of the protocol's own, in memory in proportion to them.
///
/// # Errors
///
/// When the value's `Serialize` fails.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, EncodeError> {
    in_scratch(|buffer| encode_into(value, buffer))
}

/// The value at the start of `bytes`, and how many bytes it took.
pub(super) fn decode_prefix<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<(T, usize), DecodeError> {
    decode_seed(Measured::<T>::new(bytes.len()), bytes)
}

fn decode_seed<'de, S: DeserializeSeed<'de>>(
    seed: S,
    bytes: &'de [u8],
) -> Result<(S::Value, usize), DecodeError> {
    bincode::serde::seed_decode_from_slice(seed, bytes, CONFIG)
        .map_err(|error| decode_error(error, type_name::<S::Value>()))
}

/// The value at the start of `bytes`, and how many bytes it took; under guard, as [`decode_guarded`], if `guarded`.
///
/// # Errors
///
/// When the bytes do not begin with such a value, or a bound is reached.
pub fn decode_next<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    guarded: bool,
) -> Result<(T, usize), DecodeError> {
    if guarded {
        decode_seed(Guarded::<T>::new(bytes.len()), bytes)
    } else {
        decode_prefix(bytes)
    }
}

/// The value that fills `bytes` exactly.
///
/// # Errors
///
/// When the bytes are not such a value, or some are left over.
pub fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    let (value, used) = decode_prefix(bytes)?;
    all_used(value, used, bytes)
}

/// As [`decode`], for types whose values may nest without end or hold elements that take no bytes: the depth of the
/// value and the number of its elements are bounded.
///
/// # Errors
///
/// As [`decode`], and when a bound is reached.
pub fn decode_guarded<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, DecodeError> {
    let (value, used) = decode_seed(Guarded::<T>::new(bytes.len()), bytes)?;
    all_used(value, used, bytes)
}

fn all_used<T>(value: T, used: usize, bytes: &[u8]) -> Result<T, DecodeError> {
    if used == bytes.len() {
        Ok(value)
    } else {
        Err(DecodeError(format!(
            "{} bytes are left over after the value",
            bytes.len() - used
        )))
    }
}

/// What went wrong when a `ty` was read, without the library's own type names; a type's own validation as it was written.
fn decode_error(error: bincode::error::DecodeError, ty: &str) -> DecodeError {
    use bincode::error::DecodeError as Error;
    use bincode::serde::DecodeError as Unsupported;
    DecodeError(match error {
        Error::OtherString(message) => message,
        Error::Other(message) => message.to_owned(),
        Error::UnexpectedEnd { .. } => "the bytes end in the middle of the value".to_owned(),
        Error::InvalidBooleanValue(byte) => format!("a bool is 0 or 1, not {byte}"),
        Error::InvalidCharEncoding(_) => "a char is not valid UTF-8".to_owned(),
        Error::Utf8 { inner } => format!("a string is not valid UTF-8: {inner}"),
        // The only variant that the library reads itself, rather than the type, is an option's.
        Error::UnexpectedVariant { found, .. } => format!("an option begins with 0 or 1, not {found}"),
        Error::InvalidIntegerType { .. } => "an integer is larger than its type".to_owned(),
        Error::OutsideUsizeRange(length) => {
            format!("a length of {length} is more than this machine can hold")
        }
        Error::Serde(
            Unsupported::AnyNotSupported
            | Unsupported::IdentifierNotSupported
            | Unsupported::IgnoredAnyNotSupported,
        ) => format!(
            "`{ty}`, or a type in it, asks the bytes what they hold, which they do not say: it may use #[serde(untagged)], \
             #[serde(tag = …)] or #[serde(flatten)]; use an enum or a struct without these"
        ),
        other => other.to_string(),
    })
}

fn encode_error(error: &Unwritten) -> EncodeError {
    EncodeError::new(error.to_string())
}

/// The bytes that the library would write.
#[cfg(test)]
pub(crate) fn by_the_library<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, CONFIG).expect("the value can be written")
}
