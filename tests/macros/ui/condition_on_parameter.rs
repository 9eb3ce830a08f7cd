use daffi::{callback, fetcher};

#[callback]
fn add(_a: i64, #[cfg(windows)] _b: i64) {}

#[fetcher]
async fn add_there(a: i64, #[cfg_attr(windows, allow(unused))] b: i64);

fn main() {}
