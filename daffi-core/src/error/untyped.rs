//! What is mostly meant where caller and callback disagree about a number.

use std::fmt;

use crate::signature::{Signature, Type};

/// Says at which place the two do not go together.
pub(super) struct Because<'a>(pub(super) &'a str);

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            fault => write!(f, "\n  because    {fault}"),
        }
    }
}

/// Says what to write where a number stands without a type, which Rust takes for an `i32` or `f64`: as the argument of a call by name, or in
/// the body of a fetcher. What a declaration says is meant.
pub(super) struct Untyped<'a> {
    pub(super) called: &'a Signature,
    pub(super) offered: &'a Signature,
}

impl fmt::Display for Untyped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let called = self.called.parameters.iter().flatten();
        let offered = self.offered.parameters.iter().flatten();
        let mut pairs = called.zip(offered).filter(|(called, _)| called.name == "_");
        let Some((written, wanted)) = pairs.find_map(|(called, offered)| {
            let written = taken_for(&offered.ty)?;
            (called.ty == written && offered.ty != written).then_some((written, &offered.ty))
        }) else {
            return Ok(());
        };
        let number = if written == Type::F64 { "1.0" } else { "1" };
        write!(
            f,
            "\n  a number without a type of its own is an `{written}`: write `{number}{wanted}`, or `as {wanted}`"
        )
    }
}

/// What Rust takes a number for where a number of this type is wanted and nothing says so.
const fn taken_for(wanted: &Type) -> Option<Type> {
    match wanted {
        Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::I128
        | Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::U128 => Some(Type::I32),
        Type::F32 | Type::F64 => Some(Type::F64),
        _ => None,
    }
}
