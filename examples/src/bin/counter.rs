//! Takes the streams of `numbers`: a whole one, the beginning of one without an end, and one with errors in it.
//!
//! `cargo run --bin numbers` and `cargo run --bin counter` in two terminals, in any order.

use std::error::Error;

use daffi::{Global, Stream, fetcher};

#[fetcher]
async fn generate_stream(end: u64) -> impl Stream<Item = u64>;

#[fetcher]
async fn squares() -> impl Stream<Item = u64>;

#[fetcher]
async fn quotients(of: u64, divisors: &[u64]) -> Result<impl Stream<Item = Result<u64, String>>, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("counter").start().await?;
    g.wait_process("numbers").await?;

    let (mut count, mut sum) = (0, 0);
    let mut numbers = generate_stream(1_000_000).await?;
    while let Some(number) = numbers.next().await {
        count += 1;
        sum += number?;
    }
    println!("{count} numbers with a sum of {sum}");

    // At most 100 are made before they are wanted.
    let mut squares = squares().window(100, 4096).await?;
    for _ in 0..3 {
        if let Some(square) = squares.next().await {
            println!("A square: {}", square?);
        }
    }
    // Nobody makes the rest.
    drop(squares);

    let mut quotients_of_seven = quotients(7, &[1, 0, 3]).await?;
    while let Some(quotient) = quotients_of_seven.next().await {
        println!("A quotient: {:?}", quotient?);
    }
    if let Err(error) = quotients(7, &[]).await {
        println!("No quotients: {error}");
    }
    g.stop().await;
    Ok(())
}
