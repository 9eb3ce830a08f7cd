use daffi::{callback, fetcher};

#[fetcher(wait_for_provider = "5s")]
async fn waits();

#[fetcher(process = "shop", retries = 2, idempotent)]
async fn to_one();

#[fetcher(drop_slow)]
async fn to_all();

#[callback(name = "other", max_concurrency = 8, per_caller = 1)]
async fn offered() {}

#[callback(wait_for_provider = "5s")]
async fn not_here() {}

fn main() {}
