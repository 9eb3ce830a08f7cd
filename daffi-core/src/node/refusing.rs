//! What follows where the controller does not let a process in again.

use std::sync::Arc;

use super::away::{Answers, Refused};
use super::connect::Supervisor;
use crate::error::StartError;
use crate::proto::Refusal;

impl Supervisor {
    /// The controller refuses the process, which was let in before; whether it gives up.
    pub(super) fn is_given_up(&self, answers: &mut Answers, refusal: &Refusal) -> bool {
        if !answers.are_final(refusal) {
            return false;
        }
        let error = Arc::new(StartError::answered(self.route.address(), refusal.clone()));
        let Refused { told, gives_up } = &self.hooks.refused;
        if self.node.away.refused(&error, *gives_up) {
            self.call_hook(&|| told(&error));
        }
        *gives_up
    }
}
