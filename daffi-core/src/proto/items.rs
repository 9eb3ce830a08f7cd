//! Items of a stream as they are encoded, until they are sent: by positions, or, where these cannot carry one, with names.

use bytes::Bytes;
use serde::Serialize;

use super::explained::encode_by_names;
use super::{Batch, EncodeError, encode_held_into, encode_into, explained};
use crate::signature::Form;

/// After so many bytes of items with names it is tried again whether the next one has positions.
const NAMED_BYTES: usize = 64 * 1024;

/// Items that are encoded. Those behind one that positions cannot carry are written with names as well, if they can be: what is sent
/// together is written alike, so that otherwise each would go by itself.
#[derive(Debug, Default)]
pub struct Items {
    bytes: Vec<u8>,
    count: u32,
    /// Whether the first of them are written with names.
    explained: bool,
    /// How many items and bytes are in front of those that are written otherwise than the first.
    before: Option<(u32, usize)>,
    /// How many bytes were written with names since it was tried without.
    since: usize,
    /// Why some are.
    why: Option<EncodeError>,
}

impl Items {
    /// How many bytes they have.
    pub(crate) const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }

    /// Whether the first of them are written otherwise than the last.
    pub(crate) const fn are_mixed(&self) -> bool {
        self.before.is_some()
    }

    /// Why positions do not carry one, if that was found since it was asked last.
    pub(crate) fn why_named(&mut self) -> Option<EncodeError> {
        self.why.take()
    }

    /// Appends one that is encoded.
    pub(crate) fn add(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(item);
        self.count += 1;
    }

    /// Takes those in front that are written alike.
    pub(crate) fn take(&mut self) -> Batch {
        let explained = self.explained;
        let (items, bytes) = self.before.unwrap_or((self.count, self.bytes.len()));
        let rest = self.bytes.split_off(bytes);
        self.count -= items;
        // Behind names, positions are tried again.
        self.explained = self.before.take().is_some() && !explained;
        Batch {
            items,
            explained,
            bytes: Bytes::from(std::mem::replace(&mut self.bytes, rest)),
        }
    }

    /// Moves the only one behind others, and says whether it is written with names.
    pub(crate) fn move_to(&mut self, others: &mut Vec<u8>) -> bool {
        let explained = self.explained;
        self.since += if explained { self.bytes.len() } else { 0 };
        if self.since >= NAMED_BYTES {
            (self.since, self.explained) = (0, false);
        }
        self.count = 0;
        others.append(&mut self.bytes);
        explained
    }

    /// Appends an item by positions, or, where these cannot carry it, and then also those behind it, with names; and where names cannot,
    /// by positions again. Where neither does, nothing is left of it.
    fn write(
        &mut self,
        by_positions: impl Fn(&mut Vec<u8>) -> Result<(), EncodeError>,
        with_names: impl Fn(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.bytes.len();
        let is_named = self.explained != self.before.is_some();
        let write = |named: bool, out: &mut Vec<u8>| {
            let written = if named { with_names(out) } else { by_positions(out) };
            written.inspect_err(|_| out.truncate(start))
        };
        if let Err(error) = write(is_named, &mut self.bytes) {
            if self.before.is_some() || !(is_named || error.is_told_by_names()) {
                return Err(error);
            }
            write(!is_named, &mut self.bytes)?;
            if self.count > 0 {
                self.before = Some((self.count, start));
            } else {
                self.explained = !is_named;
            }
            if !is_named {
                self.why = Some(error);
            }
        }
        self.count += 1;
        Ok(())
    }
}

/// Appends an item, held to its form.
///
/// # Errors
///
/// When it cannot be encoded.
pub fn encode_item<T: Serialize + ?Sized>(
    item: &T,
    form: &Form,
    items: &mut Items,
) -> Result<(), EncodeError> {
    items.write(
        |out| encode_held_into(item, form, out),
        |out| explained::write_by_names(item, form, out),
    )
}

/// Appends an item that is a tuple of arguments, each held to its form, after its length. With names, each is by itself.
///
/// # Errors
///
/// When it cannot be encoded.
pub fn encode_arguments<A: Serialize + ?Sized>(
    arguments: &A,
    form: &Form,
    items: &mut Items,
) -> Result<(), EncodeError> {
    items.write(
        |out| after_its_length(out, |out| encode_held_into(arguments, form, out)),
        |out| {
            after_its_length(out, |out| {
                let (bytes, _) = encode_by_names(arguments, form, &|_| false)?;
                out.extend(bytes);
                Ok(())
            })
        },
    )
}

fn after_its_length(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    write(out)?;
    let length = out.len() - start;
    encode_into(&length, out)?;
    let prefix = out.len() - start - length;
    out[start..].rotate_right(prefix);
    Ok(())
}
