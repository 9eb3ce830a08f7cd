//! Bodies of fetchers, and groups.

use std::time::Duration;

use daffi::{CallError, callback, fetcher};
use serde::Serialize;

use super::{Item, Pair, item};

mod offered {
    use super::*;

    #[callback]
    fn joined(a: u8, b: &str) -> String {
        format!("{a}{b}")
    }

    #[callback]
    fn priced(item: &Item, bytes: &[u8]) -> u32 {
        item.price + u32::try_from(bytes.len()).unwrap_or(u32::MAX)
    }

    #[callback]
    fn nothing() -> u8 {
        9
    }

    #[callback]
    async fn forever() {
        std::future::pending::<()>().await;
    }

    #[callback(alias = "group.joined")]
    fn group_joined(a: u8, b: &str) -> String {
        format!("group {a}{b}")
    }
}

#[fetcher(alias = "joined")]
fn tuple(a: u8, (b, c): (&str, &str)) -> String {
    let joined = format!("{b}{c}");
    (a, joined)
}

#[fetcher(alias = "joined")]
fn branches(a: u8) -> String {
    if a > 1 { (a, "many") } else { (a, "few") }
}

#[fetcher(alias = "joined")]
fn left_early(a: u8) -> String {
    if a > 1 {
        return (a, "many");
    }
    (a, "few")
}

#[fetcher(alias = "joined")]
fn matched(a: u8) -> String {
    match a {
        0 => (a, String::new()),
        a => (a, "x".repeat(a.into())),
    }
}

#[fetcher(alias = "joined")]
fn by_a_function(mut a: u8) -> String {
    a += 1;
    pair(a)
}

fn pair(a: u8) -> (u8, &'static str) {
    (a, "pair")
}

#[fetcher(alias = "joined")]
async fn asynchronous_for_show(text: String) -> String {
    (u8::try_from(text.len()).unwrap_or(u8::MAX), &*text)
}

#[fetcher(alias = "priced")]
fn lent_values(item: &Item, bytes: &[u8]) -> u32 {
    (item, &bytes[1..])
}

#[fetcher(alias = "priced")]
fn owned_values(item: Item, bytes: Vec<u8>) -> u32 {
    (item, bytes)
}

#[fetcher(alias = "nothing")]
#[allow(
    clippy::unused_unit,
    clippy::semicolon_if_nothing_returned,
    reason = "no arguments, said in so many words"
)]
fn unit() -> u8 {
    ()
}

#[fetcher(alias = "nothing")]
fn empty(_unused: &str) -> u8 {}

#[fetcher(timeout = "50ms")]
async fn forever();

#[fetcher(to = "nobody")]
async fn nothing() -> u8;

/// A group with parameters.
struct Group<'a, T> {
    name: &'a str,
    value: T,
}

#[fetcher(prefix = "group.")]
impl<'a, T: Clone + Serialize + Into<u8>> Group<'a, T> {
    const NUMBER: u8 = 7;

    pub async fn joined(&self, a: u8, b: &str) -> String;

    #[fetcher(alias = "joined")]
    pub fn computed(&self) -> String {
        (self.value.clone().into(), self.name)
    }

    #[fetcher(alias = "joined")]
    async fn private(&mut self, b: &str) -> String {
        (Self::NUMBER, b)
    }

    #[fetcher(alias = "joined", timeout = "10s", to = "service")]
    async fn consuming(self, a: u8, b: &str) -> String;

    #[fetcher]
    async fn joined_without_self(a: u8) -> String;

    #[fetcher(local)]
    pub fn local(&self) -> &'a str {
        self.name
    }

    fn ordinary(&self) -> usize {
        self.name.len()
    }
}

#[tokio::test]
async fn bodies_compute_arguments_in_any_way() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    for (call, expected) in [
        (tuple(1, ("a", "b")), "1ab"),
        (branches(2), "2many"),
        (branches(1), "1few"),
        (left_early(2), "2many"),
        (left_early(1), "1few"),
        (matched(0), "0"),
        (matched(2), "2xx"),
        (by_a_function(2), "3pair"),
        (asynchronous_for_show("ab".to_owned()), "2ab"),
    ] {
        assert_eq!(call.on(g).await, Ok(expected.to_owned()));
    }
    assert_eq!(lent_values(&item("milk", 2), &[1, 2, 3]).on(g).await, Ok(4));
    assert_eq!(owned_values(item("milk", 2), vec![1, 2, 3]).on(g).await, Ok(5));
    assert_eq!(unit().on(g).await, Ok(9));
    assert_eq!(empty("x").on(g).await, Ok(9));
    pair.stop().await;
}

#[tokio::test]
async fn what_the_attribute_sets_holds_unless_the_call_says_otherwise() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    let error = forever().on(g).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    let error = forever().timeout(Duration::ZERO).on(g).await.unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    let error = nothing().on(g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    assert_eq!(nothing().to("service").on(g).await, Ok(9));
    pair.stop().await;
}

#[tokio::test]
async fn groups_may_have_state_and_parameters() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    let mut group = Group {
        name: "name",
        value: 3u8,
    };
    assert_eq!(group.joined(1, "a").on(g).await, Ok("group 1a".to_owned()));
    assert_eq!(group.computed().on(g).await, Ok("group 3name".to_owned()));
    assert_eq!(group.private("p").on(g).await, Ok("group 7p".to_owned()));
    assert_eq!((group.local(), group.ordinary()), ("name", 4));
    let error = Group::<u8>::joined_without_self(1).on(g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    assert_eq!(group.consuming(2, "c").on(g).await, Ok("group 2c".to_owned()));
    pair.stop().await;
}
