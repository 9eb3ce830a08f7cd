//! What was not found out, and whose fault that is.

use super::super::{Cause, Gap};
use super::node::{Kind, Node, NodeId};
use super::tree::Tree;

/// Nobody reads more of them.
const GAPS_LIMIT: usize = 8;

impl Tree {
    /// What is not known, with the types to blame.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        self.collect(self.root().node, &mut Vec::new(), &mut gaps);
        gaps.truncate(GAPS_LIMIT);
        gaps
    }

    fn collect(&self, id: NodeId, path: &mut Vec<String>, gaps: &mut Vec<Gap>) {
        if gaps.len() >= GAPS_LIMIT {
            return;
        }
        let node = self.node(id);
        // A struct with `flatten` reads the names of its fields so.
        let asks = |child: &NodeId| self.node(*child).asks;
        if node.kind == Kind::Map && node.children.first().is_some_and(asks) {
            gaps.push(self.gap(id, path, Cause::Asks));
            return;
        }
        if node.kind == Kind::Opaque && !node.broken && !self.is_content(id) {
            let cause = match node {
                node if node.asks => Cause::Asks,
                node if node.large => Cause::Large,
                _ => Cause::Unclear,
            };
            gaps.push(self.gap(id, path, cause));
        }
        let in_turn = node.kind.is_read_in_turn();
        let unseen = |child: &NodeId| self.node(*child).kind == Kind::Unseen;
        for (place, child) in node.children.iter().enumerate() {
            let step = self.step(id, place);
            let steps = path.len();
            path.extend(step);
            if in_turn && self.refuses(*child) && node.children[place + 1..].iter().any(unseen) {
                self.blame(*child, path, gaps);
                path.truncate(steps);
                break;
            }
            self.collect(*child, path, gaps);
            path.truncate(steps);
        }
    }

    /// The node behind which one stands that was never reached, as no value of it could be made up: there is no way to find out how it
    /// is read. Where that is too large to be looked into, a value might have been made up.
    pub(super) fn hidden_by(&self, id: NodeId) -> Option<NodeId> {
        let Node { parent, place, .. } = *self.node(id);
        let parent = self.node(parent?);
        let mut before = parent.children.iter().take(place);
        let before = before.find(|before| !self.can_yield(**before))?;
        // Of one that asks what it is given, no value is written at all.
        let is_known = self.node(*before).asks || self.is_too_much(*before);
        (parent.kind.is_read_in_turn() && !is_known).then_some(*before)
    }

    /// Whether it, or something in it, is too large to be looked into.
    fn is_too_much(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.large || node.children.iter().any(|child| self.is_too_much(*child))
    }

    /// Whether no value of it could be made up. One that panicked, or asks what it is given, is told of elsewhere.
    fn refuses(&self, id: NodeId) -> bool {
        let node = self.node(id);
        !self.can_yield(id) && !node.broken && !node.asks && node.kind != Kind::Unseen
    }

    /// Names the innermost type to blame for that a node refuses.
    fn blame(&self, id: NodeId, path: &mut Vec<String>, gaps: &mut Vec<Gap>) {
        let node = self.node(id);
        let has_parts = matches!(
            node.kind,
            Kind::Tuple(_) | Kind::TupleStruct(..) | Kind::Struct(..) | Kind::Newtype(_)
        );
        let mut children = node.children.iter().enumerate();
        match children.find(|(_, child)| self.refuses(**child)) {
            Some((place, child)) if has_parts => {
                path.extend(self.step(id, place));
                self.blame(*child, path, gaps);
            }
            _ => gaps.push(self.gap(id, path, Cause::Hides)),
        }
    }

    fn gap(&self, id: NodeId, path: &[String], cause: Cause) -> Gap {
        Gap {
            place: path.join(", "),
            ty: self.node(id).rust,
            cause,
        }
    }

    /// Whether it is what a variant carries. There are some that nobody can have, as those of another system.
    fn is_content(&self, id: NodeId) -> bool {
        let parent = self.node(id).parent;
        parent.is_some_and(|parent| matches!(self.node(parent).kind, Kind::Enum(..)))
    }

    /// The way from a node to one of its children, for people.
    fn step(&self, id: NodeId, place: usize) -> Option<String> {
        Some(match self.node(id).kind {
            Kind::Newtype(_) => return None,
            Kind::Struct(_, names) => format!("field `{}`", names.get(place)?),
            Kind::Enum(_, names) => format!("variant `{}`", names.get(place)?),
            Kind::Map if place == 0 => "key".to_owned(),
            Kind::Seq => "element".to_owned(),
            Kind::Tuple(_) | Kind::TupleStruct(..) => format!("element {place}"),
            _ => "value".to_owned(),
        })
    }
}
