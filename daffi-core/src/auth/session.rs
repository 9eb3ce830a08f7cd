//! What a session is proven with that goes on with another connection, and random numbers that nobody guesses.

use std::io;

use hmac_sha256::HMAC;

use crate::link::resume::Sealing;
use crate::proto::{Nonce, SessionId, SessionSecret};

/// A number for one handshake.
///
/// # Errors
///
/// When the system gives no random numbers.
pub fn nonce() -> io::Result<Nonce> {
    random()
}

/// The secret of a session.
///
/// # Errors
///
/// As [`nonce`].
pub fn session_secret() -> io::Result<SessionSecret> {
    random().map(SessionSecret::new)
}

/// The number of a session.
///
/// # Errors
///
/// As [`nonce`].
pub fn session_id() -> io::Result<SessionId> {
    random().map(SessionId::from_le_bytes)
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(bytes)
}

/// Proofs by HMAC-SHA256.
#[derive(Clone, Copy, Debug)]
pub struct Sealed;

impl Sealing for Sealed {
    fn seal(&self, secret: &SessionSecret, over: &[u8]) -> [u8; 32] {
        HMAC::mac(over, secret.bytes())
    }

    fn is_sealed(&self, secret: &SessionSecret, over: &[u8], proof: &[u8; 32]) -> bool {
        // In a time that does not depend on what differs.
        HMAC::verify(over, secret.bytes(), proof)
    }
}
