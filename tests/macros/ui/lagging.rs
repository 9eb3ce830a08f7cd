use daffi::{Stream, callback, fetcher};

#[fetcher(broadcast, lagging = "drop")]
async fn unknown(items: impl Stream<Item = u64>) -> u64;

#[fetcher(broadcast, lagging)]
async fn without_a_value(items: impl Stream<Item = u64>) -> u64;

#[fetcher(lagging = "drop_slow")]
async fn to_one(items: impl Stream<Item = u64>) -> u64;

#[fetcher(broadcast, lagging = "drop_slow")]
async fn without_a_stream(item: u64) -> u64;

#[fetcher(broadcast, lagging = "wait")]
async fn of_streams(item: u64) -> impl Stream<Item = u64>;

struct Client;

#[fetcher(lagging = "drop_slow")]
impl Client {
    async fn method(&self, items: impl Stream<Item = u64>) -> u64;
}

#[callback(lagging = "drop_slow")]
fn offered() {}

fn main() {}
