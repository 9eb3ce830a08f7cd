//! What the providers offer.

use std::num::ParseIntError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use daffi::{CallContext, CallError, Stream, Streaming, callback};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};

/// What the older provider sells, and calls are made with by whoever has its types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OlderItem {
    pub(crate) name: String,
    pub(crate) price: u32,
}

/// The same as it became.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NewerItem {
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) price: u32,
    pub(crate) name: String,
}

/// A type that asks what it is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(crate) enum Event {
    Sold { item: String, count: Option<u32> },
    Closed,
}

/// A type of which something is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sparse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    pub(crate) number: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Refused {
    ByZero,
    TooLarge { limit: i64 },
}

/// Who ran a call, for whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub(crate) by: String,
    pub(crate) caller: String,
    pub(crate) identity: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) has_deadline: bool,
}

static CANCELLED: AtomicU64 = AtomicU64::new(0);
static TICKS: AtomicU64 = AtomicU64::new(0);

#[callback(alias = "frozen.add", inline)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Divides, if that can be done.
#[callback(alias = "frozen.divide", concurrency = 8, timeout = "1m")]
async fn divide(a: i64, by: i64) -> Result<i64, Refused> {
    match by {
        0 => Err(Refused::ByZero),
        _ if a > 1000 => Err(Refused::TooLarge { limit: 1000 }),
        _ => Ok(a / by),
    }
}

#[callback(alias = "frozen.parse")]
fn parse(text: &str) -> Result<u64, ParseIntError> {
    text.parse()
}

#[callback(alias = "frozen.panics")]
async fn panics() {
    panic!("on purpose");
}

#[callback(alias = "frozen.never")]
async fn never() {
    struct Guard;

    impl Drop for Guard {
        fn drop(&mut self) {
            CANCELLED.fetch_add(1, Ordering::Relaxed);
        }
    }

    let _guard = Guard;
    std::future::pending::<()>().await;
}

#[callback(alias = "frozen.too_long", timeout = "10ms")]
async fn too_long() {
    std::future::pending::<()>().await;
}

#[callback(alias = "frozen.cancelled")]
async fn cancelled() -> u64 {
    CANCELLED.load(Ordering::Relaxed)
}

#[callback(alias = "frozen.ran")]
async fn ran(ctx: CallContext) -> Ran {
    Ran {
        by: ctx.process_name().to_owned(),
        caller: ctx.caller().to_owned(),
        identity: ctx.identity().map(|identity| identity.name().to_owned()),
        tenant: ctx.metadata("tenant").map(str::to_owned),
        has_deadline: ctx.deadline().is_some(),
    }
}

#[callback(alias = "frozen.event")]
async fn event(event: Event) -> Event {
    event
}

#[callback(alias = "frozen.sparse")]
async fn sparse(sparse: Sparse) -> Sparse {
    sparse
}

#[callback(alias = "frozen.echo")]
fn echo(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

#[callback(alias = "frozen.count")]
fn count(to: u64) -> impl Iterator<Item = u64> {
    0..to
}

#[callback(alias = "frozen.breaks")]
fn breaks(after: u64) -> impl Iterator<Item = Vec<u8>> {
    (0..=after).map(move |number| {
        assert!(number < after, "it breaks");
        vec![7; 100_000]
    })
}

#[callback(alias = "frozen.total")]
async fn total(mut numbers: Streaming<u64>) -> Result<u64, String> {
    let mut total = 0;
    while let Some(number) = numbers.next().await {
        total += number.map_err(|error| error.to_string())?;
    }
    Ok(total)
}

#[callback(alias = "frozen.shout")]
async fn shout(words: Streaming<String>) -> impl Stream<Item = String> {
    words.filter_map(async |word| Some(word.ok()?.to_uppercase()))
}

#[callback(alias = "frozen.put")]
async fn put(item: String) -> Result<usize, String> {
    if item.is_empty() {
        Err("it has no name".to_owned())
    } else {
        Ok(item.len())
    }
}

#[callback(alias = "frozen.one_at_a_time", concurrency = 1)]
async fn one_at_a_time(number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(5)).await;
    number
}

/// Calls itself, for which it would have to wait.
#[callback(alias = "frozen.again", concurrency = 1)]
async fn again(ctx: CallContext) -> Result<(), CallError> {
    let g = ctx.global();
    g.call("frozen.again", ()).to(ctx.process_name()).await
}

/// Has another process add.
#[callback(alias = "frozen.passes_on")]
async fn passes_on(ctx: CallContext, a: i64) -> Result<i64, CallError> {
    ctx.global().call("frozen.add", (a, 1i64)).await
}

#[callback(alias = "frozen.tick")]
async fn tick() -> u64 {
    TICKS.fetch_add(1, Ordering::Relaxed)
}

pub(crate) struct Older;

#[callback(prefix = "frozen.")]
impl Older {
    /// What is to be paid.
    pub async fn sell(&self, item: OlderItem, count: u32) -> Result<OlderItem, Refused> {
        let price = item.price * count;
        Ok(OlderItem { price, ..item })
    }

    pub async fn all(&self, from: u32) -> impl Stream<Item = OlderItem> + use<> {
        let name = "older".to_owned();
        futures_util::stream::iter((from..3).map(move |price| OlderItem {
            name: name.clone(),
            price,
        }))
    }
}

pub(crate) struct Newer;

#[callback(prefix = "frozen.")]
impl Newer {
    /// What is to be paid.
    pub async fn sell(&self, item: NewerItem, count: u32) -> Result<NewerItem, Refused> {
        let price = item.price * count;
        Ok(NewerItem { price, ..item })
    }

    pub async fn all(&self, from: u32) -> impl Stream<Item = NewerItem> + use<> {
        let name = "newer".to_owned();
        futures_util::stream::iter((from..3).map(move |price| NewerItem {
            name: name.clone(),
            price,
            tags: Vec::new(),
        }))
    }
}
