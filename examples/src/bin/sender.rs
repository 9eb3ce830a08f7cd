//! Sends the file that is its argument to `receiver`, and shows how far it is.
//!
//! `cargo run --bin receiver FOLDER` and `cargo run --bin sender FILE` in two terminals, in any order.

use std::env;
use std::error::Error;
use std::path::PathBuf;

use daffi::bytes::{self, Chunk};
use daffi::{Global, Stream, fetcher};
use indicatif::{ProgressBar, ProgressStyle};

#[fetcher]
async fn store(name: &str, chunks: impl Stream<Item = Chunk>) -> Result<u64, String>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let path = PathBuf::from(env::args().nth(1).ok_or("usage: sender FILE")?);
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or("not a file")?;
    let g = Global::builder().process_name("sender").start().await?;
    g.wait_process("receiver").await?;

    let file = bytes::open(&path).await?;
    // On the error output, if that is a terminal.
    let bar = ProgressBar::new(file.total().unwrap_or(0));
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}",
    )?);
    let shown = bar.clone();
    let stored = store(name, file.on_progress(move |sent| shown.set_position(sent))).await?;
    bar.finish();
    println!("{stored} bytes are stored");

    let outside = store("../outside", bytes::open(&path).await?).await;
    println!("Outside: {}", outside.expect_err("it is no name"));
    g.stop().await;
    Ok(())
}
