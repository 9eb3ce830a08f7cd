//! Nine processes with a callback each, all of different kinds, and a tenth that calls them from five hundred tasks at
//! the same time.

use std::collections::BTreeMap;
use std::fmt;

use daffi::{CallContext, CallError, Global, callback};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::cast::{TENTH, over_each};

/// What each process offers.
pub const OFFERED: [&str; 9] = [
    "add",
    "fibonacci",
    "greet",
    "divide",
    "reverse",
    "cheapest",
    "count_words",
    "double_later",
    "square_root",
];

const TASKS: u32 = 500;
const CALLS: u32 = 5;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Ware {
    cents: u32,
    name: String,
}

/// An error that is words alone.
#[derive(Debug)]
struct NotSquare(u64);

impl fmt::Display for NotSquare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a square", self.0)
    }
}

#[callback(inline)]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[callback]
fn fibonacci(n: u32) -> u64 {
    (0..n).fold((0, 1), |(now, next), _| (next, now + next)).0
}

#[callback]
async fn greet(name: &str, ctx: &CallContext) -> String {
    format!("{} greets {name} from {}", ctx.process_name(), ctx.caller())
}

#[callback]
async fn divide(a: u32, b: u32) -> Result<u32, String> {
    a.checked_div(b)
        .ok_or_else(|| format!("{a} cannot be divided by {b}"))
}

#[callback]
fn reverse(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.reverse();
    bytes
}

#[callback]
async fn cheapest(wares: Vec<Ware>) -> Option<Ware> {
    wares.into_iter().min()
}

#[callback(inline)]
fn count_words(text: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

#[callback]
async fn double_later(number: u64) -> u64 {
    for _ in 0..number % 7 {
        tokio::task::yield_now().await;
    }
    number * 2
}

#[callback]
async fn square_root(number: u64) -> Result<u64, NotSquare> {
    let root = number.isqrt();
    if root * root == number {
        Ok(root)
    } else {
        Err(NotSquare(number))
    }
}

mod call {
    use std::collections::BTreeMap;

    use super::Ware;

    /// The group of all fetchers.
    pub struct Call;

    #[daffi::fetcher]
    impl Call {
        pub async fn add(&self, a: i64, b: i64) -> i64;
        pub async fn fibonacci(&self, n: u32) -> u64;
        pub async fn greet(&self, name: &str) -> String;
        pub async fn divide(&self, a: u32, b: u32) -> Result<u32, String>;
        pub async fn reverse(&self, bytes: &[u8]) -> Vec<u8>;
        pub(super) async fn cheapest(&self, wares: &[Ware]) -> Option<Ware>;
        pub async fn count_words(&self, text: &str) -> BTreeMap<String, u32>;
        pub async fn double_later(&self, number: u64) -> u64;
        pub async fn square_root(&self, number: u64) -> u64;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_tasks_call_nine_processes_and_every_answer_is_right() {
    over_each(async |g| {
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let g = g.clone();
            tasks.spawn(async move {
                for call in 0..CALLS {
                    ask(&g, task * CALLS + call).await;
                }
            });
        }
        assert_eq!(tasks.join_all().await.len(), TASKS as usize);
    })
    .await;
}

/// Calls one of the nine with arguments of which no two calls have the same, and checks its answer.
async fn ask(g: &Global, seed: u32) {
    let call = call::Call;
    match OFFERED[seed as usize % OFFERED.len()] {
        "add" => assert_eq!(call.add(seed.into(), -1).on(g).await, Ok(i64::from(seed) - 1)),
        "fibonacci" => assert_eq!(call.fibonacci(seed % 90).on(g).await, Ok(fibonacci(seed % 90))),
        "greet" => {
            let greeting = call.greet(&format!("number {seed}")).on(g).await;
            assert_eq!(greeting, Ok(format!("three greets number {seed} from {TENTH}")));
        }
        "divide" => {
            assert_eq!(call.divide(seed * 3, seed).on(g).await, Ok(3));
            let reason = format!("{seed} cannot be divided by 0");
            assert_eq!(call.divide(seed, 0).on(g).await, Err(CallError::App(reason)));
        }
        "reverse" => {
            let bytes = seed.to_be_bytes().repeat(1_000);
            let reversed = seed.to_le_bytes().repeat(1_000);
            assert_eq!(call.reverse(&bytes).on(g).await, Ok(reversed));
        }
        "cheapest" => {
            let ware = |number: u32| Ware {
                cents: seed + number,
                name: format!("ware {number}"),
            };
            let wares = [3, 1, 2].map(ware);
            assert_eq!(call.cheapest(&wares).on(g).await, Ok(Some(ware(1))));
            assert_eq!(call.cheapest(&[]).on(g).await, Ok(None));
        }
        "count_words" => {
            let counts = call.count_words(&format!("one {seed} one")).on(g).await;
            let expected = [("one".to_owned(), 2), (seed.to_string(), 1)];
            assert_eq!(counts, Ok(expected.into()));
        }
        "double_later" => assert_eq!(
            call.double_later(seed.into()).on(g).await,
            Ok(u64::from(seed) * 2)
        ),
        "square_root" => {
            let number = u64::from(seed) + 2;
            assert_eq!(call.square_root(number * number).on(g).await, Ok(number));
            let error = call.square_root(number * number + 1).on(g).await.unwrap_err();
            let words = format!("{} is not a square", number * number + 1);
            assert!(
                matches!(&error, CallError::App(remote) if remote.to_string() == words),
                "{error}"
            );
        }
        other => panic!("nobody asks for {other}"),
    }
}
