//! What a simulation needs of a controller: to hand it connections, and to look at what it holds.

use daffi_core::transport::Connection;

use super::Controller;

/// How many there are of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Calls that run at providers.
    pub calls: usize,
    /// Calls that wait for a place.
    pub waiting: usize,
    /// Whether no call is under way or comes.
    pub is_idle: bool,
    /// Processes.
    pub processes: usize,
    /// Bytes that are queued for them, or not acknowledged by them.
    pub queued: usize,
}

impl Controller {
    /// Serves a connection, as if it had been accepted. It ends at once where nobody is let in.
    pub fn accept(&self, connection: Connection) {
        if self.hub.closing.is_cancelled() {
            connection.outbox.abort();
        } else {
            self.serve(connection);
        }
    }

    /// What it holds.
    #[must_use]
    pub fn left(&self) -> Left {
        let state = self.hub.state();
        Left {
            calls: state.router.calls_outstanding(),
            waiting: state.router.calls_waiting(),
            is_idle: state.router.is_idle(),
            processes: state.queues.all().count(),
            queued: state.queues.all().map(|queue| queue.outbox.queued()).sum(),
        }
    }
}
