use daffi::{CallContext, callback, fetcher};

#[callback]
fn numbers(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

#[callback]
async fn ticks() -> impl Stream<Item = u64> {
    pending()
}

#[callback]
async fn total(items: Streaming<u64>, _ctx: &CallContext) -> u64 {
    0
}

#[fetcher]
async fn ticks_there() -> impl Stream<Item = u64>;

#[fetcher]
async fn total_there(items: impl Stream<Item = u64>) -> u64;

fn main() {}
