//! Values of which some parts say themselves what they are, and others have positions: tuples, such as arguments, and what a
//! `Result` carries.

use std::cell::Cell;

use serde::ser::{Impossible, Serialize, SerializeTuple, Serializer};

use super::super::EncodeError;
use super::super::codec::encode_part_into;
use super::super::numbers::number;
use super::write_part_by_names;
use super::writer::{Written, fault};
use crate::signature::Form;
use crate::signature::form::At;

/// Nobody looks into tuples with more parts, so none of theirs is known to ask.
const MOST_PARTS: usize = 1024;

/// Appends a value of which its form says that it, or some of its parts, say themselves what they are.
///
/// # Errors
///
/// When it is not written as the form has it, or a part cannot be written.
#[cold]
pub(in super::super) fn write_parts<T: Serialize + ?Sized>(
    value: &T,
    form: &Form,
    out: &mut Vec<u8>,
) -> Written {
    let mut whole = Row {
        form,
        at: At::ROOT,
        out,
        choosing: None,
        inside: None,
    };
    if form.asks(At::ROOT).is_some() || form.has_names(At::ROOT) {
        return whole.part(value);
    }
    value.serialize(whole)
}

/// Which parts of a tuple that positions cannot carry as it is go with names.
#[cfg_attr(
    not(feature = "runtime"),
    expect(dead_code, reason = "it alone has arguments to send")
)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which<'a> {
    /// Those that have to; and of these others, of which not all is known, those that lose nothing by names: positions take who reads them to
    /// know as much.
    Needed(&'a [usize]),
    /// All, since one has to. Those that positions would carry may lose nothing by it.
    All,
    /// All, whatever would carry them: their reader goes by names.
    Any,
}

/// The bytes of a tuple that positions cannot carry as it is, and which of its parts say themselves what they are.
///
/// # Errors
///
/// When names would not tell either, or a part cannot be written.
#[cfg(feature = "runtime")]
#[cold]
pub(crate) fn encode_by_names<T: Serialize + ?Sized>(
    value: &T,
    form: &Form,
    which: Which<'_>,
) -> Written<(Vec<u8>, Vec<usize>)> {
    let (mut out, mut explained) = (Vec::new(), Vec::new());
    value.serialize(Row {
        form,
        at: At::ROOT,
        out: &mut out,
        choosing: Some(Choosing {
            which,
            explained: &mut explained,
            next: 0,
        }),
        inside: None,
    })?;
    Ok((out, explained))
}

/// Parts are tried before they are written with names.
struct Choosing<'o> {
    which: Which<'o>,
    explained: &'o mut Vec<usize>,
    next: usize,
}

/// Where a value with parts is written.
struct Row<'o> {
    form: &'o Form,
    /// The whole, or the next part of it.
    at: At,
    out: &'o mut Vec<u8>,
    choosing: Option<Choosing<'o>>,
    /// Of what is itself a part: where it is noted that it is written part by part.
    inside: Option<&'o Cell<bool>>,
}

impl Row<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if self.form.asks(self.at).is_some() {
            return super::write_at(value, (self.form, self.at), self.out);
        }
        if self.form.has_names(self.at) {
            return write_part_by_names(value, (self.form, self.at), false, self.out);
        }
        let choosing = self.choosing.as_ref();
        let Some((which, part)) = choosing.map(|choosing| (choosing.which, choosing.next)) else {
            return self.positions(value);
        };
        let start = self.out.len();
        let is_carried = which != Which::Any
            && match self.positions(value) {
                Ok(()) if matches!(which, Which::Needed(unknown) if !unknown.contains(&part)) => {
                    return Ok(());
                }
                Ok(()) => true,
                Err(error) if error.is_told_by_names() => false,
                Err(error) => return Err(error),
            };
        let positions = self.out.split_off(start);
        let named = write_part_by_names(value, (self.form, self.at), is_carried, self.out);
        if named.is_err() && is_carried && which != Which::All {
            self.out.truncate(start);
            self.out.extend(positions);
            return Ok(());
        }
        if let Some(choosing) = &mut self.choosing {
            choosing.explained.push(part);
        }
        named
    }

    /// A part that has positions, but perhaps for parts of its own: an argument may be a tuple or a `Result`.
    fn positions<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let is_row = Cell::new(false);
        // Deeper than that, no part alone says itself what it is.
        if self.inside.is_none() && !self.at.is_nowhere(self.form.marks()) {
            let written = value.serialize(Row {
                form: self.form,
                at: self.at,
                out: self.out,
                choosing: None,
                inside: Some(&is_row),
            });
            if is_row.get() {
                return written;
            }
        }
        encode_part_into(value, (self.form, self.at), self.out)
    }

    /// So many parts begin here. What is itself a part is not written part by part unless one says itself what it is.
    fn begin(&self, parts: usize) -> Written {
        let Some(is_row) = self.inside else {
            return Ok(());
        };
        let mut at = self.at;
        for _ in 0..parts.min(MOST_PARTS) {
            if self.form.asks(at).is_some() {
                is_row.set(true);
                return Ok(());
            }
            at = at.next();
        }
        fault(OTHER)
    }
}

macro_rules! others {
    ($($method:ident($($ty:ty),*) -> $written:ty;)*) => {
        $(
            fn $method(self, $(_: $ty),*) -> Written<$written> {
                fault(OTHER)
            }
        )*
    };
}

const OTHER: &str = "something else than a tuple or a `Result` is written where one is read: an attribute such as #[serde(into)] or \
                     #[serde(serialize_with)] makes the two halves of the type differ";

impl<'o> Serializer for Row<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Impossible<(), EncodeError>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Impossible<(), EncodeError>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Impossible<(), EncodeError>;
    type SerializeStruct = Impossible<(), EncodeError>;
    type SerializeStructVariant = Impossible<(), EncodeError>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_tuple(mut self, parts: usize) -> Written<Self> {
        self.at = self.at.first(self.form.marks());
        self.begin(parts)?;
        Ok(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Written {
        let marks = self.form.marks();
        let Some(content) = self.at.variant(marks, index) else {
            return fault(OTHER);
        };
        self.at = content.first(marks);
        self.begin(1)?;
        number(self.out, index.into());
        self.part(value)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Written {
        fault(OTHER)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Written {
        fault(OTHER)
    }

    others! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

impl SerializeTuple for Row<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.part(value)?;
        self.at = self.at.next();
        if let Some(choosing) = &mut self.choosing {
            choosing.next += 1;
        }
        Ok(())
    }

    fn end(self) -> Written {
        Ok(())
    }
}
