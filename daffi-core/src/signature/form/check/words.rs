//! What is said about a value that is not held to its form, and what counts as the same.

use std::fmt::{self, Display};

use super::super::{Kind, Names};
use crate::signature::Type;

/// Where a value stands, for people.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) owner: &'static str,
    pub(super) part: Part,
}

#[derive(Clone, Copy, Default)]
pub(super) enum Part {
    #[default]
    Whole,
    Field(&'static str),
    Element(usize),
    Variant(&'static str),
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, part } = self;
        match part {
            Part::Whole => Ok(()),
            // A tuple has no name that would help.
            Part::Element(_) if owner.is_empty() => Ok(()),
            Part::Field(name) => write!(f, ", in field `{name}` of `{owner}`"),
            Part::Element(number) => write!(f, ", in field {number} of `{owner}`"),
            Part::Variant(name) => write!(f, ", in variant `{name}` of `{owner}`"),
        }
    }
}

/// What is written, in words.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) what: &'static str,
    pub(super) name: &'static str,
}

impl Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str(self.what)
        } else {
            write!(f, "the {} `{}`", self.what, self.name)
        }
    }
}

/// Whether the same bytes stand for both.
pub(super) fn same_bytes(read: &Type, wrote: &Type) -> bool {
    (is_unit(read) && is_unit(wrote))
        || std::mem::discriminant(read) == std::mem::discriminant(wrote)
        || matches!((read, wrote), (Type::Str, Type::Bytes) | (Type::Bytes, Type::Str))
}

pub(super) const fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Unit | Type::UnitStruct { .. })
}

/// Whether two names mean the same: `rename_all` may differ between writing and reading.
pub(super) fn same_name(read: &str, wrote: &str) -> bool {
    let letters = |name: &'_ str| {
        name.chars()
            .filter(|letter| !matches!(letter, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    read == wrote || letters(read) == letters(wrote)
}

/// The name by which one is read that is written by this one, if that is the same but for how it is spelt.
pub(super) fn respelt(all: &[Names], name: &str) -> Option<&'static str> {
    let is_exact = all.iter().any(|names| names.contains(&name));
    let mut names = all.iter().flatten().filter(|_| !is_exact);
    names.find(|read| same_name(read, name)).copied()
}

/// A type by its Rust name, if that is known.
pub(super) fn named(rust: &str) -> String {
    // What serde's derive makes for its own use stands in a block without a name.
    if rust.is_empty() || rust.contains("::_::") {
        "a type".to_owned()
    } else {
        format!("`{rust}`")
    }
}

pub(super) fn counted(fields: usize) -> String {
    match fields {
        1 => "1 field".to_owned(),
        fields => format!("{fields} fields"),
    }
}

pub(super) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown | Self::Refused(_) | Self::Explained(_) => f.write_str("something"),
            Self::Leaf(ty) => write!(f, "`{ty}`"),
            Self::Option => f.write_str("an option"),
            Self::Seq => f.write_str("a sequence"),
            Self::Map => f.write_str("a map"),
            Self::Tuple(length) => write!(f, "a tuple of {length}"),
            Self::Struct("", fields) => write!(f, "a variant with named {}", counted(fields.count)),
            Self::Struct(name, _) => write!(f, "the struct `{name}`"),
            Self::Enum(name, _) => write!(f, "the enum `{name}`"),
        }
    }
}
