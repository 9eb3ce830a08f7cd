//! Bytes as values, under guard. The first byte says of which type.

#![no_main]

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use daffi_core::proto::{
    CallbackEntry, CallbackId, Offered, ProcessEntry, RemoteError, decode_guarded, encode,
};
use daffi_core::signature::Signature;
use libfuzzer_sys::fuzz_target;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
    Pair {
        left: Option<Box<Json>>,
        right: (Box<Json>, [u8; 2]),
    },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

/// Decodes a `T`; what is understood is the same when it is sent on.
fn check<T: Debug + PartialEq + Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = decode_guarded(bytes).ok()?;
    let again = encode(&value).expect("what was received can be sent");
    assert_eq!(
        decode_guarded::<T>(&again).expect("what was sent can be received"),
        value
    );
    Some(value)
}

/// Does with a peer's signature whatever is done with one.
fn use_signature(signature: &Signature) {
    assert_ne!(signature.number(), 0);
    assert_ne!(signature.plain_number(), 0);
    assert!(signature.is_compatible_with(signature));
    let _ = (
        signature.to_string(),
        signature.first_opaque(),
        signature.needs_guard(),
    );
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else {
        return;
    };
    match kind % 10 {
        0 => {
            for offered in check::<Vec<Offered>>(bytes).into_iter().flatten() {
                if let Ok(signature) = offered.signature.decode() {
                    use_signature(&signature);
                }
            }
        }
        1 => drop(check::<Vec<CallbackId>>(bytes)),
        2 => drop(check::<Vec<ProcessEntry>>(bytes)),
        3 => drop(check::<Vec<CallbackEntry>>(bytes)),
        4 => drop(check::<RemoteError>(bytes)),
        5 => check::<Signature>(bytes).iter().for_each(use_signature),
        6 => drop(check::<Json>(bytes)),
        7 => drop(check::<Chain>(bytes)),
        8 => drop(check::<Vec<Vec<()>>>(bytes)),
        _ => drop(check::<HashMap<u8, Vec<[(); 3]>>>(bytes)),
    }
});
