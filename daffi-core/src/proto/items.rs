//! Items of a stream as they are encoded, until they are sent: by positions, or, where these cannot carry one, with names.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Serialize;

use super::explained::{Which, encode_by_names};
use super::{Batch, EncodeError, encode_held_into, encode_into, explained};
use crate::signature::Form;

/// Items that are encoded, each as it would be if it were alone.
#[derive(Debug, Default)]
pub struct Items {
    bytes: Vec<u8>,
    count: u32,
    /// Those behind each other that are written alike: what is sent together is.
    runs: VecDeque<Run>,
    /// Why some are written with names.
    why: Option<EncodeError>,
}

/// So many items with so many bytes, all by positions or all with names.
#[derive(Debug)]
struct Run {
    items: u32,
    bytes: usize,
    explained: bool,
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

    /// Whether some are written otherwise than the first.
    pub(crate) fn are_mixed(&self) -> bool {
        self.runs.len() > 1
    }

    /// Why positions do not carry one, if that was found since it was asked last.
    pub(crate) fn why_named(&mut self) -> Option<EncodeError> {
        self.why.take()
    }

    /// Appends one that is encoded.
    pub(crate) fn add(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(item);
        self.note(item.len(), false);
    }

    /// Notes that one was appended, of so many bytes.
    fn note(&mut self, bytes: usize, explained: bool) {
        self.count += 1;
        match self.runs.back_mut() {
            Some(run) if run.explained == explained => {
                run.items += 1;
                run.bytes += bytes;
            }
            _ => self.runs.push_back(Run {
                items: 1,
                bytes,
                explained,
            }),
        }
    }

    /// Takes those in front that are written alike.
    pub(crate) fn take(&mut self) -> Batch {
        let Some(run) = self.runs.pop_front() else {
            return Batch::new(0, Bytes::new());
        };
        let rest = self.bytes.split_off(run.bytes);
        self.count -= run.items;
        let bytes = Bytes::from(std::mem::replace(&mut self.bytes, rest));
        Batch::new(run.items, bytes).explained(run.explained)
    }

    /// Whether the first is written with names.
    pub(crate) fn begin_with_names(&self) -> bool {
        self.runs.front().is_some_and(|run| run.explained)
    }

    /// Moves all of them behind others.
    pub(crate) fn move_to(&mut self, others: &mut Vec<u8>) {
        others.append(&mut self.bytes);
        self.runs.clear();
        self.count = 0;
    }

    /// Appends an item by positions, or with names where these cannot carry it, whatever was written before it: what becomes of it is not
    /// for others to decide, nor for time. Where neither does, nothing is left of it.
    fn write(
        &mut self,
        by_positions: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
        with_names: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let start = self.bytes.len();
        let (mut written, mut explained) = (by_positions(&mut self.bytes), false);
        if let Err(error) = &written
            && error.is_told_by_names()
        {
            self.bytes.truncate(start);
            let named = with_names(&mut self.bytes).map_err(|named| named.where_names_were_for(error));
            self.why = std::mem::replace(&mut written, named).err();
            explained = true;
        }
        match written {
            Ok(()) => self.note(self.bytes.len() - start, explained),
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
                let (bytes, _) = encode_by_names(arguments, form, Which::All)?;
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
