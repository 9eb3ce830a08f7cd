//! Choices by the types of a callback: how a parameter is decoded, and what becomes of what it returns.

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::ser::Serialize;

use super::super::check;
use super::{bytes_type, does_not_compile, findings};
use crate::call::{decode_item, decode_raw_item};
use crate::described::DecodeItem;
use crate::error::RemoteError;
use crate::proto::{AsRawBytes, Failed, Failure, Outcome, Raw, RawBytes, Typed};
use crate::registry::Answers;
use crate::signature::{ErrorFindings, Findings};

/// The traits without their names.
pub(super) mod choices {
    pub use super::{
        DecodeItemAny as _, DecodeItemBytes as _, DecodeItemValue as _, DescribedAny as _,
        DescribedAsError as _, DescribedAsSharedError as _, DescribedDebug as _, DescribedDisplay as _,
        DescribedError as _, DescribedRemote as _, DescribedValue as _, ErrorTypeAny as _,
        ErrorTypeRemote as _, ErrorTypeSent as _, ErrorTypeTraced as _, ErrorTypeValue as _, OutcomeAny as _,
        OutcomeAnyResult as _, OutcomeBytes as _, OutcomeBytesResult as _, OutcomeValue as _,
        OutcomeValueResult as _, ParameterAny as _, ParameterBytes as _, ParameterTraced as _, TakeAny as _,
        TakeBytes as _, TakeValue as _, TypedAny as _, TypedEncoded as _, TypedRemote as _, TypedValue as _,
        UncheckedErrorAny as _, UncheckedErrorRemote as _, UncheckedErrorSent as _, UncheckedErrorValue as _,
        ValueAny as _, ValueAnyResult as _, ValueBytes as _, ValueBytesResult as _, ValueSent as _,
        ValueSentResult as _, ValueTraced as _, ValueTracedResult as _,
    };
}

kinds! {
    /// A parameter.
    Parameter<T>;
    /// What is returned.
    Returned<R>;
    /// The same, where nothing is to be checked.
    Unchecked<R>;
}

choice! {
    // The shape of a parameter: `(&&&Parameter::<T>::new()).__daffi_type()`.
    __daffi_type {
        ParameterBytes: [T: RawBytes] &&Parameter<T>, () -> Findings { bytes_type() }
        ParameterTraced: [T: Deserialize<'static>] &Parameter<T>, () -> Findings { findings::<T>() }
        ParameterAny: [T] Parameter<T>, () -> Findings where<T> [T: check::Parameter] { does_not_compile::<T>() }
    }
}

choice! {
    // The parameter from what is decoded for it: `(&&&Parameter::<T>::new()).__daffi_take(decoded)`.
    __daffi_take {
        TakeBytes: [T: RawBytes] &&Parameter<T>, (decoded: Raw<T>) -> T { decoded.0 }
        TakeValue: ['de, T: Deserialize<'de>] &Parameter<T>, (decoded: T) -> T { decoded }
        TakeAny: [T] Parameter<T>, (_decoded: Undecodable<T>) -> T { does_not_compile::<T>() }
    }
}

choice! {
    // How the items of an argument stream are decoded: `(&&&Parameter::<T>::new()).__daffi_decode_item()`.
    __daffi_decode_item {
        DecodeItemBytes: [T: RawBytes] &&Parameter<T>, () -> DecodeItem<T> { decode_raw_item::<T> }
        DecodeItemValue: [T: DeserializeOwned] &Parameter<T>, () -> DecodeItem<T> { decode_item::<T> }
        DecodeItemAny: [T] Parameter<T>, () -> DecodeItem<T> where<T> [T: check::Parameter] { does_not_compile::<T>() }
    }
}

/// Stands in for a type that cannot be decoded.
#[derive(Debug)]
pub struct Undecodable<T>(PhantomData<fn() -> T>);

impl<'de, T> Deserialize<'de> for Undecodable<T> {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        does_not_compile::<T>()
    }
}

impl<T> check::HasDefault for Undecodable<T> {
    fn default_of() -> Self {
        does_not_compile::<T>()
    }
}

/// The type of what was returned, for a choice.
pub fn returned<R>(_: &R) -> Returned<R> {
    Returned::new()
}

choice! {
    // The shape of the value, inside its `Result` if it is in one: `(&&&&&&&&Returned::<R>::new()).__daffi_value_type()`.
    __daffi_value_type {
        ValueBytesResult: [T: AsRawBytes, E] &&&&&&&Returned<Result<T, E>>, () -> Findings { bytes_type() }
        ValueTracedResult: [T: Deserialize<'static>, E] &&&&&&Returned<Result<T, E>>, () -> Findings { findings::<T>() }
        ValueSentResult: [T: Serialize, E] &&&&&Returned<Result<T, E>>, () -> Findings where<T> [T: check::Compared] {
            does_not_compile::<T>()
        }
        ValueAnyResult: [T, E] &&&&Returned<Result<T, E>>, () -> Findings { does_not_compile::<T>() }
        ValueBytes: [R: AsRawBytes] &&&Returned<R>, () -> Findings { bytes_type() }
        ValueTraced: [R: Deserialize<'static>] &&Returned<R>, () -> Findings { findings::<R>() }
        ValueSent: [R: Serialize] &Returned<R>, () -> Findings where<R> [R: check::Compared] { does_not_compile::<R>() }
        ValueAny: [R] Returned<R>, () -> Findings { does_not_compile::<R>() }
    }
}

choice! {
    // How an error is sent, if a `Result` is returned: `(&&&&&Returned::<R>::new()).__daffi_error_type()`.
    __daffi_error_type {
        ErrorTypeRemote: [T] &&&&Returned<Result<T, RemoteError>>, () -> ErrorFindings { ErrorFindings::Remote }
        ErrorTypeTraced: [T, E: Serialize + Deserialize<'static>] &&&Returned<Result<T, E>>, () -> ErrorFindings {
            ErrorFindings::Typed(findings::<E>())
        }
        ErrorTypeSent: [T, E: Serialize] &&Returned<Result<T, E>>, () -> ErrorFindings where<E> [E: check::Compared] {
            does_not_compile::<E>()
        }
        ErrorTypeAny: [T, E] &Returned<Result<T, E>>, () -> ErrorFindings { ErrorFindings::Remote }
        ErrorTypeValue: [R] Returned<R>, () -> ErrorFindings { ErrorFindings::None }
    }
}

choice! {
    // The same without a look at its type: `(&&&&Unchecked::<R>::new()).__daffi_error_type()`.
    __daffi_error_type {
        UncheckedErrorRemote: [T] &&&Unchecked<Result<T, RemoteError>>, () -> ErrorFindings { ErrorFindings::Remote }
        UncheckedErrorSent: [T, E: Serialize] &&Unchecked<Result<T, E>>, () -> ErrorFindings {
            ErrorFindings::Typed(Findings::nothing())
        }
        UncheckedErrorAny: [T, E] &Unchecked<Result<T, E>>, () -> ErrorFindings { ErrorFindings::Remote }
        UncheckedErrorValue: [R] Unchecked<R>, () -> ErrorFindings { ErrorFindings::None }
    }
}

choice! {
    // The error in words, if there is one: `(&&&&&&&&returned(&r)).__daffi_described(&r)`.
    //
    // `anyhow::Error` and `eyre::Report` are no [`Error`]s, they give one by [`AsRef`].
    __daffi_described {
        DescribedRemote: ['r, T] &&&&&&&Returned<Result<T, RemoteError>>,
        (returned: &'r Result<T, RemoteError>) -> Option<RemoteError> {
            returned.as_ref().err().cloned()
        }
        DescribedError: ['r, T, E: Error] &&&&&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|error| in_words(error, error.source()))
        }
        DescribedAsSharedError: ['r, T, E: AsRef<dyn Error + Send + Sync>] &&&&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|error| in_words(error.as_ref(), error.as_ref().source()))
        }
        DescribedAsError: ['r, T, E: AsRef<dyn Error>] &&&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|error| in_words(error.as_ref(), error.as_ref().source()))
        }
        DescribedDisplay: ['r, T, E: Display] &&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|error| in_words(error, None))
        }
        DescribedDebug: ['r, T, E: Debug] &&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|error| in_words(format_args!("{error:?}"), None))
        }
        DescribedAny: ['r, T, E] &Returned<Result<T, E>>,
        (returned: &'r Result<T, E>) -> Option<RemoteError> {
            returned.as_ref().err().map(|_| in_words(type_name::<E>(), None))
        }
        DescribedValue: ['r, R] Returned<R>, (_returned: &'r R) -> Option<RemoteError> { None }
    }
}

fn in_words(message: impl Display, source: Option<&(dyn Error + 'static)>) -> RemoteError {
    RemoteError::caused_by(message.to_string(), source)
}

choice! {
    // The error as it is, encoded, if there is one and it can be: `(&&&&returned(&r)).__daffi_typed(&r, answers)`.
    __daffi_typed {
        TypedRemote: ['r, 'f, T] &&&Returned<Result<T, RemoteError>>,
        (_returned: &'r Result<T, RemoteError>, _answers: &'f Answers) -> Option<Outcome> { None }
        TypedEncoded: ['r, 'f, T, E: Serialize] &&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>, answers: &'f Answers) -> Option<Outcome> {
            returned.as_ref().err().map(|error| answers.error(error))
        }
        TypedAny: ['r, 'f, T, E] &Returned<Result<T, E>>,
        (_returned: &'r Result<T, E>, _answers: &'f Answers) -> Option<Outcome> { None }
        TypedValue: ['r, 'f, R] Returned<R>, (_returned: &'r R, _answers: &'f Answers) -> Option<Outcome> { None }
    }
}

choice! {
    // What the caller gets: `(&&&&&&returned(&r)).__daffi_outcome(&r, described, typed, answers)`.
    __daffi_outcome {
        OutcomeBytesResult: ['r, 'f, T: AsRawBytes, E] &&&&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>, described: Option<RemoteError>, typed: Option<Outcome>, answers: &'f Answers) -> Outcome {
            match returned {
                Ok(value) => answers.value(&Raw(value)),
                Err(_) => failed(described, typed),
            }
        }
        OutcomeValueResult: ['r, 'f, T: Serialize, E] &&&&Returned<Result<T, E>>,
        (returned: &'r Result<T, E>, described: Option<RemoteError>, typed: Option<Outcome>, answers: &'f Answers) -> Outcome {
            match returned {
                Ok(value) => answers.value(value),
                Err(_) => failed(described, typed),
            }
        }
        OutcomeAnyResult: ['r, 'f, T, E] &&&Returned<Result<T, E>>,
        (_returned: &'r Result<T, E>, _described: Option<RemoteError>, _typed: Option<Outcome>, _answers: &'f Answers) -> Outcome
        where<T> [T: check::Returnable] { does_not_compile::<T>() }
        OutcomeBytes: ['r, 'f, R: AsRawBytes] &&Returned<R>,
        (returned: &'r R, _described: Option<RemoteError>, _typed: Option<Outcome>, answers: &'f Answers) -> Outcome {
            answers.value(&Raw(returned))
        }
        OutcomeValue: ['r, 'f, R: Serialize] &Returned<R>,
        (returned: &'r R, _described: Option<RemoteError>, _typed: Option<Outcome>, answers: &'f Answers) -> Outcome {
            answers.value(returned)
        }
        OutcomeAny: ['r, 'f, R] Returned<R>,
        (_returned: &'r R, _described: Option<RemoteError>, _typed: Option<Outcome>, _answers: &'f Answers) -> Outcome
        where<R> [R: check::Returnable] { does_not_compile::<R>() }
    }
}

fn failed(described: Option<RemoteError>, typed: Option<Outcome>) -> Outcome {
    let described = described.expect("whatever error there is has been described");
    Err(match typed.transpose() {
        Ok(typed) => Failure::app(described, typed),
        Err(Failure::Failed(Failed::Encode { message })) => Failure::app_lost(described, message),
        Err(Failure::Explained(typed)) => Failure::App {
            remote: described,
            typed: Typed::Explained(typed),
        },
        Err(other) => other,
    })
}
