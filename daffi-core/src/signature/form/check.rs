//! Holds a value to a form, in full: a serializer that writes nothing.
//!
//! Every position that agrees is remembered. Where one does not, the message says which type, field or variant it is,
//! and which attribute is the likely cause.

mod many;
mod parts;
mod place;
mod variants;
mod words;

use std::fmt::Display;

use serde::Serialize;
use serde::ser::Serializer;

use self::many::Many;
use self::parts::Writing;
pub use self::place::Mismatch;
use self::place::{ByNames, Check, Checked, Found};
use self::words::{Part, Place, Written, is_unit, named, same_bytes};
use super::{At, Event, Fields, Form, Kind, Node, Print, Spot, Why};
use crate::signature::Type;

impl Form {
    /// Whether `value` is written as it would be read at that position.
    ///
    /// # Errors
    ///
    /// What is written in another way than it is read, or why it cannot be written.
    pub(crate) fn check<T: Serialize + ?Sized>(&self, at: At, value: &T) -> Result<Print, Mismatch> {
        let found = Found::default();
        let check = Check::new(self, at, &found);
        check.agrees(value.serialize(check)?);
        match found.by_names() {
            Some(mismatch) => Err(mismatch),
            None => Ok(found.remember(self)),
        }
    }

    /// Whether `value` is read as it is written at that position, with names: whether each of its fields and variants that is known is read
    /// by exactly the name by which it is written. What its reader would take for something that is not there is refused, and what it
    /// may take for that where positions carry the value, or all of it is known but for that.
    ///
    /// # Errors
    ///
    /// What names do not tell, or why it cannot be written.
    #[cold]
    pub(crate) fn check_names<T: Serialize + ?Sized>(
        &self,
        at: At,
        value: &T,
        is_carried: bool,
    ) -> Result<(), Mismatch> {
        let is_known = |node: &Node| !node.has_names && !matches!(node.kind, Kind::Unknown);
        let is_known = is_carried || self.node(Spot(at.place())).is_some_and(is_known);
        let found = Found::by(match is_known {
            true => ByNames::Known,
            false => ByNames::Unknown,
        });
        Check::new(self, at, &found).hold(value).map(drop)
    }
}

impl<'f> Check<'f> {
    fn new(form: &'f Form, at: At, found: &'f Found) -> Self {
        Self {
            form,
            at: Spot(at.place()),
            place: Place::default(),
            found,
            depth: 0,
        }
    }

    /// Something without anything inside.
    fn leaf(self, event: Event, wrote: &Type, what: &'static str) -> Checked {
        let print = Print::of(event, 0);
        let within = self.innermost();
        let Some(node) = within.node() else {
            return Ok(print);
        };
        let agrees = match &node.kind {
            Kind::Unknown => true,
            Kind::Refused(_) => return self.refuses(node),
            Kind::Leaf(read) => same_bytes(read, wrote),
            Kind::Tuple(0) | Kind::Struct(_, Fields { count: 0, .. }) => is_unit(wrote),
            Kind::Seq => matches!(wrote, Type::Bytes | Type::Str) && within.inside().is_byte(),
            _ => false,
        };
        if agrees {
            Ok(print)
        } else {
            self.differs(Written { what, name: "" })
        }
    }

    fn is_byte(self) -> bool {
        self.node()
            .is_some_and(|node| matches!(node.kind, Kind::Leaf(Type::U8)))
    }

    /// A sequence or a map, where it is read.
    fn many(self, kind: &Kind, written: Written) -> Checked<Self> {
        let within = self.unwrapped();
        let Some(node) = within.node() else {
            return Ok(within);
        };
        match (&node.kind, kind) {
            (Kind::Refused(_), _) => self.refuses(node),
            (Kind::Unknown, _)
            | (Kind::Seq | Kind::Leaf(Type::Bytes | Type::Str), Kind::Seq)
            | (Kind::Map, Kind::Map) => Ok(within),
            _ => self.differs(written),
        }
    }

    /// An option, where it is read.
    fn option(self) -> Checked<Self> {
        let within = self.unwrapped();
        let Some(node) = within.node() else {
            return Ok(within);
        };
        match &node.kind {
            Kind::Unknown | Kind::Option => Ok(within),
            Kind::Refused(_) => self.refuses(node),
            _ => self.differs(Written {
                what: "an option",
                name: "",
            }),
        }
    }

    /// A length that has to be known.
    fn length(self, length: Option<usize>) -> Option<usize> {
        if length.is_none() {
            let (name, place) = (named(self.node().map_or("", |node| node.rust)), self.place);
            self.found.tell_by_names(Mismatch::new(format!(
                "{name} does not say how long it is before it is written{place}: it uses #[serde(flatten)], or is a \
                 sequence or map whose length is not known; send the parts as fields of their own, or collect it into \
                 a `Vec` or a map first"
            )));
        }
        length
    }

    /// What has so many fields.
    fn fields(self, event: Event, written: Written, length: usize) -> Checked<Writing<'f>> {
        let begun = |first| Writing::new(self, event, written, length, first);
        let Some(node) = self.node() else {
            return Ok(begun(Spot::NOWHERE));
        };
        match &node.kind {
            Kind::Unknown => Ok(begun(Spot::NOWHERE).held_to(node)),
            // What a variant carries.
            Kind::Refused(Why::Hidden(_)) if self.found.reads_names() => {
                Ok(begun(Spot::NOWHERE).held_to(node))
            }
            Kind::Refused(_) => self.refuses(node),
            Kind::Struct(..) | Kind::Tuple(_) => Ok(begun(self.inside().at).held_to(node)),
            Kind::Leaf(ty) if length == 0 && is_unit(ty) => Ok(begun(Spot::NOWHERE).held_to(node)),
            _ if length == 1 && !self.found.has_names() => {
                self.found.shift();
                Ok(begun(self.at))
            }
            _ => self.differs(written),
        }
    }
}

macro_rules! leaves {
    ($($method:ident, $value:ty, $ty:ident as $event:ident, $what:literal;)*) => {
        $(
            fn $method(self, _: $value) -> Checked {
                self.leaf(Event::$event, &Type::$ty, $what)
            }
        )*
    };
}

impl<'f> Serializer for Check<'f> {
    type Ok = Print;
    type Error = Mismatch;
    type SerializeSeq = Many<'f>;
    type SerializeTuple = Writing<'f>;
    type SerializeTupleStruct = Writing<'f>;
    type SerializeTupleVariant = Writing<'f>;
    type SerializeMap = Many<'f>;
    type SerializeStruct = Writing<'f>;
    type SerializeStructVariant = Writing<'f>;

    fn is_human_readable(&self) -> bool {
        // What is known was looked into as machines write it. What is not is held to what people are shown, as it goes with names.
        self.may_be_misread()
    }

    leaves! {
        serialize_bool, bool, Bool as Bool, "a `bool`";
        serialize_i8, i8, I8 as I8, "an `i8`";
        serialize_i16, i16, I16 as I16, "an `i16`";
        serialize_i32, i32, I32 as I32, "an `i32`";
        serialize_i64, i64, I64 as I64, "an `i64`";
        serialize_i128, i128, I128 as I128, "an `i128`";
        serialize_u8, u8, U8 as U8, "a `u8`";
        serialize_u16, u16, U16 as U16, "a `u16`";
        serialize_u32, u32, U32 as U32, "a `u32`";
        serialize_u64, u64, U64 as U64, "a `u64`";
        serialize_u128, u128, U128 as U128, "a `u128`";
        serialize_f32, f32, F32 as F32, "an `f32`";
        serialize_f64, f64, F64 as F64, "an `f64`";
        serialize_char, char, Char as Char, "a `char`";
        serialize_str, &str, Str as Bytes, "a string";
        serialize_bytes, &[u8], Bytes as Bytes, "bytes";
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Checked {
        self.leaf(Event::Bytes, &Type::Str, "a string")
    }

    fn serialize_none(self) -> Checked {
        self.option()?;
        Ok(Print::of(Event::Option, 0))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        self.option()?.inside().hold_each(value)?;
        Ok(Print::of(Event::Option, 0))
    }

    fn serialize_unit(self) -> Checked {
        self.leaf(Event::Unit, &Type::Unit, "`()`")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Checked {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Checked {
        let content = self.small_variant((name, index, variant), 0)?;
        content.agrees(Print::of(Event::UnitVariant, 0).name(variant).end());
        Ok(Print::of(Event::Enum, 0))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Checked {
        self.within(name, Part::Element(0)).hold(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Checked {
        let content = self.small_variant((name, index, variant), 1)?;
        let print = Print::of(Event::NewtypeVariant, 1).name(variant);
        content.agrees(print.part(content.inside().hold(value)?).end());
        Ok(Print::of(Event::Enum, 0))
    }

    fn serialize_seq(self, length: Option<usize>) -> Checked<Many<'f>> {
        let written = Written {
            what: "a sequence",
            name: "",
        };
        let within = self.many(&Kind::Seq, written)?;
        Ok(Many::new(within, Event::Seq, self.length(length)))
    }

    fn serialize_tuple(self, length: usize) -> Checked<Writing<'f>> {
        let written = Written {
            what: "a tuple",
            name: "",
        };
        self.fields(Event::Tuple, written, length)
    }

    fn serialize_tuple_struct(self, name: &'static str, length: usize) -> Checked<Writing<'f>> {
        self.fields(Event::Tuple, Written { what: "struct", name }, length)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Checked<Writing<'f>> {
        let inside = self.variant(name, index, variant)?;
        let written = Written {
            what: "variant",
            name: variant,
        };
        inside.fields(Event::TupleVariant, written, length)
    }

    fn serialize_map(self, length: Option<usize>) -> Checked<Many<'f>> {
        let length = self.length(length);
        let written = Written {
            what: "a map",
            name: "",
        };
        let within = self.many(&Kind::Map, written)?;
        Ok(Many::new(within, Event::Map, length))
    }

    fn serialize_struct(self, name: &'static str, length: usize) -> Checked<Writing<'f>> {
        self.fields(Event::Struct, Written { what: "struct", name }, length)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Checked<Writing<'f>> {
        let inside = self.variant(name, index, variant)?;
        let written = Written {
            what: "variant",
            name: variant,
        };
        inside.fields(Event::StructVariant, written, length)
    }
}
