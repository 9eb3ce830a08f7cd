//! Handshakes that are wrong, late, left half-way, overheard or endless, at a controller that knows whom it lets in.

use daffi_core::auth::{Identities, Proving, Source, Text, nonce};
use daffi_core::link::handshake::{Joining, Trust};
use daffi_core::link::{Channel, Reach};
use daffi_core::proto::{
    CallHeader, CallId, Extensions, Frame, Header, Hello, Limits, Proof, Refusal, RunHeader, Who,
};

use crate::frames::{Frames, call, offered, value};
use crate::peer::Peer;
use crate::stage::Stage;

/// Somebody who has a token.
pub struct Holder(Proving);

impl Holder {
    pub fn new(token: &str) -> Self {
        Self(Proving::load(&Source::Token(Text::new(token.to_owned()))).unwrap())
    }

    /// A token that the controller does not know.
    fn unknown() -> Self {
        let made = daffi_core::auth::token("stranger").unwrap();
        Self::new(made.shown().unwrap())
    }

    /// Greets with what it claims, and answers the challenge as `answer` has it. All that was said, and the controller's last word.
    pub async fn greet(
        &self,
        peer: &mut Peer,
        mut hello: Hello,
        answer: impl FnOnce(Proof) -> Proof,
    ) -> (Said, Option<Frame>) {
        let mut channel = Channel::new(Reach::Loopback);
        channel.binding = peer.both_ports().into_bytes().into();
        let nonce = nonce().unwrap();
        let credential = Some((self.0.credential(), nonce));
        let mut joining = Joining::begin(Trust::own(0), &channel, credential, &mut hello).unwrap();
        peer.send(Frames::new().with(&Header::Hello(hello.clone()))).await;
        let frame = peer.next().await;
        let Some((Header::Challenge(challenge), _)) = frame.as_ref().map(|frame| frame.decode().unwrap())
        else {
            let proof = Proof::new([0; 64]);
            return (Said { hello, proof }, frame);
        };
        let proof = answer(joining.on_challenge(&challenge).unwrap());
        peer.send(Frames::new().with(&Header::Proof(proof))).await;
        (Said { hello, proof }, peer.next().await)
    }
}

/// What a node has said in its handshake.
pub struct Said {
    hello: Hello,
    proof: Proof,
}

#[track_caller]
pub fn refusal(frame: Option<&Frame>) -> Refusal {
    match frame.expect("it is answered").decode().unwrap().0 {
        Header::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub fn assert_welcome(frame: Option<&Frame>) {
    let header = frame.expect("it is answered").decode().unwrap().0;
    assert!(matches!(header, Header::Welcome(_)), "{header:?}");
}

/// proof.asked
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_whoever_proves_nothing_is_refused_whatever_it_sends_behind_its_greeting() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let mut peer = Peer::connect(&stage).await;
    let greeting = Frames::new().with(&Header::Hello(Hello::new("anybody", 1, 1)));
    let more = greeting
        .offer(0, true, [offered(1, "bystander.same")])
        .with(&call(1, "bystander.same"));
    peer.send(more).await;
    let refused = refusal(peer.next().await.as_ref());
    assert_eq!(
        refused,
        Refusal::Unproven {
            token: true,
            key: false
        }
    );
    peer.closed().await;
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_was_overheard_is_of_no_use() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let holder = Holder::new(stage.token());
    let mut peer = Peer::connect(&stage).await;
    let (said, welcome) = holder
        .greet(&mut peer, Hello::new("overheard", 1, 1), |proof| proof)
        .await;
    assert_welcome(welcome.as_ref());
    peer.closed_by_us().await;
    for _ in 0..50 {
        let mut thief = Peer::connect(&stage).await;
        thief
            .send(Frames::new().with(&Header::Hello(said.hello.clone())))
            .await;
        let challenge = thief.next().await.unwrap();
        assert!(matches!(challenge.decode().unwrap().0, Header::Challenge(_)));
        thief.send(Frames::new().with(&Header::Proof(said.proof))).await;
        assert_eq!(refusal(thief.next().await.as_ref()), Refusal::WrongProof);
        thief.closed().await;
    }
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tokens_in_a_loop_cost_nobody_anything() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let before = stage.memory();
    let (known, unknown) = (Holder::new(stage.token()), Holder::unknown());
    for number in 0..500_u32 {
        let hello = Hello::new(format!("guess {number}"), number.into(), 1);
        let mut peer = Peer::connect(&stage).await;
        let (_, last) = unknown.greet(&mut peer, hello.clone(), |proof| proof).await;
        assert!(matches!(refusal(last.as_ref()), Refusal::Unknown { .. }));
        peer.closed().await;
        // Whoever knows the public half, as from the file of identities, has nothing to sign with.
        let mut peer = Peer::connect(&stage).await;
        let (_, last) = known.greet(&mut peer, hello, |_| Proof::new([7; 64])).await;
        assert_eq!(refusal(last.as_ref()), Refusal::WrongProof);
        peer.closed().await;
    }
    stage.assert_memory(before, 8 << 20);
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_handshake_keeps_no_name_and_little_memory() {
    let stage = Stage::knowing();
    let mut bystanders = stage.bystanders().await;
    let before = stage.memory();
    let holder = Holder::new(stage.token());
    let mut halves = Vec::new();
    for _ in 0..300 {
        let mut peer = Peer::connect(&stage).await;
        let mut hello = Hello::new("waited for", 1, 1);
        let claim = holder.claim();
        hello.extensions = Extensions::default().with(Extensions::CLAIM, &claim).unwrap();
        peer.send(Frames::new().with(&Header::Hello(hello))).await;
        let challenge = peer.next().await.unwrap();
        assert!(matches!(challenge.decode().unwrap().0, Header::Challenge(_)));
        halves.push(peer);
    }
    bystanders.go_on(20).await;
    // Each has a connection, its buffer and a few hundred bytes.
    stage.assert_memory(before, 16 << 20);
    let mut peer = Peer::connect(&stage).await;
    let (_, welcome) = holder
        .greet(&mut peer, Hello::new("waited for", 1, 1), |proof| proof)
        .await;
    assert_welcome(welcome.as_ref());
    drop(halves);
    bystanders.end().await;
}

/// greeting.order
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_place_in_a_handshake_ends_it() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let holder = Holder::new(stage.token());
    let proof = Header::Proof(Proof::new([7; 64]));
    let claiming = {
        let mut hello = Hello::new("out of turn", 1, 1);
        hello.extensions = Extensions::default()
            .with(Extensions::CLAIM, &holder.claim())
            .unwrap();
        Header::Hello(hello)
    };
    let reply = value(CallId::first(0));
    // Without a greeting, and behind one that was asked for a proof.
    let mut peer = Peer::connect(&stage).await;
    peer.send(Frames::new().with(&proof)).await;
    peer.closed().await;
    for wrong in [&claiming, &call(0, "bystander.same"), &reply] {
        let mut peer = Peer::connect(&stage).await;
        peer.send(Frames::new().with(&claiming).with(wrong).with(&proof))
            .await;
        peer.closed().await;
    }
    // There is room for a greeting and a proof, and for no more.
    let mut large = vec![0, 0, 0x40, 1];
    large.resize(64, 0);
    let mut peer = Peer::connect(&stage).await;
    peer.send(&large).await;
    peer.closed().await;
    let mut long = Hello::new("long", 1, 1);
    long.extensions = Extensions::default()
        .with(Extensions::CLAIM, &holder.claim())
        .and_then(|extensions| extensions.with(99, &vec![1_u8; Limits::UNPROVEN_BYTES - 150]))
        .unwrap();
    let mut peer = Peer::connect(&stage).await;
    peer.send(Frames::new().with(&Header::Hello(long)).with(&proof))
        .await;
    let challenge = peer.next().await.unwrap();
    assert!(matches!(challenge.decode().unwrap().0, Header::Challenge(_)));
    assert!(
        peer.next().await.is_none(),
        "it is cut off before its proof is looked at"
    );
    bystanders.end().await;
}

/// version.common
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_too_old_is_refused_before_anything_is_proven() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let holder = Holder::new(stage.token());
    let mut peer = Peer::connect(&stage).await;
    let hello = Hello {
        version: 0,
        oldest_version: 0,
        ..Hello::new("old", 1, 1)
    };
    let (_, last) = holder.greet(&mut peer, hello, |proof| proof).await;
    assert!(matches!(refusal(last.as_ref()), Refusal::Version { .. }));
    bystanders.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_name_is_nobodys_but_its_holders() {
    let stage = Stage::knowing();
    let bystanders = stage.bystanders().await;
    let holder = Holder::new(stage.token());
    let mut victim = Peer::connect(&stage).await;
    let victims = Hello::new("victim", 77, 1);
    let (_, welcome) = holder.greet(&mut victim, victims.clone(), |proof| proof).await;
    assert_welcome(welcome.as_ref());
    victim
        .send(Frames::new().offer(0, true, [offered(1, "victim.f")]))
        .await;
    assert_eq!(victim.reply().await, "value");

    // The name of a process that is there, and even the number of its start, by somebody else who is let in.
    let other = Holder::new(stage.other_token());
    let mut thief = Peer::connect(&stage).await;
    let (_, last) = other.greet(&mut thief, victims, |proof| proof).await;
    assert!(matches!(refusal(last.as_ref()), Refusal::NameTaken { .. }));
    thief.closed().await;

    // Under its own name, it calls under no other.
    let mut thief = Peer::connect(&stage).await;
    let (_, welcome) = other
        .greet(&mut thief, Hello::new("thief", 1, 1), |proof| proof)
        .await;
    assert_welcome(welcome.as_ref());
    let forged = Header::Call(CallHeader {
        metadata: vec![("caller", "victim"), ("identity", "one")],
        ..CallHeader::new(CallId::first(1), "victim.f")
    });
    let ready = Frames::new().offer(0, true, []);
    thief.send(ready.with(&forged)).await;
    loop {
        let frame = victim.next().await.unwrap();
        if let (Header::Run(RunHeader { caller, identity, .. }), _) = frame.decode().unwrap() {
            assert_eq!((caller, identity), ("thief", Who::Token("two")));
            break;
        }
    }
    bystanders.end().await;
}

impl Holder {
    fn claim(&self) -> daffi_core::proto::Claim {
        daffi_core::proto::Claim {
            nonce: nonce().unwrap(),
            method: daffi_core::proto::Method::Token,
            public: self.0.credential().public(),
            bound: true,
        }
    }
}

/// A file of identities is not enough to join by.
#[test]
fn what_a_controller_keeps_is_no_token() {
    let made = daffi_core::auth::token("shopper").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identities");
    std::fs::write(&path, &made.line).unwrap();
    Identities::load(&path).unwrap();
    for digits in made.line.rsplit_once(' ').unwrap().1.split(':') {
        let stolen = Holder::new(&format!("daffi_token_{digits}"));
        assert!(!made.line.contains(&hex(&stolen.0.credential().public())));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
