//! Where in a value and in its form something stands, and what is wrong there.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt::{self, Display};

use serde::ser::{Serialize, Serializer};

use super::super::{Fields, Form, Kind, Node, Print, Spot, Why};
use super::words::{Part, Place, Written, named};
use crate::signature::DEPTH_LIMIT;

/// A value would be read as another one, or not at all.
#[derive(Debug)]
pub struct Mismatch {
    message: String,
    /// Whether names may tell what it is.
    is_told_by_names: bool,
}

impl Mismatch {
    pub(super) const fn new(message: String) -> Self {
        Self {
            message,
            is_told_by_names: false,
        }
    }

    /// The same, of what names may tell.
    const fn told_by_names(mut self) -> Self {
        self.is_told_by_names = true;
        self
    }

    /// Whether names may tell what it is, which is found out when it is written with them.
    #[must_use]
    pub const fn is_told_by_names(&self) -> bool {
        self.is_told_by_names
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

impl serde::ser::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

/// The serializer, at a position; what it does there is in the module above.
#[derive(Clone, Copy)]
pub(super) struct Check<'f> {
    pub(super) form: &'f Form,
    pub(super) at: Spot,
    pub(super) place: Place,
    /// What was found so far.
    pub(super) found: &'f Found,
    /// How many types are around.
    pub(super) depth: usize,
}

/// What becomes of it: what was written.
pub(super) type Checked<T = Print> = Result<T, Mismatch>;

/// What was found to agree, to be remembered if all of the value does.
pub(super) struct Found {
    prints: RefCell<HashMap<Spot, Print>>,
    /// Whether something does not stand where whoever looks on while it is written takes it to be. Then nothing is
    /// remembered, and such a value is looked at in full each time.
    is_shifted: Cell<bool>,
    /// All that was written, in order.
    told: Cell<Print>,
    /// The first of what is not read as it is written, and may be by names.
    by_names: RefCell<Option<Mismatch>>,
    /// What is written with names is held to these, and to no positions.
    names: Option<ByNames>,
}

/// What it is that is written with names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ByNames {
    /// A value of which all is known, or that positions carry: what is not known of it may not be read by the names that it has.
    Known,
    /// One of which nothing is, as in a call by name, or not all, and it is read by names: of that no more is held than its own names say.
    Unknown,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            prints: RefCell::default(),
            is_shifted: Cell::new(false),
            told: Cell::new(Print::NOTHING),
            by_names: RefCell::default(),
            names: None,
        }
    }
}

impl Found {
    pub(super) fn by(names: ByNames) -> Self {
        Self {
            names: Some(names),
            ..Self::default()
        }
    }

    /// Whether what is written has names.
    pub(super) const fn has_names(&self) -> bool {
        self.names.is_some()
    }

    /// Whether what is not known of what is written with names is read by them.
    pub(super) fn reads_names(&self) -> bool {
        self.names == Some(ByNames::Unknown)
    }

    pub(super) fn shift(&self) {
        self.is_shifted.set(true);
    }

    /// The number of a variant is written.
    pub(super) fn tell_variant(&self, index: u32) {
        self.told.set(self.told.get().variant(index));
    }

    /// Names may tell what is written there. What is around, and comes after it, may be something that they do not.
    pub(super) fn tell_by_names(&self, mismatch: Mismatch) {
        let mut first = self.by_names.borrow_mut();
        first.get_or_insert_with(|| mismatch.told_by_names());
    }

    /// What only names may tell, if there is something.
    pub(super) fn by_names(&self) -> Option<Mismatch> {
        self.by_names.take()
    }

    /// Remembers it in `form`, and says what all that was written is in a number.
    pub(super) fn remember(self, form: &Form) -> Print {
        if !self.is_shifted.get() {
            for (spot, print) in self.prints.into_inner() {
                form.settle(spot, print);
            }
        }
        self.told.get()
    }
}

impl<'f> Check<'f> {
    pub(super) fn node(self) -> Option<&'f Node> {
        self.form.node(self.at)
    }

    /// What is inside of something here.
    pub(super) fn hold<T: Serialize + ?Sized>(self, value: &T) -> Checked
    where
        Self: Serializer<Ok = Print, Error = Mismatch>,
    {
        let passes = |node: &Node| match node.kind {
            // Its own type finds out when it is read.
            Kind::Explained(_) => self.found.has_names(),
            // What stands before it is in nobody's way, as it says itself how long it is.
            Kind::Refused(Why::Hidden(_)) => self.found.reads_names(),
            _ => false,
        };
        if self.node().is_some_and(passes) {
            return Ok(Print::NOTHING);
        }
        if self.depth >= DEPTH_LIMIT {
            return Err(Mismatch::new(format!(
                "nested deeper than {DEPTH_LIMIT} levels{}",
                self.place
            )));
        }
        value.serialize(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    /// As [`hold`](Self::hold), where it may be another way from value to value.
    pub(super) fn hold_each<T: Serialize + ?Sized>(self, value: &T) -> Checked<()>
    where
        Self: Serializer<Ok = Print, Error = Mismatch>,
    {
        let print = self.hold(value)?;
        self.agrees(print);
        Ok(())
    }

    /// Notes that this may be written here.
    pub(super) fn agrees(self, print: Print) {
        let Found { prints, told, .. } = self.found;
        prints.borrow_mut().insert(self.at, print);
        told.set(told.get().part(print));
    }

    pub(super) const fn to(self, at: Spot) -> Self {
        Self { at, ..self }
    }

    /// At the first thing inside of what is here.
    pub(super) fn inside(self) -> Self {
        self.to(self.form.first(self.at))
    }

    /// As [`innermost`](Self::innermost), for something with anything inside.
    pub(super) fn unwrapped(self) -> Self {
        let within = self.innermost();
        if within.at != self.at {
            self.found.shift();
        }
        within
    }

    /// Where something stands that is no tuple or struct: inside of those with a single field, which add nothing to it but names.
    pub(super) fn innermost(self) -> Self {
        let mut within = self;
        if self.found.has_names() {
            return within;
        }
        for _ in 0..DEPTH_LIMIT {
            match within.node().map(|node| &node.kind) {
                Some(Kind::Tuple(1) | Kind::Struct(_, Fields { count: 1, .. })) => within = within.inside(),
                _ => break,
            }
        }
        within
    }

    pub(super) const fn within(self, owner: &'static str, part: Part) -> Self {
        Self {
            place: Place { owner, part },
            ..self
        }
    }

    /// Whether nobody knows by which names that is read which is written here, and these may be others.
    pub(super) fn may_be_misread(self) -> bool {
        let is_known = |node: &Node| !matches!(node.kind, Kind::Unknown);
        self.found.names == Some(ByNames::Known) && !self.node().is_some_and(is_known)
    }

    /// It would go by these.
    pub(super) fn unknown_names(self, written: Written) -> Mismatch {
        let place = self.place;
        Mismatch::new(format!(
            "{written} would go with names{place}, as something beside it or around it has to, and it is not known by which it is read: \
             what is read by another name would be lost; send what has to go with names by itself, or leave `untraced` away"
        ))
    }

    /// Where a type that has a name is not where it is read.
    pub(super) fn differs<T>(self, written: Written) -> Checked<T> {
        let place = self.place;
        let read = match self.node() {
            Some(node) => node.kind.to_string(),
            None => "something else".to_owned(),
        };
        Err(Mismatch::new(format!(
            "{written} is written where {read} would be read{place}: an attribute such as #[serde(into)], \
             #[serde(serialize_with)] or #[serde(skip_serializing)] makes the two halves of the type differ"
        )))
    }

    /// Nothing may be written here.
    pub(super) fn refuses<T>(self, node: &Node) -> Checked<T> {
        let place = self.place;
        Err(Mismatch::new(match node.kind {
            Kind::Refused(Why::Hidden(before)) => format!(
                "it is not known how that is read which is written{place}: it stands behind {}, of which no value could be \
                 made up; put that last, write a struct with names for the fields in place of a tuple, or \
                 `untraced` at the fetcher and the callback if reading and writing are known to agree",
                named(before)
            ),
            _ => format!(
                "{} asks the bytes what they hold, which they do not say{place}: it may use #[serde(untagged)], \
                 #[serde(tag = …)] or #[serde(flatten)], or be something like `serde_json::Value`; send an enum or a \
                 struct without these, or the value as a JSON string",
                named(node.rust)
            ),
        }))
    }
}
