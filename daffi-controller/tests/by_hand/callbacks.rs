//! What is called.

use std::collections::BTreeMap;
use std::time::Duration;

use daffi::{CallContext, Stream, Streaming, callback};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    id: u64,
    lines: Vec<Line>,
    kind: Kind,
    data: Vec<u8>,
    by_pair: BTreeMap<(u8, char), bool>,
    by_code: BTreeMap<u16, Option<f32>>,
    twice: Option<Option<u8>>,
    unit: (),
    huge: i128,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    item: String,
    price: u32,
    inside: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Plain,
    Wrapped(u8),
    Pair(u8, i64),
    Named { weight: f64 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum BuyError {
    SoldOut { item: String },
}

impl std::fmt::Display for BuyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::SoldOut { item } = self;
        write!(f, "{item} is sold out")
    }
}

impl std::error::Error for BuyError {}

/// As people write it, or as a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Note {
    Number(u64),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(crate) enum Refused {
    Unwanted { note: Note },
}

pub(crate) struct Shop;

#[allow(
    unreachable_pub,
    clippy::needless_pass_by_value,
    reason = "public methods are what a service offers, and take what callers have"
)]
#[callback(prefix = "shop.")]
impl Shop {
    /// Gives back whatever comes, unless it is nothing.
    pub fn whatever(
        &self,
        value: serde_json::Value,
        notes: Vec<Note>,
    ) -> Result<(serde_json::Value, Vec<Note>), Refused> {
        match (&value, notes.first()) {
            (serde_json::Value::Null, Some(note)) => Err(Refused::Unwanted { note: note.clone() }),
            _ => Ok((value, notes)),
        }
    }

    /// Gives back an order.
    ///
    /// All of it.
    #[callback(concurrency = 4)]
    pub fn order(&self, order: Order) -> Order {
        order
    }

    pub fn add(&self, a: i64, b: i64) -> i64 {
        a + b
    }

    pub fn exact(&self, number: u64) -> u64 {
        number
    }

    pub fn float(&self, number: f64) -> f64 {
        number
    }

    pub fn greet(&self, name: String, how: Option<String>) -> String {
        format!("{} {name}", how.as_deref().unwrap_or("hello"))
    }

    pub fn nothing(&self) {}

    pub fn size(&self, data: Vec<u8>) -> usize {
        data.len()
    }

    pub fn blob(&self) -> Vec<u8> {
        vec![0, 1, 255]
    }

    pub fn buy(&self, item: String) -> Result<u32, BuyError> {
        match &*item {
            "lamp" => Ok(7),
            _ => Err(BuyError::SoldOut { item }),
        }
    }

    pub fn refuse(&self) -> Result<(), String> {
        Err("not today".to_owned())
    }

    pub fn terminal(&self) -> String {
        "\u{1b}[31mred\u{7}\nnext".to_owned()
    }

    pub fn panics(&self) -> u8 {
        panic!("on purpose")
    }

    pub async fn slow(&self) -> u8 {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        0
    }

    pub async fn metadata(&self, ctx: CallContext) -> Option<String> {
        ctx.metadata("tenant").map(str::to_owned)
    }

    pub async fn total(&self, mut numbers: Streaming<u64>) -> u64 {
        let mut total = 0;
        while let Some(Ok(number)) = numbers.next().await {
            total += number;
        }
        total
    }

    pub fn count(&self, end: u64) -> impl Iterator<Item = Line> + use<> {
        (0..end).map(|number| Line {
            item: format!("item {number}"),
            price: 1,
            inside: Vec::new(),
        })
    }

    pub async fn shout(&self, mut lines: Streaming<String>) -> impl Stream<Item = String> + use<> {
        let mut all = Vec::new();
        while let Some(Ok(line)) = lines.next().await {
            all.push(line.to_uppercase());
        }
        Lines(all.into_iter())
    }

    pub async fn both(&self, first: Streaming<u8>, second: Streaming<u8>) -> String {
        let mut found = Vec::new();
        for mut stream in [first, second] {
            while let Some(Ok(number)) = stream.next().await {
                found.push(number.to_string());
            }
            found.push("|".to_owned());
        }
        found.concat()
    }
}

/// Lines that are there.
struct Lines(std::vec::IntoIter<String>);

impl Stream for Lines {
    type Item = String;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<String>> {
        std::task::Poll::Ready(self.0.next())
    }
}
