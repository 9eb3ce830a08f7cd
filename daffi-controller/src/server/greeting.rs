//! What is said on a connection until it is known who is there, and whether a session goes on that is its own.

use std::sync::Arc;

use bytes::Bytes;
use daffi_core::auth::{Identities, Sealed, nonce};
use daffi_core::link::Channel;
use daffi_core::link::handshake::{Admission, Admitted, OutOfTurn, Roll, Step};
use daffi_core::link::resume::Resumption;
use daffi_core::proto::{Extensions, Frame, Header, Limits, Nonce, Refusal, Resume};
use daffi_core::transport::{Inlet, Outbox, ReadError};

use super::hub::Hub;

/// What has come of a greeting.
pub(super) struct Greeted {
    pub(super) process_name: String,
    pub(super) admitted: Result<Admitted, Refusal>,
    /// With which session the node goes on, which it has proven to be its own.
    pub(super) resume: Option<Resume>,
}

impl Hub {
    /// The handshake, up to whether this process is let in as far as who it is goes; nothing if the connection ends without a byte.
    pub(super) async fn greeted(
        &self,
        inlet: &mut Inlet,
        outbox: &Arc<Outbox>,
        channel: &Channel,
        known: Option<&Arc<Identities>>,
    ) -> Result<Option<Greeted>, String> {
        let identities = known.map(|known| &**known);
        let mut demands = self.demands;
        if let Some(user) = channel.user {
            let state = self.state();
            demands.any_user |= state
                .policy
                .as_ref()
                .is_some_and(|policy| policy.names_user(user.uid));
        }
        let mut admission = Admission::new(
            demands,
            channel,
            identities.map(|identities| identities as &(dyn Roll + Send + Sync)),
        );
        let mut left = Limits::UNPROVEN_BYTES;
        let Some(frame) = greeting(inlet, outbox, &mut left).await? else {
            return Ok(None);
        };
        let Header::Hello(hello) = header(&frame)? else {
            return Err(NO_GREETING.to_owned());
        };
        let process_name = hello.process_name.clone();
        let asked = match identities {
            Some(_) => nonce().map_err(|error| error.to_string())?,
            None => Nonce::default(),
        };
        let out_of_turn = |error: OutOfTurn| error.to_string();
        let mut step = admission.on_hello(hello, asked).map_err(out_of_turn)?;
        if let Step::Challenge(challenge) = step {
            say(outbox, &Header::Challenge(challenge));
            let Some(frame) = greeting(inlet, outbox, &mut left).await? else {
                return Err("it ended before it had proven who it is".to_owned());
            };
            let Header::Proof(proof) = header(&frame)? else {
                return Err("it was asked for a proof, and sent something else".to_owned());
            };
            step = admission.on_proof(&proof).map_err(out_of_turn)?;
        }
        let admitted = match step {
            Step::Admit(admitted) => Ok(admitted),
            Step::Refuse(refusal) => Err(refusal),
            Step::Challenge(_) => return Err("it was asked twice".to_owned()),
        };
        let mut greeted = Greeted {
            process_name,
            admitted,
            resume: None,
        };
        let Ok(admitted) = &greeted.admitted else {
            return Ok(Some(greeted));
        };
        // What cannot be read counts as not said.
        let resume = admitted.hello.extensions.get::<Resume>(Extensions::RESUME);
        let Some(resume) = resume.unwrap_or_default() else {
            return Ok(Some(greeted));
        };
        match self.session_secret(admitted, &resume) {
            Ok(secret) => {
                let resumption = Resumption::new(&admitted.hello, channel, secret, &Sealed);
                let resumption = resumption.map_err(|error| error.to_string())?;
                let offered = resumption.offer(nonce().map_err(|error| error.to_string())?);
                say(outbox, &Header::Resuming(offered));
                let Some(frame) = greeting(inlet, outbox, &mut left).await? else {
                    return Err("it ended before it had proven that the session is its own".to_owned());
                };
                let Header::Resumes { proof } = header(&frame)? else {
                    return Err("it was asked for a proof, and sent something else".to_owned());
                };
                match resumption.check(&offered, &proof) {
                    Ok(()) => greeted.resume = Some(resume),
                    Err(why) => greeted.admitted = Err(Refusal::NotResumed(why)),
                }
            }
            Err(why) => greeted.admitted = Err(Refusal::NotResumed(why)),
        }
        Ok(Some(greeted))
    }
}

const NO_GREETING: &str = "its first frame is no greeting";

/// The next frame of the handshake, for which so many bytes are `left`; nothing if the connection ends without a byte.
async fn greeting(
    inlet: &mut Inlet,
    outbox: &Arc<Outbox>,
    left: &mut usize,
) -> Result<Option<Frame>, String> {
    inlet.set_frame_limit(*left);
    match inlet.read_one().await {
        Ok(Some(frame)) => {
            *left = left.saturating_sub(frame.len());
            Ok(Some(frame))
        }
        Ok(None) if inlet.arrived().bytes() == 0 => Ok(None),
        Ok(None) => Err("it ended before its greeting was complete".to_owned()),
        Err(ReadError::Tls) => {
            // In plain words, which a node with TLS looks for.
            say(outbox, &Header::Refused(Refusal::NoTls));
            Err("it uses TLS, and this controller does not".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn header(frame: &Frame) -> Result<Header<'_>, String> {
    match frame.decode() {
        Ok((header, _)) => Ok(header),
        Err(error) => Err(format!("{NO_GREETING}: {error}")),
    }
}

/// Says something before anybody is let in. A peer that is gone already needs no answer.
pub(super) fn say(outbox: &Arc<Outbox>, header: &Header<'_>) {
    let _ = outbox.send(header, &Bytes::new());
    outbox.flush();
}
