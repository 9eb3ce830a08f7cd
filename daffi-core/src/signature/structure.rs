//! What a type is made of, in the terms of serde's data model.
//!
//! Only the data and ways to walk it; how it is found out, compared, shown or sent is elsewhere.

use super::names::shown;

/// The structure of a type as it crosses the wire.
///
/// `==` compares everything, names and the way a recursion is written down included. Whether two types mean the
/// same on the wire is what [`matches`](Self::matches) says.
///
/// ```
/// use daffi::signature::{Type, trace};
///
/// #[derive(serde::Deserialize)]
/// struct Item {
///     name: String,
///     prices: Vec<Option<u64>>,
/// }
///
/// fn columns(ty: &Type) -> Vec<String> {
///     match ty {
///         Type::Struct { fields, .. } => fields.iter().map(|(name, ty)| format!("{name}: {ty}")).collect(),
///         _ => vec![],
///     }
/// }
///
/// let ty = trace::<Item>();
/// assert_eq!(columns(&ty), ["name: String", "prices: Vec<Option<u64>>"]);
/// # let Item { .. } = Item { name: String::new(), prices: vec![] };
/// // What means the same on the wire matches, and what is not known matches everything.
/// assert!(ty.matches(&trace::<(String, Vec<Option<u64>>)>()) == false);
/// assert!(Type::Opaque.matches(&ty) && Type::Opaque.is_opaque_somewhere());
/// assert_eq!(Type::U8.streamed().item(), Some(&Type::U8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// `()`.
    Unit,
    /// `bool`.
    Bool,
    /// `i8`.
    I8,
    /// `i16`.
    I16,
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `i128`.
    I128,
    /// `u8`.
    U8,
    /// `u16`.
    U16,
    /// `u32`.
    U32,
    /// `u64`.
    U64,
    /// `u128`.
    U128,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
    /// `char`.
    Char,
    /// A string, however it is held.
    Str,
    /// Bytes that serde treats as such. It treats a `Vec<u8>` as a sequence, which is the same on the wire.
    Bytes,
    /// `Option`.
    Option(Box<Type>),
    /// A sequence of any length, a set included.
    Seq(Box<Type>),
    /// A map from keys to values.
    Map(Box<Type>, Box<Type>),
    /// A tuple, or an array of a fixed length.
    Tuple(Vec<Type>),
    /// A struct without fields.
    UnitStruct {
        /// Its serde name.
        name: String,
    },
    /// A struct with one field that has no name.
    NewtypeStruct {
        /// Its serde name.
        name: String,
        /// The field.
        inner: Box<Type>,
    },
    /// A struct whose fields have no names.
    TupleStruct {
        /// Its serde name.
        name: String,
        /// The fields.
        fields: Vec<Type>,
    },
    /// A struct whose fields have names.
    Struct {
        /// Its serde name; empty for what a variant carries.
        name: String,
        /// The fields and their names, in order. One that has a `#[serde(alias)]` has all its names there.
        fields: Vec<(String, Type)>,
    },
    /// An enum.
    Enum {
        /// Its serde name.
        name: String,
        /// The variants that are known, in the order of their indices, of which each is another.
        variants: Vec<Variant>,
        /// Whether there may be more variants than those: only one value was looked at, not the type.
        open: bool,
    },
    /// A type that contains itself: one of the types that this one is inside of, counted outwards, 0 for the nearest.
    ///
    /// Every type with types inside counts as one, and so does the tuple or struct that a variant carries.
    Recursive(u32),
    /// Nothing is known. It matches everything.
    Opaque,
    /// Values say themselves what they are: a type asks what it is given, as serde's `untagged`, `flatten` and `tag` do, and
    /// `serde_json::Value`. What it takes is for its own `Deserialize` to say, value by value.
    Any,
}

/// The only field of what stands for a stream.
const EACH_ITEM: &str = "each item";

/// A variant of a [`Type::Enum`].
///
/// ```
/// use daffi::signature::{Type, trace};
///
/// #[derive(serde::Deserialize)]
/// enum Payment {
///     Cash,
///     Card(String),
/// }
///
/// let Type::Enum { variants, .. } = trace::<Payment>() else { unreachable!("it is an enum") };
/// let card = &variants[1];
/// assert_eq!((card.index, card.name.as_str()), (1, "Card"));
/// assert_eq!(card.content, Type::Tuple(vec![Type::Str]));
/// # let _ = (Payment::Cash, Payment::Card(String::new()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The number that stands for it on the wire.
    pub index: u32,
    /// Its serde name; all its names, if it has a `#[serde(alias)]`.
    pub name: String,
    /// What it carries: [`Type::Unit`] for nothing, a [`Type::Tuple`] of its unnamed fields even if it has only
    /// one, a [`Type::Struct`] with an empty name, or [`Type::Opaque`].
    pub content: Type,
}

impl Type {
    /// A stream of values of this type, as an argument or a result.
    ///
    /// It is shown as one to people; to whoever compares it is a struct with a field whose name no other struct can have.
    #[must_use]
    pub fn streamed(self) -> Self {
        Self::Struct {
            name: String::new(),
            fields: vec![(EACH_ITEM.to_owned(), self)],
        }
    }

    /// The type of the items, if this is a stream.
    #[must_use]
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::Struct { fields, .. } => match &**fields {
                [(name, item)] if name == EACH_ITEM => Some(item),
                _ => None,
            },
            _ => None,
        }
    }

    /// What is in the newtypes, of which the wire has nothing, and how many they are.
    pub(crate) fn unwrapped(&self) -> (usize, &Self) {
        let (mut newtypes, mut core) = (0, self);
        while let Self::NewtypeStruct { inner, .. } = core {
            newtypes += 1;
            core = inner;
        }
        (newtypes, core)
    }

    /// Whether nothing is known of it.
    #[must_use]
    pub(crate) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Opaque)
    }

    /// Whether values of it, or a part of them, say themselves what they are.
    #[must_use]
    pub(crate) fn explains(&self) -> bool {
        matches!(self, Self::Any) || self.inside().into_iter().any(Self::explains)
    }

    /// Whether an enum is in it of which not all variants are known, as a value shows one.
    #[cfg(feature = "runtime")]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Enum { open: true, .. }) || self.inside().into_iter().any(Self::is_open)
    }

    /// Whether something inside, or all of it, is not known.
    #[must_use]
    pub fn is_opaque_somewhere(&self) -> bool {
        self.first_opaque().is_some()
    }

    /// The types inside, in order.
    pub(super) fn inside(&self) -> Vec<&Self> {
        match self {
            Self::Option(inner) | Self::Seq(inner) | Self::NewtypeStruct { inner, .. } => vec![inner],
            Self::Map(key, value) => vec![key, value],
            Self::Tuple(fields) | Self::TupleStruct { fields, .. } => fields.iter().collect(),
            Self::Struct { fields, .. } => fields.iter().map(|(_, field)| field).collect(),
            Self::Enum { variants, .. } => variants.iter().map(|variant| &variant.content).collect(),
            _ => Vec::new(),
        }
    }

    /// How many types it is made of, itself included.
    pub(super) fn size(&self) -> usize {
        1 + self.inside().into_iter().map(Self::size).sum::<usize>()
    }

    /// The way to the first part that is not known; empty if that is all of it.
    pub(super) fn first_opaque(&self) -> Option<String> {
        fn join(step: String, rest: &Type) -> Option<String> {
            let rest = rest.first_opaque()?;
            Some(if rest.is_empty() {
                step
            } else {
                format!("{step}, {rest}")
            })
        }
        match self {
            Self::Opaque => Some(String::new()),
            Self::Option(inner) => join("value".to_owned(), inner),
            Self::Seq(element) => join("element".to_owned(), element),
            Self::Map(key, value) => join("key".to_owned(), key).or_else(|| join("value".to_owned(), value)),
            Self::NewtypeStruct { inner, .. } => inner.first_opaque(),
            Self::Tuple(elements) | Self::TupleStruct { fields: elements, .. } => elements
                .iter()
                .enumerate()
                .find_map(|(number, element)| join(format!("element {number}"), element)),
            Self::Struct { fields, .. } => fields
                .iter()
                .find_map(|(name, field)| join(format!("field `{}`", shown(name)), field)),
            Self::Enum { variants, open, .. } => variants
                .iter()
                .find_map(|variant| join(format!("variant `{}`", shown(&variant.name)), &variant.content))
                .or_else(|| open.then(|| "other variants".to_owned())),
            _ => None,
        }
    }
}

/// Which of `around`, outermost first, a recursion comes back to that is inside of so many newtypes. A newtype of nothing but itself has no
/// values, and a level too many comes from a peer that lies: neither comes back to anything.
pub(crate) fn recurred<T: Copy>(around: &[T], level: u32, newtypes: usize) -> Option<T> {
    let level = usize::try_from(level).ok()?.checked_sub(newtypes)?;
    around.iter().rev().nth(level).copied()
}
