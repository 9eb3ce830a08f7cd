//! The runtime inside a process: its connection, its callbacks, its outstanding calls.
//!
//! [`session`] decides; the rest of this module owns the lock, the timer, the sockets and the tasks around it, and
//! knows no user type: arguments and results are bytes here.

#[cfg(feature = "runtime")]
mod backoff;
#[cfg(feature = "runtime")]
mod budget;
#[cfg(feature = "runtime")]
mod connect;
#[cfg(feature = "runtime")]
mod each;
#[cfg(feature = "runtime")]
mod flow;
#[cfg(feature = "runtime")]
mod handle;
#[cfg(feature = "runtime")]
mod offers;
#[cfg(feature = "runtime")]
pub(crate) mod random;
#[cfg(feature = "runtime")]
mod received;
#[cfg(feature = "runtime")]
mod run;
#[cfg(feature = "runtime")]
pub(crate) mod running;
#[cfg(feature = "runtime")]
mod serve;
pub mod session;
#[cfg(feature = "runtime")]
mod traces;
#[cfg(feature = "runtime")]
mod turn;
#[cfg(feature = "runtime")]
mod wakers;

#[cfg(all(test, feature = "runtime"))]
pub(crate) use turn::clock;
#[cfg(feature = "runtime")]
pub(crate) use {
    backoff::Backoff,
    connect::{Hooks, Route, Supervisor},
    handle::{Exchange, FAR, Message, Node, NodeOptions, Phase, SentCall},
    received::Received,
    traces::Traces,
    turn::{Rounds, Turn, give_way},
};
