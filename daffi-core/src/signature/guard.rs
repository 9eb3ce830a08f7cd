//! Whether a value of a type can be larger in memory than its bytes allow for.

use super::{Signature, Type};

impl Signature {
    /// Whether decoding its arguments or its result has to be bounded in depth and number of elements: a type that
    /// contains itself can nest without end, a sequence of elements that take no bytes can have any length, and of
    /// what is not known nothing can be excluded.
    #[must_use]
    pub fn needs_guard(&self) -> bool {
        self.parameters.is_none() || self.types().any(Type::needs_guard)
    }
}

impl Type {
    fn needs_guard(&self) -> bool {
        match self {
            Self::Recursive(_) | Self::Opaque => true,
            Self::Option(inner) | Self::NewtypeStruct { inner, .. } => inner.needs_guard(),
            Self::Seq(element) => element.may_be_empty() || element.needs_guard(),
            Self::Map(key, value) => {
                (key.may_be_empty() && value.may_be_empty()) || key.needs_guard() || value.needs_guard()
            }
            Self::Tuple(fields) | Self::TupleStruct { fields, .. } => fields.iter().any(Self::needs_guard),
            Self::Struct { fields, .. } => fields.iter().any(|(_, field)| field.needs_guard()),
            Self::Enum { variants, open, .. } => {
                *open || variants.iter().any(|variant| variant.content.needs_guard())
            }
            _ => false,
        }
    }

    /// Whether a value may take no bytes at all.
    fn may_be_empty(&self) -> bool {
        match self {
            Self::Unit | Self::UnitStruct { .. } | Self::Recursive(_) | Self::Opaque => true,
            Self::NewtypeStruct { inner, .. } => inner.may_be_empty(),
            Self::Tuple(fields) | Self::TupleStruct { fields, .. } => fields.iter().all(Self::may_be_empty),
            Self::Struct { fields, .. } => fields.iter().all(|(_, field)| field.may_be_empty()),
            _ => false,
        }
    }
}
