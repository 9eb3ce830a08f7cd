//! Bytes as what somebody says who cannot prove anything, to a controller and to a node.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use daffi_core::auth::{Identities, Made, Proving, Source, Text, token};
use daffi_core::link::handshake::{Admission, Demands, Joining, Step, Trust};
use daffi_core::link::{Channel, Reach, User};
use daffi_core::proto::{Challenge, Claim, Extensions, Frame, Header, Hello, Method, Proof, Who};

use crate::Target;
use crate::input::{Input, body, write_block};

pub(crate) const TARGET: Target = Target {
    name: "handshake",
    run,
    seeds,
};

/// The user that runs all.
const OWN: u32 = 1000;

/// What both honest sides know: whoever fuzzes does not.
struct Secret {
    identities: Identities,
    proving: Proving,
}

fn secret() -> &'static Secret {
    static SECRET: OnceLock<Secret> = OnceLock::new();
    SECRET.get_or_init(|| {
        let made = token("shopper").expect("there are random numbers");
        let source = source(&made);
        let identities = Identities::shared(&source).expect("it is a token");
        let proving = Proving::load(&source).expect("it is a token");
        Secret { identities, proving }
    })
}

fn source(made: &Made) -> Source {
    Source::Token(Text::new(made.shown().expect("a token is shown").to_owned()))
}

/// Whoever proves nothing is nobody, and is told nothing.
fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let (Some(side), Some(kind)) = (input.byte(), input.byte()) else {
        return;
    };
    let channel = channel(kind);
    if side % 2 == 0 {
        admit(&channel, &mut input);
    } else {
        join(&channel, &mut input);
    }
}

fn channel(kind: u8) -> Channel {
    let reach = [Reach::Machine, Reach::Loopback, Reach::Network][usize::from(kind) % 3];
    let mut channel = Channel::new(reach);
    channel.encrypted = kind & 16 != 0;
    channel.binding = Arc::from(&[kind][..]);
    if reach == Reach::Machine {
        let uid = if kind & 32 == 0 { OWN } else { OWN + 1 };
        channel.user = Some(User { uid, pid: None });
    }
    channel
}

fn admit(channel: &Channel, input: &mut Input<'_>) {
    let demands = Demands {
        own_uid: OWN,
        any_user: false,
        insecure: true,
    };
    let mut admission = Admission::new(demands, channel, Some(&secret().identities));
    while let Some(block) = input.block() {
        let frame = Frame::joined(Bytes::copy_from_slice(block));
        let step = match frame.decode() {
            Ok((Header::Hello(hello), _)) => admission.on_hello(hello, [9; 32]),
            Ok((Header::Proof(proof), _)) => admission.on_proof(&proof),
            _ => return,
        };
        match step {
            Ok(Step::Admit(admitted)) => {
                // The system has said whose process it is; nothing else lets anybody in.
                assert!(channel.reach == Reach::Machine, "{admitted:?}");
                assert_eq!(admitted.who, Who::User(OWN));
                assert!(!admitted.is_own);
                return;
            }
            Ok(Step::Challenge(_)) => {}
            Ok(Step::Refuse(_)) | Err(_) => return,
        }
    }
}

fn join(channel: &Channel, input: &mut Input<'_>) {
    let mut hello = Hello::new("shopper", 1, 2);
    let credential = secret().proving.credential();
    let begun = Joining::begin(Trust::own(OWN), channel, Some((credential, [8; 32])), &mut hello);
    let Ok(mut joining) = begun else { return };
    let is_trusted = channel.reach == Reach::Machine;
    while let Some(block) = input.block() {
        let frame = Frame::joined(Bytes::copy_from_slice(block));
        match frame.decode() {
            Ok((Header::Challenge(challenge), _)) => {
                let proven = joining.on_challenge(&challenge).is_ok();
                assert!(!proven || is_trusted, "a proof for whoever asks");
            }
            Ok((Header::Welcome(_), _)) => {
                assert!(joining.on_welcome().is_err() || is_trusted, "anybody lets it in");
            }
            _ => return,
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let claim = Claim {
        nonce: [8; 32],
        method: Method::Token,
        public: secret().proving.credential().public(),
        bound: true,
    };
    let mut hello = Hello::new("stranger", 1, 2);
    let plain = body(&Header::Hello(hello.clone()), &Bytes::new());
    hello.extensions = Extensions::default()
        .with(Extensions::CLAIM, &claim)
        .expect("it is short");
    let claiming = body(&Header::Hello(hello), &Bytes::new());
    let proof = body(&Header::Proof(Proof::new([5; 64])), &Bytes::new());
    let challenge = |proof| {
        let nonce = [9; 32];
        body(&Header::Challenge(Challenge { nonce, proof }), &Bytes::new())
    };
    let (asking, showing) = (challenge(None), challenge(Some([4; 32])));
    let mut seeds = Vec::new();
    for kind in [0, 1, 2, 16, 17, 18, 32] {
        for said in [vec![&plain], vec![&claiming, &proof], vec![&proof]] {
            let mut seed = vec![0, kind];
            said.into_iter().for_each(|frame| write_block(&mut seed, frame));
            seeds.push(seed);
        }
        for said in [&asking, &showing] {
            let mut seed = vec![1, kind];
            write_block(&mut seed, said);
            write_block(&mut seed, said);
            seeds.push(seed);
        }
    }
    seeds
}
