use daffi::{CallError, Stream, Streaming, callback, fetcher};

#[callback]
async fn takes_any(items: impl Stream<Item = u64>) -> u64 {
    0
}

#[callback]
async fn returns_what_came(items: Streaming<u64>) -> Streaming<u64> {
    items
}

#[callback]
async fn an_iterator_that_waits(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

#[callback(inline)]
fn at_once(end: u64) -> impl Iterator<Item = u64> {
    0..end
}

#[callback]
fn of_what() -> impl Iterator {
    0..3
}

#[callback]
fn borrows(name: &str) -> impl Iterator<Item = &str> {
    [name].into_iter()
}

#[fetcher]
async fn sends_what_came(items: Streaming<u64>) -> u64;

#[fetcher]
async fn sends_an_iterator(items: impl Iterator<Item = u64>) -> u64;

#[fetcher]
async fn gets_an_iterator() -> Result<impl Iterator<Item = u64>, CallError>;

#[fetcher]
async fn gets_borrowed() -> impl Stream<Item = &'static str>;

#[fetcher]
async fn computes(items: impl Stream<Item = u64>) -> u64 {
    (items,)
}

fn main() {}
