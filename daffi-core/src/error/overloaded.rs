//! The words of a call for which there was no room.

use std::fmt;

use super::CallError;
use super::full::Full;
use super::phrases::{Ran, Spent};
use crate::proto::Exceeded;

impl<E> CallError<E> {
    /// [`Overloaded`](Self::Overloaded), for this reason.
    pub(super) fn full(callback: String, full: Full, may_have_run: bool) -> Self {
        let (mut recursive, mut threads, mut quota, mut unread) = (false, None, None, None);
        match full {
            Full::Places => {}
            Full::Recursive => recursive = true,
            Full::Threads(number) => threads = Some(number),
            Full::Quota(exceeded) => quota = Some(exceeded),
            Full::Unread(bytes) => unread = Some(bytes),
        }
        Self::Overloaded {
            callback,
            recursive,
            threads,
            quota,
            unread,
            may_have_run,
            retries_spent: false,
        }
    }

    /// Shows an [`Overloaded`](Self::Overloaded).
    pub(super) fn say_overloaded(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded {
                callback,
                threads: Some(threads),
                may_have_run,
                retries_spent,
                ..
            } => write!(
                f,
                "`{callback}` would never have had a thread: all {threads} that blocking callbacks of its process may use are held by \
                 ones that wait for others which need one, as the one that made this call, directly or through others; {}: write \
                 `async` for the one that waits, or raise `blocking_threads` of its Global{}",
                Ran(*may_have_run),
                Spent(*retries_spent)
            ),
            Self::Overloaded {
                callback,
                quota: Some(exceeded),
                may_have_run,
                retries_spent,
                ..
            } => write!(
                f,
                "the call of `{callback}` is over a quota that the controller keeps: {exceeded}; {}: {}have whoever runs the \
                 controller raise it, by `{}` of `quotas.{}` in its configuration{}",
                Ran(*may_have_run),
                match exceeded {
                    Exceeded {
                        too_much: Some(_), ..
                    } => "bring less at once, in several calls or as a stream, or ",
                    Exceeded { limit: 0, .. } => "",
                    _ => "make fewer, or ",
                },
                exceeded.measure,
                exceeded.of,
                Spent(*retries_spent)
            ),
            Self::Overloaded {
                callback,
                unread: Some(bytes),
                may_have_run,
                retries_spent,
                ..
            } => write!(
                f,
                "the streams that come to the process which receives the one of `{callback}` hold {bytes} bytes that it has not \
                 read, or may yet, and it allows no more; {}: see that streams are read or dropped, ask for smaller \
                 windows with `.window(…)`, or raise `max_unread` of its Global{}",
                Ran(*may_have_run),
                Spent(*retries_spent)
            ),
            Self::Overloaded {
                callback,
                recursive: true,
                may_have_run,
                retries_spent,
                ..
            } => write!(
                f,
                "everybody who could answer `{callback}` is at its limit, and the call would wait for itself: it was made, \
                 directly or through others, while `{callback}` ran, which holds a place until it is answered; {}: raise \
                 `concurrency` (or `concurrency_per_caller`), or do what it calls for without calling it{}",
                Ran(*may_have_run),
                Spent(*retries_spent)
            ),
            Self::Overloaded {
                callback,
                recursive: false,
                may_have_run,
                retries_spent,
                ..
            } => write!(
                f,
                "everybody who could answer `{callback}` is at its limit, and no more calls may wait for it, or no more bytes of \
                 arguments (64 MiB for each callback, and the controller's own limit for all); {}: call again later, send less in \
                 one call, raise `concurrency` or `queue`, or start another provider{}",
                Ran(*may_have_run),
                Spent(*retries_spent)
            ),
            _ => Ok(()),
        }
    }
}
