//! What it costs to call a callback by hand, beside fetchers and calls by name. Run it with `cargo bench --bench by_hand`, alone on the
//! machine; it takes half a minute.
//!
//! The controller, the provider and the caller are in this process, and talk over a Unix socket.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is a program"
)]

use std::future::Future;
use std::time::{Duration, Instant};

use daffi::{Global, callback, fetcher};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    lines: Vec<Line>,
    note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    item: String,
    count: u32,
    price: f64,
}

struct Offered;

#[allow(unreachable_pub, reason = "public methods are what a service offers")]
#[callback(prefix = "bench.")]
impl Offered {
    #[callback(inline)]
    pub fn add(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    #[callback(inline)]
    pub fn order(&self, order: Order) -> Order {
        order
    }
}

struct Called;

#[fetcher(prefix = "bench.")]
impl Called {
    async fn add(&self, a: i64, b: i64) -> i64;
    async fn order(&self, order: &Order) -> Order;
}

/// How many calls are under way at the same time.
const AT_ONCE: usize = 64;

const TIME: Duration = Duration::from_secs(2);

/// Calls for a while, one after the other in each of so many places: how many in a second.
async fn rate<F: Future<Output = ()>>(places: usize, call: impl Fn() -> F) -> f64 {
    // What is asked once is asked.
    call().await;
    let begun = Instant::now();
    let place = || async {
        let mut calls = 0_u64;
        while begun.elapsed() < TIME {
            call().await;
            calls += 1;
        }
        calls
    };
    let calls: u64 = join_all((0..places).map(|_| place())).await.into_iter().sum();
    calls as f64 / begun.elapsed().as_secs_f64()
}

async fn measure<F: Future<Output = ()>>(title: &str, call: impl Fn() -> F) {
    let alone = rate(1, &call).await;
    let many = rate(AT_ONCE, &call).await;
    println!(
        "  {title:<42} {:>6.1} µs alone   {many:>9.0} calls/s, {AT_ONCE} at once",
        1e6 / alone
    );
}

async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || {
        Global::builder()
            .unix_sock_path(folder.path())
            .auto_callbacks(false)
    };
    let controller = builder()
        .init_controller(true)
        .init_node(false)
        .start()
        .await
        .unwrap();
    let provider = builder().service(Offered).start().await.unwrap();
    let g = builder().start().await.unwrap();

    println!("two numbers");
    measure("a fetcher", || async {
        assert_eq!(Called.add(1, 2).on(&g).await.unwrap(), 3);
    })
    .await;
    measure("by name, with types", || async {
        let sum: i64 = g.call("bench.add", (1_i64, 2_i64)).await.unwrap();
        assert_eq!(sum, 3);
    })
    .await;
    measure("by hand, a tuple", || async {
        let sum = g.call_json("bench.add", (1, 2)).await.unwrap();
        assert_eq!(sum.to_string(), "3");
    })
    .await;
    measure("by hand, a text of JSON there and back", || async {
        let arguments: Value = serde_json::from_str(r#"{"a":1,"b":2}"#).unwrap();
        let sum = g.call_json("bench.add", arguments).await.unwrap();
        assert_eq!(sum.to_string(), "3");
    })
    .await;

    let line = |item: &str| Line {
        item: item.to_owned(),
        count: 3,
        price: 0.5,
    };
    let order = Order {
        id: 4711,
        customer: "somebody".to_owned(),
        lines: ["lamp", "bulb", "cable", "switch"]
            .repeat(5)
            .into_iter()
            .map(line)
            .collect(),
        note: None,
    };
    let text = json!([order]).to_string();
    let answer = &text[1..text.len() - 1];
    println!("an order of 20 lines, {} bytes as JSON", text.len());
    measure("a fetcher", || async {
        assert_eq!(Called.order(&order).on(&g).await.unwrap().id, 4711);
    })
    .await;
    measure("by hand, a text of JSON there and back", || async {
        let arguments: Value = serde_json::from_str(&text).unwrap();
        let order = g.call_json("bench.order", arguments).await.unwrap();
        assert_eq!(order.to_string().len(), answer.len());
    })
    .await;

    g.stop().await;
    provider.stop().await;
    controller.stop().await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    // Not in `block_on` itself, where a connection would be slow.
    let runtime = runtime.unwrap();
    runtime.block_on(async { tokio::spawn(run()).await.unwrap() });
}
