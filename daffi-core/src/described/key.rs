//! The key of a map's entry, for people.

use super::input::Input;
use super::layout::{At, Layout, Place};

/// Longer ones nobody reads.
const SHORT: usize = 64;

/// The key at the beginning of `bytes`, if it is a short text or a number.
pub(super) fn shown(layout: &Layout, key: At, bytes: &[u8]) -> Option<String> {
    let mut input = Input::new(bytes);
    match layout.place(key) {
        Place::Str => {
            let text = input.str().ok().filter(|key| key.len() <= SHORT)?;
            Some(format!("{text:?}"))
        }
        Place::U8 => input.u8().ok().map(|key| key.to_string()),
        Place::U16 => input.u16().ok().map(|key| key.to_string()),
        Place::U32 => input.u32().ok().map(|key| key.to_string()),
        Place::U64 => input.u64().ok().map(|key| key.to_string()),
        Place::I8 => input.i8().ok().map(|key| key.to_string()),
        Place::I16 => input.i16().ok().map(|key| key.to_string()),
        Place::I32 => input.i32().ok().map(|key| key.to_string()),
        Place::I64 => input.i64().ok().map(|key| key.to_string()),
        _ => None,
    }
}
