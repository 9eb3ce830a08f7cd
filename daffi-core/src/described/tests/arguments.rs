//! Arguments as people write them, and JSON as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Written, json};

use super::*;
use crate::signature::{Parameter, Type};

fn parameters(all: &[(&str, Type)]) -> Vec<Parameter> {
    let parameter = |(name, ty): &(&str, Type)| Parameter {
        name: (*name).to_owned(),
        ty: ty.clone(),
    };
    all.iter().map(parameter).collect()
}

fn order() -> Arguments {
    Arguments::new(&parameters(&[
        ("item", Type::Str),
        ("lines", trace::<Vec<u8>>().streamed()),
        ("count", trace::<Vec<(u16, f64)>>()),
        ("note", trace::<Option<String>>()),
    ]))
}

#[track_caller]
fn check(written: &Written, by_name: bool) {
    let encoded = order().encode(written).unwrap();
    let expected = encode(&("lamp", vec![(7_u16, 0.5_f64)], None::<String>)).unwrap();
    assert_eq!((&*encoded.bytes, encoded.by_name), (&*expected, by_name));
}

#[track_caller]
fn refused(arguments: &Arguments, written: &Written, expected: &str) {
    let misfit = arguments.encode(written).expect_err("it does not fit");
    assert_eq!(misfit.to_string(), expected);
}

#[test]
fn arguments_are_a_list_in_their_order_or_a_map_by_their_names() {
    check(&json!(["lamp", [[7, 0.5]], null]), false);
    check(&json!(["lamp", [[7, 0.5]]]), false);
    check(&json!({"count": [[7, 0.5]], "item": "lamp"}), true);
    check(
        &json!({"note": null, "count": [["7", "0.5"]], "item": "lamp"}),
        true,
    );
    let nothing = Arguments::new(&[]);
    for written in [json!([]), json!({}), json!(null)] {
        assert!(nothing.encode(&written).unwrap().bytes.is_empty());
    }
    assert_eq!(
        order().streams().map(|(name, _)| name).collect::<Vec<_>>(),
        ["lines"]
    );
}

#[test]
fn what_is_wrong_with_arguments_begins_with_the_way_there() {
    let order = order();
    refused(
        &order,
        &json!(["lamp", [[7, 1], [-1, 0.5]]]),
        "`count[1][0]`: u16 is expected, and integer `-1` came",
    );
    refused(
        &order,
        &json!({"item": "lamp", "count": 3}),
        "`count`: a sequence is expected, and integer `3` came",
    );
    refused(
        &order,
        &json!({"item": "lamp"}),
        "argument `count` is missing: a sequence is expected",
    );
    refused(
        &order,
        &json!(["lamp"]),
        "argument `count` is missing: a sequence is expected",
    );
    refused(
        &order,
        &json!({"itme": "lamp"}),
        "there is no argument `itme`; there is `item`, `count`, `note`",
    );
    refused(
        &order,
        &json!(["lamp", [], null, 4]),
        "more arguments came than the 3 that it takes beside streams",
    );
    refused(
        &order,
        &json!("lamp"),
        "the arguments are a list, as `[1, 2]`, or a map by their names, as `{\"a\": 1}`; a text came",
    );
    let nameless = Arguments::new(&parameters(&[("_", Type::U8), ("_", Type::Bool)]));
    refused(
        &nameless,
        &json!([256, true]),
        "`[0]`: u8 is expected, and integer `256` came",
    );
    refused(
        &nameless,
        &json!([2]),
        "argument `2` is missing: a bool is expected",
    );
    assert_eq!(nameless.encode(&json!([2, true])).unwrap().bytes, [2, 1]);
    refused(
        &Arguments::new(&[]),
        &json!({"a": 1}),
        "there is no argument `a`, nor any other",
    );
    let opaque = Arguments::new(&parameters(&[("any", Type::Opaque)]));
    refused(
        &opaque,
        &json!([1]),
        "`any`: the structure does not say what is here",
    );
}

#[test]
fn the_example_of_arguments_is_taken() {
    let example = Json::from(order().example().unwrap());
    assert_eq!(
        example.to_string(),
        r#"{"item":"text","count":[[0,0.5]],"note":"text"}"#
    );
    let taken: Written = serde_json::from_str(&example.to_string()).unwrap();
    assert!(order().encode(&taken).unwrap().by_name);
    assert!(order().encode(&example).unwrap().by_name);
    let nameless = Arguments::new(&parameters(&[("_", Type::U8)]));
    assert_eq!(Json::from(nameless.example().unwrap()).to_string(), "[0]");
    let schema = Json::from(order().schema()).to_string();
    assert!(schema.contains(r#""required":["item","count"]"#), "{schema}");
}

/// A value as text, and as `serde_json` has it.
#[track_caller]
fn shown<T: Serialize + DeserializeOwned + 'static>(value: &T) -> (String, String) {
    let layout = Arc::new(Layout::new(&trace::<T>()));
    let value = Json::new(&layout, &encode(value).unwrap()).unwrap();
    let (line, lines) = (value.to_string(), format!("{value:#}"));
    let known = serde_json::to_value(&value).unwrap();
    assert_eq!(serde_json::from_str::<Written>(&line).unwrap(), known);
    assert_eq!(serde_json::from_str::<Written>(&lines).unwrap(), known);
    (line, lines)
}

#[test]
fn values_are_written_as_serde_json_writes_them() {
    let (line, lines) = shown(&BTreeMap::from([(3_u8, vec![Some(0.1_f32), None]), (4, vec![])]));
    assert_eq!(line, r#"{"3":[0.1,null],"4":[]}"#);
    let expected = "{\n  \"3\": [\n    0.1,\n    null\n  ],\n  \"4\": []\n}";
    assert_eq!(lines, expected);
    assert_eq!(shown(&u64::MAX).0, "18446744073709551615");
    assert_eq!(shown(&(1e300_f64, 1.0_f64, f64::NAN)).0, r#"[1e300,1.0,"NaN"]"#);
    let text = "\"\\\n\r\t\u{1b}[31m\u{7f}é\u{9b}";
    assert_eq!(
        shown(&text.to_owned()).0,
        r#""\"\\\n\r\t\u001b[31m\u007fé\u009b""#
    );
    assert_eq!(
        shown(&BTreeMap::from([(true, 'a'), (false, '"')])).0,
        r#"{"false":"\"","true":"a"}"#
    );
}

#[test]
fn all_structures_are_written_as_text() {
    super::generated::each(|ty, _, bytes| {
        let layout = Arc::new(Layout::new(ty));
        let value = Json::new(&layout, bytes).unwrap();
        let text: Written = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(text, serde_json::to_value(&value).unwrap(), "{ty}");
    });
}

/// Whatever comes, either it is refused or it can be written.
#[test]
fn p15_bytes_that_are_no_value_are_no_json() {
    let mut refused = 0;
    super::generated::each(|ty, _, bytes| {
        let layout = Arc::new(Layout::new(ty));
        for cut in 0..bytes.len().min(8) {
            let mut bytes = bytes.to_vec();
            bytes[cut] ^= 0x81;
            match Json::new(&layout, &bytes) {
                Ok(value) => drop(serde_json::to_string(&value).unwrap()),
                Err(_) => refused += 1,
            }
        }
    });
    assert!(refused > 1000, "{refused}");
}
