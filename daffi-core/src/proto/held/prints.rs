//! What was written, in numbers, or in nothing where nobody asks for them.

use crate::signature::form::{Event, Print};

/// What was written, as [`Print`] has it.
pub(in super::super) trait Prints: Copy {
    /// That of something with so many parts, before any of them.
    fn of(event: Event, length: usize) -> Self;

    /// The same and a part of it.
    fn part(self, part: Self) -> Self;

    /// The same and the name of what comes next.
    fn name(self, name: &str) -> Self;

    /// That of all of it.
    fn end(self) -> Self;
}

impl Prints for Print {
    #[inline]
    fn of(event: Event, length: usize) -> Self {
        Self::of(event, length)
    }

    #[inline]
    fn part(self, part: Self) -> Self {
        self.part(part)
    }

    #[inline]
    fn name(self, name: &str) -> Self {
        self.name(name)
    }

    #[inline]
    fn end(self) -> Self {
        self.end()
    }
}

impl Prints for () {
    #[inline]
    fn of(_: Event, _: usize) {}

    #[inline]
    fn part(self, (): ()) {}

    #[inline]
    fn name(self, _: &str) {}

    #[inline]
    fn end(self) {}
}
