//! Results of callbacks and fetchers.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;

// Those of the crate `bytes`, for users who have it.
use daffi::__private::Bytes;
use daffi::{CallError, RemoteError, callback, fetcher};
use serde::{Deserialize, Serialize};

use super::{Item, Pair, item};

/// An error in words only.
#[derive(Debug)]
struct InWords;

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no milk")
    }
}

/// What is known of an error that is neither encoded nor shown.
struct Silent;

/// An error like `anyhow::Error`: no [`Error`] itself, it refers to one.
struct Opaque(Box<dyn Error + Send + Sync>);

impl AsRef<dyn Error + Send + Sync> for Opaque {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Typed {
    Empty { at: u8 },
}

type Outcome<T, E = Typed> = Result<T, E>;

mod aliased {
    pub(super) type Result<T> = std::result::Result<T, super::Typed>;
}

mod offered {
    use super::*;

    #[callback]
    fn borrowed_static() -> &'static str {
        "static"
    }

    #[callback]
    fn borrowed_from<'a>(a: &'a str, b: &'a str) -> &'a str {
        if a.len() < b.len() { b } else { a }
    }

    #[callback]
    async fn borrowed_cow(a: Cow<'_, str>) -> Cow<'_, str> {
        a
    }

    #[callback]
    fn borrowed_slice(items: &[Item]) -> &[Item] {
        &items[1..]
    }

    #[callback]
    fn borrowed_inside(items: &[Item]) -> (Option<&Item>, Vec<&Item>) {
        (items.first(), items.iter().rev().collect())
    }

    #[callback]
    fn borrowed_fallible(items: &[Item]) -> Result<&Item, &'static str> {
        items.first().ok_or("empty")
    }

    #[callback]
    fn bytes_in_option() -> Option<Vec<u8>> {
        Some(vec![1, 2])
    }

    #[callback]
    fn bytes_in_result(fails: bool) -> Result<Vec<u8>, u8> {
        if fails { Err(7) } else { Ok(vec![1, 2]) }
    }

    #[callback]
    async fn bytes_of_the_crate(bytes: Bytes) -> Result<Bytes, String> {
        Ok(bytes.slice(1..))
    }

    #[callback]
    fn error_in_words() -> Result<u8, InWords> {
        Err(InWords)
    }

    #[callback]
    fn error_silent() -> Result<u8, Silent> {
        Err(Silent)
    }

    #[callback]
    async fn error_opaque() -> Result<Vec<u8>, Opaque> {
        let inner = io::Error::other("no power");
        Err(Opaque(io::Error::other(inner).into()))
    }

    #[callback]
    fn error_boxed() -> Result<u8, Box<dyn Error + Send + Sync>> {
        Err("boxed".into())
    }

    #[callback]
    fn error_of_io() -> io::Result<u8> {
        Err(io::Error::other("no disk"))
    }

    #[callback]
    fn error_of_fmt() -> fmt::Result {
        Err(fmt::Error)
    }

    #[callback]
    fn error_remote() -> Result<u8, RemoteError> {
        Err(RemoteError::new("remote", vec!["cause".to_owned()]))
    }

    #[callback]
    fn error_typed() -> Outcome<u8> {
        Err(Typed::Empty { at: 3 })
    }
}

#[fetcher]
async fn borrowed_static() -> String;
#[fetcher]
async fn borrowed_from(a: &str, b: &str) -> String;
#[fetcher]
async fn borrowed_cow(a: &str) -> Cow<'static, str>;
#[fetcher]
async fn borrowed_slice(items: &[Item]) -> Vec<Item>;
#[fetcher]
async fn borrowed_inside(items: &[Item]) -> (Option<Item>, Vec<Item>);
#[fetcher]
async fn borrowed_fallible(items: &[Item]) -> Result<Item, String>;
#[fetcher]
async fn bytes_in_option() -> Option<Vec<u8>>;
#[fetcher]
async fn bytes_in_result(fails: bool) -> Result<Vec<u8>, u8>;
#[fetcher(alias = "bytes_in_result")]
async fn bytes_or_words(fails: bool) -> Vec<u8>;
#[fetcher]
async fn bytes_of_the_crate(bytes: &Bytes) -> Result<Bytes, String>;
#[fetcher(alias = "bytes_of_the_crate")]
async fn bytes_of_the_crate_elsewhere(bytes: &[u8]) -> Vec<u8>;
#[fetcher]
async fn error_in_words() -> u8;
#[fetcher]
async fn error_silent() -> Result<u8, RemoteError>;
#[fetcher]
async fn error_opaque() -> Vec<u8>;
#[fetcher]
async fn error_boxed() -> u8;
#[fetcher]
async fn error_of_io() -> u8;
#[fetcher]
async fn error_of_fmt();
#[fetcher]
async fn error_remote() -> Result<u8, RemoteError>;
#[fetcher]
async fn error_typed() -> std::result::Result<u8, Typed>;
#[fetcher(alias = "error_typed")]
async fn error_typed_by_alias() -> aliased::Result<u8>;

fn in_words<T>(message: &str, causes: &[&str]) -> Result<T, CallError> {
    let causes = causes.iter().map(|&cause| cause.to_owned()).collect();
    Err(CallError::App(RemoteError::new(message, causes)))
}

#[tokio::test]
async fn borrowed_results_arrive_owned() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(borrowed_static().on(g).await, Ok("static".to_owned()));
    assert_eq!(borrowed_from("a", "bc").on(g).await, Ok("bc".to_owned()));
    assert_eq!(borrowed_cow("a").on(g).await, Ok("a".into()));
    let items = [item("milk", 1), item("oil", 2)];
    assert_eq!(borrowed_slice(&items).on(g).await, Ok(vec![items[1].clone()]));
    let expected = (Some(items[0].clone()), vec![items[1].clone(), items[0].clone()]);
    assert_eq!(borrowed_inside(&items).on(g).await, Ok(expected));
    assert_eq!(
        pair.signature("borrowed_inside").await,
        "fn(items: Vec<Item { name: String, price: u32 }>) -> (Option<Item>, Vec<Item>)"
    );
    assert_eq!(borrowed_fallible(&items).on(g).await, Ok(items[0].clone()));
    assert_eq!(
        borrowed_fallible(&[]).on(g).await,
        Err(CallError::App("empty".to_owned()))
    );
    pair.stop().await;
}

#[tokio::test]
async fn bytes_are_bytes_wherever_they_are() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(bytes_in_option().on(g).await, Ok(Some(vec![1, 2])));
    assert_eq!(bytes_in_result(false).on(g).await, Ok(vec![1, 2]));
    assert_eq!(bytes_in_result(true).on(g).await, Err(CallError::App(7)));
    assert_eq!(bytes_or_words(false).on(g).await, Ok(vec![1, 2]));
    let bytes = Bytes::from_static(&[1, 2]);
    assert_eq!(bytes_of_the_crate(&bytes).on(g).await, Ok(bytes.slice(1..)));
    assert_eq!(bytes_of_the_crate_elsewhere(&bytes).on(g).await, Ok(vec![2]));
    assert_eq!(
        pair.signature("bytes_of_the_crate").await,
        "fn(bytes: Vec<u8>) -> Result<Vec<u8>, String>"
    );
    assert_eq!(bytes_or_words(true).on(g).await, in_words("7", &[]));
    pair.stop().await;
}

#[tokio::test]
async fn errors_arrive_as_their_type_or_in_words() {
    let pair = Pair::start().await;
    let g = &pair.caller;
    assert_eq!(error_in_words().on(g).await, in_words("no milk", &[]));
    let silent = error_silent().on(g).await;
    assert!(
        matches!(&silent, Err(CallError::App(error)) if error.message().ends_with("Silent")),
        "{silent:?}"
    );
    assert_eq!(error_opaque().on(g).await, in_words("no power", &[]));
    assert_eq!(error_boxed().on(g).await, in_words("boxed", &[]));
    assert_eq!(error_of_io().on(g).await, in_words("no disk", &[]));
    let words = fmt::Error.to_string();
    assert_eq!(error_of_fmt().on(g).await, in_words(&words, &[]));
    assert_eq!(error_remote().on(g).await, in_words("remote", &["cause"]));
    assert_eq!(
        error_typed().on(g).await,
        Err(CallError::App(Typed::Empty { at: 3 }))
    );
    assert_eq!(
        error_typed_by_alias().on(g).await,
        Err(CallError::App(Typed::Empty { at: 3 }))
    );
    pair.stop().await;
}
