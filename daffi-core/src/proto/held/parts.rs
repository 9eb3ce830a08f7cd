//! What has something inside, while it is written under watch.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::prints::Prints as _;
use super::value::{Held, Unwritten, Written};
use super::watch::Watch;
use crate::signature::form::Event;

/// A sequence, while it is written.
pub(in super::super) struct Elements<'o, W: Watch> {
    sink: &'o mut W::Sink,
    /// At each element.
    watch: W,
    expected: W::Expected,
    /// How many are still to come.
    left: usize,
}

impl<'o, W: Watch> Elements<'o, W> {
    /// Those inside of what `watch` is at.
    #[inline]
    pub(super) fn new(sink: &'o mut W::Sink, watch: W, left: usize) -> Self {
        let watch = watch.first(sink);
        let expected = watch.expects(sink);
        Self {
            sink,
            watch,
            expected,
            left,
        }
    }
}

impl<W: Watch> Elements<'_, W> {
    #[inline]
    pub(super) fn add_all<T: Serialize>(&mut self, elements: impl Iterator<Item = T>) -> Written<()> {
        match self.watch.write_bytes(self.sink, elements) {
            Ok(written) => {
                self.left = self.left.wrapping_sub(written);
                Ok(())
            }
            Err(mut elements) => elements.try_for_each(|element| self.serialize_element(&element)),
        }
    }
}

impl<W: Watch> SerializeSeq for Elements<'_, W> {
    type Ok = W::Prints;
    type Error = Unwritten;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<()> {
        self.left = self.left.wrapping_sub(1);
        let prints = value.serialize(Held::<W>::new(self.sink, self.watch))?;
        W::compare(self.sink, self.expected, prints);
        Ok(())
    }

    #[inline]
    fn end(self) -> Written<W::Prints> {
        if self.left != 0 {
            W::note(self.sink);
        }
        Ok(W::Prints::of(Event::Seq, 0))
    }
}

/// A map, while it is written.
pub(in super::super) struct Entries<'o, W: Watch> {
    sink: &'o mut W::Sink,
    /// At each key, and at each value.
    watch: [W; 2],
    expected: [W::Expected; 2],
    /// How many are still to come.
    left: usize,
    /// Whether a key has been written to which there is no value yet.
    has_key: bool,
}

impl<'o, W: Watch> Entries<'o, W> {
    /// Those inside of what `watch` is at.
    #[inline]
    pub(super) fn new(sink: &'o mut W::Sink, watch: W, left: usize) -> Self {
        let key = watch.first(sink);
        let watch = [key, key.next()];
        let expected = watch.map(|watch| watch.expects(sink));
        Self {
            sink,
            watch,
            expected,
            left,
            has_key: false,
        }
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, part: usize, value: &T) -> Written<()> {
        let prints = value.serialize(Held::<W>::new(self.sink, self.watch[part]))?;
        W::compare(self.sink, self.expected[part], prints);
        Ok(())
    }
}

impl<W: Watch> SerializeMap for Entries<'_, W> {
    type Ok = W::Prints;
    type Error = Unwritten;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written<()> {
        if self.has_key {
            W::note(self.sink);
        }
        self.has_key = true;
        self.left = self.left.wrapping_sub(1);
        self.add(0, key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<()> {
        if !self.has_key {
            W::note(self.sink);
        }
        self.has_key = false;
        self.add(1, value)
    }

    #[inline]
    fn end(self) -> Written<W::Prints> {
        if self.left != 0 || self.has_key {
            W::note(self.sink);
        }
        Ok(W::Prints::of(Event::Map, 0))
    }
}

/// What has a fixed number of fields, while it is written.
pub(in super::super) struct Fields<'o, W: Watch> {
    sink: &'o mut W::Sink,
    /// At the next field.
    watch: W,
    /// What was written of it.
    prints: W::Prints,
    /// How many fields are still to come.
    left: usize,
}

impl<'o, W: Watch> Fields<'o, W> {
    /// Those inside of what `watch` is at, of which `prints` is what comes before them.
    #[inline]
    pub(super) fn new(sink: &'o mut W::Sink, watch: W, prints: W::Prints, left: usize) -> Self {
        let watch = watch.first(sink);
        Self {
            sink,
            watch,
            prints,
            left,
        }
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<()> {
        self.left = self.left.wrapping_sub(1);
        let prints = value.serialize(Held::<W>::new(self.sink, self.watch))?;
        self.prints = self.prints.part(prints);
        self.watch = self.watch.next();
        Ok(())
    }

    #[inline]
    fn add_named<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written<()> {
        self.prints = self.prints.name(name);
        self.add(value)
    }

    /// Notes it if something was left out or added.
    #[inline]
    fn check_length(&mut self) {
        if self.left != 0 {
            W::note(self.sink);
        }
    }

    #[inline]
    fn finish(mut self) -> W::Prints {
        self.check_length();
        self.prints.end()
    }
}

/// The fields of a variant, while they are written.
pub(in super::super) struct Content<'o, W: Watch> {
    fields: Fields<'o, W>,
    expected: W::Expected,
}

impl<'o, W: Watch> Content<'o, W> {
    /// What the variant at `watch` has inside, of which `prints` is what comes before it.
    #[inline]
    pub(super) fn new(sink: &'o mut W::Sink, watch: W, prints: W::Prints, left: usize) -> Self {
        let expected = watch.expects(sink);
        Self {
            fields: Fields::new(sink, watch, prints, left),
            expected,
        }
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<()> {
        self.fields.add(value)
    }

    #[inline]
    fn add_named<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written<()> {
        self.fields.add_named(name, value)
    }

    #[inline]
    fn finish(self) -> W::Prints {
        let Self { mut fields, expected } = self;
        fields.check_length();
        W::compare(fields.sink, expected, fields.prints.end());
        W::Prints::of(Event::Enum, 0)
    }
}

macro_rules! unnamed_fields {
    ($($part:ident::$method:ident for $fields:ident;)*) => {
        $(
            impl<W: Watch> $part for $fields<'_, W> {
                type Ok = W::Prints;
                type Error = Unwritten;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<()> {
                    self.add(value)
                }

                #[inline]
                fn end(self) -> Written<W::Prints> {
                    Ok(self.finish())
                }
            }
        )*
    };
}

unnamed_fields! {
    SerializeTuple::serialize_element for Fields;
    SerializeTupleStruct::serialize_field for Fields;
    SerializeTupleVariant::serialize_field for Content;
}

macro_rules! named_fields {
    ($($part:ident for $fields:ident at $($sink:ident).*;)*) => {
        $(
            impl<W: Watch> $part for $fields<'_, W> {
                type Ok = W::Prints;
                type Error = Unwritten;

                #[inline]
                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    value: &T,
                ) -> Written<()> {
                    self.add_named(name, value)
                }

                #[cold]
                fn skip_field(&mut self, _: &'static str) -> Written<()> {
                    W::note(self.$($sink).*);
                    Ok(())
                }

                #[inline]
                fn end(self) -> Written<W::Prints> {
                    Ok(self.finish())
                }
            }
        )*
    };
}

named_fields! {
    SerializeStruct for Fields at sink;
    SerializeStructVariant for Content at fields.sink;
}
