//! Calls by name, without a fetcher.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answer::{Decoders, Take};
use super::encoded::Arguments;
use super::future::Call;
use super::source::{Named, Source};
use super::stub::{Traced, told};
use crate::error::RemoteError;
use crate::proto;
use crate::proto::explained::{Which, encode_by_names};
use crate::registry::looking::Looking;
use crate::signature::{
    Allowances, ErrorType, Findings, Form, Interface, Notes, Readable, Returns, Signature, Type, findings,
    shape_for_all,
};

/// What is said of arguments that are none.
const NO_TUPLE: &str = "the arguments of a call by name are a tuple: `(value,)` for one, `()` for none";

/// A call of the callback `name`. The types of the arguments are known only from their values, so the signature has
/// gaps, and the first call of each shape is compared with the callback's by structure. What is looked into is `T`.
pub(crate) fn by_name<T>(name: &str, arguments: &impl Serialize, looking: Looking) -> Call<T, RemoteError>
where
    T: DeserializeOwned + 'static,
{
    let Readable { ty: ok, allows } = match looking {
        Looking::Nothing => Readable::unknown(Type::Opaque),
        Looking::Types | Looking::Values => traced_once::<T>(name),
    };
    let returns = Returns {
        ok,
        error: ErrorType::None,
    };
    let allows = Allowances::of_returns(&returns, allows, Vec::new());
    let mut is_alike = false;
    let (shape, encoded) = match shape_for_all(arguments) {
        Ok((shape @ (Type::Unit | Type::Tuple(_) | Type::Opaque), alike)) => {
            is_alike = alike;
            match proto::encode_held(arguments, &Form::unknown()) {
                Err(error) if error.is_told_by_names() => with_names(arguments),
                encoded => (shape, Arguments::from(encoded)),
            }
        }
        // About anything else nothing would be known, and it would be read as whatever the callback takes.
        Ok((shape, _)) => (shape, Arguments(Err(NO_TUPLE.to_owned()))),
        Err(_) => with_names(arguments),
    };
    let interface = Interface {
        signature: Signature::from_arguments(shape, returns),
        allows,
    };
    let named = Named {
        name: name.to_owned(),
        traced: Traced::unheld(interface, is_alike),
        exact: None,
    };
    Call::new(
        Source::Named(Arc::new(named)),
        encoded,
        Decoders::new(Take::Value(|bytes, reading| reading.decode(bytes))),
    )
}

/// Arguments that say themselves what they are, as positions cannot carry them.
fn with_names(arguments: &impl Serialize) -> (Type, Arguments) {
    match encode_by_names(arguments, &Form::unknown(), Which::Any) {
        Ok((bytes, explained)) => (
            Type::Tuple(vec![Type::Any; explained.len()]),
            Arguments(Ok(bytes.into())),
        ),
        Err(error) => (Type::Opaque, Arguments::from(Err(error))),
    }
}

/// The structure of `T`, traced the first time that it is asked for.
fn traced_once<T: DeserializeOwned + 'static>(callback: &str) -> Readable {
    static TRACED: Mutex<Option<HashMap<TypeId, Readable>>> = Mutex::new(None);
    let of = TypeId::of::<T>();
    let traced = || TRACED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = traced().as_ref().and_then(|traced| traced.get(&of).cloned());
    known.unwrap_or_else(|| {
        // Runs code of the user's, which no lock waits for.
        let Findings {
            ty,
            allows,
            panics,
            gaps,
            ..
        } = findings::<T>();
        let gaps = gaps.into_iter().map(|gap| gap.within("result")).collect();
        told(callback, Notes { panics, gaps });
        let readable = Readable { ty, allows };
        traced().get_or_insert_default().insert(of, readable.clone());
        readable
    })
}
