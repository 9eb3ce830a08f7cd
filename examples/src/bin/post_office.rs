//! Keeps the letters of `letter_writer` on its disk until they are to be delivered, also while it is closed.
//!
//! `cargo run --bin post_office -- /tmp/letters` and `cargo run --bin letter_writer` in two terminals. It has the feature `durable`.

use std::env;
use std::error::Error;

use daffi::{Global, callback};

#[callback]
async fn deliver(to: String, text: String) {
    println!("Dear {to}, {text}");
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let folder = env::args().nth(1).ok_or("which folder are letters kept in?")?;
    let g = Global::builder()
        .process_name("post office")
        .init_controller(true)
        .data_dir(folder)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
