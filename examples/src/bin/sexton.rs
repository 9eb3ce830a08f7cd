//! Has the bell of `tower` rung three times, every tenth of a second, by the controller. See there for how to run both.

use std::error::Error;
use std::time::Duration;

use daffi::{Global, Period, fetcher};

#[fetcher]
async fn ring();

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("sexton").start().await?;
    g.wait_function("ring").await?;
    let period = Period::every(Duration::from_millis(100)).limit(3);
    let task = ring().period(period).await?;
    // Until it has ended.
    let mut ticks = task.ticks();
    while let Some(tick) = ticks.next().await {
        tick?;
    }
    println!(
        "The bell was rung {} times.",
        task.describe().await?.info.counts.ok
    );
    g.stop().await;
    Ok(())
}
