//! The functions that fetchers call.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::{Decoders, Take};
use super::encoded::Arguments;
use super::future::Call;
use super::source::Source;
use super::streaming::Streaming;
use super::stub::{Shown, Stub, Traced};
use crate::described::ReadAs;
use crate::proto::{self, DecodeError, Raw, RawBytes};
use crate::registry::looking::{self, Looking};
use crate::signature::{Contract, Forms, Origin};

/// A call of the callback that `stub` names. `signature` is asked for once per stub, and at each call for what values show.
pub fn call<T, E, A>(stub: &'static Stub, signature: impl Fn() -> Contract, arguments: &A) -> Call<T, E>
where
    T: DeserializeOwned,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        |forms| proto::encode_held(arguments, &forms.arguments),
        Take::Value(|bytes, reading| reading.decode(bytes)),
    )
}

/// As [`call`], for a result that crosses the wire as raw bytes.
pub fn call_raw<T, E, A>(stub: &'static Stub, signature: impl Fn() -> Contract, arguments: &A) -> Call<T, E>
where
    T: RawBytes,
    E: DeserializeOwned + 'static,
    A: Serialize,
{
    prepare(
        stub,
        signature,
        |forms| proto::encode_held(arguments, &forms.arguments),
        Take::Value(|bytes, reading| reading.decode::<Raw<T>>(bytes).map(|Raw(value)| value)),
    )
}

/// As [`call`], for a callback that returns a stream of values.
pub fn call_stream<T, E, A>(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
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
        |forms| proto::encode_held(arguments, &forms.arguments),
        Take::Stream(|opening| Streaming::result(opening, decode_item::<T>)),
    )
}

/// As [`call_stream`], for a stream of raw bytes.
pub fn call_stream_raw<T, E, A>(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
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
        |forms| proto::encode_held(arguments, &forms.arguments),
        Take::Stream(|opening| Streaming::result(opening, decode_raw_item::<T>)),
    )
}

/// A call that runs the callback once for each item of a stream, and gives their number. The stub is one of
/// [`each`](Stub::each).
pub fn call_each<E: DeserializeOwned + 'static>(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
) -> Call<u64, E> {
    let signature = || {
        let mut contract = signature();
        // They are the items of its stream.
        let arguments = std::mem::take(&mut contract.forms.arguments);
        contract.forms.streams = vec![Arc::new(arguments)];
        contract
    };
    prepare(stub, signature, |_| Ok(Bytes::new()), Take::Tally(|done| done))
}

/// An item of a stream of values.
pub fn decode_item<T: DeserializeOwned>(bytes: &[u8], reading: &ReadAs) -> Result<(T, usize), DecodeError> {
    reading.decode_next(bytes)
}

/// An item of a stream of raw bytes.
pub fn decode_raw_item<T: RawBytes>(bytes: &[u8], reading: &ReadAs) -> Result<(T, usize), DecodeError> {
    reading
        .decode_next::<Raw<T>>(bytes)
        .map(|(Raw(item), used)| (item, used))
}

fn prepare<T, E: DeserializeOwned + 'static>(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
    arguments: impl FnOnce(&Forms) -> Result<Bytes, proto::EncodeError>,
    take: Take<T>,
) -> Call<T, E> {
    let (source, arguments) = match stub.traced() {
        Some(traced) => (Source::Stub(stub), Arguments::from(arguments(&traced.forms))),
        None => first(stub, signature, arguments),
    };
    Call::new(source, arguments, Decoders::new(take))
}

/// The first call of a stub, or any of one that knows another signature at each.
fn first(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
    arguments: impl FnOnce(&Forms) -> Result<Bytes, proto::EncodeError>,
) -> (Source, Arguments) {
    let anew;
    let known = match stub.shown.get() {
        Some(known) => known,
        None => {
            let contract = looking::at(Looking::Types, &signature);
            let is_same = matches!(contract.origin, Origin::Type);
            if is_same && !stub.varying {
                let traced = stub.traced.get_or_init(|| Traced::new(stub.name, contract));
                return (Source::Stub(stub), Arguments::from(arguments(&traced.forms)));
            }
            if is_same {
                let traced = Traced::new(stub.name, contract);
                let arguments = Arguments::from(arguments(&traced.forms));
                return (Source::Varying(stub, Arc::new(traced)), arguments);
            }
            if stub.varying {
                anew = Shown::new(stub.name, contract);
                &anew
            } else {
                stub.shown.get_or_init(|| Shown::new(stub.name, contract))
            }
        }
    };
    let shown = looking::at(Looking::Values, signature);
    let traced = known.with(shown.interface.signature);
    let arguments = match shown.origin {
        Origin::Contradiction(contradiction) => Arguments(Err(contradiction.to_string())),
        Origin::Type | Origin::Value => Arguments::from(arguments(&traced.forms)),
    };
    (Source::Varying(stub, Arc::new(traced)), arguments)
}
