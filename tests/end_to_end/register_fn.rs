//! Callbacks that are made while the program runs.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use daffi::{CallContext, CallError, ConfigFault, Global, RegisterError, RemoteError, fetcher};
use serde::ser::{SerializeStruct, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::net::{Net, Transport, over_each};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum OrderError {
    SoldOut { item: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

/// An error like `anyhow::Error`.
#[derive(Debug)]
struct Opaque(Box<dyn Error + Send + Sync>);

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AsRef<dyn Error + Send + Sync> for Opaque {
    fn as_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

struct Made;

#[fetcher(prefix = "made.")]
impl Made {
    async fn double(&self, n: i64) -> i64;
    #[fetcher(alias = "double")]
    async fn double_text(&self, n: String) -> String;
    async fn order(&self, item: &str, count: u32) -> Result<Order, OrderError>;
    #[fetcher(alias = "order")]
    async fn order_in_words(&self, item: &str, count: u32) -> Order;
    async fn divide(&self, a: i64, b: i64) -> Result<i64, String>;
    async fn who(&self) -> String;
    async fn nothing(&self);
    #[allow(clippy::too_many_arguments)]
    #[rustfmt::skip]
    async fn many(&self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8) -> u32;
    async fn fails(&self, how: u8) -> Result<(), RemoteError>;
    async fn echo(&self, bytes: Vec<u8>) -> Vec<u8>;
    async fn any(&self, any: &Value, note: &Note) -> String;
}

/// With names, where something is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Note {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    text: String,
}

async fn in_words(how: u8) -> Result<(), Opaque> {
    match how {
        0 => Ok(()),
        _ => Err(Opaque(std::io::Error::other(format!("number {how}")).into())),
    }
}

/// What the words of a callback's own error are.
fn words<E: fmt::Debug>(error: CallError<E>) -> E {
    match error {
        CallError::App(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_closure_is_called_as_any_callback() {
    over_each(async |transport| {
        let net = Net::start(transport, |builder| builder).await;
        let (g, service) = (net.caller().await, &net.service);
        let factor = 2;
        service
            .register_fn("made.double", move |n: i64| async move { n * factor })
            .await
            .unwrap();
        assert_eq!(Made.double(21).on(&g).await, Ok(42));
        assert_eq!(g.call::<i64>("made.double", (4i64,)).await, Ok(8));

        // Without a future: on the blocking pool, where it may wait.
        let (calls, other) = (Arc::new(AtomicU32::new(0)), g.clone());
        let count = Arc::clone(&calls);
        service
            .register_fn("made.who", move |ctx: CallContext| {
                count.fetch_add(1, Ordering::Relaxed);
                let doubled: i64 = other.call("made.double", (1i64,)).wait().unwrap();
                format!("{} {doubled}", ctx.caller())
            })
            .await
            .unwrap();
        assert_eq!(Made.who().on(&g).await, Ok("caller 2".to_owned()));
        assert_eq!(calls.load(Ordering::Relaxed), 1);

        service.register_fn("made.nothing", || async {}).await.unwrap();
        assert_eq!(Made.nothing().on(&g).await, Ok(()));
        service
            .register_fn("made.echo", |bytes: Vec<u8>| bytes)
            .await
            .unwrap();
        let bytes = vec![7; 100_000];
        assert_eq!(Made.echo(bytes.clone()).on(&g).await, Ok(bytes));
        net.stop([g]).await;
    })
    .await;
}

#[tokio::test]
async fn a_context_is_no_argument_wherever_it_stands() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let many = |a: u8,
                b: u8,
                ctx: CallContext,
                c: u8,
                d: u8,
                e: u8,
                f: u8,
                g: u8,
                h: u8,
                i: u8,
                j: u8,
                k: u8| async move {
        assert_eq!(ctx.caller(), "caller");
        let all = [a, b, c, d, e, f, g, h, i, j, k];
        all.iter()
            .zip(1u32..)
            .map(|(&n, place)| u32::from(n) * place)
            .sum::<u32>()
    };
    net.service.register_fn("made.many", many).await.unwrap();
    let sum = Made.many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).on(&g).await;
    assert_eq!(sum, Ok((1..=11).map(|n| n * n).sum()));
    let any = |first: CallContext, any: Value, second: CallContext, note: Note, third: CallContext| {
        let callers = [first, second, third].map(|ctx| ctx.caller().to_owned());
        format!("{any} {} {:?} {callers:?}", note.text, note.by)
    };
    net.service.register_fn("made.any", any).await.unwrap();
    for by in [None, Some("me".to_owned())] {
        let expected = format!(r#"{{"a":[1]}} some {by:?} ["caller", "caller", "caller"]"#);
        let note = Note {
            by,
            text: "some".to_owned(),
        };
        assert_eq!(Made.any(&json!({"a": [1]}), &note).on(&g).await, Ok(expected));
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn errors_reach_the_caller_as_themselves_or_in_words() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (g, service) = (net.caller().await, &net.service);
    let order = |item: String, count: u32| async move {
        if item == "tea" {
            return Err(OrderError::SoldOut { item });
        }
        Ok(Order { item, count })
    };
    service.register_fn("made.order", order).await.unwrap();
    let milk = Order {
        item: "milk".to_owned(),
        count: 2,
    };
    assert_eq!(Made.order("milk", 2).on(&g).await, Ok(milk.clone()));
    assert_eq!(Made.order_in_words("milk", 2).on(&g).await, Ok(milk));
    let sold_out = OrderError::SoldOut {
        item: "tea".to_owned(),
    };
    let error = words(Made.order_in_words("tea", 1).on(&g).await.unwrap_err());
    assert_eq!(error.to_string(), format!("{sold_out:?}"));
    assert_eq!(words(Made.order("tea", 1).on(&g).await.unwrap_err()), sold_out);

    let divide = |a: i64, b: i64| {
        if b == 0 {
            Err("by \"zero\"".to_owned())
        } else {
            Ok(a / b)
        }
    };
    service.register_fn("made.divide", divide).await.unwrap();
    assert_eq!(Made.divide(7, 2).on(&g).await, Ok(3));
    assert_eq!(words(Made.divide(7, 0).on(&g).await.unwrap_err()), "by \"zero\"");
    let error = words(g.call::<i64>("made.divide", (7i64, 0i64)).await.unwrap_err());
    assert_eq!(error.to_string(), "by \"zero\"");

    // Serde does not know this one; a function is as good as a closure.
    service.register_fn("made.fails", in_words).await.unwrap();
    assert_eq!(Made.fails(0).on(&g).await, Ok(()));
    let error = words(Made.fails(3).on(&g).await.unwrap_err());
    assert_eq!(error.to_string(), "number 3");
    service.unregister("made.fails").await.unwrap();
    let caused = |how: u8| {
        let causes = vec!["no gas".to_owned()];
        if how == 0 {
            Ok(())
        } else {
            Err(RemoteError::new("cold", causes))
        }
    };
    service.register_fn("made.fails", caused).await.unwrap();
    assert_eq!(Made.fails(0).on(&g).await, Ok(()));
    let error = words(Made.fails(3).on(&g).await.unwrap_err());
    assert_eq!(format!("{error:?}"), "cold: no gas");
    net.stop([g]).await;
}

#[tokio::test]
async fn what_would_be_read_as_something_else_by_its_positions_is_sent_with_names() {
    /// Without its first field, its second would be read as that.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Skipping {
        #[serde(skip_serializing_if = "Option::is_none")]
        first: Option<u8>,
        second: Option<u8>,
    }

    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let skipping = |first: Option<u8>| Skipping { first, second: None };
    net.service.register_fn("made.skipping", skipping).await.unwrap();
    let fallible = |first: Option<u8>| async move { Ok::<_, String>(Skipping { first, second: None }) };
    net.service.register_fn("made.fallible", fallible).await.unwrap();
    let failing = |first: Option<u8>| async move {
        Err::<u8, _>(Skipping {
            first,
            second: Some(2),
        })
    };
    net.service.register_fn("made.failing", failing).await.unwrap();
    #[fetcher(alias = "made.failing")]
    async fn fails(first: Option<u8>) -> Result<u8, Skipping>;
    for first in [None, Some(1)] {
        for name in ["made.skipping", "made.fallible"] {
            let expected = Skipping { first, second: None };
            assert_eq!(g.call(name, (first,)).await, Ok(expected));
        }
        let expected = Skipping {
            first,
            second: Some(2),
        };
        assert_eq!(fails(first).on(&g).await, Err(CallError::App(expected)));
    }
    let echo = |value: serde_json::Value| async move { if value.is_null() { Err(value) } else { Ok(value) } };
    net.service.register_fn("made.any", echo).await.unwrap();
    #[fetcher(alias = "made.any")]
    async fn any(value: &serde_json::Value) -> Result<serde_json::Value, serde_json::Value>;
    let value = serde_json::json!([1, "a"]);
    assert_eq!(any(&value).on(&g).await, Ok(value));
    let null = serde_json::Value::Null;
    assert_eq!(any(&null).on(&g).await, Err(CallError::App(null)));
    net.stop([g]).await;
}

/// It leaves its first field out where it is looked at, and no more when it is written once again.
#[derive(Debug, Default, Deserialize)]
struct Changing {
    first: Option<u8>,
    second: u8,
    #[serde(skip)]
    times: AtomicU8,
}

impl Serialize for Changing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_left_out = self.times.fetch_add(1, Ordering::Relaxed) < 2;
        let mut fields = serializer.serialize_struct("Changing", 2 - usize::from(is_left_out))?;
        if is_left_out {
            fields.skip_field("first")?;
        } else {
            fields.serialize_field("first", &self.first)?;
        }
        fields.serialize_field("second", &self.second)?;
        fields.end()
    }
}

#[tokio::test]
async fn what_changes_while_it_is_encoded_arrives_in_the_form_in_which_it_is_sent() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let changing = || {
        let second = 7;
        Changing {
            second,
            ..Changing::default()
        }
    };
    let fails = move |fails: bool| if fails { Err(changing()) } else { Ok(changing()) };
    net.service.register_fn("made.changing", fails).await.unwrap();
    #[fetcher(alias = "made.changing")]
    async fn made(fails: bool) -> Result<Changing, Changing>;
    for _ in 0..2 {
        let answer = made(false).on(&g).await.unwrap();
        assert_eq!((answer.first, answer.second), (None, 7));
        let CallError::App(answer) = made(true).on(&g).await.unwrap_err() else {
            panic!("it fails")
        };
        assert_eq!((answer.first, answer.second), (None, 7));
    }
    net.stop([g]).await;
}

#[tokio::test]
async fn callers_see_it_and_are_checked_against_it() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (g, service) = (net.caller().await, &net.service);
    let double = service
        .register_fn("made.double", |n: i64, _: CallContext| n * 2)
        .docs("Twice as much.")
        .concurrency(3)
        .concurrency_per_caller(2)
        .timeout(Duration::from_secs(600));
    double.await.unwrap();
    let order = |order: Order| async move { Ok::<_, OrderError>(vec![order]) };
    service.register_fn("made.order", order).await.unwrap();
    service.register_fn("made.fails", in_words).await.unwrap();
    let caused = || Err::<u8, _>(RemoteError::new("cold", Vec::new()));
    service.register_fn("made.caused", caused).await.unwrap();

    let callbacks = g.callbacks().await.unwrap();
    let shown: Vec<_> = callbacks
        .iter()
        .map(|callback| format!("{}: {}", callback.name, callback.signature))
        .collect();
    assert_eq!(
        shown,
        [
            "made.caused: fn() -> Result<u8, RemoteError>",
            "made.double: fn(_: i64) -> i64",
            "made.fails: fn(_: u8) -> Result<(), RemoteError>",
            "made.order: fn(_: Order { item: String, count: u32 }) -> Result<Vec<Order>, \
             OrderError { SoldOut { item: String } }>",
        ]
    );
    assert_eq!(callbacks[1].docs, "Twice as much.");
    assert_eq!(callbacks[1].concurrency, Some(3));
    assert_eq!(callbacks[1].concurrency_per_caller, Some(2));
    let error = Made.double_text("1".to_owned()).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::SignatureMismatch { .. }), "{error}");
    net.stop([g]).await;
}

#[tokio::test]
async fn it_is_offered_until_it_is_unregistered_and_once() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let (g, service) = (net.caller().await, &net.service);
    service.register_fn("made.double", |n: i64| n * 2).await.unwrap();
    let error = service
        .register_fn("made.double", |n: i64| n * 3)
        .await
        .unwrap_err();
    let RegisterError::Config(faults) = &error else {
        panic!("{error}")
    };
    let [
        ConfigFault::SameName {
            name, first, second, ..
        },
    ] = &faults[..]
    else {
        panic!("{error}")
    };
    assert_eq!(name, "made.double");
    for place in [first, second] {
        assert!(place.contains("register_fn.rs:"), "{place}");
    }
    assert_ne!(first, second);
    assert_eq!(Made.double(2).on(&g).await, Ok(4));
    service.unregister("made.double").await.unwrap();
    let error = Made.double(2).on(&g).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    service.register_fn("made.double", |n: i64| n * 3).await.unwrap();
    assert_eq!(Made.double(2).on(&g).await, Ok(6));
    net.stop([g]).await;
}

mod offered {
    use daffi::callback;

    #[callback(alias = "made.turns", balance = "round_robin")]
    fn turns() {}
}

#[tokio::test]
async fn what_contradicts_other_processes_is_not_offered() {
    let net = Net::start(Transport::Memory, |builder| builder.callback("made.turns")).await;
    let g = net.caller().await;
    let error = g.register_fn("made.turns", || ()).await.unwrap_err();
    let RegisterError::Refused { reason, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(reason.contains("round_robin"), "{reason}");
    assert!(!error.to_string().contains("may not"), "{error}");
    assert!(matches!(
        g.unregister("made.turns").await,
        Err(RegisterError::Unknown { .. })
    ));
    net.stop([g]).await;
}

#[tokio::test]
async fn what_makes_no_sense_is_not_offered() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let service: &Global = &net.service;
    let registration = service.register_fn("made.nothing", || ());
    let error = registration
        .concurrency(0)
        .concurrency_per_caller(0)
        .timeout(Duration::ZERO)
        .await
        .unwrap_err();
    let RegisterError::Config(faults) = &error else {
        panic!("{error}")
    };
    assert_eq!(faults.len(), 3, "{error}");
    for name in ["", &"n".repeat(256)] {
        let error = service.register_fn(name, || ()).await.unwrap_err();
        assert!(matches!(error, RegisterError::Config(_)), "{error}");
    }
    assert!(service.callbacks().await.unwrap().is_empty());
    let stopped = net.caller().await;
    stopped.stop().await;
    let error = stopped.register_fn("made.nothing", || ()).await.unwrap_err();
    assert!(
        matches!(error, RegisterError::Call(CallError::NotStarted { .. })),
        "{error}"
    );
    net.stop([]).await;
}

/// How often made-up values were converted.
static MADE_UP: AtomicUsize = AtomicUsize::new(0);

/// Nobody sends a zero, and where panics abort it would end the program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
struct Positive(u64);

impl From<u64> for Positive {
    fn from(number: u64) -> Self {
        if number == 0 {
            MADE_UP.fetch_add(1, Ordering::Relaxed);
        }
        Self(number)
    }
}

impl From<Positive> for u64 {
    fn from(Positive(number): Positive) -> Self {
        number
    }
}

#[tokio::test]
async fn what_is_not_to_be_looked_into_is_not() {
    let net = Net::start(Transport::Memory, |builder| builder).await;
    let g = net.caller().await;
    let next = |Positive(number): Positive| -> Result<Positive, Positive> {
        if number < 10 {
            Ok(Positive(number + 1))
        } else {
            Err(Positive(number))
        }
    };
    g.register_fn("made.untraced", next).untraced().await.unwrap();
    let called = net.caller_named("other").await;
    for _ in 0..2 {
        let answer = called.call_untraced::<Positive>("made.untraced", (7_u64,)).await;
        assert_eq!(answer, Ok(Positive(8)));
    }
    let refused = called.call_untraced::<Positive>("made.untraced", (10_u64,)).await;
    assert!(matches!(refused, Err(CallError::App(_))), "{refused:?}");
    // The arguments are compared with callbacks that are looked into.
    g.register_fn("made.traced", |text: String| text.len())
        .await
        .unwrap();
    let mismatch = called.call_untraced::<Positive>("made.traced", (7_u64,)).await;
    assert!(
        matches!(mismatch, Err(CallError::SignatureMismatch { .. })),
        "{mismatch:?}"
    );
    assert_eq!(MADE_UP.load(Ordering::Relaxed), 0);
    // What is told of here is what happens otherwise.
    let answer = called.call::<Positive>("made.untraced", (7_u64,)).await;
    assert_eq!(answer, Ok(Positive(8)));
    g.register_fn("made.looked_into", next).await.unwrap();
    assert!(MADE_UP.load(Ordering::Relaxed) > 2);
    net.stop([g, called]).await;
}
