//! Types that are made up while the tests run, and read and written as serde's derive does it, attributes included.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::ser::{
    Serialize, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleVariant, Serializer,
};

/// A type.
#[derive(Debug)]
pub(super) enum Ty {
    Number,
    Text,
    Option(&'static Self),
    List(&'static Self),
    Pair([&'static Self; 2]),
    Newtype(&'static str, &'static Self),
    /// A text of which no value can be made up.
    Sku,
    /// Something whose reader panics where it is made up.
    Panics(&'static Self),
    Struct(&'static str, Fields),
    Enum(&'static str, Variants),
}

/// Fields with names.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) all: Vec<Field>,
    /// As serde lists them.
    known: &'static [&'static str],
    pub(super) deny_unknown: bool,
    /// They are read in their order, whatever their names are.
    pub(super) have_order: bool,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) written: &'static str,
    /// The first is its name, and the others are aliases.
    pub(super) read: Vec<&'static str>,
    pub(super) skip_if_default: bool,
    pub(super) skip_serializing: bool,
    pub(super) skip_deserializing: bool,
    pub(super) default: bool,
    pub(super) ty: &'static Ty,
}

#[derive(Debug)]
pub(super) struct Variants {
    pub(super) all: Vec<Variant>,
    known: &'static [&'static str],
}

#[derive(Debug)]
pub(super) struct Variant {
    pub(super) written: &'static str,
    pub(super) read: Vec<&'static str>,
    pub(super) skip: bool,
    pub(super) other: bool,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Nothing,
    One(&'static Ty),
    Several(Vec<&'static Ty>),
    Named(Fields),
}

/// A value of one.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Number(u32),
    Text(String),
    None,
    Some(Box<Self>),
    Parts(Vec<Self>),
    Variant(usize, Vec<Self>),
}

/// All names of some parts, each part's in their order.
fn known<'r>(parts: impl Iterator<Item = &'r Vec<&'static str>>) -> &'static [&'static str] {
    let names = parts.flat_map(|names| names.iter().copied().collect::<BTreeSet<_>>());
    Vec::leak(names.collect())
}

impl Fields {
    pub(super) fn new(all: Vec<Field>) -> Self {
        let read = all.iter().filter(|field| !field.skip_deserializing);
        let known = known(read.map(|field| &field.read));
        Self {
            all,
            known,
            deny_unknown: false,
            have_order: false,
        }
    }

    fn names(&self) -> impl Iterator<Item = (usize, &Vec<&'static str>)> {
        let all = self.all.iter().enumerate();
        all.filter(|(_, field)| !field.skip_deserializing)
            .map(|(place, field)| (place, &field.read))
    }

    /// Each that is written, or left out this time.
    fn write<E>(
        &self,
        values: &[Value],
        mut write: impl FnMut(&'static str, Option<Written<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        let written = self.all.iter().zip(values);
        let mut written = written.filter(|(field, _)| !field.skip_serializing);
        written.try_for_each(|(field, value)| {
            let written = (!field.is_left_out(value)).then_some(Written(field.ty, value));
            write(field.written, written)
        })
    }

    fn count(&self, values: &[Value]) -> usize {
        let mut count = 0;
        let counted = self.write(values, |_, written| {
            count += usize::from(written.is_some());
            Ok::<_, ()>(())
        });
        counted.map_or(0, |()| count)
    }
}

impl Field {
    fn is_left_out(&self, value: &Value) -> bool {
        self.skip_if_default && *value == self.ty.default()
    }

    /// What it is where nothing comes for it.
    fn absent<E: Error>(&self, by_name: bool) -> Result<Value, E> {
        match self.ty {
            _ if self.default || self.skip_deserializing => Ok(self.ty.default()),
            Ty::Option(_) if by_name => Ok(Value::None),
            _ if by_name => Err(E::missing_field(self.read[0])),
            _ => Err(E::invalid_length(0, &"a struct with more fields")),
        }
    }
}

impl Variants {
    pub(super) fn new(all: Vec<Variant>) -> Self {
        let read = all.iter().filter(|variant| !variant.skip);
        let known = known(read.map(|variant| &variant.read));
        Self { all, known }
    }

    fn names(&self) -> impl Iterator<Item = (usize, &Vec<&'static str>)> {
        let all = self.all.iter().enumerate();
        all.filter(|(_, variant)| !variant.skip)
            .map(|(place, variant)| (place, &variant.read))
    }
}

impl Content {
    pub(super) fn default(&self) -> Vec<Value> {
        match self {
            Self::Nothing => Vec::new(),
            Self::One(ty) => vec![ty.default()],
            Self::Several(types) => types.iter().map(|ty| ty.default()).collect(),
            Self::Named(fields) => fields.all.iter().map(|field| field.ty.default()).collect(),
        }
    }
}

impl Ty {
    pub(super) fn default(&self) -> Value {
        match self {
            Self::Number => Value::Number(0),
            Self::Text => Value::Text(String::new()),
            Self::Option(_) => Value::None,
            Self::List(_) => Value::Parts(Vec::new()),
            Self::Pair(types) => Value::Parts(types.iter().map(|ty| ty.default()).collect()),
            Self::Newtype(_, inner) | Self::Panics(inner) => inner.default(),
            Self::Sku => Value::Text(SKU.to_owned()),
            Self::Struct(_, fields) => {
                Value::Parts(fields.all.iter().map(|field| field.ty.default()).collect())
            }
            Self::Enum(_, variants) => {
                let first = variants.all.iter().position(|variant| !variant.skip);
                let first = first.expect("one of them is read");
                Value::Variant(first, variants.all[first].content.default())
            }
        }
    }
}

/// A value, written as its type would be.
pub(super) struct Written<'v>(pub(super) &'static Ty, pub(super) &'v Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(ty, value) = *self;
        match (ty, value) {
            (Ty::Number, Value::Number(number)) => serializer.serialize_u32(*number),
            (Ty::Text | Ty::Sku, Value::Text(text)) => serializer.serialize_str(text),
            (Ty::Panics(inner), value) => (SKU, Written(inner, value)).serialize(serializer),
            (Ty::Option(_), Value::None) => serializer.serialize_none(),
            (Ty::Option(inner), Value::Some(value)) => serializer.serialize_some(&Written(inner, value)),
            (Ty::List(inner), Value::Parts(parts)) => {
                serializer.collect_seq(parts.iter().map(|part| Written(inner, part)))
            }
            (Ty::Pair(types), Value::Parts(parts)) => {
                let mut tuple = serializer.serialize_tuple(2)?;
                for (ty, part) in types.iter().zip(parts) {
                    tuple.serialize_element(&Written(ty, part))?;
                }
                tuple.end()
            }
            (Ty::Newtype(name, inner), value) => {
                serializer.serialize_newtype_struct(name, &Written(inner, value))
            }
            (Ty::Struct(name, fields), Value::Parts(parts)) => {
                let mut written = serializer.serialize_struct(name, fields.count(parts))?;
                fields.write(parts, |name, value| match value {
                    Some(value) => written.serialize_field(name, &value),
                    None => written.skip_field(name),
                })?;
                written.end()
            }
            (Ty::Enum(name, variants), Value::Variant(place, parts)) => {
                let variant = &variants.all[*place];
                let (called, index) = (variant.written, u32::try_from(*place).expect("it is small"));
                match &variant.content {
                    Content::Nothing => serializer.serialize_unit_variant(name, index, called),
                    Content::One(ty) => {
                        serializer.serialize_newtype_variant(name, index, called, &Written(ty, &parts[0]))
                    }
                    Content::Several(types) => {
                        let mut written =
                            serializer.serialize_tuple_variant(name, index, called, types.len())?;
                        for (ty, part) in types.iter().zip(parts) {
                            written.serialize_field(&Written(ty, part))?;
                        }
                        written.end()
                    }
                    Content::Named(fields) => {
                        let count = fields.count(parts);
                        let mut written = serializer.serialize_struct_variant(name, index, called, count)?;
                        fields.write(parts, |name, value| match value {
                            Some(value) => written.serialize_field(name, &value),
                            None => written.skip_field(name),
                        })?;
                        written.end()
                    }
                }
            }
            (ty, value) => panic!("{value:?} was made for {ty:?}"),
        }
    }
}

/// What stands in values that cannot be made up.
const SKU: &str = "daffi";

/// How many types are around: a reader of its own for each, as types have.
trait Level {
    type Inner: Level;
}

macro_rules! levels {
    ($($level:ident in $inner:ident;)*) => {$(
        struct $level;

        impl Level for $level {
            type Inner = $inner;
        }
    )*};
}

levels! {
    L0 in L1;
    L1 in L2;
    L2 in L3;
    L3 in L4;
    L4 in L5;
    L5 in L6;
    L6 in L6;
}

struct Read<L>(&'static Ty, PhantomData<L>);

const fn read<L: Level>(ty: &'static Ty) -> Read<L::Inner> {
    Read(ty, PhantomData)
}

impl<'de, L: Level> DeserializeSeed<'de> for Read<L> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Ty::Number => u32::deserialize(deserializer).map(Value::Number),
            Ty::Text => String::deserialize(deserializer).map(Value::Text),
            Ty::Sku => match String::deserialize(deserializer)? {
                text if text == SKU => Ok(Value::Text(text)),
                _ => Err(D::Error::custom("there is nothing of that name")),
            },
            Ty::Panics(_) => deserializer.deserialize_tuple(2, self),
            Ty::Option(_) => deserializer.deserialize_option(self),
            Ty::List(_) => deserializer.deserialize_seq(self),
            Ty::Pair(types) => deserializer
                .deserialize_tuple(2, Row::<L>(types, PhantomData))
                .map(Value::Parts),
            Ty::Newtype(name, _) => deserializer.deserialize_newtype_struct(name, self),
            Ty::Struct(name, fields) => deserializer
                .deserialize_struct(name, fields.known, Named::<L>(fields, PhantomData))
                .map(Value::Parts),
            Ty::Enum(name, variants) => deserializer.deserialize_enum(name, variants.known, self),
        }
    }
}

impl<'de, L: Level> Visitor<'de> for Read<L> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        match self.0 {
            Ty::Option(_) => Ok(Value::None),
            _ => Err(E::invalid_type(Unexpected::Unit, &self)),
        }
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Ty::Option(inner) => {
                let inner = read::<L>(inner).deserialize(deserializer)?;
                Ok(Value::Some(Box::new(inner)))
            }
            _ => Err(D::Error::custom("this is no option")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            Ty::Newtype(_, inner) => read::<L>(inner).deserialize(deserializer),
            _ => Err(D::Error::custom("this is no newtype")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        match self.0 {
            Ty::List(inner) => {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element_seed(read::<L>(inner))? {
                    list.push(element);
                }
                Ok(Value::Parts(list))
            }
            Ty::Panics(inner) => {
                let sku = elements.next_element::<String>()?;
                if sku.as_deref() != Some(SKU) {
                    // Nothing is printed.
                    std::panic::resume_unwind(Box::new("it is made up"));
                }
                let inner = elements.next_element_seed(read::<L>(inner))?;
                inner.ok_or_else(|| A::Error::invalid_length(1, &"two parts"))
            }
            Ty::Newtype(_, inner) => match elements.next_element_seed(read::<L>(inner))? {
                Some(inner) => Ok(inner),
                None => Err(A::Error::invalid_length(0, &"a newtype")),
            },
            _ => Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        let Ty::Enum(_, variants) = self.0 else {
            return Err(A::Error::invalid_type(Unexpected::Enum, &self));
        };
        let (place, content) = access.variant_seed(Key {
            names: variants.names().collect(),
            other: match variants.all.last() {
                Some(variant) if variant.other => Other::Variant(variants.names().count() - 1),
                _ => Other::Refused,
            },
        })?;
        let (place, _) = variants.names().nth(place.place()).expect("it is one of them");
        let parts = match &variants.all[place].content {
            Content::Nothing => content.unit_variant().map(|()| Vec::new()),
            Content::One(ty) => content.newtype_variant_seed(read::<L>(ty)).map(|one| vec![one]),
            Content::Several(types) => content.tuple_variant(types.len(), Row::<L>(types, PhantomData)),
            Content::Named(fields) => content.struct_variant(fields.known, Named::<L>(fields, PhantomData)),
        };
        Ok(Value::Variant(place, parts?))
    }
}

/// What has no names for its parts.
struct Row<L>(&'static [&'static Ty], PhantomData<L>);

impl<'de, L: Level> Visitor<'de> for Row<L> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tuple")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Value>, A::Error> {
        let mut parts = Vec::new();
        for ty in self.0 {
            let part = elements.next_element_seed(read::<L>(ty))?;
            parts.push(part.ok_or_else(|| A::Error::invalid_length(parts.len(), &"a tuple"))?);
        }
        Ok(parts)
    }
}

/// What has names for its parts.
struct Named<L>(&'static Fields, PhantomData<L>);

impl<'de, L: Level> Visitor<'de> for Named<L> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a struct")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Vec<Value>, A::Error> {
        let mut parts = Vec::new();
        for field in &self.0.all {
            let part = match field.skip_deserializing {
                true => None,
                false => elements.next_element_seed(read::<L>(field.ty))?,
            };
            parts.push(part.map_or_else(|| field.absent(false), Ok)?);
        }
        Ok(parts)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<Value>, A::Error> {
        let fields = self.0;
        if fields.have_order {
            return Err(A::Error::invalid_type(Unexpected::Map, &self));
        }
        let mut parts = vec![None; fields.all.len()];
        loop {
            let key = entries.next_key_seed(Key {
                names: fields.names().collect(),
                other: if fields.deny_unknown {
                    Other::Refused
                } else {
                    Other::Ignored
                },
            })?;
            let Some(key) = key else { break };
            let Some((place, names)) = fields.names().nth(key.place()) else {
                entries.next_value::<IgnoredAny>()?;
                continue;
            };
            if parts[place].is_some() {
                return Err(A::Error::duplicate_field(names[0]));
            }
            parts[place] = Some(entries.next_value_seed(read::<L>(fields.all[place].ty))?);
        }
        let parts = parts.into_iter().zip(&fields.all);
        parts
            .map(|(part, field)| part.map_or_else(|| field.absent(true), Ok))
            .collect()
    }
}

/// Which of the fields or variants it is. It is called as serde's derive calls it.
#[derive(Clone, Copy)]
enum __Field {
    F0,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    Ignored,
}

const FIELDS: [__Field; 8] = [
    __Field::F0,
    __Field::F1,
    __Field::F2,
    __Field::F3,
    __Field::F4,
    __Field::F5,
    __Field::F6,
    __Field::F7,
];

impl __Field {
    const fn place(self) -> usize {
        self as usize
    }
}

/// What becomes of others.
#[derive(Clone, Copy)]
enum Other {
    Refused,
    Ignored,
    Variant(usize),
}

struct Key<'r> {
    names: Vec<(usize, &'r Vec<&'static str>)>,
    other: Other,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = __Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<__Field, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Key<'_> {
    fn other<E: Error>(&self, unexpected: Unexpected<'_>) -> Result<__Field, E> {
        match self.other {
            Other::Refused => Err(E::invalid_value(unexpected, &"one that is known")),
            Other::Ignored => Ok(__Field::Ignored),
            Other::Variant(place) => Ok(FIELDS[place]),
        }
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = __Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<__Field, E> {
        match usize::try_from(number) {
            Ok(place) if place < self.names.len() => Ok(FIELDS[place]),
            _ => self.other(Unexpected::Unsigned(number)),
        }
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<__Field, E> {
        match self.names.iter().position(|(_, names)| names.contains(&name)) {
            Some(place) => Ok(FIELDS[place]),
            None => self.other(Unexpected::Str(name)),
        }
    }
}

thread_local! {
    static TYPE: Cell<&'static Ty> = const { Cell::new(&Ty::Number) };
}

/// A value of the type that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made(pub(super) Value);

impl Made {
    /// From now on it is this one.
    pub(super) fn be(ty: &'static Ty) {
        TYPE.set(ty);
    }
}

impl Serialize for Made {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written(TYPE.get(), &self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Made {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Read::<L0>(TYPE.get(), PhantomData)
            .deserialize(deserializer)
            .map(Self)
    }
}
