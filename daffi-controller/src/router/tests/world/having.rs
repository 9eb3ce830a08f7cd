//! What processes say of themselves, and calls for whoever does.

use std::collections::BTreeSet;

use daffi_core::proto::{Lacking, Told};

use super::*;

/// What calls want.
pub(in super::super) const WANTED: [&[(&str, &str)]; 6] = [
    &[("kind", "a")],
    &[("kind", "b")],
    &[("zone", "x")],
    &[("kind", "a"), ("zone", "x")],
    &[("kind", "a"), ("kind", "b")],
    &[("shape", "round")],
];

/// What a call wants.
pub(super) fn wanted(having: Option<usize>) -> &'static [(&'static str, &'static str)] {
    having.map_or(&[], |having| WANTED[having])
}

impl Node {
    /// What it says of itself: each connection says something else.
    pub(super) fn attributes(&self, node: usize) -> Attributes {
        said(node + self.connections)
    }

    /// What its next connection says.
    pub(super) fn next_attributes(&self, node: usize) -> Attributes {
        said(node + self.connections + 1)
    }
}

fn said(number: usize) -> Attributes {
    let mut attributes = Attributes::default();
    if number % 4 != 3 {
        attributes.set("kind", ["a", "b"][number % 2]);
    }
    if number % 3 != 2 {
        attributes.set("zone", ["x", "y"][number % 3]);
    }
    attributes
}

impl World {
    pub(super) fn has(&self, node: usize, having: Option<usize>) -> bool {
        let attributes = self.nodes[node].attributes(node);
        attributes.have(wanted(having).iter().copied())
    }

    /// What a caller is told where those who could be asked are not what it wants.
    pub(super) fn lacking(&self, caller: usize, asked: &Asked) -> Failed {
        let wanted = wanted(asked.having);
        let others = self.shown(asked.name).map(|(node, _)| node);
        let others: Vec<_> = others
            .filter(|node| asked.to.map_or(*node != caller, |to| to == *node))
            .map(|node| self.nodes[node].attributes(node))
            .collect();
        let owned = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let there = |key: &'static str| {
            let values = others.iter().filter_map(move |said| said.get(key));
            values.map(move |value| owned(key, value))
        };
        let there: BTreeSet<_> = wanted.iter().flat_map(|(key, _)| there(key)).collect();
        let wanted = wanted.iter().map(|(key, value)| owned(key, value)).collect();
        let lacking = Lacking::new(wanted, there.into_iter().collect(), Told::All);
        Failed::NoProvider(Absence::Lacking(Box::new(lacking)))
    }
}
