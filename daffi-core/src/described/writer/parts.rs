//! What has parts, while they are written one after the other.

use std::collections::BTreeSet;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::super::key::shown;
use super::super::layout::{At, Choice, Enum, Layout, Place, Struct};
use super::super::misfit::{Misfit, Step};
use super::name::name_of;
use super::{Writer, Written};

/// A value with parts of which some are written.
pub(in super::super) struct Parts<'a, 'l> {
    writer: Writer<'a, 'l>,
    kind: Kind<'l>,
    /// How many have come.
    count: usize,
}

enum Kind<'l> {
    /// As many as come.
    Elements { element: At, length: Length },
    /// Each at a place of its own.
    Row(&'l [At]),
    /// Keys and values; where the last key is.
    Entries {
        key: At,
        value: At,
        length: Length,
        last: usize,
        /// Those that came, as people may write one in several ways.
        keys: BTreeSet<Vec<u8>>,
    },
    /// Fields in any order, each where it is in the bytes; which comes now.
    Fields {
        structure: &'l Struct,
        start: usize,
        written: Vec<Option<(usize, usize)>>,
        now: usize,
    },
    /// A map of one entry whose key is the name of a variant.
    Variant(&'l Enum, Option<&'l Choice>),
    /// A map of one entry whose key is `Some`.
    Something(At),
}

/// How many parts there are: as was said, which is written already, or else it is inserted there.
#[derive(Clone, Copy)]
enum Length {
    Said(usize),
    Inserted { start: usize },
}

/// What people write for an option with something inside that may be nothing.
const SOME: &str = "Some";

impl<'a, 'l> Parts<'a, 'l> {
    fn length(writer: &mut Writer<'a, 'l>, length: Option<usize>) -> Length {
        match length {
            Some(length) => {
                writer.out.number(length);
                Length::Said(length)
            }
            None => Length::Inserted {
                start: writer.out.bytes.len(),
            },
        }
    }

    /// What has no names for its parts.
    pub(super) fn unnamed(writer: Writer<'a, 'l>, length: Option<usize>) -> Result<Self, Misfit> {
        let place = writer.place();
        let at = writer.at;
        let mut writer = writer.inside(at)?;
        let element = match place {
            Place::Seq(element) => Some(*element),
            Place::Bytes => Some(Layout::OCTET),
            // People write maps whose keys are no texts as lists of pairs.
            Place::Map(_, _, pair) => Some(*pair),
            _ => None,
        };
        let kind = match (place, element) {
            (_, Some(element)) => Kind::Elements {
                element,
                length: Self::length(&mut writer, length),
            },
            (Place::Tuple(fields), _) if length.is_none_or(|length| length == fields.len()) => {
                Kind::Row(fields)
            }
            (Place::Unit, _) if length == Some(0) => Kind::Row(&[]),
            _ => {
                let count = length.map_or_else(String::new, |length| format!(" of {length}"));
                return writer.differs(&format!("a sequence{count}"));
            }
        };
        Ok(Self {
            writer,
            kind,
            count: 0,
        })
    }

    /// What has names or keys for its parts.
    pub(in super::super) fn named(mut writer: Writer<'a, 'l>, length: Option<usize>) -> Result<Self, Misfit> {
        match writer.place() {
            Place::Option(inner) if writer.out.by_hand && writer.layout.may_be_nothing(*inner) => {
                writer.out.bytes.push(1);
                let (at, inner) = (writer.at, *inner);
                return Ok(Self {
                    writer: writer.inside(at)?,
                    kind: Kind::Something(inner),
                    count: 0,
                });
            }
            _ => writer = writer.filled()?,
        }
        let place = writer.place();
        let at = writer.at;
        let mut writer = writer.inside(at)?;
        let kind = match place {
            Place::Map(key, value, _) => Kind::Entries {
                key: *key,
                value: *value,
                last: 0,
                keys: BTreeSet::new(),
                length: Self::length(&mut writer, length),
            },
            Place::Struct(structure) => Kind::Fields {
                structure,
                start: writer.out.bytes.len(),
                written: vec![None; structure.fields.len()],
                now: 0,
            },
            Place::Enum(choices) => Kind::Variant(choices, None),
            _ => return writer.differs("a map"),
        };
        Ok(Self {
            writer,
            kind,
            count: 0,
        })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let number = self.count;
        self.count += 1;
        let at = match &self.kind {
            Kind::Elements { element, .. } => *element,
            Kind::Row(fields) => match fields.get(number) {
                Some(at) => *at,
                None => return self.writer.differs("more"),
            },
            _ => return self.writer.differs("an element without a name"),
        };
        let start = self.writer.out.bytes.len();
        self.writer
            .part(at, value)
            .map_err(|misfit| misfit.within(Step::Element(number)))?;
        match self.kind {
            Kind::Elements { .. } => self.writer.out.count(start),
            _ => Ok(()),
        }
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        if let Kind::Entries {
            key: at, last, keys, ..
        } = &mut self.kind
        {
            *last = self.writer.out.bytes.len();
            let number = self.count;
            self.count += 1;
            let mut writer = self.writer.lend(*at);
            writer.is_key = true;
            key.serialize(writer)
                .map_err(|misfit| misfit.within(Step::Element(number)))?;
            let key = &self.writer.out.bytes[*last..];
            if self.writer.out.by_hand && !keys.insert(key.to_vec()) {
                return Err(Misfit::new("this key comes twice").within(Step::Element(number)));
            }
            return Ok(());
        }
        let name = name_of(key)?;
        self.name(&name)
    }

    /// The field or variant of that name comes.
    fn name(&mut self, name: &str) -> Written {
        self.count += 1;
        match &mut self.kind {
            Kind::Fields {
                structure,
                written,
                now,
                ..
            } => {
                let Some(number) = structure.number(name, *now) else {
                    return Err(structure.unknown(name));
                };
                if written[number].is_some() {
                    let noun = structure.noun;
                    return Err(Misfit::new(format_args!("{noun} `{name}` comes twice")));
                }
                *now = number;
                Ok(())
            }
            Kind::Variant(choices, chosen) => {
                let Some(choice) = choices.called(name) else {
                    return self.writer.differs(&format!("`{name}`"));
                };
                if chosen.replace(choice).is_some() {
                    return self.writer.differs("a map of more than one");
                }
                self.writer.out.number(choice.index as usize);
                Ok(())
            }
            Kind::Something(_) if name == SOME && self.count == 1 => Ok(()),
            Kind::Something(_) => Err(Misfit::new(format_args!(
                "nothing, or a map with the one key `{SOME}`, is expected, and one with `{name}` came"
            ))),
            Kind::Entries { .. } => {
                self.count -= 1;
                self.key(name)
            }
            Kind::Elements { .. } | Kind::Row(_) => self.writer.differs("a name"),
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let (at, step) = match &mut self.kind {
            Kind::Entries { value: at, last, .. } => {
                let (at, last) = (*at, *last);
                let (number, key) = (self.count - 1, self.last_key());
                self.writer.part(at, value).map_err(|misfit| {
                    let key =
                        key.and_then(|key| shown(self.writer.layout, key, &self.writer.out.bytes[last..]));
                    misfit.within(key.map_or(Step::Element(number), Step::Key))
                })?;
                return self.writer.out.count(last);
            }
            Kind::Fields {
                structure,
                written,
                now,
                ..
            } => {
                let (Some(names), Some(at)) = (structure.names.get(*now), structure.fields.get(*now)) else {
                    return self.writer.differs("a value without a name");
                };
                let at = *at;
                let start = self.writer.out.bytes.len();
                self.writer
                    .part(at, value)
                    .map_err(|misfit| misfit.within(Step::name(names.shown())))?;
                written[*now] = Some((start, self.writer.out.bytes.len()));
                *now += 1;
                return Ok(());
            }
            Kind::Variant(_, Some(choice)) => {
                let content = match self.writer.layout.place(choice.content) {
                    Place::Tuple(fields) if fields.len() == 1 => fields[0],
                    _ => choice.content,
                };
                (content, choice.step())
            }
            Kind::Something(inner) => (*inner, Step::Name(SOME.to_owned())),
            _ => return self.writer.differs("a value without a name"),
        };
        self.writer.part(at, value).map_err(|misfit| misfit.within(step))
    }

    const fn last_key(&self) -> Option<At> {
        match self.kind {
            Kind::Entries { key, .. } => Some(key),
            _ => None,
        }
    }

    fn finish(self) -> Written {
        let Self {
            mut writer,
            kind,
            count,
        } = self;
        match kind {
            Kind::Elements { length, .. } | Kind::Entries { length, .. } => match length {
                Length::Said(length) if length != count => Err(Misfit::new(format_args!(
                    "{length} elements were announced, and {count} came"
                ))),
                Length::Said(_) => Ok(()),
                Length::Inserted { start } => {
                    writer.out.insert(start, count);
                    Ok(())
                }
            },
            Kind::Row(fields) if fields.len() != count => writer.differs(&format!("a sequence of {count}")),
            Kind::Fields {
                structure,
                start,
                written,
                ..
            } => writer.order(structure, start, &written),
            Kind::Variant(_, None) => writer.differs("an empty map"),
            Kind::Something(_) if count == 0 => writer.differs("an empty map"),
            Kind::Row(_) | Kind::Variant(..) | Kind::Something(_) => Ok(()),
        }
    }
}

macro_rules! elements {
    ($($part:ident::$method:ident;)*) => {
        $(
            impl $part for Parts<'_, '_> {
                type Ok = ();
                type Error = Misfit;

                fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                    self.element(value)
                }

                fn end(self) -> Written {
                    self.finish()
                }
            }
        )*
    };
}

macro_rules! fields {
    ($($part:ident;)*) => {
        $(
            impl $part for Parts<'_, '_> {
                type Ok = ();
                type Error = Misfit;

                fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                    self.name(name)?;
                    self.value(value)
                }

                fn end(self) -> Written {
                    self.finish()
                }
            }
        )*
    };
}

elements! {
    SerializeSeq::serialize_element;
    SerializeTuple::serialize_element;
    SerializeTupleStruct::serialize_field;
    SerializeTupleVariant::serialize_field;
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl SerializeMap for Parts<'_, '_> {
    type Ok = ();
    type Error = Misfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.value(value)
    }

    fn end(self) -> Written {
        self.finish()
    }
}
