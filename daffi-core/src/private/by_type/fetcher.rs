//! Choices by the types of a fetcher: how an argument is encoded, and what is asked of the answer.

use std::error::Error;
use std::fmt::Display;

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

use super::super::check;
use super::{bytes_type, does_not_compile, findings};
use crate::call::{
    AsyncResult, Call, Streaming, Stub, call, call_each, call_raw, call_stream, call_stream_raw,
};
use crate::error::{RemoteError, Shown};
use crate::proto::{AsRawBytes, Raw, RawBytes};
use crate::signature::{Contract, ErrorFindings, Findings};

/// The traits without their names.
pub(super) mod choices {
    pub use super::{
        ArgumentAny as _, ArgumentBytes as _, ArgumentValue as _, BackgroundAny as _, BackgroundSend as _,
        CallAny as _, CallBytes as _, CallValue as _, FetchedAny as _, FetchedBytes as _,
        FetchedErrorAny as _, FetchedErrorRemote as _, FetchedErrorTraced as _, FetchedHidden as _,
        FetchedTraced as _, InsideAny as _, InsideBytes as _, InsideTraced as _, ShownAny as _,
        ShownDisplay as _, ShownError as _,
    };
}

kinds! {
    /// An argument.
    Argument<T>;
    /// The value that is returned.
    Fetched<T>;
    /// The value in a `Result` that is returned, which may be another `Result`.
    FetchedInside<T>;
    /// The error that is returned.
    FetchedError<E>;
    /// Both.
    Answer<T, E>;
}

/// The type of an argument, for a choice.
pub fn argument<T>(_: &T) -> Argument<T> {
    Argument::new()
}

choice! {
    // What to encode for an argument: `(&&&Argument::<T>::new()).__daffi_lower(value)`.
    __daffi_lower {
        ArgumentBytes: [T: AsRawBytes] &&Argument<T>, (value: T) -> Raw<T> { Raw(value) }
        ArgumentValue: [T: Serialize] &Argument<T>, (value: T) -> T { value }
        ArgumentAny: [T] Argument<T>, (_value: T) -> () where<T> [T: check::Argument] {}
    }
}

choice! {
    // The shape of the value: `(&&&&Fetched::<T>::new()).__daffi_type()`.
    __daffi_type {
        FetchedHidden: [T, E] &&&Fetched<Result<T, E>>, () -> Findings where<T, E> [Result<T, E>: check::NotHidden] {
            does_not_compile::<Result<T, E>>()
        }
        FetchedBytes: [T: RawBytes] &&Fetched<T>, () -> Findings { bytes_type() }
        FetchedTraced: [T: DeserializeOwned] &Fetched<T>, () -> Findings { findings::<T>() }
        FetchedAny: [T] Fetched<T>, () -> Findings where<T> [T: check::Received] { does_not_compile::<T>() }
    }
}

choice! {
    // The same of a value in a `Result`: `(&&&FetchedInside::<T>::new()).__daffi_type()`.
    __daffi_type {
        InsideBytes: [T: RawBytes] &&FetchedInside<T>, () -> Findings { bytes_type() }
        InsideTraced: [T: DeserializeOwned] &FetchedInside<T>, () -> Findings { findings::<T>() }
        InsideAny: [T] FetchedInside<T>, () -> Findings where<T> [T: check::Received] { does_not_compile::<T>() }
    }
}

choice! {
    // How the error is received: `(&&&FetchedError::<E>::new()).__daffi_error_type()`.
    __daffi_error_type {
        FetchedErrorRemote: [] &&FetchedError<RemoteError>, () -> ErrorFindings { ErrorFindings::Remote }
        FetchedErrorTraced: [E: DeserializeOwned] &FetchedError<E>, () -> ErrorFindings {
            ErrorFindings::Typed(findings::<E>())
        }
        FetchedErrorAny: [E] FetchedError<E>, () -> ErrorFindings where<E> [E: check::ReceivedError] {
            does_not_compile::<E>()
        }
    }
}

choice! {
    // How the error is shown: `(&&&FetchedError::<E>::new()).__daffi_shown()`.
    __daffi_shown {
        ShownError: [E: Error + 'static] &&FetchedError<E>, () -> Option<Shown> { Some(Shown::error::<E>()) }
        ShownDisplay: [E: Display + 'static] &FetchedError<E>, () -> Option<Shown> { Some(Shown::display::<E>()) }
        ShownAny: [E] FetchedError<E>, () -> Option<Shown> { None }
    }
}

// The choice of the call itself, `(&&&Answer::<T, E>::new()).__daffi_call(stub, signature, &arguments)`, has parameters
// of generic types and is written out.

/// The value is bytes.
pub trait CallBytes<T, E> {
    /// Encodes the arguments.
    fn __daffi_call<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<T, E>;

    /// As [`__daffi_call`](Self::__daffi_call), for a stream.
    fn __daffi_call_stream<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<Streaming<T>, E>;

    /// As [`__daffi_call`](Self::__daffi_call), for a callback that runs once for each item of a stream.
    fn __daffi_call_each(&self, stub: &'static Stub, signature: impl Fn() -> Contract) -> Call<u64, E>;
}

impl<T: RawBytes, E: DeserializeOwned + 'static> CallBytes<T, E> for &&Answer<T, E> {
    fn __daffi_call<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<T, E> {
        call_raw(stub, signature, arguments)
    }

    fn __daffi_call_stream<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<Streaming<T>, E> {
        call_stream_raw(stub, signature, arguments)
    }

    fn __daffi_call_each(&self, stub: &'static Stub, signature: impl Fn() -> Contract) -> Call<u64, E> {
        call_each(stub, signature)
    }
}

/// The value is any that can be decoded.
pub trait CallValue<T, E> {
    /// Encodes the arguments.
    fn __daffi_call<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<T, E>;

    /// As [`__daffi_call`](Self::__daffi_call), for a stream.
    fn __daffi_call_stream<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<Streaming<T>, E>;

    /// As [`__daffi_call`](Self::__daffi_call), for a callback that runs once for each item of a stream.
    fn __daffi_call_each(&self, stub: &'static Stub, signature: impl Fn() -> Contract) -> Call<u64, E>;
}

impl<T: DeserializeOwned, E: DeserializeOwned + 'static> CallValue<T, E> for &Answer<T, E> {
    fn __daffi_call<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<T, E> {
        call(stub, signature, arguments)
    }

    fn __daffi_call_stream<A: Serialize>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<Streaming<T>, E> {
        call_stream(stub, signature, arguments)
    }

    fn __daffi_call_each(&self, stub: &'static Stub, signature: impl Fn() -> Contract) -> Call<u64, E> {
        call_each(stub, signature)
    }
}

/// The value or the error cannot be received, which the choice of its shape says.
pub trait CallAny<T, E> {
    /// Encodes the arguments.
    fn __daffi_call<A>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<T, E>;

    /// As [`__daffi_call`](Self::__daffi_call), for a stream.
    fn __daffi_call_stream<A>(
        &self,
        stub: &'static Stub,
        signature: impl Fn() -> Contract,
        arguments: &A,
    ) -> Call<Streaming<T>, E>
    where
        T: check::Received;

    /// As [`__daffi_call`](Self::__daffi_call), for a callback that runs once for each item of a stream.
    fn __daffi_call_each(&self, stub: &'static Stub, signature: impl Fn() -> Contract) -> Call<u64, E>;
}

impl<T, E> CallAny<T, E> for Answer<T, E> {
    fn __daffi_call<A>(&self, _: &'static Stub, _: impl Fn() -> Contract, _: &A) -> Call<T, E> {
        does_not_compile::<(T, E)>()
    }

    fn __daffi_call_stream<A>(
        &self,
        _: &'static Stub,
        _: impl Fn() -> Contract,
        _: &A,
    ) -> Call<Streaming<T>, E>
    where
        T: check::Received,
    {
        does_not_compile::<(T, E)>()
    }

    fn __daffi_call_each(&self, _: &'static Stub, _: impl Fn() -> Contract) -> Call<u64, E> {
        does_not_compile::<(T, E)>()
    }
}

choice! {
    // The call in the background: `(&&Answer::<T, E>::new()).__daffi_background(call)`. What is not `Send` gets its
    // message from `check::background`.
    __daffi_background {
        BackgroundSend: [T: Send + 'static, E: Send + 'static] &Answer<T, E>, (call: Call<T, E>) -> AsyncResult<T, E> {
            call.bg()
        }
        BackgroundAny: [T, E] Answer<T, E>, (_call: Call<T, E>) -> AsyncResult<T, E> { does_not_compile::<(T, E)>() }
    }
}
