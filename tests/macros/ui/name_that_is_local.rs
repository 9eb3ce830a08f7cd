use daffi::{callback, fetcher};

#[callback]
fn _hidden() {}

#[fetcher]
async fn _private();

fn main() {}
