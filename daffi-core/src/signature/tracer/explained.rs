//! What of a type says itself what it is when it is sent, since something in it asks what it is given.

use std::collections::{HashMap, HashSet};

use super::node::{Kind, NodeId};
use super::tree::Tree;

/// The nodes whose values are sent with names, and the type in each that asks.
pub(super) type Explained = HashMap<NodeId, &'static str>;

impl Tree {
    /// All of the type, if something in it asks; of a tuple, and of a `Result`, only those parts in which something does.
    pub(super) fn explained(&self) -> Explained {
        let parts = self.parts();
        let asking = |part: &NodeId| self.asking(*part).map(|asks| (self.resolved(*part), asks));
        let mut explained: Explained = parts.iter().filter_map(asking).collect();
        if explained.is_empty() {
            return explained;
        }
        // Beside those, what has positions is read by its structure, so all of that has to be known.
        for part in parts {
            let part = self.resolved(part);
            if self
                .find(part, |id| {
                    matches!(self.node(id).kind, Kind::Opaque | Kind::Unseen)
                })
                .is_some()
            {
                explained.entry(part).or_insert(self.node(part).rust);
            }
        }
        explained
    }

    /// What is sent by itself: the parts of a tuple or of a `Result`, or else the whole.
    fn parts(&self) -> Vec<NodeId> {
        let root = self.resolved(self.root().node);
        let node = self.node(root);
        match &node.kind {
            Kind::Tuple(_) => node.children.clone(),
            Kind::Enum("Result", ["Ok", "Err"]) => {
                let content = |variant: &NodeId| match self.node(*variant).children.as_slice() {
                    [only] => Some(*only),
                    _ => None,
                };
                let contents: Option<_> = node.children.iter().map(content).collect();
                contents.unwrap_or_else(|| vec![root])
            }
            _ => vec![root],
        }
    }

    /// The type inside that asks what it is given, if one does.
    fn asking(&self, id: NodeId) -> Option<&'static str> {
        let asks = self.find(id, |id| self.node(id).asks)?;
        let mut named = self.node(asks);
        // The names of the fields of a struct with `flatten` are no type to blame.
        while let (Some(parent), true) = (
            named.parent,
            named.rust.is_empty() || named.rust.contains("::_::"),
        ) {
            named = self.node(parent);
        }
        Some(named.rust)
    }

    /// The first node inside of one of which that is so.
    fn find(&self, id: NodeId, is_so: impl Fn(NodeId) -> bool) -> Option<NodeId> {
        let mut seen = HashSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let id = self.resolved(id);
            if !seen.insert(id) {
                continue;
            }
            if is_so(id) {
                return Some(id);
            }
            open.extend(self.node(id).children.iter().rev());
        }
        None
    }
}
