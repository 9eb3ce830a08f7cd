//! Finds out what `phrasebook` has, says it, and adds a word.
//!
//! `cargo run --bin phrasebook -- milk=Milch bread=Brot` and `cargo run --bin tourist` in two terminals, in any order.

use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher]
async fn learn(word: &str, translated: &str) -> Result<(), String>;

#[fetcher]
async fn pages() -> usize;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    // It leaves when `g` is dropped, however this ends.
    let g = Global::builder()
        .process_name("tourist")
        .stop_on_drop(true)
        .start()
        .await?;
    g.wait_function("pages").await?;
    println!("{} pages", pages().await?);

    learn("tea", "Tee").await?;
    for callback in g.callbacks().await? {
        if let Some(word) = callback.name.strip_prefix("say.") {
            println!("{word}: {} ({})", callback.signature, callback.docs);
            println!("{}", g.call::<String>(&callback.name, (2usize,)).await?);
        }
    }
    if let Err(error) = learn("tea", "Tee").await {
        println!("Not twice: {}", error.to_string().lines().count() > 1);
    }
    if let Err(error) = g.call::<String>("say.tea", (0usize,)).await {
        println!("Nothing: {error}");
    }
    g.stop().await;
    Ok(())
}
