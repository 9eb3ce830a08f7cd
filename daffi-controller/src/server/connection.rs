//! One connection of the controller, from its greeting to its end.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use daffi_core::proto::{Header, Limits, Refusal, Who};
use daffi_core::seldom::Unsaid;
use daffi_core::transport::{Connection, Inlet, Peer, ReadError, TlsFault};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use super::admitting::{Place, Ways};
use super::ending::{close, drained};
use super::greeting::{Greeted, say};
use super::hub::Hub;
use super::pause::pause;
use super::resuming::NotEntered;
use super::strangers::Stranger;
use crate::router::Fault;

/// Who is not read for longer is told of in the log, and not again in so much time.
const TOLD: Duration = Duration::from_secs(1);
const TOLD_AGAIN: Duration = Duration::from_secs(60);

impl Hub {
    /// Serves one connection, of which it is not known yet who is there.
    pub(super) async fn serve(
        self: Arc<Self>,
        connection: Connection,
        stranger: Stranger,
        tasks: TaskTracker,
    ) {
        let Connection {
            outbox,
            mut inlet,
            peer,
            channel,
        } = connection;
        // They may be others when the handshake is over.
        let known = self.state().identities.clone();
        let greeted = {
            let greeting = pin!(self.greeted(&mut inlet, &outbox, &channel, known.as_ref()));
            tokio::select! {
                biased;
                greeted = stranger.heard(greeting) => greeted,
                () = self.closing.cancelled() => return outbox.abort(),
            }
        };
        let Greeted {
            process_name,
            admitted,
            resume,
        } = match greeted {
            Ok(Ok(Some(greeted))) => greeted,
            // Somebody has looked whether anybody listens.
            Ok(Ok(None)) => {
                debug!(%peer, "a connection ended that said nothing");
                return outbox.abort();
            }
            Ok(Err(reason)) => {
                if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
                    warn!(%peer, reason, unsaid, "a connection is closed that does not speak the protocol: something else than daffi connects here");
                }
                return outbox.abort();
            }
            Err(unknown) => {
                self.is_not_known(unknown, &peer);
                return outbox.abort();
            }
        };
        inlet.let_in();
        {
            let outbox = Arc::clone(&outbox);
            tasks.spawn(async move { outbox.run().await });
        }
        let ways = Ways {
            outbox: &outbox,
            arrived: &inlet.arrived(),
            known: known.as_ref(),
            channel: &channel,
        };
        let goes_on = resume.is_some();
        let entered = match admitted {
            // The rest of the greeting may be long, and is not kept as long as the connection.
            Ok(admitted) => {
                let entered = match resume {
                    Some(resume) => self.go_on(&admitted, &resume, ways).await,
                    None => self.admit(&admitted, ways).await.map_err(NotEntered::Refused),
                };
                entered.map(|place| (place, admitted.who))
            }
            Err(refusal) => {
                say(&outbox, &Header::Refused(refusal.clone()));
                Err(NotEntered::Refused(refusal))
            }
        };
        match entered {
            Ok((place, identity)) => {
                drop(stranger);
                inlet.set_frame_limit(place.frame_bytes);
                if let Some(Unsaid(unsaid)) = self.coming_and_going.may_say() {
                    if goes_on {
                        info!(process_name, %peer, %identity, unsaid, "process is back");
                    } else {
                        info!(process_name, %peer, %identity, unsaid, "process connected");
                    }
                }
                drop(outbox);
                // Those who are not let in hold no memory for it.
                Box::pin(self.serve_session(place, inlet, &peer, &identity)).await;
            }
            // The session goes on elsewhere, or is waited for. Nothing of this connection is kept until then.
            Err(NotEntered::Without { place, former }) => {
                drop(stranger);
                outbox.abort();
                drop(inlet);
                former.left().await;
                Box::pin(self.stand_by(&place, "another one came to nothing")).await;
            }
            Err(NotEntered::Refused(refusal)) => {
                let process_name = shortened(&process_name);
                if let Some(Unsaid(unsaid)) = self.turned_away.may_say() {
                    info!(process_name, %peer, %refusal, unsaid, "process refused");
                }
                if stranger.heard(pin!(close(&outbox))).await.is_err() {
                    outbox.abort();
                }
            }
        }
    }

    /// Reads from a session until its connection ends, and sees to what becomes of it then.
    async fn serve_session(&self, place: Place, mut inlet: Inlet, peer: &Peer, identity: &Who<Arc<str>>) {
        let outbox = Arc::clone(&place.outbox);
        match self.read(&place, &mut inlet).await {
            Ok(lost) => {
                // It may be long until somebody comes back.
                drop(inlet);
                self.stand_by(&place, &lost).await;
            }
            Err(CutOff { reason, told }) => {
                let process_name = self.process_name(place.peer);
                warn!(process_name, %peer, %identity, reason, "a connection is cut off, as its process did not keep to the rules");
                match &told {
                    Some(refusal) => say(&outbox, &Header::Refused(refusal.clone())),
                    None => outbox.abort(),
                }
                self.leave(place.peer).await;
                if let Some(seat) = &place.seat {
                    seat.leave();
                }
                if told.is_some() {
                    // A socket that is closed before all is read loses what was written.
                    drained(&mut inlet).await;
                }
                close(&outbox).await;
            }
        }
    }

    /// Routes what comes until the connection is lost; says how.
    async fn read(&self, place: &Place, inlet: &mut Inlet) -> Result<String, CutOff> {
        let (process, outbox) = (place.peer, &place.outbox);
        let mut frames = Vec::new();
        let mut outboxes = Vec::new();
        // Whoever comes again owes what it did.
        let mut told = None;
        if let Some(time) = self.still_owes(process) {
            self.pause(place, time, &mut told).await;
        }
        loop {
            frames.clear();
            // One that does not read what it asked for is not read either: its queue stays within its bound.
            poll_fn(|cx| outbox.poll_written(cx)).await;
            match inlet.read(&mut frames).await {
                Ok(true) => {}
                Ok(false) => return Ok("it was closed".to_owned()),
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
                    return Ok(error.to_string());
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
                self.pause(place, time, &mut told).await;
            }
        }
    }

    /// Waits until a process may be read again that has sent more than it may.
    async fn pause(&self, place: &Place, time: Duration, told: &mut Option<Instant>) {
        let (process, outbox) = (place.peer, &place.outbox);
        if time > TOLD
            && told.is_none_or(|told| told.elapsed() > TOLD_AGAIN)
            && let Some(Unsaid(unsaid)) = self.over_quota.may_say()
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
        // Nobody is waited for whose connection is lost.
        let is_there = || !outbox.is_closed() && !outbox.is_away();
        let owes = || self.still_owes(process).filter(|_| is_there());
        pause(time, self.shortest(), owes).await;
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

/// A name that may be over the limit, as it is logged.
fn shortened(name: &str) -> &str {
    let end = name.char_indices().nth(Limits::NAME_BYTES);
    end.map_or(name, |(end, _)| &name[..end])
}
