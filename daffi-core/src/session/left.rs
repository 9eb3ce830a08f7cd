//! What a session holds of calls, counted: nothing is left of what is over.

use super::Session;

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Calls and questions that have a slot.
    pub calls: usize,
    /// Those of them that are not sent yet.
    pub parked: usize,
    /// Callbacks that run.
    pub runs: usize,
    /// Streams, of both directions.
    pub streams: usize,
    /// Whether there are runs that have not begun.
    pub is_arriving: bool,
    /// Whether there are results that have come in part.
    pub has_results: bool,
}

impl<W, C: Clone> Session<W, C> {
    /// What it holds.
    #[must_use]
    pub fn left(&self) -> Left {
        Left {
            calls: self.calls.len(),
            parked: self.parked.len(),
            runs: self.runs.len(),
            streams: self.streams.len(),
            is_arriving: !self.arriving.is_empty(),
            has_results: !self.results.is_empty(),
        }
    }
}
