use daffi::{Stream, fetcher};

#[fetcher(retry = 2)]
async fn again(items: impl Stream<Item = u64>) -> u64;

#[fetcher(retry = 2, idempotent)]
async fn again_and_again(items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;

#[fetcher(idempotent)]
async fn if_asked(list: &str, items: impl Stream<Item = u64>);

fn main() {}
