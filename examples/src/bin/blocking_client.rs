//! Calls `blocking_service` without `async` and without a runtime.
//!
//! `cargo run --bin blocking_service` and `cargo run --bin blocking_client` in two terminals, in any order.

use std::error::Error;
use std::time::Duration;

use daffi::{Global, fetcher};

#[fetcher]
fn count_letters(text: &str) -> usize;

#[fetcher]
fn read_slowly(text: &str) -> String;

fn main() -> Result<(), Box<dyn Error>> {
    daffi::init_logging();
    let g = Global::builder()
        .process_name("blocking client")
        .start_blocking()?;

    // Again and again until the service is there.
    let letters = count_letters("one, two, three").retry(50).wait()?;
    println!("Letters: {letters}");

    // Two at the same time.
    let jobs = ["four", "five"].map(|text| read_slowly(text).bg());
    for job in jobs {
        println!("Read in the background: {}", job.wait()?);
    }

    let patient = read_slowly("six").timeout(Duration::from_secs(10));
    println!("Read with patience: {}", patient.wait()?);
    let everybody = count_letters("seven").broadcast().wait()?;
    println!("Asked everybody: {everybody:?}");

    g.stop_blocking();
    Ok(())
}
