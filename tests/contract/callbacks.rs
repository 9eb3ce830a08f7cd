//! Functions and services that are offered.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use daffi::{CallContext, CallError, Global, RemoteError, Streaming, callback, fetcher};
use futures_util::stream::{self, Stream, StreamExt as _};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum GreetError {
    Nobody,
}

#[callback]
async fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

#[callback]
fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}

#[callback(inline)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[callback(alias = "greet", concurrency = 8, timeout = "30s")]
async fn greet_politely(name: &str, ctx: &CallContext) -> Result<String, GreetError> {
    let _: (&str, bool, &str) = (ctx.caller(), ctx.is_cancelled(), ctx.process_name());
    let _ = (
        ctx.deadline(),
        ctx.identity(),
        ctx.global(),
        ctx.metadata("tenant"),
    );
    if name.is_empty() {
        Err(GreetError::Nobody)
    } else {
        Ok(format!("Good day, {name}."))
    }
}

#[callback(concurrency = 8, queue = 200)]
async fn with_a_queue(ctx: CallContext, first: u8) -> u8 {
    tokio::select! {
        () = ctx.cancelled() => 0,
        () = std::future::ready(()) => first,
    }
}

#[callback(concurrency = 1, concurrency_per_caller = 1, queue = 0)]
async fn without_a_queue() {}

#[callback]
fn generate_stream(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

#[callback]
async fn ticks(every_ms: u64) -> impl Stream<Item = u64> {
    stream::iter(0..every_ms)
}

#[callback]
async fn total(mut items: Streaming<u64>) -> u64 {
    let mut total = 0;
    while let Some(item) = items.next().await {
        let item: Result<u64, CallError> = item;
        total += item.unwrap_or_default();
    }
    total
}

#[callback]
async fn shout(lines: Streaming<String>) -> impl Stream<Item = String> {
    lines.map(|line| line.unwrap_or_default().to_uppercase())
}

#[callback(crate = "daffi")]
async fn slices(items: &[u8], names: &[String], of: &GreetError) -> usize {
    items.len() + names.len() + format!("{of:?}").len()
}

#[derive(Debug)]
struct OnlyWords;

impl fmt::Display for OnlyWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only words")
    }
}

impl std::error::Error for OnlyWords {}

#[callback]
async fn fails_in_words() -> Result<u8, OnlyWords> {
    Err(OnlyWords)
}

#[callback]
async fn fails_in_a_box() -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    Err("a box".into())
}

#[derive(Default)]
pub(crate) struct ShoppingService {
    items: Vec<String>,
}

#[callback]
impl ShoppingService {
    /// Return all items that are currently present in the shopping list.
    pub fn get_items(&self) -> Vec<String> {
        self.items.clone()
    }
    pub fn add_item(&mut self, item: String) {
        self.items.push(item);
    }
    pub async fn clear_items(&mut self) {
        self.items.clear();
    }
    #[callback(alias = "count")]
    pub fn how_many(&self) -> usize {
        self.items.len()
    }
    #[callback(local)]
    pub fn summary(&self) -> String {
        self.items.join(", ")
    }
    fn check(&self) -> bool {
        self.items.is_empty()
    }
}

#[callback(prefix = "shop.")]
impl ShoppingService {
    pub fn is_open(&self) -> bool {
        self.check()
    }
}

static MADE: AtomicUsize = AtomicUsize::new(0);

struct Counter;

impl Default for Counter {
    fn default() -> Self {
        MADE.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

#[callback(auto_init, prefix = "counter.")]
impl Counter {
    pub fn made(&self) -> usize {
        MADE.load(Ordering::Relaxed)
    }
}

#[fetcher(alias = "greet")]
async fn greeted(name: &str) -> Result<String, GreetError>;

#[fetcher(alias = "greet")]
async fn greeted_or_words(name: &str) -> String;

#[fetcher(alias = "fails_in_words")]
async fn fails() -> Result<u8, RemoteError>;

#[fetcher(alias = "fails_in_a_box")]
async fn fails_too() -> Result<u8, RemoteError>;

#[fetcher(alias = "counter.made")]
async fn counters() -> usize;

#[fetcher(alias = "with_a_queue")]
async fn queued(first: u8) -> u8;

#[fetcher(alias = "slices", crate = "daffi")]
async fn of_slices(items: &[u8], names: &[String], of: &GreetError) -> usize;

#[fetcher(alias = "shop.is_open")]
async fn is_open() -> bool;

#[tokio::test]
async fn a_function_stays_an_ordinary_function_and_is_offered() {
    assert_eq!(calculate_sum(1, 2).await, 3);
    assert_eq!((fibonacci(7), add(1, 2)), (13, 3));
    let (controller, g) = super::globals::two().await;
    assert_eq!(greeted("Ann").on(&g).await.unwrap(), "Good day, Ann.");
    assert_eq!(greeted("").on(&g).await, Err(CallError::App(GreetError::Nobody)));
    let CallError::App(error) = greeted_or_words("").on(&g).await.unwrap_err() else {
        panic!("it is the callback's own")
    };
    let error: RemoteError = error;
    assert!(error.to_string().contains("Nobody"));
    for words in [fails().on(&g).await, fails_too().on(&g).await] {
        assert!(matches!(words, Err(CallError::App(_))));
    }
    assert!(
        fails()
            .on(&g)
            .await
            .unwrap_err()
            .to_string()
            .contains("only words")
    );
    assert_eq!(queued(7).on(&g).await, Ok(7));
    assert!(counters().on(&g).await.unwrap() > 0);
    let of = GreetError::Nobody;
    assert_eq!(of_slices(&[1], &[String::new()], &of).on(&g).await, Ok(8));
    assert_eq!(is_open().on(&g).await, Ok(true));
    assert!(ShoppingService::default().summary().is_empty());
    g.stop().await;
    controller.stop().await;
}

fn _whose_code_runs(ctx: &CallContext) -> Global {
    ctx.global()
}
