//! What whoever joins a controller does with its answers, until it is let in or not: pure, as whoever drives it reads and writes.

use core::ops::RangeInclusive;
use core::time::Duration;

use super::handshake::{Distrust, Joining};
use super::resume::Resumption;
use crate::proto::{Header, Limits, Refusal, Welcome};

/// The heartbeat intervals that a controller may ask for.
const HEARTBEATS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 3600);

/// A greeting that was said, and is to be answered.
#[derive(Debug)]
pub struct Greeting<'a> {
    joining: Joining<'a>,
    /// Until the controller has agreed to that.
    resumption: Option<Resumption<'a>>,
}

/// What an answer asks for.
#[derive(Debug)]
pub enum Answered {
    /// That this is said.
    Say(Header<'static>),
    /// Nothing more: whoever greeted is let in.
    Welcome(Welcome),
}

/// Why whoever greeted is not let in, or does not want to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotWelcome {
    /// The controller says so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is not trusted.
    #[error(transparent)]
    Untrusted(#[from] Distrust),
    /// No controller answers so.
    #[error("{0}")]
    Broken(String),
}

impl<'a> Greeting<'a> {
    /// The greeting of whoever joins, or wants to go on with a session.
    #[must_use]
    pub const fn new(joining: Joining<'a>, resumption: Option<Resumption<'a>>) -> Self {
        Self { joining, resumption }
    }

    /// The controller has answered.
    ///
    /// # Errors
    ///
    /// When that ends it: the connection is of no use any more.
    pub fn on_answer(&mut self, answer: Header<'_>) -> Result<Answered, NotWelcome> {
        match answer {
            Header::Challenge(challenge) => {
                let proof = self.joining.on_challenge(&challenge)?;
                Ok(Answered::Say(Header::Proof(proof)))
            }
            Header::Resuming(offered) => {
                let resumption = self.resumption.take().ok_or_else(unexpected)?;
                let proof = resumption.answer(&offered).map_err(Refusal::NotResumed)?;
                Ok(Answered::Say(Header::Resumes { proof }))
            }
            Header::Welcome(welcome) => {
                check(&welcome)?;
                self.joining.on_welcome()?;
                Ok(Answered::Welcome(welcome))
            }
            Header::Refused(refusal) => Err(refusal.into()),
            _ => Err(unexpected()),
        }
    }
}

/// Whether a welcome can be used.
fn check(welcome: &Welcome) -> Result<(), NotWelcome> {
    let Welcome {
        version,
        heartbeat,
        frame_bytes,
        ..
    } = welcome;
    if !welcome.is_understood() {
        return Err(NotWelcome::Broken(format!(
            "it answers in protocol version {version}, which this process does not speak"
        )));
    }
    if !HEARTBEATS.contains(heartbeat) {
        return Err(NotWelcome::Broken(format!(
            "its heartbeat of {heartbeat:?} is not usable"
        )));
    }
    if *frame_bytes > Limits::MOST_FRAME_BYTES {
        return Err(NotWelcome::Broken(format!(
            "its frames of up to {frame_bytes} bytes are not usable"
        )));
    }
    Ok(())
}

fn unexpected() -> NotWelcome {
    NotWelcome::Broken("not a daffi controller: an unexpected answer".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Trust;
    use super::super::{Channel, Reach};
    use super::*;
    use crate::proto::{Challenge, Extensions, Hello, Nonce, Resuming, VERSION};

    fn welcome(version: u16, heartbeat: Duration) -> Header<'static> {
        Header::Welcome(Welcome {
            version,
            controller: "controller".to_owned(),
            heartbeat,
            frame_bytes: 1 << 20,
            sent_frame_bytes: 1 << 20,
            calls: 100,
            extensions: Extensions::default(),
        })
    }

    fn answered(answers: impl IntoIterator<Item = Header<'static>>) -> Result<bool, NotWelcome> {
        let channel = Channel::new(Reach::Process);
        let mut hello = Hello::new("node", 1, 1);
        let joining = Joining::begin(Trust::own(0), &channel, None, &mut hello)?;
        let mut greeting = Greeting::new(joining, None);
        for answer in answers {
            if let Answered::Welcome(_) = greeting.on_answer(answer)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[test]
    fn a_welcome_that_is_of_use_lets_in() {
        assert!(answered([welcome(VERSION, Duration::from_secs(2))]).unwrap());
    }

    #[test]
    fn a_welcome_with_a_heartbeat_or_version_that_cannot_be_is_none() {
        for (version, heartbeat) in [
            (VERSION, Duration::ZERO),
            (VERSION, Duration::MAX),
            (VERSION + 1, Duration::from_secs(2)),
        ] {
            let answer = answered([welcome(version, heartbeat)]);
            assert!(matches!(answer, Err(NotWelcome::Broken(_))), "{answer:?}");
        }
    }

    #[test]
    fn what_was_not_asked_for_is_no_answer() {
        let nonce: Nonce = [0; 32];
        let resuming = Header::Resuming(Resuming {
            nonce,
            proof: [0; 32],
        });
        assert!(matches!(answered([resuming]), Err(NotWelcome::Broken(_))));
        assert!(matches!(answered([Header::Goodbye]), Err(NotWelcome::Broken(_))));
        let challenge = Header::Challenge(Challenge { nonce, proof: None });
        let answer = answered([challenge]);
        assert!(matches!(answer, Err(NotWelcome::Untrusted(_))), "{answer:?}");
    }

    #[test]
    fn a_refusal_is_told() {
        let answer = answered([Header::Refused(Refusal::StandsBy)]);
        assert!(matches!(answer, Err(NotWelcome::Refused(Refusal::StandsBy))));
    }
}
