//! The structure of a type as something that values are held to before they are sent: what is written has to be what
//! would be read.
//!
//! serde's two halves of a type may disagree, by attributes such as `skip_serializing_if` or by hand, and the encoding
//! says nothing of what it holds. So each kind of thing that is written is compared once, where it stands, with what
//! was found there by reading ([`trace`](super::trace)), and remembered. Afterwards it costs a comparison of numbers.
//!
//! Knows serde's data model only: neither the encoding nor what the values are for. What there is to remember is
//! numbers in atomics, written by whoever comes first; all come to the same.

mod check;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::Type;

pub use check::Mismatch;

/// What values of a type are held to.
#[derive(Debug, Default)]
pub struct Form {
    nodes: Vec<Node>,
    /// Whether a value has been looked at. What a value has inside is looked at when it is first there, but nothing is
    /// around the value itself.
    begun: AtomicBool,
    /// How many positions have not been looked at.
    unsettled: AtomicU32,
    /// How many fields a struct or variant has whose fields have no names, by the place of its name in memory. Of those
    /// serde does not say when it leaves one out.
    lengths: [AtomicUsize; LENGTHS],
}

/// How many different ones are kept apart.
const LENGTHS: usize = 8;

/// What is known about a position.
#[derive(Debug)]
struct Node {
    kind: Kind,
    /// The Rust type, for people; empty if that was not seen.
    rust: &'static str,
    /// Where the first of its children stands; the others follow.
    first: u32,
    /// Of an enum, how many variants are read.
    variants: u32,
    /// Whether it is what a variant carries.
    is_content: bool,
    /// The event that was found to agree here, 0 for none yet.
    settled: AtomicU32,
}

/// What is read at a position. Newtypes are what they wrap.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// It is not known.
    Unknown,
    /// The type asks the bytes what they hold.
    Asks,
    /// Something without anything inside.
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

/// The fields of a struct.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// How many there are.
    pub(super) count: usize,
    /// What they are called, in their order. Aliases are among them if there are more than fields.
    pub(super) names: &'static [&'static str],
}

/// What a variant may be called.
pub(super) type Names = Vec<&'static str>;

/// A position of which nothing is known: beyond all that there are, and so are those after it.
const NOWHERE: u32 = 1 << 31;

/// What [`Node::settled`] says where nothing can be compared.
const ANYTHING: u32 = u32::MAX;

/// What is written, in the terms of serde.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Event {
    Some = 1,
    Seq,
    Map,
    Tuple,
    TupleStruct,
    Struct,
    UnitVariant,
    NewtypeVariant,
    TupleVariant,
    StructVariant,
}

impl Event {
    /// The number that stands for it with so many fields.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "so many fields are not looked into: there it is unknown"
    )]
    const fn settled(self, length: usize) -> u32 {
        (self as u32) << 24 | (length as u32 & 0x00FF_FFFF)
    }
}

/// A position in a form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot(u32);

impl Spot {
    pub(crate) const ROOT: Self = Self(0);
    pub(crate) const NOWHERE: Self = Self(NOWHERE);

    /// The position of the next child of the same parent.
    pub(crate) const fn next(self) -> Self {
        self.after(1)
    }

    /// The position so many children on.
    #[inline]
    pub(crate) const fn after(self, step: u32) -> Self {
        Self(self.0.wrapping_add(step))
    }
}

/// What [`Form::enter`] has to say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entered {
    /// It is as it has been before; what is inside starts there.
    Known(Spot),
    /// There is nothing to compare with.
    Unknown,
    /// It has to be looked at.
    New,
}

impl Form {
    /// That of a type about which nothing is known: any value is fine that does not contradict itself.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            nodes: Vec::new(),
            begun: AtomicBool::new(true),
            unsettled: AtomicU32::new(0),
            lengths: [const { AtomicUsize::new(0) }; LENGTHS],
        }
    }

    /// That of a tuple of these.
    #[must_use]
    pub fn tuple(fields: impl IntoIterator<Item = Self>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let mut form = Self::default();
        let length = fields.len();
        form.nodes.push(Node::new(Kind::Tuple(length), ""));
        form.nodes[0].first = 1;
        // The roots stand beside each other, and what is inside of each follows.
        let mut rest = 1 + length;
        let mut inside = Vec::new();
        for (place, field) in fields.into_iter().enumerate() {
            let mut nodes = field.nodes.into_iter();
            let moved = |mut node: Node, rest: usize| {
                if node.first != NOWHERE {
                    // A root is nobody's child, so each child goes to where the second node goes, and so on.
                    node.first = node.first - 1 + number(rest);
                }
                node
            };
            let root = nodes.next().unwrap_or_else(|| Node::new(Kind::Unknown, ""));
            debug_assert_eq!(form.nodes.len(), 1 + place, "the roots come first");
            form.nodes.push(moved(root, rest));
            let start = rest;
            for node in nodes {
                inside.push(moved(node, start));
                rest += 1;
            }
        }
        form.nodes.append(&mut inside);
        form.counted()
    }

    /// Begins to count what has been looked at.
    fn counted(self) -> Self {
        let unsettled = self.nodes.iter().filter(|node| node.is_unsettled()).count();
        // One more for the value itself.
        self.unsettled.store(number(1 + unsettled), Ordering::Relaxed);
        self
    }

    /// Whether a value has been looked at in full, which tells whether the form is that of the type at all.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Whether every position has been looked at, so that all values are alike but for what [`has_seen`](Self::has_seen)
    /// tells.
    #[inline]
    pub(crate) fn is_settled(&self) -> bool {
        self.unsettled.load(Ordering::Relaxed) == 0
    }

    /// Whether what has this name has been looked at with so many fields.
    #[inline]
    pub(crate) fn has_seen(&self, name: &'static str, length: usize) -> bool {
        let (place, seen) = fingerprint(name, length);
        self.lengths[place].load(Ordering::Relaxed) == seen
    }

    /// Remembers with how many fields what has this name is written.
    fn see(&self, name: &'static str, length: usize) {
        let (place, seen) = fingerprint(name, length);
        let before = self.lengths[place].swap(seen, Ordering::Relaxed);
        if before != 0 && before != seen {
            // They cannot be told apart without their positions, so these are looked at for ever.
            self.unsettled.store(u32::MAX / 2, Ordering::Relaxed);
        }
    }

    /// Remembers that what is at a node is as it should be.
    fn settle(&self, node: &Node, event: Event, length: usize) {
        if node.settled.load(Ordering::Relaxed) == ANYTHING {
            return;
        }
        let before = node.settled.swap(event.settled(length), Ordering::Relaxed);
        if before == 0 && node.is_looked_at() {
            self.unsettled.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// What is written at a spot, in the case that it has been looked at before.
    #[inline]
    pub(crate) fn enter(&self, spot: Spot, event: Event, length: usize) -> Entered {
        match self.nodes.get(spot.0 as usize) {
            Some(node) if node.settled.load(Ordering::Relaxed) == event.settled(length) => {
                Entered::Known(Spot(node.first))
            }
            node => Self::unsettled(node),
        }
    }

    /// As [`enter`](Self::enter), for the content of a variant.
    #[inline]
    pub(crate) fn enter_variant(&self, spot: Spot, index: u32, event: Event, length: usize) -> Entered {
        match self.nodes.get(spot.0 as usize) {
            Some(node) if index < node.variants => self.enter(Spot(node.first + index), event, length),
            node => Self::unsettled(node),
        }
    }

    #[cold]
    fn unsettled(node: Option<&Node>) -> Entered {
        match node {
            Some(node) if node.settled.load(Ordering::Relaxed) != ANYTHING => Entered::New,
            _ => Entered::Unknown,
        }
    }

    fn node(&self, spot: Spot) -> Option<&Node> {
        self.nodes.get(spot.0 as usize)
    }
}

impl Node {
    const fn new(kind: Kind, rust: &'static str) -> Self {
        let (first, variants) = (NOWHERE, 0);
        let settled = match kind {
            Kind::Unknown => AtomicU32::new(ANYTHING),
            _ => AtomicU32::new(0),
        };
        Self {
            kind,
            rust,
            first,
            variants,
            is_content: false,
            settled,
        }
    }

    /// Whether something inside differs from value to value or has to be compared at all.
    const fn is_looked_at(&self) -> bool {
        !matches!(self.kind, Kind::Unknown | Kind::Leaf(_) | Kind::Enum(..)) || self.is_content
    }

    fn is_unsettled(&self) -> bool {
        self.is_looked_at() && self.settled.load(Ordering::Relaxed) == 0
    }
}

/// Where it is noted with how many fields something is written, and what.
#[inline]
fn fingerprint(name: &'static str, length: usize) -> (usize, usize) {
    let place = name.as_ptr().addr();
    // Names are as far apart as they are long.
    ((place >> 2) % LENGTHS, place ^ length.rotate_right(8))
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NOWHERE)
}

/// Puts a form together from the top, each position's children side by side.
#[derive(Debug)]
pub(super) struct Builder {
    form: Form,
}

impl Builder {
    pub(super) fn new() -> Self {
        let mut form = Form::default();
        form.nodes.push(Node::new(Kind::Unknown, ""));
        Self { form }
    }

    /// Says what the position is and makes room for its children, the first of whose positions comes back.
    pub(super) fn set(&mut self, at: Spot, kind: Kind, rust: &'static str, children: usize) -> Spot {
        let first = Spot(number(self.form.nodes.len()));
        let place = at.0 as usize;
        let mut node = Node::new(kind, rust);
        if children > 0 {
            node.first = first.0;
        }
        if let Kind::Enum(_, variants) = &node.kind {
            node.variants = number(variants.len());
        }
        node.is_content = self.form.nodes[place].is_content;
        if node.is_content {
            node.settled = AtomicU32::new(0);
        }
        let contents = matches!(node.kind, Kind::Enum(..));
        self.form.nodes[place] = node;
        self.form.nodes.extend((0..children).map(|_| Node {
            is_content: contents,
            settled: AtomicU32::new(if contents { 0 } else { ANYTHING }),
            ..Node::new(Kind::Unknown, "")
        }));
        first
    }

    /// Says that the position is like an enclosing one.
    pub(super) fn repeat(&mut self, at: Spot, enclosing: Spot) {
        let Some(above) = self.form.node(enclosing) else {
            return;
        };
        let mut node = Node::new(above.kind.clone(), above.rust);
        node.first = above.first;
        node.variants = above.variants;
        self.form.nodes[at.0 as usize] = node;
    }

    pub(super) fn finish(self) -> Form {
        self.form.counted()
    }
}
