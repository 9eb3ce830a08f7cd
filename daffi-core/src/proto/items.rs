//! Items of a stream as they are encoded, until they are sent: by positions, or, where these cannot carry one, with names.

use bytes::Bytes;
use serde::Serialize;

use super::explained::encode_by_names;
use super::{Batch, EncodeError, encode_held_into, encode_into, explained};
use crate::signature::Form;

/// After so many bytes of items with names it is tried again whether the next one has positions.
const NAMED_BYTES: usize = 64 * 1024;

/// Items that are encoded. Those behind one that positions cannot carry are written with names as well: what is sent together is
/// written alike, so that otherwise each would go by itself.
#[derive(Debug, Default)]
pub struct Items {
    bytes: Vec<u8>,
    count: u32,
    /// How many items and bytes are in front of those with names.
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

    /// Whether the first of them have positions, and the last do not.
    pub(crate) const fn are_mixed(&self) -> bool {
        matches!(self.before, Some((1.., _)))
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
        let explained = matches!(self.before, Some((0, _)));
        let (items, bytes) = match self.before {
            Some((items @ 1.., bytes)) => (items, bytes),
            _ => (self.count, self.bytes.len()),
        };
        let rest = self.bytes.split_off(bytes);
        self.count -= items;
        self.before = self.before.filter(|_| !explained).map(|_| (0, 0));
        Batch {
            items,
            explained,
            bytes: Bytes::from(std::mem::replace(&mut self.bytes, rest)),
        }
    }

    /// Moves the only one behind others, and says whether it is written with names.
    pub(crate) fn move_to(&mut self, others: &mut Vec<u8>) -> bool {
        let explained = self.before.is_some();
        self.since += if explained { self.bytes.len() } else { 0 };
        if self.since >= NAMED_BYTES {
            (self.since, self.before) = (0, None);
        }
        self.count = 0;
        others.append(&mut self.bytes);
        explained
    }

    /// Appends an item by positions, or, where these cannot carry it, and then also those behind it, with names. Where neither does,
    /// nothing is left of it.
    fn write(
        &mut self,
        by_positions: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
        with_names: impl Fn(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.bytes.len();
        let mut written = match self.before {
            None => by_positions(&mut self.bytes),
            Some(_) => with_names(&mut self.bytes),
        };
        if let Err(error) = written {
            self.bytes.truncate(start);
            if self.before.is_some() || !error.is_told_by_names() {
                return Err(error);
            }
            self.before = Some((self.count, start));
            self.why = Some(error);
            written = with_names(&mut self.bytes);
        }
        match written {
            Ok(()) => self.count += 1,
            Err(_) => self.bytes.truncate(start),
        }
        written
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
