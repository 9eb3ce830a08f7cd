//! What a greeting says beyond its fixed fields: a list that grows without a new version.

use core::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{DecodeError, EncodeError, codec, fields};

/// Numbered values of a [`Hello`](super::Hello) or a [`Welcome`](super::Welcome). Whoever does not know a number skips it, so a
/// new one needs no new version. There are at most [`Limits::EXTENSIONS`](super::Limits::EXTENSIONS).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extensions(#[serde(deserialize_with = "fields::extensions")] Vec<(u16, Vec<u8>)>);

/// Which there are, and how long each is: of some, what they say is a secret.
impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.0.iter().map(|(number, value)| (number, value.len()));
        f.debug_map().entries(lengths).finish()
    }
}

impl Extensions {
    /// How many calls the node runs at the same time, at most: a `u32`.
    pub const RUNS: u16 = 1;
    /// How many bytes of arguments the node holds for what it runs, at most: a `u64`.
    pub const RUN_BYTES: u16 = 2;
    /// What the node can prove: a [`Claim`](super::Claim).
    pub const CLAIM: u16 = 3;
    /// Whether the node takes its name over from an older process of the same identity: a `bool`.
    pub const REPLACE: u16 = 6;
    /// How often the node would have each side say something: a `Duration`.
    pub const HEARTBEAT: u16 = 7;
    /// What the process says of itself: [`Attributes`](super::Attributes).
    pub const ATTRIBUTES: u16 = 8;
    /// That the node can go on with a session: a [`Keeps`](super::Keeps).
    pub const RESUMABLE: u16 = 4;
    /// In a welcome, the session that begins or goes on: a [`Session`](super::Session).
    pub const SESSION: u16 = 4;
    /// With which session the node wants to go on: a [`Resume`](super::Resume).
    pub const RESUME: u16 = 5;
    /// In a welcome, how many bytes of numbered frames the controller has received in the session that goes on: a `u64`.
    pub const RECEIVED: u16 = 5;

    /// In a welcome through a Unix socket, how long each side waits for the other once that is missed: a `Duration`.
    pub const WAITS: u16 = 6;

    /// These, and one more.
    ///
    /// # Errors
    ///
    /// When the value cannot be encoded.
    pub fn with<T: Serialize>(mut self, number: u16, value: &T) -> Result<Self, EncodeError> {
        self.0.push((number, codec::encode(value)?.to_vec()));
        Ok(self)
    }

    /// The value under a number, if it is there. Of several, the first counts.
    ///
    /// # Errors
    ///
    /// When its bytes are no such value.
    pub fn get<T: DeserializeOwned>(&self, number: u16) -> Result<Option<T>, DecodeError> {
        let found = self.0.iter().find(|(other, _)| *other == number);
        found.map(|(_, bytes)| codec::decode_guarded(bytes)).transpose()
    }
}
