use daffi::{callback, fetcher};

#[callback(crate = rpc)]
fn add(a: u8, b: u8) -> u8 {
    a + b
}

#[fetcher(alias = "add", crate = "no path")]
async fn add_there(a: u8, b: u8) -> u8;

#[fetcher(crate)]
async fn nothing();

fn main() {}
