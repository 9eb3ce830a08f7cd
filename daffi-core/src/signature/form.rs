//! The structure of a type as something that values are held to before they are sent: what is written has to be what
//! would be read.
//!
//! serde's two halves of a type may disagree, by attributes such as `skip_serializing_if` or by hand, for some values and
//! not for others, and the encoding says nothing of what it holds. So what is written is compared, in every value, with
//! what was found there by reading ([`trace`](super::trace)). It is looked at in full once, by kinds, lengths, names and
//! whatever else is written otherwise and read as the same. If it agrees, a number of it is remembered, its [`Print`], and
//! what has the same number needs no other look.
//!
//! Knows serde's data model only: neither the encoding nor what the values are for. What there is to remember is
//! numbers in atomics, written by whoever comes first; all come to the same.

mod builder;
mod check;
mod event;
mod mark;
mod named;
mod print;

use std::sync::atomic::{AtomicBool, Ordering};

use super::Type;

pub(super) use builder::Builder;
pub use check::Mismatch;
pub(crate) use event::Event;
use mark::NOWHERE;
pub(crate) use mark::{At, Expected, Mark, Marks};
pub(crate) use named::Named;
pub(crate) use print::Print;

/// What values of a type are held to.
#[derive(Debug, Default)]
pub struct Form {
    /// What is compared at each position while a value is written.
    marks: Vec<Mark>,
    /// What is read at each position.
    nodes: Vec<Node>,
    /// Whether some of it says itself what it is.
    explains: bool,
    /// Whether a value was found that positions do not carry.
    was_named: AtomicBool,
    /// Of each part of a tuple, or else of all, whether it is the same for people as for machines, as far as is known.
    alike: Vec<bool>,
}

/// What is known about a position.
#[derive(Debug)]
struct Node {
    kind: Kind,
    /// The Rust type, for people; empty if that was not seen.
    rust: &'static str,
    /// Whether it is what a variant carries.
    is_content: bool,
    /// Whether it goes with names, as not all is known of it.
    has_names: bool,
}

/// What is read at a position. Newtypes are what they wrap.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It is not known.
    Unknown,
    /// Nothing can be written there that is known to be read.
    Refused(Why),
    /// It says itself what it is, as a type of that name is in it which asks. Its only child is what it would be otherwise, if that is known.
    Explained(&'static str),
    /// Something without anything inside; but strings and bytes have the bytes.
    Leaf(Type),
    Option,
    Seq,
    Map,
    /// What has no names for its so many fields.
    Tuple(usize),
    /// A struct, or what a variant carries; then its name is empty.
    Struct(&'static str, Fields),
    /// An enum and the names of the variants in the order in which they are counted.
    Enum(&'static str, Vec<Names>),
}

/// Why nothing is written at a position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    /// The type asks the bytes what they hold.
    Asks,
    /// It is read after one of this type, of which no value could be made up, so that it is not known how.
    Hidden(&'static str),
}

/// The fields of a struct.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// How many there are.
    pub(super) count: usize,
    /// What each may be called, in their order.
    pub(super) names: Vec<Names>,
}

/// What a field or a variant may be called, by all of its names; where it is not known which these are, by some of others as well.
pub(super) type Names = Vec<&'static str>;

/// A position in a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot(u32);

impl Spot {
    pub(super) const ROOT: Self = Self(0);
    const NOWHERE: Self = Self(NOWHERE);

    /// The position of the next child of the same parent.
    pub(super) fn next(self) -> Self {
        self.after(1)
    }

    /// The position so many children on.
    fn after(self, children: usize) -> Self {
        Self(self.0.wrapping_add(number(children)))
    }
}

impl Form {
    /// That of a type about which nothing is known: any value is fine that does not contradict itself.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            marks: Vec::new(),
            nodes: Vec::new(),
            explains: false,
            was_named: AtomicBool::new(false),
            alike: Vec::new(),
        }
    }

    /// The same, where values are the same for people as for machines, or not.
    #[must_use]
    pub(crate) fn written_alike(mut self, is_alike: bool) -> Self {
        self.alike = vec![is_alike];
        self
    }

    /// Whether that part of a tuple is the same for people as for machines.
    #[cfg(any(feature = "runtime", test))]
    pub(crate) fn is_alike(&self, part: usize) -> bool {
        match &*self.alike {
            [all] => *all,
            parts => parts.get(part).is_some_and(|part| *part),
        }
    }

    /// A value was found that positions do not carry; whether it is the first one.
    pub fn is_first_named(&self) -> bool {
        !self.was_named.swap(true, Ordering::Relaxed)
    }

    /// Whether a value, or a part of it, says itself what it is.
    #[inline]
    pub(crate) const fn explains(&self) -> bool {
        self.explains
    }

    /// The type that asks, if what is at this position says itself what it is.
    pub(crate) fn asks(&self, at: At) -> Option<&'static str> {
        match self.node(Spot(at.place()))?.kind {
            Kind::Explained(asks) => Some(asks),
            _ => None,
        }
    }

    /// Whether what is at this position goes with names, whether or not positions could carry it.
    pub(crate) fn has_names(&self, at: At) -> bool {
        self.node(Spot(at.place())).is_some_and(|node| node.has_names)
    }

    /// What is compared while a value is written.
    #[inline]
    pub(crate) const fn marks(&self) -> Marks<'_> {
        Marks(self.marks.as_slice())
    }

    /// Remembers that this may be written at a position.
    fn settle(&self, spot: Spot, print: Print) {
        if let Some(mark) = self.marks.get(spot.0 as usize) {
            mark.settle(print);
        }
    }

    fn node(&self, spot: Spot) -> Option<&Node> {
        self.nodes.get(spot.0 as usize)
    }

    /// The position of the first child of what is at a position.
    fn first(&self, spot: Spot) -> Spot {
        self.marks
            .get(spot.0 as usize)
            .map_or(Spot::NOWHERE, |mark| Spot(mark.first))
    }
}

/// Which of these goes by exactly that name, if it is known to be one alone.
fn owner(all: &[Names], name: &str) -> Option<usize> {
    let mut places = (0..all.len()).filter(|place| all[*place].contains(&name));
    let first = places.next();
    first.filter(|_| places.next().is_none())
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NOWHERE)
}
