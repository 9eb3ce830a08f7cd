//! The controller's side: whom it lets in, and as whom.

use std::sync::Arc;

use super::transcript::Transcript;
use super::{Member, Roll};
use crate::link::{Channel, Reach, Stranger};
use crate::proto::{Challenge, Claim, Extensions, Hello, Method, Nonce, Proof, Refusal, Who};

/// What a controller asks of those who join.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// As whom it runs.
    pub own_uid: u32,
    /// Processes of other users may join through a Unix socket.
    pub any_user: bool,
    /// Proofs are taken on connections that others can read and change.
    pub insecure: bool,
}

/// Whom a controller lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Its greeting.
    pub hello: Hello,
    /// The version that both speak.
    pub version: u16,
    /// Who it is.
    pub who: Who<Arc<str>>,
    /// It is the process that runs the controller.
    pub is_own: bool,
}

/// What a controller does next.
#[derive(Debug)]
pub enum Step {
    /// It lets the node in, if nothing else speaks against that.
    Admit(Admitted),
    /// It asks for a proof.
    Challenge(Challenge),
    /// It says no and closes.
    Refuse(Refusal),
}

/// One connection to a controller, until its node is let in.
pub struct Admission<'a> {
    demands: Demands,
    channel: &'a Channel,
    roll: Option<&'a (dyn Roll + Send + Sync)>,
    asked: Option<Asked>,
}

/// Somebody who was asked for a proof.
struct Asked {
    admitted: Admitted,
    member: Arc<dyn Member + Send + Sync>,
    /// What the proof is to be made over.
    transcript: Vec<u8>,
}

impl core::fmt::Debug for Admission<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let asked = self.asked.as_ref().map(|asked| &asked.admitted.who);
        f.debug_struct("Admission")
            .field("demands", &self.demands)
            .field("channel", self.channel)
            .field("asked", &asked)
            .finish_non_exhaustive()
    }
}

impl<'a> Admission<'a> {
    /// A connection that has said nothing. Without a `roll` nobody is known.
    #[must_use]
    pub fn new(demands: Demands, channel: &'a Channel, roll: Option<&'a (dyn Roll + Send + Sync)>) -> Self {
        Self {
            demands,
            channel,
            roll,
            asked: None,
        }
    }

    /// The node has greeted. `nonce` is random, and was never used before.
    ///
    /// # Errors
    ///
    /// When this is not the first thing that it says: it is at fault.
    pub fn on_hello(&mut self, hello: Hello, nonce: Nonce) -> Result<Step, OutOfTurn> {
        if self.asked.is_some() {
            return Err(OutOfTurn);
        }
        Ok(self.greeted(hello, nonce).unwrap_or_else(Step::Refuse))
    }

    /// The node has answered the challenge. That ends it either way.
    ///
    /// # Errors
    ///
    /// When it was not asked: it is at fault.
    pub fn on_proof(&mut self, proof: &Proof) -> Result<Step, OutOfTurn> {
        let asked = self.asked.take().ok_or(OutOfTurn)?;
        Ok(if asked.member.has_made(&asked.transcript, proof) {
            Step::Admit(asked.admitted)
        } else {
            Step::Refuse(Refusal::WrongProof)
        })
    }

    fn greeted(&mut self, hello: Hello, nonce: Nonce) -> Result<Step, Refusal> {
        let version = hello.negotiate()?;
        self.check_user()?;
        let is_own = self.channel.reach == Reach::Process;
        let admitted = |hello, who| Admitted {
            hello,
            version,
            who,
            is_own,
        };
        if let Some(name) = &self.channel.certificate {
            return Ok(Step::Admit(admitted(hello, Who::Certificate(Arc::clone(name)))));
        }
        // What cannot be read counts as not said.
        let claim = hello
            .extensions
            .get::<Claim>(Extensions::CLAIM)
            .unwrap_or_default();
        if let Some(claim) = claim.filter(|claim| self.takes(claim.method)) {
            return self.challenge(admitted(hello, Who::Nobody), &claim, nonce);
        }
        let who = match (self.channel.reach, self.channel.user) {
            (Reach::Process, _) => Who::User(self.demands.own_uid),
            (Reach::Machine, Some(user)) => Who::User(user.uid),
            // Where there is a list of those who are known, an empty one lets nobody in.
            _ if self.roll.is_some() => {
                return Err(Refusal::Unproven {
                    token: self.takes(Method::Token),
                    key: self.takes(Method::Key),
                });
            }
            _ => Who::Nobody,
        };
        Ok(Step::Admit(admitted(hello, who)))
    }

    fn challenge(&mut self, mut admitted: Admitted, claim: &Claim, nonce: Nonce) -> Result<Step, Refusal> {
        if self.channel.reach == Reach::Network && !self.channel.is_private() && !self.demands.insecure {
            return Err(Refusal::Exposed);
        }
        let member = self.roll.and_then(|roll| roll.find(claim.method, &claim.public));
        let member = member.ok_or(Refusal::Unknown { method: claim.method })?;
        // It was decoded from less, so there is room for it.
        let transcript =
            Transcript::new(&admitted.hello, claim, self.channel).map_err(|_| Refusal::WrongProof)?;
        let challenge = Challenge {
            nonce,
            proof: member.prove(&transcript.of_controller(&nonce)),
        };
        admitted.who = match claim.method {
            Method::Token => Who::Token(member.name()),
            Method::Key => Who::Key(member.name()),
        };
        self.asked = Some(Asked {
            admitted,
            member,
            transcript: transcript.of_node(&challenge),
        });
        Ok(Step::Challenge(challenge))
    }

    fn takes(&self, method: Method) -> bool {
        self.roll.is_some_and(|roll| roll.takes(method))
    }

    fn check_user(&self) -> Result<(), Refusal> {
        if self.demands.any_user {
            return Ok(());
        }
        let checked = self.channel.check_user(self.demands.own_uid);
        checked.map_err(|Stranger { uid, own }| Refusal::User {
            uid: uid.unwrap_or(u32::MAX),
            own,
        })
    }
}

/// A peer has said what has no place where it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the handshake came out of turn")]
pub struct OutOfTurn;
