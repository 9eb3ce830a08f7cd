//! What is computed with secrets. The only file that names `ring`.

use std::io;

use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::link::handshake::Credential;
use crate::proto::{Method, Proof};

/// What is made of a token is told apart by these.
const NODE: &[u8] = b"daffi token 1: the node's key";
const CONTROLLER: &[u8] = b"daffi token 1: the controller's key";

/// Random bytes.
pub(super) fn random() -> io::Result<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    let filled = SystemRandom::new().fill(&mut *bytes);
    filled.map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(bytes)
}

/// A key that signs, by its seed. What `ring` makes of that is made for each signature, since it does not overwrite it afterwards.
#[derive(Clone)]
pub(super) struct SigningKey(Zeroizing<[u8; 32]>);

impl SigningKey {
    pub(super) const fn new(seed: Zeroizing<[u8; 32]>) -> Self {
        Self(seed)
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&*self.0).expect("a seed has 32 bytes")
    }

    pub(super) fn public(&self) -> [u8; 32] {
        let pair = self.pair();
        pair.public_key()
            .as_ref()
            .try_into()
            .expect("a public key has 32 bytes")
    }

    fn sign(&self, over: &[u8]) -> Proof {
        let signature = self.pair().sign(over);
        Proof::new(signature.as_ref().try_into().expect("a signature has 64 bytes"))
    }
}

/// Whether the holder of a key has signed.
pub(super) fn has_signed(public: &[u8; 32], over: &[u8], proof: &Proof) -> bool {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(over, proof.signature())
        .is_ok()
}

/// What a controller proves with that it knows a token.
#[derive(Clone)]
pub(super) struct ControllerKey(pub(super) Zeroizing<[u8; 32]>);

impl ControllerKey {
    fn key(&self) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, &*self.0)
    }

    pub(super) fn prove(&self, over: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.key(), over);
        tag.as_ref().try_into().expect("a tag has 32 bytes")
    }

    /// In constant time.
    fn has_proven(&self, over: &[u8], proof: &[u8; 32]) -> bool {
        hmac::verify(&self.key(), over, proof).is_ok()
    }
}

/// The two halves of a token: neither tells anything of the other, nor of the token.
pub(super) struct Token {
    pub(super) node: SigningKey,
    pub(super) controller: ControllerKey,
}

impl Token {
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        let secret = hmac::Key::new(HMAC_SHA256, secret);
        let half = |label: &[u8]| {
            let mut half = Zeroizing::new([0; 32]);
            half.copy_from_slice(hmac::sign(&secret, label).as_ref());
            half
        };
        Self {
            node: SigningKey::new(half(NODE)),
            controller: ControllerKey(half(CONTROLLER)),
        }
    }
}

impl Credential for Token {
    fn method(&self) -> Method {
        Method::Token
    }

    fn public(&self) -> [u8; 32] {
        self.node.public()
    }

    fn sign(&self, transcript: &[u8]) -> Proof {
        self.node.sign(transcript)
    }

    fn is_known(&self, transcript: &[u8], proof: &[u8; 32]) -> bool {
        self.controller.has_proven(transcript, proof)
    }
}

impl Credential for SigningKey {
    fn method(&self) -> Method {
        Method::Key
    }

    fn public(&self) -> [u8; 32] {
        Self::public(self)
    }

    fn sign(&self, transcript: &[u8]) -> Proof {
        Self::sign(self, transcript)
    }

    fn is_known(&self, _: &[u8], _: &[u8; 32]) -> bool {
        false
    }
}
