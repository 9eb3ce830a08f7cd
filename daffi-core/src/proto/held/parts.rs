//! What has something inside, while it is written under watch.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::value::{Held, Unwritten, Written};
use super::watch::Watch;

/// What has something inside, while that is written.
pub(in super::super) struct Part<'o, W> {
    out: &'o mut Vec<u8>,
    /// At what comes next.
    watch: W,
    /// How much is still to come.
    left: usize,
}

impl<'o, W: Watch> Part<'o, W> {
    #[inline]
    pub(super) const fn new(out: &'o mut Vec<u8>, watch: W, left: usize) -> Self {
        Self { out, watch, left }
    }

    #[inline]
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let watch = self.watch;
        self.watch = watch.next();
        self.left = self.left.wrapping_sub(1);
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

macro_rules! parts {
    ($($part:ident::$method:ident($($name:ident: $ty:ty),*);)*) => {
        $(
            impl<W: Watch> $part for Part<'_, W> {
                type Ok = ();
                type Error = Unwritten;

                #[inline]
                fn $method<T: Serialize + ?Sized>(&mut self, $($name: $ty,)* value: &T) -> Written {
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

parts! {
    SerializeSeq::serialize_element();
    SerializeTuple::serialize_element();
    SerializeTupleStruct::serialize_field();
    SerializeTupleVariant::serialize_field();
}

macro_rules! named_parts {
    ($($part:ident;)*) => {
        $(
            impl<W: Watch> $part for Part<'_, W> {
                type Ok = ();
                type Error = Unwritten;

                #[inline]
                fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Written {
                    self.add(value)
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

named_parts! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<W: Watch> SerializeMap for Part<'_, W> {
    type Ok = ();
    type Error = Unwritten;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.add(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(Held::new(self.out, self.watch.values()))
    }

    #[inline]
    fn end(self) -> Written {
        self.finish();
        Ok(())
    }
}
