//! Gives work to several workers: to each in turn, by a key to always the same one, and to one by name. Runs the
//! controller, too.
//!
//! ```sh
//! cargo run --bin foreman
//! cargo run --bin worker ann
//! cargo run --bin worker bob
//! cargo run --bin worker cat
//! ```
//!
//! in four terminals, in any order.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher]
async fn dig() -> String;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("foreman")
        .init_controller(true)
        .start()
        .await?;
    for worker in ["ann", "bob", "cat"] {
        g.wait_process(worker).await?;
    }

    let mut holes: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..6 {
        *holes.entry(dig().await?).or_default() += 1;
    }
    println!("Holes in turn: {holes:?}");

    let mut gardeners = HashSet::new();
    for _ in 0..6 {
        gardeners.insert(dig().key("the garden").await?);
    }
    println!("Workers in the garden: {}", gardeners.len());

    println!("Sent to bob: {}", dig().to("bob").await?);
    let error = dig().to("dan").await.expect_err("there is no dan");
    println!("Sent to dan: {error}");

    g.stop().await;
    Ok(())
}
