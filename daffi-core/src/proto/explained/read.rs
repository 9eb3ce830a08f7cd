//! How the parts of a value are read that are written with names: those that nobody reads would be lost without a word.

use super::writer::{Written, fault};
use crate::signature::form::{At, Named};

/// Where the parts of something are read.
pub(super) enum Read<'o> {
    /// All at the same position.
    Each(At),
    /// One after the other.
    InTurn(At),
    /// Keys, and values behind them.
    Entries(At),
    /// By their names, if these are known.
    ByName(Option<Looked<'o>>),
}

impl Read<'_> {
    /// Where the next element is read, or the next key.
    pub(super) const fn next(&mut self) -> At {
        match self {
            Self::Each(at) | Self::Entries(at) => *at,
            Self::InTurn(at) => {
                let here = *at;
                *at = at.next();
                here
            }
            Self::ByName(_) => At::NOWHERE,
        }
    }

    /// Where the value of a key is read.
    pub(super) const fn value(&self) -> At {
        match self {
            Self::Entries(at) => at.next(),
            _ => At::NOWHERE,
        }
    }

    /// Where a field is read.
    pub(super) fn field(&mut self, name: &'static str) -> At {
        match self {
            Self::ByName(Some(looked)) => looked.field(name),
            _ => At::NOWHERE,
        }
    }

    /// A field is left out of this value.
    pub(super) fn skip(&mut self, name: &'static str) {
        self.field(name);
    }

    /// All were written.
    pub(super) fn end(&self) -> Written {
        match self {
            Self::ByName(Some(looked)) => looked.end(),
            _ => Ok(()),
        }
    }
}

/// Fields that are looked up by their names.
pub(super) struct Looked<'o> {
    owner: &'static str,
    fields: Named<'o>,
    /// How many were found.
    found: usize,
    /// The number of the field that was found last.
    last: Option<usize>,
    /// One that may be read as another field.
    misplaced: Option<&'static str>,
    /// The first that nobody reads.
    unread: Option<&'static str>,
}

impl<'o> Looked<'o> {
    pub(super) const fn new(owner: &'static str, fields: Named<'o>) -> Self {
        Self {
            owner,
            fields,
            found: 0,
            last: None,
            misplaced: None,
            unread: None,
        }
    }

    fn field(&mut self, name: &'static str) -> At {
        if let Some((at, owner)) = self.fields.read(name) {
            self.found += 1;
            if owner.is_some() && owner <= self.last {
                self.misplaced.get_or_insert(name);
            }
            self.last = owner.or(self.last);
            return at;
        }
        self.unread.get_or_insert(name);
        At::NOWHERE
    }

    /// One that is only written is left out on purpose, and so is one that is only read; but one of each may be the same.
    fn end(&self) -> Written {
        if let Some(field) = self.misplaced {
            return fault(format_args!(
                "field `{field}` of `{}` is not written where it is read: it is renamed to the name of another field, or the fields \
                 are written in another order; give each one name",
                self.owner
            ));
        }
        match self.unread {
            Some(field) if self.found < self.fields.count() => fault(format_args!(
                "field `{field}` of `{}` is written and not read, and another one is read and not written: a rename differs \
                 between writing and reading, and its value would be lost; give it one name, or #[serde(skip)] to what is to be \
                 left out",
                self.owner
            )),
            _ => Ok(()),
        }
    }
}
