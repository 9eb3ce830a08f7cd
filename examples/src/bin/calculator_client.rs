//! Calls `calculator_service`: with arguments as they are, and with arguments that a fetcher's body computes.

use std::error::Error;

use daffi::{Global, fetcher};

#[fetcher]
async fn calculate_sum(a: i64, b: i64) -> i64;

#[fetcher(alias = "calculate_sum")]
fn calculate_sum_doubled(a: i64, b: i64) -> i64 {
    (a * 2, b * 2)
}

#[fetcher(timeout = "10s")]
async fn divide(a: i64, b: i64) -> Result<i64, String>;

struct CalculatorClient {
    multiplier: i64,
}

#[fetcher]
impl CalculatorClient {
    #[fetcher(alias = "calculate_sum")]
    pub async fn calculate_scaled(&self, a: i64, b: i64) -> i64 {
        (a * self.multiplier, b * self.multiplier)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("calculator client")
        .start()
        .await?;
    g.wait_process("calculator service").await?;

    println!("1 + 2 = {}", calculate_sum(1, 2).await?);
    println!("doubled: {}", calculate_sum_doubled(1, 2).await?);
    let scaled = CalculatorClient { multiplier: 10 }.calculate_scaled(1, 2).await?;
    println!("scaled by 10: {scaled}");
    println!("7 / 2 = {}", divide(7, 2).await?);
    println!("7 / 0: {}", divide(7, 0).await.expect_err("that has no result"));
    let fibonacci: u64 = g.call("fibonacci", (20u64,)).to("calculator service").await?;
    println!("by its name, fibonacci(20) = {fibonacci}");

    g.stop().await;
    Ok(())
}
