//! An error in words, when all that is known of its type is that serde can write it.
//!
//! Words as those of a derived `Debug`; a string that is the error itself stands as it is.

use std::fmt::{self, Display, Write as _};

use serde::Serialize;
use serde::ser::{self, Serializer};

/// No words are longer. What is beyond ends them with `…`.
pub(super) const LIMIT_BYTES: usize = 4096;

/// How deep an error is looked into.
const DEPTH: usize = 32;

/// The words of the error in `result`, a `Result`; `None` if there is none.
pub(super) fn of_error<R: Serialize>(result: &R) -> Option<String> {
    let mut words = Words {
        text: String::new(),
        depth: 0,
        failed: false,
    };
    // It ends early where there is no more room, or because it is no error.
    let _ = result.serialize(&mut words);
    words.failed.then_some(words.text)
}

struct Words {
    text: String,
    /// What is written now is inside of so many others; at 1 it is the error itself.
    depth: usize,
    /// The result is an `Err`.
    failed: bool,
}

/// Nothing more is to be said.
#[derive(Debug)]
struct Enough;

impl Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("enough was said")
    }
}

impl std::error::Error for Enough {}

impl ser::Error for Enough {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Words {
    fn say(&mut self, words: impl Display) -> Result<(), Enough> {
        if self.depth == 0 {
            return Err(Enough);
        }
        struct Bounded<'a>(&'a mut String);

        impl fmt::Write for Bounded<'_> {
            fn write_str(&mut self, more: &str) -> fmt::Result {
                let room = LIMIT_BYTES - self.0.len();
                if more.len() <= room {
                    self.0.push_str(more);
                    return Ok(());
                }
                let end = (0..=room).rev().find(|&end| more.is_char_boundary(end));
                self.0.push_str(&more[..end.unwrap_or(0)]);
                Err(fmt::Error)
            }
        }
        if write!(Bounded(&mut self.text), "{words}").is_err() {
            self.text.push('…');
            // Nothing is said after it.
            self.depth = 0;
            return Err(Enough);
        }
        Ok(())
    }

    fn go_in(&mut self) -> Result<(), Enough> {
        if self.depth == 0 || self.depth == DEPTH {
            self.say("…")?;
            return Err(Enough);
        }
        self.depth += 1;
        Ok(())
    }

    fn inside<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Enough> {
        self.go_in()?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    fn open(&mut self, name: &str, bracket: &str, close: &'static str) -> Result<Many<'_>, Enough> {
        self.say(format_args!("{name}{bracket}"))?;
        self.go_in()?;
        Ok(Many {
            words: self,
            first: true,
            spaced: close.starts_with(' '),
            close,
        })
    }
}

/// Something that consists of several.
struct Many<'a> {
    words: &'a mut Words,
    first: bool,
    /// There is a space inside of its brackets.
    spaced: bool,
    close: &'static str,
}

impl Many<'_> {
    fn next(&mut self) -> Result<(), Enough> {
        let before = match (self.first, self.spaced) {
            (true, true) => " ",
            (true, false) => "",
            (false, _) => ", ",
        };
        self.first = false;
        self.words.say(before)
    }

    fn end(self) -> Result<(), Enough> {
        self.words.depth -= 1;
        self.words.say(self.close)
    }
}

macro_rules! as_debug {
    ($($method:ident($ty:ty))+) => {$(
        fn $method(self, value: $ty) -> Result<(), Enough> {
            self.say(format_args!("{value:?}"))
        }
    )+};
}

impl<'a> Serializer for &'a mut Words {
    type Ok = ();
    type Error = Enough;
    type SerializeSeq = Many<'a>;
    type SerializeTuple = Many<'a>;
    type SerializeTupleStruct = Many<'a>;
    type SerializeTupleVariant = Many<'a>;
    type SerializeMap = Many<'a>;
    type SerializeStruct = Many<'a>;
    type SerializeStructVariant = Many<'a>;

    as_debug! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64)
        serialize_char(char) serialize_bytes(&[u8])
    }

    fn serialize_str(self, text: &str) -> Result<(), Enough> {
        if self.depth == 1 {
            self.say(text)
        } else {
            self.say(format_args!("{text:?}"))
        }
    }

    fn serialize_none(self) -> Result<(), Enough> {
        self.say("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Enough> {
        self.serialize_newtype_struct("Some", value)
    }

    fn serialize_unit(self) -> Result<(), Enough> {
        self.say("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Enough> {
        self.say(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Enough> {
        self.say(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Enough> {
        self.say(format_args!("{name}("))?;
        self.inside(value)?;
        self.say(")")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Enough> {
        if self.depth == 0 {
            // The `Result` itself.
            self.failed = index == 1;
            self.depth = usize::from(self.failed);
            return if self.failed {
                value.serialize(self)
            } else {
                Ok(())
            };
        }
        self.serialize_newtype_struct(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Many<'a>, Enough> {
        self.open("", "[", "]")
    }

    fn serialize_tuple(self, _: usize) -> Result<Many<'a>, Enough> {
        self.open("", "(", ")")
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Many<'a>, Enough> {
        self.open(name, "(", ")")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Many<'a>, Enough> {
        self.open(variant, "(", ")")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Many<'a>, Enough> {
        self.open("", "{", "}")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Many<'a>, Enough> {
        self.open(name, " {", " }")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Many<'a>, Enough> {
        self.open(variant, " {", " }")
    }
}

macro_rules! elements {
    ($($part:ident::$method:ident)+) => {$(
        impl ser::$part for Many<'_> {
            type Ok = ();
            type Error = Enough;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Enough> {
                self.next()?;
                self.words.inside(value)
            }

            fn end(self) -> Result<(), Enough> {
                Many::end(self)
            }
        }
    )+};
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($part:ident)+) => {$(
        impl ser::$part for Many<'_> {
            type Ok = ();
            type Error = Enough;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Enough> {
                self.next()?;
                self.words.say(format_args!("{name}: "))?;
                self.words.inside(value)
            }

            fn end(self) -> Result<(), Enough> {
                Many::end(self)
            }
        }
    )+};
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Many<'_> {
    type Ok = ();
    type Error = Enough;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Enough> {
        self.next()?;
        self.words.inside(key)?;
        self.words.say(": ")
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Enough> {
        self.words.inside(value)
    }

    fn end(self) -> Result<(), Enough> {
        Many::end(self)
    }
}
