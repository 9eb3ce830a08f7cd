//! What is at a place, in words.

use std::fmt::{self, Display};

use super::layout::{At, Layout, Place, Struct};
use super::misfit::Misfit;
use super::names::Names;

/// More names nobody reads.
const NAMES: usize = 12;

/// What is expected at a place.
pub(super) struct Expected<'l>(pub(super) &'l Layout, pub(super) At);

impl Struct {
    /// There is no part of that name.
    #[cold]
    pub(super) fn unknown(&self, name: &str) -> Misfit {
        let noun = self.noun;
        if self.names.is_empty() {
            return Misfit::new(format_args!("there is no {noun} `{name}`, nor any other"));
        }
        Misfit::new(format_args!(
            "there is no {noun} `{name}`; there is {}",
            Listed(self.names.iter())
        ))
    }

    /// What is called so has not come.
    #[cold]
    pub(super) fn missing(&self, layout: &Layout, name: &str, at: At) -> Misfit {
        let noun = self.noun;
        Misfit::new(format_args!(
            "{noun} `{name}` is missing: {} is expected",
            Expected(layout, at)
        ))
    }
}

/// Names, one after the other.
pub(super) struct Listed<'l, I: Iterator<Item = &'l Names> + Clone>(pub(super) I);

impl<'l, I: Iterator<Item = &'l Names> + Clone> Display for Listed<'l, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, names) in self.0.clone().enumerate() {
            if number == NAMES {
                return f.write_str(", …");
            }
            let before = if number == 0 { "" } else { ", " };
            write!(f, "{before}`{}`", names.shown().escape_debug())?;
        }
        Ok(())
    }
}

impl Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(layout, at) = self;
        f.write_str(match layout.place(*at) {
            Place::Opaque => "something unknown",
            Place::Any => "a value that says itself what it is",
            Place::Unit => "nothing",
            Place::Bool => "a bool",
            Place::I8 => "i8",
            Place::I16 => "i16",
            Place::I32 => "i32",
            Place::I64 => "i64",
            Place::I128 => "i128",
            Place::U8 => "u8",
            Place::U16 => "u16",
            Place::U32 => "u32",
            Place::U64 => "u64",
            Place::U128 => "u128",
            Place::F32 => "f32",
            Place::F64 => "f64",
            Place::Char => "a char",
            Place::Str => "a string",
            Place::Bytes => "bytes",
            // Not what is inside, which may be an option again, and so on.
            Place::Option(_) => "an option",
            Place::Seq(_) => "a sequence",
            Place::Map(..) => "a map",
            Place::Tuple(fields) => return write!(f, "a tuple of {}", fields.len()),
            Place::Struct(structure) if structure.names.is_empty() => "a struct without fields",
            Place::Struct(structure) => {
                return write!(f, "a struct with {}", Listed(structure.names.iter()));
            }
            Place::Enum(choices) => return write!(f, "one of {}", Listed(choices.names())),
        })
    }
}
