//! What cannot be known, and how far that reaches.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny};

use super::super::{ErrorType, Signature, Type, trace};
use super::{check, gives, takes};

#[derive(PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u64),
    Text(String),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
#[serde(tag = "type")]
enum Internal {
    A { number: u64 },
    B,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, String),
    Struct { a: u16 },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: HashMap<String, u8>,
}

/// Any text that is not likely.
#[derive(PartialEq, Eq, Hash)]
struct Secret;

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "open sesame" => Ok(Self),
            _ => Err(D::Error::custom("refused")),
        }
    }
}

#[test]
fn a_type_that_asks_what_it_is_given_is_opaque() {
    check::<Untagged>("?");
    check::<Internal>("?");
    check::<IgnoredAny>("?");
    check::<Vec<Option<Untagged>>>("Vec<Option<?>>");
}

#[test]
fn a_flattened_struct_is_a_map_of_anything() {
    check::<Flat>("Map<?, ?>");
}

#[test]
fn an_adjacently_tagged_enum_is_opaque_inside() {
    check::<Adjacent>("Adjacent { t: ?, c: ? }");
}

#[test]
fn a_type_whose_values_cannot_be_guessed_is_known_but_what_follows_is_not_unless_it_has_a_name() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Login {
        name: String,
        secret: Secret,
        attempts: u8,
    }

    check::<Secret>("String");
    check::<Login>("Login { name: String, secret: String, attempts: u8 }");
    check::<(Login, u8)>("(Login { name: String, secret: String, attempts: u8 }, Hidden { ?: ? })");
    check::<(u8, Option<Secret>, u16)>("(u8, Option<String>, u16)");
    check::<(u8, Vec<Secret>, HashMap<Secret, Secret>, u16)>("(u8, Vec<String>, Map<String, String>, u16)");
}

#[test]
fn a_variant_whose_values_cannot_be_guessed_leaves_the_others_alone() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Login {
        Guess(Untagged, u8),
        Password { secret: Secret, attempts: u8 },
        Anonymous(u16),
    }

    check::<(Login, bool)>(
        "(Login { Guess(?, ?), Password { secret: String, attempts: u8 }, Anonymous(u16) }, bool)",
    );
}

#[test]
fn what_is_opaque_matches_anything() {
    let all = [
        trace::<()>(),
        trace::<Vec<u8>>(),
        trace::<HashMap<u8, Secret>>(),
        trace::<Flat>(),
        trace::<Result<u8, ()>>(),
    ];
    for ty in &all {
        assert!(ty.matches(&Type::Opaque), "{ty}");
        assert!(Type::Opaque.matches(ty), "{ty}");
    }
    assert!(trace::<(u8, Untagged)>().matches(&trace::<(u8, Vec<String>)>()));
    assert!(
        !trace::<(u8, Untagged)>().matches(&trace::<(u16, Vec<String>)>()),
        "only where it is"
    );
    assert!(!trace::<(u8, Untagged)>().matches(&trace::<(u8,)>()));
}

#[track_caller]
fn check_path(signature: &Signature, expected: Option<&str>) {
    assert_eq!(signature.first_opaque().as_deref(), expected, "{signature}");
}

#[test]
fn the_first_opaque_part_is_named_by_its_path() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    struct Item {
        price: u64,
        id: Untagged,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only traced")]
    enum Order {
        Nothing,
        One(Item),
        Many { items: Vec<Item> },
    }

    let none = || ErrorType::None;
    check_path(&takes([("a", trace::<u8>())]), None);
    check_path(
        &takes([("a", trace::<u8>()), ("item", trace::<Item>())]),
        Some("argument `item`, field `id`"),
    );
    check_path(&takes([("any", trace::<Untagged>())]), Some("argument `any`"));
    check_path(
        &takes([("order", trace::<Order>())]),
        Some("argument `order`, variant `One`, element 0, field `id`"),
    );
    check_path(&gives(trace::<Vec<Untagged>>(), none()), Some("result, element"));
    check_path(
        &gives(trace::<Option<(u8, Item)>>(), none()),
        Some("result, value, element 1, field `id`"),
    );
    check_path(
        &gives(trace::<HashMap<Untagged, u8>>(), none()),
        Some("result, key"),
    );
    check_path(
        &gives(trace::<HashMap<u8, Untagged>>(), none()),
        Some("result, value"),
    );
    check_path(
        &gives(Type::Unit, ErrorType::Typed(trace::<Item>())),
        Some("error, field `id`"),
    );
    check_path(&gives(Type::Unit, ErrorType::Remote), None);
    let unknown = Signature::from_arguments(Type::Opaque, gives(Type::Unit, none()).returns);
    check_path(&unknown, Some("arguments"));
    let by_name = Signature::from_arguments(
        Type::Tuple(vec![Type::U8, Type::Opaque]),
        gives(Type::Unit, none()).returns,
    );
    check_path(&by_name, Some("argument 2"));
    let open = Type::Enum {
        name: "E".to_owned(),
        variants: Vec::new(),
        open: true,
    };
    check_path(&gives(open, none()), Some("result, other variants"));
}
