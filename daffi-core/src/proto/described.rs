//! Signatures on the wire: numbers to compare, and the rest encoded, so that whoever passes one on need not look into it.

use core::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{DecodeError, codec};
use crate::signature::{Fnv, Interface, Signature};

/// A [`Signature`] as its owner announces it.
///
/// A controller keeps and sends it as it came. Whether the numbers are those of the signature, and the bytes one, nobody
/// checks on the way, but [whoever compares](Self::interface).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The signature's [number](Signature::number).
    pub number: u64,
    /// Its [number](Signature::plain_number) with the error left out.
    pub plain_number: u64,
    /// Its [number of names](Signature::names_number).
    pub names: u64,
    /// Whether a stream is one of the arguments or the result.
    pub streams: bool,
    #[serde(with = "encoded")]
    encoded: Bytes,
    /// What is known beyond the structures; empty if nothing is.
    #[serde(with = "encoded")]
    beyond: Bytes,
}

impl Described {
    /// How `signature` is announced, if nothing is known beyond it.
    #[must_use]
    pub fn new(signature: &Signature) -> Self {
        Self {
            number: signature.number(),
            plain_number: signature.plain_number(),
            names: signature.names_number(),
            streams: signature.streams(),
            encoded: codec::encode(signature).expect("names and numbers can be encoded"),
            beyond: Bytes::new(),
        }
    }

    /// How a signature is announced with what is known beyond it.
    #[must_use]
    pub fn of(interface: &Interface) -> Self {
        let mut described = Self::new(&interface.signature);
        if *interface != Interface::from(interface.signature.clone()) {
            described.beyond = codec::encode(&interface.allows).expect("numbers can be encoded");
        }
        described
    }

    /// The signature.
    ///
    /// # Errors
    ///
    /// When the bytes are none.
    pub fn decode(&self) -> Result<Signature, DecodeError> {
        codec::decode_guarded(&self.encoded)
    }

    /// The signature, and what is known beyond it.
    ///
    /// # Errors
    ///
    /// When the bytes are none, or the number is another one's: whoever called by it would be read by what that one offers.
    pub fn interface(&self) -> Result<Interface, DecodeError> {
        let signature = self.decode()?;
        if signature.number() != self.number {
            return Err(DecodeError::new("the number is not that of the signature"));
        }
        if self.beyond.is_empty() {
            return Ok(signature.into());
        }
        Ok(Interface {
            signature,
            allows: codec::decode_guarded(&self.beyond)?,
        })
    }

    /// A number of the signature with all that is known beyond it. What the types of two of one signature allow may differ, and
    /// so whether another type goes together with them.
    #[must_use]
    pub fn version(&self) -> u64 {
        let mut hash = Fnv::new();
        for bytes in [&self.encoded, &self.beyond] {
            hash.bytes(&(bytes.len() as u64).to_le_bytes());
            hash.bytes(bytes);
        }
        // Whatever is not 0, which matches any.
        hash.value().max(1)
    }

    /// The number that a caller sends who wants to know whether the parameters are called alike, too.
    #[must_use]
    pub const fn named(number: u64, names: u64) -> u64 {
        // Whatever mixes both, and is not 0, which matches any.
        (number ^ names.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
    }

    /// The numbers of signatures that may call, each once.
    pub fn numbers(&self) -> impl Iterator<Item = u64> + use<> {
        let Self {
            number,
            plain_number,
            names,
            ..
        } = *self;
        let plain = (plain_number != number).then_some(plain_number);
        let structures = [Some(number), plain].into_iter().flatten();
        structures.flat_map(move |number| {
            let named = (names != 0).then(|| Self::named(number, names));
            [Some(number), named].into_iter().flatten()
        })
    }

    /// Whether a caller with a signature of this number may call; 0 matches any.
    #[must_use]
    pub fn accepts(&self, number: u64) -> bool {
        number == 0 || self.numbers().any(|accepted| accepted == number)
    }

    /// How many bytes the signature takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.encoded.len() + self.beyond.len()
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decode() {
            Ok(signature) => write!(f, "Described({signature})"),
            Err(_) => write!(f, "Described({} bytes that are no signature)", self.size()),
        }
    }
}

/// Bytes in one piece.
mod encoded {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        <&[u8]>::deserialize(deserializer).map(Bytes::copy_from_slice)
    }
}
