//! A structure with what whoever reads it allows beyond it.

use serde::{Deserialize, Serialize};

use super::flat::list;
use super::{Fnv, Type};

/// The structure of a type, and what its `Deserialize` allows beyond it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readable {
    /// The structure.
    pub ty: Type,
    /// What each of its structs and enums allows, in the order in which they are written down, outermost first; `None`, or an end
    /// before it, if that is nothing. What a variant carries with names for its fields is a struct.
    #[serde(deserialize_with = "list")]
    pub allows: Vec<Option<Allows>>,
}

/// What a struct or an enum allows beyond its structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Allows {
    /// It is a struct.
    Fields {
        /// Whether each field may be missing: it has a default, or is an `Option`. Nothing if none may.
        #[serde(deserialize_with = "list")]
        optional: Vec<bool>,
        /// Whether it refuses fields that it does not know.
        strict: bool,
    },
    /// It is an enum.
    Variants {
        /// Whether it takes variants that it does not know, as `#[serde(other)]` does.
        others: bool,
    },
    /// It is one or the other, and could not be asked.
    Unknown,
}

impl Readable {
    /// Nothing is known but the structure.
    #[must_use]
    pub fn unknown(ty: Type) -> Self {
        let mut allows = Vec::new();
        each(&ty, &mut |_| allows.push(Some(Allows::Unknown)));
        Self { ty, allows }
    }

    /// Whether what it says that is allowed is said of such structs and enums as the structure has.
    #[must_use]
    pub(crate) fn is_consistent(&self) -> bool {
        let mut allows = self.allows.iter();
        let mut consistent = true;
        each(&self.ty, &mut |ty| {
            consistent &= match (ty, allows.next()) {
                (_, None | Some(None | Some(Allows::Unknown))) => true,
                (Type::Struct { fields, .. }, Some(Some(Allows::Fields { optional, .. }))) => {
                    optional.is_empty() || optional.len() == fields.len()
                }
                (Type::Enum { .. }, Some(Some(Allows::Variants { .. }))) => true,
                _ => false,
            };
        });
        consistent && allows.next().is_none()
    }

    /// A number for the structure and all that is allowed beyond it, never 0: what depends on both, as whether another type is
    /// compatible, may be kept by it.
    #[must_use]
    pub fn number(&self) -> u64 {
        let mut hash = Fnv::new();
        hash.bytes(&self.ty.number().to_le_bytes());
        // Where nothing is allowed, it is the same whether that is said.
        let said = self
            .allows
            .iter()
            .rposition(Option::is_some)
            .map_or(0, |last| last + 1);
        for allows in &self.allows[..said] {
            match allows {
                None => hash.bytes(&[0]),
                Some(Allows::Fields { optional, strict }) => {
                    hash.bytes(&[1, (*strict).into()]);
                    hash.length(optional.len());
                    optional
                        .iter()
                        .for_each(|optional| hash.bytes(&[(*optional).into()]));
                }
                Some(Allows::Variants { others }) => hash.bytes(&[2, (*others).into()]),
                Some(Allows::Unknown) => hash.bytes(&[3]),
            }
        }
        hash.finish()
    }
}

#[cfg(any(feature = "runtime", test))]
impl Type {
    /// How many structs and enums are written down in it.
    pub(crate) fn named(&self) -> usize {
        let mut count = 0;
        each(self, &mut |_| count += 1);
        count
    }
}

/// Each struct and enum in a type, in the order in which they are written down.
fn each(ty: &Type, found: &mut impl FnMut(&Type)) {
    match ty {
        Type::Option(inner) | Type::Seq(inner) | Type::NewtypeStruct { inner, .. } => each(inner, found),
        Type::Map(key, value) => {
            each(key, found);
            each(value, found);
        }
        Type::Tuple(fields) | Type::TupleStruct { fields, .. } => {
            fields.iter().for_each(|field| each(field, found));
        }
        Type::Struct { fields, .. } => {
            found(ty);
            fields.iter().for_each(|(_, field)| each(field, found));
        }
        Type::Enum { variants, .. } => {
            found(ty);
            variants.iter().for_each(|variant| each(&variant.content, found));
        }
        _ => {}
    }
}
