//! The node's side: what it says of itself, and whether it trusts who answers.

use super::Credential;
use super::transcript::Transcript;
use crate::link::{Channel, Reach, Stranger};
use crate::proto::{Challenge, Claim, EncodeError, Extensions, Hello, Method, Nonce, Proof};

/// One connection of a node, until it is let in.
pub struct Joining<'a> {
    channel: &'a Channel,
    claimed: Option<Claimed<'a>>,
    /// It is known by other means than the credential who answers.
    is_known: bool,
    insecure: bool,
}

/// What was said of a credential.
struct Claimed<'a> {
    credential: &'a (dyn Credential + Send + Sync),
    transcript: Transcript,
    /// A challenge has come, and whoever sent it knows the credential, as far as that can be told.
    answered: bool,
    proven: bool,
}

impl core::fmt::Debug for Joining<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Joining")
            .field("channel", self.channel)
            .field("is_known", &self.is_known)
            .field("insecure", &self.insecure)
            .finish_non_exhaustive()
    }
}

/// How a node joins.
#[derive(Clone, Copy, Debug)]
pub struct Trust {
    /// As whom it runs.
    pub own_uid: u32,
    /// The controller may be another user's.
    pub any_user: bool,
    /// It does without proof of who the controller is, and without an encrypted connection.
    pub insecure: bool,
}

impl Trust {
    /// A node of the user `own_uid` that asks for all there is.
    #[must_use]
    pub const fn own(own_uid: u32) -> Self {
        Self {
            own_uid,
            any_user: false,
            insecure: false,
        }
    }
}

/// Why a node does not trust who is at the other end. It tells it nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// The socket is another user's.
    #[error(
        "{0}, and would see all that this process calls: run both as the same user, name another folder with unix_sock_path, or \
         say any_user(true) if that user may have it"
    )]
    User(Stranger),
    /// The connection can be read and changed by others.
    #[error(
        "the connection is not encrypted, so whoever is in between can take it over once this process has proven who it is: use \
         TLS, or say insecure(true) if the network keeps everybody else away"
    )]
    Exposed,
    /// Nothing tells who is at the other end.
    #[error(
        "nothing tells who listens there, as any user of this machine may have taken the port: join by TLS or through a Unix \
         socket, with a token, or say insecure(true)"
    )]
    Anybody,
    /// The controller does not show that it knows the token.
    #[error(
        "it does not show that it knows the token of this process: it is another controller, or one that knows no tokens, or \
         something in between (a tunnel, a proxy) passes on what both say; say insecure(true) if that is meant"
    )]
    DoesNotKnow,
    /// The controller asks for what this process has not offered, or twice.
    #[error("it asks for a proof that was not offered")]
    OutOfTurn,
    /// The greeting cannot be encoded.
    #[error("the greeting cannot be sent")]
    Greeting,
}

impl From<EncodeError> for Distrust {
    fn from(_: EncodeError) -> Self {
        Self::Greeting
    }
}

impl<'a> Joining<'a> {
    /// A connection that has said nothing, if this process may say anything on it. Adds to the greeting what is claimed of the
    /// credential; the number beside it is random, and was never used before.
    ///
    /// # Errors
    ///
    /// See [`Distrust`].
    pub fn begin(
        trust: Trust,
        channel: &'a Channel,
        credential: Option<(&'a (dyn Credential + Send + Sync), Nonce)>,
        hello: &mut Hello,
    ) -> Result<Self, Distrust> {
        let checked = channel.check_user(trust.own_uid);
        if !trust.any_user {
            checked.map_err(Distrust::User)?;
        }
        let is_known = match channel.reach {
            Reach::Process => true,
            Reach::Machine => checked.is_ok(),
            Reach::Loopback | Reach::Network => channel.certificate.is_some(),
        };
        let mut joining = Self {
            channel,
            claimed: None,
            is_known,
            insecure: trust.insecure,
        };
        let Some((credential, nonce)) = credential else {
            return Ok(joining);
        };
        if !trust.insecure {
            if channel.reach == Reach::Network && !channel.is_private() {
                return Err(Distrust::Exposed);
            }
            if !is_known && credential.method() == Method::Key {
                return Err(Distrust::Anybody);
            }
        }
        let claim = Claim {
            nonce,
            method: credential.method(),
            public: credential.public(),
            bound: !trust.insecure,
        };
        hello.extensions = core::mem::take(&mut hello.extensions).with(Extensions::CLAIM, &claim)?;
        joining.claimed = Some(Claimed {
            credential,
            transcript: Transcript::new(hello, &claim, channel)?,
            answered: false,
            proven: false,
        });
        Ok(joining)
    }

    /// The controller asks for a proof.
    ///
    /// # Errors
    ///
    /// See [`Distrust`].
    pub fn on_challenge(&mut self, challenge: &Challenge) -> Result<Proof, Distrust> {
        let claimed = self.claimed.as_mut().ok_or(Distrust::OutOfTurn)?;
        if core::mem::replace(&mut claimed.answered, true) {
            return Err(Distrust::OutOfTurn);
        }
        if let Some(proof) = &challenge.proof {
            let over = claimed.transcript.of_controller(&challenge.nonce);
            if !claimed.credential.is_known(&over, proof) {
                return Err(Distrust::DoesNotKnow);
            }
            claimed.proven = true;
        }
        if !(claimed.proven || self.is_known || self.insecure) {
            return Err(Distrust::DoesNotKnow);
        }
        Ok(claimed.credential.sign(&claimed.transcript.of_node(challenge)))
    }

    /// The controller lets this process in.
    ///
    /// # Errors
    ///
    /// When it has a credential, and nothing has told who lets it in.
    pub fn on_welcome(&self) -> Result<(), Distrust> {
        let trusted = match &self.claimed {
            None => true,
            Some(claimed) => claimed.proven || self.is_known || self.insecure,
        };
        if trusted {
            Ok(())
        } else {
            Err(Distrust::DoesNotKnow)
        }
    }
}
