//! A structure with what whoever reads it allows beyond it.

use serde::{Deserialize, Serialize};

use super::Type;

/// The structure of a type, and what its `Deserialize` allows beyond it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readable {
    /// The structure.
    pub ty: Type,
    /// What each of its structs and enums allows, in the order in which they are written down, outermost first; `None`
    /// where it is not known. What a variant carries with names for its fields is a struct.
    pub allows: Vec<Option<Allows>>,
}

/// What a struct or an enum allows beyond its structure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Allows {
    /// It is a struct.
    Fields {
        /// What each field is called, and what else.
        names: Vec<Vec<String>>,
        /// Whether each field may be missing: it has a default, or is an `Option`.
        optional: Vec<bool>,
        /// Whether it refuses fields that it does not know.
        strict: bool,
    },
    /// It is an enum.
    Variants {
        /// What each variant is called, and what else.
        names: Vec<Vec<String>>,
        /// Whether it takes variants that it does not know, as `#[serde(other)]` does.
        others: bool,
    },
}

impl Readable {
    /// Nothing is known but the structure.
    #[must_use]
    pub const fn unknown(ty: Type) -> Self {
        Self {
            ty,
            allows: Vec::new(),
        }
    }
}
