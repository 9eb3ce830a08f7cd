//! A signature with what whoever reads its values allows beyond their structure.

use serde::{Deserialize, Serialize};

use super::flat::list;
use super::{Allows, ErrorType, Readable, Signature, Type};

/// What a type's structs and enums allow, as in [`Readable`].
pub type Beyond = Vec<Option<Allows>>;

/// A signature, and what is known of its types beyond it: so much that whoever has another one can tell whether they go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The structures.
    pub signature: Signature,
    /// What is known beyond them.
    pub allows: Allowances,
}

/// What is known of the types of a signature beyond their structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowances {
    /// Of each parameter, in order; of those that are not there nothing is known.
    #[serde(deserialize_with = "list")]
    pub parameters: Vec<OfParameter>,
    /// Of the result.
    #[serde(deserialize_with = "list")]
    pub ok: Beyond,
    /// Of the error.
    #[serde(deserialize_with = "list")]
    pub error: Beyond,
}

/// What is known of a parameter beyond its structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfParameter {
    /// What its type allows.
    #[serde(deserialize_with = "list")]
    pub beyond: Beyond,
    /// Whether it may be left out: then it is its default.
    pub optional: bool,
}

impl From<Signature> for Interface {
    /// Nothing is known but the structures.
    fn from(signature: Signature) -> Self {
        let unknown = |ty: &Type| Readable::unknown(ty.clone()).allows;
        let parameters = signature.parameters.iter().flatten();
        let parameters = parameters.map(|parameter| OfParameter::new(unknown(&parameter.ty), false));
        let error = match &signature.returns.error {
            ErrorType::Typed(ty) => unknown(ty),
            ErrorType::None | ErrorType::Remote => Vec::new(),
        };
        let allows = Allowances {
            parameters: parameters.collect(),
            ok: unknown(&signature.returns.ok),
            error,
        };
        Self { signature, allows }
    }
}

impl Interface {
    /// Each parameter, if they are known: what it is called, what it takes, and whether it may be left out.
    #[must_use]
    pub fn parameters(&self) -> Option<Vec<(&str, Readable, bool)>> {
        let parameters = self.signature.parameters.as_ref()?.iter().enumerate();
        let known = parameters.map(|(number, parameter)| {
            let of = self.allows.parameters.get(number);
            let readable = readable(&parameter.ty, of.map(|of| &of.beyond));
            let optional = matches!(parameter.ty.unwrapped().1, Type::Option(_));
            let optional = optional || of.is_some_and(|of| of.optional);
            (&*parameter.name, readable, optional)
        });
        Some(known.collect())
    }

    /// The same, where these of the arguments that are no streams say themselves what they are.
    #[cfg(any(feature = "runtime", test))]
    pub(crate) fn explaining(&self, arguments: &[usize]) -> Self {
        let mut interface = self.clone();
        let Self { signature, allows } = &mut interface;
        let parameters = signature.parameters.iter_mut().flatten().enumerate();
        let values = parameters.filter(|(_, parameter)| parameter.ty.item().is_none());
        for (argument, (place, parameter)) in values.enumerate() {
            if arguments.contains(&argument) {
                parameter.ty = Type::Any;
                if let Some(of) = allows.parameters.get_mut(place) {
                    of.beyond.clear();
                }
            }
        }
        interface
    }

    /// The result.
    #[must_use]
    pub fn ok(&self) -> Readable {
        readable(&self.signature.returns.ok, Some(&self.allows.ok))
    }

    /// The error, if it travels as a value.
    #[must_use]
    pub fn error(&self) -> Option<Readable> {
        match &self.signature.returns.error {
            ErrorType::Typed(ty) => Some(readable(ty, Some(&self.allows.error))),
            ErrorType::None | ErrorType::Remote => None,
        }
    }
}

/// What was too large to be told is not known beyond either.
fn readable(ty: &Type, beyond: Option<&Beyond>) -> Readable {
    match beyond {
        Some(beyond) if !ty.is_unknown() => Readable {
            ty: ty.clone(),
            allows: beyond.clone(),
        },
        _ => Readable::unknown(ty.clone()),
    }
}

/// What is known of a type beyond its structure, without the end of which there is nothing to say.
pub(super) fn beyond(mut allows: Beyond) -> Beyond {
    while let Some(None) = allows.last() {
        allows.pop();
    }
    allows
}
