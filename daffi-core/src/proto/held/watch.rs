//! What looks on while a value is written: from position to position until a type is known, afterwards only at what
//! may be another way each time.

use core::cell::Cell;

use crate::signature::form::{Entered, Event, Form, Spot};

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
    /// Inside of an option.
    fn some(self) -> Self;

    /// At the elements of a sequence, or the keys of a map.
    fn elements(self, event: Event, length: usize) -> Self;

    /// At the values of a map, from its keys.
    fn values(self) -> Self;

    /// At the first of so many fields of what has this name.
    fn fields(self, event: Event, name: &'static str, length: usize) -> Self;

    /// At the first of so many fields of the variant with this name.
    fn variant(self, index: u32, event: Event, name: &'static str, length: usize) -> Self;

    /// At what comes after this field or element.
    fn next(self) -> Self;

    /// Something has to be looked at.
    fn note(self);
}

/// Looks on from position to position.
#[derive(Clone, Copy)]
pub(in super::super) struct Walk<'a> {
    over: &'a Over<'a>,
    at: Spot,
    /// How far the next position is.
    step: u32,
}

impl<'a> Walk<'a> {
    pub(in super::super) fn new(over: &'a Over<'a>) -> Self {
        over.odd.set(!over.form.has_begun());
        Self {
            over,
            at: Spot::ROOT,
            step: 0,
        }
    }

    #[inline]
    fn inside(self, entered: Entered, step: u32) -> Self {
        let (at, step) = match entered {
            Entered::Known(first) => (first, step),
            Entered::Unknown => (Spot::NOWHERE, 0),
            Entered::New => {
                self.note();
                (Spot::NOWHERE, 0)
            }
        };
        Self { at, step, ..self }
    }
}

impl Watch for Walk<'_> {
    #[inline]
    fn some(self) -> Self {
        self.inside(self.over.form.enter(self.at, Event::Some, 1), 0)
    }

    #[inline]
    fn elements(self, event: Event, length: usize) -> Self {
        let entered = match length {
            // An empty one says nothing, and what it stands in has been looked at.
            0 => Entered::Unknown,
            _ => self.over.form.enter(self.at, event, 1),
        };
        self.inside(entered, 0)
    }

    #[inline]
    fn values(self) -> Self {
        Self {
            at: self.at.next(),
            ..self
        }
    }

    #[inline]
    fn fields(self, event: Event, _: &'static str, length: usize) -> Self {
        self.inside(self.over.form.enter(self.at, event, length), 1)
    }

    #[inline]
    fn variant(self, index: u32, event: Event, _: &'static str, length: usize) -> Self {
        self.inside(self.over.form.enter_variant(self.at, index, event, length), 1)
    }

    #[inline]
    fn next(self) -> Self {
        Self {
            at: self.at.after(self.step),
            ..self
        }
    }

    #[inline]
    fn note(self) {
        self.over.odd.set(true);
    }
}

/// Looks on where every position has been looked at. What can then still be another way from value to value is told by
/// serde when it leaves out a field that has a name, and seen by the number of fields where they have none.
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
    #[inline]
    fn some(self) -> Self {
        self
    }

    #[inline]
    fn elements(self, _: Event, _: usize) -> Self {
        self
    }

    #[inline]
    fn values(self) -> Self {
        self
    }

    #[inline]
    fn fields(self, event: Event, name: &'static str, length: usize) -> Self {
        if matches!(event, Event::TupleStruct) && !self.over.form.has_seen(name, length) {
            self.note();
        }
        self
    }

    #[inline]
    fn variant(self, _: u32, event: Event, name: &'static str, length: usize) -> Self {
        if matches!(event, Event::TupleVariant) && !self.over.form.has_seen(name, length) {
            self.note();
        }
        self
    }

    #[inline]
    fn next(self) -> Self {
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
    #[inline]
    fn some(self) -> Self {
        self
    }

    #[inline]
    fn elements(self, _: Event, _: usize) -> Self {
        self
    }

    #[inline]
    fn values(self) -> Self {
        self
    }

    #[inline]
    fn fields(self, _: Event, _: &'static str, _: usize) -> Self {
        self
    }

    #[inline]
    fn variant(self, _: u32, _: Event, _: &'static str, _: usize) -> Self {
        self
    }

    #[inline]
    fn next(self) -> Self {
        self
    }

    #[inline]
    fn note(self) {}
}
