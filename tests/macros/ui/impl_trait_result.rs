use daffi::{callback, fetcher};

#[callback]
fn show() -> impl std::fmt::Display {
    1
}

#[callback]
fn fallible() -> Result<u8, impl std::fmt::Display> {
    Err::<u8, u8>(1)
}

#[fetcher]
async fn show_there() -> impl std::fmt::Display;

fn main() {}
