//! Which types are decoded under guard.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::{ErrorType, Signature, Type, trace};
use super::{gives, takes};

#[track_caller]
fn check<T: Deserialize<'static>>(needs_guard: bool) {
    let ty = trace::<T>();
    assert_eq!(
        takes([("a", ty.clone())]).needs_guard(),
        needs_guard,
        "taken: {ty}"
    );
    assert_eq!(
        takes([("a", Type::U8), ("b", ty.clone())]).needs_guard(),
        needs_guard,
        "taken second: {ty}"
    );
    assert_eq!(
        gives(ty.clone(), ErrorType::None).needs_guard(),
        needs_guard,
        "given: {ty}"
    );
    assert_eq!(
        gives(Type::Unit, ErrorType::Typed(ty.clone())).needs_guard(),
        needs_guard,
        "an error: {ty}"
    );
}

#[derive(Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Marker;

#[derive(Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Wrapped(());

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Nothing {
    marker: Marker,
    array: [Wrapped; 3],
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
struct Folder {
    inside: Vec<Folder>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only traced")]
enum Kind {
    A,
    B(u8, String),
    C { list: Vec<Option<(u8, Marker)>> },
}

#[test]
fn ordinary_types_do_not_pay_for_it() {
    check::<()>(false);
    check::<String>(false);
    check::<Vec<u8>>(false);
    check::<&'static [u8]>(false);
    check::<HashMap<String, Vec<Option<u8>>>>(false);
    check::<BTreeMap<u8, ()>>(false);
    check::<HashMap<(), u8>>(false);
    check::<Vec<Kind>>(false);
    check::<Nothing>(false);
    check::<[(); 32]>(false);
    check::<Option<Nothing>>(false);
    check::<Vec<Option<()>>>(false);
    check::<Vec<(u8, ())>>(false);
    check::<Result<u8, String>>(false);
}

#[test]
fn types_that_contain_themselves_need_it() {
    check::<Folder>(true);
    check::<Option<(u8, Folder)>>(true);
    check::<HashMap<u8, Folder>>(true);
    check::<Result<u8, Folder>>(true);
}

#[test]
fn elements_that_take_no_bytes_need_it() {
    check::<Vec<()>>(true);
    check::<Vec<Marker>>(true);
    check::<Vec<Wrapped>>(true);
    check::<Vec<Nothing>>(true);
    check::<Vec<[(); 3]>>(true);
    check::<Vec<[u8; 0]>>(true);
    check::<HashSet<Marker>>(true);
    check::<HashMap<(), ()>>(true);
    check::<HashMap<Marker, [Wrapped; 2]>>(true);
    check::<(u8, Option<Vec<Vec<()>>>)>(true);
    check::<HashMap<u8, Vec<()>>>(true);
}

#[test]
fn what_is_not_known_needs_it() {
    check::<IgnoredAny>(true);
    check::<Vec<IgnoredAny>>(true);
    let unknown = Signature::from_arguments(Type::Opaque, gives(Type::Unit, ErrorType::None).returns);
    assert!(unknown.needs_guard());
    let open = Type::Enum {
        name: String::new(),
        variants: Vec::new(),
        open: true,
    };
    assert!(takes([("a", open)]).needs_guard());
}

#[test]
fn an_error_that_travels_as_text_does_not_need_it() {
    assert!(!gives(Type::U8, ErrorType::Remote).needs_guard());
}
