//! Who may join: the two sides of a handshake, from the greeting to the welcome.
//!
//! ```text
//! node                                       controller
//!   Hello, with a claim ───────────────────────►  knows who that is
//!   checks the proof    ◄── Challenge, with a proof of its own if the claim is a token
//!   Proof, a signature  ───────────────────────►  checks it
//!                       ◄── Welcome or Refused
//! ```
//!
//! Without a claim, or where the connection tells enough, the answer to `Hello` is `Welcome` or `Refused`. What is proven covers the
//! whole greeting, both nonces and what only this connection has, so it is of no use to anybody else, another time, or elsewhere.
//!
//! **Invariant:** a plain state machine for one connection. It makes no proof and checks none itself: that is for a [`Credential`]
//! and a [`Roll`].

mod admission;
mod joining;
#[cfg(test)]
mod tests;
mod transcript;

use std::sync::Arc;

pub use admission::{Admission, Admitted, Demands, OutOfTurn, Step};
pub use joining::{Distrust, Joining, Trust};

use crate::proto::{Method, Proof};

/// What a node proves with who it is.
pub trait Credential {
    /// What it is.
    fn method(&self) -> Method;

    /// Its public half.
    fn public(&self) -> [u8; 32];

    /// Proves that this process has it.
    fn sign(&self, transcript: &[u8]) -> Proof;

    /// Whether `proof` shows that whoever made it knows the credential: a token does that, a key does not.
    fn is_known(&self, transcript: &[u8], proof: &[u8; 32]) -> bool;
}

/// Somebody of whom the controller knows how to recognise it.
pub trait Member {
    /// Who it is.
    fn name(&self) -> Arc<str>;

    /// Proves to it that the controller knows its token, if it has one.
    fn prove(&self, transcript: &[u8]) -> Option<[u8; 32]>;

    /// Whether it has made the proof.
    fn has_made(&self, transcript: &[u8], proof: &Proof) -> bool;
}

/// All whom a controller knows.
pub trait Roll {
    /// Whether there is anybody with such a thing.
    fn takes(&self, method: Method) -> bool;

    /// Whoever has the credential with this public half.
    fn find(&self, method: Method, public: &[u8; 32]) -> Option<Arc<dyn Member + Send + Sync>>;
}
