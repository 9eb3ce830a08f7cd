//! Sends streams to `adder`: for a result at the end, for one call of each item, and for a stream that comes back meanwhile.
//!
//! `cargo run --bin adder` and `cargo run --bin uploader` in two terminals, in any order.

use std::error::Error;

use daffi::{CallError, Global, Stream, fetcher};
use futures_util::stream;
use tokio::sync::mpsc;

#[fetcher]
async fn total(limit: u64, numbers: impl Stream<Item = u64>) -> u64;

#[fetcher]
async fn longest(words: impl Stream<Item = String>) -> Option<String>;

#[fetcher]
async fn running_total(numbers: impl Stream<Item = u64>) -> impl Stream<Item = u64>;

#[fetcher(alias = "check", each)]
async fn check_all(numbers: impl Stream<Item = String>) -> Result<i64, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("uploader").start().await?;
    g.wait_process("adder").await?;

    println!("Total: {}", total(1_000_000, stream::iter(0..100_000)).await?);
    println!("Total of the small ones: {}", total(3, stream::iter(0..)).await?);
    let words = stream::iter(["to", "stream", "or", "not"].map(str::to_owned));
    println!("The longest: {:?}", longest(words).await?);

    // A callback that takes one number, for each of them.
    let words = |words: &[&str]| stream::iter(words.iter().map(ToString::to_string).collect::<Vec<_>>());
    println!("Checked: {}", check_all(words(&["1", "-2"])).await?);
    match check_all(words(&["3", "four", "5"])).await {
        Err(CallError::Stopped { done, error, .. }) => println!("Checked: {done}, and then: {error}"),
        other => println!("Checked: {other:?}"),
    }

    // Whatever is a stream can be sent: here a channel, one number after the other.
    let (numbers, mut sent) = mpsc::channel(1);
    let mut totals = running_total(stream::poll_fn(move |cx| sent.poll_recv(cx))).await?;
    for number in [10, 20, 30] {
        numbers.send(number).await?;
        if let Some(total) = totals.next().await {
            println!("Plus {number}: {}", total?);
        }
    }
    // The end of the one stream is the end of the other.
    drop(numbers);
    println!("Is there more? {}", totals.next().await.is_some());
    g.stop().await;
    Ok(())
}
