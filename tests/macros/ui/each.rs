use daffi::{AsyncResult, Call, CallError, Stream, callback, fetcher};

#[fetcher(each)]
async fn nothing();

#[fetcher(each)]
async fn a_value(item: u64);

#[fetcher(each)]
async fn more_than_a_stream(list: &str, items: impl Stream<Item = u64>);

#[fetcher(each)]
async fn two_streams(left: impl Stream<Item = u64>, right: impl Stream<Item = u64>);

#[fetcher(each)]
async fn a_stream_of_each(items: impl Stream<Item = u64>) -> impl Stream<Item = u64>;

#[fetcher(each)]
async fn computes(item: u64) {
    (item,)
}

#[fetcher(each, broadcast)]
async fn to_all(items: impl Stream<Item = u64>);

#[fetcher(each, retry = 2)]
async fn again(items: impl Stream<Item = u64>);

#[fetcher(each = 3)]
async fn three(items: impl Stream<Item = u64>);

struct Client;

#[fetcher(each)]
impl Client {
    #[fetcher(each, bg)]
    async fn method(&self, items: impl Stream<Item = Result<u64, CallError>>, more: u64);
}

#[callback(each)]
fn runs(_item: u64) {}

// What stands in for a fetcher with faults returns what it would.
fn uses(items: daffi::Streaming<u64>) {
    let _: Call<u64> = a_value(1);
    let _: AsyncResult<u64> = Client.method(items, 2);
}

fn main() {}
