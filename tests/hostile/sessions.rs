//! Sessions that somebody else wants, or that are gone on with from where nobody was.

use daffi_core::auth::{Sealed, nonce};
use daffi_core::link::resume::Resumption;
use daffi_core::link::{Channel, Reach};
use daffi_core::proto::{
    Extensions, Frame, Header, Hello, Keeps, LENGTH_BYTES, NotResumed, Refusal, Resume, Session,
    SessionSecret, Welcome,
};

use crate::frames::{Frames, call, offered, value};
use crate::handshakes::refusal;
use crate::peer::Peer;
use crate::stage::{Stage, Transport};

/// What a node knows of itself and of its session.
#[derive(Clone)]
struct Node {
    name: String,
    instance: u128,
    session: Session,
    /// How many attempts it has made.
    attempts: std::cell::Cell<u32>,
    received: u64,
}

/// What a peer sends in order to go on, in both its parts.
struct Attempt {
    hello: Hello,
    proof: [u8; 32],
}

fn greeting(name: &str, instance: u128) -> Hello {
    let mut hello = Hello::new(name, instance, 1);
    let keeps = Keeps { bytes: 1 << 20 };
    hello.extensions = Extensions::default().with(Extensions::RESUMABLE, &keeps).unwrap();
    hello
}

fn welcome(frame: Option<Frame>) -> Welcome {
    match frame.expect("it is answered").decode().unwrap().0 {
        Header::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

fn session(welcome: &Welcome) -> Session {
    welcome.extensions.get(Extensions::SESSION).unwrap().unwrap()
}

/// How many bytes a frame counts.
fn counted(frame: &Frame) -> u64 {
    (LENGTH_BYTES + frame.len()) as u64
}

impl Node {
    /// One that was let in, and has offered a callback of this name.
    async fn join(stage: &Stage, name: &str, callback: &str) -> (Self, Peer) {
        let instance = u128::from_le_bytes(nonce().unwrap()[..16].try_into().unwrap());
        let mut peer = Peer::connect(stage).await;
        peer.send(Frames::new().with(&Header::Hello(greeting(name, instance))))
            .await;
        let session = session(&welcome(peer.next().await));
        peer.send(Frames::new().offer(0, true, [offered(1, callback)]))
            .await;
        let received = counted(&peer.next().await.unwrap());
        let node = Self {
            name: name.to_owned(),
            instance,
            session,
            attempts: 0.into(),
            received,
        };
        (node, peer)
    }

    fn resume(&self) -> Resume {
        self.attempts.update(|attempts| attempts + 1);
        Resume {
            session: self.session.id,
            renewal: self.session.renewal,
            attempt: self.attempts.get(),
            nonce: nonce().unwrap(),
            received: self.received,
        }
    }

    fn hello(&self, resume: &Resume) -> Hello {
        let mut hello = greeting(&self.name, self.instance);
        hello.extensions = hello.extensions.with(Extensions::RESUME, resume).unwrap();
        hello
    }

    /// Wants to go on; the controller's last word.
    async fn try_resume(&self, peer: &mut Peer, resume: &Resume) -> (Attempt, Option<Frame>) {
        let hello = self.hello(resume);
        peer.send(Frames::new().with(&Header::Hello(hello.clone()))).await;
        let channel = Channel::new(Reach::Loopback);
        let resumption = Resumption::new(&hello, &channel, self.session.secret.clone(), &Sealed).unwrap();
        let frame = peer.next().await;
        let mut proof = [0; 32];
        let Some((Header::Resuming(offered), _)) = frame.as_ref().map(|frame| frame.decode().unwrap()) else {
            return (Attempt { hello, proof }, frame);
        };
        proof = resumption.answer(&offered).unwrap_or(proof);
        peer.send(Frames::new().with(&Header::Resumes { proof })).await;
        (Attempt { hello, proof }, peer.next().await)
    }

    /// Goes on, and is let.
    async fn go_on(&mut self, stage: &Stage) -> Peer {
        let mut peer = Peer::connect(stage).await;
        let (_, frame) = self.try_resume(&mut peer, &self.resume()).await;
        self.session = session(&welcome(frame));
        peer
    }

    /// Wants to go on, and is not let.
    async fn refused(&self, stage: &Stage, resume: &Resume) -> NotResumed {
        let mut peer = Peer::connect(stage).await;
        let (_, frame) = self.try_resume(&mut peer, resume).await;
        match refusal(frame.as_ref()) {
            Refusal::NotResumed(why) => why,
            other => panic!("{other}"),
        }
    }
}

/// A call that `by` makes is run by `peer`, whose session is sound.
async fn assert_sound(node: &mut Node, peer: &mut Peer, by: &mut Peer, callback: &str) {
    by.send(Frames::new().with(&call(1, callback))).await;
    let frame = peer.next().await.unwrap();
    node.received += counted(&frame);
    let Header::Run(run) = frame.decode().unwrap().0 else {
        panic!("{frame:?}")
    };
    peer.send(Frames::new().with(&value(run.call))).await;
    assert_eq!(by.reply().await, "value");
}

/// link.resume.proof, link.resume.secret
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_a_session_goes_on_for_nobody_but_its_own() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut by = Peer::join(&stage, "by", &[]).await;
    let (mut node, mut peer) = Node::join(&stage, "node", "node.call").await;
    assert_sound(&mut node, &mut peer, &mut by, "node.call").await;

    // A wrong secret, and one that never was.
    let mut wrong = node.clone();
    wrong.session.secret = SessionSecret::new([7; 32]);
    assert_eq!(
        wrong.refused(&stage, &wrong.resume()).await,
        NotResumed::WrongProof
    );
    let resume = Resume {
        renewal: 1,
        ..node.resume()
    };
    assert_eq!(node.refused(&stage, &resume).await, NotResumed::WrongProof);
    // The secret, but another process.
    let others = [
        Node {
            name: "other".to_owned(),
            ..node.clone()
        },
        Node {
            instance: node.instance + 1,
            ..node.clone()
        },
    ];
    for other in others {
        assert_eq!(other.refused(&stage, &other.resume()).await, NotResumed::NotYours);
    }
    // No such session.
    let resume = Resume {
        session: 1,
        ..node.resume()
    };
    assert_eq!(node.refused(&stage, &resume).await, NotResumed::Unknown);
    // None of that has touched its connection.
    assert_sound(&mut node, &mut peer, &mut by, "node.call").await;

    // What was overheard is of no use another time.
    let resume = node.resume();
    let mut own = Peer::connect(&stage).await;
    let (said, frame) = node.try_resume(&mut own, &resume).await;
    let former = node.clone();
    node.session = session(&welcome(frame));
    peer.closed().await;
    let mut again = Peer::connect(&stage).await;
    again
        .send(Frames::new().with(&Header::Hello(said.hello.clone())))
        .await;
    let refused = refusal(again.next().await.as_ref());
    assert_eq!(refused, Refusal::NotResumed(NotResumed::Superseded));
    for number in 0..20 {
        let mut thief = Peer::connect(&stage).await;
        let later = Resume {
            attempt: resume.attempt + 1 + number,
            ..resume
        };
        thief
            .send(Frames::new().with(&Header::Hello(node.hello(&later))))
            .await;
        let frame = thief.next().await.unwrap();
        assert!(
            matches!(frame.decode().unwrap().0, Header::Resuming(_)),
            "the welcome may have been lost"
        );
        thief
            .send(Frames::new().with(&Header::Resumes { proof: said.proof }))
            .await;
        let refused = refusal(thief.next().await.as_ref());
        assert_eq!(refused, Refusal::NotResumed(NotResumed::WrongProof));
    }
    assert_sound(&mut node, &mut own, &mut by, "node.call").await;
    // It has the new secret now, as something was heard of it.
    assert_eq!(
        former.refused(&stage, &former.resume()).await,
        NotResumed::OldSecret
    );
    assert_sound(&mut node, &mut own, &mut by, "node.call").await;
    bystanders.end().await;
}

/// link.resume.secret, link.resume.replace
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_get_its_welcome_goes_on_with_the_secret_that_it_has() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut by = Peer::join(&stage, "by", &[]).await;
    let (mut node, peer) = Node::join(&stage, "node", "node.call").await;
    let mut before = vec![peer];
    for _ in 0..5 {
        // Its former connections are open on its side, and it forgets the new secret.
        let secret = node.session.clone();
        before.push(node.go_on(&stage).await);
        node.session = secret;
    }
    let mut last = node.go_on(&stage).await;
    assert_sound(&mut node, &mut last, &mut by, "node.call").await;
    for former in before {
        former.closed().await;
    }
    bystanders.end().await;
}

/// link.resume.count
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_of_what_was_never_sent_end_a_session_and_nothing_else() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    for (name, received) in [("much", u64::MAX), ("one", 1_000_000), ("none", 0)] {
        let (mut node, mut peer) = Node::join(&stage, name, "node.call").await;
        if received == 0 {
            // It has said that it has all of it.
            let received = node.received;
            peer.send(Frames::new().with(&Header::Heartbeat { received }))
                .await;
            peer.assert_open().await;
        }
        node.received = received;
        assert_eq!(
            node.refused(&stage, &node.resume()).await,
            NotResumed::Count,
            "{name}"
        );
        assert_eq!(
            node.refused(&stage, &node.resume()).await,
            NotResumed::Unknown,
            "{name}"
        );
        peer.closed().await;
    }
    bystanders.end().await;
}

/// link.resume.grace
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_too_late_is_told_so() {
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let mut by = Peer::join(&stage, "by", &[]).await;
    let (node, peer) = Node::join(&stage, "node", "node.call").await;
    by.send(Frames::new().with(&call(1, "node.call"))).await;
    peer.closed_by_us().await;
    // Which is how long the controller waits.
    assert_eq!(by.reply().await, "provider lost");
    assert_eq!(node.refused(&stage, &node.resume()).await, NotResumed::TooLate);
    bystanders.end().await;
}

/// link.resume.bound
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_nothing_is_kept_of_what_was_coming_when_a_connection_was_lost() {
    const BYTES: usize = 15 << 20;
    let stage = Stage::new(Transport::Tcp);
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let names: Vec<_> = (0..30).map(|number| number.to_string()).collect();
    for name in &names {
        let (_, mut peer) = Node::join(&stage, name, "node.call").await;
        let mut said = Vec::from(Frames::new().carrying(&call(1, "nobody"), &vec![0; BYTES]));
        said.pop();
        peer.send(&said).await;
        peer.closed_by_us().await;
    }
    stage.assert_memory(before, 8 * BYTES as u64);
    bystanders.end().await;
}
