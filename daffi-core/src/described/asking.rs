//! Where in a structure something says itself what it is.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{At, Layout, Place};

/// The places of a structure whose values say themselves what they are, or have something inside that does.
#[derive(Debug)]
pub(super) struct Asking(BTreeSet<At>);

impl Asking {
    pub(super) fn of(layout: &Layout) -> Self {
        let is_any = |at: &At| matches!(layout.place(*at), Place::Any);
        let mut open: Vec<At> = layout.all().filter(is_any).collect();
        let mut found = BTreeSet::new();
        if open.is_empty() {
            return Self(found);
        }
        let mut around: BTreeMap<At, Vec<At>> = BTreeMap::new();
        for at in layout.all() {
            for inside in inside(layout.place(at)) {
                around.entry(inside).or_default().push(at);
            }
        }
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.append(&mut around.remove(&at).unwrap_or_default());
            }
        }
        Self(found)
    }

    pub(super) fn is_at(&self, at: At) -> bool {
        self.0.contains(&at)
    }
}

fn inside(place: &Place) -> Vec<At> {
    match place {
        Place::Option(inner) | Place::Seq(inner) => vec![*inner],
        Place::Map(key, value, _) => vec![*key, *value],
        Place::Tuple(fields) => fields.clone(),
        Place::Struct(structure) => structure.fields.clone(),
        Place::Enum(choices) => choices.all().iter().map(|choice| choice.content).collect(),
        _ => Vec::new(),
    }
}
