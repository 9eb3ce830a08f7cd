//! What is to be done when a session is free again.

use super::door::NodeEvent;
use crate::proto::{Outcome, RunId};

/// Runs that ended where they began, to be answered together.
pub(super) type Ended = Vec<(RunId, Outcome)>;

/// What follows from a visit of the session.
#[derive(Default)]
pub(super) struct Doings {
    pub(super) events: Vec<NodeEvent>,
    pub(super) ended: Ended,
}
