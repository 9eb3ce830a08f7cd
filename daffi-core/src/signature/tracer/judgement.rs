//! What follows from what is known: which value to make up next, and whom to blame when one is refused.
//!
//! Each run looks into the first thing at every option, sequence, map and enum that is not known yet, and makes
//! what it knows to be accepted elsewhere. A run that fails ends at its first failure. Everything that is learnt
//! is counted, and all that can be learnt is bounded: this is why it ends.

use super::super::Type;
use super::candidates;
use super::node::{ByNumber, COMPOUND_ATTEMPTS, Kind, NodeId, attempts_for};
use super::refused::Refused;
use super::tree::{Spot, Tree};

impl Tree {
    /// Starts over at the root; what comes back is how much is known.
    pub(super) fn begin_run(&mut self) -> usize {
        self.run += 1;
        self.explored.clear();
        self.accounted = false;
        self.knowledge
    }

    /// Whether another run is worthwhile, after one that began when `before` was known.
    pub(super) fn has_more_to_learn(&mut self, before: usize) -> bool {
        if self.knowledge == before {
            // The last thing that was looked into is where this run ended, or what it went through in vain.
            let Some(last) = self.explored.last().copied() else {
                return false;
            };
            self.node_mut(last).futile = Some(before);
        }
        let root = self.root().node;
        self.wants(root)
    }

    /// Whether looking into a node, as things are, would teach something.
    fn wants(&mut self, id: NodeId) -> bool {
        let knowledge = self.knowledge;
        let node = self.node(id);
        if node.settled || node.futile == Some(knowledge) {
            return false;
        }
        let children = node.children.clone();
        let wants = match node.kind {
            Kind::Unseen => true,
            Kind::Opaque | Kind::Recursive(_) | Kind::Same(_) => false,
            Kind::Leaf(_) => self.untried(id),
            Kind::Option | Kind::Seq | Kind::Enum(..) => {
                let inside = children.iter().any(|child| self.wants(*child));
                inside
                    || self.untried_name(id).is_some()
                    || (!matches!(self.node(id).kind, Kind::Enum(..)) && self.untried(id))
            }
            Kind::Map => {
                self.next_in(&children).is_some() || self.next_value(id).is_some() || self.untried(id)
            }
            Kind::Tuple(_) | Kind::Newtype(_) | Kind::TupleStruct(..) | Kind::Struct(..) => {
                // Once it has refused every attempt there is no way to what was not reached.
                let next = self.next_in(&children);
                next.is_some_and(|next| self.node(next).kind != Kind::Unseen || self.patient(id))
                    || self.next_by_number(id).is_some()
                    || (children.iter().all(|child| self.can_yield(*child)) && self.untried(id))
            }
        };
        let node = self.node(id);
        let settled = match node.kind {
            Kind::Opaque | Kind::Recursive(_) | Kind::Same(_) => true,
            _ => !wants && node.yields && children.iter().all(|child| self.node(*child).settled),
        };
        self.node_mut(id).settled = settled;
        wants
    }

    /// The first of `children`, which are read one after the other, that is worth looking into and can be reached.
    fn next_in(&mut self, children: &[NodeId]) -> Option<NodeId> {
        for &child in children {
            if self.wants(child) {
                return Some(child);
            }
            if !self.can_yield(child) {
                return None;
            }
        }
        None
    }

    /// The first child of a struct that is worth looking into and stands behind one of which no value can be made: it is
    /// reached where the struct has its fields told by their numbers, which need not come in their order.
    pub(super) fn next_by_number(&mut self, id: NodeId) -> Option<usize> {
        let node = self.node(id);
        if !matches!(node.kind, Kind::Struct(..)) || node.by_number == ByNumber::Fails {
            return None;
        }
        let children = node.children.clone();
        if self.next_in(&children).is_some() {
            return None;
        }
        let blocked = children.iter().position(|child| !self.can_yield(*child))?;
        let mut behind = (blocked + 1)..children.len();
        behind.find(|place| self.wants(children[*place]))
    }

    /// The values of a map, if they are worth looking into and no key can be made up: they are reached where the map asks for a key
    /// together with its value.
    pub(super) fn next_value(&mut self, id: NodeId) -> Option<NodeId> {
        let (Kind::Map, [key, value]) = (&self.node(id).kind, self.node(id).children.as_slice()) else {
            return None;
        };
        let (key, value) = (*key, *value);
        (!self.wants(key) && !self.can_yield(key) && self.wants(value)).then_some(value)
    }

    pub(super) fn can_yield(&self, id: NodeId) -> bool {
        let node = self.node(id);
        match node.kind {
            Kind::Recursive(target) | Kind::Same(target) => self.node(target).yields && node.attempts == 0,
            _ => node.yields,
        }
    }

    fn patient(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.attempts < attempts_for(&node.kind)
    }

    fn untried(&self, id: NodeId) -> bool {
        !self.node(id).yields && self.patient(id)
    }

    /// Which of the values in `candidates` a leaf is given.
    pub(super) fn candidate(&mut self, spot: Spot, leaf: &Type) -> Result<usize, Refused> {
        let count = candidates::count(leaf);
        let node = self.node(spot.node);
        let (attempts, fixed, place) = (node.attempts, node.fixed, node.place);
        if attempts >= count {
            return self.stop();
        }
        // All like the first, then all like the second, then ascending, then descending.
        let step = match spot.variation {
            _ if fixed => 0,
            0 | 1 => spot.variation,
            even if even % 2 == 0 => place,
            _ => count - 1 - place % count,
        };
        Ok((attempts + step) % count)
    }

    /// How many elements an option, a sequence or a map is given.
    pub(super) fn elements(&mut self, spot: Spot) -> usize {
        let children = self.node(spot.node).children.clone();
        let next = match () {
            () if spot.constructing() => None,
            () if self.probe.is_some() => self.way(&children),
            () => self.next_in(&children).or_else(|| self.next_value(spot.node)),
        };
        let recursive = |child: &NodeId| matches!(self.node(*child).kind, Kind::Recursive(_));
        // What types around would like to try leads nowhere if that is a value of the same types again.
        let variation = if children.iter().any(recursive) {
            0
        } else {
            spot.variation
        };
        let refusals = self.node(spot.node).attempts + variation;
        let elements = match self.node(spot.node).kind {
            _ if next.is_some() => 1,
            _ if !children.iter().all(|child| self.can_yield(*child)) => 0,
            Kind::Seq => refusals % 3,
            _ => refusals % 2,
        };
        if !spot.constructing() {
            self.explored.extend(next);
            let node = self.node_mut(spot.node);
            node.given = elements;
            node.probing = next.is_some();
        }
        elements
    }

    /// Which variant an enum is given.
    pub(super) fn variant(&mut self, spot: Spot) -> Result<usize, Refused> {
        let contents = self.node(spot.node).children.clone();
        let next = match () {
            () if spot.constructing() => None,
            () if self.probe.is_some() => self
                .way(&contents)
                .and_then(|way| contents.iter().position(|content| *content == way)),
            () => contents.iter().position(|content| self.wants(*content)),
        };
        let Some(variant) = next.or(self.node(spot.node).witness) else {
            return self.stop();
        };
        if !spot.constructing() {
            self.explored.extend(next.map(|variant| contents[variant]));
            self.node_mut(spot.node).given = variant;
        }
        Ok(variant)
    }

    /// Draws the conclusions from the success or failure of everything that was read at a spot.
    pub(super) fn judge<T>(&mut self, spot: Spot, result: Result<T, Refused>) -> Result<T, Refused> {
        if !spot.constructing() && self.probe.is_none() {
            match &result {
                Ok(_) => {
                    self.accept(spot.node);
                    self.accounted = false;
                }
                Err(Refused) if !self.accounted => {
                    self.refuse(spot.node, spot.variation);
                    self.accounted = true;
                }
                Err(Refused) => {}
            }
        }
        result
    }

    fn accept(&mut self, id: NodeId) {
        let run = self.run;
        let node = self.node(id);
        if node.run != run {
            // The type took nothing. What takes nothing now and something at other times cannot be described.
            return match node.kind {
                Kind::Unseen => self.is_unit(id),
                Kind::Leaf(Type::Unit) | Kind::Opaque => {}
                _ => self.give_up(id),
            };
        }
        if !node.yields {
            self.node_mut(id).yields = true;
            self.knowledge += 1;
        }
        let node = self.node(id);
        match node.kind {
            Kind::Enum(..) => {
                let given = node.given;
                let Some(content) = node.children.get(given).copied() else {
                    return;
                };
                self.node_mut(id).witness.get_or_insert(given);
                self.accept(content);
            }
            Kind::Struct(..) => {
                let reached = |child: &NodeId| self.node(*child).kind != Kind::Unseen;
                let length = node.children.iter().take_while(|child| reached(child)).count();
                if length < node.children.len() {
                    self.shorten(id, length);
                }
            }
            Kind::Tuple(_) | Kind::Newtype(_) | Kind::TupleStruct(..) => {
                for child in node.children.clone() {
                    if self.node(child).kind == Kind::Unseen {
                        self.give_up(child);
                    }
                }
            }
            _ => {}
        }
    }

    /// An enum does not know the variant that it was given.
    pub(super) fn no_such_variant(&mut self, spot: Spot, variant: usize) {
        if spot.constructing() {
            return;
        }
        if variant == 0 {
            // It does not go by numbers.
            self.give_up(spot.node);
        } else {
            self.shorten(spot.node, variant);
        }
    }

    fn is_unit(&mut self, id: NodeId) {
        let node = self.node_mut(id);
        node.kind = Kind::Leaf(Type::Unit);
        node.yields = true;
        self.knowledge += 1;
    }

    fn refuse(&mut self, id: NodeId, variation: usize) {
        let node = self.node(id);
        let limit = attempts_for(&node.kind);
        match node.kind {
            Kind::Opaque => return,
            Kind::Unseen => return self.give_up(id),
            Kind::Enum(..) => {
                let Some(content) = node.children.get(node.given).copied() else {
                    return;
                };
                return self.refuse(content, variation);
            }
            Kind::Leaf(_) if node.yields && variation > 0 => {
                if node.fixed {
                    return;
                }
                self.node_mut(id).fixed = true;
            }
            Kind::Option | Kind::Seq | Kind::Map if node.probing => return,
            _ if node.attempts >= limit => return,
            _ => self.node_mut(id).attempts += 1,
        }
        self.knowledge += 1;
    }

    /// Has a child read, unless its type is known to panic.
    pub(super) fn read<T>(
        &mut self,
        child: Spot,
        read: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let node = self.node(child.node);
        if !node.broken && !node.rust.is_empty() && self.panicked.contains(&node.rust) {
            self.break_off(child.node);
        }
        self.reading.push(child.node);
        let result = read(self);
        self.reading.pop();
        self.judge(child, result)
    }

    /// A run ended in a panic of the type that was being read. It is not read again, lest it panics again; what has
    /// been found out about it stays.
    pub(super) fn panicked(&mut self) -> &'static str {
        let innermost = self.reading.last().copied().unwrap_or(self.root().node);
        self.reading.clear();
        let rust = self.node(innermost).rust;
        self.panicked.push(rust);
        self.break_off(innermost);
        rust
    }

    fn break_off(&mut self, id: NodeId) {
        self.knowledge += 1;
        let node = self.node_mut(id);
        node.broken = true;
        node.settled = true;
        node.yields = false;
        self.forget_half(id);
    }

    /// Gives up what is inside and was not read to its end.
    fn forget_half(&mut self, id: NodeId) {
        let children = self.node(id).children.clone();
        if children
            .iter()
            .any(|child| self.node(*child).kind == Kind::Unseen)
            || self.untried_name(id).is_some()
            || self.node(id).kind == Kind::Unseen
        {
            self.give_up(id);
        } else {
            children.iter().for_each(|child| self.forget_half(*child));
        }
    }
}

const _: () = assert!(COMPOUND_ATTEMPTS > 3, "every way of varying leaves is tried");
