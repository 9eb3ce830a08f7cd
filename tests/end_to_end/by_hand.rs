//! Callbacks of which a program knows nothing before it runs: told of, and called by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use daffi::{CallContext, CallError, Global, JsonError, Streaming, callback};
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::net::{Net, Transport, over_each};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    lines: Vec<Line>,
    data: Vec<u8>,
    weight: f64,
    by_code: BTreeMap<u16, Option<bool>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    item: String,
    price: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum OrderError {
    SoldOut { item: String },
    Closed,
}

struct Shop;

#[callback(prefix = "by_hand.")]
impl Shop {
    /// Takes an order.
    ///
    /// And gives it back.
    #[callback(concurrency = 8, queue = 3)]
    pub async fn order(&self, order: Order, note: Option<String>) -> Result<Order, OrderError> {
        match (&*order.lines, note.as_deref()) {
            (_, Some("closed")) => Err(OrderError::Closed),
            ([], _) => Err(OrderError::SoldOut {
                item: "all".to_owned(),
            }),
            _ => Ok(order),
        }
    }

    pub async fn total(&self, start: u64, mut prices: Streaming<u64>) -> u64 {
        let mut total = start;
        while let Some(Ok(price)) = prices.next().await {
            total += price;
        }
        total
    }

    pub fn add(&self, a: u32, b: u32) -> u32 {
        a - b
    }

    pub async fn tenant(&self, ctx: &CallContext) -> Option<String> {
        ctx.metadata("tenant").map(str::to_owned)
    }

    pub async fn shout(&self, lines: Streaming<String>) -> impl daffi::Stream<Item = String> + use<> {
        futures_util::StreamExt::map(lines, |line| line.unwrap().to_uppercase())
    }

    pub async fn slow(&self) -> u32 {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        0
    }

    pub fn count(&self, end: u8) -> impl Iterator<Item = Line> + use<> {
        (0..end).map(|number| Line {
            item: number.to_string(),
            price: number.into(),
        })
    }
}

/// What a callback gives that knows a newer order.
mod newer {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Order {
        pub id: u64,
        pub urgent: bool,
    }
}

async fn provider(net: &Net) -> Global {
    net.join()
        .process_name("shop")
        .attribute("kind", "shop")
        .service(Shop)
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_callback_is_described_to_whoever_asks() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let shop = provider(&net).await;
    let other = net
        .join()
        .process_name("other")
        .service(Shop)
        .start()
        .await
        .unwrap();
    let g = net.join().process_name("asker").start().await.unwrap();
    let description = g.describe("by_hand.order").await.unwrap();
    let [version] = &*description.versions else {
        panic!("{description:?}");
    };
    assert_eq!(version.docs, "Takes an order.\n\nAnd gives it back.");
    assert_eq!(
        (version.concurrency, version.queue, version.count),
        (Some(8), 3, 2)
    );
    let providers: Vec<_> = version
        .providers
        .iter()
        .map(|provider| (&*provider.name, provider.attributes.len()))
        .collect();
    assert_eq!(providers, [("other", 0), ("shop", 1)]);
    let names: Vec<_> = version
        .arguments()
        .iter()
        .map(|argument| &*argument.name)
        .collect();
    assert_eq!(names, ["order", "note"]);
    assert_eq!(
        version.example().unwrap().to_string(),
        r#"{"order":{"id":0,"lines":[{"item":"text","price":0}],"data":"AAEC","weight":0.5,"by_code":{"0":false}},"note":"text"}"#
    );
    assert!(version.error_schema().unwrap().to_string().contains("SoldOut"));
    let words = description.to_string();
    for part in [
        "fn by_hand.order(order: Order {",
        "    And gives it back.",
        "Providers: other, shop (kind=shop)",
        "each provider runs 8 at a time; 3 more may wait",
    ] {
        assert!(words.contains(part), "{part} is not in:\n{words}");
    }
    let streaming = g.describe("by_hand.total").await.unwrap();
    assert_eq!(streaming.versions[0].stream_schemas()[0].0, "prices");
    assert!(g.describe("by_hand.count").await.unwrap().versions[0].returns_stream());
    let none = g.describe("by_hand.none").await.unwrap_err();
    assert!(
        matches!(none, CallError::NoProvider { ref callback, .. } if callback == "by_hand.none"),
        "{none}"
    );
    net.stop([shop, other, g]).await;
}

#[tokio::test]
async fn versions_that_differ_are_told_apart() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let mut globals = Vec::new();
    for name in ["one", "two"] {
        let g = net.join().process_name(name).start().await.unwrap();
        g.register_fn("by_hand.double", |n: i64| n * 2).await.unwrap();
        globals.push(g);
    }
    let old = net.join().process_name("old").start().await.unwrap();
    old.register_fn("by_hand.double", |n: i32| n * 2).await.unwrap();
    let description = old.describe("by_hand.double").await.unwrap();
    let versions: Vec<_> = description
        .versions
        .iter()
        .map(|version| (version.signature.to_string(), version.count))
        .collect();
    assert_eq!(
        versions,
        [
            ("fn(_: i64) -> i64".to_owned(), 2),
            ("fn(_: i32) -> i32".to_owned(), 1)
        ]
    );
    let words = description.to_string();
    assert!(
        words.starts_with("Version 1 of 2\n") && words.contains("Example:   [0]"),
        "{words}"
    );
    globals.push(old);
    net.stop(globals).await;
}

fn line(item: &str, price: u32) -> Line {
    Line {
        item: item.to_owned(),
        price,
    }
}

fn order() -> Order {
    Order {
        id: u64::MAX,
        lines: vec![line("lamp", 7)],
        data: vec![1, 2, 255],
        weight: f64::INFINITY,
        by_code: BTreeMap::from([(7, Some(true)), (8, None)]),
    }
}

/// An order as JSON has it.
const WRITTEN: &str = r#"{"id":18446744073709551615,"lines":[{"item":"lamp","price":7}],"data":"AQL/","weight":"Infinity","by_code":{"7":true,"8":null}}"#;

#[derive(Clone, Serialize)]
struct ByName {
    order: Order,
}

#[tokio::test]
async fn a_callback_is_called_with_values_as_json_has_them() {
    over_each(|transport| async move {
        let net = Net::start(transport, |service| service).await;
        let shop = provider(&net).await;
        let g = net.caller().await;
        for _ in 0..2 {
            let order = g.call_json("by_hand.order", (order(), "note")).await.unwrap();
            assert_eq!(order.to_string(), WRITTEN);
        }
        let by_name = g
            .call_json("by_hand.order", ByName { order: order() })
            .await
            .unwrap();
        assert_eq!(by_name.to_string(), WRITTEN);
        // In another order, and as texts.
        let difference = BTreeMap::from([("b", "2"), ("a", "5")]);
        assert_eq!(
            g.call_json("by_hand.add", difference).await.unwrap().to_string(),
            "3"
        );
        assert_eq!(
            g.call_json("by_hand.add", (5, "2")).await.unwrap().to_string(),
            "3"
        );
        net.stop([shop, g]).await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_the_way_there_and_nothing_is_sent() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let shop = provider(&net).await;
    let g = net.caller().await;
    #[track_caller]
    fn check(error: &CallError<JsonError>, expected: &str) {
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.may_have_run());
    }
    let error = g.call_json("by_hand.add", ("x", 1)).await.unwrap_err();
    check(&error, "`a`: u32 is expected, and string \"x\" came");
    let error = g.call_json("by_hand.add", (1,)).await.unwrap_err();
    check(&error, "argument `b` is missing: u32 is expected");
    let error = g
        .call_json("by_hand.add", BTreeMap::from([("c", 1)]))
        .await
        .unwrap_err();
    check(&error, "there is no argument `c`; there is `a`, `b`");
    let error = g.call_json("by_hand.add", 3).await.unwrap_err();
    check(&error, "the arguments are a list");
    let error = g.call_json("by_hand.total", (3,)).await.unwrap_err();
    check(&error, "it takes 1 streams: `prices`, and 0 came");
    let error = g
        .call_json("by_hand.add", (1, 1))
        .sending(stream::iter([1]))
        .await
        .unwrap_err();
    check(&error, "it takes 0 streams, and 1 came");
    let error = g.call_json("by_hand.count", (3,)).await.unwrap_err();
    check(&error, "it returns a stream");
    let error = g.call_json("by_hand.add", (1, 1)).items().await.unwrap_err();
    check(&error, "it returns a value");
    let error = g.call_json("by_hand.none", ()).await.unwrap_err();
    assert!(matches!(error, CallError::NoProvider { .. }), "{error}");
    net.stop([shop, g]).await;
}

#[tokio::test]
async fn errors_of_callbacks_have_words_and_values() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let shop = provider(&net).await;
    let g = net.caller().await;
    let none = Order {
        lines: Vec::new(),
        ..order()
    };
    let error = g.call_json("by_hand.order", (none,)).await.unwrap_err();
    let CallError::App(error) = error else {
        panic!("{error}");
    };
    assert_eq!(
        error.value().unwrap().to_string(),
        r#"{"SoldOut":{"item":"all"}}"#
    );
    assert!(error.to_string().contains("SoldOut"), "{error}");
    let panicked = g.call_json("by_hand.add", (1, 2)).await.unwrap_err();
    assert!(matches!(panicked, CallError::Panicked { .. }), "{panicked}");
    net.stop([shop, g]).await;
}

#[tokio::test]
async fn streams_go_both_ways() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let shop = provider(&net).await;
    let g = net.caller().await;
    let prices = stream::iter((0..1000).map(|price| {
        if price % 2 == 0 {
            price.to_string()
        } else {
            "1".to_owned()
        }
    }));
    let total = g
        .call_json("by_hand.total", BTreeMap::from([("start", 1)]))
        .sending(prices)
        .await
        .unwrap();
    assert_eq!(total.to_string(), (1 + 249_500 + 500).to_string());
    let mut items = g.call_json("by_hand.count", (200,)).items().await.unwrap();
    let mut count = 0;
    while let Some(item) = items.next().await {
        assert_eq!(
            item.unwrap().to_string(),
            format!(r#"{{"item":"{count}","price":{count}}}"#)
        );
        count += 1;
    }
    assert_eq!(count, 200);
    let lines = stream::iter(["a", "b"]);
    let mut shouted = g
        .call_json("by_hand.shout", ())
        .sending(lines)
        .items()
        .await
        .unwrap();
    for expected in ["\"A\"", "\"B\""] {
        assert_eq!(shouted.next().await.unwrap().unwrap().to_string(), expected);
    }
    assert!(shouted.next().await.is_none());
    // What does not fit ends the stream, and the call.
    let wrong = stream::iter(["1", "x"]);
    let error = g
        .call_json("by_hand.total", (0,))
        .sending(wrong)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("u64 is expected"), "{error}");
    assert!(error.may_have_run());
    net.stop([shop, g]).await;
}

#[tokio::test]
async fn a_callback_is_called_once_for_each_item() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let shop = provider(&net).await;
    let g = net.caller().await;
    let done = g
        .call_json("by_hand.add", ())
        .each(stream::iter([(2, 1), (5, 5)]))
        .await
        .unwrap();
    assert_eq!(done, 2);
    let error = g
        .call_json("by_hand.add", ())
        .each(stream::iter([(2, 1), (1, 2), (3, 3)]))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Stopped { done: 1, .. }), "{error}");
    let error = g
        .call_json("by_hand.add", ())
        .each(stream::iter([("x", 1)]))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`a`: u32 is expected"), "{error}");
    net.stop([shop, g]).await;
}

#[tokio::test]
async fn calls_by_hand_have_the_options_of_calls() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let g = net.caller().await;
    let waiting = g
        .call_json("by_hand.tenant", ())
        .metadata("tenant", "acme")
        .wait_for_provider(Duration::from_secs(60));
    let waiting = waiting.bg();
    let shop = provider(&net).await;
    assert_eq!(waiting.await.unwrap().to_string(), "\"acme\"");
    let error = g
        .call_json("by_hand.slow", ())
        .timeout(Duration::from_millis(20))
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    let error = g.call_json("by_hand.tenant", ()).to("nobody").await.unwrap_err();
    assert!(
        matches!(error, CallError::NoProvider { ref process, .. } if process.as_deref() == Some("nobody")),
        "{error}"
    );
    g.call_json("by_hand.tenant", ())
        .to("shop")
        .to_where("kind", "shop")
        .key("k")
        .await
        .unwrap();
    g.call_json("by_hand.slow", ()).send().await.unwrap();
    net.stop([g]).await;
    drop(shop);
}

#[tokio::test]
async fn a_broadcast_by_hand_reaches_each_in_its_own_terms() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let mut globals = vec![net.caller().await];
    for name in ["one", "two"] {
        let g = net.caller_named(name).await;
        g.register_fn("by_hand.echo", |n: i64| n).await.unwrap();
        globals.push(g);
    }
    let old = net.caller_named("old").await;
    old.register_fn("by_hand.echo", |n: i8| n).await.unwrap();
    globals.push(old);
    let g = &globals[0];
    let replies = g.call_json("by_hand.echo", (7,)).broadcast().await.unwrap();
    let replies: Vec<_> = replies
        .iter()
        .map(|(name, reply)| (name, reply.as_ref().unwrap().to_string()))
        .collect();
    assert_eq!(replies, ["old", "one", "two"].map(|name| (name, "7".to_owned())));
    let replies = g.call_json("by_hand.echo", (700,)).broadcast().await.unwrap();
    assert!(
        replies["one"].is_ok()
            && replies["old"]
                .as_ref()
                .unwrap_err()
                .to_string()
                .contains("i8 is expected")
    );
    let replies = g
        .call_json("by_hand.echo", (7,))
        .broadcast()
        .to_each(["old", "two"])
        .await
        .unwrap();
    assert_eq!(replies.values().count(), 2);
    let given = g
        .call_json("by_hand.echo", (7,))
        .broadcast()
        .send()
        .await
        .unwrap();
    assert_eq!(given.values().count(), 3);
    net.stop(globals).await;
}

#[tokio::test]
async fn a_callback_that_is_offered_otherwise_meanwhile_is_looked_at_again() {
    let net = Net::start(Transport::Memory, |service| service).await;
    let (provider, g) = (net.caller_named("provider").await, net.caller().await);
    provider
        .register_fn("by_hand.order", |order: Order| order.id)
        .await
        .unwrap();
    let id = g.call_json("by_hand.order", (order(),)).await.unwrap();
    assert_eq!(id.to_string(), u64::MAX.to_string());
    provider.unregister("by_hand.order").await.unwrap();
    provider
        .register_fn("by_hand.order", |order: newer::Order| (order.id, order.urgent))
        .await
        .unwrap();
    let newer = newer::Order { id: 3, urgent: true };
    let answer = g.call_json("by_hand.order", (newer,)).await.unwrap();
    assert_eq!(answer.to_string(), "[3,true]");
    // One that both versions would take.
    provider.unregister("by_hand.order").await.unwrap();
    provider
        .register_fn("by_hand.order", |order: u8| order)
        .await
        .unwrap();
    g.call_json("by_hand.order", (3,)).await.unwrap();
    provider.unregister("by_hand.order").await.unwrap();
    provider
        .register_fn("by_hand.order", |order: i64| -order)
        .await
        .unwrap();
    let answer = g.call_json("by_hand.order", (3,)).await.unwrap();
    assert_eq!(answer.to_string(), "-3");
    net.stop([provider, g]).await;
}

/// Arguments that have changed places have the same structure.
#[tokio::test]
async fn names_of_arguments_are_held_to_though_their_types_are_the_same() {
    struct Before;
    struct After;
    #[callback]
    impl Before {
        #[callback(alias = "by_hand.subtract")]
        pub fn subtract(&self, from: i64, what: i64) -> i64 {
            from - what
        }
    }
    #[callback]
    impl After {
        #[callback(alias = "by_hand.subtract")]
        pub fn subtract(&self, what: i64, from: i64) -> i64 {
            from - what
        }
    }
    let net = Net::start(Transport::Memory, |service| service).await;
    let (provider, g) = (net.caller_named("provider").await, net.caller().await);
    let arguments = || BTreeMap::from([("from", 7), ("what", 3)]);
    provider.register(Before).await.unwrap();
    assert_eq!(
        g.call_json("by_hand.subtract", arguments())
            .await
            .unwrap()
            .to_string(),
        "4"
    );
    provider.unregister("by_hand.subtract").await.unwrap();
    provider.register(After).await.unwrap();
    assert_eq!(
        g.call_json("by_hand.subtract", arguments())
            .await
            .unwrap()
            .to_string(),
        "4"
    );
    net.stop([provider, g]).await;
}
