//! Both sides of a handshake, with credentials that are easy to see through, and an adversary in between.

use std::sync::Arc;

use super::joining::Trust;
use super::*;
use crate::link::{Channel, Reach, Stranger, User};
use crate::proto::{Challenge, Claim, Extensions, Hello, Nonce, Refusal, Who};

const OWN: u32 = 1000;

/// What stands for a signature and for a keyed hash: nobody else has the secret.
fn mix(secret: u8, label: &str, over: &[u8]) -> [u8; 32] {
    let mut mixed = [secret; 32];
    for (place, byte) in label.bytes().chain(over.iter().copied()).enumerate() {
        let at = place % 32;
        mixed[at] = mixed[at].rotate_left(3) ^ byte.wrapping_mul(31) ^ mixed[(at + 7) % 32];
    }
    mixed
}

#[derive(Clone, Copy, Debug)]
struct Fake {
    method: Method,
    secret: u8,
}

impl Credential for Fake {
    fn method(&self) -> Method {
        self.method
    }

    fn public(&self) -> [u8; 32] {
        mix(self.secret, "public", &[])
    }

    fn sign(&self, transcript: &[u8]) -> Proof {
        Proof([mix(self.secret, "sign", transcript); 2])
    }

    fn is_known(&self, transcript: &[u8], proof: &[u8; 32]) -> bool {
        self.method == Method::Token && *proof == mix(self.secret, "prove", transcript)
    }
}

impl Member for Fake {
    fn name(&self) -> Arc<str> {
        format!("has-{}", self.secret).into()
    }

    fn prove(&self, transcript: &[u8]) -> Option<[u8; 32]> {
        (self.method == Method::Token).then(|| mix(self.secret, "prove", transcript))
    }

    fn has_made(&self, transcript: &[u8], proof: &Proof) -> bool {
        *proof == self.sign(transcript)
    }
}

struct Fakes(Vec<Fake>);

impl Roll for Fakes {
    fn takes(&self, method: Method) -> bool {
        self.0.iter().any(|fake| fake.method == method)
    }

    fn find(&self, method: Method, public: &[u8; 32]) -> Option<Arc<dyn Member + Send + Sync>> {
        let found = self
            .0
            .iter()
            .find(|fake| fake.method == method && fake.public() == *public)?;
        Some(Arc::new(*found))
    }
}

const TOKEN: Fake = Fake {
    method: Method::Token,
    secret: 1,
};
const KEY: Fake = Fake {
    method: Method::Key,
    secret: 2,
};
const STRANGE: Fake = Fake {
    method: Method::Token,
    secret: 9,
};

fn roll() -> Fakes {
    Fakes(vec![TOKEN, KEY])
}

fn channel(reach: Reach) -> Channel {
    let mut channel = Channel::new(reach);
    if reach == Reach::Machine {
        channel.user = Some(User { uid: OWN, pid: None });
    }
    channel.binding = match reach {
        Reach::Loopback => Arc::from(*b"these two ports"),
        _ => Arc::default(),
    };
    channel
}

/// A connection that a cipher keeps, whose server has shown its certificate.
fn tls(is_server_known: bool) -> (Channel, Channel) {
    let mut near = Channel::new(Reach::Network);
    near.encrypted = true;
    near.binding = Arc::from(*b"this session of TLS");
    let far = near.clone();
    near.certificate = is_server_known.then(|| "the controller".into());
    (near, far)
}

const DEMANDS: Demands = Demands {
    own_uid: OWN,
    any_user: false,
    insecure: false,
};
const TRUST: Trust = Trust {
    own_uid: OWN,
    any_user: false,
    insecure: false,
};

fn hello() -> Hello {
    Hello::new("shopper", 7, 4711)
}

/// How a handshake ended.
#[derive(Debug, PartialEq)]
enum End {
    In(Who<Arc<str>>),
    Refused(Refusal),
    Distrusted(Distrust),
    /// The controller closed the connection without a word.
    Closed,
}

/// What somebody in between may do to what passes.
#[derive(Default)]
struct Between {
    hello: Option<fn(&mut Hello)>,
    challenge: Option<fn(&mut Challenge)>,
    proof: Option<fn(&mut Proof)>,
}

struct Run {
    near: Channel,
    far: Channel,
    trust: Trust,
    demands: Demands,
    credential: Option<Fake>,
    roll: Option<Fakes>,
    between: Between,
}

impl Run {
    fn new(credential: Option<Fake>, roll: Option<Fakes>, reach: Reach) -> Self {
        Self {
            near: channel(reach),
            far: channel(reach),
            trust: TRUST,
            demands: DEMANDS,
            credential,
            roll,
            between: Between::default(),
        }
    }

    fn over_tls(credential: Option<Fake>, is_server_known: bool) -> Self {
        let (near, far) = tls(is_server_known);
        Self {
            near,
            far,
            ..Self::new(credential, Some(roll()), Reach::Network)
        }
    }

    fn end(&self) -> End {
        self.run().unwrap_or_else(|end| end)
    }

    fn run(&self) -> Result<End, End> {
        let roll = self.roll.as_ref().map(|roll| roll as &(dyn Roll + Send + Sync));
        let mut admission = Admission::new(self.demands, &self.far, roll);
        let mut hello = hello();
        let credential = self
            .credential
            .as_ref()
            .map(|credential| (credential as &(dyn Credential + Send + Sync), [5; 32]));
        let mut joining =
            Joining::begin(self.trust, &self.near, credential, &mut hello).map_err(End::Distrusted)?;
        self.between.hello.inspect(|change| change(&mut hello));
        let mut step = admission.on_hello(hello, [6; 32]).map_err(|_| End::Closed)?;
        if let Step::Challenge(mut challenge) = step {
            self.between.challenge.inspect(|change| change(&mut challenge));
            let mut proof = joining.on_challenge(&challenge).map_err(End::Distrusted)?;
            self.between.proof.inspect(|change| change(&mut proof));
            step = admission.on_proof(&proof).map_err(|_| End::Closed)?;
        }
        match step {
            Step::Admit(admitted) => {
                joining.on_welcome().map_err(End::Distrusted)?;
                assert_eq!(admitted.version, 1);
                Ok(End::In(admitted.who))
            }
            Step::Refuse(refusal) => Err(End::Refused(refusal)),
            Step::Challenge(_) => panic!("it is asked twice"),
        }
    }
}

fn token() -> End {
    End::In(Who::Token("has-1".into()))
}

fn key() -> End {
    End::In(Who::Key("has-2".into()))
}

#[test]
fn where_the_connection_tells_enough_nothing_is_asked() {
    for (reach, expected) in [
        (Reach::Process, Who::User(OWN)),
        (Reach::Machine, Who::User(OWN)),
        (Reach::Loopback, Who::Nobody),
        (Reach::Network, Who::Nobody),
    ] {
        assert_eq!(Run::new(None, None, reach).end(), End::In(expected), "{reach:?}");
    }
    for reach in [Reach::Process, Reach::Machine] {
        let run = Run::new(None, Some(roll()), reach);
        assert_eq!(run.end(), End::In(Who::User(OWN)), "{reach:?}");
    }
    let mut certified = Run::over_tls(Some(TOKEN), true);
    certified.far.certificate = Some("till".into());
    assert_eq!(certified.end(), End::In(Who::Certificate("till".into())));
}

/// proof.asked
#[test]
fn p11_where_somebody_is_known_whoever_proves_nothing_is_refused() {
    let unproven = || {
        End::Refused(Refusal::Unproven {
            token: true,
            key: true,
        })
    };
    for reach in [Reach::Loopback, Reach::Network] {
        assert_eq!(Run::new(None, Some(roll()), reach).end(), unproven(), "{reach:?}");
    }
    assert_eq!(Run::over_tls(None, true).end(), unproven());
    // What it has is not what is taken.
    let mut other = Run::over_tls(Some(TOKEN), true);
    other.roll = Some(Fakes(vec![KEY]));
    assert_eq!(
        other.end(),
        End::Refused(Refusal::Unproven {
            token: false,
            key: true
        })
    );
    // A list without anybody on it lets nobody in.
    for reach in [Reach::Loopback, Reach::Network] {
        let refused = Refusal::Unproven {
            token: false,
            key: false,
        };
        let run = Run::new(None, Some(Fakes(vec![])), reach);
        assert_eq!(run.end(), End::Refused(refused), "{reach:?}");
    }
}

#[test]
fn a_token_is_taken_wherever_nobody_can_come_between() {
    for reach in [Reach::Process, Reach::Machine, Reach::Loopback] {
        assert_eq!(
            Run::new(Some(TOKEN), Some(roll()), reach).end(),
            token(),
            "{reach:?}"
        );
    }
    assert_eq!(Run::over_tls(Some(TOKEN), true).end(), token());
    // Also where the certificate says nothing: both prove that they know the token, for this session.
    assert_eq!(Run::over_tls(Some(TOKEN), false).end(), token());
    let mut network = Run::new(Some(TOKEN), Some(roll()), Reach::Network);
    assert_eq!(network.end(), End::Distrusted(Distrust::Exposed));
    network.trust.insecure = true;
    assert_eq!(network.end(), End::Refused(Refusal::Exposed));
    network.demands.insecure = true;
    assert_eq!(network.end(), token());
}

#[test]
fn a_key_is_used_where_it_is_known_who_asks() {
    for reach in [Reach::Process, Reach::Machine] {
        assert_eq!(Run::new(Some(KEY), Some(roll()), reach).end(), key(), "{reach:?}");
    }
    assert_eq!(Run::over_tls(Some(KEY), true).end(), key());
    assert_eq!(
        Run::over_tls(Some(KEY), false).end(),
        End::Distrusted(Distrust::Anybody)
    );
    let mut loopback = Run::new(Some(KEY), Some(roll()), Reach::Loopback);
    assert_eq!(loopback.end(), End::Distrusted(Distrust::Anybody));
    loopback.trust.insecure = true;
    assert_eq!(loopback.end(), key());
}

#[test]
fn whoever_is_not_known_is_refused() {
    let unknown = |method| End::Refused(Refusal::Unknown { method });
    for reach in [Reach::Process, Reach::Machine, Reach::Loopback] {
        let run = Run::new(Some(STRANGE), Some(roll()), reach);
        assert_eq!(run.end(), unknown(Method::Token), "{reach:?}");
    }
    let strange = Fake {
        method: Method::Key,
        ..STRANGE
    };
    assert_eq!(Run::over_tls(Some(strange), true).end(), unknown(Method::Key));
}

#[test]
fn a_wrong_proof_is_refused() {
    for (credential, method) in [(TOKEN, "token"), (KEY, "key")] {
        let mut run = Run::new(Some(credential), Some(roll()), Reach::Machine);
        run.between.proof = Some(|proof| proof.0[1][31] ^= 1);
        assert_eq!(run.end(), End::Refused(Refusal::WrongProof), "{method}");
        // Made by somebody who knows the public half, and not the secret.
        run.between.proof = Some(|proof| *proof = STRANGE.sign(b"whatever"));
        assert_eq!(run.end(), End::Refused(Refusal::WrongProof), "{method}");
    }
}

/// What is changed, and how.
type Change<T> = (&'static str, fn(&mut T));

/// Whatever somebody in between changes of a greeting or a challenge, the proofs no longer fit.
/// proof.whole
#[test]
fn a_proof_covers_all_that_was_said() {
    let hellos: [Change<Hello>; 7] = [
        ("name", |hello| hello.process_name = "another".to_owned()),
        ("instance", |hello| hello.instance += 1),
        ("pid", |hello| hello.pid += 1),
        ("newest version", |hello| hello.version += 1),
        ("oldest version", |hello| hello.oldest_version = 0),
        ("more to say", |hello| {
            hello.extensions = hello.extensions.clone().with(Extensions::RUNS, &1_u32).unwrap();
        }),
        ("the nonce", |hello| {
            let claim: Claim = hello.extensions.get(Extensions::CLAIM).unwrap().unwrap();
            let claim = Claim {
                nonce: [8; 32],
                ..claim
            };
            hello.extensions = Extensions::default().with(Extensions::CLAIM, &claim).unwrap();
        }),
    ];
    for (what, change) in hellos {
        let mut run = Run::new(Some(KEY), Some(roll()), Reach::Machine);
        run.between.hello = Some(change);
        assert_eq!(run.end(), End::Refused(Refusal::WrongProof), "{what}");
        let mut run = Run::new(Some(TOKEN), Some(roll()), Reach::Loopback);
        run.between.hello = Some(change);
        assert_eq!(run.end(), End::Distrusted(Distrust::DoesNotKnow), "{what}");
    }
    let challenges: [Change<Challenge>; 3] = [
        ("the nonce", |challenge| challenge.nonce[0] ^= 1),
        ("the proof", |challenge| {
            challenge.proof.iter_mut().for_each(|proof| proof[0] ^= 1);
        }),
        ("no proof", |challenge| challenge.proof = None),
    ];
    for (what, change) in challenges {
        let mut run = Run::new(Some(TOKEN), Some(roll()), Reach::Loopback);
        run.between.challenge = Some(change);
        assert_eq!(run.end(), End::Distrusted(Distrust::DoesNotKnow), "{what}");
    }
    // Where it is known who asks, a proof that is left out is noticed by the controller.
    let mut run = Run::new(Some(TOKEN), Some(roll()), Reach::Machine);
    run.between.challenge = Some(|challenge| challenge.proof = None);
    assert_eq!(run.end(), End::Refused(Refusal::WrongProof));
}

/// proof.whole
#[test]
fn a_proof_is_of_no_use_on_another_connection() {
    // Whoever has taken the port passes on what both say: its two connections have other ports.
    let mut relayed = Run::new(Some(TOKEN), Some(roll()), Reach::Loopback);
    relayed.far.binding = Arc::from(*b"two other ports");
    assert_eq!(relayed.end(), End::Distrusted(Distrust::DoesNotKnow));
    // A tunnel does the same, and is allowed by those who want it.
    relayed.trust.insecure = true;
    assert_eq!(relayed.end(), token());
    // It cannot be allowed by who is in between.
    relayed.trust.insecure = false;
    relayed.between.hello = Some(|hello| {
        let claim: Claim = hello.extensions.get(Extensions::CLAIM).unwrap().unwrap();
        let claim = Claim {
            bound: false,
            ..claim
        };
        hello.extensions = Extensions::default().with(Extensions::CLAIM, &claim).unwrap();
    });
    assert_eq!(relayed.end(), End::Distrusted(Distrust::DoesNotKnow));

    let mut relayed = Run::over_tls(Some(KEY), true);
    relayed.far.binding = Arc::from(*b"another session of TLS");
    assert_eq!(relayed.end(), End::Refused(Refusal::WrongProof));
}

/// A handshake that was overheard, whole.
struct Overheard {
    hello: Hello,
    proof: Proof,
}

fn overhear() -> Overheard {
    let (near, far, roll) = (channel(Reach::Machine), channel(Reach::Machine), roll());
    let mut hello = hello();
    let credential = (&TOKEN as &(dyn Credential + Send + Sync), [5; 32]);
    let mut joining = Joining::begin(TRUST, &near, Some(credential), &mut hello).unwrap();
    let mut admission = Admission::new(DEMANDS, &far, Some(&roll));
    let Step::Challenge(challenge) = admission.on_hello(hello.clone(), [6; 32]).unwrap() else {
        panic!("it is asked");
    };
    let proof = joining.on_challenge(&challenge).unwrap();
    assert!(matches!(admission.on_proof(&proof).unwrap(), Step::Admit(_)));
    Overheard { hello, proof }
}

/// proof.whole
#[test]
fn a_handshake_that_is_replayed_is_refused() {
    let Overheard { hello, proof } = overhear();
    let (far, roll) = (channel(Reach::Machine), roll());
    let mut admission = Admission::new(DEMANDS, &far, Some(&roll));
    let step = admission.on_hello(hello.clone(), [7; 32]).unwrap();
    assert!(matches!(step, Step::Challenge(_)));
    let refused = admission.on_proof(&proof).unwrap();
    assert!(
        matches!(refused, Step::Refuse(Refusal::WrongProof)),
        "{refused:?}"
    );
    // There is no second try on the same connection.
    assert_eq!(admission.on_proof(&proof).unwrap_err(), OutOfTurn);
}

#[test]
fn what_comes_out_of_turn_is_a_fault() {
    let Overheard { hello, proof } = overhear();
    let (channel, roll) = (channel(Reach::Machine), roll());
    let mut admission = Admission::new(DEMANDS, &channel, Some(&roll));
    assert_eq!(admission.on_proof(&proof).unwrap_err(), OutOfTurn);
    admission.on_hello(hello.clone(), [6; 32]).unwrap();
    assert_eq!(admission.on_hello(hello, [6; 32]).unwrap_err(), OutOfTurn);

    let challenge = Challenge {
        nonce: [6; 32],
        proof: None,
    };
    let mut nothing = Joining::begin(TRUST, &channel, None, &mut super::tests::hello()).unwrap();
    assert_eq!(nothing.on_challenge(&challenge), Err(Distrust::OutOfTurn));
    let credential = (&KEY as &(dyn Credential + Send + Sync), [5; 32]);
    let mut twice = Joining::begin(TRUST, &channel, Some(credential), &mut super::tests::hello()).unwrap();
    twice.on_challenge(&challenge).unwrap();
    assert_eq!(twice.on_challenge(&challenge), Err(Distrust::OutOfTurn));
}

/// A controller cannot have its own proof, nor a node its own, sent back to it.
/// proof.whole
#[test]
fn a_proof_of_one_side_is_none_of_the_other() {
    let Overheard { hello, .. } = overhear();
    let claim: Claim = hello.extensions.get(Extensions::CLAIM).unwrap().unwrap();
    let said = transcript::Transcript::new(&hello, &claim, &channel(Reach::Machine)).unwrap();
    let challenge = Challenge {
        nonce: [6; 32],
        proof: None,
    };
    assert_ne!(said.of_controller(&[6; 32]), said.of_node(&challenge));
    let with = Challenge {
        proof: Some([0; 32]),
        ..challenge
    };
    assert_ne!(said.of_node(&with), said.of_node(&challenge));
}

/// A controller without tokens, or another one altogether, gets neither a proof nor a call.
/// proof.controller
#[test]
fn a_node_with_a_token_joins_nobody_whom_nothing_vouches_for() {
    for roll in [None, Some(Fakes(vec![KEY]))] {
        let has_roll = roll.is_some();
        let mut run = Run::new(Some(TOKEN), roll, Reach::Loopback);
        if has_roll {
            assert_eq!(
                run.end(),
                End::Refused(Refusal::Unproven {
                    token: false,
                    key: true
                })
            );
        } else {
            assert_eq!(run.end(), End::Distrusted(Distrust::DoesNotKnow));
            run.trust.insecure = true;
            assert_eq!(run.end(), End::In(Who::Nobody));
        }
    }
    // A socket of one's own user is who vouches.
    assert_eq!(
        Run::new(Some(TOKEN), None, Reach::Machine).end(),
        End::In(Who::User(OWN))
    );
}

#[test]
fn other_users_prove_who_they_are_and_are_proven_to() {
    let mut run = Run::new(Some(TOKEN), Some(roll()), Reach::Machine);
    run.near.user = Some(User { uid: 7, pid: None });
    run.far.user = Some(User { uid: OWN, pid: None });
    run.demands.own_uid = 7;
    let stranger = |uid, own| Stranger { uid: Some(uid), own };
    assert_eq!(run.end(), End::Distrusted(Distrust::User(stranger(7, OWN))));
    run.trust.any_user = true;
    assert_eq!(run.end(), End::Refused(Refusal::User { uid: OWN, own: 7 }));
    run.demands.any_user = true;
    assert_eq!(run.end(), token());
    // The socket says that it is somebody else's: that alone is no proof of who asks.
    run.roll = None;
    assert_eq!(run.end(), End::Distrusted(Distrust::DoesNotKnow));
    run.credential = None;
    assert_eq!(run.end(), End::In(Who::User(OWN)));
}

#[test]
fn a_greeting_that_is_none_is_refused_before_anything_is_proven() {
    let mut run = Run::new(Some(TOKEN), Some(roll()), Reach::Machine);
    run.between.hello = Some(|hello| hello.magic = *b"http");
    assert_eq!(run.end(), End::Refused(Refusal::NotDaffi));
    run.between.hello = Some(|hello| {
        hello.version = 0;
        hello.oldest_version = 0;
    });
    assert!(matches!(run.end(), End::Refused(Refusal::Version { .. })));
    run.between.hello = Some(|hello| hello.process_name = "n".repeat(256));
    assert!(matches!(run.end(), End::Refused(Refusal::Name { .. })));
}

#[test]
fn a_claim_that_cannot_be_read_is_none() {
    let (far, roll) = (channel(Reach::Machine), roll());
    let mut hello = hello();
    hello.extensions = Extensions::default().with(Extensions::CLAIM, &7_u8).unwrap();
    let mut admission = Admission::new(DEMANDS, &far, Some(&roll));
    let step = admission.on_hello(hello, [6; 32]).unwrap();
    assert!(
        matches!(
            step,
            Step::Admit(Admitted {
                who: Who::User(OWN),
                ..
            })
        ),
        "{step:?}"
    );
}

/// The bytes that are signed are a promise as much as those of a frame.
#[test]
fn what_is_signed_has_exactly_these_bytes() {
    let mut hello = Hello::new("a", 1, 2);
    let claim = Claim {
        nonce: [5; 32],
        method: Method::Token,
        public: [4; 32],
        bound: true,
    };
    hello.extensions = Extensions::default().with(Extensions::CLAIM, &claim).unwrap();
    let mut channel = Channel::new(Reach::Network);
    channel.binding = Arc::from(*b"tls");
    let said = transcript::Transcript::new(&hello, &claim, &channel).unwrap();
    let part = |bytes: &[u8]| [&(bytes.len() as u64).to_be_bytes(), bytes].concat();
    let greeting = [
        b"dafi\x01\x01\x01a\x01\x02\x01\x03\x42" as &[u8],
        &[5; 32],
        &[0],
        &[4; 32],
        &[1],
    ]
    .concat();
    let nonce: Nonce = [6; 32];
    let controller = [
        b"daffi handshake 1: the controller knows the token\0".to_vec(),
        part(&greeting),
        part(b"tls"),
        part(&nonce),
        part(b""),
    ]
    .concat();
    assert_eq!(said.of_controller(&nonce), controller);
    let node = [
        b"daffi handshake 1: the node has the credential\0".to_vec(),
        part(&greeting),
        part(b"tls"),
        part(&nonce),
        part(&[3; 32]),
    ]
    .concat();
    assert_eq!(
        said.of_node(&Challenge {
            nonce,
            proof: Some([3; 32])
        }),
        node
    );
    let unbound = Claim {
        bound: false,
        ..claim
    };
    let said = transcript::Transcript::new(&hello, &unbound, &channel).unwrap();
    assert!(said.of_controller(&nonce) != controller);
}
