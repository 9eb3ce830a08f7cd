//! How a call ended, as a reply says it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Failed, Failure, Outcome, RemoteError, Typed, fields};

/// A callback's own error as itself, beside its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Own<'a> {
    /// It has nothing but words.
    None,
    /// It is the payload.
    Payload,
    /// It could not be sent.
    Lost {
        /// Why not.
        #[serde(borrow, deserialize_with = "fields::words")]
        reason: &'a str,
    },
    /// It is the payload, with its structure in front, though nobody asked for that.
    Explained,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status<'a> {
    /// With a value. Payload: the value.
    Value,
    /// With the callback's own error. Payload: the error itself, if `typed` says so.
    App {
        /// The error in words.
        #[serde(borrow, deserialize_with = "fields::words")]
        message: &'a str,
        /// What caused it, the nearest cause first.
        #[serde(borrow, deserialize_with = "fields::causes")]
        causes: Vec<&'a str>,
        /// Where the error itself is.
        #[serde(borrow)]
        typed: Own<'a>,
    },
    /// In any other way. No payload.
    Failed(Failed),
    /// With a value that positions cannot carry as it is. Payload: the value, with its structure in front, though nobody asked for that.
    Explained,
}

impl<'a> Status<'a> {
    /// An outcome as the status and the payload of a reply.
    #[must_use]
    pub fn of(outcome: &'a Outcome) -> (Self, &'a Bytes) {
        static NONE: Bytes = Bytes::new();
        match outcome {
            Ok(value) => (Self::Value, value),
            Err(Failure::App { remote, typed }) => {
                let (own, payload) = match typed {
                    Typed::InWords => (Own::None, &NONE),
                    Typed::Encoded(bytes) => (Own::Payload, bytes),
                    Typed::Explained(bytes) => (Own::Explained, bytes),
                    Typed::Lost(reason) => (Own::Lost { reason }, &NONE),
                };
                let status = Self::App {
                    message: remote.message(),
                    causes: remote.causes().collect(),
                    typed: own,
                };
                (status, payload)
            }
            Err(Failure::Failed(failed)) => (Self::Failed(failed.clone()), &NONE),
            Err(Failure::Explained(value)) => (Self::Explained, value),
        }
    }
}

impl Failure {
    /// The failure that a reply tells of; `None` if it brings a value.
    #[must_use]
    pub fn from_status(status: Status<'_>, payload: Bytes) -> Option<Self> {
        match status {
            Status::Value => None,
            Status::App {
                message,
                causes,
                typed,
            } => {
                let causes = causes.into_iter().map(str::to_owned).collect();
                Some(Self::App {
                    remote: RemoteError::new(message, causes),
                    typed: match typed {
                        Own::None => Typed::InWords,
                        Own::Payload => Typed::Encoded(payload),
                        Own::Explained => Typed::Explained(payload),
                        Own::Lost { reason } => Typed::Lost(reason.to_owned()),
                    },
                })
            }
            Status::Failed(failed) => Some(Self::Failed(failed)),
            Status::Explained => Some(Self::Explained(payload)),
        }
    }
}
