//! The deserializer: asks the tree what to give, gives it, and tells the tree how it went.
//!
//! It decides nothing itself.

mod choice;
mod deserializer;
mod fields;
mod numbered;

use std::any::type_name;

use super::super::Type;
use super::node::{Kind, Reader};
use super::refused::Refused;
use super::tree::{Spot, Tree};

/// The Rust type that a seed reads, if its name tells.
pub(super) fn read_by<S>() -> &'static str {
    let seed = type_name::<S>();
    seed.strip_prefix("core::marker::PhantomData<")
        .and_then(|ty| ty.strip_suffix('>'))
        .unwrap_or("")
}

/// A position from which a value is read.
pub(super) struct Cursor<'a> {
    tree: &'a mut Tree,
    spot: Spot,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tree: &'a mut Tree, spot: Spot) -> Self {
        Self { tree, spot }
    }

    fn enter<V>(&mut self, kind: Kind, code: usize) -> Result<(), Refused> {
        let name = type_name::<V>();
        self.spot = self.tree.enter(self.spot, kind, Reader { name, code })?;
        Ok(())
    }

    /// Which candidate to give for a type without types inside.
    fn leaf(mut self, ty: Type) -> Result<usize, Refused> {
        let kind = Kind::Leaf(ty);
        // Leaves are not told apart any further, hence no visitor.
        self.spot = self.tree.enter(self.spot, kind.clone(), Reader::NONE)?;
        let Kind::Leaf(ty) = kind else {
            return self.tree.stop();
        };
        self.tree.candidate(self.spot, &ty)
    }

    /// Has the only child read from by `read`.
    fn inside<T>(self, read: impl FnOnce(Cursor<'_>) -> Result<T, Refused>) -> Result<T, Refused> {
        let Some(child) = self.tree.child(self.spot, 0) else {
            return self.tree.stop();
        };
        let around = self.tree.node(self.spot.node).rust;
        self.tree.node_mut(child.node).rust = around
            .strip_prefix("core::option::Option<")
            .and_then(|ty| ty.strip_suffix('>'))
            .unwrap_or(around);
        self.tree.read(child, |tree| read(Cursor::new(tree, child)))
    }
}
