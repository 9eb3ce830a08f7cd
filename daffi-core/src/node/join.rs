//! Joining a controller: one attempt to connect, and to be let in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::Node;
use super::not_joined::NotJoined;
use crate::auth::{Sealed, nonce};
use crate::host::HostedController;
use crate::link::greeting::{Answered, Greeting};
use crate::link::handshake::Joining;
use crate::link::resume::Resumption;
use crate::link::{Channel, MISSED_HEARTBEATS};
use crate::proto::{EncodeError, Extensions, Frame, Header, Hello, Keeps, Limits, Resume, Session, Welcome};
use crate::simulation;
use crate::transport::{Address, Connection, Inlet, Outbox, ReadError, Security, TlsFault, TlsSide, connect};

/// How long a controller may take to answer the greeting.
const GREETING: Duration = Duration::from_secs(10);

/// How long a connection to one of several may take.
const CONNECTING: Duration = Duration::from_secs(2);

/// For so long a node is not read, at most, that has sent more than it may; and some more. TCP must not take it for an end that nothing of what is sent is taken.
const UNREAD: Duration = Duration::from_secs(120);

/// How a node reaches its controller.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// Over a socket.
    Socket {
        /// Where, the best one first: there is one at least.
        addresses: Arc<[Address]>,
        /// What protects it.
        security: Security,
    },
    /// In memory, in this process.
    Memory(Arc<dyn HostedController>),
}

impl Route {
    /// Where it is looked for first.
    pub(crate) fn address(&self) -> &Address {
        self.at(0)
    }

    /// Where it is, if it is the one in this place.
    pub(super) fn at(&self, place: usize) -> &Address {
        match self {
            Self::Socket { addresses, .. } => &addresses[place.min(addresses.len() - 1)],
            Self::Memory(controller) => controller.address(),
        }
    }

    /// In how many places it may be.
    pub(super) fn places(&self) -> usize {
        match self {
            Self::Socket { addresses, .. } => addresses.len(),
            Self::Memory(_) => 1,
        }
    }

    async fn connect(&self, place: usize, limits: Limits) -> Result<Connection, NotJoined> {
        match self {
            Self::Socket { security, .. } => Ok(connect(self.at(place), limits, security).await?),
            Self::Memory(controller) => controller.connect().ok_or(NotJoined::Gone),
        }
    }
}

/// A connection to which the controller said welcome.
pub(super) struct Joined {
    pub(super) connection: Connection,
    pub(super) welcome: Welcome,
    /// What can be gone on with when the connection is lost.
    pub(super) session: Option<Session>,
    /// How long the controller is waited for on this connection when nothing is heard of it.
    pub(super) waits: Duration,
    /// Where it is, of the places in which it was looked for.
    pub(super) place: usize,
}

/// With what a node wants to go on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Former<'a> {
    pub(super) session: &'a Session,
    /// Which attempt it is, of all that are made for this session.
    pub(super) attempt: u32,
    /// How many bytes of numbered frames were received in it.
    pub(super) received: u64,
}

/// How a node comes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Coming<'a> {
    /// For the first time.
    First,
    /// It was let in before.
    Again,
    /// It goes on with a session.
    GoingOn(Former<'a>),
}

impl<'a> Coming<'a> {
    const fn former(self) -> Option<Former<'a>> {
        match self {
            Self::First | Self::Again => None,
            Self::GoingOn(former) => Some(former),
        }
    }
}

/// Joins the first of those that let it in. Where none does, what the first says or is counts.
pub(super) async fn join_any(node: &Node, route: &Route, coming: Coming<'_>) -> Result<Joined, NotJoined> {
    let mut first = None;
    for place in 0..route.places() {
        match join(node, (route, place), coming).await {
            Err(error) if error.is_elsewhere() => drop(first.get_or_insert(error)),
            answered => return answered,
        }
    }
    Err(first.unwrap_or(NotJoined::Gone))
}

/// Connects, and asks to be let in, or to go on with a session.
pub(super) async fn join(
    node: &Node,
    (route, place): (&Route, usize),
    coming: Coming<'_>,
) -> Result<Joined, NotJoined> {
    let limits = node.options.limits;
    // There is another one to be asked.
    let patience = if route.places() > 1 { CONNECTING } else { GREETING };
    let connecting = timeout(patience, route.connect(place, limits)).await;
    let mut connection = connecting.unwrap_or_else(|_| Err(NotJoined::Io(io::ErrorKind::TimedOut.into())))?;
    // One that is given up half-way must not keep the name.
    let abandoned = Abandoned(Some(Arc::clone(&connection.outbox)));
    let greeting = timeout(GREETING, greet(&mut connection, node, coming));
    match greeting.await {
        Ok(Ok(welcome)) => {
            abandoned.keep();
            // What cannot be read counts as not said.
            let session = welcome.extensions.get(Extensions::SESSION).unwrap_or_default();
            let session: Option<Session> = session.filter(|_| connection.channel.is_resumable());
            let waits = welcome.extensions.get(Extensions::WAITS).unwrap_or_default();
            let waits = waits.filter(|_| connection.channel.ends_with_its_process());
            if session.is_some() && coming.former().is_none() {
                connection.outbox.keep(limits.queue_bytes);
            }
            Ok(Joined {
                connection,
                welcome,
                session,
                waits: waits.unwrap_or_default(),
                place,
            })
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(NotJoined::Io(io::Error::new(
            io::ErrorKind::TimedOut,
            "it does not answer the greeting",
        ))),
    }
}

/// Who this process is, how much it runs, and with which session it wants to go on.
fn hello(
    node: &Node,
    channel: &Channel,
    (coming, resume): (Coming<'_>, Option<&Resume>),
) -> Result<Hello, EncodeError> {
    let limits = node.options.limits;
    let mut hello = Hello::new(
        &**node.process_name(),
        node.instance,
        simulation::process_number(),
    );
    let mut extensions = Extensions::default()
        .with(Extensions::RUNS, &limits.calls)?
        .with(Extensions::RUN_BYTES, &(limits.queue_bytes as u64))?;
    let attributes = &node.options.attributes;
    if !attributes.is_empty() {
        extensions = extensions.with(Extensions::ATTRIBUTES, attributes)?;
    }
    if channel.is_resumable() {
        let keeps = Keeps {
            bytes: limits.queue_bytes as u64,
        };
        extensions = extensions.with(Extensions::RESUMABLE, &keeps)?;
    }
    if let Some(resume) = resume {
        extensions = extensions.with(Extensions::RESUME, resume)?;
    }
    if let Some(heartbeat) = node.options.heartbeat {
        extensions = extensions.with(Extensions::HEARTBEAT, &heartbeat)?;
    }
    // Whoever was replaced itself does not take its name back.
    if node.options.replaces && matches!(coming, Coming::First) {
        extensions = extensions.with(Extensions::REPLACE, &true)?;
    }
    hello.extensions = extensions;
    Ok(hello)
}

fn not_encoded(error: &EncodeError) -> NotJoined {
    NotJoined::Io(io::Error::new(io::ErrorKind::InvalidInput, error.to_string()))
}

/// A connection that ends unless it is kept.
struct Abandoned(Option<Arc<Outbox>>);

impl Abandoned {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(outbox) = &self.0 {
            outbox.abort();
        }
    }
}

/// Says hello, proves who this process is if it can, and reads the answer.
async fn greet(connection: &mut Connection, node: &Node, coming: Coming<'_>) -> Result<Welcome, NotJoined> {
    let former = coming.former();
    let Connection {
        outbox,
        inlet,
        channel,
        ..
    } = connection;
    let credential = match &node.options.proving {
        Some(proving) => Some((proving.credential(), nonce().map_err(NotJoined::Io)?)),
        None => None,
    };
    let resume = match former {
        Some(former) => Some(Resume {
            session: former.session.id,
            renewal: former.session.renewal,
            attempt: former.attempt,
            nonce: nonce().map_err(NotJoined::Io)?,
            received: former.received,
        }),
        None => None,
    };
    let mut hello = hello(node, channel, (coming, resume.as_ref())).map_err(|error| not_encoded(&error))?;
    let joining = Joining::begin(node.options.trust, channel, credential, &mut hello)?;
    let secret = former.map(|former| former.session.secret.clone());
    let resumption = secret.map(|secret| Resumption::new(&hello, channel, secret, &Sealed));
    let resumption = resumption.transpose().map_err(|error| not_encoded(&error))?;
    inlet.set_frame_limit(Limits::HANDSHAKE_BYTES);
    say(outbox, &Header::Hello(hello))?;
    let mut greeting = Greeting::new(joining, resumption);
    let welcome = loop {
        let frame = answer(inlet).await?;
        match greeting.on_answer(header(&frame)?)? {
            Answered::Say(header) => say(outbox, &header)?,
            Answered::Welcome(welcome) => break welcome,
        }
    };
    inlet.set_frame_limit(welcome.frame_limit());
    outbox.lower_frame_limit(welcome.sent_frame_limit());
    outbox.agree(welcome.version);
    let patience = welcome.heartbeat.saturating_mul(MISSED_HEARTBEATS);
    outbox.set_patience(patience.max(UNREAD));
    Ok(welcome)
}

fn say(outbox: &Arc<Outbox>, header: &Header<'_>) -> Result<(), NotJoined> {
    let sent = outbox.send(header, &Bytes::new());
    sent.map_err(|error| broken(error.to_string()))?;
    outbox.flush();
    Ok(())
}

/// What the controller says next.
async fn answer(inlet: &mut Inlet) -> Result<Frame, NotJoined> {
    match inlet.read_one().await {
        Ok(Some(frame)) => Ok(frame),
        Ok(None) => Err(NotJoined::Io(io::Error::new(
            io::ErrorKind::ConnectionReset,
            "it closed the connection without a word; it may not be a daffi controller",
        ))),
        // With TLS 1.3, a controller that does not take this side's certificate says so only now.
        Err(ReadError::Io(error)) => Err(match TlsFault::of(&error) {
            Some(fault) => fault.clone().into(),
            None => NotJoined::Io(error),
        }),
        Err(ReadError::Tls) => Err(NotJoined::Tls(TlsFault::Unexpected {
            by: TlsSide::Controller,
        })),
        Err(error) => Err(broken(error.to_string())),
    }
}

fn header(frame: &Frame) -> Result<Header<'_>, NotJoined> {
    match frame.decode() {
        Ok((header, _)) => Ok(header),
        Err(error) => Err(broken(format!("not a daffi controller: {error}"))),
    }
}

fn broken(error: impl Into<String>) -> NotJoined {
    NotJoined::Io(io::Error::new(io::ErrorKind::InvalidData, error.into()))
}
