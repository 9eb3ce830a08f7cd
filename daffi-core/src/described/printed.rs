//! A value for people: read by its structure, and written in a notation that has names, such as JSON.

use std::cell::RefCell;

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};

use super::base64;
use super::depth::deeper;
use super::explained::Shown;
use super::float::{float, shortest};
use super::input::Input;
use super::layout::{At, Layout, Place};
use super::misfit::Misfit;
use super::names::Names;
use super::skip::{opaque, unknown_variant};

/// Bytes that show what they hold: give it to `serde_json`, or to another format for people.
///
/// Structs and variants with something inside are maps, variants without are texts, bytes (and sequences of `u8`) are
/// base64, and so [`encode_by_hand`](super::encode_by_hand) takes them again. Numbers of up to 64 bits are numbers, with all
/// their digits; larger ones, NaN and the infinities are texts. Where `null` could mean two things, as for an `Option<Option<_>>`,
/// something is a map with the one key `Some`. Maps whose keys are neither texts nor numbers are lists of pairs.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a> {
    layout: &'a Layout,
    at: At,
    bytes: &'a [u8],
    /// It is written as its type would be, to a format that has a word for all.
    exactly: bool,
}

impl<'a> Printed<'a> {
    /// The value that fills `bytes`, which were written by the structure in `layout`.
    ///
    /// When they are none, writing it says so.
    #[must_use]
    pub const fn new(layout: &'a Layout, bytes: &'a [u8]) -> Self {
        Self {
            layout,
            at: layout.root(),
            bytes,
            exactly: false,
        }
    }

    /// The part at that place, which fills `bytes`, as its type would be written with names.
    #[cfg(any(feature = "runtime", test))]
    pub(super) const fn exactly(layout: &'a Layout, at: At, bytes: &'a [u8]) -> Self {
        let exactly = true;
        Self {
            layout,
            at,
            bytes,
            exactly,
        }
    }
}

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let input = RefCell::new(Input::new(self.bytes));
        let whole = Part {
            input: &input,
            layout: self.layout,
            at: self.at,
            level: 0,
            exactly: self.exactly,
        };
        let written = whole.serialize(serializer)?;
        match input.into_inner().left() {
            0 => Ok(written),
            left => Err(S::Error::custom(format_args!(
                "{left} bytes are left over after the value"
            ))),
        }
    }
}

/// A part of a value. It is read where it is written, so in its turn, and once.
#[derive(Clone, Copy)]
struct Part<'p, 'a> {
    input: &'p RefCell<Input<'a>>,
    layout: &'a Layout,
    at: At,
    level: usize,
    exactly: bool,
}

impl<'p, 'a> Part<'p, 'a> {
    /// What something is called.
    fn name<E: Error>(self, names: &'a Names) -> Result<&'a str, E> {
        if !self.exactly {
            return Ok(names.shown());
        }
        let written = names.only().filter(|_| names.is_known());
        written.or_else(|| names.written()).ok_or_else(|| {
            E::custom(format_args!(
                "nothing says by which of its names `{}` is written",
                names.shown()
            ))
        })
    }

    fn read<T, E: Error>(&self, read: impl FnOnce(&mut Input<'a>) -> Result<T, Misfit>) -> Result<T, E> {
        read(&mut self.input.borrow_mut()).map_err(E::custom)
    }

    /// One level further in.
    fn within<E: Error>(self) -> Result<Self, E> {
        let level = deeper(self.level).map_err(E::custom)?;
        Ok(Self { level, ..self })
    }

    const fn part(self, at: At) -> Self {
        Self { at, ..self }
    }

    fn list<S: Serializer>(self, element: At, serializer: S) -> Result<S::Ok, S::Error> {
        let count = self.read(Input::elements)?;
        let part = self.within::<S::Error>()?.part(element);
        let mut list = serializer.serialize_seq(Some(count))?;
        for _ in 0..count {
            let left = self.input.borrow().left();
            list.serialize_element(&part)?;
            self.read(|input| input.element(left))?;
        }
        list.end()
    }

    fn map<S: Serializer>(self, key: At, value: At, serializer: S) -> Result<S::Ok, S::Error> {
        let count = self.read(Input::elements)?;
        let inside = self.within::<S::Error>()?;
        let mut map = serializer.serialize_map(Some(count))?;
        for _ in 0..count {
            let left = self.input.borrow().left();
            map.serialize_entry(&inside.part(key), &inside.part(value))?;
            self.read(|input| input.element(left))?;
        }
        map.end()
    }

    fn variant<S: Serializer>(self, serializer: S) -> Result<S::Ok, S::Error> {
        let Place::Enum(choices) = self.layout.place(self.at) else {
            return Err(S::Error::custom(opaque()));
        };
        let index = self.read(Input::u32)?;
        let choice = choices
            .choice(index)
            .ok_or_else(|| S::Error::custom(unknown_variant(index)))?;
        let name = self.name(&choice.names)?;
        self.read(|input| input.name(name))?;
        let inside = self.within::<S::Error>()?;
        let content = match self.layout.place(choice.content) {
            Place::Unit => {
                self.read(Input::pass)?;
                return serializer.serialize_str(name);
            }
            Place::Tuple(fields) if fields.len() == 1 => inside.part(fields[0]),
            _ => inside.part(choice.content),
        };
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(name, &content)?;
        map.end()
    }

    fn option<S: Serializer>(self, inner: At, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.read(Input::is_some)? {
            return serializer.serialize_none();
        }
        let inside = self.within::<S::Error>()?.part(inner);
        if self.exactly {
            return serializer.serialize_some(&inside);
        }
        if self.layout.may_be_nothing(inner) {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("Some", &inside)?;
            map.end()
        } else {
            inside.serialize(serializer)
        }
    }
}

impl Serialize for Part<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.layout.place(self.at) {
            Place::Opaque => Err(S::Error::custom(opaque())),
            Place::Any if self.exactly => Err(S::Error::custom("it says itself what it is already")),
            Place::Any => self
                .read(|input| Shown::new(input.bytes()?))?
                .serialize(serializer),
            Place::Unit => {
                self.read(Input::pass)?;
                serializer.serialize_unit()
            }
            Place::Bool => serializer.serialize_bool(self.read(Input::bool)?),
            Place::I8 => serializer.serialize_i8(self.read(Input::i8)?),
            Place::I16 => serializer.serialize_i16(self.read(Input::i16)?),
            Place::I32 => serializer.serialize_i32(self.read(Input::i32)?),
            Place::I64 => serializer.serialize_i64(self.read(Input::i64)?),
            Place::U8 => serializer.serialize_u8(self.read(Input::u8)?),
            Place::U16 => serializer.serialize_u16(self.read(Input::u16)?),
            Place::U32 => serializer.serialize_u32(self.read(Input::u32)?),
            Place::U64 => serializer.serialize_u64(self.read(Input::u64)?),
            Place::I128 if self.exactly => serializer.serialize_i128(self.read(Input::i128)?),
            Place::U128 if self.exactly => serializer.serialize_u128(self.read(Input::u128)?),
            Place::F32 if self.exactly => serializer.serialize_f32(self.read(Input::f32)?),
            Place::F64 if self.exactly => serializer.serialize_f64(self.read(Input::f64)?),
            Place::Bytes if self.exactly => serializer.serialize_bytes(self.read(Input::bytes)?),
            Place::Seq(element) if self.exactly => self.list(*element, serializer),
            Place::Map(key, value, _) if self.exactly => self.map(*key, *value, serializer),
            Place::I128 => {
                let number = self.read(Input::i128)?;
                match i64::try_from(number) {
                    Ok(number) => serializer.serialize_i64(number),
                    Err(_) => serializer.collect_str(&number),
                }
            }
            Place::U128 => {
                let number = self.read(Input::u128)?;
                match u64::try_from(number) {
                    Ok(number) => serializer.serialize_u64(number),
                    Err(_) => serializer.collect_str(&number),
                }
            }
            Place::F32 => float(shortest(self.read(Input::f32)?), serializer),
            Place::F64 => float(self.read(Input::f64)?, serializer),
            Place::Char => serializer.serialize_char(self.read(Input::char)?),
            Place::Str => serializer.serialize_str(self.read(Input::str)?),
            Place::Bytes => serializer.serialize_str(&base64::to_text(self.read(Input::bytes)?)),
            Place::Option(inner) => self.option(*inner, serializer),
            Place::Seq(element) if *self.layout.place(*element) == Place::U8 => {
                serializer.serialize_str(&base64::to_text(self.read(Input::bytes)?))
            }
            Place::Seq(element) => self.list(*element, serializer),
            Place::Map(key, value, pair) => {
                if self.layout.is_name(*key) {
                    self.map(*key, *value, serializer)
                } else {
                    self.list(*pair, serializer)
                }
            }
            Place::Tuple(fields) => {
                self.read(Input::pass)?;
                let inside = self.within::<S::Error>()?;
                let mut tuple = serializer.serialize_tuple(fields.len())?;
                for at in fields {
                    tuple.serialize_element(&inside.part(*at))?;
                }
                tuple.end()
            }
            Place::Struct(structure) => {
                self.read(Input::pass)?;
                let inside = self.within::<S::Error>()?;
                let mut map = serializer.serialize_map(Some(structure.fields.len()))?;
                for (names, at) in structure.names.iter().zip(&structure.fields) {
                    let name = self.name(names)?;
                    self.read(|input| input.name(name))?;
                    map.serialize_entry(name, &inside.part(*at))?;
                }
                map.end()
            }
            Place::Enum(_) => self.variant(serializer),
        }
    }
}
