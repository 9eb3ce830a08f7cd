//! What looks on while a value is written, from position to position.

use core::cell::Cell;

use crate::signature::form::{At, Event, Form, Inside};

/// What a value is held to, and whether there was something that has to be looked at.
pub(in super::super) struct Over<'a> {
    form: &'a Form,
    odd: Cell<bool>,
}

impl<'a> Over<'a> {
    pub(in super::super) const fn new(form: &'a Form) -> Self {
        Self {
            form,
            odd: Cell::new(false),
        }
    }

    /// Whether the value has to be looked at in full.
    pub(in super::super) const fn is_odd(&self) -> bool {
        self.odd.get()
    }
}

/// What looks on, at a position.
pub(in super::super) trait Watch: Copy {
    /// The positions of fields.
    type Inside: Copy;

    /// Something without anything inside, or an option.
    fn leaf(self, event: Event);

    /// At so many parts of what is written with so many fields.
    fn inside(self, event: Event, length: usize, parts: usize) -> Self::Inside;

    /// At the next of these parts.
    fn next(self, inside: &mut Self::Inside) -> Self;

    /// At the next of these parts, which is written with this name.
    fn next_named(self, inside: &mut Self::Inside, name: &'static str) -> Self;

    /// At the content of the variant with this name.
    fn variant(self, index: u32, name: &'static str) -> Self;

    /// Something has to be looked at.
    fn note(self);

    /// At so many fields of what is here.
    #[inline]
    fn fields(self, event: Event, length: usize) -> Self::Inside {
        self.inside(event, length, length)
    }

    /// At the only part of what is written with so many fields.
    #[inline]
    fn only(self, event: Event, length: usize) -> Self {
        let mut inside = self.inside(event, length, 1);
        self.next(&mut inside)
    }
}

/// Looks on from position to position.
#[derive(Clone, Copy)]
pub(in super::super) struct Walk<'a> {
    over: &'a Over<'a>,
    at: At<'a>,
}

impl<'a> Walk<'a> {
    pub(in super::super) fn new(over: &'a Over<'a>) -> Self {
        Self {
            over,
            at: At::root(over.form),
        }
    }
}

impl<'a> Watch for Walk<'a> {
    type Inside = Inside<'a>;

    #[inline]
    fn leaf(self, event: Event) {
        if !self.at.agrees(event, 0) {
            self.note();
        }
    }

    #[inline]
    fn inside(self, event: Event, length: usize, parts: usize) -> Inside<'a> {
        if self.at.agrees(event, length) {
            self.at.inside(self.over.form, parts)
        } else {
            self.note();
            Inside::NOWHERE
        }
    }

    #[inline]
    fn next(self, inside: &mut Inside<'a>) -> Self {
        Self {
            at: inside.next(),
            ..self
        }
    }

    #[inline]
    fn next_named(self, inside: &mut Inside<'a>, name: &'static str) -> Self {
        Self {
            at: inside.next_named(name),
            ..self
        }
    }

    #[inline]
    fn variant(self, index: u32, name: &'static str) -> Self {
        let at = self.at.variant(self.over.form, index, name).unwrap_or_else(|| {
            self.note();
            At::nowhere()
        });
        Self { at, ..self }
    }

    #[inline]
    fn note(self) {
        self.over.odd.set(true);
    }
}

/// Looks on where nothing is known of the type: at what contradicts itself.
#[derive(Clone, Copy)]
pub(in super::super) struct Glance<'a> {
    over: &'a Over<'a>,
}

impl<'a> Glance<'a> {
    pub(in super::super) const fn new(over: &'a Over<'a>) -> Self {
        Self { over }
    }
}

impl Watch for Glance<'_> {
    type Inside = ();

    #[inline]
    fn leaf(self, _: Event) {}

    #[inline]
    fn inside(self, _: Event, _: usize, _: usize) {}

    #[inline]
    fn next(self, (): &mut ()) -> Self {
        self
    }

    #[inline]
    fn next_named(self, (): &mut (), _: &'static str) -> Self {
        self
    }

    #[inline]
    fn variant(self, _: u32, _: &'static str) -> Self {
        self
    }

    #[inline]
    fn note(self) {
        self.over.odd.set(true);
    }
}

/// Does not look on: at the protocol's own types.
#[derive(Clone, Copy)]
pub(in super::super) struct Away;

impl Watch for Away {
    type Inside = ();

    #[inline]
    fn leaf(self, _: Event) {}

    #[inline]
    fn inside(self, _: Event, _: usize, _: usize) {}

    #[inline]
    fn next(self, (): &mut ()) -> Self {
        self
    }

    #[inline]
    fn next_named(self, (): &mut (), _: &'static str) -> Self {
        self
    }

    #[inline]
    fn variant(self, _: u32, _: &'static str) -> Self {
        self
    }

    #[inline]
    fn note(self) {}
}
