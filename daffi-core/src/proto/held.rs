//! Encoding under watch: serde's values as the bytes that [`codec`](super::codec) reads, held to the form of their type.
//!
//! On the way nothing is decided but whether all of it was seen before; if not, the value is looked at in full
//! afterwards, by `Form::check`. What each part wrote is what its `serialize` gives, in a number that the compiler knows
//! mostly, so that it costs a comparison for each element, option and variant, and none for a leaf or a struct.
//!
//! It writes the bytes itself, rather than wrap the library's serializer: around another serializer every value inside
//! of a value would have to be wrapped as well, which the compiler does not see through, and which costs more than the
//! bytes. The format is so small that this is no loss: little endian, integers as long as they have to be. That both
//! write the same is held by a test.

mod parts;
mod prints;
mod single;
mod sink;
mod value;
mod watch;

use serde::ser::{Serialize, SerializeSeq as _, Serializer};

use self::parts::{Content, Elements, Entries, Fields};
use self::prints::Prints as _;
use self::sink::Sink as _;
pub(super) use self::sink::Watched;
use self::value::Written;
pub(super) use self::value::{Held, Unwritten};
pub(super) use self::watch::{Away, Glance, Walk, Watch};
use super::numbers::{bytes, huge_number, number, zigzag};
use crate::signature::form::Event;

impl<'o, W: Watch> Held<'o, W> {
    /// Writes `value` as a whole.
    #[inline]
    pub(super) fn write<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritten> {
        let Self { sink, watch } = self;
        let expected = watch.expects(sink);
        let prints = value.serialize(Held::<W>::new(sink, watch))?;
        W::compare(sink, expected, prints);
        Ok(())
    }

    /// The bytes so far, to which something without anything inside is added.
    #[inline]
    fn out(self) -> &'o mut Vec<u8> {
        self.sink.out()
    }

    /// Writes which variant it is, and goes on at its content.
    #[inline]
    fn content(self, index: u32) -> Self {
        let Self { sink, watch } = self;
        number(sink.out(), index.into());
        let watch = watch.variant(sink, index);
        Self { sink, watch }
    }

    /// What has so many fields inside.
    #[inline]
    fn fields(self, event: Event, length: usize) -> Fields<'o, W> {
        Fields::new(self.sink, self.watch, W::Prints::of(event, length), length)
    }

    /// A variant that has so many fields inside.
    #[inline]
    fn variant(self, event: Event, index: u32, name: &'static str, length: usize) -> Content<'o, W> {
        let Self { sink, watch } = self.content(index);
        Content::new(sink, watch, W::Prints::of(event, length).name(name), length)
    }
}

macro_rules! numbers {
    ($($method:ident($value:ident: $ty:ty) $event:ident, $number:expr;)*) => {
        $(
            #[inline]
            fn $method(self, $value: $ty) -> Written<W::Prints> {
                number(self.out(), $number);
                Ok(W::Prints::of(Event::$event, 0))
            }
        )*
    };
}

impl<'o, W: Watch> Serializer for Held<'o, W> {
    type Ok = W::Prints;
    type Error = Unwritten;
    type SerializeSeq = Elements<'o, W>;
    type SerializeTuple = Fields<'o, W>;
    type SerializeTupleStruct = Fields<'o, W>;
    type SerializeTupleVariant = Content<'o, W>;
    type SerializeMap = Entries<'o, W>;
    type SerializeStruct = Fields<'o, W>;
    type SerializeStructVariant = Content<'o, W>;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    numbers! {
        serialize_u16(value: u16) U16, value.into();
        serialize_u32(value: u32) U32, value.into();
        serialize_u64(value: u64) U64, value;
        serialize_i16(value: i16) I16, zigzag(value.into());
        serialize_i32(value: i32) I32, zigzag(value.into());
        serialize_i64(value: i64) I64, zigzag(value);
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Written<W::Prints> {
        self.out().push(value.into());
        Ok(W::Prints::of(Event::Bool, 0))
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Written<W::Prints> {
        self.out().push(value);
        Ok(W::Prints::of(Event::U8, 0))
    }

    #[inline]
    fn serialize_i8(self, value: i8) -> Written<W::Prints> {
        self.out().push(value.cast_unsigned());
        Ok(W::Prints::of(Event::I8, 0))
    }

    fn serialize_u128(self, value: u128) -> Written<W::Prints> {
        huge_number(self.out(), value);
        Ok(W::Prints::of(Event::U128, 0))
    }

    fn serialize_i128(self, value: i128) -> Written<W::Prints> {
        huge_number(self.out(), ((value << 1) ^ (value >> 127)).cast_unsigned());
        Ok(W::Prints::of(Event::I128, 0))
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Written<W::Prints> {
        self.out().extend_from_slice(&value.to_le_bytes());
        Ok(W::Prints::of(Event::F32, 0))
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Written<W::Prints> {
        self.out().extend_from_slice(&value.to_le_bytes());
        Ok(W::Prints::of(Event::F64, 0))
    }

    fn serialize_char(self, value: char) -> Written<W::Prints> {
        let letters = &mut [0; 4];
        self.out()
            .extend_from_slice(value.encode_utf8(letters).as_bytes());
        Ok(W::Prints::of(Event::Char, 0))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Written<W::Prints> {
        self.serialize_bytes(value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Written<W::Prints> {
        bytes(self.out(), value);
        Ok(W::Prints::of(Event::Bytes, 0))
    }

    #[inline]
    fn serialize_none(self) -> Written<W::Prints> {
        self.out().push(0);
        Ok(W::Prints::of(Event::Option, 0))
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written<W::Prints> {
        let Self { sink, watch } = self;
        sink.out().push(1);
        let inside = watch.first(sink);
        Held::<W>::new(sink, inside).write(value)?;
        Ok(W::Prints::of(Event::Option, 0))
    }

    #[inline]
    fn serialize_unit(self) -> Written<W::Prints> {
        Ok(W::Prints::of(Event::Unit, 0))
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Written<W::Prints> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Written<W::Prints> {
        let written = W::Prints::of(Event::UnitVariant, 0).name(variant).end();
        self.watch.unit_variant(self.sink, index, written);
        Ok(W::Prints::of(Event::Enum, 0))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written<W::Prints> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written<W::Prints> {
        let Self { sink, watch } = self.content(index);
        let (expected, inside) = (watch.expects(sink), watch.first(sink));
        let prints = value.serialize(Held::<W>::new(sink, inside))?;
        let content = W::Prints::of(Event::NewtypeVariant, 1).name(variant);
        W::compare(sink, expected, content.part(prints).end());
        Ok(W::Prints::of(Event::Enum, 0))
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Written<Elements<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.sink.out(), length as u64);
        Ok(Elements::new(self.sink, self.watch, length))
    }

    #[inline]
    fn collect_seq<I>(self, elements: I) -> Written<W::Prints>
    where
        I: IntoIterator<Item: Serialize>,
    {
        let elements = elements.into_iter();
        let (length, most) = elements.size_hint();
        let mut writing = self.serialize_seq(most.filter(|most| *most == length))?;
        writing.add_all(elements)?;
        writing.end()
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Written<Fields<'o, W>> {
        Ok(self.fields(Event::Tuple, length))
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Written<Fields<'o, W>> {
        self.serialize_tuple(length)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Content<'o, W>> {
        Ok(self.variant(Event::TupleVariant, index, variant, length))
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Written<Entries<'o, W>> {
        let length = length.ok_or(Unwritten::Endless)?;
        number(self.sink.out(), length as u64);
        Ok(Entries::new(self.sink, self.watch, length))
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, length: usize) -> Written<Fields<'o, W>> {
        Ok(self.fields(Event::Struct, length))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Written<Content<'o, W>> {
        Ok(self.variant(Event::StructVariant, index, variant, length))
    }
}
