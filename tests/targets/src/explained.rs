//! Bytes as a value that says itself what it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use daffi_core::described::{Json, Layout, Misfit, decode, encode_by_hand};
use daffi_core::signature::Type;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "explained",
    run,
    seeds,
};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Wide(f64),
    Text(String),
    List(Vec<Loose>),
    Order(Box<Order>),
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Small,
    Large(u8),
    Pair(u8, char),
    Named {
        number: u128,
        #[serde(default)]
        bytes: Vec<u8>,
    },
}

fn check(misfit: &Misfit) {
    assert!(!misfit.words().is_empty() && misfit.words().len() < 1024);
    assert!(misfit.path().len() < 4096);
}

fn run(bytes: &[u8]) {
    let layout = Arc::new(Layout::new(&Type::Any));
    let passed = decode::<IgnoredAny>(&layout, bytes);
    let shown = Json::new(&layout, bytes);
    assert_eq!(passed.is_ok(), shown.is_ok(), "{:?}", passed.err());
    if let Ok(shown) = &shown {
        let text = shown.to_string();
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    }
    match decode::<Value>(&layout, bytes) {
        Ok(value) => {
            assert!(shown.is_ok());
            let again = encode_by_hand(&layout, &value).expect("it was sent");
            assert_eq!(decode::<Value>(&layout, &again).expect("it was written"), value);
        }
        Err(misfit) => check(&misfit),
    }
    passed.err().iter().for_each(check);
    shown.err().iter().for_each(check);
    decode::<Loose>(&layout, bytes).err().iter().for_each(check);
    decode::<Order>(&layout, bytes).err().iter().for_each(check);
    decode::<Kind>(&layout, bytes).err().iter().for_each(check);
    decode::<Option<(i128, Box<[u16]>)>>(&layout, bytes)
        .err()
        .iter()
        .for_each(check);
}

fn seed<T: Serialize>(value: &T) -> Vec<u8> {
    encode_by_hand(&Layout::new(&Type::Any), value).expect("it can be written")
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        seed(&json!({"id": 7, "kind": {"Large": 3}, "more": [null, true, -1, 0.5, "ж", u64::MAX, {}]})),
        seed(&[Kind::Small, Kind::Pair(1, 'a')]),
        seed(&Kind::Named {
            number: 1 << 100,
            bytes: vec![1, 2],
        }),
        seed(&Some((-1_i128, [1_u16, 300]))),
        seed(&vec!["x".repeat(300); 20]),
        seed(
            &(0..70)
                .map(|depth| (depth, i64::from(depth) << 40))
                .collect::<BTreeMap<_, _>>(),
        ),
    ]
}
