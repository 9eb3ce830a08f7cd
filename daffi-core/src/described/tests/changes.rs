//! Changes of a type, each with its verdict in both directions, which are a page of the guide as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer};

use super::super::{Layout, Misfit, Verdict, compatible, decode};
use super::generated::{Dice, Maker, Typed};
use crate::proto::by_the_library;
use crate::signature::{Readable, reading};

/// A type, as it was or is.
struct Side {
    code: &'static str,
    reading: Readable,
    read: fn(&Layout, &[u8]) -> Result<(), Misfit>,
}

impl Side {
    fn of<T: for<'de> Deserialize<'de> + 'static>(code: &'static str) -> Self {
        Self {
            code,
            reading: reading::<T>(),
            read: |layout, bytes| decode::<T>(layout, bytes).map(drop),
        }
    }
}

struct Change {
    words: &'static str,
    before: Side,
    after: Side,
    /// Whether the new one reads what the old one writes, and the other way around.
    verdicts: [bool; 2],
}

macro_rules! side {
    (type $ty:ty) => {
        Side::of::<$ty>(stringify!($ty))
    };
    ($($item:item)*) => {{
        $(
            #[derive(Deserialize)]
            #[allow(dead_code, reason = "it is only traced and read")]
            $item
        )*
        Side::of::<T>(stringify!($($item)*))
    }};
}

const YES: bool = true;
const NO: bool = false;

macro_rules! changes {
    ($($words:literal: { $($before:tt)* } => { $($after:tt)* }, $forward:ident, $backward:ident;)*) => {
        vec![$(Change {
            words: $words,
            before: side!($($before)*),
            after: side!($($after)*),
            verdicts: [$forward, $backward],
        }),*]
    };
}

fn as_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.len() as u64)
}

fn perhaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    Option::deserialize(deserializer)
}

fn seven() -> u8 {
    7
}

fn fields() -> Vec<Change> {
    changes! {
        "Fields have another order": { struct T { a: u8, b: String } } => { struct T { b: String, a: u8 } }, YES, YES;
        "A field with a default was added": { struct T { a: u8 } } => { struct T { a: u8, #[serde(default)] b: u32 } }, YES, YES;
        "A field with a default of its own was added": { struct T { a: u8 } } => { struct T { #[serde(default = "seven")] b: u8, a: u8 } }, YES, YES;
        "A field was added, and all have defaults": { struct T { a: u8 } } => { #[derive(Default)] #[serde(default)] struct T { a: u8, b: String } }, YES, YES;
        "An `Option` was added": { struct T { a: u8 } } => { struct T { a: u8, b: Option<u32> } }, YES, YES;
        "An `Option` was added that is read by a function": { struct T { a: u8 } } => { struct T { a: u8, #[serde(deserialize_with = "perhaps")] b: Option<u8> } }, NO, YES;
        "A field without a default was added": { struct T { a: u8 } } => { struct T { a: u8, b: u32 } }, NO, YES;
        "A field was removed": { struct T { a: u8, b: u32 } } => { struct T { b: u32 } }, YES, NO;
        "A field with a default was removed": { struct T { a: u8, #[serde(default)] b: u32 } } => { struct T { a: u8 } }, YES, YES;
        "An `Option` was removed": { struct T { a: Option<u8>, b: u32 } } => { struct T { b: u32 } }, YES, YES;
        "A field is left out of what is written and read": { struct T { a: u8 } } => { struct T { a: u8, #[serde(skip)] b: u32 } }, YES, YES;
        "A field was renamed": { struct T { a: u8 } } => { struct T { b: u8 } }, NO, NO;
        "A field was renamed, and its old name is an alias": { struct T { a: u8, c: u8 } } => { struct T { #[serde(alias = "a")] b: u8, c: u8 } }, YES, YES;
        "A field was renamed, but not for serde": { struct T { a: u8 } } => { struct T { #[serde(rename = "a")] b: u8 } }, YES, YES;
        "Two fields became one that has the names of both": { struct T { a: u8, b: u8 } } => { struct T { #[serde(alias = "b")] a: u8 } }, NO, NO;
        "A field with a default was added where unknown fields are refused": { #[serde(deny_unknown_fields)] struct T { a: u8 } } => { #[serde(deny_unknown_fields)] struct T { a: u8, #[serde(default)] b: u8 } }, YES, NO;
        "A type inside got a field with a default": { struct T { list: Vec<N> } struct N { a: u8 } } => { struct T { list: Vec<N> } struct N { a: u8, b: Option<u8> } }, YES, YES;
        "A type inside got a field without a default": { struct T { list: Vec<N> } struct N { a: u8 } } => { struct T { list: Vec<N> } struct N { a: u8, b: u8 } }, NO, YES;
        "A type that contains itself got a field with a default": { struct T { inside: Vec<T> } } => { struct T { #[serde(default)] size: u64, inside: Vec<T> } }, YES, YES;
        "A struct was renamed": { struct T { inner: Old } struct Old { a: u8 } } => { struct T { inner: New } struct New { a: u8 } }, YES, YES;
        "A struct without fields got some with defaults": { struct T; } => { struct T { #[serde(default)] a: u8, b: Option<u8> } }, YES, YES;
        "A struct without fields got one without a default": { struct T; } => { struct T { a: u8 } }, NO, YES;
        "A struct with names lost them": { struct T { a: u8, b: u8 } } => { struct T(u8, u8); }, NO, NO;
        "Something beside a type that is read without a structure got a default": { struct T { any: Any } #[serde(untagged)] enum Any { A(u8), B(String) } } => { struct T { any: Any, #[serde(default)] b: u8 } #[serde(untagged)] enum Any { A(u8), B(String) } }, YES, YES;
    }
}

fn values() -> Vec<Change> {
    changes! {
        "A number became wider": { type u32 } => { type u64 }, YES, NO;
        "A number became narrower": { type u64 } => { type u32 }, NO, YES;
        "A number with a sign became wider": { type i32 } => { type i64 }, YES, NO;
        "A number got a sign and became wider": { type u8 } => { type i16 }, YES, NO;
        "A number got a sign": { type u8 } => { type i8 }, NO, NO;
        "A number lost its sign and became wider": { type i8 } => { type u16 }, NO, NO;
        "A number became a very wide one": { type u64 } => { type i128 }, YES, NO;
        "A number with a point became wider": { type f32 } => { type f64 }, YES, NO;
        "An integer became a number with a point": { type u32 } => { type f64 }, NO, NO;
        "A number became a text": { type u64 } => { type String }, NO, NO;
        "A number is written as a text": { struct T { a: u64 } } => { struct T { #[serde(deserialize_with = "as_text")] a: u64 } }, NO, NO;
        "A type became one that asks what it is given": { struct T { a: u8 } } => { #[serde(untagged)] enum T { A { a: u8 }, B(String) } }, NO, YES;
        "A letter became a text": { type char } => { type String }, NO, NO;
        "A `bool` became a number": { type bool } => { type u8 }, NO, NO;
        "A text is held otherwise": { type String } => { type Box<str> }, YES, YES;
        "A value became an `Option`": { type u32 } => { type Option<u32> }, YES, NO;
        "An `Option` became a value": { type Option<u32> } => { type u32 }, NO, YES;
        "What is in an `Option` became wider": { type Option<u32> } => { type Option<u64> }, YES, NO;
        "A value became a wider `Option`": { type u32 } => { type Option<u64> }, YES, NO;
        "An `Option` became an `Option` of an `Option`": { type Option<u32> } => { type Option<Option<u32>> }, NO, NO;
        "A field became an `Option`": { struct T { a: String } } => { struct T { a: Option<String> } }, YES, NO;
        "A newtype was put around": { type u32 } => { struct T(u32); }, YES, YES;
        "A newtype was put around, and what is inside became wider": { type u32 } => { struct T(u64); }, YES, NO;
        "A value became a list": { type u32 } => { type Vec<u32> }, NO, NO;
        "The elements of a list became wider": { type Vec<u32> } => { type Vec<u64> }, YES, NO;
        "The elements of a list became `Option`s": { type Vec<u32> } => { type Vec<Option<u32>> }, YES, NO;
        "A list became a set": { type Vec<u32> } => { type BTreeSet<u32> }, YES, YES;
        "The values of a map became wider": { type BTreeMap<String, u32> } => { type BTreeMap<String, u64> }, YES, NO;
        "The keys of a map became wider": { type BTreeMap<u8, String> } => { type BTreeMap<u16, String> }, YES, NO;
        "A list of pairs became a map": { type Vec<(String, u32)> } => { type BTreeMap<String, u32> }, NO, NO;
        "A map became a struct": { type BTreeMap<String, u8> } => { struct T { a: u8 } }, NO, NO;
        "A tuple got an element": { type (u8, u8) } => { type (u8, u8, u8) }, NO, NO;
        "An element of a tuple became wider": { type (u8, u32) } => { type (u8, u64) }, YES, NO;
        "A tuple struct got a field": { struct T(u8, u8); } => { struct T(u8, u8, #[serde(default)] u8); }, NO, NO;
        "An array became longer": { type [u8; 2] } => { type [u8; 3] }, NO, NO;
        "An array became a list": { type [u8; 2] } => { type Vec<u8> }, NO, NO;
    }
}

fn variants() -> Vec<Change> {
    changes! {
        "A variant was added at the end": { enum T { A, B } } => { enum T { A, B, C } }, YES, YES;
        "A variant was added between others": { enum T { A, B } } => { enum T { A, C(u8), B } }, YES, YES;
        "A variant was removed": { enum T { A, B } } => { enum T { B } }, YES, YES;
        "Variants have another order": { enum T { A(u8), B } } => { enum T { B, A(u8) } }, YES, YES;
        "One of several variants was renamed": { enum T { A, B } } => { enum T { A, C } }, YES, YES;
        "A variant was renamed, and its old name is an alias": { enum T { A, B } } => { enum T { A, #[serde(alias = "B")] C } }, YES, YES;
        "All variants were renamed": { enum T { A, B } } => { enum T { C, D } }, NO, NO;
        "A variant takes whatever is not known": { enum T { A, B(u8) } } => { enum T { A, #[serde(other)] Else } }, YES, YES;
        "A variant without fields got some with defaults": { enum T { A, B } } => { enum T { A, B { #[serde(default)] size: u8 } } }, YES, YES;
        "A variant without fields got one without a name": { enum T { A, B } } => { enum T { A, B(u8) } }, NO, NO;
        "A variant with names got a field with a default": { enum T { A { a: u8 } } } => { enum T { A { a: u8, b: Option<u8> } } }, YES, YES;
        "A variant with names got a field without a default": { enum T { A { a: u8 } } } => { enum T { A { a: u8, b: u8 } } }, NO, YES;
        "What a variant carries became wider": { enum T { A(u32), B } } => { enum T { A(u64), B } }, YES, NO;
        "A variant without names got a field": { enum T { A(u8, u8), B } } => { enum T { A(u8, u8, u8), B } }, NO, NO;
        "A variant got names for its fields": { enum T { A(u8), B } } => { enum T { A { a: u8 }, B } }, NO, NO;
        "A struct became an enum": { struct T { a: u8 } } => { enum T { A { a: u8 }, B } }, NO, NO;
        "What is in a `Result` became wider": { type Result<u8, String> } => { type Result<u16, String> }, YES, NO;
    }
}

fn all() -> Vec<Change> {
    [fields(), values(), variants()].into_iter().flatten().collect()
}

/// Whether what the one writes is read by the other; and why not.
fn verdict(writer: &Side, reader: &Side) -> (bool, Option<Misfit>) {
    match compatible(&writer.reading, &reader.reading) {
        Verdict::Incompatible(misfit) => (false, Some(misfit)),
        _ => (true, None),
    }
}

#[test]
fn each_change_has_its_verdict() {
    let changes = all();
    assert!(changes.len() >= 60, "{} changes", changes.len());
    for change in &changes {
        let Change {
            words,
            before,
            after,
            verdicts,
        } = change;
        let found = [verdict(before, after), verdict(after, before)];
        assert_eq!(
            found.each_ref().map(|(found, _)| *found),
            *verdicts,
            "{words}: {found:?}"
        );
    }
}

/// Values are made up for each type, and what the verdict promises is kept.
#[test]
fn what_is_compatible_is_read() {
    for change in all() {
        for (writer, reader) in [(&change.before, &change.after), (&change.after, &change.before)] {
            let ty = &writer.reading.ty;
            if !verdict(writer, reader).0 || ty.is_opaque_somewhere() || ty.explains() {
                continue;
            }
            let layout = Layout::of(&writer.reading);
            for seed in 0..50 {
                let value = Maker::new(Dice::new(seed)).value(&writer.reading.ty);
                let bytes = by_the_library(&Typed::new(&writer.reading.ty, &value));
                if let Err(misfit) = (reader.read)(&layout, &bytes) {
                    let unknown = misfit.words().starts_with("there is no variant");
                    assert!(unknown, "{}: {misfit}", change.words);
                }
            }
        }
    }
}

/// Every message has what would have been compatible.
#[test]
fn what_is_not_compatible_is_explained() {
    for change in all() {
        for (writer, reader) in [(&change.before, &change.after), (&change.after, &change.before)] {
            if let (false, misfit) = verdict(writer, reader) {
                let misfit = misfit.expect("there is a reason");
                assert!(misfit.words().contains("; "), "{}: {misfit}", change.words);
            }
        }
    }
}

/// Without the difference that compilers make where they put spaces.
fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[test]
fn the_guide_has_the_same_table() {
    const BEGIN: &str = "<!-- from daffi-core/src/described/tests/changes.rs -->\n";
    const END: &str = "<!-- to here -->";
    let word = |verdict: bool| if verdict { "yes" } else { "no" };
    let mut table = String::new();
    for (title, changes) in [
        ("Fields", fields()),
        ("Values", values()),
        ("Variants", variants()),
    ] {
        let _ = write!(
            table,
            "\n## {title}\n\n| change | before | after | old to new | new to old |\n|---|---|---|---|---|\n"
        );
        for Change {
            words,
            before,
            after,
            verdicts,
        } in changes
        {
            let code = |side: &Side| side.code.split_whitespace().collect::<Vec<_>>().join(" ");
            let [forward, backward] = verdicts.map(word);
            let _ = writeln!(
                table,
                "| {words} | `{}` | `{}` | {forward} | {backward} |",
                code(&before),
                code(&after)
            );
        }
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/changes.md");
    let text = fs::read_to_string(&page).expect("there is a page");
    let (before, rest) = text.split_once(BEGIN).expect("the table begins there");
    let (found, after) = rest.split_once(END).expect("the table ends there");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&page, format!("{before}{BEGIN}{table}\n{END}{after}")).expect("it can be written");
        return;
    }
    assert_eq!(
        squeezed(found),
        squeezed(&table),
        "UPDATE_EXPECT=1 writes it anew"
    );
}
