//! A calculator: a cheap function that runs where the call arrives, a slow one on the blocking pool, one that can fail.

use daffi::{Global, StartError, callback};

#[callback(inline)]
fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

#[callback]
fn fibonacci(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        fibonacci(n - 1) + fibonacci(n - 2)
    }
}

#[callback(timeout = "5s")]
async fn divide(a: i64, b: i64) -> Result<i64, String> {
    a.checked_div(b)
        .ok_or_else(|| format!("{a} cannot be divided by {b}"))
}

#[tokio::main]
async fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("calculator service")
        .init_controller(true)
        .start()
        .await?;
    g.join().await;
    Ok(())
}
