//! How arguments become bytes, and bytes a value or an error.

use std::any::Any;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::source::Source;
use super::streaming::Opening;
use crate::error::{CallError, RemoteError};
use crate::proto::{self, DecodeError, EncodeError, Failure, Outcome, Tally, Typed};

/// Encoded arguments, or why there are none.
#[derive(Clone, Debug)]
pub(super) struct Arguments(pub(super) Result<Bytes, String>);

impl From<Result<Bytes, EncodeError>> for Arguments {
    fn from(encoded: Result<Bytes, EncodeError>) -> Self {
        Self(encoded.map_err(|error| error.to_string()))
    }
}

type DecodeValue<T> = fn(&Bytes, bool) -> Result<T, DecodeError>;

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
    pub(super) app: fn(RemoteError, Typed) -> Result<E, Unread>,
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
    /// What a call ends with that was sent to the process `to`, if it was said.
    pub(super) fn finish(
        &self,
        source: &Source,
        to: Option<&str>,
        outcome: Outcome,
    ) -> Result<T, CallError<E>> {
        let name = source.name();
        let decode_error = |message: String| CallError::Decode {
            callback: name.to_owned(),
            message,
            may_have_run: true,
        };
        match outcome {
            Ok(value) => match self.take {
                Take::Value(decode) => decode(&value, source.guarded())
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
                            error: Box::new(self.failure(source, to, failure)),
                        }),
                    }
                }
            },
            Err(failure) => Err(self.failure(source, to, failure)),
        }
    }

    /// The error of a call that gave no value.
    pub(super) fn failure(&self, source: &Source, to: Option<&str>, failure: Failure) -> CallError<E> {
        match failure {
            Failure::App { remote, typed } => {
                let callback = || source.name().to_owned();
                match (self.app)(remote, typed) {
                    Ok(error) => CallError::App(error),
                    Err(Unread::Lost(message)) => CallError::encode(callback(), message, true),
                    Err(Unread::Damaged(message)) => CallError::decode(callback(), message, true),
                }
            }
            Failure::Failed(failed) => {
                let called = source.traced().map(|traced| &traced.signature);
                CallError::from_failed(failed, source.name(), to, called)
            }
        }
    }
}

/// Why there is no `E`, in words.
pub(super) enum Unread {
    /// The provider could not send it.
    Lost(String),
    /// What came is none.
    Damaged(String),
}

/// The callback's own error as an `E`: the error itself, or its words if `E` is [`RemoteError`].
fn decode_app<E: DeserializeOwned + 'static>(remote: RemoteError, typed: Typed) -> Result<E, Unread> {
    let mut remote = Some(remote);
    if let Some(words) = (&mut remote as &mut dyn Any).downcast_mut::<Option<E>>() {
        return words
            .take()
            .ok_or_else(|| Unread::Damaged("the callback's error has no words".to_owned()));
    }
    // With the words that there are, whatever became of the error itself.
    let words = remote.map_or_else(String::new, |remote| format!("{remote:?}"));
    match typed {
        Typed::Encoded(bytes) => proto::decode_guarded(&bytes)
            .map_err(|error| Unread::Damaged(format!("the callback's error: {error}; it says: {words}"))),
        Typed::Lost(reason) => Err(Unread::Lost(format!(
            "the callback's error: {reason}; it says: {words}"
        ))),
        Typed::InWords => Err(Unread::Damaged(format!(
            "the callback's error came as text only: {words}"
        ))),
    }
}
