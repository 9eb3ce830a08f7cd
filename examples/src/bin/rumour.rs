//! Sends a rumour twice around a ring of three neighbours. Each passes it on while the call that brought it still
//! waits for an answer, so in the second round each is called while it is calling. Runs the controller, too.
//!
//! ```sh
//! cargo run --bin rumour
//! cargo run --bin neighbour ann bob
//! cargo run --bin neighbour bob cat
//! cargo run --bin neighbour cat ann
//! ```
//!
//! in four terminals, in any order.

use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher(to = "ann")]
async fn hear(rumour: &str, left: u32) -> String;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("rumour")
        .init_controller(true)
        .start()
        .await?;
    for neighbour in ["ann", "bob", "cat"] {
        g.wait_process(neighbour).await?;
    }
    println!("{}", hear("it snows", 5).await?);
    g.stop().await;
    Ok(())
}
