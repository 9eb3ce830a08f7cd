//! Calls through a `Global` that is said.

use super::Global;
use crate::call::{Broadcast, Call, NodeChoice};
use crate::node::Phase;

impl<T, E> Call<T, E> {
    /// Makes the call through `global`, instead of the process's default.
    pub fn on(self, global: &Global) -> Self {
        self.on_node(chosen(global))
    }
}

impl<T, E> Broadcast<T, E> {
    /// Makes the call through `global`, instead of the process's default.
    pub fn on(self, global: &Global) -> Self {
        self.on_node(chosen(global))
    }
}

fn chosen(global: &Global) -> NodeChoice {
    let node = global.inner.node.clone();
    NodeChoice::Chosen(node.filter(|node| node.phase() != Phase::Stopped))
}
