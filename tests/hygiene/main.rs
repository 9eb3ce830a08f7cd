//! Annotated code where it is hard: without a prelude, among names that mean something else, under every lint. It gives
//! no warning, it runs, and needs no crate beside daffi.
//!
//! Clippy sees these modules with the rest of the workspace. The compiler sees them again in packages that depend on
//! daffi (and on serde, for types of their own) alone, as libraries, in both editions that are in use.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs)]
#![deny(clippy::pedantic)]
#![allow(
    clippy::wildcard_imports,
    reason = "the modules in the modules have what is around them"
)]

#[path = "../macros/fixture.rs"]
mod fixture;

pub mod generated;
pub mod lints;
pub mod raw;
pub mod shadows;
pub mod strict;
pub mod surface;

use daffi::{Broadcast, CallError, Global, Reply};
use fixture::Fixture;

/// What a library says before anything else that wants to hear of every fault.
const EVERY_LINT: &str = "#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused, rust_2018_idioms)]
#![deny(rust_2021_compatibility, rust_2024_compatibility, future_incompatible, keyword_idents, let_underscore)]
#![deny(absolute_paths_not_starting_with_crate, elided_lifetimes_in_paths, explicit_outlives_requirements)]
#![deny(ffi_unwind_calls, macro_use_extern_crate, meta_variable_misuse, non_ascii_idents, redundant_imports)]
#![deny(redundant_lifetimes, single_use_lifetimes, trivial_casts, trivial_numeric_casts, unit_bindings)]
#![deny(unused_import_braces, unused_lifetimes, unused_qualifications, unused_results, variant_size_differences)]
";

#[test]
fn only_daffi_is_needed_and_nothing_is_warned_of_in_any_edition() {
    let mut fixture = Fixture::new("hygiene");
    for edition in ["2021", "2024"] {
        let mut files = fixture::sources("tests/hygiene");
        files.retain(|(name, _)| name != "main.rs");
        let modules = files.iter().map(|(name, _)| {
            let name = name.strip_suffix(".rs").expect("sources are");
            format!("pub mod {name};\n")
        });
        let modules: String = modules.collect();
        files.push((
            "lib.rs".to_owned(),
            format!("//! Strict.\n\n{EVERY_LINT}\n{modules}"),
        ));
        fixture.package(&format!("edition_{edition}"), edition, &files);
    }
    let said: Vec<_> = fixture
        .check()
        .into_iter()
        .map(|diagnostic| diagnostic.text)
        .collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
}

#[tokio::test]
async fn what_is_annotated_under_such_conditions_runs() {
    // It is what free fetchers in the background use.
    let builder = Global::builder().process_name("service").init_controller(true);
    let service = builder.in_memory().default(true).start().await.unwrap();
    let g = Global::builder()
        .memory(&service)
        .process_name("caller")
        .auto_callbacks(false)
        .start()
        .await
        .unwrap();
    strict_runs(&g).await;
    shadows_run(&g).await;
    raw_runs(&g).await;
    generated_runs(&g).await;
    lints_run(&g).await;
    g.stop().await;
    service.stop().await;
}

/// What the service answers, when everybody is asked.
async fn of_service<T: Send + 'static, E: Send + 'static>(broadcast: Broadcast<T, E>) -> Option<Reply<T, E>> {
    broadcast.await.ok()?.into_map().remove("service")
}

async fn strict_runs(g: &Global) {
    use strict::{GreetError, ListClient, Shopper};

    assert_eq!(strict::sum(1, 2).on(g).await, Ok(3));
    assert_eq!(strict::doubled(1, 2).on(g).await, Ok(6));
    assert_eq!(strict::ordered(2, 1).on(g).await, Ok(3));
    assert_eq!(strict::begin_sum(1, 2).await, Ok(3));
    assert_eq!(strict::sum_again(1, 2).on(g).await, Ok(3));
    let greeting = of_service(strict::greet_everywhere("Ann").on(g)).await;
    assert_eq!(greeting, Some(Ok("Ann of caller".to_owned())));
    assert_eq!(strict::greet("Ann").on(g).await, Ok("Ann of caller".to_owned()));
    assert_eq!(
        strict::greet("").on(g).await,
        Err(CallError::App(GreetError::Nameless))
    );
    let words = ["of".to_owned(), "three".to_owned()];
    assert_eq!(
        strict::longest(&words, Some("four")).on(g).await,
        Ok(Some("three".to_owned()))
    );
    assert_eq!(strict::bytes(b"abc").on(g).await, Ok(b"abc".to_vec()));
    let list = ListClient::new(g);
    assert_eq!(list.add("milk".to_owned()).await, Ok(1));
    let shopper = Shopper { name: "Ann" };
    assert_eq!(shopper.add(7).on(g).await, Ok(2));
    assert_eq!(shopper.first().on(g).await, Ok(Some("milk".to_owned())));
    assert_eq!(list.items().await, Ok(vec!["milk".to_owned(), "Ann7".to_owned()]));
    assert_eq!(list.count().await, Ok(2));
    assert_eq!(of_service(list.last()).await, Some(Ok("Ann7".to_owned())));
    assert_eq!(shopper.begin_first().await, Ok(Some("milk".to_owned())));
    let first = of_service(shopper.first_everywhere().on(g)).await;
    assert_eq!(first, Some(Ok(Some("milk".to_owned()))));
    assert_eq!(list.clear().await, Ok(()));
    assert_eq!(shopper.first().on(g).await, Ok(None));
}

async fn shadows_run(g: &Global) {
    assert_eq!(shadows::sum(1, 2).on(g).await, Ok(3));
    assert_eq!(shadows::negated(1, 2).on(g).await, Ok(-3));
    assert_eq!(shadows::divide(6, 3).on(g).await, Ok(2));
    assert_eq!(shadows::begin_sum(1, 2).await, Ok(3));
    assert_eq!(shadows::begin_half(6).await, Ok(3));
    let divided = of_service(shadows::divide_everywhere(6, 3).on(g)).await;
    assert_eq!(divided, Some(Ok(2)));
    assert_eq!(
        shadows::divide(6, 0).on(g).await,
        Err(CallError::App("by zero".to_owned()))
    );
    let counting = shadows::Counting::new(g);
    assert_eq!(counting.count(3).await, Ok(3));
    assert_eq!(counting.counted().await, Ok(3));
    assert_eq!(counting.begin_count(2).await, Ok(5));
    assert_eq!(of_service(counting.counted_everywhere()).await, Some(Ok(5)));
}

async fn raw_runs(g: &Global) {
    let value = raw::r#struct { r#type: 1 };
    assert_eq!(raw::r#match(value.clone(), &value).on(g).await, Ok(true));
    assert_eq!(raw::r#loop(value.clone()).on(g).await, Ok(true));
    assert_eq!(raw::r#async(value.clone(), &value).await, Ok(true));
    let compared = of_service(raw::r#while(value.clone(), &value).on(g)).await;
    assert_eq!(compared, Some(Ok(true)));
    assert_eq!(raw::traitClient::new(g).r#move("a").await, Ok("a".to_owned()));
    assert_eq!(raw::r#enum.r#move("b").on(g).await, Ok("b".to_owned()));
}

async fn generated_runs(g: &Global) {
    assert_eq!(generated::generated_sum(1, 2).on(g).await, Ok(3));
    let words = ["a".to_owned(), "b".to_owned()];
    assert_eq!(
        generated::generated_join(&words, "-").on(g).await,
        Ok("a-b".to_owned())
    );
    assert_eq!(generated::generated_parse("7").on(g).await, Ok(7));
    assert_eq!(
        generated::generated_parse("x").on(g).await,
        Err(CallError::App("x".to_owned()))
    );
    assert_eq!(generated::generated_bytes(&[1, 2]).on(g).await, Ok(vec![2, 1]));
    assert_eq!(generated::one_and_two().on(g).await, Ok(3));
    assert_eq!(generated::generated_one().on(g).await, Ok(1));
    assert_eq!(generated::begin_one().await, Ok(1));
    let one = of_service(generated::one_everywhere().on(g)).await;
    assert_eq!(one, Some(Ok(1)));
    assert_eq!(
        generated::EchoClient::new(g).generated_echo("a").await,
        Ok("a".to_owned())
    );
    assert_eq!(g.call("generated_number", ()).await, Ok(7u64));
    assert_eq!(g.call("generated_name", ()).await, Ok("seven".to_owned()));
}

async fn lints_run(g: &Global) {
    assert_eq!(lints::lints_async().on(g).await, Ok(1));
    assert_eq!(lints::Group.lints_async().on(g).await, Ok(1));
    assert_eq!(lints::begin_lints().await, Ok(1));
    assert_eq!(of_service(lints::lints_everywhere().on(g)).await, Some(Ok(1)));
    assert_eq!(lints::lints_many(1, 2, 3, 4, 5, 6, 7, 8).on(g).await, Ok(36));
    assert_eq!(lints::lints_value("abc".to_owned()).on(g).await, Ok(3));
    assert_eq!(lints::lints_conditional().on(g).await, Ok(4));
    assert_eq!(g.call("lints_deprecated", ()).await, Ok(()));
    assert_eq!(g.call("lints_old", ()).await, Ok(9u8));
    assert_eq!(g.call("lints_unused", ("text",)).await, Ok(3u8));
}
