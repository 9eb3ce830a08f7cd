use daffi::{callback, fetcher};

#[callback]
fn echo<T>(value: T) -> T {
    value
}

#[callback]
fn array<const N: usize>(_values: [u8; N]) {}

#[fetcher]
async fn echo_there<T>(value: T) -> T;

#[fetcher]
async fn array_there<const N: usize>(values: [u8; N]);

fn main() {}
