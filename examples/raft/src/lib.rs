//! Three processes that keep one log, so that what is in it stays when one of them dies: after the rules of
//! [Raft](https://raft.github.io/raft.pdf), in memory.
//!
//! ```sh
//! cargo run --bin daffi-controller
//! cargo run -p replicated-log --bin raft_peer 1
//! cargo run -p replicated-log --bin raft_peer 2
//! cargo run -p replicated-log --bin raft_peer 3
//! cargo run -p replicated-log --bin raft_client "buy milk" "buy bread"
//! ```
//!
//! in five terminals. Kill the one that says that it leads, and run the client again.
//!
//! What is where, from the inside out:
//!
//! * [`raft`] are the rules, as plain functions of what has happened.
//! * [`member`] does by the rules what is to be done at what time. It knows the others as a trait, [`Peer`], and is tested with stand-ins
//!   for them, which answer what a test says, errors included.
//! * `bin/raft_peer.rs` gives it the clients that `#[fetcher]` makes of the trait, and offers it to the others.
//! * [`writer`] is for those who use the log, and `bin/raft_client.rs` one of them.
//!
//! What it does not do: a log that grows is never shortened, and nothing is written to a disk. So a process that was killed must not come
//! back under its name, as it does not know any more what it has promised.

use std::io::{IsTerminal as _, stderr};

use daffi::{CallError, fetcher};
use serde::{Deserialize, Serialize};

pub mod member;
pub mod raft;
pub mod writer;

use raft::{Append, Appended, Ballot, Command, Vote};

/// What the members say to each other.
///
/// Each method gives a `Result` whose error can be made of a `CallError`, so `PeerClient` is a `Peer`, too. The futures are `Send`, so
/// that tasks can await them, whoever the peer is.
#[fetcher(prefix = "raft.")]
pub trait Peer {
    /// Somebody wants to lead.
    fn vote(&self, ballot: Ballot) -> impl Future<Output = Result<Vote, PeerError>> + Send;

    /// The leader says what comes next in the log.
    fn append(&self, append: Append) -> impl Future<Output = Result<Appended, PeerError>> + Send;
}

/// Why a peer has not answered. Whether it has heard what was said is not known, and makes no difference: all of it may be said again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PeerError {
    #[error("not reached: {0}")]
    Unreachable(String),
}

impl From<CallError> for PeerError {
    fn from(error: CallError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// What the members offer to those who use the log.
#[fetcher(prefix = "log.", timeout = "5s")]
pub trait Log {
    /// Adds a command and gives its place, once it can be lost no more. One with an identifier that the log has already is not added
    /// again, so whoever does not know whether it was may say it again.
    fn add(&self, command: Command) -> impl Future<Output = Result<u64, NotAdded>> + Send;

    /// Who leads in a term after that one, as soon as this member knows it.
    fn leader(&self, after: u64) -> impl Future<Output = Leader> + Send;

    /// The commands that can be lost no more, as far as this member knows, in their order.
    fn commands(&self) -> impl Future<Output = Vec<Command>> + Send;
}

/// Why a command was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotAdded {
    #[error("it is not the leader")]
    NotLeader,
    /// Another one leads, who may have the command or not.
    #[error("it is the leader no more, and does not know what has become of the command")]
    Deposed,
}

/// Who leads, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    pub name: String,
    pub term: u64,
}

/// The name of the process that is the member of that number.
pub fn member_name(number: u32) -> String {
    format!("node {number}")
}

/// Shows warnings of daffi's, and what else `RUST_LOG` asks for, on the error output.
pub fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal())
        .with_env_filter(filter)
        .init();
}
