//! How callbacks' own errors are shown where they arrive.

use std::error::Error as _;
use std::fmt;

use daffi::{CallError, CallErrorKind, callback, fetcher};
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport};

/// An error with a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cold {
    cause: Reason,
}

/// An error without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reason(String);

/// One that has words, and is no [`std::error::Error`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Words;

/// One that has no words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wordless;

/// One with words that no fetcher declares.
#[derive(Clone, Debug, PartialEq)]
struct Undeclared;

impl fmt::Display for Cold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the oven is cold")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("words alone")
    }
}

impl fmt::Display for Undeclared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("declared by nobody")
    }
}

impl std::error::Error for Cold {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

impl std::error::Error for Reason {}

fn cold() -> Cold {
    Cold {
        cause: Reason("no gas".to_owned()),
    }
}

mod offered {
    use super::*;

    #[callback]
    fn errors_bake() -> Result<(), Cold> {
        Err(cold())
    }

    #[callback]
    fn errors_say() -> Result<(), Words> {
        Err(Words)
    }

    #[callback]
    fn errors_mumble() -> Result<(), Wordless> {
        Err(Wordless)
    }
}

#[fetcher]
async fn errors_bake() -> Result<(), Cold>;

#[fetcher(alias = "errors_bake")]
async fn errors_bake_in_words() -> ();

#[fetcher]
async fn errors_mumble() -> Result<(), Wordless>;

struct Group;

#[fetcher]
impl Group {
    async fn errors_say(&self) -> Result<(), Words>;
}

async fn net() -> Net {
    Net::start(Transport::Memory, |builder| {
        ["errors_bake", "errors_say", "errors_mumble"]
            .into_iter()
            .fold(builder, daffi::GlobalBuilder::callback)
    })
    .await
}

#[tokio::test]
async fn an_error_is_shown_by_its_own_display_and_has_its_own_source() {
    let net = net().await;
    let g = net.caller().await;

    let error = errors_bake().on(&g).await.unwrap_err();
    assert_eq!(error.to_string(), "the oven is cold");
    assert_eq!(error.source().unwrap().to_string(), "no gas");
    assert_eq!(error.kind(), CallErrorKind::App);
    // A stand-in is like the real one.
    assert_eq!(CallError::App(cold()).to_string(), error.to_string());

    let error = errors_bake_in_words().on(&g).await.unwrap_err();
    assert_eq!(error.to_string(), "the oven is cold");
    assert_eq!(error.source().unwrap().to_string(), "no gas");

    let error = Group.errors_say().on(&g).await.unwrap_err();
    assert_eq!(error.to_string(), "words alone");
    assert!(error.source().is_none());
    net.stop([g]).await;
}

#[tokio::test]
async fn an_error_without_words_that_are_known_is_shown_by_its_debug() {
    let net = net().await;
    let g = net.caller().await;
    let error = errors_mumble().on(&g).await.unwrap_err();
    assert_eq!(error.to_string(), "Wordless");
    assert_eq!(CallError::App(Undeclared).to_string(), "Undeclared");
    net.stop([g]).await;
}
