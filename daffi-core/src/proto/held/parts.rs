//! What has something inside, while it is written under watch.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::value::Held;
use super::watch::Watch;

/// What has something inside, while that is written.
pub(super) struct Part<P, W> {
    inner: P,
    /// At what comes next.
    watch: W,
    /// How much is still to come.
    left: usize,
}

impl<P, W: Watch> Part<P, W> {
    #[inline]
    pub(super) const fn new(inner: P, watch: W, left: usize) -> Self {
        Self { inner, watch, left }
    }

    #[inline]
    fn next<'v, T: ?Sized>(&mut self, value: &'v T) -> Held<'v, T, W> {
        let held = Held::new(value, self.watch);
        self.watch = self.watch.next();
        self.left = self.left.wrapping_sub(1);
        held
    }

    /// Notes that something was left out or added.
    #[inline]
    fn finish(self) -> P {
        if self.left != 0 {
            self.watch.note();
        }
        self.inner
    }
}

macro_rules! parts {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl<P: $part, W: Watch> $part for Part<P, W> {
                type Ok = P::Ok;
                type Error = P::Error;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), P::Error> {
                    let value = self.next(value);
                    self.inner.$method(&value)
                }

                #[inline]
                fn end(self) -> Result<P::Ok, P::Error> {
                    self.finish().end()
                }
            }
        )*
    };
}

parts! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

macro_rules! named_parts {
    ($($part:ident;)*) => {
        $(
            impl<P: $part, W: Watch> $part for Part<P, W> {
                type Ok = P::Ok;
                type Error = P::Error;

                #[inline]
                fn serialize_field<T: Serialize + ?Sized>(
                    &mut self,
                    name: &'static str,
                    value: &T,
                ) -> Result<(), P::Error> {
                    let value = self.next(value);
                    self.inner.serialize_field(name, &value)
                }

                #[cold]
                fn skip_field(&mut self, name: &'static str) -> Result<(), P::Error> {
                    self.watch.note();
                    self.inner.skip_field(name)
                }

                #[inline]
                fn end(self) -> Result<P::Ok, P::Error> {
                    self.finish().end()
                }
            }
        )*
    };
}

named_parts! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<P: SerializeMap, W: Watch> SerializeMap for Part<P, W> {
    type Ok = P::Ok;
    type Error = P::Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), P::Error> {
        let key = self.next(key);
        self.inner.serialize_key(&key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), P::Error> {
        let value = Held::new(value, self.watch.values());
        self.inner.serialize_value(&value)
    }

    #[inline]
    fn end(self) -> Result<P::Ok, P::Error> {
        self.finish().end()
    }
}
