//! What follows where the controller does not let a process in again.

use std::sync::Arc;

use super::away::{Answers, Refused};
use super::connect::Supervisor;
use crate::error::{Refusal, StartError};
use crate::proto;

impl Supervisor {
    /// The controller refuses the process, which was let in before; whether it gives up.
    pub(super) fn is_given_up(&self, answers: &mut Answers, refusal: &proto::Refusal) -> bool {
        if !answers.are_final(refusal) {
            return false;
        }
        let gives_up = self.hooks.refused.gives_up;
        self.tell(
            StartError::answered(self.route.address(), refusal.clone()),
            gives_up,
        );
        gives_up
    }

    /// The process does not trust the controller that it finds. It goes on looking: that may be another's, which is gone soon.
    pub(super) fn trusts_not(&self, error: StartError) {
        self.node.connection_ended(Some(Refusal::Distrusted {
            reason: error.to_string(),
        }));
        self.tell(error, false);
    }

    fn tell(&self, error: StartError, gives_up: bool) {
        let error = Arc::new(error);
        let Refused { told, .. } = &self.hooks.refused;
        if self.node.away.refused(&error, gives_up) {
            self.call_hook(&|| told(&error));
        }
    }
}
