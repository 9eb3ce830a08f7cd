//! Values of users to bytes: by positions, or where these cannot carry them, with names.

use bytes::Bytes;
use serde::Serialize;

use super::EncodeError;
use super::codec::encode_part_into;
use super::explained::write_parts;
use super::scratch::in_scratch;
use crate::signature::Form;
use crate::signature::form::At;

/// Appends the bytes of `value`, a user's, to `out` if that is what its type would read.
///
/// # Errors
///
/// When the value's `Serialize` fails, or its bytes would be read as another value. `out` then holds a part of it.
pub fn encode_held_into<T: Serialize + ?Sized>(
    value: &T,
    form: &Form,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if form.explains() {
        return write_parts(value, form, out);
    }
    encode_part_into(value, (form, At::ROOT), out)
}

/// As [`encode_held_into`], in memory in proportion to them.
///
/// # Errors
///
/// As [`encode_held_into`].
pub fn encode_held<T: Serialize + ?Sized>(value: &T, form: &Form) -> Result<Bytes, EncodeError> {
    in_scratch(|buffer| encode_held_into(value, form, buffer))
}
