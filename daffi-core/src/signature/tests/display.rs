//! How types and signatures are written for people.

use std::collections::HashMap;

use serde::Deserialize;

use super::super::{ErrorType, Returns, Signature, Type, Variant, trace};
use super::{check, gives, takes};

#[track_caller]
fn check_signature(signature: &Signature, expected: &str) {
    assert_eq!(signature.to_string(), expected);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Item {
    name: String,
    price: u64,
}

mod other {
    #[derive(serde::Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    pub(super) struct Item(u8, bool);
}

#[test]
fn signatures_look_like_functions() {
    check_signature(&takes([]), "fn()");
    check_signature(&takes([("a", Type::I64), ("b", Type::I64)]), "fn(a: i64, b: i64)");
    check_signature(&gives(Type::I64, ErrorType::None), "fn() -> i64");
    check_signature(
        &gives(Type::I64, ErrorType::Remote),
        "fn() -> Result<i64, RemoteError>",
    );
    check_signature(
        &gives(Type::Unit, ErrorType::Typed(Type::Str)),
        "fn() -> Result<(), String>",
    );
    check_signature(
        &gives(trace::<Result<u8, ()>>(), ErrorType::None),
        "fn() -> Result<u8, ()>",
    );
    let returns = || Returns {
        ok: Type::Opaque,
        error: ErrorType::None,
    };
    check_signature(&Signature::from_arguments(Type::Opaque, returns()), "fn(..) -> ?");
    let arguments = Type::Tuple(vec![Type::U8, trace::<Vec<String>>()]);
    check_signature(
        &Signature::from_arguments(arguments, returns()),
        "fn(_: u8, _: Vec<String>) -> ?",
    );
}

#[test]
fn a_type_is_written_out_once_in_a_signature() {
    let signature = Signature::new(
        [("first", trace::<Item>()), ("more", trace::<Vec<Item>>())],
        Returns {
            ok: trace::<HashMap<String, Item>>(),
            error: ErrorType::Typed(trace::<Item>()),
        },
    );
    check_signature(
        &signature,
        "fn(first: Item { name: String, price: u64 }, more: Vec<Item>) -> Result<Map<String, Item>, Item>",
    );
}

#[test]
fn types_of_one_name_are_told_apart() {
    check::<(Item, other::Item, Item, other::Item)>(
        "(Item { name: String, price: u64 }, Item(u8, bool), Item { name: String, price: u64 }, Item(u8, bool))",
    );
}

#[test]
fn braces_without_content_are_empty() {
    let open = |variants| Type::Enum {
        name: "E".to_owned(),
        variants,
        open: true,
    };
    let variant = || Variant {
        index: 3,
        name: "A".to_owned(),
        content: Type::Unit,
    };
    assert_eq!(open(vec![]).to_string(), "E { .. }");
    assert_eq!(open(vec![variant()]).to_string(), "E { A, .. }");
    let closed = Type::Enum {
        name: "E".to_owned(),
        variants: vec![],
        open: false,
    };
    assert_eq!(closed.to_string(), "E {}");
    assert_eq!(
        Type::Struct {
            name: "S".to_owned(),
            fields: vec![]
        }
        .to_string(),
        "S {}"
    );
    assert_eq!(
        Type::TupleStruct {
            name: "S".to_owned(),
            fields: vec![]
        }
        .to_string(),
        "S()"
    );
    assert_eq!(Type::Tuple(vec![]).to_string(), "()");
}

#[test]
fn a_result_that_is_none_is_written_as_what_it_is() {
    #[derive(Deserialize)]
    #[serde(rename = "Result")]
    #[expect(dead_code, reason = "only traced")]
    enum NoResult {
        Ok(u8, u8),
        Perhaps,
    }

    check::<NoResult>("Result { Ok(u8, u8), Perhaps }");
}

#[test]
fn tuples_of_four_or_more_equal_types_are_arrays() {
    check::<(u8, u8, u8)>("(u8, u8, u8)");
    check::<(u8, u8, u8, u8)>("[u8; 4]");
    check::<(u8, u8, u8, u16)>("(u8, u8, u8, u16)");
}

#[test]
fn a_recursion_without_a_name_to_call_it_by_is_written_as_such() {
    let list = Type::Seq(Box::new(Type::Recursive(0)));
    assert_eq!(list.to_string(), "Vec<Self>");
    // From a peer that made it up.
    assert_eq!(Type::Recursive(0).to_string(), "?");
    assert_eq!(Type::Seq(Box::new(Type::Recursive(7))).to_string(), "Vec<?>");
    assert_eq!(
        Type::Seq(Box::new(Type::Recursive(u32::MAX))).to_string(),
        "Vec<?>"
    );
}
