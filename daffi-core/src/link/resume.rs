//! Going on with a session whose connection was lost: who may, and what is proven of it.
//!
//! ```text
//! node                                          controller
//!   Hello, with a Resume ──────────────────────►  knows the session, and whose it is
//!                                                 (who the node is, is proven first, as always)
//!   checks the proof      ◄── Resuming, with a proof that it knows the secret
//!   Resumes, with a proof ─────────────────────►  checks it, ends the old link, counts
//!                         ◄── Welcome, with a new secret and what it has received
//! ```
//!
//! Both proofs cover the whole greeting, both nonces and what only this connection has, if it is an encrypted one. A secret is of use until
//! the node is known to have the next: a welcome may be lost on its way.
//!
//! **Invariant:** plain values. No proof is made or checked here: that is for a [`Sealing`].

use crate::link::Channel;
use crate::proto::{self, EncodeError, Hello, Nonce, NotResumed, Resume, Resuming, SessionSecret};

/// Nobody else's proofs begin so, and neither side's are the other's.
const CONTROLLER: &[u8] = b"daffi resume 1: the controller knows the session\0";
const NODE: &[u8] = b"daffi resume 1: the node knows the session\0";

/// Makes and checks proofs that somebody has a secret.
pub trait Sealing {
    /// Proves it.
    fn seal(&self, secret: &SessionSecret, over: &[u8]) -> [u8; 32];

    /// Whether `proof` was made with the secret, found out in a time that tells nothing.
    fn is_sealed(&self, secret: &SessionSecret, over: &[u8], proof: &[u8; 32]) -> bool;
}

/// One attempt to go on with a session, as either side sees it.
pub struct Resumption<'a> {
    sealing: &'a (dyn Sealing + Send + Sync),
    secret: SessionSecret,
    hello: Vec<u8>,
    binding: Vec<u8>,
}

impl core::fmt::Debug for Resumption<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Resumption").finish_non_exhaustive()
    }
}

impl<'a> Resumption<'a> {
    /// The greeting is `hello`, with all that it says; it was said on `channel`.
    ///
    /// # Errors
    ///
    /// When the greeting cannot be encoded.
    pub fn new(
        hello: &Hello,
        channel: &Channel,
        secret: SessionSecret,
        sealing: &'a (dyn Sealing + Send + Sync),
    ) -> Result<Self, EncodeError> {
        Ok(Self {
            sealing,
            secret,
            hello: proto::encode(hello)?.to_vec(),
            // Where others can read, they can read the secret, too; and something on the way may change the addresses.
            binding: if channel.encrypted {
                channel.binding.to_vec()
            } else {
                Vec::new()
            },
        })
    }

    /// The controller says that it knows the session. `nonce` is random, and was never used before.
    #[must_use]
    pub fn offer(&self, nonce: Nonce) -> Resuming {
        let proof = self
            .sealing
            .seal(&self.secret, &self.bytes(CONTROLLER, &nonce, None));
        Resuming { nonce, proof }
    }

    /// The node answers that.
    ///
    /// # Errors
    ///
    /// When the controller does not know the session.
    pub fn answer(&self, offered: &Resuming) -> Result<[u8; 32], NotResumed> {
        let over = self.bytes(CONTROLLER, &offered.nonce, None);
        if !self.sealing.is_sealed(&self.secret, &over, &offered.proof) {
            return Err(NotResumed::WrongProof);
        }
        Ok(self.sealing.seal(&self.secret, &self.of_node(offered)))
    }

    /// The controller checks the answer to what it has offered.
    ///
    /// # Errors
    ///
    /// When the node does not know the session.
    pub fn check(&self, offered: &Resuming, proof: &[u8; 32]) -> Result<(), NotResumed> {
        if self
            .sealing
            .is_sealed(&self.secret, &self.of_node(offered), proof)
        {
            Ok(())
        } else {
            Err(NotResumed::WrongProof)
        }
    }

    fn of_node(&self, offered: &Resuming) -> Vec<u8> {
        self.bytes(NODE, &offered.nonce, Some(&offered.proof))
    }

    /// Each part has its length in front, so that none can be taken for a part of another.
    fn bytes(&self, label: &[u8], nonce: &Nonce, proof: Option<&[u8; 32]>) -> Vec<u8> {
        let mut bytes = label.to_vec();
        let proof = proof.map_or(&[] as &[u8], |proof| proof);
        for part in [&self.hello, &self.binding, nonce.as_slice(), proof] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

/// A session is given up that was gone on with so many times in a row while nothing more got through to one of its ends.
pub const STUCK: u32 = 64;

/// How often a session was gone on with in vain, as that end knows it which sends.
///
/// Only whole frames count, and one may take longer than any connection lives: without an end, it would be sent for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// How many bytes the peer had the last time.
    received: u64,
    /// How often it has had no more since then, though more was sent.
    in_vain: u32,
}

impl Progress {
    /// The session goes on once more; the peer has so many bytes of those that were sent.
    ///
    /// # Errors
    ///
    /// When it was in vain too often.
    pub const fn resumed(&mut self, received: u64, sent: u64) -> Result<(), NotResumed> {
        if received > self.received || received >= sent {
            self.in_vain = 0;
        } else {
            self.in_vain += 1;
        }
        self.received = received;
        if self.in_vain >= STUCK {
            return Err(NotResumed::Stuck);
        }
        Ok(())
    }

    /// Whether the last time was in vain.
    #[must_use]
    pub const fn is_in_vain(&self) -> bool {
        self.in_vain > 0
    }
}

/// The secrets of a session, as the controller knows them.
#[derive(Clone)]
pub struct Secrets {
    /// The one that the node is known to have, and how often it was renewed.
    known: (u32, SessionSecret),
    /// The one that it was told last, if it is not known whether it has it.
    told: Option<(u32, SessionSecret)>,
    /// The last attempt with which the session was gone on.
    attempt: u32,
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Secrets")
            .field("renewal", &self.known.0)
            .finish_non_exhaustive()
    }
}

impl Secrets {
    /// The first, which the node is told with its welcome.
    #[must_use]
    pub const fn new(secret: SessionSecret) -> Self {
        Self {
            known: (0, secret),
            told: None,
            attempt: 0,
        }
    }

    /// The one with which a node wants to go on.
    ///
    /// # Errors
    ///
    /// When that is of no use any more, or never was; or if the node has made a later attempt, which is not ended by one that it has given up.
    pub fn find(&self, resume: &Resume) -> Result<SessionSecret, NotResumed> {
        let found = [Some(&self.known), self.told.as_ref()].into_iter().flatten();
        let mut found = found.filter(|(renewal, _)| *renewal == resume.renewal);
        match found.next() {
            Some(_) if resume.attempt <= self.attempt => Err(NotResumed::Superseded),
            Some((_, secret)) => Ok(secret.clone()),
            None if resume.renewal < self.known.0 => Err(NotResumed::OldSecret),
            None => Err(NotResumed::WrongProof),
        }
    }

    /// A node has proven that it has one of them, and is told another; answers how often it was renewed.
    pub fn renew(&mut self, proven: &Resume, secret: SessionSecret) -> u32 {
        self.attempt = proven.attempt;
        let told = self.told.take();
        let last = told.as_ref().map_or(self.known.0, |(renewal, _)| *renewal);
        if let Some(told) = told.filter(|(renewal, _)| *renewal == proven.renewal) {
            self.known = told;
        }
        let renewal = last.wrapping_add(1);
        self.told = Some((renewal, secret));
        renewal
    }

    /// Something was heard of the node since it was told the last one: it has that.
    pub fn confirm(&mut self) {
        if let Some(told) = self.told.take() {
            self.known = told;
        }
    }
}
