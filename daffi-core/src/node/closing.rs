//! How a node ends, whatever ends it.

use std::sync::Arc;

use super::doings::Doings;
use super::{Node, Phase};
use crate::panics::dismissed;
use crate::scope::Home;

/// Closes the session when the supervisor's task ends, also when its runtime drops it.
pub(super) struct Closing {
    pub(super) node: Arc<Node>,
    pub(super) ended: Arc<dyn Fn() + Send + Sync>,
}

impl Closing {
    pub(super) fn close(&mut self) {
        let (unasked, offered, outbox) = self.node.visit(&mut Doings::default(), |visit| {
            let before = visit.enter(Phase::Stopped);
            let (session, mut out, events) = visit.parts();
            session.close(&mut out, events);
            let offered = session.retract_all();
            (before == Phase::Running, offered, visit.disconnect())
        });
        if let Some(outbox) = outbox {
            outbox.abort();
        }
        self.node.changed.notify_waiters();
        if unasked {
            (self.ended)();
        }
        // They may hold a `Global`, which holds them. What they do as they go is code of this one.
        Home::Of(self.node.key()).enter(|| {
            for callback in offered {
                let name = Arc::clone(&callback.name);
                dismissed(&name, || drop(callback));
            }
        });
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.close();
    }
}
