//! Where in a value and in its form something stands, and what is wrong there.

use std::fmt::{self, Display};

use serde::ser::{Serialize, Serializer};

use super::super::{Fields, Form, Kind, Node, Spot};
use super::words::{Part, Place, Written, named};
use crate::signature::DEPTH_LIMIT;

/// A value would be read as another one, or not at all.
#[derive(Debug)]
pub struct Mismatch(pub(super) String);

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl serde::ser::Error for Mismatch {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The serializer, at a position; what it does there is in the module above.
#[derive(Clone, Copy)]
pub(super) struct Check<'f> {
    pub(super) form: &'f Form,
    pub(super) at: Spot,
    pub(super) place: Place,
    /// How many types are around.
    pub(super) depth: usize,
}

pub(super) type Checked<T = ()> = Result<T, Mismatch>;

impl<'f> Check<'f> {
    pub(super) fn node(self) -> Option<&'f Node> {
        self.form.node(self.at)
    }

    /// What is inside of something here.
    pub(super) fn hold<T: Serialize + ?Sized>(self, value: &T) -> Checked
    where
        Self: Serializer<Ok = (), Error = Mismatch>,
    {
        if self.depth >= DEPTH_LIMIT {
            return Err(Mismatch(format!(
                "nested deeper than {DEPTH_LIMIT} levels{}",
                self.place
            )));
        }
        value.serialize(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    pub(super) const fn to(self, at: Spot) -> Self {
        Self { at, ..self }
    }

    /// At the first thing inside of what is here.
    pub(super) fn inside(self) -> Self {
        self.to(self.form.first(self.at))
    }

    /// Where something stands that is no tuple or struct: inside of those with a single field, which add nothing to it.
    pub(super) fn unwrapped(self) -> Self {
        let mut within = self;
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

    /// Where a type that has a name is not where it is read.
    pub(super) fn differs<T>(self, written: Written) -> Checked<T> {
        let place = self.place;
        let read = match self.node() {
            Some(node) => node.kind.to_string(),
            None => "something else".to_owned(),
        };
        Err(Mismatch(format!(
            "{written} is written where {read} would be read{place}: an attribute such as #[serde(into)], \
             #[serde(serialize_with)] or #[serde(skip_serializing)] makes the two halves of the type differ"
        )))
    }

    pub(super) fn asks<T>(self, node: &Node) -> Checked<T> {
        let (name, place) = (named(node.rust), self.place);
        Err(Mismatch(format!(
            "{name} asks the bytes what they hold, which they do not say{place}: it may use #[serde(untagged)], \
             #[serde(tag = …)] or #[serde(flatten)], or be something like `serde_json::Value`; send an enum or a \
             struct without these, or the value as a JSON string"
        )))
    }
}
