//! The first frame each way: who is there, and on what terms they talk.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Attributes, Exceeded, Extensions, Limits, Method, NotResumed, fields, is_unseen};

/// The first bytes of every connection, so that a stranger is recognised before anything is believed.
pub const MAGIC: [u8; 4] = *b"dafi";

/// The protocol version that this release speaks.
pub const VERSION: u16 = 1;

/// The oldest protocol version that this release understands.
pub const OLDEST_VERSION: u16 = 1;

/// What a node says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`MAGIC`].
    pub magic: [u8; 4],
    /// The newest version that the node speaks.
    pub version: u16,
    /// The oldest version that the node speaks.
    pub oldest_version: u16,
    /// The name of the process.
    pub process_name: String,
    /// A random number that tells this start of the process from any other.
    pub instance: u128,
    /// The operating system's number of the process, for people who read rosters.
    pub pid: u32,
    /// What else there is to say.
    pub extensions: Extensions,
}

impl Hello {
    /// The greeting of a process of this release.
    #[must_use]
    pub fn new(process_name: impl Into<String>, instance: u128, pid: u32) -> Self {
        Self {
            magic: MAGIC,
            version: VERSION,
            oldest_version: OLDEST_VERSION,
            process_name: process_name.into(),
            instance,
            pid,
            extensions: Extensions::default(),
        }
    }

    /// The version that both sides speak.
    ///
    /// # Errors
    ///
    /// The refusal to send when there is none, or when the greeting itself is not acceptable.
    pub fn negotiate(&self) -> Result<u16, Refusal> {
        if self.magic != MAGIC {
            return Err(Refusal::NotDaffi);
        }
        let version = self.version.min(VERSION);
        if version < self.oldest_version || version < OLDEST_VERSION {
            return Err(Refusal::Version {
                oldest: OLDEST_VERSION,
                newest: VERSION,
            });
        }
        if !Self::may_be_called(&self.process_name) {
            return Err(Refusal::Name {
                limit: Limits::NAME_BYTES as u64,
            });
        }
        Ok(version)
    }

    /// What the process says of itself.
    ///
    /// # Errors
    ///
    /// Why that cannot be.
    pub fn attributes(&self) -> Result<Attributes, Refusal> {
        let said = self.extensions.get::<Attributes>(Extensions::ATTRIBUTES);
        let fault = match said {
            Ok(None) => return Ok(Attributes::default()),
            Ok(Some(attributes)) => match attributes.fault() {
                None => return Ok(attributes),
                Some(fault) => fault,
            },
            Err(error) => format!("attributes that cannot be read: {error}"),
        };
        Err(Refusal::Denied {
            reason: format!("it says of itself {fault}"),
        })
    }

    /// Whether a process may have that name.
    #[must_use]
    pub fn may_be_called(name: &str) -> bool {
        (1..=Limits::NAME_BYTES).contains(&name.len()) && !name.chars().any(is_unseen)
    }
}

/// What the controller answers when it lets a node in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version that the two will speak.
    pub version: u16,
    /// The controller's process identifier.
    pub controller: String,
    /// How often each side says something, at least.
    pub heartbeat: Duration,
    /// The largest frame in bytes.
    pub frame_bytes: u64,
    /// The largest that the node may send, where that is less.
    pub sent_frame_bytes: u64,
    /// How many calls the node may have outstanding.
    pub calls: u32,
    /// What else there is to say.
    pub extensions: Extensions,
}

impl Welcome {
    /// Whether the version is one that this release speaks.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        (OLDEST_VERSION..=VERSION).contains(&self.version)
    }

    /// The largest frame, in bytes, on this machine.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        usize::try_from(self.frame_bytes).unwrap_or(usize::MAX)
    }

    /// The largest frame, in bytes, that may be sent.
    #[must_use]
    pub fn sent_frame_limit(&self) -> usize {
        usize::try_from(self.sent_frame_bytes).map_or(self.frame_limit(), |sent| sent.min(self.frame_limit()))
    }
}

/// Why a controller does not let a node in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The other side does not speak this protocol.
    #[error("this is not a daffi process")]
    NotDaffi,
    /// There is no common version.
    #[error("no common protocol version: the controller speaks {oldest} to {newest}")]
    Version {
        /// The oldest version of the controller.
        oldest: u16,
        /// The newest version of the controller.
        newest: u16,
    },
    /// The process name is empty or too long, or has letters that cannot be seen.
    #[error("a process name has 1 to {limit} bytes, and no letters that cannot be seen")]
    Name {
        /// The limit in bytes.
        limit: u64,
    },
    /// Another process has the name.
    #[error("the process name {name:?} is taken by process id {pid}; choose another process_name")]
    NameTaken {
        /// The name.
        name: String,
        /// The process identifier of the holder at its operating system.
        pid: u32,
        /// A number that is another whenever something was heard of the holder meanwhile, so that whoever asks again learns
        /// whether it is alive.
        sign: u64,
    },
    /// The controller is about to stop.
    #[error("the controller is stopping")]
    Stopping,
    /// It lets in processes of its own user and of root, and the node is another's.
    #[error("the controller runs as uid {own} and does not let in processes of uid {uid}")]
    User {
        /// The user of the node, as the controller's operating system says it.
        uid: u32,
        /// The user of the controller.
        own: u32,
    },
    /// It may not have the name that it asks for.
    #[error("{reason}")]
    Denied {
        /// Why not, in words.
        #[serde(deserialize_with = "fields::kept_words")]
        reason: String,
    },
    /// The node came without TLS, and the controller has it. It is said without.
    #[error("the controller uses TLS, and this process does not")]
    Tls,
    /// The node came with TLS, and the controller has none. It is said without.
    #[error("the controller does not use TLS, and this process does")]
    NoTls,
    /// Only who proves who it is is let in.
    #[error("the controller lets in only who proves who it is")]
    Unproven {
        /// It takes tokens.
        token: bool,
        /// It takes keys.
        key: bool,
    },
    /// The controller does not know the token or the key.
    #[error("the controller does not know the {method}")]
    Unknown {
        /// What it is.
        method: Method,
    },
    /// The proof is not that of the token or the key, or it is for another connection.
    #[error("the proof does not hold")]
    WrongProof,
    /// The connection can be read and changed by others, so nothing can be proven on it.
    #[error("the connection is not encrypted")]
    Exposed,
    /// It would be one connection too many, or wait for long until it is read. An earlier one may be dead, though nobody has noticed.
    #[error("over a quota: {0}")]
    OverQuota(Exceeded),
    /// A process that was let in goes on far beyond what it may do. It is told so at any time, and that is the last thing it is told.
    #[error("it goes on and on beyond its quota: {0}")]
    Abuse(Exceeded),
    /// The session that it wants to go on with is not gone on with. It may begin another.
    #[error("the session does not go on: {0}")]
    NotResumed(NotResumed),
    /// A newer process of the same identity has taken its name over.
    #[error("a newer process of the same name has taken its place, with process id {pid}")]
    Replaced {
        /// The process identifier of the newer one at its operating system.
        pid: u32,
    },
    /// It stands by for another controller, which it reaches: that is where to go.
    #[error("the controller stands by for another one, and reaches that")]
    StandsBy,
}
