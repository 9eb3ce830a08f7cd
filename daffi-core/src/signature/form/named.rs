//! What is read by names, where values say themselves what they are: what is written is looked up, not compared.
//!
//! It was found as for machines, and types may write something else for people. So where another kind of value is written,
//! nothing is known of it.

use super::{At, Fields, Form, Kind, Names, Spot, owner};

/// The fields that are read at a position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'f> {
    fields: &'f Fields,
    first: At,
}

impl Named<'_> {
    /// Where the field is that is read by that name, if one is, and its number; neither if it is not known whose the name is.
    pub(crate) fn read(self, name: &str) -> Option<(At, Option<usize>)> {
        let owner = read(&self.fields.names, name)?;
        Some((owner.map_or(At::NOWHERE, |owner| self.first.after(owner)), owner))
    }

    /// How many are read.
    pub(crate) const fn count(self) -> usize {
        self.fields.count
    }
}

impl Form {
    /// What is read at a position, and where its first child stands.
    fn read_at(&self, at: At) -> Option<(&Kind, At)> {
        let node = self.node(Spot(at.place()))?;
        let first = at.first(self.marks());
        match node.kind {
            // What it would be if it did not say so.
            Kind::Explained(_) => self.read_at(first),
            _ => Some((&node.kind, first)),
        }
    }

    fn first_of(&self, at: At, is_so: impl FnOnce(&Kind) -> bool) -> At {
        match self.read_at(at) {
            Some((kind, first)) if is_so(kind) => first,
            _ => At::NOWHERE,
        }
    }

    /// What is in an option.
    pub(crate) fn some(&self, at: At) -> At {
        self.first_of(at, |kind| matches!(kind, Kind::Option))
    }

    /// Each element of a sequence.
    pub(crate) fn element(&self, at: At) -> At {
        self.first_of(at, |kind| matches!(kind, Kind::Seq))
    }

    /// Each key of a map; its values are the next.
    pub(crate) fn key(&self, at: At) -> At {
        self.first_of(at, |kind| matches!(kind, Kind::Map))
    }

    /// The first of so many parts without names.
    pub(crate) fn part(&self, at: At, count: usize) -> At {
        self.first_of(at, |kind| matches!(kind, Kind::Tuple(parts) if *parts == count))
    }

    /// The fields of a struct, or of what a variant carries.
    pub(crate) fn named(&self, at: At) -> Option<Named<'_>> {
        match self.read_at(at)? {
            (Kind::Struct(_, fields), first) => Some(Named { fields, first }),
            _ => None,
        }
    }

    /// What the variant of that name carries; `None` if none is read by it.
    pub(crate) fn variant(&self, at: At, name: &str) -> Option<At> {
        let Some((Kind::Enum(_, variants), first)) = self.read_at(at) else {
            return Some(At::NOWHERE);
        };
        read(variants, name).map(|owner| owner.map_or(At::NOWHERE, |owner| first.after(owner)))
    }
}

/// Which of these is read by that name, if one is; and if it is known which.
fn read(all: &[Names], name: &str) -> Option<Option<usize>> {
    let owner = owner(all, name);
    let is_read = owner.is_some() || all.iter().any(|names| names.contains(&name));
    is_read.then_some(owner)
}
