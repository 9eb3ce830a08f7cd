//! Sequences and maps, while they are held to a form.

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq};

use super::super::{Event, Print};
use super::place::{Check, Checked, Mismatch};

/// A sequence or map that is being written.
pub(super) struct Many<'f> {
    check: Check<'f>,
    event: Event,
    /// How many it says that there are.
    length: Option<usize>,
    seen: usize,
    /// Of a map, how many values.
    values: usize,
}

impl<'f> Many<'f> {
    pub(super) const fn new(check: Check<'f>, event: Event, length: Option<usize>) -> Self {
        Self {
            check,
            event,
            length,
            seen: 0,
            values: 0,
        }
    }

    /// A map writes a key and its value in turn.
    fn alternates(&self, is_value: bool) -> Checked<()> {
        if (self.seen > self.values) == is_value {
            return Ok(());
        }
        let place = self.check.place;
        Err(Mismatch::new(format!(
            "a map writes a key without a value, or a value without a key{place}: its type's own `serde::Serialize` is \
             at fault"
        )))
    }

    fn finish(self) -> Checked {
        if let Some(length) = self.length
            && self.seen != length
        {
            let place = self.check.place;
            return Err(Mismatch::new(format!(
                "a sequence or map says that it has {length} elements and writes {}{place}: its type's own \
                 `serde::Serialize` is at fault",
                self.seen
            )));
        }
        Ok(Print::of(self.event, 0))
    }
}

impl SerializeSeq for Many<'_> {
    type Ok = Print;
    type Error = Mismatch;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked<()> {
        self.seen += 1;
        self.check.inside().hold_each(value)
    }

    fn end(self) -> Checked {
        self.finish()
    }
}

impl SerializeMap for Many<'_> {
    type Ok = Print;
    type Error = Mismatch;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked<()> {
        self.alternates(false)?;
        self.seen += 1;
        self.check.inside().hold_each(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked<()> {
        self.alternates(true)?;
        self.values += 1;
        let values = self.check.inside();
        values.to(values.at.next()).hold_each(value)
    }

    fn end(self) -> Checked {
        self.alternates(false)?;
        self.finish()
    }
}
