//! JSON as text.

use std::fmt::{self, Display, Write};

use serde::ser::{Impossible, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};

use super::misfit::Misfit;

/// Writes a value or a document; with `{:#}` in several lines.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let indent = f.alternate().then_some(0);
    let out: &mut dyn Write = f;
    let written = value.serialize(Text {
        out,
        indent,
        is_key: false,
    });
    match written {
        Err(misfit) if misfit.words() == FULL => Err(fmt::Error),
        // Whoever writes to something that takes all may rely on it.
        _ => Ok(()),
    }
}

const FULL: &str = "the text cannot be written";

/// Where JSON is written.
struct Text<'a> {
    out: &'a mut dyn Write,
    /// How many are around; nothing where all is in one line.
    indent: Option<usize>,
    /// It is the key of a map, which is a text whatever else it is.
    is_key: bool,
}

type Written = Result<(), Misfit>;

fn full(_: fmt::Error) -> Misfit {
    Misfit::new(FULL)
}

impl<'a> Text<'a> {
    fn raw(&mut self, text: &str) -> Written {
        self.out.write_str(text).map_err(full)
    }

    /// What is no text but in keys.
    fn plain(mut self, value: impl Display) -> Written {
        let quote = if self.is_key { "\"" } else { "" };
        self.raw(quote)?;
        write!(self.out, "{value}").map_err(full)?;
        self.raw(quote)
    }

    fn quoted(&mut self, text: &str) -> Written {
        self.raw("\"")?;
        let mut begin = 0;
        for (place, letter) in text.char_indices() {
            let escaped = match letter {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                // Nothing that a terminal could take for its own.
                letter if letter.is_control() => "",
                _ => continue,
            };
            self.raw(&text[begin..place])?;
            begin = place + letter.len_utf8();
            if escaped.is_empty() {
                write!(self.out, "\\u{:04x}", u32::from(letter)).map_err(full)?;
            } else {
                self.raw(escaped)?;
            }
        }
        self.raw(&text[begin..])?;
        self.raw("\"")
    }

    /// A number with a point.
    fn float(self, finite: bool, value: impl fmt::Debug) -> Written {
        if finite {
            self.plain(format_args!("{value:?}"))
        } else {
            self.plain("null")
        }
    }

    fn many(mut self, ends: [&'static str; 2]) -> Result<Many<'a>, Misfit> {
        if self.is_key {
            return Err(Misfit::new("the key of a map is a text"));
        }
        self.raw(ends[0])?;
        Ok(Many {
            text: Text {
                indent: self.indent.map(|indent| indent + 1),
                ..self
            },
            end: ends[1],
            is_first: true,
        })
    }
}

/// A list or a map, while it is written.
struct Many<'a> {
    text: Text<'a>,
    end: &'static str,
    is_first: bool,
}

impl Many<'_> {
    fn line(&mut self) -> Written {
        let Some(indent) = self.text.indent else {
            return Ok(());
        };
        write!(self.text.out, "\n{:width$}", "", width = 2 * indent).map_err(full)
    }

    /// Something comes next.
    fn begin(&mut self) -> Written {
        if !std::mem::replace(&mut self.is_first, false) {
            self.text.raw(",")?;
        }
        self.line()
    }

    fn colon(&mut self) -> Written {
        self.text.raw(if self.text.indent.is_some() { ": " } else { ":" })
    }

    fn part(&mut self, is_key: bool) -> Text<'_> {
        Text {
            out: self.text.out,
            indent: self.text.indent,
            is_key,
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.begin()?;
        value.serialize(self.part(false))
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.begin()?;
        key.serialize(self.part(true))
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.colon()?;
        value.serialize(self.part(false))
    }

    fn finish(mut self) -> Written {
        self.text.indent = self.text.indent.map(|indent| indent - 1);
        if !self.is_first {
            self.line()?;
        }
        self.text.raw(self.end)
    }
}

/// What no value is made of that is read by its structure, nor a document.
fn none<T>() -> Result<T, Misfit> {
    Err(Misfit::new("this is no part of a document"))
}

macro_rules! plain {
    ($($method:ident($ty:ty);)*) => {
        $(
            fn $method(self, value: $ty) -> Written {
                self.plain(value)
            }
        )*
    };
}

impl<'a> Serializer for Text<'a> {
    type Ok = ();
    type Error = Misfit;
    type SerializeSeq = Many<'a>;
    type SerializeTuple = Many<'a>;
    type SerializeTupleStruct = Impossible<(), Misfit>;
    type SerializeTupleVariant = Impossible<(), Misfit>;
    type SerializeMap = Many<'a>;
    type SerializeStruct = Impossible<(), Misfit>;
    type SerializeStructVariant = Impossible<(), Misfit>;

    plain! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    fn serialize_f32(self, value: f32) -> Written {
        self.float(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Written {
        self.float(value.is_finite(), value)
    }

    fn serialize_char(mut self, value: char) -> Written {
        self.quoted(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(mut self, value: &str) -> Written {
        self.quoted(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Written {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        self.plain("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Written {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        none()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Many<'a>, Misfit> {
        self.many(["[", "]"])
    }

    fn serialize_tuple(self, _: usize) -> Result<Many<'a>, Misfit> {
        self.many(["[", "]"])
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Impossible<(), Misfit>, Misfit> {
        none()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Misfit>, Misfit> {
        none()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Many<'a>, Misfit> {
        self.many(["{", "}"])
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Impossible<(), Misfit>, Misfit> {
        none()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Misfit>, Misfit> {
        none()
    }
}

macro_rules! lists {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Many<'_> {
                type Ok = ();
                type Error = Misfit;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                    self.element(value)
                }

                fn end(self) -> Written {
                    self.finish()
                }
            }
        )*
    };
}

lists! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
}

impl SerializeMap for Many<'_> {
    type Ok = ();
    type Error = Misfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.value(value)
    }

    fn end(self) -> Written {
        self.finish()
    }
}
