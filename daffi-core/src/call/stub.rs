//! What a fetcher knows before it is called, and the one function that every fetcher calls.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::future::{Arguments, Call, Decoders, Source, Take};
use super::streaming::Streaming;
use crate::proto::{self, DecodeError, Mode, Raw, RawBytes};
use crate::registry::decode;
use crate::signature::Signature;

/// A fetcher's own data: one static for each.
#[derive(Debug)]
pub struct Stub {
    pub(super) name: &'static str,
    pub(super) timeout: Option<Duration>,
    pub(super) to: Option<&'static str>,
    pub(super) retries: u32,
    pub(super) idempotent: bool,
    pub(super) mode: Mode,
    varying: bool,
    traced: OnceLock<Traced>,
}

/// A signature and what follows from it, computed once.
#[derive(Debug)]
pub(super) struct Traced {
    pub(super) signature: Signature,
    pub(super) number: u64,
    /// Whether the result can nest without end.
    pub(super) guarded: bool,
}

impl Traced {
    pub(super) fn new(signature: Signature) -> Self {
        Self {
            number: signature.number(),
            guarded: signature.needs_guard(),
            signature,
        }
    }
}

impl Stub {
    /// A fetcher of the callback `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            timeout: None,
            to: None,
            retries: 0,
            idempotent: false,
            mode: Mode::Answered,
            varying: false,
            traced: OnceLock::new(),
        }
    }

    /// Every call ends after `timeout`, unless it says otherwise.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Every call goes to `process`, unless it says otherwise.
    #[must_use]
    pub const fn to(mut self, process: &'static str) -> Self {
        self.to = Some(process);
        self
    }

    /// Every call that fails for a reason which may pass is made again up to so many times; see
    /// [`Call::retry`](crate::Call::retry).
    #[must_use]
    pub const fn retry(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The callback may run more than once for one call; see [`Call::idempotent`](crate::Call::idempotent).
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Every call runs the callback once for each item of a stream.
    #[must_use]
    pub const fn each(mut self) -> Self {
        self.mode = Mode::Each;
        self
    }

    /// Its types depend on parameters of the block that it stands in: its static is shared by all of them.
    #[must_use]
    pub const fn varying(mut self) -> Self {
        self.varying = true;
        self
    }

    pub(super) fn traced(&self) -> Option<&Traced> {
        self.traced.get()
    }
}

/// A call of the callback that `stub` names. `signature` is asked for once per stub.
pub fn call<T, E, A>(stub: &'static Stub, signature: impl FnOnce() -> Signature, arguments: &A) -> Call<T, E>
where
    T: DeserializeOwned,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        proto::encode(arguments),
        Take::Value(|bytes, guarded| decode(bytes, guarded)),
    )
}

/// As [`call`], for a result that crosses the wire as raw bytes.
pub fn call_raw<T, E, A>(
    stub: &'static Stub,
    signature: impl FnOnce() -> Signature,
    arguments: &A,
) -> Call<T, E>
where
    T: RawBytes,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        proto::encode(arguments),
        Take::Value(|bytes, _| decode::<Raw<T>>(bytes, false).map(|Raw(value)| value)),
    )
}

/// As [`call`], for a callback that returns a stream of values.
pub fn call_stream<T, E, A>(
    stub: &'static Stub,
    signature: impl FnOnce() -> Signature,
    arguments: &A,
) -> Call<Streaming<T>, E>
where
    T: DeserializeOwned,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        proto::encode(arguments),
        Take::Stream(|opening| Streaming::result(opening, decode_item::<T>)),
    )
}

/// As [`call_stream`], for a stream of raw bytes.
pub fn call_stream_raw<T, E, A>(
    stub: &'static Stub,
    signature: impl FnOnce() -> Signature,
    arguments: &A,
) -> Call<Streaming<T>, E>
where
    T: RawBytes,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        proto::encode(arguments),
        Take::Stream(|opening| Streaming::result(opening, decode_raw_item::<T>)),
    )
}

/// A call that runs the callback once for each item of a stream, and gives their number. The stub is one of
/// [`each`](Stub::each).
pub fn call_each<E: DeserializeOwned + 'static>(
    stub: &'static Stub,
    signature: impl FnOnce() -> Signature,
) -> Call<u64, E> {
    prepare(stub, signature, Ok(Bytes::new()), Take::Tally(|done| done))
}

/// An item of a stream of values.
pub fn decode_item<T: DeserializeOwned>(bytes: &[u8], guarded: bool) -> Result<(T, usize), DecodeError> {
    proto::decode_next(bytes, guarded)
}

/// An item of a stream of raw bytes.
pub fn decode_raw_item<T: RawBytes>(bytes: &[u8], _: bool) -> Result<(T, usize), DecodeError> {
    proto::decode_next::<Raw<T>>(bytes, false).map(|(Raw(item), used)| (item, used))
}

fn prepare<T, E: DeserializeOwned + 'static>(
    stub: &'static Stub,
    signature: impl FnOnce() -> Signature,
    arguments: Result<Bytes, proto::EncodeError>,
    take: Take<T>,
) -> Call<T, E> {
    let source = if stub.varying {
        Source::Varying(stub, Arc::new(Traced::new(signature())))
    } else {
        stub.traced.get_or_init(|| Traced::new(signature()));
        Source::Stub(stub)
    };
    Call::new(source, Arguments::from(arguments), Decoders::new(take))
}
