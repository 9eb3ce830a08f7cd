//! What no process has that a call is for.

use serde::{Deserialize, Serialize};

use super::fields;

/// Attributes that nobody has who offers a callback, or that one process has not, though a call is for whoever has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lacking {
    /// Keys, and the values that the caller wants: all of them at one process.
    #[serde(deserialize_with = "fields::kept_having")]
    pub wanted: Vec<(String, String)>,
    /// The values of these keys that there are: of those who offer the callback, or of the process that was named. In ascending
    /// order, each once.
    #[serde(deserialize_with = "fields::values")]
    pub there: Vec<(String, String)>,
    /// How much of what there is that is.
    pub told: Told,
}

/// How much of something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Told {
    /// All.
    All,
    /// Some of it: more had no room, or was not looked at.
    Some,
    /// Nothing: it may not be known to whoever asks.
    Nothing,
}

impl Lacking {
    /// What a caller wants, and what there is.
    #[must_use]
    pub const fn new(wanted: Vec<(String, String)>, there: Vec<(String, String)>, told: Told) -> Self {
        Self { wanted, there, told }
    }

    /// How many bytes its words have.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let pairs = self.wanted.iter().chain(&self.there);
        pairs.map(|(key, value)| key.len() + value.len()).sum()
    }
}
