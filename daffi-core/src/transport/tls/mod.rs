//! TLS over TCP, with rustls as the state machine: between the queue of a connection and its socket, without a task, a stream or a
//! buffer of its own for bytes on their way.
//!
//! **Invariant:** the handshake is over before a connection exists, so nothing above knows of it. Its configuration is made here and
//! nowhere else, and names its cryptography: nothing depends on what the process has installed.

mod certificate;
mod ciphers;
mod files;
#[cfg(test)]
pub(super) mod for_tests;
mod handshake;
mod judge;
mod keys;
mod outgoing;
mod outline;
mod records;
mod security;
mod settings;
mod watched;

pub(super) use ciphers::{HEADER_BYTES, RECORD_BYTES};
pub(super) use records::{Opened, Records};
pub(super) use security::{Joining, Secured, Serving};
pub use settings::Tls;
