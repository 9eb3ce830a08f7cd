//! What has something inside, while it is written under watch.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::value::{Held, Unwritten, Written};
use super::watch::Watch;

/// A sequence, while it is written.
pub(in super::super) struct Elements<'o, W> {
    out: &'o mut Vec<u8>,
    /// At each element.
    watch: W,
    /// How many are still to come.
    left: usize,
}

impl<'o, W: Watch> Elements<'o, W> {
    #[inline]
    pub(super) const fn new(out: &'o mut Vec<u8>, watch: W, left: usize) -> Self {
        Self { out, watch, left }
    }
}

impl<W: Watch> SerializeSeq for Elements<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.left = self.left.wrapping_sub(1);
        value.serialize(Held::new(self.out, self.watch))
    }

    #[inline]
    fn end(self) -> Written {
        if self.left != 0 {
            self.watch.note();
        }
        Ok(())
    }
}

/// A map, while it is written.
pub(in super::super) struct Entries<'o, W> {
    out: &'o mut Vec<u8>,
    /// At each key.
    key: W,
    /// At each value.
    value: W,
    /// How many are still to come.
    left: usize,
    /// Whether a key has been written to which there is no value yet.
    has_key: bool,
}

impl<'o, W: Watch> Entries<'o, W> {
    #[inline]
    pub(super) const fn new(out: &'o mut Vec<u8>, key: W, value: W, left: usize) -> Self {
        Self {
            out,
            key,
            value,
            left,
            has_key: false,
        }
    }
}

impl<W: Watch> SerializeMap for Entries<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        if self.has_key {
            self.key.note();
        }
        self.has_key = true;
        self.left = self.left.wrapping_sub(1);
        key.serialize(Held::new(self.out, self.key))
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if !self.has_key {
            self.key.note();
        }
        self.has_key = false;
        value.serialize(Held::new(self.out, self.value))
    }

    #[inline]
    fn end(self) -> Written {
        if self.left != 0 || self.has_key {
            self.key.note();
        }
        Ok(())
    }
}

/// What has a fixed number of fields, while it is written.
pub(in super::super) struct Fields<'o, W: Watch> {
    out: &'o mut Vec<u8>,
    watch: W,
    /// At those that are still to come.
    inside: W::Inside,
    /// How many these are.
    left: usize,
}

impl<'o, W: Watch> Fields<'o, W> {
    /// Those inside of what `watch` is at.
    #[inline]
    pub(super) const fn new(out: &'o mut Vec<u8>, watch: W, inside: W::Inside, left: usize) -> Self {
        Self {
            out,
            watch,
            inside,
            left,
        }
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.left = self.left.wrapping_sub(1);
        let watch = self.watch.next(&mut self.inside);
        value.serialize(Held::new(self.out, watch))
    }

    #[inline]
    fn add_named<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.left = self.left.wrapping_sub(1);
        let watch = self.watch.next_named(&mut self.inside, name);
        value.serialize(Held::new(self.out, watch))
    }

    /// Notes that something was left out or added.
    #[inline]
    fn finish(&self) {
        if self.left != 0 {
            self.watch.note();
        }
    }
}

macro_rules! unnamed_fields {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl<W: Watch> $part for Fields<'_, W> {
                type Ok = ();
                type Error = Unwritten;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                    self.add(value)
                }

                #[inline]
                fn end(self) -> Written {
                    self.finish();
                    Ok(())
                }
            }
        )*
    };
}

unnamed_fields! {
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! named_fields {
    ($($part:ident;)*) => {
        $(
            impl<W: Watch> $part for Fields<'_, W> {
                type Ok = ();
                type Error = Unwritten;

                #[inline]
                fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                    self.add_named(name, value)
                }

                #[cold]
                fn skip_field(&mut self, _: &'static str) -> Written {
                    self.watch.note();
                    Ok(())
                }

                #[inline]
                fn end(self) -> Written {
                    self.finish();
                    Ok(())
                }
            }
        )*
    };
}

named_fields! {
    SerializeStruct;
    SerializeStructVariant;
}
