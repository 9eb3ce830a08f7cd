//! Passing over a value that nobody asks for.

use super::depth::deeper;
use super::explained;
use super::input::Input;
use super::layout::{At, Layout, Place};
use super::misfit::Misfit;

/// Passes over what is at a place, inside of so many types.
pub(super) fn skip(input: &mut Input<'_>, layout: &Layout, at: At, level: usize) -> Result<(), Misfit> {
    let inside = || deeper(level);
    match layout.place(at) {
        Place::Opaque => return Err(opaque()),
        Place::Any => explained::check(input.bytes()?)?,
        Place::Unit => input.pass()?,
        Place::Bool => drop(input.bool()?),
        Place::I8 | Place::U8 => drop(input.byte()?),
        Place::I16 | Place::U16 => drop(input.u16()?),
        Place::I32 | Place::U32 => drop(input.u32()?),
        Place::I64 | Place::U64 => drop(input.u64()?),
        Place::I128 | Place::U128 => drop(input.u128()?),
        Place::F32 => drop(input.f32()?),
        Place::F64 => drop(input.f64()?),
        Place::Char => drop(input.char()?),
        Place::Str => drop(input.str()?),
        Place::Bytes => drop(input.bytes()?),
        Place::Option(inner) => {
            if input.is_some()? {
                skip(input, layout, *inner, inside()?)?;
            }
        }
        Place::Seq(element) if *layout.place(*element) == Place::U8 => drop(input.bytes()?),
        Place::Seq(element) => {
            let level = inside()?;
            for _ in 0..input.elements()? {
                let left = input.left();
                skip(input, layout, *element, level)?;
                input.element(left)?;
            }
        }
        Place::Map(key, value, _) => {
            let level = inside()?;
            for _ in 0..input.elements()? {
                let left = input.left();
                skip(input, layout, *key, level)?;
                skip(input, layout, *value, level)?;
                input.element(left)?;
            }
        }
        Place::Tuple(fields) => {
            let level = inside()?;
            input.pass()?;
            for field in fields {
                skip(input, layout, *field, level)?;
            }
        }
        Place::Struct(structure) => {
            let level = inside()?;
            input.pass()?;
            for field in &structure.fields {
                skip(input, layout, *field, level)?;
            }
        }
        Place::Enum(choices) => {
            let index = input.u32()?;
            let choice = choices.choice(index).ok_or_else(|| unknown_variant(index))?;
            match layout.place(choice.content) {
                // It counts as one level, as where it is read.
                Place::Tuple(fields) if fields.len() == 1 => {
                    input.pass()?;
                    skip(input, layout, fields[0], inside()?)?;
                }
                _ => skip(input, layout, choice.content, inside()?)?,
            }
        }
    }
    Ok(())
}

#[cold]
pub(super) fn opaque() -> Misfit {
    Misfit::new("the structure does not say what is here")
}

#[cold]
pub(super) fn unknown_variant(index: u32) -> Misfit {
    Misfit::new(format_args!("the structure has no variant {index}"))
}
