//! A service without `async`. Its callbacks run on threads of their own.
//!
//! `cargo run --bin blocking_service` and `cargo run --bin blocking_client` in two terminals, in any order.

use std::thread;
use std::time::Duration;

use daffi::{Global, StartError, callback};

#[callback]
fn count_letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphabetic()).count()
}

/// Takes its time, and holds up nobody.
#[callback]
fn read_slowly(text: String) -> String {
    thread::sleep(Duration::from_millis(100));
    text.to_uppercase()
}

fn main() -> Result<(), StartError> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("blocking service")
        .init_controller(true)
        .start_blocking()?;
    g.join_blocking();
    Ok(())
}
