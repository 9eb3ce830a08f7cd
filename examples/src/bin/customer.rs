//! Calls `bakery` in the background: makes calls and waits for them later, cancels one, has one begin later, and
//! hands one over without waiting for its outcome at all.
//!
//! `cargo run --bin bakery` and `cargo run --bin customer` in two terminals, in any order.

use std::error::Error;
use std::time::Duration;

use daffi::{Global, fetcher};
use tokio::time::sleep;

#[fetcher]
async fn bake(what: &str) -> String;

/// The same, always in the background.
#[fetcher(alias = "bake", bg)]
async fn order(what: &str) -> String;

#[fetcher]
async fn heat_oven();

#[fetcher]
async fn sweep_floor();

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder().process_name("customer").start().await?;
    g.wait_process("bakery").await?;

    // On their way from now on.
    let bread = bake("bread").bg();
    let pie = order("pie");
    println!("While the oven is cold, is the bread ready? {}", bread.is_ready());
    pie.cancel();
    println!("The pie: {}", pie.await.expect_err("it was cancelled"));
    heat_oven().await?;
    println!("The bread: {}", bread.await?);

    let cake = bake("cake").after(Duration::from_millis(200)).bg();
    while !cake.is_ready() {
        sleep(Duration::from_millis(20)).await;
    }
    println!("The cake, ready by now: {}", cake.await?);

    // Done even if this process ends before it is.
    sweep_floor().send().await?;
    g.stop().await;
    Ok(())
}
