use daffi::callback;

#[callback]
async fn calculate_sum(a: i64, b: i64) -> i64;

fn main() {}
