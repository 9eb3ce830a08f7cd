//! A controller that stands by for another one: it lets nobody in while it reaches that, and sends all back when that is there again.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use daffi_core::auth::nonce;
use daffi_core::link::greeting::{Answered, Greeting, NotWelcome};
use daffi_core::link::handshake::{Joining, Trust};
use daffi_core::link::{Link, MISSED_HEARTBEATS, Tick, Traffic};
use daffi_core::proto::{Header, Hello, Limits, Refusal, Welcome};
use daffi_core::transport::{ConnectError, Connection, Outbox, ReadError, TlsFault, connect, own_uid};
use tokio::time::{sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::hub::Hub;
use super::standby_of::StandbyOf;

/// How long nodes may take to read what is left for them when they are sent away.
const LEAVING: Duration = Duration::from_secs(5);

/// How often it is looked for whoever is not there, or says no more than that it is.
const LOOKS: Duration = Duration::from_millis(500);

/// How long it may take until it answers.
const ANSWERS: Duration = Duration::from_secs(2);

/// What is seen of the other one.
enum Seen {
    /// It has let this one in, which notices when it goes.
    Joined(Box<Connection>, Welcome),
    /// It answers.
    Answers,
    Nothing(String),
}

impl Hub {
    /// Looks after the other one, until this one stops.
    pub(super) async fn stand_by_for(self: Arc<Self>, of: StandbyOf) {
        let pause = (self.heartbeat / 4).clamp(Duration::from_millis(10), LOOKS);
        let name = format!("standby {}", self.process_name);
        while let Some(seen) = self.unless_closing(self.look(&of, &name)).await {
            let address = &of.address;
            match seen {
                Seen::Nothing(reason) => {
                    if self.stand_in(true) {
                        warn!(%address, reason, "the controller for which this one stands by is not reached; processes are let in here");
                    }
                }
                Seen::Answers => self.step_back(&of).await,
                Seen::Joined(connection, welcome) => {
                    // It hears of this one meanwhile.
                    let goes = self.unless_closing(self.until_it_goes(*connection, welcome));
                    let ((), gone) = tokio::join!(self.step_back(&of), goes);
                    debug!(%address, ?gone, "the connection to the controller for which this one stands by is lost");
                    // It may be there all the same.
                    continue;
                }
            }
            if self.unless_closing(sleep(pause)).await.is_none() {
                return;
            }
        }
    }

    async fn unless_closing<T>(&self, does: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = does => Some(done),
            () = self.closing.cancelled() => None,
        }
    }

    /// Whether processes are let in from now on; whether that is new.
    fn stand_in(&self, stands_in: bool) -> bool {
        std::mem::replace(&mut self.state().stands_by, !stands_in) == stands_in
    }

    /// The other one is there: processes that are here go there, when what is under way has ended.
    async fn step_back(&self, of: &StandbyOf) {
        if self.state().stands_by {
            return;
        }
        info!(address = %of.address, "the controller for which this one stands by is there; processes are sent there");
        if self.unless_closing(self.drain(of.drain)).await.is_none() {
            return;
        }
        let gone: Vec<Arc<Outbox>> = {
            let mut state = self.state();
            state.stands_by = true;
            state.send_away()
        };
        let all_leave = async {
            while self.state().queues.places() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        // Those that do not read are cut off.
        if let Some(Err(_)) = self.unless_closing(timeout(LEAVING, all_leave)).await {
            gone.iter().for_each(|outbox| outbox.abort());
        }
    }

    /// Whether the other one is there.
    async fn look(&self, of: &StandbyOf, name: &str) -> Seen {
        match timeout(ANSWERS, ask(of, name)).await {
            Ok(Ok(seen)) => seen,
            Ok(Err(error)) => Seen::Nothing(error.to_string()),
            Err(_) => Seen::Nothing("it does not answer".to_owned()),
        }
    }

    /// Waits until the connection to the other one is lost, or that is about to stop.
    async fn until_it_goes(&self, connection: Connection, welcome: Welcome) -> &'static str {
        let Connection {
            outbox, mut inlet, ..
        } = connection;
        let mut link = Link::new(self.now(), welcome.heartbeat, welcome.heartbeat);
        let mut received = 0;
        let say = |header: &Header<'_>| {
            let _ = outbox.send(header, &Bytes::new());
            outbox.flush();
        };
        let gone = loop {
            let tick = tokio::select! {
                read = inlet.read_one() => {
                    let Ok(Some(frame)) = read else { break "it was closed" };
                    let Ok((header, _)) = frame.decode() else { break "it is of no use" };
                    received += frame.counts(&header);
                    match header {
                        Header::Stopping { .. } => say(&Header::Stopping { within: Duration::ZERO }),
                        Header::Goodbye => break "it has said goodbye",
                        _ => {}
                    }
                    continue;
                }
                () = sleep_until(self.instant(link.next_tick())) => {
                    let (sent, signs) = (outbox.sent(), inlet.arrived().bytes());
                    link.tick(self.now(), Traffic { sent, received, signs })
                }
            };
            match tick {
                Tick::Heartbeat { received } => say(&Header::Heartbeat { received }),
                Tick::Idle | Tick::Back => {}
                Tick::Missed { .. } | Tick::Lost { .. } => break "nothing is heard of it",
            }
        };
        outbox.abort();
        gone
    }
}

/// Greets the other one.
async fn ask(of: &StandbyOf, name: &str) -> io::Result<Seen> {
    let mut connection = match connect(&of.address, Limits::default(), &of.security).await {
        Ok(connection) => connection,
        // It says so.
        Err(ConnectError::Tls(fault)) if !fault.is_end() => return Ok(Seen::Answers),
        Err(ConnectError::Refused(refusal)) => return Ok(refused(&refusal)),
        Err(ConnectError::Tls(fault)) => return Err(fault.into()),
        Err(ConnectError::Io(error)) => return Err(error),
        Err(error) => return Err(io::Error::other(error)),
    };
    let channel = connection.channel.clone();
    let instance = u128::from_le_bytes(nonce()?[..16].try_into().unwrap_or_default());
    let mut hello = Hello::new(name, instance, std::process::id());
    let credential = match &of.proving {
        Some(proving) => Some((proving.credential(), nonce()?)),
        None => None,
    };
    let Ok(joining) = Joining::begin(Trust::own(own_uid()), &channel, credential, &mut hello) else {
        // It is there, and not told anything.
        return Ok(Seen::Answers);
    };
    let outbox = Arc::clone(&connection.outbox);
    let say = |header: &Header<'_>| {
        let sent = outbox.send(header, &Bytes::new());
        outbox.flush();
        sent.map_err(io::Error::other)
    };
    let mut greeting = Greeting::new(joining, None);
    say(&Header::Hello(hello))?;
    let welcome = loop {
        let frame = match connection.inlet.read_one().await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Err(io::ErrorKind::ConnectionReset.into()),
            Err(ReadError::Io(error)) if TlsFault::of(&error).is_some_and(|fault| !fault.is_end()) => {
                return Ok(Seen::Answers);
            }
            Err(error) => return Err(io::Error::other(error)),
        };
        let (answer, _) = frame.decode().map_err(io::Error::other)?;
        match greeting.on_answer(answer) {
            Ok(Answered::Say(header)) => say(&header)?,
            Ok(Answered::Welcome(welcome)) => break welcome,
            Err(NotWelcome::Refused(refusal)) => return Ok(refused(&refusal)),
            Err(NotWelcome::Untrusted(_)) => return Ok(Seen::Answers),
            Err(error) => return Err(io::Error::other(error)),
        }
    };
    let patience = welcome.heartbeat.saturating_mul(MISSED_HEARTBEATS);
    outbox.set_patience(patience);
    Ok(Seen::Joined(Box::new(connection), welcome))
}

/// One that lets nobody in any more is as good as gone.
fn refused(refusal: &Refusal) -> Seen {
    match refusal {
        Refusal::Stopping | Refusal::StandsBy => Seen::Nothing(refusal.to_string()),
        _ => Seen::Answers,
    }
}
