//! The macros, used as they are meant to be and as they are not.
//!
//! * `ui/*.rs`: uses that the macros refuse in their own words, which stand in `ui/*.stderr` as a user sees them. After a
//!   change of words, `TRYBUILD=overwrite cargo test --test macros` writes them anew; read the difference.
//! * `types/*.rs`: uses that the compiler refuses, since only it knows types. It words these messages partly itself, and
//!   every release in another way, so that only our pieces are compared, and the places: see [`expectations`].

#![allow(unreachable_pub, reason = "public methods are what a service offers")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod expectations;
mod fixture;
mod forms;

use expectations::Expectation;
use fixture::Fixture;

#[test]
fn what_the_macros_refuse_is_explained() {
    trybuild::TestCases::new().compile_fail("tests/macros/ui/*.rs");
}

#[test]
fn what_the_compiler_refuses_is_explained_once_and_in_place() {
    let sources = fixture::sources("tests/macros/types");
    let files: Vec<_> = sources
        .iter()
        .map(|(name, text)| (format!("bin/{name}"), text.clone()))
        .collect();
    let mut fixture = Fixture::new("types");
    fixture.package("types", "2024", &files);
    let said = fixture.check();
    let mut faults = Vec::new();
    for (name, text) in &sources {
        let expected = Expectation::all_of(text);
        assert!(!expected.is_empty(), "{name} expects nothing");
        let said: Vec<_> = said
            .iter()
            .filter(|diagnostic| diagnostic.file == *name)
            .collect();
        faults.extend(
            expectations::faults(&expected, &said)
                .into_iter()
                .map(|fault| format!("{name}: {fault}")),
        );
    }
    let elsewhere = said
        .iter()
        .filter(|diagnostic| !sources.iter().any(|(name, _)| diagnostic.file == *name));
    faults.extend(elsewhere.map(|diagnostic| diagnostic.text.clone()));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
