//! What is compared at a position while a value is written.

use std::sync::atomic::{AtomicU64, Ordering};

use super::print::Print;

/// What was found to agree at a position, and where the positions inside of it are.
#[derive(Debug)]
pub(crate) struct Mark {
    /// The [`Print`] of what is written there.
    written: AtomicU64,
    /// Where the first of its children stands; the others follow.
    pub(super) first: u32,
    /// Of an enum, how many variants are read.
    variants: u16,
    /// Whether what is read there is one byte, whatever the value.
    pub(super) is_byte: bool,
}

/// The place of a position of which nothing is known: beyond all that there are, and so are those after it.
pub(super) const NOWHERE: u32 = 1 << 31;

/// What stands at such a place.
static BEYOND: Mark = Mark::new(false, 0, NOWHERE);

impl Mark {
    /// Where the first child stands. What is written there is compared if `is_known`, and an enum has so many variants.
    pub(super) const fn new(is_known: bool, variants: u16, first: u32) -> Self {
        let written = if is_known { Print::NOTHING } else { Print::ANYTHING };
        Self {
            written: AtomicU64::new(written.number()),
            first,
            variants,
            is_byte: false,
        }
    }

    /// Remembers that this may be written here.
    pub(super) fn settle(&self, print: Print) {
        if self.written() != Print::ANYTHING {
            self.written.store(print.number(), Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn written(&self) -> Print {
        Print::of_number(self.written.load(Ordering::Relaxed))
    }
}

/// Those of a form, by position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks<'f>(pub(super) &'f [Mark]);

impl<'f> Marks<'f> {
    #[inline]
    fn at(self, At(place): At) -> &'f Mark {
        self.0.get(place as usize).unwrap_or(&BEYOND)
    }
}

/// A position while a value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At(u32);

impl At {
    pub(crate) const ROOT: Self = Self(0);
    pub(crate) const NOWHERE: Self = Self(NOWHERE);

    /// Its number.
    pub(super) const fn place(self) -> u32 {
        self.0
    }

    /// The position of the next child of the same parent.
    #[inline]
    pub(crate) const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// The position so many children on.
    pub(super) fn after(self, children: usize) -> Self {
        Self(self.0.wrapping_add(u32::try_from(children).unwrap_or(NOWHERE)))
    }

    /// The position of the first thing inside of what is here.
    #[inline]
    pub(crate) fn first(self, marks: Marks<'_>) -> Self {
        Self(marks.at(self).first)
    }

    /// The content of the variant with this number, if it is known that there is one.
    #[inline]
    pub(crate) fn variant(self, marks: Marks<'_>, index: u32) -> Option<Self> {
        let mark = marks.at(self);
        (index < mark.variants.into()).then(|| Self(mark.first + index))
    }

    /// Whether nothing is known of what is inside.
    pub(crate) fn is_nowhere(self, marks: Marks<'_>) -> bool {
        marks.at(self).first == NOWHERE
    }

    /// What was found to agree here.
    #[inline]
    pub(crate) fn expects(self, marks: Marks<'_>) -> Expected {
        Expected(marks.at(self).written())
    }

    /// If what is read here is one byte whatever the value, the marks of what the variants carry if it is an enum.
    #[inline]
    pub(crate) fn is_byte<'f>(self, marks: Marks<'f>) -> Option<&'f [Mark]> {
        let mark = marks.at(self);
        let contents = || marks.0.get(mark.first as usize..)?.get(..mark.variants.into());
        mark.is_byte.then(|| contents().unwrap_or_default())
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
