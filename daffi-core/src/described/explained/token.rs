//! What stands next in the bytes.

use rmp::Marker;
use rmp::decode::{RmpRead, read_marker};

use super::super::depth::deeper;
use super::super::misfit::Misfit;
use crate::proto::explained::WIDE;

/// A value, or the beginning of one with others inside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'de> {
    Nothing,
    Bool(bool),
    Natural(u64),
    Integer(i64),
    HugeNatural(u128),
    Huge(i128),
    F32(f32),
    F64(f64),
    Text(&'de str),
    Bytes(&'de [u8]),
    /// So many elements follow.
    Array(usize),
    /// So many keys and values follow.
    Map(usize),
}

type Read<T> = Result<T, Misfit>;

fn ends_early<E>(_: E) -> Misfit {
    Misfit::new("the bytes end in the middle of the value")
}

fn take<'de>(rest: &mut &'de [u8], count: usize) -> Read<&'de [u8]> {
    let (first, others) = rest.split_at_checked(count).ok_or_else(|| ends_early(()))?;
    *rest = others;
    Ok(first)
}

/// How many bytes or parts follow, whose number takes so many bytes itself.
fn length(rest: &mut &[u8], bytes: u8) -> Read<usize> {
    let length = match bytes {
        1 => rest.read_data_u8().map(u32::from),
        2 => rest.read_data_u16().map(u32::from),
        _ => rest.read_data_u32(),
    };
    Ok(length.map_err(ends_early)? as usize)
}

/// As many parts may be announced as each takes a byte.
fn parts(rest: &[u8], count: usize, each: usize) -> Read<usize> {
    if count.saturating_mul(each) > rest.len() {
        return Err(Misfit::new(format_args!(
            "{count} elements are announced, more than so few bytes may hold"
        )));
    }
    Ok(count)
}

fn text<'de>(rest: &mut &'de [u8], length: usize) -> Read<Token<'de>> {
    let text = str::from_utf8(take(rest, length)?);
    let text = text.map_err(|fault| Misfit::new(format_args!("a string is not valid UTF-8: {fault}")))?;
    Ok(Token::Text(text))
}

impl<'de> Token<'de> {
    /// What stands at the beginning of `rest`, which is behind it then.
    pub(super) fn next(rest: &mut &'de [u8]) -> Read<Self> {
        let marker = read_marker(rest).map_err(ends_early)?;
        Ok(match marker {
            Marker::Null => Self::Nothing,
            Marker::True => Self::Bool(true),
            Marker::False => Self::Bool(false),
            Marker::FixPos(value) => Self::Natural(value.into()),
            Marker::FixNeg(value) => Self::Integer(value.into()),
            Marker::U8 => Self::Natural(rest.read_data_u8().map_err(ends_early)?.into()),
            Marker::U16 => Self::Natural(rest.read_data_u16().map_err(ends_early)?.into()),
            Marker::U32 => Self::Natural(rest.read_data_u32().map_err(ends_early)?.into()),
            Marker::U64 => Self::Natural(rest.read_data_u64().map_err(ends_early)?),
            Marker::I8 => Self::integer(rest.read_data_i8().map_err(ends_early)?.into()),
            Marker::I16 => Self::integer(rest.read_data_i16().map_err(ends_early)?.into()),
            Marker::I32 => Self::integer(rest.read_data_i32().map_err(ends_early)?.into()),
            Marker::I64 => Self::integer(rest.read_data_i64().map_err(ends_early)?),
            Marker::F32 => Self::F32(rest.read_data_f32().map_err(ends_early)?),
            Marker::F64 => Self::F64(rest.read_data_f64().map_err(ends_early)?),
            Marker::FixStr(length) => text(rest, length.into())?,
            Marker::Str8 => {
                let length = length(rest, 1)?;
                text(rest, length)?
            }
            Marker::Str16 => {
                let length = length(rest, 2)?;
                text(rest, length)?
            }
            Marker::Str32 => {
                let length = length(rest, 4)?;
                text(rest, length)?
            }
            Marker::Bin8 => {
                let length = length(rest, 1)?;
                Self::Bytes(take(rest, length)?)
            }
            Marker::Bin16 => {
                let length = length(rest, 2)?;
                Self::Bytes(take(rest, length)?)
            }
            Marker::Bin32 => {
                let length = length(rest, 4)?;
                Self::Bytes(take(rest, length)?)
            }
            Marker::FixArray(count) => Self::Array(parts(rest, count.into(), 1)?),
            Marker::Array16 => {
                let count = length(rest, 2)?;
                Self::Array(parts(rest, count, 1)?)
            }
            Marker::Array32 => {
                let count = length(rest, 4)?;
                Self::Array(parts(rest, count, 1)?)
            }
            Marker::FixMap(count) => Self::Map(parts(rest, count.into(), 2)?),
            Marker::Map16 => {
                let count = length(rest, 2)?;
                Self::Map(parts(rest, count, 2)?)
            }
            Marker::Map32 => {
                let count = length(rest, 4)?;
                Self::Map(parts(rest, count, 2)?)
            }
            Marker::FixExt16 => {
                let kind = rest.read_data_i8().map_err(ends_early)?;
                let bytes = take(rest, 16)?.first_chunk().copied().unwrap_or_default();
                match WIDE.iter().position(|wide| *wide == kind) {
                    Some(0) => Self::HugeNatural(u128::from_le_bytes(bytes)),
                    Some(_) => Self::Huge(i128::from_le_bytes(bytes)),
                    None => return Err(unknown()),
                }
            }
            _ => return Err(unknown()),
        })
    }

    /// One without a sign, if it has none.
    fn integer(value: i64) -> Self {
        u64::try_from(value).map_or(Self::Integer(value), Self::Natural)
    }
}

#[cold]
fn unknown() -> Misfit {
    Misfit::new("these are no bytes of a value that says itself what it is")
}

/// Passes over a value inside of so many others.
pub(super) fn pass(rest: &mut &[u8], level: usize) -> Result<(), Misfit> {
    let parts = match Token::next(rest)? {
        Token::Array(count) => count,
        Token::Map(count) => 2 * count,
        _ => return Ok(()),
    };
    let level = deeper(level)?;
    (0..parts).try_for_each(|_| pass(rest, level))
}
