//! What is compared at a position while a value is written.

use std::sync::atomic::{AtomicU64, Ordering};

use super::print::Print;

/// What was found to agree at a position, and where the positions inside of it are.
#[derive(Debug)]
pub(super) struct Mark {
    /// The [`Print`] of what is written there.
    written: AtomicU64,
    /// Where the first of its children stands; the others follow.
    pub(super) first: u32,
    /// Of an enum, how many variants are read.
    variants: u32,
}

/// The place of a position of which nothing is known: beyond all that there are, and so are those after it.
pub(super) const NOWHERE: u32 = 1 << 31;

impl Mark {
    /// Where the first child stands. What is written there is compared if `is_known`, and an enum has so many variants.
    pub(super) const fn new(is_known: bool, variants: u32, first: u32) -> Self {
        let written = if is_known { Print::NOTHING } else { Print::ANYTHING };
        Self {
            written: AtomicU64::new(written.number()),
            first,
            variants,
        }
    }

    /// Remembers that this may be written here.
    pub(super) fn settle(&self, print: Print) {
        if self.written() != Print::ANYTHING {
            self.written.store(print.number(), Ordering::Relaxed);
        }
    }

    #[inline]
    fn written(&self) -> Print {
        Print::of_number(self.written.load(Ordering::Relaxed))
    }
}

/// Those of a form, by position.
#[derive(Debug, Default)]
pub(crate) struct Marks(pub(super) Vec<Mark>);

impl Marks {
    #[inline]
    fn get(&self, place: u32) -> Option<&Mark> {
        self.0.get(place as usize)
    }
}

/// A position while a value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At(u32);

impl At {
    pub(crate) const ROOT: Self = Self(0);
    pub(crate) const NOWHERE: Self = Self(NOWHERE);

    /// The position of the next child of the same parent.
    #[inline]
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// The position of the first thing inside of what is here.
    #[inline]
    pub(crate) fn first(self, marks: &Marks) -> Self {
        Self(marks.get(self.0).map_or(NOWHERE, |mark| mark.first))
    }

    /// The content of the variant with this number.
    #[inline]
    pub(crate) fn variant(self, marks: &Marks, index: u32) -> Option<Self> {
        match marks.get(self.0) {
            Some(mark) if index < mark.variants => Some(Self(mark.first + index)),
            Some(mark) if mark.first != NOWHERE => None,
            _ => Some(Self(NOWHERE)),
        }
    }

    /// What was found to agree here.
    #[inline]
    pub(crate) fn expects(self, marks: &Marks) -> Expected {
        Expected(marks.get(self.0).map_or(Print::ANYTHING, Mark::written))
    }
}

/// What was found to agree at a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected(Print);

impl Expected {
    /// Whether this is it.
    #[inline]
    pub(crate) fn is(self, print: Print) -> bool {
        self.0 == print || self.0 == Print::ANYTHING
    }
}
