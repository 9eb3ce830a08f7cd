//! How a [`Type`] is sent: a list of what it is made of, outermost first, instead of types within types, so that
//! receiving one takes no more stack than the depth that is allowed, whatever the peer sends.
//!
//! What is serialized here is a promise to other builds.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::Called;
use super::{DEPTH_LIMIT, Parameter, Returns, SIZE_LIMIT, Signature, Type, Variant};

/// A type without the types inside, which follow it in the list. New ones are added at the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Token<'a> {
    Opaque,
    Unit,
    Bool,
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    F32,
    F64,
    Char,
    Str,
    Bytes,
    Option,
    Seq,
    Map,
    Tuple(u32),
    UnitStruct(Cow<'a, str>),
    NewtypeStruct(Cow<'a, str>),
    TupleStruct(Cow<'a, str>, u32),
    Struct(
        Cow<'a, str>,
        #[serde(deserialize_with = "list")] Vec<Cow<'a, str>>,
    ),
    Enum {
        name: Cow<'a, str>,
        #[serde(deserialize_with = "list")]
        variants: Vec<(u32, Cow<'a, str>)>,
        open: bool,
    },
    Recursive(u32),
    Any,
}

impl Token<'_> {
    /// How many types follow that are inside of this one.
    fn inside(&self) -> usize {
        match self {
            Self::Option | Self::Seq | Self::NewtypeStruct(_) => 1,
            Self::Map => 2,
            Self::Tuple(count) | Self::TupleStruct(_, count) => usize::try_from(*count).unwrap_or(usize::MAX),
            Self::Struct(_, fields) => fields.len(),
            Self::Enum { variants, .. } => variants.len(),
            _ => 0,
        }
    }

    /// Whether its names are such as are told of: whoever reads by them may come upon each many times.
    fn is_short(&self) -> bool {
        let is_short = |name: &Cow<'_, str>| Called::new(name).is_short();
        match self {
            Self::Struct(_, fields) => fields.iter().all(is_short),
            Self::Enum { variants, .. } => variants.iter().all(|(_, name)| is_short(name)),
            _ => true,
        }
    }
}

impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tokens = Vec::new();
        flatten(self, &mut tokens);
        tokens.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The type itself counts too.
        let tokens = deserializer.deserialize_seq(Limited::new(1, Token::inside))?;
        assemble(tokens).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "Signature")]
        struct Received {
            parameters: Option<Parameters>,
            returns: Returns,
        }

        struct Parameters(Vec<Parameter>);

        impl<'de> Deserialize<'de> for Parameters {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let more = |parameter: &Parameter| parameter.ty.size();
                deserializer.deserialize_seq(Limited::new(0, more)).map(Self)
            }
        }

        let Received { parameters, returns } = Received::deserialize(deserializer)?;
        let signature = Self {
            parameters: parameters.map(|Parameters(parameters)| parameters),
            returns,
        };
        if signature.size() > SIZE_LIMIT {
            return Err(D::Error::custom(TOO_MANY));
        }
        Ok(signature)
    }
}

/// Some types, which together are no larger than one may be.
pub(crate) fn types<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Type>, D::Error> {
    deserializer.deserialize_seq(Limited::new(0, Type::size))
}

const TOO_MANY: &str = "a signature is made of too many types";

/// A list that is no longer than a type may be large.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Limited::new(0, |_: &T| 1))
}

/// Reads a list until its elements have announced more types than a type may be made of.
struct Limited<T, F: Fn(&T) -> usize> {
    /// How many types were announced so far.
    size: usize,
    /// How many an element announces.
    more: F,
    element: PhantomData<fn() -> T>,
}

impl<T, F: Fn(&T) -> usize> Limited<T, F> {
    const fn new(size: usize, more: F) -> Self {
        Self {
            size,
            more,
            element: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>, F: Fn(&T) -> usize> Visitor<'de> for Limited<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a signature")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            self.size = self.size.saturating_add((self.more)(&element));
            elements.push(element);
            if self.size > SIZE_LIMIT || elements.len() > SIZE_LIMIT {
                return Err(A::Error::custom(TOO_MANY));
            }
        }
        Ok(elements)
    }
}

/// Writes down `ty` and what is inside of it.
pub(super) fn flatten<'a>(ty: &'a Type, tokens: &mut Vec<Token<'a>>) {
    let count = |types: &[Type]| u32::try_from(types.len()).unwrap_or(u32::MAX);
    let (token, inside): (_, Vec<&Type>) = match ty {
        Type::Opaque => (Token::Opaque, Vec::new()),
        Type::Unit => (Token::Unit, Vec::new()),
        Type::Bool => (Token::Bool, Vec::new()),
        Type::I8 => (Token::I8, Vec::new()),
        Type::I16 => (Token::I16, Vec::new()),
        Type::I32 => (Token::I32, Vec::new()),
        Type::I64 => (Token::I64, Vec::new()),
        Type::I128 => (Token::I128, Vec::new()),
        Type::U8 => (Token::U8, Vec::new()),
        Type::U16 => (Token::U16, Vec::new()),
        Type::U32 => (Token::U32, Vec::new()),
        Type::U64 => (Token::U64, Vec::new()),
        Type::U128 => (Token::U128, Vec::new()),
        Type::F32 => (Token::F32, Vec::new()),
        Type::F64 => (Token::F64, Vec::new()),
        Type::Char => (Token::Char, Vec::new()),
        Type::Str => (Token::Str, Vec::new()),
        Type::Bytes => (Token::Bytes, Vec::new()),
        Type::Option(inner) => (Token::Option, vec![inner]),
        Type::Seq(element) => (Token::Seq, vec![element]),
        Type::Map(key, value) => (Token::Map, vec![key, value]),
        Type::Tuple(fields) => (Token::Tuple(count(fields)), fields.iter().collect()),
        Type::UnitStruct { name } => (Token::UnitStruct(name.into()), Vec::new()),
        Type::NewtypeStruct { name, inner } => (Token::NewtypeStruct(name.into()), vec![inner]),
        Type::TupleStruct { name, fields } => (
            Token::TupleStruct(name.into(), count(fields)),
            fields.iter().collect(),
        ),
        Type::Struct { name, fields } => (
            Token::Struct(name.into(), fields.iter().map(|(name, _)| name.into()).collect()),
            fields.iter().map(|(_, field)| field).collect(),
        ),
        Type::Enum { name, variants, open } => (
            Token::Enum {
                name: name.into(),
                variants: variants
                    .iter()
                    .map(|variant| (variant.index, (&variant.name).into()))
                    .collect(),
                open: *open,
            },
            variants.iter().map(|variant| &variant.content).collect(),
        ),
        Type::Recursive(level) => (Token::Recursive(*level), Vec::new()),
        Type::Any => (Token::Any, Vec::new()),
    };
    tokens.push(token);
    for ty in inside {
        flatten(ty, tokens);
    }
}

/// Why a list of tokens is not a type, in words.
type Fault = &'static str;

/// Puts a type together again.
pub(super) fn assemble(tokens: Vec<Token<'_>>) -> Result<Type, Fault> {
    let mut tokens = tokens.into_iter();
    let ty = next(&mut tokens, 0)?;
    if tokens.next().is_some() {
        Err("something follows a type")
    } else {
        Ok(ty)
    }
}

fn next<'a>(tokens: &mut impl Iterator<Item = Token<'a>>, depth: usize) -> Result<Type, Fault> {
    if depth > DEPTH_LIMIT {
        return Err("a type is nested too deep");
    }
    let token = tokens.next().ok_or("a type ends early")?;
    if !token.is_short() {
        return Err("a type has a field or variant with a name that is too long, or with too many names");
    }
    let mut one = || next(tokens, depth + 1);
    Ok(match token {
        Token::Opaque => Type::Opaque,
        Token::Unit => Type::Unit,
        Token::Bool => Type::Bool,
        Token::I8 => Type::I8,
        Token::I16 => Type::I16,
        Token::I32 => Type::I32,
        Token::I64 => Type::I64,
        Token::I128 => Type::I128,
        Token::U8 => Type::U8,
        Token::U16 => Type::U16,
        Token::U32 => Type::U32,
        Token::U64 => Type::U64,
        Token::U128 => Type::U128,
        Token::F32 => Type::F32,
        Token::F64 => Type::F64,
        Token::Char => Type::Char,
        Token::Str => Type::Str,
        Token::Bytes => Type::Bytes,
        Token::Option => Type::Option(Box::new(one()?)),
        Token::Seq => Type::Seq(Box::new(one()?)),
        Token::Map => Type::Map(Box::new(one()?), Box::new(one()?)),
        Token::Tuple(count) => Type::Tuple((0..count).map(|_| one()).collect::<Result<_, _>>()?),
        Token::UnitStruct(name) => Type::UnitStruct {
            name: name.into_owned(),
        },
        Token::NewtypeStruct(name) => Type::NewtypeStruct {
            name: name.into_owned(),
            inner: Box::new(one()?),
        },
        Token::TupleStruct(name, count) => Type::TupleStruct {
            name: name.into_owned(),
            fields: (0..count).map(|_| one()).collect::<Result<_, _>>()?,
        },
        Token::Struct(name, fields) => Type::Struct {
            name: name.into_owned(),
            fields: fields
                .into_iter()
                .map(|name| Ok((name.into_owned(), one()?)))
                .collect::<Result<_, Fault>>()?,
        },
        Token::Enum { variants, .. } if !variants.is_sorted_by(|(index, _), (next, _)| index < next) => {
            return Err("the variants of an enum are not in the order of their numbers");
        }
        Token::Enum { name, variants, open } => Type::Enum {
            name: name.into_owned(),
            variants: variants
                .into_iter()
                .map(|(index, name)| {
                    Ok(Variant {
                        index,
                        name: name.into_owned(),
                        content: one()?,
                    })
                })
                .collect::<Result<_, Fault>>()?,
            open,
        },
        Token::Recursive(level) => Type::Recursive(level),
        Token::Any => Type::Any,
    })
}
