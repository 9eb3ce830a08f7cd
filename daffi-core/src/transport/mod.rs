//! Moving frames between two processes, or within one: sockets, memory, queues.
//!
//! **Invariant:** knows frames and headers, and nothing of calls, links or who is at the other end. A [`Connection`]
//! is an [`Outbox`] to send by and an [`Inlet`] to receive from, whatever is underneath.

mod address;
mod arriving;
mod batch;
mod connection;
mod fault;
mod first;
mod folder;
mod inlet;
mod lanes;
mod listener;
mod memory;
mod outbox;
mod pool;
mod queue;
mod room;
#[cfg(feature = "tls")]
mod secured;
mod security;
mod sink;
mod socket;
#[cfg(test)]
mod tests;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "simulation")]
mod wire;

pub use address::Address;
pub use arriving::Arriving;
pub use connection::{Connection, End, connect};
pub use fault::{CertificateFault, ConnectError, TlsConfigFault, TlsFault, TlsSide};
pub use folder::{NotPrivate, own_uid};
pub use inlet::{Arrived, Inlet, ReadError};
pub use listener::{Listener, OpenToAll, Openness, is_out_of_descriptors};
pub use outbox::{ConnectionNumber, Outbox, WriteEnd};
pub use pool::Pool;
pub use security::Security;
pub use sink::SendError;
pub use socket::Peer;
#[cfg(feature = "tls")]
pub use tls::Tls;
#[cfg(feature = "simulation")]
pub use wire::Wire;
