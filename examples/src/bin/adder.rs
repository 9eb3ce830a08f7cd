//! Adds up streams: gives the sum at the end of one, or the running total while it comes.
//!
//! `cargo run --bin adder` and `cargo run --bin uploader` in two terminals, in any order.

use std::future::ready;

use daffi::{CallError, Global, StartError, Stream, Streaming, callback};
use futures_util::StreamExt;

/// Of the numbers that are no larger than the limit; after one that is, the caller sends no more.
#[callback]
async fn total(limit: u64, mut numbers: Streaming<u64>) -> Result<u64, CallError> {
    let mut total = 0;
    while let Some(number) = numbers.next().await.transpose()? {
        if number > limit {
            break;
        }
        total += number;
    }
    Ok(total)
}

/// The longest one. On the blocking pool.
#[callback]
fn longest(words: Streaming<String>) -> Option<String> {
    words.blocking().map_while(Result::ok).max_by_key(String::len)
}

/// Both ways at once: each total goes back when its number has come.
#[callback]
async fn running_total(numbers: Streaming<u64>) -> impl Stream<Item = u64> {
    numbers.scan(0, |total, number| {
        // An error is the last item: nothing more comes.
        ready(number.ok().map(|number| {
            *total += number;
            *total
        }))
    })
}

/// Knows of no stream: `uploader` has it run once for each item of one.
#[callback]
fn check(number: String) -> Result<i64, String> {
    number.parse().map_err(|_| format!("{number:?} is no number"))
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("adder")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
