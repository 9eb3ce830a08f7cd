//! Gathering callbacks: what is found, and what is refused.

use super::*;
use crate::error::ConfigFault;
use crate::proto::Limits;

/// Declares a service of which each method does nothing.
macro_rules! service {
    ($type:ident: $($name:expr => $line:literal),*) => {
        #[derive(Debug, Default)]
        struct $type;

        inventory::submit! {
            block::<$type>(false, |service| {
                service.bind::<$type, _>([$(MethodEntry {
                    description: description($name, $line),
                    method: Method::InlineRef(|_, _| value(0)),
                }),*])
            })
        }
    };
}

const LONGEST: &str = text(&[b'x'; Limits::NAME_BYTES]);
const TOO_LONG: &str = text(&[b'x'; Limits::NAME_BYTES + 1]);

const fn text<const N: usize>(bytes: &'static [u8; N]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("it is ASCII"),
    }
}

service!(Shop: "buy" => 1, "sell" => 2);
service!(Market: "sell" => 8, "haggle" => 9);
service!(Twice: "again" => 4, "again" => 5);
service!(Named: "" => 1, LONGEST => 2, TOO_LONG => 3);

#[derive(Debug)]
struct Made;

inventory::submit! {
    ServiceEntry {
        package: Some("shop-list"),
        module: "shop_list::services",
        auto_init: Some(|| ServiceInstance::new(Made)),
        ..block::<Made>(false, |service| service.bind::<Made, _>([made("catalog.made")]))
    }
}

// Both blocks of a type say that it is made by itself; it is made once.
inventory::submit! {
    ServiceEntry {
        package: Some("shop-list"),
        module: "shop_list::services",
        auto_init: Some(|| ServiceInstance::new(Made)),
        ..block::<Made>(false, |service| service.bind::<Made, _>([made("catalog.made_too")]))
    }
}

const fn made(name: &'static str) -> MethodEntry<Made> {
    MethodEntry {
        description: description(name, 1),
        method: Method::InlineRef(|_, _| value(0)),
    }
}

inventory::submit! {
    FunctionEntry { description: description("catalog.function", 6), function: Function::Inline(|_| value(0)) }
}

/// The names of a catalog's callbacks, and its faults.
fn finish(catalog: Catalog) -> (Vec<String>, Vec<ConfigFault>) {
    let (callbacks, faults) = catalog.finish();
    (
        callbacks
            .iter()
            .map(|callback| callback.name().to_owned())
            .collect(),
        faults,
    )
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

/// Those of the callbacks declared here that a catalog has, and faults about them.
fn made_here(catalog: Catalog) -> (Vec<String>, Vec<ConfigFault>) {
    let (mut names, mut faults) = finish(catalog);
    names.retain(|name| name.starts_with("catalog."));
    names.sort_unstable();
    faults.retain(|fault| fault.to_string().contains("`catalog."));
    (names, faults)
}

fn same_name(name: &str, first: &str, second: &str) -> ConfigFault {
    ConfigFault::SameName {
        name: name.to_owned(),
        first: first.to_owned(),
        second: second.to_owned(),
    }
}

#[test]
fn two_callbacks_of_one_name_are_refused_with_both_places() {
    let mut catalog = Catalog::default();
    catalog.add_service(&ServiceInstance::new(Shop));
    catalog.add_service(&ServiceInstance::new(Market));
    catalog.add_service(&ServiceInstance::new(Twice));
    let (names, faults) = finish(catalog);
    assert_eq!(names, ["buy", "sell", "haggle", "again"]);
    let places = ["shop::Shop::method (shop.rs:2)", "shop::Shop::method (shop.rs:8)"];
    let again = ["shop::Shop::method (shop.rs:4)", "shop::Shop::method (shop.rs:5)"];
    assert_eq!(
        faults,
        [
            same_name("sell", places[0], places[1]),
            same_name("again", again[0], again[1])
        ]
    );
}

#[test]
fn the_same_service_twice_is_refused() {
    let mut catalog = Catalog::default();
    catalog.add_service(&ServiceInstance::new(Shop));
    catalog.add_service(&ServiceInstance::new(Shop));
    let (names, faults) = finish(catalog);
    assert_eq!((names.len(), faults.len()), (2, 2));
}

#[test]
fn a_name_that_is_offered_already_is_refused() {
    let mut catalog = Catalog::default();
    catalog.reserve("buy", "elsewhere".to_owned());
    catalog.add_service(&ServiceInstance::new(Shop));
    let (names, faults) = finish(catalog);
    assert_eq!(names, ["sell"]);
    assert_eq!(
        faults,
        [same_name("buy", "elsewhere", "shop::Shop::method (shop.rs:1)")]
    );
}

#[test]
fn a_name_has_1_to_255_bytes() {
    let mut catalog = Catalog::default();
    catalog.add_service(&ServiceInstance::new(Named));
    let (names, faults) = finish(catalog);
    assert_eq!(names, [LONGEST]);
    let values = faults.iter().map(|fault| match fault {
        ConfigFault::Value { value, .. } => value.len(),
        other => panic!("{other:?}"),
    });
    // The quotation marks count.
    assert_eq!(values.collect::<Vec<_>>(), [2, 258]);
}

#[test]
fn a_service_without_callbacks_is_refused_by_name() {
    struct Idle;
    let mut catalog = Catalog::default();
    catalog.add_service(&ServiceInstance::new(Idle));
    assert_eq!(
        finish(catalog),
        (vec![], vec![ConfigFault::NoCallbacks(type_name::<Idle>())])
    );
}

#[test]
fn a_function_is_found_by_its_name() {
    let mut catalog = Catalog::default();
    catalog.add_function("catalog.function");
    assert_eq!(finish(catalog), (names(["catalog.function"]), vec![]));
}

#[test]
fn an_unknown_function_is_refused_with_those_that_there_are() {
    let mut catalog = Catalog::default();
    catalog.add_function("catalog.functoin");
    let (names, faults) = finish(catalog);
    assert!(names.is_empty());
    let [ConfigFault::UnknownCallback { name, known }] = &*faults else {
        panic!("{faults:?}")
    };
    assert_eq!(name, "catalog.functoin");
    assert!(
        known.split(", ").any(|known| known == "catalog.function"),
        "{known}"
    );
}

#[test]
fn everything_that_is_registered_is_offered_once() {
    let mut catalog = Catalog::default();
    catalog.add_registered(&[], None);
    assert_eq!(
        made_here(catalog),
        (
            names(["catalog.function", "catalog.made", "catalog.made_too"]),
            vec![]
        )
    );
}

#[test]
fn a_service_that_is_given_is_not_made() {
    let mut catalog = Catalog::default();
    catalog.add_registered(&[ServiceInstance::new(Made)], None);
    assert_eq!(made_here(catalog), (names(["catalog.function"]), vec![]));
}
