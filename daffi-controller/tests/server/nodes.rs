//! A node as a test plays it: it loses its connections and goes on with its session.

use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::auth::{Sealed, nonce};
use daffi_core::link::resume::Resumption;
use daffi_core::proto::{
    self, Balance, CallHeader, CallId, CallbackId, Described, Extensions, Failed, Frame, Header, Hello,
    Keeps, LENGTH_BYTES, Limits, NotResumed, Offered, Refusal, Resume, Session, Status, Welcome,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use daffi_core::transport::{Address, Connection, Security, connect};
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

pub(super) async fn open(controller: &Controller) -> Connection {
    connect(controller.address(), Limits::default(), &Security::none())
        .await
        .unwrap()
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

/// A node that can go on.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) session: Session,
    pub(super) attempts: u32,
    pub(super) received: u64,
}

/// What the controller says to one that wants to go on.
#[derive(Debug)]
pub(super) enum Answer {
    /// The connection, and what is to be said for a proof.
    Asked(Box<Connection>, [u8; 32]),
    Refused(NotResumed),
}

impl Node {
    pub(super) fn greeting(name: &str) -> Hello {
        let mut hello = Hello::new(name, 1, 1);
        let keeps = Keeps { bytes: 1 << 20 };
        hello.extensions = Extensions::default().with(Extensions::RESUMABLE, &keeps).unwrap();
        hello
    }

    /// One that offers a callback.
    pub(super) async fn join(controller: &Controller, name: &str, callback: &str) -> (Self, Connection) {
        let mut connection = open(controller).await;
        tell(&connection, &Header::Hello(Self::greeting(name)));
        let frame = next(&mut connection).await.unwrap();
        let session = Self::welcomed(&frame);
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
        say(&connection, &offer, &proto::encode(&vec![offered]).unwrap());
        let mut node = Self {
            name: name.to_owned(),
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
        let mut hello = Self::greeting(&self.name);
        hello.extensions = hello.extensions.with(Extensions::RESUME, &resume).unwrap();
        let mut connection = open(controller).await;
        let resumption =
            Resumption::new(&hello, &connection.channel, self.session.secret.clone(), &Sealed).unwrap();
        tell(&connection, &Header::Hello(hello));
        let frame = next(&mut connection).await.unwrap();
        match frame.decode().unwrap().0 {
            Header::Resuming(offered) => {
                let proof = resumption.answer(&offered).unwrap();
                Answer::Asked(Box::new(connection), proof)
            }
            Header::Refused(Refusal::NotResumed(why)) => Answer::Refused(why),
            other => panic!("{other:?}"),
        }
    }

    /// Goes on, or is told why not.
    pub(super) async fn go_on(&mut self, controller: &Controller) -> Result<Connection, NotResumed> {
        let (mut connection, proof) = match self.attempt(controller).await {
            Answer::Asked(connection, proof) => (*connection, proof),
            Answer::Refused(why) => return Err(why),
        };
        tell(&connection, &Header::Resumes { proof });
        let frame = next(&mut connection).await.unwrap();
        if let Header::Refused(Refusal::NotResumed(why)) = frame.decode().unwrap().0 {
            return Err(why);
        }
        self.session = Self::welcomed(&frame);
        Ok(connection)
    }
}

/// Somebody who calls others.
pub(super) async fn caller(controller: &Controller) -> Connection {
    super::join(controller.address(), "caller", Limits::default()).await
}
