//! One of two who talk to each other in `chat_room`: it says something, hears the answer, says the next thing.
//!
//! ```sh
//! cargo run --bin chat_room
//! cargo run --bin chatter ann
//! cargo run --bin chatter bob
//! ```
//!
//! in three terminals, in any order.

use std::env;
use std::error::Error;

use daffi::{Global, Stream, fetcher};
use futures_util::stream;
use tokio::sync::mpsc;

#[fetcher]
async fn chat(lines: impl Stream<Item = String>) -> impl Stream<Item = String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let name = env::args().nth(1).ok_or("usage: chatter ann|bob")?;
    let mut lines = match &*name {
        "ann" => ["Good day.", "It snows.", "Good night."],
        _ => ["Hello, who is there?", "Here, too.", "Sleep well."],
    }
    .into_iter();
    let begins = name == "ann";
    let g = Global::builder().process_name(name).start().await?;
    g.wait_function("chat").await?;

    let (say, mut said) = mpsc::channel(1);
    let mut heard = chat(stream::poll_fn(move |cx| said.poll_recv(cx))).await?;
    if begins && let Some(line) = lines.next() {
        say.send(line.to_owned()).await?;
    }
    while let Some(line) = heard.next().await {
        println!("{}", line?);
        match lines.next() {
            Some(line) => say.send(line.to_owned()).await?,
            // The room closes.
            None => break,
        }
    }
    g.stop().await;
    Ok(())
}
