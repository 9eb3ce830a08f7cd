//! Has a bed of `garden` watered every so often, as its fetcher says, until it rains. See there for how to run both.

use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher(every = "100ms")]
async fn water(bed: String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("gardener").start().await?;
    g.wait_function("water").await?;
    let roses = water("roses".to_owned()).await?;
    let mut ticks = roses.ticks();
    if let Some(tick) = ticks.next().await {
        tick?;
        println!("the roses have water");
    }
    roses.cancel().await?;
    println!("it rains");
    g.stop().await;
    Ok(())
}
