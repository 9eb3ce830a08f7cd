use daffi::{callback, fetcher};

#[callback(alias = 5)]
fn alias() {}

#[callback(alias = NAME)]
fn constant() {}

#[callback(concurrency = "8")]
fn concurrency() {}

#[callback(concurrency = -1)]
fn negative() {}

#[callback(timeout = 30)]
fn timeout() {}

#[callback(balance = RoundRobin)]
fn balance() {}

#[fetcher(retry = "2", idempotent)]
async fn retry();

#[fetcher(to = shop)]
async fn to();

fn main() {}
