//! The values that are made up, in the order in which they are tried.
//!
//! Most types take the first. The others are for types that accept only some values: numbers that are not zero,
//! texts with a syntax.

use super::super::Type;

pub(super) const BOOLS: [bool; 2] = [false, true];
pub(super) const INTEGERS: [i8; 5] = [0, 1, 2, 10, 100];
pub(super) const FLOATS: [f32; 4] = [0.0, 1.0, 0.5, 100.0];
pub(super) const CHARS: [char; 4] = ['a', 'A', '0', '/'];
pub(super) const BYTES: [&[u8]; 8] = [
    &[],
    &[0; 16],
    &[0; 1],
    &[0; 4],
    &[0; 8],
    &[0; 12],
    &[0; 32],
    &[0; 64],
];
pub(super) const STRINGS: [&str; 28] = [
    "",
    "0",
    "a",
    "A",
    "1",
    "ab",
    "true",
    "a-b",
    "a.b",
    "a/b",
    "/",
    "/a",
    "127.0.0.1",
    "127.0.0.1:1",
    "::1",
    "10.0.0.0/8",
    "1.0.0",
    "1970-01-01",
    "00:00:00",
    "1970-01-01T00:00:00",
    "1970-01-01T00:00:00Z",
    "1s",
    "http://localhost/",
    "user@example.org",
    "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000000000",
    "#000000",
    "GET",
];

/// How many values there are to try for a type without types inside.
pub(super) fn count(leaf: &Type) -> usize {
    match leaf {
        Type::Bool => BOOLS.len(),
        Type::F32 | Type::F64 => FLOATS.len(),
        Type::Char => CHARS.len(),
        Type::Str => STRINGS.len(),
        Type::Bytes => BYTES.len(),
        Type::Unit | Type::UnitStruct { .. } => 1,
        _ => INTEGERS.len(),
    }
}
