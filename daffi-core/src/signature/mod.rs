//! Signatures: the structure of what a callback takes and gives, traced from the types' own serde
//! implementations, so that a caller and a callback that disagree find out before a byte is misread.
//!
//! Pure: knows serde's data model and nothing of callbacks, frames, encodings or tasks.

mod compare;
mod contract;
mod display;
pub(crate) mod flat;
mod fnv;
pub(crate) mod form;
mod gap;
mod graph;
mod guard;
mod interface;
mod names;
mod reading;
mod shape;
mod structure;
#[cfg(test)]
mod tests;
mod tracer;

use serde::{Deserialize, Serialize};

#[cfg(feature = "runtime")]
pub(crate) use contract::explain_all;
pub use contract::{Contract, ErrorFindings, Findings, Forms, Notes, Origin, Panic};
pub use form::{Form, Mismatch};
pub use gap::{Cause, Gap};
pub use interface::{Allowances, Beyond, Interface, OfParameter};
pub use reading::{Allows, Readable};
#[cfg(feature = "runtime")]
pub(crate) use shape::shape_for_all;
pub use shape::{Contradiction, shape};
pub(crate) use structure::recurred;
pub use structure::{Type, Variant};
pub use tracer::{findings, reading, trace};

pub(crate) use fnv::Fnv;
pub(crate) use names::{Called, Known, NAMES};

/// How deep a [`Type`] may nest. What lies deeper is [`Type::Opaque`] when traced, and refused when received.
const DEPTH_LIMIT: usize = 128;

/// How many types a [`Type`], or all those of a [`Signature`] together, may be made of, counting everything inside.
const SIZE_LIMIT: usize = 8192;

/// Into longer tuples and arrays nobody looks.
const LENGTH_LIMIT: usize = 1024;

/// What a callback takes and gives, or what a caller of it believes so.
///
/// Two signatures are compared by structure: what the fields of structs and the variants of enums are called, in their
/// order, must agree, but what a struct, an enum or a parameter itself is called does not matter. A newtype is what it wraps, a tuple struct or an array is a tuple, a unit struct is `()`, and
/// bytes are a sequence of `u8`.
///
/// ```
/// use daffi::Signature;
/// use daffi::signature::{ErrorType, Returns, trace};
///
/// #[derive(serde::Deserialize)]
/// struct Meters(f64);
///
/// #[derive(serde::Deserialize)]
/// enum RouteError {
///     Unreachable,
///     Closed { until: u64 },
/// }
///
/// let returns = || Returns { ok: trace::<Meters>(), error: ErrorType::Typed(trace::<RouteError>()) };
/// let offered = Signature::new([("from", trace::<String>()), ("stops", trace::<Vec<u32>>())], returns());
/// assert_eq!(
///     offered.to_string(),
///     "fn(from: String, stops: Vec<u32>) -> Result<Meters(f64), RouteError { Unreachable, Closed { until: u64 } }>",
/// );
///
/// // Another name for a parameter is the same signature, another type is not.
/// let same = Signature::new([("start", trace::<String>()), ("via", trace::<Vec<u32>>())], returns());
/// assert_eq!(same.number(), offered.number());
/// let other = Signature::new([("from", trace::<String>()), ("stops", trace::<Vec<u64>>())], returns());
/// assert_ne!(other.number(), offered.number());
/// assert!(!other.is_compatible_with(&offered));
/// assert!(!offered.streams());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// What it takes, in order; `None` if nothing is known about it.
    pub parameters: Option<Vec<Parameter>>,
    /// What it gives.
    pub returns: Returns,
}

/// One parameter of a [`Signature`].
///
/// ```
/// use daffi::signature::{Parameter, Type, trace};
///
/// let parameter = Parameter { name: "stops".to_owned(), ty: trace::<Vec<u32>>() };
/// assert_eq!(parameter.ty, Type::Seq(Box::new(Type::U32)));
/// assert_eq!(parameter.ty.to_string(), "Vec<u32>");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// What it is called, for people to read; `_` where nobody gave it a name.
    pub name: String,
    /// What is passed for it.
    pub ty: Type,
}

/// What a callback gives: a value, or an error.
///
/// ```
/// use daffi::Signature;
/// use daffi::signature::{ErrorType, Returns, trace};
///
/// let returns = Returns { ok: trace::<u64>(), error: ErrorType::Remote };
/// assert_eq!(Signature::new([], returns).to_string(), "fn() -> Result<u64, RemoteError>");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returns {
    /// The value.
    pub ok: Type,
    /// The error.
    pub error: ErrorType,
}

/// The error that a callback may give instead of a value.
///
/// ```
/// use daffi::signature::{ErrorType, Returns};
///
/// fn may_fail(returns: &Returns) -> bool {
///     match &returns.error {
///         ErrorType::None => false,
///         ErrorType::Remote => true,                  // in words
///         ErrorType::Typed(error) => {
///             println!("with {error}");               // of that structure
///             true
///         }
///         _ => true,
///     }
/// }
/// # let ok = daffi::signature::trace::<u8>();
/// # assert!(!may_fail(&Returns { ok, error: ErrorType::None }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorType {
    /// It gives none.
    None,
    /// Some error, which travels as text.
    Remote,
    /// An error that travels as a value of this type.
    Typed(Type),
}

impl Returns {
    /// How many types it is made of.
    fn size(&self) -> usize {
        let error = match &self.error {
            ErrorType::Typed(ty) => ty.size(),
            ErrorType::None | ErrorType::Remote => 0,
        };
        self.ok.size() + error
    }
}

impl Signature {
    /// A signature with named parameters, in order.
    ///
    /// If all its types together are too many to be sent, the largest are made [`Type::Opaque`].
    #[must_use]
    pub fn new<'a>(parameters: impl IntoIterator<Item = (&'a str, Type)>, returns: Returns) -> Self {
        let parameters = parameters.into_iter().map(|(name, ty)| Parameter {
            name: name.to_owned(),
            ty,
        });
        Self {
            parameters: Some(parameters.collect()),
            returns,
        }
        .within_limit()
    }

    /// A signature whose parameters are the elements of a tuple and have no names.
    ///
    /// [`Type::Unit`] stands for no parameters. About anything but a tuple nothing is known.
    #[cfg(any(feature = "runtime", test))]
    #[must_use]
    pub(crate) fn from_arguments(arguments: Type, returns: Returns) -> Self {
        let types = match arguments {
            Type::Unit => Some(Vec::new()),
            Type::Tuple(types) => Some(types),
            _ => None,
        };
        let parameters = types.map(|types| {
            types
                .into_iter()
                .map(|ty| Parameter {
                    name: "_".to_owned(),
                    ty,
                })
                .collect::<Vec<_>>()
        });
        Self { parameters, returns }.within_limit()
    }

    /// The same with what another knows of parameters of which nothing is known here.
    #[cfg(any(feature = "runtime", test))]
    #[must_use]
    pub(crate) fn shown_by(&self, other: Self) -> Self {
        let mut parameters = self.parameters.clone();
        match (&mut parameters, other.parameters) {
            (Some(known), Some(shown)) => {
                for (known, shown) in known.iter_mut().zip(shown) {
                    if known.ty == Type::Opaque {
                        known.ty = shown.ty;
                    }
                }
            }
            (_, shown) => parameters = shown,
        }
        Self {
            parameters,
            returns: self.returns.clone(),
        }
        .within_limit()
    }

    /// A signature about which nothing is known.
    #[cfg(any(feature = "runtime", test))]
    #[must_use]
    pub(crate) const fn unknown() -> Self {
        Self {
            parameters: None,
            returns: Returns {
                ok: Type::Opaque,
                error: ErrorType::None,
            },
        }
    }

    fn within_limit(mut self) -> Self {
        self.parameters = self
            .parameters
            .filter(|parameters| parameters.len() < SIZE_LIMIT / 2);
        while self.size() > SIZE_LIMIT {
            let parameters = self
                .parameters
                .iter_mut()
                .flatten()
                .map(|parameter| &mut parameter.ty);
            let error = match &mut self.returns.error {
                ErrorType::Typed(ty) => Some(ty),
                ErrorType::None | ErrorType::Remote => None,
            };
            match parameters
                .chain([&mut self.returns.ok])
                .chain(error)
                .max_by_key(|ty| ty.size())
            {
                Some(largest) => *largest = Type::Opaque,
                None => break,
            }
        }
        self
    }

    /// All types in it, in order.
    fn types(&self) -> impl Iterator<Item = &Type> {
        let parameters = self.parameters.iter().flatten().map(|parameter| &parameter.ty);
        let error = match &self.returns.error {
            ErrorType::Typed(ty) => Some(ty),
            ErrorType::None | ErrorType::Remote => None,
        };
        parameters.chain([&self.returns.ok]).chain(error)
    }

    /// How many types it is made of.
    fn size(&self) -> usize {
        self.types().map(Type::size).sum()
    }

    /// Where the first part is that nothing is known about and that therefore cannot be checked.
    ///
    /// A path for people to read: ``argument `item`, field `id` ``, or `result, element`.
    ///
    /// ```
    /// use daffi::Signature;
    /// use daffi::signature::{ErrorType, Returns, Type};
    ///
    /// let returns = || Returns { ok: Type::Unit, error: ErrorType::None };
    /// let known = Signature::new([("id", Type::U64)], returns());
    /// assert_eq!(known.first_opaque(), None);
    /// let unknown = Signature::new([("item", Type::Seq(Box::new(Type::Opaque)))], returns());
    /// assert_eq!(unknown.first_opaque().as_deref(), Some("argument `item`, element"));
    /// assert!(unknown.needs_guard() && !known.needs_guard());
    /// ```
    #[must_use]
    pub fn first_opaque(&self) -> Option<String> {
        let Some(parameters) = &self.parameters else {
            return Some("arguments".to_owned());
        };
        let arguments = parameters.iter().enumerate().map(|(number, parameter)| {
            let place = match parameter.name.as_str() {
                "_" => format!("argument {}", number + 1),
                name => format!("argument `{name}`"),
            };
            (place, &parameter.ty)
        });
        let error = match &self.returns.error {
            ErrorType::Typed(ty) => Some(("error".to_owned(), ty)),
            ErrorType::None | ErrorType::Remote => None,
        };
        arguments
            .chain([("result".to_owned(), &self.returns.ok)])
            .chain(error)
            .find_map(|(place, ty)| {
                ty.first_opaque().map(|inside| {
                    if inside.is_empty() {
                        place
                    } else {
                        format!("{place}, {inside}")
                    }
                })
            })
    }
}
