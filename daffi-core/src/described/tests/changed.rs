//! Structures that were changed at random, on both sides: what the verdict promises of their values is kept, as names say.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::super::input::Input;
use super::super::reader::Reader;
use super::super::{Layout, Misfit, Verdict, compatible};
use super::dynamic::Value;
use super::generated::{Dice, Maker, Typed, forever, ty};
use crate::proto::by_the_library;
use crate::signature::{Allows, Readable, Type, Variant};

const OR: char = '\u{1f}';

fn names(text: &str) -> Vec<&str> {
    text.split(OR).filter(|name| !name.is_empty()).collect()
}

fn main_name(text: &str) -> &str {
    names(text)[0]
}

/// A type with other names, fields and numbers, and what it allows.
struct Change<'d> {
    dice: &'d mut Dice,
    allows: Vec<Option<Allows>>,
}

impl Change<'_> {
    fn one_of(&mut self, count: u64) -> bool {
        self.dice.below(count) == 0
    }

    /// Other names for some of these, none of which is there twice.
    fn renamed(&mut self, texts: &mut [&mut String], is_known: bool) {
        let mut taken: BTreeSet<String> = texts.iter().map(|text| (**text).clone()).collect();
        for text in texts {
            if !self.one_of(4) {
                continue;
            }
            let other = format!("f{}", self.dice.below(8));
            if !taken.insert(other.clone()) {
                continue;
            }
            let (first, second) = if self.one_of(2) {
                (&other, &**text)
            } else {
                (&**text, &other)
            };
            let front = if is_known { String::new() } else { OR.to_string() };
            **text = format!("{front}{first}{OR}{second}");
        }
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        if self.one_of(3) && list.len() > 1 {
            let (one, other) = (
                self.dice.count(list.len() as u64),
                self.dice.count(list.len() as u64),
            );
            list.swap(one, other);
        }
    }

    fn of(&mut self, ty: &Type) -> Type {
        let wider = |ty: &Type| match ty {
            Type::U8 => Type::U16,
            Type::U16 => Type::I32,
            Type::I32 => Type::I128,
            Type::F32 => Type::F64,
            other => other.clone(),
        };
        match ty {
            Type::Option(inner) => Type::Option(Box::new(self.of(inner))),
            Type::Seq(element) => Type::Seq(Box::new(self.of(element))),
            Type::Map(key, value) => Type::Map(Box::new(self.of(key)), Box::new(self.of(value))),
            Type::Tuple(fields) => Type::Tuple(fields.iter().map(|field| self.of(field)).collect()),
            Type::NewtypeStruct { name, inner } => Type::NewtypeStruct {
                name: name.clone(),
                inner: Box::new(self.of(inner)),
            },
            Type::Struct { name, fields } => {
                let mut fields = fields.clone();
                self.shuffle(&mut fields);
                if self.one_of(6) {
                    fields.pop();
                }
                let new = format!("f{}", self.dice.below(8));
                if self.one_of(4) && fields.iter().all(|(name, _)| *name != new) {
                    fields.insert(self.dice.count(fields.len() as u64 + 1), (new, Type::U8));
                }
                let mut texts: Vec<_> = fields.iter_mut().map(|(name, _)| name).collect();
                self.renamed(&mut texts, true);
                let optional = fields.iter().map(|_| self.one_of(2)).collect();
                let strict = self.one_of(10);
                self.allows.push(Some(Allows::Fields { optional, strict }));
                let fields = fields.into_iter().map(|(name, ty)| (name, self.of(&ty)));
                Type::Struct {
                    name: name.clone(),
                    fields: fields.collect(),
                }
            }
            Type::Enum { name, variants, .. } => {
                let mut variants = variants.clone();
                self.shuffle(&mut variants);
                if self.one_of(6) && variants.len() > 1 {
                    variants.pop();
                }
                let mut texts: Vec<_> = variants.iter_mut().map(|variant| &mut variant.name).collect();
                self.renamed(&mut texts, false);
                let others = self.one_of(4);
                if others {
                    variants.push(Variant {
                        index: 0,
                        name: "Else".to_owned(),
                        content: Type::Unit,
                    });
                }
                self.allows.push(Some(Allows::Variants { others }));
                let numbered = variants.into_iter().zip(0..);
                let variants = numbered.map(|(variant, index)| Variant {
                    index,
                    content: match &variant.content {
                        Type::Unit => Type::Unit,
                        content => self.of(content),
                    },
                    ..variant
                });
                Type::Enum {
                    name: name.clone(),
                    variants: variants.collect(),
                    open: false,
                }
            }
            Type::Recursive(_) => ty.clone(),
            leaf if self.one_of(8) => wider(leaf),
            leaf if self.one_of(12) => Type::Option(Box::new(leaf.clone())),
            leaf => leaf.clone(),
        }
    }
}

fn changed(dice: &mut Dice, ty: &Type) -> Readable {
    let mut change = Change {
        dice,
        allows: Vec::new(),
    };
    let ty = change.of(ty);
    Readable {
        ty,
        allows: change.allows,
    }
}

/// The same with the names that are written.
fn written(ty: &Type) -> Type {
    let all = |types: &[Type]| types.iter().map(written).collect();
    match ty {
        Type::Option(inner) => Type::Option(Box::new(written(inner))),
        Type::Seq(element) => Type::Seq(Box::new(written(element))),
        Type::Map(key, value) => Type::Map(Box::new(written(key)), Box::new(written(value))),
        Type::Tuple(fields) => Type::Tuple(all(fields)),
        Type::NewtypeStruct { name, inner } => Type::NewtypeStruct {
            name: name.clone(),
            inner: Box::new(written(inner)),
        },
        Type::Struct { name, fields } => Type::Struct {
            name: name.clone(),
            fields: fields
                .iter()
                .map(|(name, ty)| (main_name(name).to_owned(), written(ty)))
                .collect(),
        },
        Type::Enum { name, variants, open } => Type::Enum {
            name: name.clone(),
            variants: variants
                .iter()
                .map(|variant| Variant {
                    index: variant.index,
                    name: main_name(&variant.name).to_owned(),
                    content: written(&variant.content),
                })
                .collect(),
            open: *open,
        },
        other => other.clone(),
    }
}

/// What each struct and enum allows, by where it stands.
type Allowed<'t> = HashMap<*const Type, &'t Allows>;

fn allowed(readable: &Readable) -> Allowed<'_> {
    fn collect<'t>(ty: &'t Type, allows: &mut std::slice::Iter<'t, Option<Allows>>, found: &mut Allowed<'t>) {
        if matches!(ty, Type::Struct { .. } | Type::Enum { .. }) {
            found.insert(
                ty,
                allows
                    .next()
                    .expect("there is one for each")
                    .as_ref()
                    .expect("all are known"),
            );
        }
        for inside in inside(ty) {
            collect(inside, allows, found);
        }
    }
    let mut found = HashMap::new();
    collect(&readable.ty, &mut readable.allows.iter(), &mut found);
    found
}

fn inside(ty: &Type) -> Vec<&Type> {
    match ty {
        Type::Option(inner) | Type::Seq(inner) | Type::NewtypeStruct { inner, .. } => vec![inner],
        Type::Map(key, value) => vec![key, value],
        Type::Tuple(fields) => fields.iter().collect(),
        Type::Struct { fields, .. } => fields.iter().map(|(_, ty)| ty).collect(),
        Type::Enum { variants, .. } => variants.iter().map(|variant| &variant.content).collect(),
        _ => Vec::new(),
    }
}

/// A type at a place, with those around it, outermost first.
#[derive(Clone)]
struct Spot<'t> {
    ty: &'t Type,
    around: Vec<&'t Type>,
    allowed: &'t Allowed<'t>,
}

impl<'t> Spot<'t> {
    fn to(&self, ty: &'t Type) -> Self {
        let mut around = self.around.clone();
        around.push(self.ty);
        let ty = match ty {
            Type::Recursive(level) => {
                around.truncate(around.len() - *level as usize);
                around.pop().expect("there is one")
            }
            ty => ty,
        };
        Self { ty, around, ..*self }
    }

    fn unwrapped(&self) -> Self {
        match self.ty {
            Type::NewtypeStruct { inner, .. } => self.to(inner).unwrapped(),
            _ => self.clone(),
        }
    }

    fn allows(&self) -> &'t Allows {
        self.allowed[&std::ptr::from_ref(self.ty)]
    }
}

const DEFAULT: &str = "default";

/// Which of `all` is meant by one who writes `text`: the one of its first name that is known.
fn met(text: &str, all: &[&str]) -> Option<usize> {
    let mut known = names(text).into_iter();
    known.find_map(|name| all.iter().position(|other| names(other).contains(&name)))
}

/// What a value is that was written as the one and is read as the other, by names; `None` for a variant that is not known.
fn model(from: &Spot<'_>, to: &Spot<'_>, value: &Value) -> Option<Value> {
    let (from, to) = (from.unwrapped(), to.unwrapped());
    Some(match (from.ty, to.ty, value) {
        (Type::Option(_), Type::Option(_), Value::None) => Value::None,
        (Type::Option(inner), Type::Option(other), Value::Some(value)) => {
            Value::Some(Box::new(model(&from.to(inner), &to.to(other), value)?))
        }
        (_, Type::Option(other), value) => Value::Some(Box::new(model(&from, &to.to(other), value)?)),
        (Type::Seq(element), Type::Seq(other), Value::List(list)) => {
            let (from, to) = (from.to(element), to.to(other));
            Value::List(
                list.iter()
                    .map(|value| model(&from, &to, value))
                    .collect::<Option<_>>()?,
            )
        }
        (Type::Tuple(fields), Type::Tuple(others), Value::List(list)) => {
            let fields = fields.iter().zip(others).zip(list);
            let fields = fields.map(|((field, other), value)| model(&from.to(field), &to.to(other), value));
            Value::List(fields.collect::<Option<_>>()?)
        }
        (Type::Map(key, value), Type::Map(other_key, other), Value::Map(map)) => {
            let entries = map.iter().map(|(k, v)| {
                Some((
                    model(&from.to(key), &to.to(other_key), k)?,
                    model(&from.to(value), &to.to(other), v)?,
                ))
            });
            Value::Map(entries.collect::<Option<_>>()?)
        }
        (Type::Struct { fields, .. }, Type::Struct { fields: others, .. }, Value::Map(map)) => {
            let mut read = vec![None; others.len()];
            for ((name, ty), (_, value)) in fields.iter().zip(map) {
                if let Some(place) = met(
                    name,
                    &others.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
                ) {
                    read[place] = Some(model(&from.to(ty), &to.to(&others[place].1), value)?);
                }
            }
            let named = others.iter().zip(read).map(|((name, _), value)| {
                (
                    Value::text(main_name(name)),
                    value.unwrap_or(Value::text(DEFAULT)),
                )
            });
            Value::Map(named.collect())
        }
        (Type::Unit, Type::Struct { fields, .. }, _) => {
            let named = fields
                .iter()
                .map(|(name, _)| (Value::text(main_name(name)), Value::text(DEFAULT)));
            Value::Map(named.collect())
        }
        (Type::Struct { .. }, Type::Unit, _) => Value::Unit,
        (Type::Enum { variants, .. }, Type::Enum { variants: others, .. }, value) => {
            let (name, carried) = match value {
                Value::Text(name) => (name, &Value::Unit),
                Value::Map(entry) => match &**entry {
                    [(Value::Text(name), carried)] => (name, carried),
                    _ => panic!("it was made for the type"),
                },
                _ => panic!("it was made for the type"),
            };
            let variant = variants
                .iter()
                .find(|variant| main_name(&variant.name) == name)
                .expect("it is one");
            let takes_others = matches!(to.allows(), Allows::Variants { others: true });
            let other = match met(
                &variant.name,
                &others.iter().map(|other| other.name.as_str()).collect::<Vec<_>>(),
            ) {
                Some(place) => &others[place],
                None if takes_others => others.last()?,
                None => return None,
            };
            let name = Value::text(main_name(&other.name));
            match (&variant.content, &other.content) {
                (_, Type::Unit) => name,
                (Type::Tuple(fields), Type::Tuple(others)) if fields.len() == 1 => {
                    let (from, to) = (from.to(&variant.content), to.to(&other.content));
                    Value::Map(vec![(
                        name,
                        model(&from.to(&fields[0]), &to.to(&others[0]), carried)?,
                    )])
                }
                (content, other) => {
                    Value::Map(vec![(name, model(&from.to(content), &to.to(other), carried)?)])
                }
            }
        }
        (_, _, value) => value.clone(),
    })
}

/// Reads as serde's derive does for such a type.
impl<'de> DeserializeSeed<'de> for Spot<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let names = |all: Vec<&str>| -> &'static [&'static str] {
            let all: Vec<&'static str> = all.into_iter().flat_map(names).map(forever).collect();
            all.leak()
        };
        macro_rules! leaf {
            ($($ty:ident $read:ty => $into:expr;)*) => {
                match self.ty {
                    $(Type::$ty => return <$read>::deserialize(deserializer).map($into),)*
                    _ => {}
                }
            };
        }
        leaf! {
            Unit () => |()| Value::Unit;
            Bool bool => Value::Bool;
            I8 i8 => |value| Value::Integer(value.into());
            I16 i16 => |value| Value::Integer(value.into());
            I32 i32 => |value| Value::Integer(value.into());
            I64 i64 => |value| Value::Integer(value.into());
            I128 i128 => Value::Integer;
            U8 u8 => |value| Value::Integer(value.into());
            U16 u16 => |value| Value::Integer(value.into());
            U32 u32 => |value| Value::Integer(value.into());
            U64 u64 => |value| Value::Integer(value.into());
            U128 u128 => |value: u128| i128::try_from(value).map_or(Value::Huge(value), Value::Integer);
            F32 f32 => |value| Value::Float(value.into());
            F64 f64 => Value::Float;
            Char char => Value::Char;
            Str String => Value::Text;
        }
        match self.ty {
            Type::Bytes => deserializer.deserialize_byte_buf(self),
            Type::Option(_) => deserializer.deserialize_option(self),
            Type::Seq(_) => deserializer.deserialize_seq(self),
            Type::Map(..) => deserializer.deserialize_map(self),
            Type::Tuple(fields) => deserializer.deserialize_tuple(fields.len(), self),
            Type::NewtypeStruct { .. } => deserializer.deserialize_newtype_struct("New", self),
            Type::Struct { fields, .. } => {
                let names = names(fields.iter().map(|(name, _)| name.as_str()).collect());
                deserializer.deserialize_struct("Struct", names, self)
            }
            Type::Enum { variants, .. } => {
                let names = names(variants.iter().map(|variant| variant.name.as_str()).collect());
                deserializer.deserialize_enum("Enum", names, self)
            }
            other => panic!("{other} is not made"),
        }
    }
}

impl<'de> Visitor<'de> for Spot<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(bytes.to_vec()))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<Value, D::Error> {
        let Type::Option(inner) = self.ty else {
            return Err(D::Error::custom("it is no option"));
        };
        self.to(inner)
            .deserialize(inside)
            .map(|value| Value::Some(Box::new(value)))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Value, D::Error> {
        let Type::NewtypeStruct { inner, .. } = self.ty else {
            return Err(D::Error::custom("it is no newtype"));
        };
        self.to(inner).deserialize(inside)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        let few = || A::Error::custom("too few came");
        match self.ty {
            Type::Seq(element) => {
                let mut list = Vec::new();
                while let Some(value) = parts.next_element_seed(self.to(element))? {
                    list.push(value);
                }
                Ok(Value::List(list))
            }
            Type::Tuple(fields) => {
                let all = fields
                    .iter()
                    .map(|field| parts.next_element_seed(self.to(field))?.ok_or_else(few));
                all.collect::<Result<_, _>>().map(Value::List)
            }
            Type::Struct { fields, .. } => {
                let all = fields.iter().map(|(name, field)| {
                    let value = parts.next_element_seed(self.to(field))?.ok_or_else(few)?;
                    Ok((Value::text(main_name(name)), value))
                });
                all.collect::<Result<_, _>>().map(Value::Map)
            }
            _ => Err(A::Error::custom("it is no sequence")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        match self.ty {
            Type::Map(key, value) => {
                let mut map = Vec::new();
                while let Some(key) = parts.next_key_seed(self.to(key))? {
                    map.push((key, parts.next_value_seed(self.to(value))?));
                }
                Ok(Value::Map(map))
            }
            Type::Struct { fields, .. } => {
                let Allows::Fields { optional, strict } = self.allows() else {
                    panic!("it is a struct");
                };
                let mut read = vec![None; fields.len()];
                while let Some(key) = parts.next_key::<String>()? {
                    match fields.iter().position(|(text, _)| names(text).contains(&&*key)) {
                        Some(place) if read[place].is_some() => {
                            return Err(A::Error::custom("it comes twice"));
                        }
                        Some(place) => read[place] = Some(parts.next_value_seed(self.to(&fields[place].1))?),
                        None if *strict => return Err(A::Error::custom("it is not known")),
                        None => drop(parts.next_value::<IgnoredAny>()?),
                    }
                }
                let all = fields
                    .iter()
                    .zip(read)
                    .zip(optional)
                    .map(|(((name, _), value), optional)| {
                        let value = value.or_else(|| optional.then(|| Value::text(DEFAULT)));
                        let value = value.ok_or_else(|| A::Error::custom("it is missing"))?;
                        Ok((Value::text(main_name(name)), value))
                    });
                all.collect::<Result<_, _>>().map(Value::Map)
            }
            _ => Err(A::Error::custom("it is no map")),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, choice: A) -> Result<Value, A::Error> {
        let Type::Enum { variants, .. } = self.ty else {
            return Err(A::Error::custom("it is no enum"));
        };
        let (name, carried) = choice.variant::<String>()?;
        let found = variants
            .iter()
            .find(|variant| names(&variant.name).contains(&&*name));
        let takes_others = matches!(self.allows(), Allows::Variants { others: true });
        let variant = match found {
            Some(variant) => variant,
            None if takes_others => &variants[variants.len() - 1],
            None => return Err(A::Error::custom("there is no variant")),
        };
        let name = Value::text(main_name(&variant.name));
        let content = self.to(&variant.content);
        let carried = match &variant.content {
            Type::Unit => return carried.unit_variant().map(|()| name),
            Type::Tuple(fields) if fields.len() == 1 => {
                carried.newtype_variant_seed(content.to(&fields[0]))?
            }
            Type::Tuple(fields) => carried.tuple_variant(fields.len(), content)?,
            Type::Struct { fields, .. } => {
                let all: Vec<_> = fields
                    .iter()
                    .flat_map(|(text, _)| names(text))
                    .map(forever)
                    .collect();
                carried.struct_variant(all.leak(), content)?
            }
            other => panic!("{other} is not made"),
        };
        Ok(Value::Map(vec![(name, carried)]))
    }
}

fn read(layout: &Layout, reader: &Spot<'_>, bytes: &[u8]) -> Result<Value, Misfit> {
    let mut input = Input::new(bytes);
    let value = reader.clone().deserialize(Reader::new(&mut input, layout))?;
    assert_eq!(input.left(), 0);
    Ok(value)
}

#[test]
fn whatever_was_changed_values_are_read_by_names_or_not_at_all() {
    let (mut same, mut compatibles, mut refused) = (0, 0, 0);
    for seed in 0..4000 {
        let mut dice = Dice::new(seed + 1);
        let depth = 1 + dice.count(4);
        let base = ty(&mut dice, depth, 0);
        let (writer, reader) = (changed(&mut dice, &base), changed(&mut dice, &base));
        let verdict = compatible(&writer, &reader);
        if writer.ty.matches(&reader.ty) {
            assert_eq!(verdict, Verdict::Same, "{} to {}", writer.ty, reader.ty);
        }
        match &verdict {
            Verdict::Same => same += 1,
            Verdict::Compatible => compatibles += 1,
            Verdict::Incompatible(_) => {
                refused += 1;
                continue;
            }
        }
        let (of_writer, of_reader) = (allowed(&writer), allowed(&reader));
        let spot = |ty, allowed| Spot {
            ty,
            around: Vec::new(),
            allowed,
        };
        let (from, to) = (spot(&writer.ty, &of_writer), spot(&reader.ty, &of_reader));
        let plain = written(&writer.ty);
        for _ in 0..3 {
            let value = Maker::new(Dice::new(dice.number())).value(&plain);
            let bytes = by_the_library(&Typed::new(&plain, &value));
            let found = read(&Layout::of(&writer), &to, &bytes);
            let what = || format!("{verdict:?} of {value:?}: {} to {}", writer.ty, reader.ty);
            match model(&from, &to, &value) {
                Some(expected) => assert_eq!(found.as_ref(), Ok(&expected), "{}", what()),
                None => assert_eq!(
                    found.as_ref().err().map(Misfit::words),
                    Some("there is no variant"),
                    "{}",
                    what()
                ),
            }
            if verdict == Verdict::Same {
                // By position, as the reader's own.
                assert_eq!(read(&Layout::of(&reader), &to, &bytes), found, "{}", what());
            }
        }
    }
    assert!(
        same > 300 && compatibles > 300 && refused > 300,
        "{same}, {compatibles}, {refused}"
    );
}
