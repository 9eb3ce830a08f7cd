//! What looks on while a value is written, from position to position.

use core::marker::PhantomData;

use serde::Serialize;

use super::super::numbers::number;
use super::prints::Prints;
use super::single;
use super::sink::{Sink, Watched};
use crate::signature::form::{At, Expected, Print};

/// What looks on, at a position.
pub(in super::super) trait Watch: Copy {
    /// Where a value is written to, and what it is held to.
    type Sink: Sink;

    /// What was written, in a number.
    type Prints: Prints;

    /// What was found to agree at a position.
    type Expected: Copy;

    /// At the first thing inside of what is here.
    fn first(self, sink: &Self::Sink) -> Self;

    /// At what comes after this field, or from the keys of a map at its values.
    fn next(self) -> Self;

    /// At the content of the variant with this number.
    fn variant(self, sink: &mut Self::Sink, index: u32) -> Self;

    /// Writes a variant that carries nothing.
    #[inline]
    fn unit_variant(self, sink: &mut Self::Sink, index: u32, written: Self::Prints) {
        number(sink.out(), index.into());
        let content = self.variant(sink, index);
        let expected = content.expects(sink);
        Self::compare(sink, expected, written);
    }

    /// What was found to agree here.
    fn expects(self, sink: &Self::Sink) -> Self::Expected;

    /// Notes something that has to be looked at if this is not what is expected.
    fn compare(sink: &mut Self::Sink, expected: Self::Expected, prints: Self::Prints);

    /// Something has to be looked at.
    fn note(sink: &mut Self::Sink);

    /// Writes the elements of a sequence, of the first of which this is the position, if each is one byte as it is read, and
    /// says how many it has written. Otherwise gives them back.
    #[inline]
    fn write_bytes<T: Serialize, I: Iterator<Item = T>>(
        self,
        _: &mut Self::Sink,
        elements: I,
    ) -> Result<usize, I> {
        Err(elements)
    }
}

/// Looks on from position to position.
#[derive(Clone, Copy)]
pub(in super::super) struct Walk<'f> {
    at: At,
    form: PhantomData<&'f ()>,
}

impl Walk<'_> {
    /// At a part of one.
    pub(in super::super) const fn new(at: At) -> Self {
        Self {
            at,
            form: PhantomData,
        }
    }

    /// At the content of a variant that is not known to be read.
    #[cold]
    fn unread(self, sink: &mut Watched<'_>) -> Self {
        sink.seen.is_odd |= !self.at.is_nowhere(sink.marks);
        Self::new(At::NOWHERE)
    }
}

impl<'f> Watch for Walk<'f> {
    type Sink = Watched<'f>;
    type Prints = Print;
    type Expected = Expected;

    #[inline]
    fn first(self, sink: &Watched<'f>) -> Self {
        Self::new(self.at.first(sink.marks))
    }

    #[inline]
    fn next(self) -> Self {
        Self::new(self.at.next())
    }

    #[inline]
    fn variant(self, sink: &mut Watched<'f>, index: u32) -> Self {
        match self.at.variant(sink.marks, index) {
            Some(content) => Self::new(content),
            None => self.unread(sink),
        }
    }

    // Not inline, so that the variants of an enum differ in numbers alone.
    #[inline(never)]
    fn unit_variant(self, sink: &mut Watched<'f>, index: u32, written: Print) {
        let content = self.variant(sink, index);
        Self::compare(sink, content.expects(sink), written);
        number(sink.out(), index.into());
    }

    #[inline]
    fn expects(self, sink: &Watched<'f>) -> Expected {
        self.at.expects(sink.marks)
    }

    #[inline]
    fn compare(sink: &mut Watched<'f>, expected: Expected, print: Print) {
        if !expected.is(print) {
            Self::note(sink);
        }
    }

    #[inline]
    fn note(sink: &mut Watched<'f>) {
        sink.seen.is_odd = true;
    }

    #[inline]
    fn write_bytes<T: Serialize, I: Iterator<Item = T>>(
        self,
        sink: &mut Watched<'f>,
        elements: I,
    ) -> Result<usize, I> {
        let marks = sink.marks;
        let written = single::write(sink.out(), marks, self.at, elements)?;
        if written.is_none() {
            Self::note(sink);
        }
        Ok(written.unwrap_or(0))
    }
}

/// Looks on where nothing is compared: at what contradicts itself, and at what there is, for telling later whether it was
/// the same.
#[derive(Clone, Copy)]
pub(in super::super) struct Glance<'f>(PhantomData<&'f ()>);

impl Glance<'_> {
    pub(in super::super) const ROOT: Self = Self(PhantomData);
}

impl<'f> Watch for Glance<'f> {
    type Sink = Watched<'f>;
    type Prints = Print;
    type Expected = ();

    #[inline]
    fn first(self, _: &Watched<'f>) -> Self {
        self
    }

    #[inline]
    fn next(self) -> Self {
        self
    }

    #[inline]
    fn variant(self, sink: &mut Watched<'f>, index: u32) -> Self {
        sink.seen.told = sink.seen.told.variant(index);
        self
    }

    #[inline]
    fn expects(self, _: &Watched<'f>) {}

    #[inline]
    fn compare(sink: &mut Watched<'f>, (): (), print: Print) {
        sink.seen.told = sink.seen.told.part(print);
    }

    #[inline]
    fn note(sink: &mut Watched<'f>) {
        sink.seen.is_odd = true;
    }
}

/// Does not look on: at the protocol's own types.
#[derive(Clone, Copy)]
pub(in super::super) struct Away;

impl Watch for Away {
    type Sink = Vec<u8>;
    type Prints = ();
    type Expected = ();

    #[inline]
    fn first(self, _: &Vec<u8>) -> Self {
        self
    }

    #[inline]
    fn next(self) -> Self {
        self
    }

    #[inline]
    fn variant(self, _: &mut Vec<u8>, _: u32) -> Self {
        self
    }

    #[inline]
    fn expects(self, _: &Vec<u8>) {}

    #[inline]
    fn compare(_: &mut Vec<u8>, (): (), (): ()) {}

    #[inline]
    fn note(_: &mut Vec<u8>) {}
}
