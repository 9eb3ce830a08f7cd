//! Bytes as values, under guard. The first byte says of which type.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use daffi_core::proto::{
    Balance, CallbackEntry, CallbackId, Offered, ProcessEntry, RemoteError, decode_guarded, encode,
};
use daffi_core::signature::{ErrorType, Returns, Signature, trace};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Target;
use crate::frame::offers;
use crate::input::{Input, write_block};

pub(crate) const TARGET: Target = Target {
    name: "payload",
    run,
    seeds,
};

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

/// Decodes a `T`; what is understood is the same when it is sent on. Where that takes fewer bytes, as a key that came twice goes once, it
/// may be more than so few may hold.
fn check<T: Debug + PartialEq + Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = decode_guarded(bytes).ok()?;
    let again = encode(&value).expect("what was received can be sent");
    match decode_guarded::<T>(&again) {
        Ok(other) => assert_eq!(other, value),
        Err(error) => assert!(
            again.len() < bytes.len(),
            "what was sent can be received: {error}"
        ),
    }
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

/// What is understood is the same when it is sent on, and decoding comes to an end.
fn run(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % KINDS {
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
        9 => drop(check::<HashMap<u8, Vec<[(); 3]>>>(bytes)),
        _ => {
            let mut input = Input::new(bytes);
            let Some(Ok(one)) = input.block().map(decode_guarded::<Signature>) else {
                return;
            };
            let Ok(other) = decode_guarded::<Signature>(input.rest()) else {
                return;
            };
            // Two processes decide it each for itself.
            assert_eq!(one.is_compatible_with(&other), one.is_compatible_with(&other));
        }
    }
}

/// How many kinds of values there are.
const KINDS: u8 = 11;

fn seeds() -> Vec<Vec<u8>> {
    fn seed<T: Serialize + ?Sized>(kind: u8, value: &T) -> Vec<u8> {
        let mut bytes = vec![kind];
        bytes.extend(encode(value).expect("it is short"));
        bytes
    }
    let pair = Json::Pair {
        left: Some(Box::new(Json::Null)),
        right: (Box::new(Json::Bool(true)), [1, 2]),
    };
    let json = Json::List(vec![
        Json::Number(-300),
        Json::Text("text".to_owned()),
        Json::Object(BTreeMap::from([("key".to_owned(), pair)])),
    ]);
    let signatures = [
        trace::<Json>(),
        trace::<Chain>(),
        trace::<Vec<Option<(u8, String)>>>(),
    ]
    .map(|ok| {
        let error = ErrorType::None;
        Signature::new([("n", trace::<u32>())], Returns { ok, error })
    });
    let mut seeds = vec![
        seed(1, &[CallbackId(1), CallbackId(2)][..]),
        seed(4, &RemoteError::new("no", vec!["because".to_owned()])),
        seed(6, &json),
        seed(7, &Chain(Some(Box::new(Chain(None))))),
        seed(8, &[[(); 2]; 2]),
        seed(9, &HashMap::from([(1u8, vec![[(); 3]; 2])])),
    ];
    seeds.push([&[0], &offers("add", Some(1), Balance::Random)[..]].concat());
    for signature in &signatures {
        seeds.push(seed(5, signature));
        let mut two = vec![10];
        write_block(&mut two, &encode(signature).expect("it is short"));
        two.extend(encode(&signatures[0]).expect("it is short"));
        seeds.push(two);
    }
    seeds
}
