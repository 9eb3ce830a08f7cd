//! Without a prelude: generated code names what it needs by whole paths.

#![no_implicit_prelude]

use ::daffi::{CallContext, callback, fetcher};
use ::serde::{Deserialize, Serialize};
use ::std::clone::Clone as _;
use ::std::option::Option::{self, None, Some};
use ::std::result::Result::{self, Err, Ok};
use ::std::string::{String, ToString as _};
use ::std::vec::Vec;

/// Why nobody was greeted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GreetError {
    /// There is no name.
    Nameless,
}

mod offered {
    use super::*;

    #[callback(alias = "strict.sum", inline, balance = "round_robin")]
    fn sum(a: i64, b: i64) -> i64 {
        a + b
    }

    #[callback(
        alias = "strict.greet",
        concurrency = 8,
        concurrency_per_caller = 2,
        timeout = "1m"
    )]
    async fn greet(name: &str, ctx: &CallContext) -> Result<String, GreetError> {
        if name.is_empty() {
            return Err(GreetError::Nameless);
        }
        ::std::future::ready(()).await;
        Ok([name, " of ", ctx.caller()].concat())
    }

    #[callback(alias = "strict.longest")]
    fn longest<'a>(words: &'a [String], fallback: Option<&'a str>) -> Option<&'a str> {
        let mut longest = fallback;
        for word in words {
            if longest.is_none_or(|longest| longest.len() < word.len()) {
                longest = Some(word);
            }
        }
        longest
    }

    #[callback(alias = "strict.bytes")]
    async fn bytes(bytes: &[u8]) -> Vec<u8> {
        ::std::future::ready(bytes.to_vec()).await
    }
}

/// Adds.
#[fetcher(alias = "strict.sum")]
pub async fn sum(a: i64, b: i64) -> i64;

/// Adds twice as much.
#[fetcher(alias = "strict.sum")]
pub fn doubled(a: i64, b: i64) -> i64 {
    (a * 2, b * 2)
}

/// Adds in order.
#[fetcher(alias = "strict.sum")]
pub fn ordered(a: i64, b: i64) -> i64 {
    if a < b { (a, b) } else { (b, a) }
}

/// Adds in the background.
#[fetcher(alias = "strict.sum", bg, to = "service", retry = 3, idempotent)]
pub async fn begin_sum(a: i64, b: i64) -> i64;

/// Adds, twice if need be.
#[fetcher(alias = "strict.sum", retry = 3, idempotent)]
pub async fn sum_again(a: i64, b: i64) -> i64;

/// Greets, in every process.
#[fetcher(alias = "strict.greet", broadcast, timeout = "30s")]
pub async fn greet_everywhere(name: &str) -> Result<String, GreetError>;

/// Greets.
#[fetcher(alias = "strict.greet", timeout = "30s")]
pub async fn greet(name: &str) -> Result<String, GreetError>;

/// Finds the longest word.
#[fetcher(alias = "strict.longest")]
pub async fn longest(words: &[String], fallback: Option<&str>) -> Option<String>;

/// Sends bytes there and back.
#[fetcher(alias = "strict.bytes")]
pub async fn bytes(bytes: &[u8]) -> Vec<u8>;

/// A list.
#[fetcher(prefix = "strict.")]
pub trait List {
    /// All items.
    fn items(&self) -> Vec<String>;

    /// Adds an item.
    fn add(&mut self, item: String) -> usize;

    /// Removes all items.
    async fn clear(&mut self);

    /// How many items there are.
    #[fetcher(bg)]
    fn count(&self) -> usize;

    /// The last item.
    #[fetcher(broadcast)]
    async fn last(&self) -> Result<String, GreetError>;
}

/// A list in memory.
#[derive(Debug, Default)]
pub struct Items {
    items: Vec<String>,
}

#[callback(prefix = "strict.", auto_init)]
impl List for Items {
    fn items(&self) -> Vec<String> {
        self.items.clone()
    }

    fn add(&mut self, item: String) -> usize {
        self.items.push(item);
        self.items.len()
    }

    async fn clear(&mut self) {
        self.items.clear();
        ::std::future::ready(()).await;
    }

    fn count(&self) -> usize {
        self.items.len()
    }

    #[callback(balance = "random")]
    async fn last(&self) -> Result<String, GreetError> {
        let last = self.items.last().cloned();
        ::std::future::ready(last.ok_or(GreetError::Nameless)).await
    }
}

#[callback(prefix = "strict.")]
impl Items {
    /// The first item.
    #[must_use]
    pub fn first(&self) -> Option<&String> {
        match &*self.items {
            [first, ..] => Some(first),
            [] => None,
        }
    }
}

/// A shopper with a name.
#[derive(Debug)]
pub struct Shopper<'a> {
    /// The name.
    pub name: &'a str,
}

#[fetcher(prefix = "strict.")]
impl Shopper<'_> {
    /// The first item.
    pub async fn first(&self) -> Option<String>;

    /// The first item, in every process.
    #[fetcher(alias = "first", broadcast)]
    pub async fn first_everywhere(&self) -> Option<String>;

    /// The first item, in the background.
    #[fetcher(alias = "first", bg, to = "service")]
    pub async fn begin_first(&self) -> Option<String>;

    /// Adds an item for the shopper.
    pub fn add(&self, number: u8) -> usize {
        ([self.name, &number.to_string()].concat(),)
    }
}
