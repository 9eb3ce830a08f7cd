//! What is known so far about one position of a type.

use super::super::Type;
use super::candidates;

/// How often a type with types inside may refuse what it is given before it is left alone.
pub(super) const COMPOUND_ATTEMPTS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(pub(super) usize);

/// What a position holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It was not reached yet.
    Unseen,
    /// Nothing can be known about it.
    Opaque,
    /// A type without types inside.
    Leaf(Type),
    Option,
    Seq,
    Map,
    Tuple(usize),
    Newtype(&'static str),
    TupleStruct(&'static str, usize),
    Struct(&'static str, &'static [&'static str]),
    Enum(&'static str, &'static [&'static str]),
    /// The type of an enclosing node again.
    Recursive(NodeId),
    /// The type of a node elsewhere again.
    Same(NodeId),
}

impl Kind {
    pub(super) fn children(&self) -> usize {
        match self {
            Self::Unseen | Self::Opaque | Self::Leaf(_) | Self::Recursive(_) | Self::Same(_) => 0,
            Self::Option | Self::Seq | Self::Newtype(_) => 1,
            Self::Map => 2,
            Self::Tuple(length) | Self::TupleStruct(_, length) => *length,
            Self::Struct(_, names) | Self::Enum(_, names) => names.len(),
        }
    }

    /// The names of its fields or variants, aliases included.
    pub(super) const fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Struct(_, names) | Self::Enum(_, names) => names,
            _ => &[],
        }
    }

    /// Whether its children are read one after the other.
    pub(super) fn is_read_in_turn(&self) -> bool {
        matches!(
            self,
            Self::Map | Self::Tuple(_) | Self::TupleStruct(..) | Self::Struct(..)
        )
    }

    pub(super) fn has_name(&self) -> bool {
        matches!(
            self,
            Self::Newtype(_) | Self::TupleStruct(..) | Self::Struct(..) | Self::Enum(..)
        )
    }
}

/// What tells types apart that serde describes alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    /// The Rust name of the visitor, which has that of the type, path and parameters included. Empty for what a variant
    /// carries.
    pub(super) name: &'static str,
    /// Where its code is. Two that share their code do the same with the same names; one may have it in several places.
    pub(super) code: usize,
}

impl Reader {
    /// Of what has none.
    pub(super) const NONE: Self = Self { name: "", code: 0 };
}

/// Whether the fields of a struct can be asked for by their numbers, in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByNumber {
    Untried,
    Works,
    Fails,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) reader: Reader,
    /// Of a struct.
    pub(super) by_number: ByNumber,
    /// The Rust name of the type that is read here, where that is told.
    pub(super) rust: &'static str,
    pub(super) parent: Option<NodeId>,
    /// Which of its parent's children it is.
    pub(super) place: usize,
    pub(super) depth: usize,
    pub(super) children: Vec<NodeId>,
    /// Whether a value was made for it once.
    pub(super) yields: bool,
    /// How many values were refused.
    pub(super) attempts: usize,
    /// The run that reached it last.
    pub(super) run: usize,
    /// How much was known when looking into it last taught nothing.
    pub(super) futile: Option<usize>,
    /// Whether nothing that is learnt elsewhere could ever make it worth looking into again.
    pub(super) settled: bool,
    /// Of an enum, the variant that was given last; of others, how many elements.
    pub(super) given: usize,
    /// Whether that was given to look into it, rather than because it was thought to be accepted.
    pub(super) probing: bool,
    /// The variant that was the first to make a value, from nothing but types that had made one before.
    pub(super) witness: Option<usize>,
    /// Whether a leaf keeps to the value that it accepted, whatever types around it would like to try.
    pub(super) fixed: bool,
    /// Of what a variant carries, what tells the variant from others of its enum.
    pub(super) mark: Option<String>,
    /// Of an enum with aliases, which variant goes by each name that was tried.
    pub(super) named: Vec<Option<String>>,
    /// Whether its type panicked, so that it is not read again.
    pub(super) broken: bool,
    /// Whether it is too much to look into.
    pub(super) large: bool,
    /// Whether it asked what it is given, before it asked for anything else.
    pub(super) asks: bool,
    /// Whether a struct has fewer fields, or an enum fewer variants, than names: serde lists aliases among the names.
    pub(super) aliased: bool,
    /// Of such a struct, what each of its fields goes by, as it stands in a structure; empty if that was not found out.
    pub(super) called: Vec<String>,
}

/// How many values there are to try for a node.
pub(super) fn attempts_for(kind: &Kind) -> usize {
    match kind {
        Kind::Leaf(ty) => candidates::count(ty),
        _ => COMPOUND_ATTEMPTS,
    }
}
