//! One connection of the controller, from its greeting to its end.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::auth::{Identities, nonce};
use daffi_core::link::Channel;
use daffi_core::link::handshake::{Admission, Admitted, OutOfTurn, Roll, Step};
use daffi_core::proto::{Frame, Header, Limits, Nonce, Refusal};
use daffi_core::transport::{Connection, Inlet, Outbox, ReadError, TlsFault};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admitting::Ways;
use super::hub::Hub;
use super::pause::pause;
use crate::router::{Fault, PeerId};

/// How long a peer may take until it is known who it is, from its first byte on.
pub(super) const GREETING: Duration = Duration::from_secs(10);

/// Who is not read for longer is told of in the log, and not again in so much time.
const TOLD: Duration = Duration::from_secs(1);
const TOLD_AGAIN: Duration = Duration::from_secs(60);

/// How long what is left may take to be written after the reader has seen the end.
const CLOSING: Duration = Duration::from_secs(1);

impl Hub {
    /// Serves one connection, whose peer has until then to say who it is.
    pub(super) async fn serve(self: Arc<Self>, connection: Connection, until: Instant, tasks: TaskTracker) {
        let Connection {
            outbox,
            mut inlet,
            peer,
            channel,
        } = connection;
        // They may be others when the handshake is over.
        let known = self.state().identities.clone();
        let greeted = tokio::select! {
            greeted = timeout_at(until, self.greeted(&mut inlet, &outbox, &channel, known.as_ref())) => greeted,
            () = self.closing.cancelled() => return outbox.abort(),
        };
        let (process_name, admitted) = match greeted {
            Ok(Ok(Some(greeted))) => greeted,
            // Somebody has looked whether anybody listens.
            Ok(Ok(None)) => {
                debug!(%peer, "a connection ended that said nothing");
                return outbox.abort();
            }
            Ok(Err(reason)) => {
                if let Some(unsaid) = self.turned_away.may_say() {
                    warn!(%peer, reason, unsaid, "a connection is closed that does not speak the protocol");
                }
                return outbox.abort();
            }
            Err(_) => {
                if let Some(unsaid) = self.turned_away.may_say() {
                    warn!(%peer, unsaid, "a connection is closed that did not say who it is in time");
                }
                return outbox.abort();
            }
        };
        inlet.set_frame_limit(self.limits().frame_bytes);
        inlet.let_in();
        let writer = {
            let outbox = Arc::clone(&outbox);
            tasks.spawn(async move { outbox.run().await })
        };
        let ways = Ways {
            outbox: &outbox,
            arrived: &inlet.arrived(),
            known: known.as_ref(),
        };
        let admitted = match admitted {
            // The rest of the greeting may be long, and is not kept as long as the connection.
            Ok(admitted) => {
                let process = self.admit(&admitted, ways).await;
                process.map(|process| (process, admitted.who))
            }
            Err(refusal) => {
                say(&outbox, &Header::Refused(refusal.clone()));
                Err(refusal)
            }
        };
        match admitted {
            Ok((process, identity)) => {
                if let Some(unsaid) = self.coming_and_going.may_say() {
                    info!(process_name, %peer, %identity, unsaid, "process connected");
                }
                let read = self.read(process, &mut inlet, &outbox).await;
                if let Err(CutOff { reason, told }) = &read {
                    warn!(process_name = self.process_name(process), %peer, %identity, reason, "a connection is cut off");
                    match told {
                        Some(refusal) => say(&outbox, &Header::Refused(refusal.clone())),
                        None => outbox.abort(),
                    }
                }
                self.leave(process).await;
                if let Err(CutOff { told: Some(_), .. }) = read {
                    // A socket that is closed before all is read loses what was written.
                    let _ = timeout(CLOSING, drained(&mut inlet)).await;
                }
                if let Some(unsaid) = self.coming_and_going.may_say() {
                    info!(process_name, %peer, unsaid, "process disconnected");
                }
            }
            Err(refusal) => {
                let process_name = shortened(&process_name);
                if let Some(unsaid) = self.turned_away.may_say() {
                    info!(process_name, %peer, %refusal, unsaid, "process refused");
                }
            }
        }
        outbox.close();
        if timeout(CLOSING, writer).await.is_err() {
            outbox.abort();
        }
    }

    /// The handshake, up to whether this process is let in as far as who it is goes; nothing if the connection ends without a byte.
    async fn greeted(
        &self,
        inlet: &mut Inlet,
        outbox: &Arc<Outbox>,
        channel: &Channel,
        known: Option<&Arc<Identities>>,
    ) -> Result<Option<(String, Result<Admitted, Refusal>)>, String> {
        let identities = known.map(|known| &**known);
        let mut admission = Admission::new(
            self.demands,
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
        let nonce = match identities {
            Some(_) => nonce().map_err(|error| error.to_string())?,
            None => Nonce::default(),
        };
        let out_of_turn = |error: OutOfTurn| error.to_string();
        let mut step = admission.on_hello(hello, nonce).map_err(out_of_turn)?;
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
        match step {
            Step::Admit(admitted) => Ok(Some((process_name, Ok(admitted)))),
            Step::Refuse(refusal) => Ok(Some((process_name, Err(refusal)))),
            Step::Challenge(_) => Err("it was asked twice".to_owned()),
        }
    }

    async fn read(&self, process: PeerId, inlet: &mut Inlet, outbox: &Arc<Outbox>) -> Result<(), CutOff> {
        let mut frames = Vec::new();
        let mut outboxes = Vec::new();
        // Whoever comes again owes what it did.
        let mut told = None;
        if let Some(time) = self.still_owes(process) {
            self.pause(process, time, outbox, &mut told).await;
        }
        loop {
            frames.clear();
            // One that does not read what it asked for is not read either: its queue stays within its bound.
            poll_fn(|cx| outbox.poll_room(cx)).await;
            match inlet.read(&mut frames).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(ReadError::Io(error)) => {
                    if let Some(fault) =
                        TlsFault::of(&error).filter(|fault| !matches!(fault, TlsFault::CutOff { .. }))
                    {
                        // The peer was told by an alert, behind which nothing can be said.
                        return Err(CutOff {
                            reason: fault.to_string(),
                            told: None,
                        });
                    }
                    debug!(%error, "a connection broke");
                    return Ok(());
                }
                Err(error) => return Err(error.to_string().into()),
            }
            let routed = self.route(process, &frames, &mut outboxes).await;
            if frames.len() > 1 {
                // Other connections that were read at the same time add theirs, and all is written at once.
                tokio::task::yield_now().await;
            }
            outboxes.drain(..).for_each(|outbox| outbox.flush());
            if let Some(time) = routed? {
                // What was read is not kept meanwhile.
                frames = Vec::new();
                self.pause(process, time, outbox, &mut told).await;
            }
        }
    }

    /// Waits until a process may be read again that has sent more than it may.
    async fn pause(&self, process: PeerId, time: Duration, outbox: &Outbox, told: &mut Option<Instant>) {
        if time > TOLD
            && told.is_none_or(|told| told.elapsed() > TOLD_AGAIN)
            && let Some(unsaid) = self.over_quota.may_say()
        {
            *told = Some(Instant::now());
            let process_name = self.process_name(process);
            warn!(
                process_name,
                ?time,
                unsaid,
                "a process is not read, as more bytes were sent or asked for than may be in a second"
            );
        }
        let owes = || self.still_owes(process).filter(|_| !outbox.is_closed());
        pause(time, self.heartbeat, owes).await;
    }
}

/// Why a connection is cut off, and what its peer is told of it.
#[derive(Debug)]
struct CutOff {
    reason: String,
    told: Option<Refusal>,
}

impl From<String> for CutOff {
    fn from(reason: String) -> Self {
        let told = Some(ended(&reason));
        Self { reason, told }
    }
}

impl From<Fault> for CutOff {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Abuse(exceeded) => Self {
                reason: fault.to_string(),
                told: Some(Refusal::Abuse(exceeded)),
            },
            fault => fault.to_string().into(),
        }
    }
}

/// What a peer is told whose connection ends for a reason: one line, of no more than so many characters.
pub(super) fn ended(reason: &str) -> Refusal {
    const MOST: usize = 400;
    let words = reason.chars().filter(|letter| !letter.is_control());
    Refusal::Denied {
        reason: words.take(MOST).collect(),
    }
}

/// Reads what comes, and does nothing with it, until there is no more.
async fn drained(inlet: &mut Inlet) {
    let mut frames = Vec::new();
    while let Ok(true) = inlet.read(&mut frames).await {
        frames.clear();
    }
}

/// A name that may be over the limit, as it is logged.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().nth(Limits::NAME_BYTES);
    end.map_or(name, |(end, _)| &name[..end])
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
fn say(outbox: &Arc<Outbox>, header: &Header<'_>) {
    let _ = outbox.send(header, &Bytes::new());
    outbox.flush();
}
