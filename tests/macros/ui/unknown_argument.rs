use daffi::{callback, fetcher};

#[callback(aliass = "sum")]
fn close_to_one(a: i64) -> i64 {
    a
}

#[callback(retries = 3)]
fn close_to_none(a: i64) -> i64 {
    a
}

#[fetcher(tiemout = "3s")]
async fn close_to_another(a: i64) -> i64;

#[fetcher(retries = 3)]
async fn without_a_word();

// Nobody takes that.
#[fetcher(often = "5s")]
async fn to_come();

struct Client;

#[fetcher(fast)]
impl Client {
    #[fetcher(brodcast)]
    async fn method(&self);
}

#[fetcher(fast)]
trait Shopping {
    #[fetcher(indempotent)]
    async fn method(&self);
}

fn main() {}
