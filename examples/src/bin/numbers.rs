//! Gives streams: of as many numbers as are wanted, of squares without an end, and of what may go wrong.
//!
//! `cargo run --bin numbers` and `cargo run --bin counter` in two terminals, in any order.

use daffi::{Global, StartError, Stream, callback};
use futures_util::{StreamExt, stream};

/// On the blocking pool: an iterator may take its time.
#[callback]
fn generate_stream(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

/// On the runtime. Without an end, so it stops when nobody wants more.
#[callback]
async fn squares() -> impl Stream<Item = u64> {
    let told = Told;
    stream::iter(1..).map(move |number: u64| {
        let _ = &told;
        number * number
    })
}

/// An error instead of a stream, and errors among the items of one.
#[callback]
fn quotients(of: u64, divisors: Vec<u64>) -> Result<impl Iterator<Item = Result<u64, String>>, String> {
    if divisors.is_empty() {
        return Err("by what?".to_owned());
    }
    let by = move |divisor| of.checked_div(divisor).ok_or(format!("{of} / {divisor}"));
    Ok(divisors.into_iter().map(by))
}

/// Says when the stream is dropped that holds it.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        println!("enough squares");
    }
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("numbers")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
