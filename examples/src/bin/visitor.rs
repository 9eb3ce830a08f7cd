//! Comes, offers something while it runs, takes it back, and goes; `doorman` tells what it sees of that.
//!
//! `cargo run --bin doorman` and `cargo run --bin visitor` in two terminals, in any order.

use std::error::Error;

use daffi::{Global, callback};

struct Umbrella;

#[callback(prefix = "umbrella.")]
impl Umbrella {
    pub async fn open(&self) -> String {
        "no more rain".to_owned()
    }
}

#[callback]
async fn chat(about: &str) -> String {
    format!("{about}, yes, yes")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("visitor").start().await?;
    g.wait_process("doorman").await?;
    g.register(Umbrella).await?;
    g.unregister("umbrella.open").await?;
    g.stop().await;
    Ok(())
}
