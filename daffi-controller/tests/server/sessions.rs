//! Processes that lose their connections and go on, or do not.

use std::time::Duration;

use bytes::Bytes;
use daffi_controller::{Controller, ControllerOptions};
use daffi_core::auth::{Sealed, nonce};
use daffi_core::link::resume::{Resumption, STUCK};
use daffi_core::proto::{
    self, Balance, CallHeader, CallId, CallbackId, Described, Extensions, Failed, Frame, Header, Hello,
    Keeps, LENGTH_BYTES, Limits, NotResumed, Offered, Query, Refusal, Resume, Session, Status, Welcome,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use daffi_core::transport::{Address, Connection, Security, connect};
use daffi_core::{Access, Quota, Quotas, Right, Role};
use tokio::time::timeout;

/// Nothing takes so long that does not hang.
const HANGS: Duration = Duration::from_secs(60);

/// One through TCP that waits for long for whoever is away.
fn options() -> ControllerOptions {
    let mut options = ControllerOptions::new(Address::Tcp {
        host: "127.0.0.1".to_owned(),
        port: 0,
    });
    options.resume_grace = Duration::from_secs(3000);
    options
}

async fn start(options: ControllerOptions) -> Controller {
    Controller::start(options).await.unwrap()
}

async fn stop(controller: Controller) {
    timeout(HANGS, controller.stop()).await.expect("it never stops");
}

async fn open(controller: &Controller) -> Connection {
    connect(controller.address(), Limits::default(), &Security::none())
        .await
        .unwrap()
}

fn say(connection: &Connection, header: &Header<'_>, payload: &Bytes) {
    // What the controller has closed takes nothing.
    let _ = connection.outbox.send(header, payload);
    connection.outbox.flush();
}

fn tell(connection: &Connection, header: &Header<'_>) {
    say(connection, header, &Bytes::new());
}

/// The next frame that is no heartbeat; nothing once the connection is closed.
async fn next(connection: &mut Connection) -> Option<Frame> {
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
async fn closed(mut connection: Connection) {
    while next(&mut connection).await.is_some() {}
}

/// Ends it on this side, and waits until the controller has noticed.
async fn lose(connection: Connection) {
    connection.outbox.close();
    connection.outbox.run().await;
    closed(connection).await;
}

/// How a call is answered.
async fn reply(connection: &mut Connection) -> Result<(), Failed> {
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

fn call(number: u32, name: &'static str) -> Header<'static> {
    Header::Call(CallHeader::new(CallId::first(number), name))
}

/// A node that can go on.
#[derive(Debug)]
struct Node {
    name: String,
    session: Session,
    attempts: u32,
    received: u64,
}

/// What the controller says to one that wants to go on.
#[derive(Debug)]
enum Answer {
    /// The connection, and what is to be said for a proof.
    Asked(Box<Connection>, [u8; 32]),
    Refused(NotResumed),
}

impl Node {
    fn greeting(name: &str) -> Hello {
        let mut hello = Hello::new(name, 1, 1);
        let keeps = Keeps { bytes: 1 << 20 };
        hello.extensions = Extensions::default().with(Extensions::RESUMABLE, &keeps).unwrap();
        hello
    }

    /// One that offers a callback.
    async fn join(controller: &Controller, name: &str, callback: &str) -> (Self, Connection) {
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

    fn welcomed(frame: &Frame) -> Session {
        let Header::Welcome(Welcome { extensions, .. }) = frame.decode().unwrap().0 else {
            panic!("{frame:?}")
        };
        extensions.get(Extensions::SESSION).unwrap().unwrap()
    }

    /// Receives a frame.
    async fn hear(&mut self, connection: &mut Connection) -> Frame {
        let frame = next(connection).await.unwrap();
        self.received += (LENGTH_BYTES + frame.len()) as u64;
        frame
    }

    /// Asks to go on.
    async fn attempt(&mut self, controller: &Controller) -> Answer {
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
    async fn go_on(&mut self, controller: &Controller) -> Result<Connection, NotResumed> {
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
async fn caller(controller: &Controller) -> Connection {
    super::join(controller.address(), "caller", Limits::default()).await
}

/// link.resume.replace
#[tokio::test]
async fn p7_of_two_that_go_on_at_a_time_one_does_and_nobody_waits_for_the_other() {
    let mut options = options();
    options.quotas = Quotas::new().connection(Quota::new().bytes_per_second(1000));
    let controller = start(options).await;
    let (mut node, connection) = Node::join(&controller, "node", "one").await;
    // What it owes is waited for, so that nobody leaves its place at once.
    say(&connection, &call(1, "nobody"), &Bytes::from(vec![0; 4000]));
    let mut attempts = Vec::new();
    for _ in 0..2 {
        let Answer::Asked(connection, proof) = node.attempt(&controller).await else {
            panic!()
        };
        attempts.push((*connection, proof));
    }
    for (connection, proof) in &attempts {
        tell(connection, &Header::Resumes { proof: *proof });
    }
    let (mut second, _) = attempts.pop().unwrap();
    let (first, _) = attempts.pop().unwrap();
    node.session = Node::welcomed(&next(&mut second).await.unwrap());
    // It is closed by the controller alone.
    closed(first).await;
    lose(second).await;
    node.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.attempt
#[tokio::test]
async fn p12_an_attempt_that_was_given_up_and_arrives_late_takes_nothing_from_a_later_one() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, connection) = Node::join(&controller, "node", "one").await;
    let Answer::Asked(late, proof) = node.attempt(&controller).await else {
        panic!()
    };
    let mut there = node.go_on(&controller).await.unwrap();
    closed(connection).await;
    // Nothing was heard of it since.
    tell(&late, &Header::Resumes { proof });
    closed(*late).await;
    tell(&caller, &call(1, "one"));
    let frame = node.hear(&mut there).await;
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    let status = Status::Value;
    tell(
        &there,
        &Header::Reply {
            call: run.call,
            status,
        },
    );
    assert_eq!(reply(&mut caller).await, Ok(()));
    lose(there).await;
    node.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.end
#[tokio::test]
async fn p4_whoever_has_finished_is_waited_for_no_longer_whatever_it_has_asked_for() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    let presence = Header::Query {
        call: CallId::first(5),
        query: Query::Presence,
    };
    tell(&connection, &presence);
    node.hear(&mut connection).await;
    tell(&caller, &call(1, "one"));
    node.hear(&mut connection).await;
    tell(&connection, &Header::Goodbye);
    tell(&connection, &Header::Finished);
    // All that it has sent is acknowledged at once, so that it knows.
    loop {
        let frame = connection.inlet.read_one().await.unwrap().unwrap();
        if let Header::Heartbeat { received } = frame.decode().unwrap().0
            && received == connection.outbox.sent()
        {
            break;
        }
    }
    lose(connection).await;
    let lost = reply(&mut caller).await.unwrap_err();
    assert!(matches!(lost, Failed::ProviderLost { .. }), "{lost:?}");
    assert_eq!(node.go_on(&controller).await.unwrap_err(), NotResumed::Unknown);
    stop(controller).await;
}

/// link.resume.end
#[tokio::test]
async fn a_process_that_may_not_be_there_any_more_is_not_waited_for() {
    let mut options = options();
    options.access = Some(Access::new().role("all", Role::everything()).everyone(["all"]));
    let controller = start(options).await;
    let mut caller = caller(&controller).await;
    let (_, connection) = Node::join(&controller, "node", "one").await;
    lose(connection).await;
    tell(&caller, &call(1, "one"));
    let some = Role::everything().deny(Right::Provide, ["one"]);
    let less = Access::new().role("some", some).everyone(["some"]);
    controller.set_access(Some(&less)).await.unwrap();
    assert!(reply(&mut caller).await.is_err());
    stop(controller).await;
}

/// link.resume.bound
#[tokio::test]
async fn p6_there_is_a_bound_of_how_many_are_away_and_more_are_lost_at_once() {
    let mut options = options();
    options.queue_bytes = 1 << 20;
    let controller = start(options).await;
    let mut nodes = Vec::new();
    for number in 0..40 {
        let (node, connection) = Node::join(&controller, &number.to_string(), "one").await;
        lose(connection).await;
        nodes.push(node);
    }
    let mut kept = 0;
    for node in &mut nodes {
        match node.attempt(&controller).await {
            Answer::Asked(..) => kept += 1,
            Answer::Refused(why) => assert_eq!(why, NotResumed::Unknown),
        }
    }
    assert_eq!(kept, 16);
    // Places are free again.
    for node in &mut nodes[..8] {
        let connection = node.go_on(&controller).await.unwrap();
        tell(&connection, &Header::Finished);
        lose(connection).await;
    }
    let (mut late, connection) = Node::join(&controller, "late", "one").await;
    lose(connection).await;
    late.go_on(&controller).await.unwrap();
    stop(controller).await;
}

/// link.resume.progress
#[tokio::test]
async fn p1_a_session_through_which_nothing_gets_is_given_up_and_its_calls_are_answered() {
    let controller = start(options()).await;
    let mut caller = caller(&controller).await;
    let (mut node, mut connection) = Node::join(&controller, "node", "one").await;
    tell(&caller, &call(1, "one"));
    let why = loop {
        // Each is lost before the call has come.
        let former = connection;
        match node.go_on(&controller).await {
            Ok(next) => connection = next,
            Err(why) => break why,
        }
        closed(former).await;
        assert!(node.attempts < 2 * STUCK);
    };
    assert_eq!(why, NotResumed::Stuck);
    let lost = reply(&mut caller).await.unwrap_err();
    assert!(matches!(lost, Failed::ProviderLost { .. }), "{lost:?}");
    stop(controller).await;
}
