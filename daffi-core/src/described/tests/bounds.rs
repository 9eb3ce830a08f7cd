//! Whatever the bytes and the structure are, reading ends, with a value or an error.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::dynamic::Value;
use super::*;
use crate::signature::Type;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Chain(Option<Box<Chain>>);

#[track_caller]
fn refused(ty: &Type, bytes: &[u8], expected: &str) {
    let layout = Layout::new(ty);
    let misfit = decode::<Value>(&layout, bytes).expect_err("it is too much");
    assert_eq!(misfit.words(), expected);
    let misfit = decode::<IgnoredAny>(&layout, bytes).expect_err("it is too much");
    assert_eq!(misfit.words(), expected);
}

#[test]
fn nesting_is_bounded() {
    refused(
        &trace::<Chain>(),
        &[1; 1_000_000],
        "nested deeper than 128 levels",
    );
    let mut bytes = vec![1; 128];
    bytes.push(0);
    assert!(decode::<Chain>(&Layout::new(&trace::<Chain>()), &bytes[1..]).is_ok());
}

#[test]
fn elements_without_bytes_are_bounded() {
    let units = Type::Seq(Box::new(Type::Unit));
    let long = [253, 0, 0, 0, 0, 1, 0, 0, 0];
    let words = "4294967296 elements are announced, more than so few bytes may hold";
    refused(&units, &long, words);
    refused(&Type::Str, &long, "the bytes end in the middle of the value");
    let nested = Type::Seq(Box::new(units));
    // Each of the thousand has a thousand.
    let bytes: Vec<u8> = [251, 232, 3].repeat(1001);
    let words = "1000 elements are announced, more than so few bytes may hold";
    refused(&nested, &bytes, words);
}

#[test]
fn places_without_bytes_are_bounded() {
    let wide = Type::Seq(Box::new(Type::Tuple(vec![Type::Unit; 1000])));
    refused(
        &wide,
        &[251, 232, 3],
        "the structure has more places without bytes than so few bytes may hold",
    );
}

/// Such structures have no values, and come only from a peer that lies.
#[test]
fn a_structure_that_contains_nothing_but_itself_ends() {
    let selfish = Type::Tuple(vec![Type::Recursive(0), Type::Recursive(0)]);
    refused(&selfish, &[], "nested deeper than 128 levels");
    let outside = Type::Seq(Box::new(Type::Recursive(7)));
    refused(&outside, &[1], "the structure does not say what is here");
}

#[test]
fn what_is_left_over_is_told() {
    let layout = Layout::new(&Type::U8);
    let misfit = decode::<u8>(&layout, &[1, 2, 3]).expect_err("there is more");
    assert_eq!(misfit.to_string(), "2 bytes are left over after the value");
    assert_eq!(decode_next::<u8>(&layout, &[1, 2, 3]).unwrap(), (1, 1));
}
