//! The words in which the error of a call is shown.

use std::error::Error;
use std::fmt;

use super::absent::Absent;
use super::phrases::{Before, InVain, Ran, Spent};
use super::untyped::{Because, Untyped};
use super::{CallError, Oversized, Refusal, shown};
use crate::proto::{Heard, TimeLimit};

impl<E: fmt::Debug + 'static> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show(f, |error, f| match shown::words(error) {
            Some(words) => words.fmt(f),
            None => error.fmt(f),
        })
    }
}

/// The variant's name and the message, or a callback's own error by its `Debug`: what a person sees of an error that `main`
/// returns, or of an `unwrap`.
impl<E: fmt::Debug> fmt::Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: ", self.kind())?;
        self.show(f, E::fmt)
    }
}

impl<E: fmt::Debug + 'static> Error for CallError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::App(error) => shown::source(error),
            // What it says ends with the error that stopped it.
            Self::Stopped { error, .. } => error.source(),
            _ => None,
        }
    }
}

impl<E> CallError<E> {
    /// Shows it; `app` shows a callback's own error.
    fn show(
        &self,
        f: &mut fmt::Formatter<'_>,
        app: fn(&E, &mut fmt::Formatter<'_>) -> fmt::Result,
    ) -> fmt::Result {
        match self {
            Self::App(error) => app(error, f),
            Self::NoProvider {
                callback,
                process,
                stopped,
                absence,
                waited,
                may_have_run,
                retries_spent,
            } => {
                let absent = Absent {
                    callback,
                    process: process.as_deref(),
                    absence,
                    waited: waited.is_some(),
                };
                write!(f, "{absent}")?;
                if let Some(stopped) = stopped {
                    write!(
                        f,
                        "; it went through another Global of this process, since {stopped:?} has stopped: name the one that is \
                         meant with .on(&g)"
                    )?;
                }
                let waited = InVain(*waited);
                write!(f, "{waited}{}{}", Before(*may_have_run), Spent(*retries_spent))
            }
            Self::ProviderLost {
                callback,
                process,
                retries_spent,
            } => write!(
                f,
                "process {process:?} went away while it ran `{callback}`, and nobody knows whether that was done; call again if running \
                 it twice does no harm, or have #[fetcher(retry = 2, idempotent)] do so{}",
                Spent(*retries_spent)
            ),
            Self::Lagged { callback, process } => write!(
                f,
                "process {process:?} lagged behind the others who take the stream of `{callback}`, so it got no more of it and was \
                 cancelled, and what it did is incomplete: call it again by itself with .to({process:?}), or have the others wait \
                 for the slowest by leaving out `lagging`"
            ),
            Self::Timeout {
                callback,
                limit,
                allowed,
                waited,
                unmet,
                may_have_run,
            } => {
                write!(f, "`{callback}` was not ")?;
                match (limit, allowed) {
                    (TimeLimit::Call, Some(allowed)) => write!(
                        f,
                        "answered within {allowed:?}, as its caller allows (the `timeout` of the call, or the `call_timeout` of \
                         its Global)"
                    ),
                    (TimeLimit::Call, None) => write!(f, "answered before the deadline that its caller set"),
                    (TimeLimit::Inherited, _) => write!(
                        f,
                        "answered before the deadline of the call during which it was made"
                    ),
                    (TimeLimit::Callback(allowed), _) => write!(
                        f,
                        "done in time: its provider allows {allowed:?} (the `timeout` of the callback)"
                    ),
                    (TimeLimit::Idle(allowed), _) => {
                        write!(f, "heard of for {allowed:?} (the `idle_timeout` of its stream)")
                    }
                }?;
                let unmet = unmet.as_deref();
                unmet.map_or(Ok(()), |unmet| unmet.say(callback, waited.is_some(), f))?;
                write!(f, "{}; {}", InVain(*waited), Ran(*may_have_run))
            }
            Self::Cancelled {
                callback,
                stopped: Some(stopped),
                may_have_run,
                retries_spent,
            } => write!(
                f,
                "the Global {stopped:?} of this process stopped before `{callback}` was answered; {}: stop it with \
                 stop().after_own_calls() and enough stop_timeout, or make the call through another one with .on(&g){}",
                Ran(*may_have_run),
                Spent(*retries_spent)
            ),
            Self::Cancelled {
                callback,
                stopped: None,
                may_have_run,
                retries_spent,
            } => write!(
                f,
                "the call of `{callback}` was cancelled, or its provider is stopping; {}{}{}",
                Ran(*may_have_run),
                if *may_have_run {
                    ""
                } else {
                    ": call again, as `retry` does by itself"
                },
                Spent(*retries_spent)
            ),
            Self::Overloaded { .. } => self.say_overloaded(f),
            Self::Panicked {
                callback,
                message,
                place: Some(place),
            } => write!(f, "`{callback}` ({}) panicked: {}", Heard(place), Heard(message)),
            Self::Panicked {
                callback,
                message,
                place: None,
            } => write!(f, "`{callback}` panicked: {}", Heard(message)),
            Self::SignatureMismatch {
                callback,
                called,
                offered,
                fault,
                may_have_run,
            } => write!(
                f,
                "caller and callback disagree about `{callback}`; change one of them{}\n  called as  {called}\n  \
                 offered as {offered}{}{}",
                Because(fault),
                Untyped { called, offered },
                Before(*may_have_run)
            ),
            Self::Denied {
                callback,
                reason,
                may_have_run,
            } => write!(
                f,
                "this process may not call `{callback}`: {}{}",
                Heard(reason),
                Before(*may_have_run)
            ),
            Self::TooLarge {
                callback,
                size,
                limit,
                what,
                may_have_run,
            } => {
                let before =
                    Before(*may_have_run && matches!(what, Oversized::Arguments | Oversized::Metadata));
                match what {
                    Oversized::Scheduled => write!(
                        f,
                        "the controller would have to keep {size} bytes to call `{callback}`, over the limit of {limit} for arguments, metadata and period: \
                         have the callback read what is long where it is"
                    ),
                    Oversized::Arguments | Oversized::Result => {
                        let (what, take) = match what {
                            Oversized::Result => ("result", "takes"),
                            _ => ("arguments", "take"),
                        };
                        write!(
                            f,
                            "the {what} of `{callback}` {take} {size} bytes, over the limit of {limit}: send a stream of parts \
                             (`impl Stream`, or `daffi::bytes` for files), or raise max_frame on the controller and both \
                             processes, or the `frame-bytes` of the quota of whoever sends it",
                        )
                    }
                    Oversized::Item => write!(
                        f,
                        "an item of a stream of `{callback}` takes {size} bytes, over the limit of {limit}: send smaller ones \
                         (`daffi::bytes` reads in parts), or raise max_frame on the controller and both processes, or the `frame-bytes` of \
                         the quota of whoever sends it"
                    ),
                    Oversized::Metadata => write!(
                        f,
                        "the metadata of a call of `{callback}` takes {size} bytes, over the limit of {limit} for all keys and \
                         values: send what is long as an argument"
                    ),
                }?;
                write!(f, "{before}")
            }
            Self::Disconnected {
                callback,
                may_have_run,
                retries_spent,
                refusal,
            } => {
                write!(
                    f,
                    "no connection to the controller for `{callback}`; {}: ",
                    Ran(*may_have_run)
                )?;
                match refusal.as_deref() {
                    Some(refusal @ Refusal::Distrusted { .. }) => write!(f, "{refusal}")?,
                    Some(refusal) => write!(f, "the controller says of that: {refusal}")?,
                    None => f.write_str("see whether the controller runs")?,
                }
                write!(f, "{}", Spent(*retries_spent))
            }
            Self::NotStarted {
                callback,
                stopped: Some(stopped),
            } => write!(
                f,
                "`{callback}` was not called, because the Global {stopped:?} of this process has stopped: make calls before it stops, or \
                 start another one and name it with .on(&g)"
            ),
            Self::NotStarted {
                callback,
                stopped: None,
            } => write!(
                f,
                "`{callback}` was called, but no Global is running in this process: call \
                 Global::builder().start().await first and keep it until the calls are done, or name one with .on(&g)"
            ),
            Self::Ambiguous { callback, globals } => write!(
                f,
                "`{callback}` was not called, because several Globals of this process could be meant, {globals:?}: name one with .on(&g), \
                 call it inside g.scope(async {{ … }}), or mark one of them with .default(true)"
            ),
            Self::Blocking { callback } => write!(
                f,
                "`{callback}` was called with .wait() on a thread of an async runtime, which it would hold up: \
                 .await it, or wait on another thread, as one of spawn_blocking"
            ),
            Self::Stopped {
                callback,
                done,
                error,
            } => {
                let items = if *done == 1 { "item" } else { "items" };
                let known = if error.comes_from_outside() {
                    "at least "
                } else {
                    ""
                };
                write!(
                    f,
                    "`{callback}` was done for {known}{done} {items} and then stopped: "
                )?;
                error.show(f, app)?;
                if error.comes_from_outside() {
                    write!(
                        f,
                        "; to go on, send what comes after the first {done} again, if doing some of it twice does no harm"
                    )?;
                }
                Ok(())
            }
            Self::Invalid {
                callback,
                reason,
                may_have_run,
            } => write!(
                f,
                "`{callback}` cannot be called like this: {}{}",
                Heard(reason),
                Before(*may_have_run)
            ),
            Self::Encode {
                callback, message, ..
            } => {
                write!(
                    f,
                    "a value for `{callback}` could not be encoded: {}",
                    Heard(message)
                )
            }
            Self::Decode {
                callback, message, ..
            } => {
                write!(
                    f,
                    "a value of `{callback}` could not be decoded: {}",
                    Heard(message)
                )
            }
        }
    }
}

impl<E> CallError<E> {
    /// Whether it ended a callback that knew nothing of it.
    const fn comes_from_outside(&self) -> bool {
        match self {
            Self::ProviderLost { .. }
            | Self::Disconnected { .. }
            | Self::Cancelled { .. }
            | Self::Overloaded { .. } => true,
            Self::Timeout { limit, .. } => !matches!(limit, TimeLimit::Callback(_)),
            _ => false,
        }
    }
}
