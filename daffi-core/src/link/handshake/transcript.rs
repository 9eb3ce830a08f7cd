//! What the proofs of a handshake are made over.

use crate::link::Channel;
use crate::proto::{self, Challenge, Claim, EncodeError, Hello, Nonce};

/// Nobody else's signatures begin so, and neither side's are the other's.
const CONTROLLER: &[u8] = b"daffi handshake 1: the controller knows the token\0";
const NODE: &[u8] = b"daffi handshake 1: the node has the credential\0";

/// The part that is the same for both proofs: the greeting, whole, and the connection.
#[derive(Clone, Debug)]
pub(super) struct Transcript {
    hello: Vec<u8>,
    binding: Vec<u8>,
}

impl Transcript {
    pub(super) fn new(hello: &Hello, claim: &Claim, channel: &Channel) -> Result<Self, EncodeError> {
        Ok(Self {
            hello: proto::encode(hello)?.to_vec(),
            binding: if claim.bound {
                channel.binding.to_vec()
            } else {
                Vec::new()
            },
        })
    }

    /// What the controller proves to know.
    pub(super) fn of_controller(&self, nonce: &Nonce) -> Vec<u8> {
        self.bytes(CONTROLLER, nonce, None)
    }

    /// What the node signs: also what the controller has said of itself.
    pub(super) fn of_node(&self, challenge: &Challenge) -> Vec<u8> {
        self.bytes(NODE, &challenge.nonce, challenge.proof.as_ref())
    }

    /// Each part has its length in front, so that none can be taken for a part of another.
    fn bytes(&self, label: &[u8], nonce: &Nonce, proof: Option<&[u8; 32]>) -> Vec<u8> {
        let mut bytes = label.to_vec();
        let proof = proof.map_or(&[] as &[u8], |proof| proof);
        for part in [&self.hello, &self.binding, nonce.as_slice(), proof] {
            bytes.extend((part.len() as u64).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}
