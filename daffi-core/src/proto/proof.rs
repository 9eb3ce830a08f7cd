//! How a node proves who it is, between [`Hello`](super::Hello) and [`Welcome`](super::Welcome).

use serde::{Deserialize, Serialize};

/// A random number that is used once, so that a proof is of no use another time.
pub type Nonce = [u8; 32];

/// With what somebody proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Method {
    /// A secret of which the controller knows what it needs in order to recognise it, and not the secret.
    Token,
    /// An Ed25519 key, of which the controller knows the public half.
    Key,
}

impl core::fmt::Display for Method {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Key => "key",
        })
    }
}

/// What a node says it can prove, in its greeting ([`Extensions::CLAIM`](super::Extensions::CLAIM)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The node's.
    pub nonce: Nonce,
    /// With what.
    pub method: Method,
    /// The public half of the key, or of the one that is made of the token.
    pub public: [u8; 32],
    /// The proofs are for this connection alone. Otherwise whoever passes on what the two say can be what they believe each other to
    /// be.
    pub bound: bool,
}

/// What the controller answers to a [`Claim`] of somebody whom it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The controller's.
    pub nonce: Nonce,
    /// That it knows the token, where that is what the node claims to have.
    pub proof: Option<[u8; 32]>,
}

/// What the node answers to a [`Challenge`]: an Ed25519 signature, its two halves one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof(pub [[u8; 32]; 2]);

impl Proof {
    /// A signature.
    #[must_use]
    pub fn new(signature: [u8; 64]) -> Self {
        let mut halves = [[0; 32]; 2];
        halves.as_flattened_mut().copy_from_slice(&signature);
        Self(halves)
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> &[u8] {
        self.0.as_flattened()
    }
}
