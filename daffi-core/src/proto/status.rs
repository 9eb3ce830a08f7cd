//! How a call ended, as a reply says it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Failed, Failure, Outcome, RemoteError, fields};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status<'a> {
    /// With a value. Payload: the value.
    Value,
    /// With the callback's own error. Payload: the error, if `typed`.
    App {
        /// The error in words.
        message: &'a str,
        /// What caused it, the nearest cause first.
        #[serde(borrow, deserialize_with = "fields::causes")]
        causes: Vec<&'a str>,
        /// Whether the payload holds the error itself.
        typed: bool,
    },
    /// In any other way. No payload.
    Failed(Failed),
}

impl<'a> Status<'a> {
    /// An outcome as the status and the payload of a reply.
    #[must_use]
    pub fn of(outcome: &'a Outcome) -> (Self, &'a Bytes) {
        static NONE: Bytes = Bytes::new();
        match outcome {
            Ok(value) => (Self::Value, value),
            Err(Failure::App { remote, typed }) => {
                let status = Self::App {
                    message: remote.message(),
                    causes: remote.causes().collect(),
                    typed: typed.is_some(),
                };
                (status, typed.as_ref().unwrap_or(&NONE))
            }
            Err(Failure::Failed(failed)) => (Self::Failed(failed.clone()), &NONE),
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
                    typed: typed.then_some(payload),
                })
            }
            Status::Failed(failed) => Some(Self::Failed(failed)),
        }
    }
}
