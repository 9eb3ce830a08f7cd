//! Examples and schemas.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::generated::each;
use super::*;

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Order {
    id: u64,
    note: Option<String>,
    lines: Vec<Line>,
    by_code: BTreeMap<u8, f32>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Line {
    Inside(Box<Order>),
    Empty,
    Data { data: Vec<u8> },
}

#[test]
fn an_example_can_be_pasted() {
    let example = Layout::new(&trace::<Order>()).example().unwrap();
    assert_eq!(
        serde_json::to_string(&example).unwrap(),
        r#"{"id":0,"note":"text","lines":["Empty"],"by_code":{"0":0.5}}"#
    );
    assert_eq!(Layout::new(&crate::signature::Type::Opaque).example(), None);
}

#[test]
fn all_structures_have_examples_that_are_taken() {
    let mut with = 0;
    each(|ty, _, _| {
        let layout = Layout::new(ty);
        if let Some(example) = layout.example() {
            with += 1;
            let json = serde_json::to_value(&example).unwrap();
            let taken = encode_by_hand(&layout, &json)
                .and_then(|bytes| decode::<serde::de::IgnoredAny>(&layout, &bytes));
            assert!(taken.is_ok(), "{ty}: {taken:?}\n{json}");
        }
    });
    assert!(with > 8000, "{with} have one");
}

#[test]
fn a_schema_says_what_is_taken() {
    let schema = serde_json::to_value(Layout::new(&trace::<Order>()).schema()).unwrap();
    let number = |least: i64, most: Option<i64>| {
        let mut integer = json!({"type": "integer", "minimum": least});
        if let Some(most) = most {
            integer["maximum"] = most.into();
        }
        json!({"anyOf": [integer, {"type": "string", "pattern": "^[0-9]+$"}]})
    };
    let order = &schema["$defs"];
    let order = order.as_object().unwrap().values().next().unwrap();
    assert_eq!(order["required"], json!(["id", "lines", "by_code"]));
    assert_eq!(order["additionalProperties"], json!(false));
    assert_eq!(order["properties"]["id"], number(0, None));
    assert_eq!(
        order["properties"]["note"],
        json!({"anyOf": [{"type": "string"}, {"type": "null"}]})
    );
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let line = &order["properties"]["lines"]["items"]["anyOf"];
    assert_eq!(line[1], json!({"const": "Empty"}));
    let data = &line[2]["properties"]["Data"]["properties"]["data"]["anyOf"];
    assert_eq!(data[0], json!({"type": "string", "contentEncoding": "base64"}));
    assert_eq!(line[0]["required"], json!(["Inside"]));
    let root = schema["allOf"].as_array().map_or(&schema["$ref"], |all| &all[0]);
    assert_ne!(*root, Json::Null, "{schema}");
}

#[test]
fn all_structures_have_schemas() {
    each(|ty, _, _| {
        let schema = serde_json::to_string(&Layout::new(ty).schema()).unwrap();
        assert!(schema.len() < 1_000_000, "{ty}");
    });
}
