use daffi::{callback, fetcher};

#[callback]
fn show(_value: impl std::fmt::Display) {}

#[fetcher]
async fn greet(name: impl Into<String>) -> String;

fn main() {}
