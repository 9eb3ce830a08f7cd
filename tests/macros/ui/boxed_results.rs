use std::pin::Pin;

use daffi::{Stream, callback, fetcher};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

#[callback]
fn ticks(n: u32) -> BoxStream<'static, u32> {
    Box::pin(futures_util::stream::iter(0..n))
}

#[callback]
fn counted(n: u32) -> Box<dyn Iterator<Item = u32> + Send> {
    Box::new(0..n)
}

#[callback]
fn perhaps(n: u32) -> Result<Pin<Box<dyn Stream<Item = u32> + Send>>, String> {
    Ok(Box::pin(futures_util::stream::iter(0..n)))
}

#[callback]
fn later(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move { n })
}

#[fetcher]
async fn ticks_there(n: u32) -> BoxStream<'static, u32>;

#[fetcher]
async fn counted_there(n: u32) -> Box<dyn Iterator<Item = u32>>;

#[fetcher]
fn later_there(n: u32) -> BoxFuture<'static, u32>;

fn main() {}
