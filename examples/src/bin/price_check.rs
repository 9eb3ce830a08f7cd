//! Asks for a price until somebody knows it, and for something that takes too long. Runs the controller, too.
//!
//! `cargo run --bin price_check` in one terminal, which asks although there is no till. Then, in another,
//! `cargo run --bin till breaks`, which breaks down when it is asked, and `cargo run --bin till`, which answers.

use std::error::Error;

use daffi::{Global, fetcher};

/// Made again if there is no till, and, since asking twice does no harm, also if a till breaks down when it is asked.
#[fetcher(timeout = "1m", retry = 50, idempotent)]
async fn price(item: &str) -> u32;

#[fetcher(timeout = "1s")]
async fn count_money() -> u32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("price check")
        .init_controller(true)
        .start()
        .await?;

    println!("What does milk cost?");
    println!("{} cents", price("milk").await?);
    // The callback's own error is its answer: asking again would not change it.
    println!("Caviar: {}", price("caviar").await.expect_err("they have none"));
    let error = count_money().await.expect_err("it does not end");
    println!("Counting the money: {error}");
    println!("Might it have been counted? {}", error.may_have_run());

    g.stop().await;
    Ok(())
}
