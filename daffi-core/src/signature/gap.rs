//! What could not be found out about a type, for people.

use std::fmt::{self, Display};

use super::{LENGTH_LIMIT, SIZE_LIMIT};

/// Where values are compared with less than their whole type, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Where it is, for people to read: ``argument `review`, field `id` ``.
    pub place: String,
    /// The Rust type to blame; empty if that is not known.
    pub ty: &'static str,
    /// What is the matter with it.
    pub cause: Cause,
}

/// Why something could not be found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The type refused all that was made up, and what is read after it was never reached.
    Hides,
    /// How it is read is another at each time, or cannot be found out by reading.
    Unclear,
    /// It asks what it is given, which bytes without names cannot tell: its values say themselves what they are.
    Asks,
    /// It is too large, so nobody looks into it.
    Large,
    /// It was looked into, but is too large to be told to the other side.
    Untold,
}

impl Gap {
    /// The same inside of something.
    #[must_use]
    pub fn within(mut self, outside: &str) -> Self {
        let inside = if self.place.is_empty() { "" } else { ", " };
        self.place = format!("{outside}{inside}{}", self.place);
        self
    }
}

/// What it means, and what to do about it.
impl Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hides => f.write_str(
                "this type refused every value that was made up for it, so nothing is known of what is read after it, and values \
                 there are not sent; put it last, make it a field with a name, send what it is made from and convert that where \
                 it arrives, or write `untraced` at the fetcher and the callback if reading and writing are known to agree",
            ),
            Self::Asks => f.write_str(
                "this type asks what it is given (`untagged`, `tag`, `flatten`, `serde_json::Value` and the like), so all of the \
                 argument, result, error or item is sent with names, which is slower and longer",
            ),
            Self::Unclear => f.write_str(
                "how this type is read could not be found out by reading it: its values are compared with nothing, and \
                 arrive as others where what is written is not what is read",
            ),
            Self::Large => write!(
                f,
                "this type is too large to be looked into (at most {SIZE_LIMIT} parts are, {LENGTH_LIMIT} elements of a tuple or \
                 an array, and 128 types inside of each other): values from here on are compared with nothing, and arrive as \
                 others where what is written is not what is read"
            ),
            Self::Untold => write!(
                f,
                "this type is too large to be told to the other side (at most {SIZE_LIMIT} parts are): values from here on \
                 are compared with how this side reads them, and not with the types of the other side"
            ),
        }
    }
}
