use daffi::{callback, fetcher};

#[callback]
fn later() -> impl Future<Output = u8> {
    async { 1 }
}

#[fetcher]
fn later_there() -> impl Future<Output = u8>;

fn main() {}
