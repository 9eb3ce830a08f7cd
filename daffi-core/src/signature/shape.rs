//! The structure of one value, for calls made by name, where no type says what the callback gives or takes.
//!
//! Knows serde's data model only. It sees less than [`trace`](super::trace): not the element of an empty sequence,
//! nor the variants that the value is not. What it sees of a sequence is what all of its elements are, so that none of
//! them is read as something that it is not.

mod parts;
mod seen;
mod sketch;

use std::cell::RefCell;
use std::fmt::Display;

use serde::Serialize;
use serde::ser::Serializer;

use self::parts::{Elements, Entries, Fields};
pub use self::seen::Contradiction;
use self::seen::{Around, Place, Seen};
use self::sketch::{Sketch, Sketched, Stopped};
use super::Type;

/// The structure of `value`, as far as one value shows it.
///
/// What it does not show is [`Type::Opaque`]: the element of an empty sequence, what is in a `None`, and what is too
/// much or too deep to be described. An enum has the variants that were seen and is open.
///
/// # Errors
///
/// When elements of a sequence, or keys or values of a map, are not of one type.
///
/// ```
/// use daffi_core::signature::{shape, trace};
///
/// let shape = shape(&(7_u8, vec!["a"], None::<u8>))?;
/// assert_eq!(shape.to_string(), "(u8, Vec<String>, Option<?>)");
/// assert!(shape.matches(&trace::<(u8, Vec<String>, Option<i64>)>()));
/// # Ok::<_, daffi_core::signature::Contradiction>(())
/// ```
pub fn shape<T: Serialize + ?Sized>(value: &T) -> Result<Type, Contradiction> {
    shape_for_all(value).map(|(shape, _)| shape)
}

/// The same, and whether the value is the same for people as for machines.
pub(crate) fn shape_for_all<T: Serialize + ?Sized>(value: &T) -> Result<(Type, bool), Contradiction> {
    let seen = RefCell::new(Seen::new());
    let sketch = Sketch {
        seen: &seen,
        at: Some(Place::ROOT),
    };
    match value.serialize(sketch) {
        Ok(()) => {
            let seen = seen.borrow();
            Ok((seen.describe(Place::ROOT), !seen.asks_for_whom))
        }
        Err(Stopped::Unserializable) => Ok((Type::Opaque, false)),
        Err(Stopped::At(contradiction)) => Err(contradiction),
    }
}

impl<'b> Sketch<'b> {
    fn fields(self, around: Around, length: usize) -> Sketched<Fields<'b>> {
        let first = self.see(|seen, at| seen.fields(at, around, length))?;
        Ok(Fields::new(self, first, length))
    }

    /// At what a variant carries.
    fn content(self, variant: (&'static str, u32, &'static str)) -> Sketched<Self> {
        let content = self.see(|seen, at| seen.variant(at, variant))?;
        Ok(self.to(content))
    }
}

macro_rules! scalars {
    ($($method:ident, $value:ty, $ty:ident;)*) => {
        $(
            fn $method(self, _: $value) -> Sketched {
                self.leaf(&Type::$ty)
            }
        )*
    };
}

impl<'b> Serializer for Sketch<'b> {
    type Ok = ();
    type Error = Stopped;
    type SerializeSeq = Elements<'b>;
    type SerializeTuple = Fields<'b>;
    type SerializeTupleStruct = Fields<'b>;
    type SerializeTupleVariant = Fields<'b>;
    type SerializeMap = Entries<'b>;
    type SerializeStruct = Fields<'b>;
    type SerializeStructVariant = Fields<'b>;

    fn is_human_readable(&self) -> bool {
        self.seen.borrow_mut().asks_for_whom = true;
        false
    }

    scalars! {
        serialize_bool, bool, Bool;
        serialize_i8, i8, I8;
        serialize_i16, i16, I16;
        serialize_i32, i32, I32;
        serialize_i64, i64, I64;
        serialize_i128, i128, I128;
        serialize_u8, u8, U8;
        serialize_u16, u16, U16;
        serialize_u32, u32, U32;
        serialize_u64, u64, U64;
        serialize_u128, u128, U128;
        serialize_f32, f32, F32;
        serialize_f64, f64, F64;
        serialize_char, char, Char;
        serialize_str, &str, Str;
        serialize_bytes, &[u8], Bytes;
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Sketched {
        self.leaf(&Type::Str)
    }

    fn serialize_none(self) -> Sketched {
        self.see(Seen::option).map(drop)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Sketched {
        let inside = self.see(Seen::option)?;
        self.inside(inside, value)
    }

    fn serialize_unit(self) -> Sketched {
        self.leaf(&Type::Unit)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Sketched {
        self.leaf(&Type::UnitStruct {
            name: name.to_owned(),
        })
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Sketched {
        self.content((name, index, variant))?.serialize_unit()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Sketched {
        let inside = self.see(|seen, at| Ok(seen.newtype(at, name)))?;
        self.inside(inside, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Sketched {
        let content = self.content((name, index, variant))?;
        content.fields(Around::Tuple, 1)?.add(value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Sketched<Elements<'b>> {
        let element = self.see(Seen::seq)?;
        Ok(Elements::new(self, element))
    }

    fn serialize_tuple(self, length: usize) -> Sketched<Fields<'b>> {
        self.fields(Around::Tuple, length)
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Sketched<Fields<'b>> {
        self.fields(Around::TupleStruct(name), length)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Sketched<Fields<'b>> {
        self.content((name, index, variant))?
            .fields(Around::Tuple, length)
    }

    fn serialize_map(self, _: Option<usize>) -> Sketched<Entries<'b>> {
        let (key, value) = self.see(Seen::map)?.unzip();
        Ok(Entries::new(self, key, value))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Sketched<Fields<'b>> {
        self.fields(Around::Struct(name), length)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Sketched<Fields<'b>> {
        self.content((name, index, variant))?
            .fields(Around::Struct(""), length)
    }
}
