//! Numbers that became wider.

use super::layout::Place;

/// Whether it is a number.
pub(super) fn is_number(place: &Place) -> bool {
    bits(place).is_some() || matches!(place, Place::F32 | Place::F64)
}

/// Whether an integer has a sign, and how many bits.
const fn bits(place: &Place) -> Option<(bool, u8)> {
    Some(match place {
        Place::U8 => (false, 8),
        Place::U16 => (false, 16),
        Place::U32 => (false, 32),
        Place::U64 => (false, 64),
        Place::U128 => (false, 128),
        Place::I8 => (true, 8),
        Place::I16 => (true, 16),
        Place::I32 => (true, 32),
        Place::I64 => (true, 64),
        Place::I128 => (true, 128),
        _ => return None,
    })
}

/// Whether every number of the one is one of the other.
pub(super) fn is_wider(from: &Place, to: &Place) -> bool {
    match (from, to) {
        (Place::F32, Place::F64) => true,
        _ => match (bits(from), bits(to)) {
            (Some((false, from)), Some((_, to))) => from < to,
            (Some((true, from)), Some((true, to))) => from < to,
            _ => false,
        },
    }
}
