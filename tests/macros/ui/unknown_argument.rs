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

fn main() {}
