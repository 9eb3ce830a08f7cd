//! How callbacks' own errors are shown where they arrive.

use std::error::Error as _;
use std::fmt;

use daffi::{CallError, CallErrorKind, Stream, callback, fetcher};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport, over_each};

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

/// One that cannot always be sent as itself: its `Serialize` refuses to be without a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unsendable {
    text: String,
    #[serde(serialize_with = "only_some")]
    code: Option<u8>,
}

fn only_some<S: serde::Serializer>(code: &Option<u8>, serializer: S) -> Result<S::Ok, S::Error> {
    match code {
        Some(_) => code.serialize(serializer),
        None => Err(serde::ser::Error::custom("`Unsendable` has no code")),
    }
}

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Unsendable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&Declined)
    }
}

/// The cause of it.
#[derive(Clone, Copy, Debug)]
struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the card was declined")
    }
}

impl std::error::Error for Declined {}

fn unsendable(code: Option<u8>) -> Unsendable {
    let text = "nothing was paid".to_owned();
    Unsendable { code, text }
}

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
    fn errors_pay(code: Option<u8>) -> Result<(), Unsendable> {
        Err(unsendable(code))
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

#[fetcher]
async fn errors_pay(code: Option<u8>) -> Result<(), Unsendable>;

#[fetcher]
async fn errors_pay_made(code: Option<u8>) -> Result<(), Unsendable>;

#[fetcher(alias = "errors_pay")]
async fn errors_pay_in_words(code: Option<u8>) -> ();

#[fetcher(alias = "errors_pay", each)]
async fn errors_pay_each(codes: impl Stream<Item = Option<u8>>) -> Result<(), Unsendable>;

#[fetcher(alias = "errors_pay", each)]
async fn errors_pay_each_in_words(codes: impl Stream<Item = Option<u8>>) -> ();

struct Group;

#[fetcher]
impl Group {
    async fn errors_say(&self) -> Result<(), Words>;
}

async fn net() -> Net {
    net_over(Transport::Memory).await
}

async fn net_over(transport: Transport) -> Net {
    Net::start(transport, |builder| {
        ["errors_bake", "errors_say", "errors_mumble", "errors_pay"]
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

/// In words, for whoever asked for those; and as the reason why there is no more.
fn check_lost(typed: CallError<Unsendable>, in_words: &CallError) {
    let CallError::Encode {
        message,
        may_have_run: true,
        ..
    } = typed
    else {
        panic!("{typed}")
    };
    let (before, after) = message.split_once("; it says: ").unwrap();
    assert!(before.starts_with("the callback's error: "), "{message}");
    assert!(before.contains("`Unsendable` has no code"), "{message}");
    assert_eq!(after, "nothing was paid: the card was declined");
    let CallError::App(words) = in_words else {
        panic!("{in_words}")
    };
    assert_eq!(words.message(), "nothing was paid");
    assert_eq!(words.causes().collect::<Vec<_>>(), ["the card was declined"]);
}

#[tokio::test]
async fn an_error_that_cannot_be_sent_as_itself_is_told_in_words() {
    over_each(async |transport| {
        let net = net_over(transport).await;
        let g = net.caller().await;
        let code = Some(7);
        assert_eq!(
            errors_pay(code).on(&g).await.unwrap_err(),
            CallError::App(unsendable(code))
        );
        check_lost(
            errors_pay(None).on(&g).await.unwrap_err(),
            &errors_pay_in_words(None).on(&g).await.unwrap_err(),
        );
        let all = errors_pay(None).broadcast().on(&g).await.unwrap();
        let typed = all.into_iter().next().unwrap().1.unwrap_err();
        let all = errors_pay_in_words(None).broadcast().on(&g).await.unwrap();
        check_lost(typed, &all.into_iter().next().unwrap().1.unwrap_err());

        let none = || stream::iter([None]);
        let CallError::Stopped {
            done: 0,
            error: typed,
            ..
        } = errors_pay_each(none()).on(&g).await.unwrap_err()
        else {
            panic!("it fails at the first item")
        };
        let CallError::Stopped { done: 0, error, .. } =
            errors_pay_each_in_words(none()).on(&g).await.unwrap_err()
        else {
            panic!("it fails at the first item")
        };
        check_lost(*typed, &error);
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn an_error_of_a_closure_that_cannot_be_sent_as_itself_is_told_in_words() {
    let net = net().await;
    let g = net.caller().await;
    let pay = async |code: Option<u8>| -> Result<(), Unsendable> { Err(unsendable(code)) };
    net.service.register_fn("errors_pay_made", pay).await.unwrap();
    let error = g.call::<()>("errors_pay_made", (None::<u8>,)).await.unwrap_err();
    let CallError::App(words) = &error else {
        panic!("{error}")
    };
    assert!(words.message().contains("nothing was paid"), "{words}");
    let error = errors_pay_made(None).on(&g).await.unwrap_err();
    let CallError::Encode { message, .. } = &error else {
        panic!("{error}")
    };
    assert!(
        message.contains("`Unsendable` has no code") && message.contains("nothing was paid"),
        "{message}"
    );
    net.stop([g]).await;
}
