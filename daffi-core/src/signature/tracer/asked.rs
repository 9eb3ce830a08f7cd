//! What a type can be asked, beyond what it reads, and what it may answer.

use super::node::NodeId;

/// The name of a field and a variant that no type has.
pub(super) const NOBODY: &str = "\u{0}nobody";

/// A question to the type at a position.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// The positions around, and the one that is asked.
    pub(super) path: Vec<NodeId>,
    pub(super) question: Question,
    pub(super) answer: Option<Answer>,
}

#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Which of its fields is this?
    Key(Key),
    /// Is a value made of no more than these fields, by their names, and perhaps one that nobody has?
    Fields {
        given: Vec<(&'static str, usize)>,
        nobody: bool,
    },
    /// What is the field called that is read by this name, when it comes twice?
    Twice(&'static str, usize),
    /// Which of its variants is called so, if there is one?
    Variant(&'static str),
}

/// What a field goes by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    Number(usize),
    Name(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// It is the one with this mark.
    Field(String),
    Yes,
    /// Not without this field, or not with it twice.
    Wrong(&'static str),
    No,
}
