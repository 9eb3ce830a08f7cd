//! Bytes as a structure, and as a value in JSON to be written by it.

use daffi_core::described::{Layout, Printed, Verdict, compatible, decode, encode_by, encode_by_hand};
use daffi_core::proto::{decode_guarded, encode};
use daffi_core::signature::{Readable, reading};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Target;
use crate::input::{Input, write_block};

pub(crate) const TARGET: Target = Target {
    name: "described_write",
    run,
    seeds,
};

/// What is written is read, and taken again as it was printed.
fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let Some(Ok(reading)) = input.block().map(decode_guarded::<Readable>) else {
        return;
    };
    let layout = Layout::of(&reading);
    let itself = compatible(&reading, &reading);
    assert!(itself.is_compatible(), "{itself:?}");
    let rest = input.rest();
    if let Some(Ok(other)) = Input::new(rest).block().map(decode_guarded::<Readable>) {
        compare(&reading, &other);
        compare(&other, &reading);
    }
    let schema = serde_json::to_string(&layout.schema()).expect("it is a document");
    assert!(schema.len() > 2);
    if let Some(example) = layout.example() {
        let text = serde_json::to_string(&example).expect("it is a document");
        check(&layout, &text);
    }
    if let Ok(text) = str::from_utf8(rest) {
        check(&layout, text);
    }
}

/// Whatever they are, it ends, and says where.
fn compare(writer: &Readable, reader: &Readable) {
    if let Verdict::Incompatible(misfit) = compatible(writer, reader) {
        assert!(!misfit.words().is_empty() && misfit.words().len() < 1024);
        assert!(misfit.path().len() < 4096);
    }
    // Numbers are those of all that is known.
    assert_eq!(
        writer == reader,
        writer == reader && writer.number() == reader.number()
    );
}

fn check(layout: &Layout, text: &str) {
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if let Err(misfit) = encode_by(layout, &value) {
        assert!(!misfit.words().is_empty() && misfit.words().len() < 1024);
    }
    let Ok(written) = encode_by_hand(layout, &value) else {
        return;
    };
    if let Err(misfit) = decode::<IgnoredAny>(layout, &written) {
        let is_wide = misfit
            .words()
            .starts_with("the structure has more places without bytes");
        assert!(is_wide, "{misfit}");
        return;
    }
    let printed = serde_json::to_string(&Printed::new(layout, &written)).expect("what was written is read");
    let Ok(again) = serde_json::from_str::<Value>(&printed) else {
        // It is nested deeper than that reader allows.
        return;
    };
    let written = encode_by_hand(layout, &again).expect("what was printed is taken");
    let printed = serde_json::to_string(&Printed::new(layout, &written)).expect("what was written is read");
    assert_eq!(serde_json::from_str::<Value>(&printed).ok(), Some(again));
}

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    #[serde(alias = "rows")]
    lines: Vec<Order>,
    note: Option<Note>,
    twice: Option<Option<u8>>,
}

#[derive(Serialize, Deserialize)]
enum Note {
    Short(String),
    Long { words: Vec<u8>, by: Option<char> },
    None,
}

/// A structure and a value in JSON.
fn seed<T: for<'de> Deserialize<'de> + 'static>(value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_block(&mut bytes, &encode(&reading::<T>()).expect("it is short"));
    bytes.extend(value.as_bytes());
    bytes
}

/// Two structures.
fn pair<W: for<'de> Deserialize<'de> + 'static, R: for<'de> Deserialize<'de> + 'static>() -> Vec<u8> {
    let mut bytes = seed::<W>("");
    write_block(&mut bytes, &encode(&reading::<R>()).expect("it is short"));
    bytes
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Newer {
    #[serde(alias = "id")]
    number: u128,
    note: Option<Note>,
    #[serde(default)]
    lines: Vec<Newer>,
}

fn seeds() -> Vec<Vec<u8>> {
    vec![
        pair::<Order, Newer>(),
        pair::<Newer, Order>(),
        pair::<Vec<u8>, Vec<Option<u64>>>(),
        seed::<(u8, Option<String>)>(r#"[1, "text"]"#),
        seed::<Vec<()>>("[null, null]"),
        seed::<std::collections::BTreeMap<(u128, i8), f64>>(r#"[[["18446744073709551616", -1], "NaN"]]"#),
        seed::<std::collections::BTreeMap<bool, f32>>(r#"{"true": 0.1}"#),
        seed::<Order>(
            r#"{"rows": [{"id": "7", "lines": [], "twice": {"Some": null}}], "note": {"Long": {"words": "AQI="}}, "id": 300}"#,
        ),
        seed::<Order>(r#"{"id": 1, "lines": [], "note": {"Short": "text"}, "twice": 3}"#),
        seed::<Order>(r#"{"id": 1, "lines": [], "note": "None"}"#),
    ]
}
