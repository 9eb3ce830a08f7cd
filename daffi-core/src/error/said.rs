//! What a controller says of why it does not let a process in, or ends its connection, as a program sees it.

use super::refusal::Refusal;
use crate::proto;

impl From<proto::Refusal> for Refusal {
    fn from(refusal: proto::Refusal) -> Self {
        match refusal {
            // Whoever asks to be let in has an error of its own for that.
            taken @ proto::Refusal::NameTaken { .. } => Self::Denied {
                reason: taken.to_string(),
            },
            proto::Refusal::NotDaffi => Self::NotDaffi,
            proto::Refusal::Version { oldest, newest } => Self::Version { oldest, newest },
            proto::Refusal::Name { limit } => Self::Name { limit },
            proto::Refusal::Stopping => Self::Stopping,
            proto::Refusal::User { uid, own } => Self::User { uid, own },
            proto::Refusal::Denied { reason } => Self::Denied { reason },
            proto::Refusal::Tls => Self::Tls,
            proto::Refusal::NoTls => Self::NoTls,
            proto::Refusal::Unproven { token, key } => Self::Unproven {
                takes: match (token, key) {
                    (true, true) => "a token or a key",
                    (true, false) => "a token",
                    (false, true) => "a key",
                    (false, false) => "a token or a key, and knows nobody yet",
                }
                .to_owned(),
            },
            proto::Refusal::Unknown { method } => Self::Unknown {
                what: method.to_string(),
            },
            proto::Refusal::WrongProof => Self::WrongProof,
            proto::Refusal::Exposed => Self::Exposed,
            proto::Refusal::OverQuota(quota) => Self::OverQuota { quota },
            proto::Refusal::Abuse(quota) => Self::Abuse { quota },
            proto::Refusal::StandsBy => Self::StandsBy,
            proto::Refusal::Replaced { pid } => Self::Replaced { pid },
            // Whoever starts has no session, and has asked for none.
            over @ proto::Refusal::NotResumed(_) => Self::Denied {
                reason: over.to_string(),
            },
        }
    }
}
