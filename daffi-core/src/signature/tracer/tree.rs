//! What is known so far about a type: a tree with a node for every position that was reached, kept over all runs.
//!
//! Knows nothing of deserializers. What follows from a run's success or failure is in `judgement`.

use std::cell::Cell;

use super::super::names::LENGTH_OF_NAMES;
use super::super::{DEPTH_LIMIT, LENGTH_LIMIT, SIZE_LIMIT};
use super::asked::Probe;
use super::node::{ByNumber, Kind, Node, NodeId, Reader};
use super::refused::Refused;

/// Values inside of values of the same type, inside of …: no more than this. Where a finite value exists, the
/// recursion ends much sooner.
const RECURSION_LIMIT: usize = 8;

/// Values of a type that was found elsewhere, inside of such, inside of …: no more than this.
const JUMP_LIMIT: usize = DEPTH_LIMIT;

/// How many positions may be visited in all runs together. Real types take some thousands.
const STEP_LIMIT: usize = 1 << 22;

/// How many of them in the runs that ask what types allow.
const PROBE_STEPS: usize = 1 << 18;

/// A node, and in which mood it is visited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) node: NodeId,
    /// Inside of how many recursions this is. There only a value is wanted, and nothing is to be learnt.
    pub(super) recursions: usize,
    /// Inside of how many types that were found elsewhere. The same holds.
    jumps: usize,
    /// How many values the types around it have refused, so that it tries others.
    pub(super) variation: usize,
}

impl Spot {
    /// Whether only a value is wanted.
    pub(super) fn constructing(self) -> bool {
        self.recursions > 0 || self.jumps > 0
    }
}

#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    depth_limit: usize,
    /// Whether what was found of a type is used wherever the type stands.
    sharing: bool,
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
    /// What is asked, once all is known.
    pub(super) probe: Option<Probe>,
    /// Whether a type in it asks whether it is for people, and may be something else for them.
    pub(super) asks_for_whom: Cell<bool>,
}

impl Tree {
    pub(super) fn new(depth_limit: usize, sharing: bool) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            depth_limit,
            sharing,
            too_large: false,
            steps: 0,
            knowledge: 0,
            run: 0,
            explored: Vec::new(),
            reading: Vec::new(),
            panicked: Vec::new(),
            accounted: false,
            probe: None,
            asks_for_whom: Cell::new(false),
        };
        tree.add(None, 0, 0);
        tree
    }

    fn add(&mut self, parent: Option<NodeId>, place: usize, depth: usize) -> NodeId {
        self.nodes.push(Node {
            kind: Kind::Unseen,
            reader: Reader::NONE,
            by_number: ByNumber::Untried,
            rust: "",
            mark: None,
            named: Vec::new(),
            asks: false,
            large: false,
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
            called: Vec::new(),
        });
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn root(&self) -> Spot {
        Spot {
            node: NodeId(0),
            recursions: 0,
            jumps: 0,
            variation: 0,
        }
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    /// From here on it is asked only for what a type allows, which takes a part of the steps again.
    pub(super) fn begin_probes(&mut self) {
        self.steps = STEP_LIMIT - PROBE_STEPS;
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
    pub(super) fn enter(&mut self, spot: Spot, kind: Kind, reader: Reader) -> Result<Spot, Refused> {
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
            node.kind == kind && node.reader.name == reader.name
        };
        match self.node(spot.node).kind {
            _ if self.node(spot.node).broken => self.stop(),
            Kind::Unseen if spot.constructing() => self.stop(),
            Kind::Unseen => self.discover(spot, kind, reader),
            Kind::Opaque => self.stop(),
            Kind::Recursive(target) if same(self, target) => self.recur(spot, target),
            Kind::Same(target) if same(self, target) => self.jump(spot, target),
            ref known if *known == kind => Ok(spot),
            _ if spot.constructing() => self.stop(),
            // What is here depends on values that were read before.
            _ => {
                self.give_up(spot.node);
                self.stop()
            }
        }
    }

    fn discover(&mut self, spot: Spot, kind: Kind, reader: Reader) -> Result<Spot, Refused> {
        let Node { depth, .. } = *self.node(spot.node);
        let children = kind.children();
        let too_long = children > LENGTH_LIMIT && matches!(kind, Kind::Tuple(_) | Kind::TupleStruct(..))
            || kind.names().iter().any(|name| name.len() > LENGTH_OF_NAMES);
        let too_large = too_long || (children > 0 && depth >= self.depth_limit);
        if too_large || kind == Kind::Opaque {
            self.node_mut(spot.node).large = too_large;
            self.give_up(spot.node);
            return self.stop();
        }
        if self.nodes.len() + children > SIZE_LIMIT {
            self.too_large = true;
            return self.stop();
        }
        self.knowledge += 1;
        if let Some(target) = self.enclosing(spot.node, &kind, reader.name) {
            self.node_mut(spot.node).kind = Kind::Recursive(target);
            return self.recur(spot, target);
        }
        if let Some(target) = self.elsewhere(&kind, reader) {
            self.node_mut(spot.node).kind = Kind::Same(target);
            return self.jump(spot, target);
        }
        let children = (0..children)
            .map(|place| self.add(Some(spot.node), place, depth + 1))
            .collect();
        let node = self.node_mut(spot.node);
        node.kind = kind;
        node.reader = reader;
        node.children = children;
        Ok(spot)
    }

    /// The enclosing node that is of the same type.
    ///
    /// A type without a name of its own, such as `Vec<Folder>`, waits for the named one inside to come again.
    /// That gives the same description wherever one starts, and one that reads better.
    fn enclosing(&self, id: NodeId, kind: &Kind, reader: &'static str) -> Option<NodeId> {
        if kind.children() == 0 || reader.is_empty() {
            return None;
        }
        let mut next = self.node(id).parent;
        while let Some(above) = next {
            let node = self.node(above);
            if node.kind == *kind && node.reader.name == reader {
                return Some(above);
            }
            if !kind.has_name() && node.kind.has_name() && !node.reader.name.is_empty() {
                return None;
            }
            next = node.parent;
        }
        None
    }

    /// The first node of the same type, anywhere.
    fn elsewhere(&self, kind: &Kind, reader: Reader) -> Option<NodeId> {
        if !self.sharing || reader.code == 0 {
            return None;
        }
        let same = |node: &Node| {
            node.reader.code == reader.code && node.kind == *kind && node.reader.name == reader.name
        };
        self.nodes.iter().position(same).map(NodeId)
    }

    /// Makes a value of a type that was found elsewhere, if that is known to work.
    fn jump(&mut self, from: Spot, target: NodeId) -> Result<Spot, Refused> {
        if self.node(target).yields && from.jumps < JUMP_LIMIT {
            Ok(Spot {
                node: target,
                jumps: from.jumps + 1,
                ..from
            })
        } else {
            self.stop()
        }
    }

    /// Makes a value of the enclosing type, if that is known to work.
    fn recur(&mut self, from: Spot, target: NodeId) -> Result<Spot, Refused> {
        if self.node(target).yields && from.recursions < RECURSION_LIMIT {
            Ok(Spot {
                node: target,
                recursions: from.recursions + 1,
                variation: 0,
                ..from
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
        self.enter(spot, Kind::Opaque, Reader::NONE)?;
        self.stop()
    }

    /// A struct or an enum has only so many fields or variants.
    pub(super) fn shorten(&mut self, id: NodeId, length: usize) {
        let node = self.node_mut(id);
        node.children.truncate(length);
        node.aliased = true;
        self.knowledge += 1;
    }

    /// If a variant is one of those before it again, which takes all numbers that no other has (`#[serde(other)]` does), there are
    /// no more than those: serde lists aliases among the names. Whether that was so.
    pub(super) fn repeats(&mut self, id: NodeId, variant: usize) -> bool {
        let children = &self.node(id).children;
        let Some(content) = children.get(variant) else {
            return false;
        };
        let mark = &self.node(*content).mark;
        let before = children[..variant].iter();
        let repeats = mark.is_some() && before.into_iter().any(|other| self.node(*other).mark == *mark);
        if repeats {
            self.shorten(id, variant);
        }
        repeats
    }

    /// A struct is not told its fields by their numbers.
    pub(super) fn cannot_number(&mut self, id: NodeId) {
        self.node_mut(id).by_number = ByNumber::Fails;
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
