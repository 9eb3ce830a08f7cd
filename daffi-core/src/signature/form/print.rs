//! What is written in a number, for comparing it with what was written before: of what is the same kinds, lengths and
//! names in the same order it is the same.
//!
//! What may be another way from value to value, and is read all the same, counts as one thing: an option, a sequence, a
//! map, an enum. What is inside of these has a number of its own. So the number of most of what is written, a struct as
//! well as a leaf, is known when the program is compiled, and costs nothing.

use super::event::Event;

/// Such a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print(u64);

/// An odd number without a pattern, for spreading what is hashed over all bits.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Print {
    /// That of nothing that is written.
    pub(crate) const NOTHING: Self = Self(0);

    /// That of whatever is written.
    pub(super) const ANYTHING: Self = Self(u64::MAX);

    pub(super) const fn number(self) -> u64 {
        self.0
    }

    pub(super) const fn of_number(number: u64) -> Self {
        Self(number)
    }

    /// That of something with so many parts, before any of them.
    #[inline]
    pub(crate) const fn of(event: Event, length: usize) -> Self {
        Self(SPREAD.wrapping_mul(event as u64)).and(length as u64).end()
    }

    /// The same and a part of it.
    #[inline]
    pub(crate) const fn part(self, part: Self) -> Self {
        self.and(part.0)
    }

    /// The same and the number of the variant that comes next.
    #[inline]
    pub(crate) const fn variant(self, index: u32) -> Self {
        self.and(index as u64)
    }

    /// The same and the name of what comes next.
    #[inline]
    pub(crate) fn name(self, name: &str) -> Self {
        let bytes = name.as_bytes();
        let named = self.and(bytes.len() as u64);
        // Without a loop for most names, so that the compiler does it.
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => {
                let mut named = named
                    .and(u64::from_le_bytes(*first))
                    .and(u64::from_le_bytes(*last));
                if bytes.len() > 16 {
                    for chunk in bytes[8..].chunks_exact(8) {
                        let chunk = chunk.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
                        named = named.and(chunk);
                    }
                }
                named
            }
            _ => match (bytes.first_chunk(), bytes.last_chunk()) {
                (Some(first), Some(last)) => named
                    .and(u32::from_le_bytes(*first).into())
                    .and(u32::from_le_bytes(*last).into()),
                _ => {
                    let byte = |place: usize| u64::from(bytes.get(place).copied().unwrap_or(0));
                    named.and(byte(0) | byte(1) << 8 | byte(2) << 16)
                }
            },
        }
    }

    /// That of all of it.
    #[inline]
    pub(crate) const fn end(self) -> Self {
        self.and(SPREAD)
    }

    #[inline]
    const fn and(self, next: u64) -> Self {
        // Multiplying carries nothing downwards.
        let mixed = (self.0 ^ next).wrapping_mul(SPREAD);
        Self(mixed ^ mixed >> 32)
    }
}
