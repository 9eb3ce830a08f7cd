//! What fields and variants are called.

use crate::signature::{Called, Known};

/// What a field or a variant goes by, at least by one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Names {
    names: Vec<String>,
    known: Known,
}

impl Names {
    /// What stands in a structure.
    pub(super) fn new(text: &str) -> Self {
        let called = Called::new(text);
        Self {
            names: called.names().map(str::to_owned).collect(),
            known: called.known,
        }
    }

    /// It has none.
    pub(super) const fn none() -> Self {
        Self {
            names: Vec::new(),
            known: Known::Some,
        }
    }

    /// Whether it goes by that name; where it is not known which are its names, by the one for people.
    pub(super) fn is(&self, name: &str) -> bool {
        let sure = if self.is_known() { self.names.len() } else { 1 };
        self.all().take(sure).any(|other| other == name)
    }

    /// Whether it is known that these are the names.
    pub(super) fn is_known(&self) -> bool {
        self.known != Known::Some
    }

    /// The one that is written, if that is known.
    pub(super) fn written(&self) -> Option<&str> {
        match self.known {
            Known::First => self.all().next(),
            Known::All | Known::Some => None,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The only one.
    #[inline]
    pub(super) fn only(&self) -> Option<&str> {
        match &*self.names {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Which of them somebody understands who knows these: the one that is written, or else the first.
    pub(super) fn among(&self, known: &[&str]) -> usize {
        self.all().position(|name| known.contains(&name)).unwrap_or(0)
    }

    pub(super) fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("_", String::as_str)
    }

    /// The one for people.
    pub(super) fn shown(&self) -> &str {
        self.name(0)
    }
}
