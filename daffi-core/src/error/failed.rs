//! What ended a call, as it came over the wire or from the session, as the error of the call.

use super::full::Full;
use super::{CallError, Oversized};
use crate::proto::Failed;
use crate::signature::Signature;

impl<E> CallError<E> {
    /// What ended a call of `callback` to `process`, of a caller whose signature is `called`.
    pub(crate) fn from_failed(
        failed: Failed,
        callback: &str,
        process: Option<&str>,
        called: Option<&Signature>,
    ) -> Self {
        let callback = callback.to_owned();
        match failed {
            Failed::NoProvider(absence) => Self::NoProvider {
                callback,
                process: process.map(str::to_owned),
                stopped: None,
                absence,
                waited: None,
                may_have_run: false,
                retries_spent: false,
            },
            Failed::ProviderLost { process } => Self::ProviderLost {
                callback,
                process,
                retries_spent: false,
            },
            Failed::Timeout { limit, may_have_run } => Self::Timeout {
                callback,
                limit,
                allowed: None,
                waited: None,
                unmet: None,
                may_have_run,
            },
            Failed::Cancelled { may_have_run } => Self::Cancelled {
                callback,
                stopped: None,
                may_have_run,
                retries_spent: false,
            },
            Failed::Recursive => Self::full(callback, Full::Recursive, false),
            Failed::OverQuota(exceeded) => Self::full(callback, Full::Quota(exceeded), false),
            Failed::NoThread { threads } => Self::full(callback, Full::Threads(threads), false),
            Failed::Unread { bytes, may_have_run } => Self::full(callback, Full::Unread(bytes), may_have_run),
            Failed::Overloaded { may_have_run } => Self::overloaded(callback, may_have_run),
            Failed::Panicked { message, place } => Self::Panicked {
                callback,
                message,
                place,
            },
            Failed::SignatureMismatch { offered, .. } => {
                let offered = Box::new(offered.decode().unwrap_or_else(|_| Signature::unknown()));
                let called = called.map_or_else(|| offered.clone(), |called| Box::new(called.clone()));
                Self::SignatureMismatch {
                    callback,
                    called,
                    offered,
                    fault: String::new(),
                    may_have_run: false,
                }
            }
            Failed::Denied { reason, may_have_run } => Self::Denied {
                callback,
                reason,
                may_have_run,
            },
            Failed::Invalid { reason } => Self::Invalid {
                callback,
                reason,
                may_have_run: false,
            },
            Failed::TooLarge {
                size,
                limit,
                may_have_run,
            } => Self::TooLarge {
                callback,
                size,
                limit,
                what: if may_have_run {
                    Oversized::Result
                } else {
                    Oversized::Arguments
                },
                may_have_run,
            },
            Failed::ItemTooLarge { size, limit } => Self::TooLarge {
                callback,
                size,
                limit,
                what: Oversized::Item,
                may_have_run: true,
            },
            Failed::Decode { message } => Self::Decode {
                callback,
                message: format!("the arguments: {message}"),
                may_have_run: false,
            },
            Failed::Encode { message } => Self::Encode {
                callback,
                message: format!("the result: {message}"),
                may_have_run: true,
            },
            Failed::Disconnected { may_have_run } => Self::Disconnected {
                callback,
                may_have_run,
                retries_spent: false,
                refusal: None,
            },
        }
    }
}
