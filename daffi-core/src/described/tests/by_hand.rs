//! Values as people write and read them, in JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::generated::each;
use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<Line>,
    data: Vec<u8>,
    by_number: BTreeMap<u32, Kind>,
    by_pair: BTreeMap<(u8, char), bool>,
    weight: f64,
    twice: Option<Option<u8>>,
    huge: i128,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    item: String,
    price: u32,
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Lamp,
    Bulb(u16),
    Cable { length: f32 },
    Set(u8, bool),
}

fn order() -> Order {
    Order {
        id: u64::MAX,
        lines: vec![Line {
            item: "lamp".to_owned(),
            price: 7,
            note: None,
        }],
        data: vec![1, 2, 255],
        by_number: BTreeMap::from([
            (1, Kind::Lamp),
            (2, Kind::Bulb(3)),
            (3, Kind::Cable { length: 0.1 }),
            (4, Kind::Set(1, true)),
        ]),
        by_pair: BTreeMap::from([((1, 'a'), true)]),
        weight: f64::INFINITY,
        twice: Some(None),
        huge: i128::MIN,
    }
}

const WRITTEN: &str = r#"{"id":18446744073709551615,"lines":[{"item":"lamp","price":7,"note":null}],"data":"AQL/","by_number":{"1":"Lamp","2":{"Bulb":3},"3":{"Cable":{"length":0.1}},"4":{"Set":[1,true]}},"by_pair":[[[1,"a"],true]],"weight":"Infinity","twice":{"Some":null},"huge":"-170141183460469231731687303715884105728"}"#;

#[test]
fn a_value_is_printed_and_taken_again() {
    let layout = Layout::new(&trace::<Order>());
    let bytes = encode(&order()).unwrap();
    let printed = serde_json::to_string(&Printed::new(&layout, &bytes)).unwrap();
    assert_eq!(printed, WRITTEN);
    let taken: Json = serde_json::from_str(&printed).unwrap();
    assert_eq!(encode_by_hand(&layout, &taken).unwrap(), *bytes);
}

#[track_caller]
fn check<R: Serialize + DeserializeOwned + 'static>(written: &Json, expected: &R) {
    let bytes = encode_by_hand(&Layout::new(&trace::<R>()), written).unwrap();
    assert_eq!(bytes, *encode(expected).unwrap());
}

#[track_caller]
fn refused<R: DeserializeOwned + 'static>(written: &Json, expected: &str) {
    let misfit = encode_by_hand(&Layout::new(&trace::<R>()), written).expect_err("it does not fit");
    assert_eq!(misfit.at("order").to_string(), expected);
}

#[test]
fn texts_stand_for_what_json_has_not() {
    check(&json!("18446744073709551615"), &u64::MAX);
    check(&json!("-7"), &-7_i8);
    check(&json!("340282366920938463463374607431768211455"), &u128::MAX);
    check(&json!(1e3), &1000_u32);
    check(&json!("NaN"), &f64::NAN);
    check(&json!("-Infinity"), &f32::NEG_INFINITY);
    check(&json!(3), &3.0_f32);
    check(&json!("AQL_"), &vec![1_u8, 2, 255]);
    check(&json!([1, 2, 255]), &vec![1_u8, 2, 255]);
    check(&json!({"true": 1}), &BTreeMap::from([(true, 1_u8)]));
    check(&json!(null), &Some(None::<()>).and(None::<Option<()>>));
    check(&json!({"Some": 3}), &Some(Some(3_u8)));
    check(&json!(3), &Some(Some(3_u8)));
    check(&json!({"Some": null}), &Some(()));
    refused::<String>(&json!(7), "`order`: a string is expected, and integer `7` came");
    refused::<u8>(&json!("256"), "`order`: u8 is expected, and string \"256\" came");
    refused::<u8>(
        &json!(0.5),
        "`order`: u8 is expected, and floating point `0.5` came",
    );
    refused::<Vec<u8>>(
        &json!("A"),
        "`order`: a sequence is expected, and string \"A\", which is no base64, came",
    );
    refused::<Order>(
        &json!({"lines": [{"item": "lamp", "price": -1}]}),
        "`order.lines[0].price`: u32 is expected, and integer `-1` came",
    );
    refused::<Order>(
        &json!({"by_number": {"7": {"Bulb": "x"}}}),
        "`order.by_number[7].Bulb`: u16 is expected, and string \"x\" came",
    );
}

#[test]
fn numbers_written_by_hand_are_the_nearest_that_there_are() {
    check(&json!("-0"), &-0.0_f64);
    check(&json!("1.00000017881393432617187499"), &1.000_000_1_f32);
    check(&json!(100_000_000_000_000_000_u64), &1e17_f64);
    check(&json!(9_007_199_254_740_993_u64), &9_007_199_254_740_992.0_f64);
    check(&json!(1e16), &10_000_000_000_000_000_u64);
    for text in ["1e400", "inf", "nan", "+Infinity"] {
        refused::<f64>(
            &json!(text),
            &format!("`order`: f64 is expected, and string {text:?} came"),
        );
        refused::<f32>(
            &json!(text),
            &format!("`order`: f32 is expected, and string {text:?} came"),
        );
    }
    refused::<f32>(
        &json!("1e39"),
        "`order`: f32 is expected, and string \"1e39\" came",
    );
}

#[test]
fn a_key_written_in_two_ways_is_one_key() {
    refused::<BTreeMap<u8, u8>>(&json!({"7": 1, "07": 2}), "`order[1]`: this key comes twice");
}

/// One that is wrong is told, and no reason to panic.
#[test]
fn a_value_without_a_key_is_refused() {
    struct Wrong;
    impl Serialize for Wrong {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            serde::ser::SerializeMap::serialize_value(&mut map, &1_u8)?;
            serde::ser::SerializeMap::end(map)
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Nothing {}
    assert!(encode_by(&Layout::new(&trace::<Nothing>()), &Wrong).is_err());
}

/// Bits of what is no number have no place in a text.
#[test]
fn all_structures_are_printed_and_taken_again() {
    each(|ty, _, bytes| {
        let layout = Layout::new(ty);
        let printed = serde_json::to_string(&Printed::new(&layout, bytes)).unwrap();
        let taken: Json = serde_json::from_str(&printed).unwrap();
        let again = encode_by_hand(&layout, &taken);
        // A map may have a key twice, which only one has in JSON; and its entries have an order.
        if again.as_deref() != Ok(bytes) {
            let again = again.unwrap_or_else(|misfit| panic!("{ty}: {misfit}\n{printed}"));
            let printed = serde_json::to_string(&Printed::new(&layout, &again)).unwrap();
            assert_eq!(serde_json::from_str::<Json>(&printed).unwrap(), taken, "{ty}");
        }
    });
}

#[test]
fn bytes_that_are_no_value_are_not_printed() {
    let layout = Layout::new(&trace::<Vec<u16>>());
    let printed = |bytes: &[u8]| serde_json::to_string(&Printed::new(&layout, bytes));
    assert_eq!(printed(&[1, 7]).unwrap(), "[7]");
    let left = printed(&[1, 7, 7]).unwrap_err().to_string();
    assert_eq!(left, "1 bytes are left over after the value");
    assert!(printed(&[2, 7]).is_err());
}
