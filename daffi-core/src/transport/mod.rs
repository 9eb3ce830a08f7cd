//! Moving frames between two processes, or within one: sockets, memory, queues.
//!
//! **Invariant:** knows frames and headers, and nothing of calls, links or who is at the other end. A [`Connection`]
//! is an [`Outbox`] to send by and an [`Inlet`] to receive from, whatever is underneath.

mod address;
mod batch;
mod inlet;
mod lanes;
mod listener;
mod memory;
mod outbox;
mod room;
mod socket;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use address::Address;
pub use inlet::{Inlet, ReadError};
pub use listener::Listener;
pub use outbox::{Outbox, SendError};
pub use socket::{Peer, connect};

use crate::proto::Limits;

/// Both directions of a connection.
#[derive(Debug)]
pub struct Connection {
    /// The way out.
    pub outbox: Arc<Outbox>,
    /// The way in.
    pub inlet: Inlet,
    /// What is at the other end, for people.
    pub peer: Peer,
}

impl Connection {
    /// Two ends in one process. Frames pass as they are: no socket, no copy of the payload.
    #[must_use]
    pub fn memory(limits: Limits) -> (Self, Self) {
        let (here, there) = (
            Arc::new(memory::Pipe::new(limits.queue_bytes)),
            Arc::new(memory::Pipe::new(limits.queue_bytes)),
        );
        let end = |out: &Arc<memory::Pipe>, from: &Arc<memory::Pipe>| Self {
            outbox: Outbox::memory(Arc::clone(out), Arc::clone(from), limits),
            inlet: Inlet::memory(Arc::clone(from)),
            peer: Peer::Memory,
        };
        (end(&there, &here), end(&here, &there))
    }
}
