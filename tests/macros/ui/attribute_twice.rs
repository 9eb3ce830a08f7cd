use daffi::{callback, fetcher};

#[callback]
#[callback(alias = "sum")]
fn calculate_sum(a: i64, b: i64) -> i64 {
    a + b
}

#[fetcher]
#[fetcher(timeout = "3s")]
async fn greet(name: &str) -> String;

#[callback]
#[fetcher]
fn both_ways(a: i64) -> i64 {
    a
}

struct Service;

#[callback]
#[callback(prefix = "shop.")]
impl Service {
    pub fn get_items(&self) {}
}

struct Client;

#[fetcher]
#[daffi::fetcher]
impl Client {
    async fn get_items(&self);
}

#[fetcher]
#[callback]
trait Shopping {
    async fn get_items(&self);
}

fn main() {}
