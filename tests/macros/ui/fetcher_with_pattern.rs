use daffi::fetcher;

#[fetcher]
async fn add((a, b): (i64, i64)) -> i64;

#[fetcher]
async fn ignore(_: i64) -> i64;

fn main() {}
