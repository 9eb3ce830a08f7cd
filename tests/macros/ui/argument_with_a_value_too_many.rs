use daffi::{callback, fetcher};

#[callback(inline = true)]
fn inline() {}

#[fetcher(bg = true)]
async fn background();

#[fetcher(broadcast("shop"))]
async fn broadcast();

#[fetcher(retry = 2, idempotent = "yes")]
async fn idempotent();

fn main() {}
