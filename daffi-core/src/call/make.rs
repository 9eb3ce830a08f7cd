//! The functions that fetchers call.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::info;

use super::answer::{Decoders, Take};
use super::encoded::Arguments;
use super::future::Call;
use super::source::Source;
use super::streaming::Streaming;
use super::stub::{Shown, Stub, Traced};
use crate::described::ReadAs;
use crate::panics::logged;
use crate::proto::explained::{Which, encode_by_names};
use crate::proto::{self, DecodeError, Raw, RawBytes};
use crate::registry::looking::{self, Looking};
use crate::signature::{Contract, Origin};

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
        |traced| written(stub, traced, arguments),
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
        |traced| written(stub, traced, arguments),
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
        |traced| written(stub, traced, arguments),
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
        |traced| written(stub, traced, arguments),
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
    let none = |_: &_| (Arguments(Ok(Bytes::new())), None);
    prepare(stub, signature, none, Take::Tally(|done| done))
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

/// Arguments that are encoded, and what is known of the call instead where positions cannot carry them as they are.
type Written = (Arguments, Option<Arc<Traced>>);

/// Encodes the arguments.
fn written<A: Serialize>(stub: &'static Stub, traced: &Traced, arguments: &A) -> Written {
    match proto::encode_held(arguments, &traced.forms.arguments) {
        Err(error) if error.is_told_by_names() => with_names(stub, traced, arguments, &error),
        encoded => (Arguments::from(encoded), None),
    }
}

/// Encodes arguments of which some say themselves what they are, since positions cannot carry them, for which there is an `error`.
#[cold]
fn with_names<A: Serialize>(
    stub: &'static Stub,
    traced: &Traced,
    arguments: &A,
    error: &proto::EncodeError,
) -> Written {
    let which = Which::Needed(traced.unknown());
    let (bytes, explained) = match encode_by_names(arguments, &traced.forms.arguments, which) {
        Ok(encoded) => encoded,
        Err(named) => return (Arguments::from(Err(named.where_names_were_for(error))), None),
    };
    let anew = || (explained.clone(), Arc::new(traced.explaining(&explained)));
    let (known, kept) = stub.explained.get_or_init(|| {
        logged(|| {
            info!(
                callback = stub.name,
                "an argument is sent with names, which is slower and longer, as positions cannot carry it: {error}"
            );
        });
        anew()
    });
    let is_same = *known == explained && !stub.varying && stub.traced().is_some();
    let traced = if is_same { Arc::clone(kept) } else { anew().1 };
    (Arguments(Ok(bytes.into())), Some(traced))
}

fn prepare<T, E: DeserializeOwned + 'static>(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
    arguments: impl FnOnce(&Traced) -> Written,
    take: Take<T>,
) -> Call<T, E> {
    let (source, arguments) = match stub.traced() {
        Some(traced) => known(stub, arguments(traced)),
        None => first(stub, signature, arguments),
    };
    Call::new(source, arguments, Decoders::new(take))
}

/// A call of a stub that is known, but for arguments which are sent otherwise.
fn known(stub: &'static Stub, (arguments, otherwise): Written) -> (Source, Arguments) {
    let source = otherwise.map_or(Source::Stub(stub), |traced| Source::Varying(stub, traced));
    (source, arguments)
}

/// The same of one that is another at each call.
fn varying(
    stub: &'static Stub,
    traced: Traced,
    arguments: impl FnOnce(&Traced) -> Written,
) -> (Source, Arguments) {
    let (arguments, otherwise) = arguments(&traced);
    let traced = otherwise.unwrap_or_else(|| Arc::new(traced));
    (Source::Varying(stub, traced), arguments)
}

/// The first call of a stub, or any of one that knows another signature at each.
fn first(
    stub: &'static Stub,
    signature: impl Fn() -> Contract,
    arguments: impl FnOnce(&Traced) -> Written,
) -> (Source, Arguments) {
    let anew;
    let before = match stub.shown.get() {
        Some(before) => before,
        None => {
            let contract = looking::at(Looking::Types, &signature);
            let is_same = matches!(contract.origin, Origin::Type);
            if is_same && !stub.varying {
                let traced = stub.traced.get_or_init(|| Traced::new(stub.name, contract));
                return known(stub, arguments(traced));
            }
            if is_same {
                return varying(stub, Traced::new(stub.name, contract), arguments);
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
    let traced = before.with(shown.interface.signature);
    match shown.origin {
        Origin::Contradiction(contradiction) => {
            let arguments = Arguments(Err(contradiction.to_string()));
            (Source::Varying(stub, Arc::new(traced)), arguments)
        }
        Origin::Type | Origin::Value => varying(stub, traced, arguments),
    }
}
