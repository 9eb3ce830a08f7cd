//! Whole systems: nine processes that offer callbacks, a controller that is none of them, and this process as the tenth,
//! over a Unix socket and over TCP.
//!
//! Each process is this test program again, told by its environment to play a part.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "a test program has no outside")]

#[allow(dead_code, reason = "it is shared, and some of it is used elsewhere")]
#[path = "../processes/actor.rs"]
mod actor;
mod broadcasts;
mod calls;
mod cast;
mod churn;
mod pipeline;

/// The part of a process, if it was started for one.
#[test]
fn play() {
    if let Some(part) = actor::part() {
        cast::play(&part);
    }
}
