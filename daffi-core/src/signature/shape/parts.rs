//! What has something inside, while it is looked at.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::seen::Place;
use super::sketch::{Sketch, Sketched, Stopped};

/// The elements of a sequence.
pub(super) struct Elements<'b> {
    sketch: Sketch<'b>,
    element: Option<Place>,
    number: usize,
}

impl<'b> Elements<'b> {
    pub(super) const fn new(sketch: Sketch<'b>, element: Option<Place>) -> Self {
        Self {
            sketch,
            element,
            number: 0,
        }
    }
}

impl SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Stopped;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Sketched {
        self.sketch.element(self.number, self.element, value)?;
        self.number += 1;
        Ok(())
    }

    fn end(self) -> Sketched {
        Ok(())
    }
}

/// The entries of a map.
pub(super) struct Entries<'b> {
    sketch: Sketch<'b>,
    key: Option<Place>,
    value: Option<Place>,
    number: usize,
}

impl<'b> Entries<'b> {
    pub(super) const fn new(sketch: Sketch<'b>, key: Option<Place>, value: Option<Place>) -> Self {
        Self {
            sketch,
            key,
            value,
            number: 0,
        }
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Stopped;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Sketched {
        self.sketch.element(self.number, self.key, key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Sketched {
        self.sketch.element(self.number, self.value, value)?;
        self.number += 1;
        Ok(())
    }

    fn end(self) -> Sketched {
        Ok(())
    }
}

/// The fields of anything that has a fixed number of them.
pub(super) struct Fields<'b> {
    sketch: Sketch<'b>,
    first: Option<Place>,
    length: usize,
    next: usize,
}

impl<'b> Fields<'b> {
    pub(super) const fn new(sketch: Sketch<'b>, first: Option<Place>, length: usize) -> Self {
        Self {
            sketch,
            first,
            length,
            next: 0,
        }
    }

    pub(super) fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Sketched {
        // One more than was said is found out when it is encoded.
        let inside = self.first.filter(|_| self.next < self.length);
        let place = inside.map(|first| first.field(self.next));
        self.next += 1;
        self.sketch.inside(place, value)
    }

    fn add_named<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Sketched {
        let number = self.next;
        self.sketch
            .to(self.first.and(self.sketch.at))
            .see(|seen, at| seen.named(at, number, name).map(Some))?;
        self.add(value)
    }
}

macro_rules! unnamed_fields {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Fields<'_> {
                type Ok = ();
                type Error = Stopped;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Sketched {
                    self.add(value)
                }

                fn end(self) -> Sketched {
                    Ok(())
                }
            }
        )*
    };
}

macro_rules! named_fields {
    ($($part:ident;)*) => {
        $(
            impl $part for Fields<'_> {
                type Ok = ();
                type Error = Stopped;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Sketched {
                    self.add_named(name, value)
                }

                fn end(self) -> Sketched {
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

named_fields! {
    SerializeStruct;
    SerializeStructVariant;
}
