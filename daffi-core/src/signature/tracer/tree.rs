//! What is known so far about a type: a tree with a node for every position that was reached, kept over all runs.
//!
//! Knows nothing of deserializers. What follows from a run's success or failure is in `judgement`.

use super::super::{LENGTH_LIMIT, SIZE_LIMIT, Type};
use super::candidates;
use super::refused::Refused;

/// How often a type with types inside may refuse what it is given before it is left alone.
pub(super) const COMPOUND_ATTEMPTS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeId(usize);

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
}

impl Kind {
    fn children(&self) -> usize {
        match self {
            Self::Unseen | Self::Opaque | Self::Leaf(_) | Self::Recursive(_) => 0,
            Self::Option | Self::Seq | Self::Newtype(_) => 1,
            Self::Map => 2,
            Self::Tuple(length) | Self::TupleStruct(_, length) => *length,
            Self::Struct(_, names) | Self::Enum(_, names) => names.len(),
        }
    }

    fn has_name(&self) -> bool {
        matches!(
            self,
            Self::Newtype(_) | Self::TupleStruct(..) | Self::Struct(..) | Self::Enum(..)
        )
    }
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// What tells types apart that serde describes alike: the Rust name of the visitor, which has that of the type,
    /// path and parameters included. Empty for what a variant carries.
    visitor: &'static str,
    /// The Rust name of the type that is read here, where that is told.
    pub(super) rust: &'static str,
    parent: Option<NodeId>,
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
    /// Whether it asked what it is given, before it asked for anything else.
    pub(super) asks: bool,
    /// Whether a struct has fewer fields, or an enum fewer variants, than names: serde lists aliases among the names,
    /// so none of them can be told to be the name of any.
    pub(super) aliased: bool,
}

/// Values inside of values of the same type, inside of …: no more than this. Where a finite value exists, the
/// recursion ends much sooner.
const RECURSION_LIMIT: usize = 8;

/// How many positions may be visited in all runs together. Real types take some thousands.
const STEP_LIMIT: usize = 1 << 22;

/// A node, and in which mood it is visited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) node: NodeId,
    /// Inside of how many recursions this is. There only a value is wanted, and nothing is to be learnt.
    pub(super) recursions: usize,
    /// How many values the types around it have refused, so that it tries others.
    pub(super) variation: usize,
}

impl Spot {
    /// Whether only a value is wanted.
    pub(super) fn constructing(self) -> bool {
        self.recursions > 0
    }
}

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    depth_limit: usize,
    too_large: bool,
    steps: usize,
    /// How much is known: it grows whenever something is learnt.
    pub(super) knowledge: usize,
    pub(super) run: usize,
    /// The nodes below an option, sequence, map or enum that this run looked into.
    pub(super) explored: Vec<NodeId>,
    /// The nodes that are being read, from the outside to the inside.
    pub(super) reading: Vec<NodeId>,
    /// The types that panicked when they were read.
    pub(super) panicked: Vec<&'static str>,
    /// Whether the error on its way up has been accounted for.
    pub(super) accounted: bool,
}

impl Tree {
    pub(super) fn new(depth_limit: usize) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            depth_limit,
            too_large: false,
            steps: 0,
            knowledge: 0,
            run: 0,
            explored: Vec::new(),
            reading: Vec::new(),
            panicked: Vec::new(),
            accounted: false,
        };
        tree.add(None, 0, 0);
        tree
    }

    fn add(&mut self, parent: Option<NodeId>, place: usize, depth: usize) -> NodeId {
        self.nodes.push(Node {
            kind: Kind::Unseen,
            visitor: "",
            rust: "",
            mark: None,
            named: Vec::new(),
            asks: false,
            broken: false,
            parent,
            place,
            depth,
            children: Vec::new(),
            yields: false,
            attempts: 0,
            run: 0,
            futile: None,
            settled: false,
            given: 0,
            probing: false,
            witness: None,
            fixed: false,
            aliased: false,
        });
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn root(&self) -> Spot {
        Spot {
            node: NodeId(0),
            recursions: 0,
            variation: 0,
        }
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    pub(super) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Gives this run up, which is nobody's fault.
    pub(super) fn stop<T>(&mut self) -> Result<T, Refused> {
        self.accounted = true;
        Err(Refused)
    }

    /// Goes to a spot where a type asks for `kind`; what comes back is the spot to read on from.
    pub(super) fn enter(&mut self, spot: Spot, kind: Kind, visitor: &'static str) -> Result<Spot, Refused> {
        self.steps += 1;
        if self.steps > STEP_LIMIT {
            self.too_large = true;
            return self.stop();
        }
        let run = self.run;
        if !spot.constructing() {
            self.node_mut(spot.node).run = run;
        }
        let same = |tree: &Self, id| {
            let node = tree.node(id);
            node.kind == kind && node.visitor == visitor
        };
        match self.node(spot.node).kind {
            _ if self.node(spot.node).broken => self.stop(),
            Kind::Unseen if spot.constructing() => self.stop(),
            Kind::Unseen => self.discover(spot, kind, visitor),
            Kind::Opaque => self.stop(),
            Kind::Recursive(target) if same(self, target) => self.recur(spot, target),
            ref known if *known == kind => Ok(spot),
            _ if spot.constructing() => self.stop(),
            // What is here depends on values that were read before.
            _ => {
                self.give_up(spot.node);
                self.stop()
            }
        }
    }

    fn discover(&mut self, spot: Spot, kind: Kind, visitor: &'static str) -> Result<Spot, Refused> {
        let Node { depth, .. } = *self.node(spot.node);
        let children = kind.children();
        let too_long = children > LENGTH_LIMIT && matches!(kind, Kind::Tuple(_) | Kind::TupleStruct(..));
        if too_long || kind == Kind::Opaque || (children > 0 && depth >= self.depth_limit) {
            self.give_up(spot.node);
            return self.stop();
        }
        if self.nodes.len() + children > SIZE_LIMIT {
            self.too_large = true;
            return self.stop();
        }
        self.knowledge += 1;
        if let Some(target) = self.enclosing(spot.node, &kind, visitor) {
            self.node_mut(spot.node).kind = Kind::Recursive(target);
            return self.recur(spot, target);
        }
        let children = (0..children)
            .map(|place| self.add(Some(spot.node), place, depth + 1))
            .collect();
        let node = self.node_mut(spot.node);
        node.kind = kind;
        node.visitor = visitor;
        node.children = children;
        Ok(spot)
    }

    /// The enclosing node that is of the same type.
    ///
    /// A type without a name of its own, such as `Vec<Folder>`, waits for the named one inside to come again.
    /// That gives the same description wherever one starts, and one that reads better.
    fn enclosing(&self, id: NodeId, kind: &Kind, visitor: &'static str) -> Option<NodeId> {
        if kind.children() == 0 || visitor.is_empty() {
            return None;
        }
        let mut next = self.node(id).parent;
        while let Some(above) = next {
            let node = self.node(above);
            if node.kind == *kind && node.visitor == visitor {
                return Some(above);
            }
            if !kind.has_name() && node.kind.has_name() && !node.visitor.is_empty() {
                return None;
            }
            next = node.parent;
        }
        None
    }

    /// Makes a value of the enclosing type, if that is known to work.
    fn recur(&mut self, from: Spot, target: NodeId) -> Result<Spot, Refused> {
        if self.node(target).yields && from.recursions < RECURSION_LIMIT {
            Ok(Spot {
                node: target,
                recursions: from.recursions + 1,
                variation: 0,
            })
        } else {
            self.stop()
        }
    }

    /// Nothing is to be known about a node.
    pub(super) fn give_up(&mut self, id: NodeId) {
        self.node_mut(id).kind = Kind::Opaque;
        self.node_mut(id).children.clear();
        self.knowledge += 1;
    }

    /// The type at a spot asks what it is given.
    pub(super) fn ask<T>(&mut self, spot: Spot) -> Result<T, Refused> {
        if !spot.constructing() && self.node(spot.node).kind == Kind::Unseen {
            self.node_mut(spot.node).asks = true;
        }
        self.enter(spot, Kind::Opaque, "")?;
        self.stop()
    }

    /// A struct or an enum has only so many fields or variants.
    pub(super) fn shorten(&mut self, id: NodeId, length: usize) {
        let node = self.node_mut(id);
        node.children.truncate(length);
        node.aliased = true;
        self.knowledge += 1;
    }

    /// The spot of a node's child.
    pub(super) fn child(&self, spot: Spot, number: usize) -> Option<Spot> {
        let node = self.node(spot.node);
        let child = *node.children.get(number)?;
        Some(Spot {
            node: child,
            variation: spot.variation + node.attempts,
            ..spot
        })
    }

    /// A name of a variant of which it is not known whose it is.
    pub(super) fn name_to_try(&self, spot: Spot) -> Option<&'static str> {
        if spot.constructing() {
            return None;
        }
        self.untried_name(spot.node)
    }

    pub(super) fn untried_name(&self, id: NodeId) -> Option<&'static str> {
        let node = self.node(id);
        match node.kind {
            Kind::Enum(_, names) if node.aliased => names.get(node.named.len()).copied(),
            _ => None,
        }
    }

    /// The name that was to be tried is that of the variant with this mark.
    pub(super) fn name_tried(&mut self, spot: Spot, mark: Option<String>) {
        self.node_mut(spot.node).named.push(mark);
        self.knowledge += 1;
    }
}

/// How many values there are to try for a node.
pub(super) fn attempts_for(kind: &Kind) -> usize {
    match kind {
        Kind::Leaf(ty) => candidates::count(ty),
        _ => COMPOUND_ATTEMPTS,
    }
}
