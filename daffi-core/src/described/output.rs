//! Where a value is written to, and how numbers are.

use std::str::FromStr;
use std::sync::Arc;

use super::input::FREE_ELEMENTS;
use super::layout::Place;
use super::misfit::Misfit;
use crate::proto::numbers::{bytes, huge_number, number, zigzag};

/// Gives the bytes that a text names which begins with `@`, without that; or says why there are none.
pub type Elsewhere = Arc<dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync>;

/// The bytes so far.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// So many there may be.
    limit: usize,
    /// Whether people wrote the value, in a notation that has less kinds of values than the structure: texts stand for
    /// numbers and bytes as well.
    pub(super) by_hand: bool,
    /// Where bytes are that a text names.
    pub(super) elsewhere: Option<Elsewhere>,
    /// How many elements took no bytes.
    free: usize,
}

/// An integer of any type.
#[derive(Clone, Copy)]
pub(super) enum Integer {
    Small(i128),
    Huge(u128),
}

impl Output {
    pub(super) const fn new(limit: usize, by_hand: bool) -> Self {
        Self {
            bytes: Vec::new(),
            limit,
            by_hand,
            elsewhere: None,
            free: 0,
        }
    }

    /// An element was written from there on.
    pub(super) fn count(&mut self, start: usize) -> Result<(), Misfit> {
        if self.bytes.len() > start {
            return Ok(());
        }
        self.free += 1;
        if self.free > FREE_ELEMENTS {
            return Err(Misfit::new("more elements than so few bytes may hold"));
        }
        Ok(())
    }

    /// There is room for so many more.
    pub(super) fn check(&self, more: usize) -> Result<(), Misfit> {
        if self.bytes.len().saturating_add(more) > self.limit {
            return Err(Misfit::new(format_args!(
                "the value takes more than {} bytes",
                self.limit
            )));
        }
        Ok(())
    }

    /// Bytes with their length in front.
    pub(super) fn block(&mut self, block: &[u8]) -> Result<(), Misfit> {
        self.check(block.len())?;
        bytes(&mut self.bytes, block);
        Ok(())
    }

    pub(super) fn number(&mut self, value: usize) {
        number(&mut self.bytes, value as u64);
    }

    /// Puts a number in front of what was written from there on.
    pub(super) fn insert(&mut self, start: usize, value: usize) {
        let mut front = Vec::new();
        number(&mut front, value as u64);
        self.bytes.splice(start..start, front);
    }

    /// Writes an integer where the structure has a number; whether it has one that it fits into.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is meant")]
    pub(super) fn integer(&mut self, place: &Place, value: Integer) -> bool {
        let out = &mut self.bytes;
        let Integer::Small(value) = value else {
            let (Place::U128, Integer::Huge(value)) = (place, value) else {
                return false;
            };
            huge_number(out, value);
            return true;
        };
        macro_rules! fits {
            ($ty:ident, $value:ident => $write:expr) => {
                match $ty::try_from(value) {
                    Ok($value) => {
                        $write;
                        true
                    }
                    Err(_) => false,
                }
            };
        }
        match place {
            Place::U8 => fits!(u8, value => out.push(value)),
            Place::I8 => fits!(i8, value => out.push(value.cast_unsigned())),
            Place::U16 => fits!(u16, value => number(out, value.into())),
            Place::U32 => fits!(u32, value => number(out, value.into())),
            Place::U64 => fits!(u64, value => number(out, value)),
            Place::I16 => fits!(i16, value => number(out, zigzag(value.into()))),
            Place::I32 => fits!(i32, value => number(out, zigzag(value.into()))),
            Place::I64 => fits!(i64, value => number(out, zigzag(value))),
            Place::U128 => fits!(u128, value => huge_number(out, value)),
            Place::I128 => {
                huge_number(out, ((value << 1) ^ (value >> 127)).cast_unsigned());
                true
            }
            Place::F32 if self.by_hand => self.narrow(value as f32),
            Place::F64 if self.by_hand => self.float(place, value as f64),
            Place::F32 | Place::F64 => match exact(value) {
                Some(value) => self.float(place, value),
                None => false,
            },
            _ => false,
        }
    }

    /// Writes a number with a point that is a short one.
    pub(super) fn narrow(&mut self, value: f32) -> bool {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        true
    }

    /// The same for a number with a point. By hand it may have more digits than there are bits: then it is the nearest.
    pub(super) fn float(&mut self, place: &Place, value: f64) -> bool {
        match place {
            Place::F64 => self.bytes.extend_from_slice(&value.to_le_bytes()),
            Place::F32 => {
                #[expect(clippy::cast_possible_truncation, reason = "the nearest is meant")]
                let narrow = value as f32;
                let same = f64::from(narrow).to_bits() == value.to_bits() || value.is_nan();
                if !same && (!self.by_hand || narrow.is_infinite()) {
                    return false;
                }
                self.bytes.extend_from_slice(&narrow.to_le_bytes());
            }
            _ => return false,
        }
        true
    }
}

/// Larger ones are no integers of 128 bits for sure.
const LARGE: f64 = 1e38;

/// The number with a point that an integer is, if it is one exactly.
#[expect(clippy::cast_precision_loss, reason = "then it is not the same")]
#[expect(clippy::cast_possible_truncation, reason = "it is an integer")]
fn exact(value: i128) -> Option<f64> {
    let float = value as f64;
    (float.abs() < LARGE && float as i128 == value).then_some(float)
}

/// The integer that a number with a point is, if it is one exactly.
pub(super) fn whole(value: f64) -> Option<Integer> {
    if value.fract() != 0.0 || value.abs() >= LARGE {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is an integer")]
    Some(Integer::Small(value as i128))
}

/// The number with a point that a text says: one that is no number, or infinite, only by its word.
pub(super) fn float<F: FromStr + Into<f64> + Copy>(text: &str) -> Option<F> {
    let value: F = text.parse().ok()?;
    let is_word = matches!(text, "NaN" | "Infinity" | "-Infinity");
    (is_word || value.into().is_finite()).then_some(value)
}

/// The integer that a text says.
pub(super) fn said(text: &str) -> Option<Integer> {
    let small = text.parse().map(Integer::Small);
    small.or_else(|_| text.parse().map(Integer::Huge)).ok()
}
