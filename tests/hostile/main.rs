//! Peers that mean harm, or are broken in ways that look like it, over real sockets, at a controller in a process of its own.
//!
//! Beside each attack two processes call each other all the while: they must lose neither a call nor their connection. What is
//! asserted is what becomes of what was sent, and how much memory the controller takes; never how long it takes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "a test program has no outside")]

mod broadcasts;
mod calls;
mod frames;
mod garbage;
mod handshakes;
mod nodes;
mod offers;
mod peer;
mod pieces;
mod questions;
mod quotas;
mod random;
mod reading;
mod schedules;
mod sessions;
mod stage;
mod streams;
mod tls;
mod watched;

/// The controller, if this process was started to be one.
#[test]
fn play() {
    if let Some(folder) = stage::part() {
        stage::play(&folder);
    }
}
