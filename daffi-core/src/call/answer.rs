//! How arguments become bytes, and bytes a value or an error.

use std::any::Any;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::source::Source;
use super::streaming::Opening;
use crate::described::{Misfit, ReadAs, agreement};
use crate::error::{CallError, RemoteError};
use crate::proto::{DecodeError, Described, Failed, Failure, Outcome, Tally, Typed, stable_hash};
use crate::registry::{Effort, For};
use crate::signature::Interface;

type DecodeValue<T> = fn(&Bytes, &ReadAs) -> Result<T, DecodeError>;

/// Of what an outcome is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    /// Whose call.
    pub(super) source: &'a Source,
    /// To which process, if that was said.
    pub(super) to: Option<&'a str>,
    /// Whether what it gives has its structure in front.
    pub(super) described: bool,
}

/// How an answer becomes a value.
pub(super) enum Take<T> {
    /// It is encoded in the reply.
    Value(DecodeValue<T>),
    /// It is a stream.
    Stream(fn(Opening) -> T),
    /// The callback runs for each item of a stream, and the answer is how far it came.
    Tally(fn(u64) -> T),
}

impl<T> Clone for Take<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Take<T> {}

/// How an outcome becomes a value or an error.
pub(super) struct Decoders<T, E> {
    pub(super) take: Take<T>,
    pub(super) app: fn(RemoteError, Typed, Of<'_>) -> Result<E, Unread>,
}

impl<T, E> Clone for Decoders<T, E> {
    fn clone(&self) -> Self {
        Self {
            take: self.take,
            app: self.app,
        }
    }
}

impl<T, E: DeserializeOwned + 'static> Decoders<T, E> {
    pub(super) const fn new(take: Take<T>) -> Self {
        Self {
            take,
            app: decode_app,
        }
    }
}

impl<T, E> Decoders<T, E> {
    /// What a call ends with.
    pub(super) fn finish(&self, of: Of<'_>, outcome: Outcome) -> Result<T, CallError<E>> {
        let name = of.source.name();
        let decode_error = |message: String| CallError::Decode {
            callback: name.to_owned(),
            message,
            may_have_run: true,
        };
        let (outcome, described) = match outcome {
            Err(Failure::Explained(value)) => (Ok(value), true),
            outcome => (outcome, of.described),
        };
        match outcome {
            Ok(value) => match self.take {
                Take::Value(decode) => of
                    .source
                    .result(value, described)
                    .and_then(|(value, reading)| decode(&value, &reading))
                    .map_err(|error| decode_error(format!("the result: {error}"))),
                Take::Stream(_) => Err(decode_error(
                    "the callback returned a value and no stream".to_owned(),
                )),
                Take::Tally(take) => {
                    let Tally { done, stopped } = Tally::decode(&value)
                        .map_err(|error| decode_error(format!("how many items are done: {error}")))?;
                    match stopped {
                        None => Ok(take(done)),
                        Some(failure) => Err(CallError::Stopped {
                            callback: name.to_owned(),
                            done,
                            error: Box::new(self.failure(of, failure)),
                        }),
                    }
                }
            },
            Err(failure) => Err(self.failure(of, failure)),
        }
    }

    /// The error of a call that gave no value.
    pub(super) fn failure(&self, of: Of<'_>, failure: Failure) -> CallError<E> {
        let Of { source, to, .. } = of;
        match failure {
            Failure::App { remote, typed } => {
                let callback = || source.name().to_owned();
                match (self.app)(remote, typed, of) {
                    Ok(error) => CallError::App(error),
                    Err(Unread::Lost(message)) => CallError::encode(callback(), message, true),
                    Err(Unread::Damaged(message)) => CallError::decode(callback(), message, true),
                }
            }
            // A value where an error is expected.
            Failure::Explained(_) => CallError::decode(
                source.name().to_owned(),
                "a value came where a stream ends".to_owned(),
                true,
            ),
            Failure::Failed(failed) => {
                let called = source.traced().map(|traced| &traced.interface);
                let place = match (&failed, called) {
                    (Failed::SignatureMismatch { offered, .. }, Some(called)) => {
                        misfit(&EXPLAINING, source.name(), called, offered)
                    }
                    _ => None,
                };
                let called = called.map(|called| &called.signature);
                let error = CallError::from_failed(failed, source.name(), to, called);
                match place {
                    Some(misfit) => error.because(&misfit),
                    None => error,
                }
            }
        }
    }
}

/// What is spent on saying why calls do not go to those who refuse them.
static EXPLAINING: Effort = Effort::new();

/// Why a call does not go to who offers that, if there is time to find it out.
fn misfit(effort: &Effort, callback: &str, called: &Interface, offered: &Described) -> Option<Misfit> {
    let look = || agreement(called, &offered.interface().ok()?).misfit();
    effort.spend(For::Known(stable_hash(callback.as_bytes())), look)?
}

/// Why there is no `E`, in words.
pub(super) enum Unread {
    /// The provider could not send it.
    Lost(String),
    /// What came is none.
    Damaged(String),
}

/// The callback's own error as an `E`: the error itself, or its words if `E` is [`RemoteError`].
fn decode_app<E: DeserializeOwned + 'static>(
    remote: RemoteError,
    typed: Typed,
    of: Of<'_>,
) -> Result<E, Unread> {
    let mut remote = Some(remote);
    if let Some(words) = (&mut remote as &mut dyn Any).downcast_mut::<Option<E>>() {
        return words
            .take()
            .ok_or_else(|| Unread::Damaged("the callback's error has no words".to_owned()));
    }
    // With the words that there are, whatever became of the error itself.
    let words = remote.map_or_else(String::new, |remote| format!("{remote:?}"));
    let described = of.described || matches!(typed, Typed::Explained(_));
    match typed {
        Typed::Encoded(bytes) | Typed::Explained(bytes) => of
            .source
            .error(bytes, described)
            .and_then(|(error, reading)| reading.decode(&error))
            .map_err(|error| Unread::Damaged(format!("the callback's error: {error}; it says: {words}"))),
        Typed::Lost(reason) => Err(Unread::Lost(format!(
            "the callback's error: {reason}; it says: {words}"
        ))),
        Typed::InWords => Err(Unread::Damaged(format!(
            "the callback's error came as text only: {words}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Contract, ErrorFindings, findings};

    #[test]
    fn no_more_time_is_spent_on_saying_why_than_there_is_for_it() {
        let taking = |argument| Contract::new([("n", argument)], findings::<()>(), ErrorFindings::None);
        let [called, offered] = [taking(findings::<u64>()), taking(findings::<u8>())];
        let offered = Described::of(&offered.interface);
        let why = |effort: &Effort| misfit(effort, "count", &called.interface, &offered);
        assert_eq!(why(&Effort::new()).unwrap().path(), "n");
        assert_eq!(why(&Effort::spent_all()), None);
    }
}
