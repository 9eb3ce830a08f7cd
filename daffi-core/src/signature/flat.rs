//! How a [`Type`] is sent: a list of what it is made of, outermost first, instead of types within types, so that
//! receiving one takes no more stack than the depth that is allowed, whatever the peer sends.
//!
//! What is serialized here is a promise to other builds.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{DEPTH_LIMIT, SIZE_LIMIT, Type, Variant};

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
    Struct(Cow<'a, str>, Vec<Cow<'a, str>>),
    Enum { name: Cow<'a, str>, variants: Vec<(u32, Cow<'a, str>)>, open: bool },
    Recursive(u32),
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
        let tokens = Vec::<Token<'_>>::deserialize(deserializer)?;
        assemble(tokens).map_err(D::Error::custom)
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
        Type::TupleStruct { name, fields } => {
            (Token::TupleStruct(name.into(), count(fields)), fields.iter().collect())
        }
        Type::Struct { name, fields } => (
            Token::Struct(name.into(), fields.iter().map(|(name, _)| name.into()).collect()),
            fields.iter().map(|(_, field)| field).collect(),
        ),
        Type::Enum { name, variants, open } => (
            Token::Enum {
                name: name.into(),
                variants: variants.iter().map(|variant| (variant.index, (&variant.name).into())).collect(),
                open: *open,
            },
            variants.iter().map(|variant| &variant.content).collect(),
        ),
        Type::Recursive(level) => (Token::Recursive(*level), Vec::new()),
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
    if tokens.len() > SIZE_LIMIT {
        return Err("a type is made of too many types");
    }
    let mut tokens = tokens.into_iter();
    let ty = next(&mut tokens, 0)?;
    if tokens.next().is_some() { Err("something follows a type") } else { Ok(ty) }
}

fn next<'a>(tokens: &mut impl Iterator<Item = Token<'a>>, depth: usize) -> Result<Type, Fault> {
    if depth > DEPTH_LIMIT {
        return Err("a type is nested too deep");
    }
    let token = tokens.next().ok_or("a type ends early")?;
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
        Token::UnitStruct(name) => Type::UnitStruct { name: name.into_owned() },
        Token::NewtypeStruct(name) => {
            Type::NewtypeStruct { name: name.into_owned(), inner: Box::new(one()?) }
        }
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
        Token::Enum { name, variants, open } => Type::Enum {
            name: name.into_owned(),
            variants: variants
                .into_iter()
                .map(|(index, name)| Ok(Variant { index, name: name.into_owned(), content: one()? }))
                .collect::<Result<_, Fault>>()?,
            open,
        },
        Token::Recursive(level) => Type::Recursive(level),
    })
}
