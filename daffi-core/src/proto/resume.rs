//! How a node goes on with a session whose connection was lost, between [`Hello`](super::Hello) and [`Welcome`](super::Welcome).

use core::hint::black_box;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

use super::Nonce;

/// The number of a session.
pub type SessionId = u128;

/// What only the two ends of a session know. It is overwritten when it is dropped, is in no log, and is compared in a time that tells nothing.
///
/// Not so the bytes of the greeting in which it travels: without TLS, others may have read these anyway.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionSecret([u8; 32]);

impl SessionSecret {
    /// One of these bytes, which are random.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What it is, for whoever computes with it.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for SessionSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for SessionSecret {
    fn eq(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        let differing = pairs.fold(0, |differing, (one, other)| black_box(differing | (one ^ other)));
        differing == 0
    }
}

impl Eq for SessionSecret {}

impl core::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionSecret")
    }
}

/// What a node says that could go on with a session ([`Extensions::RESUMABLE`](super::Extensions::RESUMABLE)), and a controller that
/// has begun one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeps {
    /// How many bytes it is meant to keep of what it has sent, until they are acknowledged. The peer acknowledges a quarter of that, at the
    /// latest. A controller that has many of these says less than one that has few.
    pub bytes: u64,
}

/// Who receives acknowledges after so many bytes, whatever its peer keeps.
const TOLD_AFTER: u64 = 256 * 1024;

impl Keeps {
    /// After how many bytes what was received of who keeps so much is acknowledged, at the latest.
    #[must_use]
    pub const fn told_after(self) -> u64 {
        let quarter = self.bytes / 4;
        match quarter {
            0 => 1,
            TOLD_AFTER.. => TOLD_AFTER,
            quarter => quarter,
        }
    }
}

/// A session, as the controller tells it with each welcome ([`Extensions::SESSION`](super::Extensions::SESSION)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// How often its secret was renewed.
    pub renewal: u32,
    /// With what the node proves, the next time, that it is its own.
    pub secret: SessionSecret,
    /// For how long it can be gone on with after a connection was lost.
    pub grace: Duration,
    /// How many bytes the controller keeps of what it has sent.
    pub keeps: Keeps,
}

/// What a node asks for that wants to go on with a session ([`Extensions::RESUME`](super::Extensions::RESUME)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Which.
    pub session: SessionId,
    /// Which of its secrets the node has.
    pub renewal: u32,
    /// Which attempt it is, of all that the node makes for this session. The first is one.
    pub attempt: u32,
    /// The node's, for this time alone.
    pub nonce: Nonce,
    /// How many bytes of numbered frames it has received in this session.
    pub received: u64,
}

/// What the controller answers to a [`Resume`] of a session that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resuming {
    /// The controller's, for this time alone.
    pub nonce: Nonce,
    /// That it knows the secret.
    pub proof: [u8; 32],
}

/// Why a session is not gone on with. The node may begin another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum NotResumed {
    /// The controller has no such session: it has another, or none, since it was started again.
    #[error("the controller does not know the session")]
    Unknown,
    /// The session has ended, as nobody has come back in time.
    #[error("the session has ended, as nobody came back in time")]
    TooLate,
    /// It is another process's, or another's identity's.
    #[error("the session is another process's")]
    NotYours,
    /// The proof is not made with the secret of the session.
    #[error("the proof does not hold")]
    WrongProof,
    /// The proof is made with a secret that was renewed since.
    #[error("the secret was renewed since")]
    OldSecret,
    /// So much was never sent, or less was received than was acknowledged.
    #[error("it has not received what it says")]
    Count,
    /// More was under way than is kept.
    #[error("more was under way than is kept")]
    Lost,
    /// The node has made another attempt since, which has come before this one.
    #[error("a later attempt has come before this one")]
    Superseded,
    /// It was gone on with again and again, and nothing more got through each time: what is next takes longer than any connection lives.
    #[error("nothing more got through, over many connections in a row")]
    Stuck,
}
