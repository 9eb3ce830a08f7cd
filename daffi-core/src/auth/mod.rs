//! Secrets: what a process proves with who it is, and what a controller knows of those whom it lets in.
//!
//! [`link::handshake`](crate::link::handshake) says when something is proven; here it is done, with `ring`. All of that is behind
//! the feature `auth`, so that a program which needs none of it compiles none of it; without the feature, whoever asks for it is told.
//! What a session that goes on is proven with (`session`) is in every program.

#[cfg(feature = "auth")]
mod crypto;
#[cfg(feature = "auth")]
mod file;
#[cfg(feature = "auth")]
mod hex;
mod identities;
#[cfg(feature = "auth")]
mod make;
#[cfg(feature = "auth")]
mod name;
mod session;
mod source;
#[cfg(test)]
#[cfg(feature = "auth")]
mod tests;
mod text;

pub use identities::Identities;
#[cfg(feature = "auth")]
pub use make::{Made, key, token};
pub use session::{Sealed, nonce, session_id, session_secret};
pub use source::{Proving, Source};
pub use text::Text;

/// What is said where the feature is missing.
#[cfg(not(feature = "auth"))]
pub(crate) const MISSING: &str = "this program is built without the feature `auth` of daffi, which it needs; add it in Cargo.toml: \
                           daffi = { version = \"…\", features = [\"auth\"] }";
