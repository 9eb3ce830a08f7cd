//! A node as a test plays it: it loses its connections and goes on with its session.

use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::auth::{Proving, Sealed, nonce};
use daffi_core::link::handshake::{Joining, Trust};
use daffi_core::link::resume::Resumption;
use daffi_core::proto::{
    self, Balance, CallHeader, CallId, CallbackId, Described, Extensions, Failed, Frame, Header, Hello,
    Keeps, LENGTH_BYTES, Limits, Offered, Refusal, Resume, Session, Status, Welcome,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use daffi_core::transport::{Address, Connection, Security, connect, own_uid};
use tokio::time::timeout;

/// Nothing takes so long that does not hang.
pub(super) const HANGS: Duration = Duration::from_secs(60);

/// One through TCP that waits for long for whoever is away.
pub(super) fn options() -> ControllerOptions {
    let mut options = ControllerOptions::new(Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    });
    options.resume_grace = Duration::from_secs(3000);
    options
}

pub(super) async fn start(options: ControllerOptions) -> Controller {
    Controller::start(options).await.unwrap()
}

pub(super) async fn stop(controller: Controller) {
    timeout(HANGS, controller.stop()).await.expect("it never stops");
}

pub(super) fn say(connection: &Connection, header: &Header<'_>, payload: &Bytes) {
    // What the controller has closed takes nothing.
    let _ = connection.outbox.send(header, payload);
    connection.outbox.flush();
}

pub(super) fn tell(connection: &Connection, header: &Header<'_>) {
    say(connection, header, &Bytes::new());
}

/// The next frame that is no heartbeat; nothing once the connection is closed.
pub(super) async fn next(connection: &mut Connection) -> Option<Frame> {
    let read = async {
        loop {
            let frame = connection.inlet.read_one().await.ok().flatten()?;
            if !matches!(frame.decode().unwrap().0, Header::Heartbeat { .. }) {
                return Some(frame);
            }
        }
    };
    timeout(HANGS, read).await.expect("nothing comes, and no end")
}

/// Waits until the controller has closed a connection, whatever it says before.
pub(super) async fn closed(mut connection: Connection) {
    while next(&mut connection).await.is_some() {}
}

/// Ends it on this side, and waits until the controller has noticed.
pub(super) async fn lose(connection: Connection) {
    connection.outbox.close();
    connection.outbox.run().await;
    closed(connection).await;
}

/// How a call is answered.
pub(super) async fn reply(connection: &mut Connection) -> Result<(), Failed> {
    loop {
        let frame = next(connection).await.expect("the connection is open");
        match frame.decode().unwrap().0 {
            Header::Reply {
                status: Status::Value,
                ..
            } => return Ok(()),
            Header::Reply {
                status: Status::Failed(failed),
                ..
            } => return Err(failed),
            _ => {}
        }
    }
}

pub(super) fn call(number: u32, name: &'static str) -> Header<'static> {
    Header::Call(CallHeader::new(CallId::first(number), name))
}

/// How a node comes.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) security: Security,
    /// With what it proves who it is.
    pub(super) proving: Option<Proving>,
    /// It can go on with a session.
    pub(super) keeps: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            security: Security::none(),
            proving: None,
            keeps: true,
        }
    }
}

/// A node that can go on.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) terms: Terms,
    pub(super) session: Session,
    pub(super) attempts: u32,
    pub(super) received: u64,
}

/// What the controller says to one that wants to go on.
#[derive(Debug)]
pub(super) enum Answer {
    /// The connection, and what is to be said for a proof.
    Asked(Box<Connection>, [u8; 32]),
    Refused(Refusal),
}

impl Node {
    /// One that offers a callback.
    pub(super) async fn join(controller: &Controller, name: &str, callback: &str) -> (Self, Connection) {
        Self::join_by(controller, Terms::default(), (name, callback)).await
    }

    pub(super) async fn join_by(
        controller: &Controller,
        terms: Terms,
        (name, callback): (&str, &str),
    ) -> (Self, Connection) {
        let greeted = Greeted::by(controller, &terms, name, None).await;
        let (mut connection, frame) = (greeted.connection, greeted.answer);
        let session = Self::welcomed(&frame);
        announce(&connection, callback);
        let mut node = Self {
            name: name.to_owned(),
            terms,
            session,
            attempts: 0,
            received: 0,
        };
        node.hear(&mut connection).await;
        (node, connection)
    }

    pub(super) fn welcomed(frame: &Frame) -> Session {
        let Header::Welcome(Welcome { extensions, .. }) = frame.decode().unwrap().0 else {
            panic!("{frame:?}")
        };
        extensions.get(Extensions::SESSION).unwrap().unwrap()
    }

    /// Receives a frame.
    pub(super) async fn hear(&mut self, connection: &mut Connection) -> Frame {
        let frame = next(connection).await.unwrap();
        self.received += (LENGTH_BYTES + frame.len()) as u64;
        frame
    }

    /// Asks to go on.
    pub(super) async fn attempt(&mut self, controller: &Controller) -> Answer {
        self.attempts += 1;
        let resume = Resume {
            session: self.session.id,
            renewal: self.session.renewal,
            attempt: self.attempts,
            nonce: nonce().unwrap(),
            received: self.received,
        };
        let greeted = Greeted::by(controller, &self.terms, &self.name, Some(&resume)).await;
        match greeted.answer.decode().unwrap().0 {
            Header::Resuming(offered) => {
                let channel = &greeted.connection.channel;
                let secret = self.session.secret.clone();
                let resumption = Resumption::new(&greeted.hello, channel, secret, &Sealed).unwrap();
                let proof = resumption.answer(&offered).unwrap();
                Answer::Asked(Box::new(greeted.connection), proof)
            }
            Header::Refused(why) => Answer::Refused(why),
            other => panic!("{other:?}"),
        }
    }

    /// Goes on, or is told why not.
    pub(super) async fn go_on(&mut self, controller: &Controller) -> Result<Connection, Refusal> {
        let (mut connection, proof) = match self.attempt(controller).await {
            Answer::Asked(connection, proof) => (*connection, proof),
            Answer::Refused(why) => return Err(why),
        };
        tell(&connection, &Header::Resumes { proof });
        let frame = next(&mut connection).await.unwrap();
        if let Header::Refused(why) = frame.decode().unwrap().0 {
            return Err(why);
        }
        self.session = Self::welcomed(&frame);
        Ok(connection)
    }
}

/// Offers a callback.
fn announce(connection: &Connection, callback: &str) {
    let returns = Returns {
        ok: trace::<u32>(),
        error: ErrorType::None,
    };
    let offered = Offered {
        callback: CallbackId(0),
        name: callback.to_owned(),
        docs: String::new(),
        signature: Described::new(&Signature::new([], returns)),
        concurrency: None,
        concurrency_per_caller: None,
        queue: 0,
        balance: Balance::LessLoaded,
    };
    let offer = Header::Offer {
        call: CallId::first(0),
        ready: true,
    };
    say(connection, &offer, &proto::encode(&vec![offered]).unwrap());
}

/// Offers a callback, and is answered.
pub(super) async fn offer(connection: &mut Connection, callback: &str) {
    announce(connection, callback);
    next(connection).await.unwrap();
}

/// The beginning of a connection.
pub(super) struct Greeted {
    pub(super) connection: Connection,
    pub(super) hello: Hello,
    /// What is answered once it is known who is there.
    pub(super) answer: Frame,
}

impl Greeted {
    /// Says hello, and who that is.
    pub(super) async fn by(
        controller: &Controller,
        terms: &Terms,
        name: &str,
        resume: Option<&Resume>,
    ) -> Self {
        let mut connection = connect(controller.address(), Limits::default(), &terms.security)
            .await
            .unwrap();
        let mut hello = Hello::new(name, 1, 1);
        let mut extensions = Extensions::default();
        if terms.keeps {
            let keeps = Keeps { bytes: 1 << 20 };
            extensions = extensions.with(Extensions::RESUMABLE, &keeps).unwrap();
        }
        if let Some(resume) = resume {
            extensions = extensions.with(Extensions::RESUME, resume).unwrap();
        }
        hello.extensions = extensions;
        let channel = connection.channel.clone();
        let credential = terms.proving.as_ref();
        let credential = credential.map(|proving| (proving.credential(), nonce().unwrap()));
        let mut joining = Joining::begin(Trust::own(own_uid()), &channel, credential, &mut hello).unwrap();
        tell(&connection, &Header::Hello(hello.clone()));
        let mut answer = next(&mut connection).await.unwrap();
        if let Header::Challenge(challenge) = answer.decode().unwrap().0 {
            tell(
                &connection,
                &Header::Proof(joining.on_challenge(&challenge).unwrap()),
            );
            answer = next(&mut connection).await.unwrap();
        }
        Self {
            connection,
            hello,
            answer,
        }
    }
}

/// Somebody who calls others.
pub(super) async fn caller(controller: &Controller) -> Connection {
    super::join(controller.address(), "caller", Limits::default()).await
}
